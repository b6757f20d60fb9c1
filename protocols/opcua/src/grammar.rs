//! How structures are laid out: one table for each, which checks, prints and describes its bytes.

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::services::extensions;
use crate::types::{BuiltIn, Scalar, length};

/// A structure of the services: its members in wire order.
pub(crate) struct Structure {
    /// Name in the specification.
    pub(crate) name: &'static str,
    /// Where it is defined; empty when the clause of what holds it says enough.
    pub(crate) clause: &'static str,
    /// The members.
    pub(crate) members: &'static [Member],
}

/// One member of a structure.
pub(crate) struct Member {
    /// Name in the specification.
    pub(crate) name: &'static str,
    /// How it is encoded.
    pub(crate) kind: Kind,
}

/// How a member is encoded.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
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
    /// An Int32 with names, from 0.
    Enumeration(&'static [&'static str]),
    /// Another structure.
    Structure(&'static Structure),
    /// Any number of the same.
    Array(&'static Kind),
}

pub(crate) const BOOLEAN: Kind = Kind::Plain(BuiltIn::BOOLEAN);
pub(crate) const BYTE: Kind = Kind::Plain(BuiltIn::BYTE);
pub(crate) const INT32: Kind = Kind::Plain(BuiltIn::INT32);
pub(crate) const UINT32: Kind = Kind::Plain(BuiltIn::UINT32);
pub(crate) const DOUBLE: Kind = Kind::Plain(BuiltIn::DOUBLE);
pub(crate) const STRING: Kind = Kind::Plain(BuiltIn::STRING);
pub(crate) const DATE_TIME: Kind = Kind::Plain(BuiltIn::DATE_TIME);
pub(crate) const BYTE_STRING: Kind = Kind::Plain(BuiltIn::BYTE_STRING);
pub(crate) const NODE_ID: Kind = Kind::Plain(BuiltIn::NODE_ID);
pub(crate) const EXPANDED_NODE_ID: Kind = Kind::Plain(BuiltIn::EXPANDED_NODE_ID);
pub(crate) const STATUS_CODE: Kind = Kind::Plain(BuiltIn::STATUS_CODE);
pub(crate) const QUALIFIED_NAME: Kind = Kind::Plain(BuiltIn::QUALIFIED_NAME);
pub(crate) const LOCALIZED_TEXT: Kind = Kind::Plain(BuiltIn::LOCALIZED_TEXT);
pub(crate) const EXTENSION_OBJECT: Kind = Kind::Plain(BuiltIn::EXTENSION_OBJECT);
pub(crate) const DATA_VALUE: Kind = Kind::Plain(BuiltIn::DATA_VALUE);
pub(crate) const VARIANT: Kind = Kind::Plain(BuiltIn::VARIANT);
pub(crate) const DIAGNOSTIC_INFO: Kind = Kind::Plain(BuiltIn::DIAGNOSTIC_INFO);

impl Kind {
    /// The built-in type of what is not made of parts.
    pub(crate) const fn built_in(self) -> Option<BuiltIn> {
        match self {
            Self::Plain(kind) => Some(kind),
            Self::Secret | Self::Certificate => Some(BuiltIn::BYTE_STRING),
            Self::Identity => Some(BuiltIn::EXTENSION_OBJECT),
            Self::Token => Some(BuiltIn::NODE_ID),
            Self::Enumeration(_) => Some(BuiltIn::INT32),
            Self::Structure(_) | Self::Array(_) => None,
        }
    }

    /// Moves the cursor past one of it, which checks that it is whole.
    pub(crate) fn skip(self, cursor: &mut Cursor<'_>, depth: u8) -> Result<(), Fault> {
        match self {
            Self::Structure(structure) => structure.skip(cursor, depth),
            Self::Array(element) => {
                let count = length(cursor, "array length")?.unwrap_or(0);
                if let Some(size) = element.built_in().and_then(BuiltIn::size) {
                    cursor.take((count as usize).saturating_mul(size), "array")?;
                    return Ok(());
                }
                // Every element takes at least a byte, so a count that nothing stands behind ends here soon.
                for _ in 0..count {
                    element.skip(cursor, depth)?;
                }
                Ok(())
            }
            _ => {
                let kind = self.built_in().unwrap_or(BuiltIn(0));
                let Scalar::Extension(object) = Scalar::read(cursor, kind, depth)? else {
                    return Ok(());
                };
                let (Some((structure, body)), Some(depth)) =
                    (extensions::known(&object), depth.checked_sub(1))
                else {
                    return Ok(());
                };
                structure
                    .skip(&mut Cursor::new(body), depth)
                    .map_err(|fault| fault.moved(object.body_at))
            }
        }
    }
}

impl Structure {
    /// Moves the cursor past the structure, which checks that it is whole.
    pub(crate) fn skip(&self, cursor: &mut Cursor<'_>, depth: u8) -> Result<(), Fault> {
        for member in self.members {
            member.kind.skip(cursor, depth)?;
        }
        Ok(())
    }

    /// Shows every value of the structure that is no array of values, with the names of its structure and its member.
    pub(crate) fn each<'a>(
        &'static self,
        cursor: &mut Cursor<'a>,
        depth: u8,
        visit: &mut dyn FnMut(&'static str, &'static str, Scalar<'a>),
    ) -> Result<(), Fault> {
        for member in self.members {
            match member.kind {
                Kind::Structure(structure) => structure.each(cursor, depth, visit)?,
                Kind::Array(Kind::Structure(structure)) => {
                    for _ in 0..length(cursor, member.name)?.unwrap_or(0) {
                        structure.each(cursor, depth, visit)?;
                    }
                }
                Kind::Array(_) => member.kind.skip(cursor, depth)?,
                kind => {
                    let kind = kind.built_in().unwrap_or(BuiltIn(0));
                    visit(self.name, member.name, Scalar::read(cursor, kind, depth)?);
                }
            }
        }
        Ok(())
    }
}

/// Writes a structure as a table: `structure!(NAME "Name" "clause" { member: KIND, ... });`
macro_rules! structure {
    ($(#[$meta:meta])* $constant:ident $name:literal $clause:literal { $($member:ident: $kind:expr),* $(,)? }) => {
        $(#[$meta])*
        pub(crate) static $constant: $crate::grammar::Structure = $crate::grammar::Structure {
            name: $name,
            clause: $clause,
            members: &[$($crate::grammar::Member { name: stringify!($member), kind: $kind }),*],
        };
    };
}
pub(crate) use structure;
