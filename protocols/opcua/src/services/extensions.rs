//! Structures that travel in ExtensionObjects, found by the id of their binary encoding.

use tapglass_proto::Cursor;

use crate::custom::CustomTypes;
use crate::fault::Fault;
use crate::grammar::{Kind, Structure};
use crate::standard;
use crate::types::ExtensionObject;

/// Encodings without which a message says nothing: user tokens, filters, notifications, what a server says of itself.
/// They did not change between releases of the standard, so that a fault in one is a fault of the message.
const ESSENTIAL: [u32; 13] = [321, 324, 327, 340, 603, 724, 727, 730, 811, 820, 864, 916, 940];

/// The structure in an ExtensionObject without which its message cannot be understood, and its bytes.
pub(crate) fn essential<'a>(object: &ExtensionObject<'a>) -> Option<(Structure<'static>, &'a [u8])> {
    let (id, body) = object.standard()?;
    ESSENTIAL.binary_search(&id).ok()?;
    standard::structure(id).map(|structure| (structure, body))
}

/// A structure in an ExtensionObject whose layout is known.
pub(crate) struct Known<'t, 'a> {
    /// The layout.
    pub(crate) structure: Structure<'t>,
    /// Its bytes.
    pub(crate) body: &'a [u8],
    /// Why they cannot be read to their end.
    pub(crate) fault: Option<Fault>,
    /// What follows the structure in its own bytes: members of a later release.
    pub(crate) rest: &'a [u8],
}

impl Known<'_, '_> {
    /// True when a part of it must never be printed.
    pub(crate) fn is_secret(&self) -> bool {
        let members = self.structure.members(&mut Cursor::new(self.body));
        members.is_ok_and(|mut members| members.any(|member| matches!(member.kind, Kind::Secret)))
    }
}

/// The structure in an ExtensionObject, checked from end to end; one of namespace 0 or one that the server defined.
/// `depth` levels may be nested in it.
pub(crate) fn known<'t, 'a>(
    object: &ExtensionObject<'a>,
    types: &'t CustomTypes,
    depth: u8,
) -> Option<Known<'t, 'a>> {
    let body = object.body.filter(|_| object.encoding == 1)?;
    let structure = match object.type_id.standard_id() {
        Some(id) => standard::structure(id).filter(|structure| !structure.is_empty() || body.is_empty())?,
        None => types.structure(object.type_id)?,
    };
    let mut cursor = Cursor::new(body);
    let fault = structure.skip(&mut cursor, depth).err();
    Some(Known {
        structure,
        body,
        fault,
        rest: cursor.rest(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_essential_is_known() {
        assert!(ESSENTIAL.is_sorted());
        for id in ESSENTIAL {
            assert!(!standard::structure(id).unwrap().is_empty(), "{id}");
        }
    }
}
