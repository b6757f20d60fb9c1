//! Parameters of a service as JSON, straight from the table of its layout.

use alloc::string::String;

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::value;
use crate::application::Application;
use crate::grammar::{Kind, Structure};
use crate::types::{BuiltIn, ExtensionObject, Scalar, bytes, length};

/// Writes the parameters as a member of that name, unless there are none.
pub(super) fn write(out: &mut Writer<'_>, message: &Application<'_>, depth: u8) {
    let Some(structure) = message.side().and_then(|side| side.parameters) else {
        return;
    };
    if structure.members.is_empty() {
        return;
    }
    out.key("parameters");
    let body = message.body.get(message.parameters_at..).unwrap_or_default();
    kind(out, Kind::Structure(structure), &mut Cursor::new(body), depth);
}

/// Writes one value; false when the bytes end inside it.
pub(super) fn kind(out: &mut Writer<'_>, kind: Kind, cursor: &mut Cursor<'_>, depth: u8) -> bool {
    match kind {
        Kind::Structure(structure) => {
            let mut whole = true;
            out.object(|out| whole = members(out, structure, cursor, depth));
            whole
        }
        Kind::Array(element) => {
            let Ok(count) = length(cursor, "array length") else {
                out.null();
                return false;
            };
            let mut whole = true;
            out.array(|out| {
                for _ in 0..count.unwrap_or(0) {
                    whole = whole && self::kind(out, *element, cursor, depth);
                    if !whole {
                        break;
                    }
                }
            });
            whole
        }
        Kind::Enumeration(names) => match cursor.i32_le("enumeration") {
            Ok(number) => {
                let name = usize::try_from(number).ok().and_then(|place| names.get(place));
                match name {
                    Some(name) => out.string(name),
                    None => out.i64(i64::from(number)),
                }
                true
            }
            Err(_) => {
                out.null();
                false
            }
        },
        Kind::Certificate => match bytes(cursor, "certificate") {
            Ok(chain) => {
                value::certificate(out, chain);
                true
            }
            Err(_) => {
                out.null();
                false
            }
        },
        Kind::Identity => match ExtensionObject::read(cursor) {
            Ok(object) => {
                value::identity(out, &object, depth);
                true
            }
            Err(_) => {
                out.null();
                false
            }
        },
        Kind::Plain(_) | Kind::Secret | Kind::Token => {
            let built_in = kind.built_in().unwrap_or(BuiltIn(0));
            let Ok(read) = Scalar::read(cursor, built_in, depth) else {
                out.null();
                return false;
            };
            value::scalar(out, &read, depth);
            true
        }
    }
}

/// Writes the members of a structure. Of what is secret only the length is written.
fn members(out: &mut Writer<'_>, structure: &Structure, cursor: &mut Cursor<'_>, depth: u8) -> bool {
    for member in structure.members {
        let name = snake_case(member.name);
        let start = cursor.position();
        if matches!(member.kind, Kind::Secret | Kind::Token) {
            if member.kind.skip(cursor, depth).is_err() {
                return false;
            }
            let length = cursor.position() - start;
            // A byte string begins with four bytes that say how long it is.
            let length = match member.kind {
                Kind::Secret => length.saturating_sub(4),
                _ => length,
            };
            if length > 0 {
                out.key(&name).string("redacted");
                out.key(&(name + "_length")).u64(length as u64);
            }
            continue;
        }
        if cursor.is_empty() {
            return false;
        }
        out.key(&name);
        if !kind(out, member.kind, cursor, depth) {
            return false;
        }
    }
    true
}

/// `sessionName` becomes `session_name`.
fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
