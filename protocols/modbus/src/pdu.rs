//! The protocol data unit: function code and what follows it. Pure functions of bytes and direction.

use tapglass_proto::{Cursor, Direction, Short};

use crate::objects::{Identification, records};
use crate::oddity::{Flaws, Oddities, Oddity};

/// Values of a message, borrowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Values<'a> {
    /// The message carries none.
    #[default]
    None,
    /// One bit (function 5).
    Bit(bool),
    /// Packed bits; how many of them count is known with the request.
    Bits(&'a [u8]),
    /// Big-endian registers; an odd last byte is left out.
    Registers(&'a [u8]),
}

/// What is wrong with a data unit although its function is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It ends inside a field.
    Short(Short),
    /// Bytes are left over.
    Surplus(usize),
    /// A count does not agree with another one or with the bytes.
    Count {
        /// The field that promises.
        field: &'static str,
        /// What it promises.
        promised: usize,
        /// What is there.
        found: usize,
    },
    /// More or fewer than a message may ask for.
    Quantity {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u16,
        /// The most that the standard allows.
        most: u16,
    },
    /// The last address is beyond 65535 (AP 4.4).
    Address {
        /// The first address.
        first: u16,
        /// How many.
        quantity: u16,
    },
    /// A value that the standard does not allow.
    Illegal {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u32,
    },
}

impl Fault {
    /// The anomaly's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Short(_) => "message_too_short",
            Self::Surplus(_) => "length_mismatch",
            Self::Count { .. } => "byte_count_mismatch",
            Self::Quantity { .. } => "quantity_out_of_range",
            Self::Address { .. } => "address_out_of_range",
            Self::Illegal { .. } => "illegal_value",
        }
    }
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Short(short) => write!(f, "the message ends too soon: {short}"),
            Self::Surplus(count) => write!(f, "{count} bytes stand behind the end of the function"),
            Self::Count {
                field,
                promised,
                found,
            } => write!(f, "{field} promises {promised}, {found} are there"),
            Self::Quantity { field, value, most } => {
                write!(f, "{field} is {value}, 1 to {most} are allowed")
            }
            Self::Address { first, quantity } => {
                write!(f, "{quantity} values from address {first} end beyond 65535")
            }
            Self::Illegal { field, value } => {
                write!(f, "{field} is {value}, which the standard does not allow")
            }
        }
    }
}

/// A data unit as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pdu<'a> {
    /// Function code without the exception bit.
    pub(crate) code: u8,
    /// The exception bit was set.
    pub(crate) is_exception: bool,
    pub(crate) exception: Option<u8>,
    /// Address of the values: read address of function 23.
    pub(crate) address: Option<u16>,
    /// How many values from there.
    pub(crate) quantity: Option<u16>,
    /// Values read or written; for function 23 those that were read.
    pub(crate) values: Values<'a>,
    pub(crate) and_mask: Option<u16>,
    pub(crate) or_mask: Option<u16>,
    /// Function 23: where and what is written.
    pub(crate) write_address: Option<u16>,
    pub(crate) write_quantity: Option<u16>,
    pub(crate) write_values: Option<&'a [u8]>,
    pub(crate) subfunction: Option<u16>,
    /// Encapsulated interface type.
    pub(crate) mei: Option<u8>,
    /// File records as they stand (functions 20 and 21).
    pub(crate) records: Option<&'a [u8]>,
    /// What has no further layout.
    pub(crate) data: Option<&'a [u8]>,
    /// How many bytes stand behind the end of the function.
    pub(crate) surplus: usize,
    /// What is odd about the message.
    pub(crate) odd: Oddities,
}

impl<'a> Pdu<'a> {
    /// Reads a data unit. Never fails: what could not be read stays `None` and `fault` says why.
    pub(crate) fn parse(bytes: &'a [u8], from: Direction, flaws: Flaws) -> Self {
        let mut cursor = Cursor::new(bytes);
        let raw = cursor.u8("function code").unwrap_or(0);
        let mut pdu = Self {
            code: raw & 0x7f,
            is_exception: raw & 0x80 != 0,
            odd: flaws.into(),
            ..Self::default()
        };
        let read = if pdu.is_exception {
            // A client never sends the exception bit; whoever sent it, it is an exception (AP 7).
            pdu.read_exception(&mut cursor)
        } else if from == Direction::FromClient {
            pdu.read_request(&mut cursor)
        } else {
            pdu.read_response(&mut cursor)
        };
        match read {
            Err(short) => {
                pdu.odd(Fault::Short(short));
                // What was not read is shown as it stands.
                let rest = take_rest(&mut cursor);
                pdu.surplus = rest.len();
            }
            Ok(()) if !cursor.is_empty() => {
                pdu.surplus = cursor.left();
                pdu.odd(Fault::Surplus(pdu.surplus));
            }
            Ok(()) => {}
        }
        if pdu.code == 0 && !pdu.is_exception {
            pdu.odd.add(Oddity::FunctionZero);
        }
        if pdu.is_exception && from == Direction::FromClient {
            pdu.odd.add(Oddity::ExceptionFromClient);
        }
        pdu
    }

    fn odd(&mut self, fault: Fault) {
        self.odd.add(Oddity::Unit(fault));
    }

    /// Two counts that must agree.
    fn agree(&mut self, field: &'static str, promised: usize, found: usize) {
        if promised != found {
            self.odd(Fault::Count {
                field,
                promised,
                found,
            });
        }
    }

    fn read_exception(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Short> {
        self.exception = Some(cursor.u8("exception code")?);
        Ok(())
    }

    fn read_request(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Short> {
        match self.code {
            1..=4 => {
                let first = cursor.u16_be("starting address")?;
                self.address = Some(first);
                let quantity = cursor.u16_be("quantity")?;
                self.quantity = Some(quantity);
                let most = if self.code <= 2 { 2_000 } else { 125 };
                self.check_quantity("quantity", first, quantity, most);
            }
            5 | 6 => self.read_single(cursor)?,
            15 | 16 => self.read_multiple(cursor)?,
            22 => self.read_mask(cursor)?,
            23 => self.read_both(cursor)?,
            8 => self.read_diagnostic(cursor)?,
            24 => self.address = Some(cursor.u16_be("FIFO pointer address")?),
            20 | 21 => self.read_records(cursor, Direction::FromClient)?,
            43 => self.read_encapsulated(cursor, Direction::FromClient)?,
            7 | 11 | 12 | 17 => {}
            _ => self.data = Some(take_rest(cursor)),
        }
        Ok(())
    }

    /// Functions 15 and 16.
    fn read_multiple(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Short> {
        let first = cursor.u16_be("starting address")?;
        self.address = Some(first);
        let quantity = cursor.u16_be("quantity")?;
        self.quantity = Some(quantity);
        let (most, needed) = if self.code == 15 {
            (1_968, usize::from(quantity).div_ceil(8))
        } else {
            (123, usize::from(quantity) * 2)
        };
        self.check_quantity("quantity", first, quantity, most);
        let count = usize::from(cursor.u8("byte count")?);
        let bytes = self.counted(cursor, count);
        self.values = if self.code == 15 {
            Values::Bits(bytes)
        } else {
            Values::Registers(bytes)
        };
        self.agree("quantity in bytes", needed, count);
        Ok(())
    }

    /// Function 23.
    fn read_both(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Short> {
        let first = cursor.u16_be("read starting address")?;
        self.address = Some(first);
        let quantity = cursor.u16_be("quantity to read")?;
        self.quantity = Some(quantity);
        self.check_quantity("quantity to read", first, quantity, 125);
        let first = cursor.u16_be("write starting address")?;
        self.write_address = Some(first);
        let written = cursor.u16_be("quantity to write")?;
        self.write_quantity = Some(written);
        self.check_quantity("quantity to write", first, written, 121);
        let count = usize::from(cursor.u8("write byte count")?);
        self.write_values = Some(self.counted(cursor, count));
        self.agree("quantity to write in bytes", usize::from(written) * 2, count);
        Ok(())
    }

    fn read_response(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Short> {
        match self.code {
            1..=4 | 23 => {
                let count = usize::from(cursor.u8("byte count")?);
                let bytes = self.counted(cursor, count);
                self.values = if self.code <= 2 {
                    Values::Bits(bytes)
                } else {
                    Values::Registers(bytes)
                };
                if self.code > 2 && count % 2 == 1 {
                    self.odd(Fault::Illegal {
                        field: "byte count",
                        value: u32::try_from(count).unwrap_or(0),
                    });
                }
            }
            5 | 6 => self.read_single(cursor)?,
            15 | 16 => {
                self.address = Some(cursor.u16_be("starting address")?);
                self.quantity = Some(cursor.u16_be("quantity")?);
            }
            22 => self.read_mask(cursor)?,
            8 => self.read_diagnostic(cursor)?,
            24 => {
                let count = usize::from(cursor.u16_be("byte count")?);
                let fifo = cursor.u16_be("FIFO count")?;
                self.quantity = Some(fifo);
                let bytes = self.counted(cursor, usize::from(fifo) * 2);
                self.values = Values::Registers(bytes);
                self.agree("byte count", count, usize::from(fifo) * 2 + 2);
                if fifo > 31 {
                    self.odd(Fault::Quantity {
                        field: "FIFO count",
                        value: fifo,
                        most: 31,
                    });
                }
            }
            20 | 21 => self.read_records(cursor, Direction::FromServer)?,
            43 => self.read_encapsulated(cursor, Direction::FromServer)?,
            7 => self.data = Some(cursor.take(1, "output data")?),
            11 => self.data = Some(cursor.take(4, "status and event count")?),
            12 | 17 => {
                let count = usize::from(cursor.u8("byte count")?);
                self.data = Some(self.counted(cursor, count));
            }
            _ => self.data = Some(take_rest(cursor)),
        }
        Ok(())
    }

    /// Functions 20 and 21.
    fn read_records(&mut self, cursor: &mut Cursor<'a>, from: Direction) -> Result<(), Short> {
        let count = usize::from(cursor.u8("byte count")?);
        let bytes = self.counted(cursor, count);
        self.records = Some(bytes);
        let mut odd = None;
        let read = records(self.code, from, bytes, |record| {
            if record.reference != 6 {
                odd = Some(u32::from(record.reference));
            }
        });
        self.agree("sub-requests", bytes.len(), read);
        if let Some(value) = odd {
            self.odd(Fault::Illegal {
                field: "reference type",
                value,
            });
        }
        Ok(())
    }

    /// Functions 5 and 6, whose response repeats the request (AP 6.5, 6.6).
    fn read_single(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Short> {
        self.address = Some(cursor.u16_be("address")?);
        let bytes = cursor.take(2, "value")?;
        if self.code == 6 {
            self.values = Values::Registers(bytes);
            return Ok(());
        }
        let value = u16::from_be_bytes([
            bytes.first().copied().unwrap_or(0),
            bytes.get(1).copied().unwrap_or(0),
        ]);
        self.values = Values::Bit(value != 0);
        if value != 0 && value != 0xff00 {
            self.odd(Fault::Illegal {
                field: "output value",
                value: u32::from(value),
            });
        }
        Ok(())
    }

    fn read_mask(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Short> {
        self.address = Some(cursor.u16_be("reference address")?);
        self.and_mask = Some(cursor.u16_be("AND mask")?);
        self.or_mask = Some(cursor.u16_be("OR mask")?);
        Ok(())
    }

    fn read_diagnostic(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Short> {
        self.subfunction = Some(cursor.u16_be("sub-function")?);
        self.data = Some(take_rest(cursor));
        Ok(())
    }

    fn read_encapsulated(&mut self, cursor: &mut Cursor<'a>, from: Direction) -> Result<(), Short> {
        let mei = cursor.u8("MEI type")?;
        self.mei = Some(mei);
        let data = take_rest(cursor);
        self.data = Some(data);
        if mei == 14 && from == Direction::FromServer {
            let Some(found) = Identification::parse(data, from) else {
                return Ok(());
            };
            let objects = found.objects().count();
            self.agree(
                "number of objects",
                usize::from(found.count.unwrap_or(0)),
                objects,
            );
            if found.left() > 0 {
                self.odd(Fault::Surplus(found.left()));
            }
        }
        Ok(())
    }

    /// Takes `count` bytes, or all there are when they are fewer.
    fn counted(&mut self, cursor: &mut Cursor<'a>, count: usize) -> &'a [u8] {
        let left = cursor.left();
        if left < count {
            self.agree("byte count", count, left);
        }
        cursor.take(count.min(left), "data").unwrap_or_default()
    }

    fn check_quantity(&mut self, field: &'static str, first: u16, quantity: u16, most: u16) {
        if quantity == 0 || quantity > most {
            self.odd(Fault::Quantity {
                field,
                value: quantity,
                most,
            });
        }
        if u32::from(first) + u32::from(quantity) > 0x1_0000 {
            self.odd(Fault::Address { first, quantity });
        }
    }

    /// True when the function commands a point.
    pub(crate) const fn writes(&self) -> bool {
        matches!(self.code, 5 | 6 | 15 | 16 | 22 | 23)
    }
}

fn take_rest<'a>(cursor: &mut Cursor<'a>) -> &'a [u8] {
    let left = cursor.left();
    cursor.take(left, "data").unwrap_or_default()
}

/// The 16-bit registers of big-endian bytes.
pub(crate) fn registers(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    bytes.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    })
}

/// The first `count` bits, least significant first.
pub(crate) fn bits(bytes: &[u8], count: usize) -> impl Iterator<Item = bool> + '_ {
    bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1))
        .take(count)
}
