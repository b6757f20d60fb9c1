//! Structures as JSON, straight from the tables of their layouts.

use alloc::string::String;

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::value::{self, Show};
use crate::application::Application;
use crate::fault::Fault;
use crate::grammar::{Kind, Member, Rank, Structure};
use crate::standard::Names;
use crate::types::{ExtensionObject, Scalar, bytes};

/// Writes the parameters as a member of that name, unless there are none.
pub(super) fn write(out: &mut Writer<'_>, message: &Application<'_>, show: Show<'_>) {
    let Some(layout) = message.layout.filter(|layout| !layout.is_empty()) else {
        return;
    };
    out.key("parameters");
    let body = message.body.get(message.parameters_at..).unwrap_or_default();
    structure(out, layout, &mut Cursor::new(body), show);
}

/// Writes a structure as an object; false when the bytes end inside it.
pub(super) fn structure(
    out: &mut Writer<'_>,
    structure: Structure<'_>,
    cursor: &mut Cursor<'_>,
    show: Show<'_>,
) -> bool {
    let mut whole = false;
    out.object(|out| whole = members(out, structure, cursor, show).is_ok());
    whole
}

/// Writes the members of a structure. Of what is secret only the length is written.
pub(super) fn members(
    out: &mut Writer<'_>,
    structure: Structure<'_>,
    cursor: &mut Cursor<'_>,
    show: Show<'_>,
) -> Result<(), Fault> {
    let depth = structure.deeper(cursor, show.depth)?;
    let show = Show { depth, ..show };
    for member in structure.members(cursor)? {
        // What the server named is written as it named it.
        let name = match structure {
            Structure::Custom(..) => String::from(member.name),
            _ => snake_case(member.name),
        };
        self::member(out, name, member, cursor, show)?;
    }
    Ok(())
}

fn member(
    out: &mut Writer<'_>,
    name: String,
    member: Member<'_>,
    cursor: &mut Cursor<'_>,
    show: Show<'_>,
) -> Result<(), Fault> {
    if matches!(member.kind, Kind::Secret | Kind::Token) {
        let start = cursor.position();
        member.skip(cursor, show.depth)?;
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
        return Ok(());
    }
    if member.rank == Rank::One {
        let written = One::read(member.kind, cursor, show.depth)?;
        out.key(&name);
        return written.write(out, cursor, show);
    }
    // Checked before it is named, so that a member that is cut off at once is not there at all.
    let count = member.count(cursor)?;
    out.key(&name);
    let mut result = Ok(());
    out.array(|out| {
        for _ in 0..count.unwrap_or(0) {
            result = One::read(member.kind, cursor, show.depth).and_then(|one| one.write(out, cursor, show));
            if result.is_err() {
                break;
            }
        }
    });
    result
}

/// One value, read; a structure still to be read.
enum One<'t, 'a> {
    Structure(Structure<'t>),
    Certificate(Option<&'a [u8]>),
    Identity(ExtensionObject<'a>),
    Named(i64, Option<&'t str>),
    Bits(u64, Names),
    Scalar(Scalar<'a>),
}

impl<'t, 'a> One<'t, 'a> {
    fn read(kind: Kind<'t>, cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        Ok(match kind {
            Kind::Structure(structure) => Self::Structure(structure),
            Kind::Certificate => Self::Certificate(bytes(cursor, "certificate")?),
            Kind::Identity => Self::Identity(ExtensionObject::read(cursor)?),
            Kind::Enumeration(names) => {
                let number = cursor.i32_le("enumeration")?;
                let name = u32::try_from(number).ok().and_then(|number| names.of(number));
                Self::Named(i64::from(number), name)
            }
            Kind::Named(custom) => {
                let number = i64::from(cursor.i32_le("enumeration")?);
                Self::Named(number, custom.value_name(number))
            }
            Kind::Bits(built_in, names) => match Scalar::read(cursor, built_in, depth)? {
                Scalar::Unsigned(bits) => Self::Bits(bits, names),
                other => Self::Scalar(other),
            },
            // Secrets are never read for printing.
            Kind::Secret | Kind::Token | Kind::Unknown => {
                kind.skip(cursor, depth)?;
                Self::Scalar(Scalar::Null)
            }
            Kind::Plain(built_in) => Self::Scalar(Scalar::read(cursor, built_in, depth)?),
        })
    }

    fn write(self, out: &mut Writer<'_>, cursor: &mut Cursor<'_>, show: Show<'_>) -> Result<(), Fault> {
        match self {
            Self::Structure(structure) => {
                let mut result = Ok(());
                out.object(|out| result = members(out, structure, cursor, show));
                return result;
            }
            Self::Certificate(chain) => value::certificate(out, chain),
            Self::Identity(object) => value::identity(out, &object, show),
            Self::Named(_, Some(name)) => out.string(name),
            Self::Named(number, None) => out.i64(number),
            Self::Bits(bits, names) => flags(out, bits, names),
            Self::Scalar(scalar) => value::scalar(out, &scalar, show),
        }
        Ok(())
    }
}

/// Writes flags as a list of the names of those that are set; one without a name by its value.
fn flags(out: &mut Writer<'_>, bits: u64, names: Names) {
    out.array(|out| {
        for flag in (0..64).map(|bit| 1_u64 << bit).filter(|flag| bits & flag != 0) {
            match u32::try_from(flag).ok().and_then(|flag| names.of(flag)) {
                Some(name) => out.string(name),
                None => out.u64(flag),
            }
        }
    });
}

/// `sessionName` becomes `session_name`.
pub(super) fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut capital = true;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !capital {
            out.push('_');
        }
        capital = letter.is_ascii_uppercase();
        out.push(letter.to_ascii_lowercase());
    }
    out
}
