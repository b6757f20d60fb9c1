//! Bytes of a block in the order of its section, and the blocks that carry names and secrets.

use std::net::IpAddr;

use super::{BYTE_ORDER, Fault, MAX_BLOCK, Pcapng, SECTION_HEADER};

/// Key material kept for later, all blocks together.
const MAX_SECRETS: usize = 64 * 1024 * 1024;
/// Names kept for later.
const MAX_NAMES: usize = 65_536;

/// Key material that came with a capture (a decryption secrets block).
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The kind: `0x544c534b` is a TLS key log, `0x55414b4c` an OPC UA key log.
    pub kind: u32,
    /// The material as it stands in the capture. Never print it.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets(kind {:#010x}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// A name that a capture gives to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The address.
    pub address: IpAddr,
    /// Its first name.
    pub name: String,
}

/// Bytes with a byte order.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    bytes: &'a [u8],
    swapped: bool,
}

impl<'a> Body<'a> {
    pub(super) fn new(bytes: &'a [u8], swapped: bool) -> Self {
        Self { bytes, swapped }
    }

    pub(super) fn swapped(self) -> bool {
        self.swapped
    }

    pub(super) fn len(self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn u16(self, at: usize) -> Option<u16> {
        let number = u16::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?);
        Some(if self.swapped { number.swap_bytes() } else { number })
    }

    pub(super) fn u32(self, at: usize) -> Option<u32> {
        let number = u32::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?);
        Some(if self.swapped { number.swap_bytes() } else { number })
    }

    pub(super) fn u64(self, at: usize) -> Option<u64> {
        let number = u64::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?);
        Some(if self.swapped { number.swap_bytes() } else { number })
    }

    /// The bytes from `from` to `to`; nothing when they are not there.
    pub(super) fn slice(self, from: usize, to: usize) -> Self {
        Self {
            bytes: self.bytes.get(from..to).unwrap_or_default(),
            ..self
        }
    }
}

/// The byte order that the section header at `start` says: `Some(true)` is big-endian.
pub(super) fn section_order(start: &[u8]) -> Option<bool> {
    let body = Body::new(start, false);
    if body.u32(0)? != SECTION_HEADER {
        return None;
    }
    match body.u32(8)? {
        BYTE_ORDER => Some(false),
        mark if mark.swap_bytes() == BYTE_ORDER => Some(true),
        _ => None,
    }
}

/// True when a block can have this length.
pub(super) fn is_length(length: u32) -> bool {
    (12..=MAX_BLOCK).contains(&length) && length.is_multiple_of(4)
}

impl Pcapng {
    /// Takes the key material of a decryption secrets block.
    pub(super) fn decryption_secrets(&mut self, body: Body<'_>) -> Result<(), Fault> {
        let short = Fault::BlockFields {
            block: "decryption secrets block",
        };
        let (Some(kind), Some(length)) = (body.u32(0), body.u32(4)) else {
            return Err(short);
        };
        let end = 8_usize.saturating_add(length as usize);
        if end > body.len() {
            return Err(short);
        }
        let secrets = body.slice(8, end);
        if let Some(take) = &mut self.on_secrets {
            take(kind, secrets.bytes());
        }
        if self.secrets_bytes.saturating_add(length as usize) <= MAX_SECRETS {
            self.secrets_bytes += length as usize + 64;
            self.secrets.push(Secrets {
                kind,
                bytes: secrets.bytes().to_vec(),
            });
        }
        Ok(())
    }

    /// Takes the names of a name resolution block.
    pub(super) fn name_resolution(&mut self, body: Body<'_>) -> Result<(), Fault> {
        let short = Fault::BlockFields {
            block: "name resolution block",
        };
        let mut at = 0;
        loop {
            let (Some(kind), Some(length)) = (body.u16(at), body.u16(at + 2)) else {
                // The end record is left out by some.
                return if at == body.len() { Ok(()) } else { Err(short) };
            };
            if kind == 0 {
                return Ok(());
            }
            let end = at + 4 + usize::from(length);
            if end > body.len() {
                return Err(short);
            }
            let record = body.slice(at + 4, end).bytes();
            if let Some(name) = name(kind, record)
                && self.names.len() < MAX_NAMES
            {
                self.names.push(name);
            }
            at = end.next_multiple_of(4);
        }
    }
}

/// The address and first name of a record of kind 1 (IPv4) or 2 (IPv6).
fn name(kind: u16, record: &[u8]) -> Option<Name> {
    let (address, rest) = match kind {
        1 => {
            let (address, rest) = record.split_first_chunk::<4>()?;
            (IpAddr::from(*address), rest)
        }
        2 => {
            let (address, rest) = record.split_first_chunk::<16>()?;
            (IpAddr::from(*address), rest)
        }
        _ => return None,
    };
    let text = rest.split(|&byte| byte == 0).next().unwrap_or_default();
    let text = text.get(..text.len().min(255)).unwrap_or_default();
    Some(Name {
        address,
        name: String::from_utf8_lossy(text).into_owned(),
    })
}
