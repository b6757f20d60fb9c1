//! How structures are laid out: one reader for those of namespace 0 and those that a server defined, which checks their
//! bytes and shows each member to what prints or describes it.

use tapglass_proto::Cursor;

use crate::custom::{Custom, CustomTypes};
use crate::fault::Fault;
use crate::services::extensions;
use crate::standard::{self, Names};
use crate::types::{BuiltIn, Scalar, length};

/// A structure: its members in wire order.
#[derive(Clone, Copy)]
pub(crate) enum Structure<'t> {
    /// A row of the generated table.
    Standard(u16),
    /// The same without its first member: a service message, whose header is read apart.
    Parameters(u16),
    /// One that the server defined.
    Custom(&'t Custom, &'t CustomTypes),
}

/// One member of a structure.
#[derive(Clone, Copy)]
pub(crate) struct Member<'t> {
    /// Name in the specification.
    pub(crate) name: &'t str,
    /// How one of it is encoded.
    pub(crate) kind: Kind<'t>,
    /// How many there are.
    pub(crate) rank: Rank,
}

/// How many values a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    /// One.
    One,
    /// A length and as many values (OPC 10000-6 5.2.5).
    Array,
    /// A list of dimensions and as many values as their product (OPC 10000-6 5.2.5).
    Matrix,
}

/// How a value is encoded.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'t> {
    /// One of the built-in types.
    Plain(BuiltIn),
    /// A ByteString that is never printed: a password, a nonce that makes keys.
    Secret,
    /// A DER certificate or a chain of them, shown by its thumbprint.
    Certificate,
    /// The ExtensionObject that proves a user; what is not one of the known tokens is never printed.
    Identity,
    /// The NodeId that proves a session to be the client's own; never printed.
    Token,
    /// An Int32 with names.
    Enumeration(Names),
    /// Flags with names.
    Bits(BuiltIn, Names),
    /// An Int32 with names that the server gave.
    Named(&'t Custom),
    /// Another structure.
    Structure(Structure<'t>),
    /// A type of the server that nobody saw defined.
    Unknown,
}

impl Kind<'_> {
    /// The built-in type of what is not made of parts.
    pub(crate) const fn built_in(self) -> Option<BuiltIn> {
        match self {
            Self::Plain(kind) | Self::Bits(kind, _) => Some(kind),
            Self::Secret | Self::Certificate => Some(BuiltIn::BYTE_STRING),
            Self::Identity => Some(BuiltIn::EXTENSION_OBJECT),
            Self::Token => Some(BuiltIn::NODE_ID),
            Self::Enumeration(_) | Self::Named(_) => Some(BuiltIn::INT32),
            Self::Structure(_) | Self::Unknown => None,
        }
    }

    /// Moves the cursor past one of it, which checks that it is whole.
    pub(crate) fn skip(self, cursor: &mut Cursor<'_>, depth: u8) -> Result<(), Fault> {
        if let Self::Structure(structure) = self {
            return structure.skip(cursor, depth);
        }
        let Some(kind) = self.built_in() else {
            return Err(Fault::Encoding {
                field: "a data type that was not seen defined",
                at: cursor.position(),
                value: 0,
            });
        };
        let Scalar::Extension(object) = Scalar::read(cursor, kind, depth)? else {
            return Ok(());
        };
        let (Some((structure, body)), Some(depth)) = (extensions::essential(&object), depth.checked_sub(1))
        else {
            return Ok(());
        };
        structure
            .skip(&mut Cursor::new(body), depth)
            .map_err(|fault| fault.moved(object.body_at))
    }

    /// Moves past `count` of it. A count that no bytes stand behind ends at the first missing one.
    fn skip_many(self, cursor: &mut Cursor<'_>, count: u32, depth: u8) -> Result<(), Fault> {
        if let Some(size) = self.built_in().and_then(BuiltIn::size) {
            cursor.take((count as usize).saturating_mul(size), "array")?;
            return Ok(());
        }
        for _ in 0..count {
            let at = cursor.position();
            self.skip(cursor, depth)?;
            // Elements without bytes could be any number.
            if cursor.position() == at {
                return Err(Fault::Encoding {
                    field: "an array of elements without bytes",
                    at,
                    value: count,
                });
            }
        }
        Ok(())
    }
}

impl Member<'_> {
    /// How many values follow, after their length or dimensions were read; `None` for null.
    pub(crate) fn count(self, cursor: &mut Cursor<'_>) -> Result<Option<u32>, Fault> {
        match self.rank {
            Rank::One => Ok(Some(1)),
            Rank::Array => Ok(length(cursor, "array length")?),
            Rank::Matrix => {
                let Some(count) = length(cursor, "dimensions length")? else {
                    return Ok(None);
                };
                let at = cursor.position();
                let mut product = Some(1_u32);
                for _ in 0..count {
                    let dimension = cursor.u32_le("dimension")?;
                    product = product.and_then(|product| product.checked_mul(dimension));
                }
                product.map(Some).ok_or(Fault::Encoding {
                    field: "dimensions",
                    at,
                    value: count,
                })
            }
        }
    }

    /// Moves the cursor past the member, which checks that it is whole.
    pub(crate) fn skip(self, cursor: &mut Cursor<'_>, depth: u8) -> Result<(), Fault> {
        match self.rank {
            Rank::One => self.kind.skip(cursor, depth),
            Rank::Array | Rank::Matrix => {
                let count = self.count(cursor)?.unwrap_or(0);
                self.kind.skip_many(cursor, count, depth)
            }
        }
    }
}

impl<'t> Structure<'t> {
    /// Name in the specification, or the server's.
    pub(crate) fn name(self) -> &'t str {
        match self {
            Self::Standard(row) | Self::Parameters(row) => standard::structure_name(row),
            Self::Custom(custom, _) => custom.name(),
        }
    }

    /// Where it is defined; empty when the clause of what holds it says enough.
    pub(crate) fn clause(self) -> &'static str {
        match self {
            Self::Standard(row) | Self::Parameters(row) => standard::clause(row),
            Self::Custom(..) => "OPC 10000-6 5.2.6",
        }
    }

    /// The parameters of a service message: the structure without its header.
    pub(crate) const fn parameters(self) -> Self {
        match self {
            Self::Standard(row) => Self::Parameters(row),
            other => other,
        }
    }

    /// True when no layout is known or there is nothing to lay out.
    pub(crate) fn is_empty(self) -> bool {
        match self {
            Self::Standard(row) => standard::members(row).is_empty(),
            Self::Parameters(row) => standard::members(row).len() <= 1,
            Self::Custom(..) => false,
        }
    }

    /// The members that these bytes hold. What says which of them they are, a mask or a switch, is read first.
    pub(crate) fn members(self, cursor: &mut Cursor<'_>) -> Result<Members<'t>, Fault> {
        Ok(match self {
            Self::Standard(row) => Members::Standard(standard::members(row)),
            Self::Parameters(row) => {
                let all = standard::members(row);
                Members::Standard(all.start.saturating_add(1)..all.end)
            }
            Self::Custom(custom, types) => Members::Custom(custom.begin(types, cursor)?),
        })
    }

    /// One level less for what the server defined, which alone can hold itself.
    pub(crate) fn deeper(self, cursor: &Cursor<'_>, depth: u8) -> Result<u8, Fault> {
        match self {
            Self::Standard(_) | Self::Parameters(_) => Ok(depth),
            Self::Custom(..) => depth.checked_sub(1).ok_or(Fault::Depth {
                field: "structure",
                at: cursor.position(),
            }),
        }
    }

    /// Moves the cursor past the structure, which checks that it is whole.
    pub(crate) fn skip(self, cursor: &mut Cursor<'_>, depth: u8) -> Result<(), Fault> {
        let depth = self.deeper(cursor, depth)?;
        match self.members(cursor)? {
            Members::Standard(range) => standard::skip(range, cursor, depth),
            Members::Custom(mut present) => present.try_for_each(|member| member.skip(cursor, depth)),
        }
    }

    /// Shows every value of the structure that is no array of values, with the names of its structure and its member.
    pub(crate) fn each<'a>(
        self,
        cursor: &mut Cursor<'a>,
        depth: u8,
        visit: &mut dyn FnMut(&'t str, &'t str, Scalar<'a>),
    ) -> Result<(), Fault> {
        let depth = self.deeper(cursor, depth)?;
        for member in self.members(cursor)? {
            match (member.kind, member.rank) {
                (Kind::Structure(structure), _) => {
                    for _ in 0..member.count(cursor)?.unwrap_or(0) {
                        structure.each(cursor, depth, visit)?;
                    }
                }
                (kind, Rank::One) => {
                    let kind = kind.built_in().unwrap_or(BuiltIn(0));
                    visit(self.name(), member.name, Scalar::read(cursor, kind, depth)?);
                }
                _ => member.skip(cursor, depth)?,
            }
        }
        Ok(())
    }
}

/// The members that a structure's bytes hold, in wire order.
pub(crate) enum Members<'t> {
    /// A range of the generated table.
    Standard(core::ops::Range<usize>),
    /// Those of a structure of the server.
    Custom(crate::custom::Present<'t>),
}

impl<'t> Iterator for Members<'t> {
    type Item = Member<'t>;

    fn next(&mut self) -> Option<Member<'t>> {
        match self {
            Self::Standard(range) => {
                let (name, kind, array) = standard::member(range.next()?)?;
                let rank = if array { Rank::Array } else { Rank::One };
                Some(Member { name, kind, rank })
            }
            Self::Custom(present) => present.next(),
        }
    }
}
