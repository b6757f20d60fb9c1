//! Values as fields, from the tables of their layouts.

use alloc::format;
use alloc::string::{String, ToString};

use tapglass_model::attribute_name;
use tapglass_proto::{Cursor, Fields};

use crate::certificate::Thumbprint;
use crate::fault::Fault;
use crate::grammar::{Kind, Structure};
use crate::names;
use crate::services::{extensions, secrets};
use crate::types::{BuiltIn, DataValue, NodeId, Scalar, Variant, length};
use crate::whole::Whole;

/// Elements of a list that are shown one by one.
const MOST_ELEMENTS: u32 = 256;

/// Adds fields whose places are counted in the body.
pub(super) struct Tree<'a, 'w> {
    pub(super) out: &'a mut Fields,
    pub(super) whole: &'w Whole<'w>,
    /// Where the cursor's bytes begin in the body.
    pub(super) base: usize,
    pub(super) depth: u8,
}

impl Tree<'_, '_> {
    pub(super) fn add(
        &mut self,
        name: &str,
        shown: String,
        start: usize,
        length: usize,
        clause: &'static str,
    ) {
        let (start, length) = self.whole.raw_range(self.base + start, length);
        self.out.add(name, shown, start, length, clause);
    }

    /// Adds a field and what `children` adds below it.
    fn group(
        &mut self,
        name: &str,
        shown: String,
        range: (usize, usize),
        clause: &'static str,
        children: impl FnOnce(&mut Tree<'_, '_>),
    ) {
        let (start, length) = self.whole.raw_range(self.base + range.0, range.1);
        let Self {
            whole, base, depth, ..
        } = *self;
        self.out.group(name, shown, start, length, clause, |out| {
            children(&mut Tree {
                out,
                whole,
                base,
                depth,
            });
        });
    }

    pub(super) fn members(&mut self, structure: &Structure, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let mut method = None;
        for member in structure.members {
            let start = cursor.position();
            match (member.name, method) {
                ("inputArguments", Some(method)) if (0..8).any(|place| secrets::is_secret(method, place)) => {
                    member.kind.skip(cursor, self.depth)?;
                    let length = cursor.position() - start;
                    self.add(
                        member.name,
                        format!("redacted, {length} bytes"),
                        start,
                        length,
                        "",
                    );
                }
                _ => self.kind(member.name, member.kind, cursor)?,
            }
            if member.name == "methodId" {
                let mut again = Cursor::new(cursor.since(start));
                method = NodeId::read(&mut again).ok();
            }
        }
        Ok(())
    }

    /// Adds one value and moves the cursor past it. What is cut off is shown as far as it goes.
    pub(super) fn kind(&mut self, name: &str, kind: Kind, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let start = cursor.position();
        let mut ahead = *cursor;
        let whole = kind.skip(&mut ahead, self.depth);
        let end = match whole {
            Ok(()) => ahead.position(),
            Err(_) => start + cursor.left(),
        };
        match kind {
            Kind::Structure(structure) => {
                let mut result = Ok(());
                let shown = String::from(structure.name);
                self.group(name, shown, (start, end - start), structure.clause, |tree| {
                    result = tree.members(structure, cursor);
                });
                result
            }
            Kind::Array(element) => self.array(name, *element, cursor, end),
            _ => {
                whole?;
                self.plain(name, kind, cursor, end)
            }
        }
    }

    fn array(&mut self, name: &str, element: Kind, cursor: &mut Cursor<'_>, end: usize) -> Result<(), Fault> {
        let start = cursor.position();
        let count = length(cursor, "array length")?;
        let shown = count.map_or_else(|| String::from("null"), |count| format!("{count} elements"));
        let mut result = Ok(());
        self.group(name, shown, (start, end - start), "", |tree| {
            for place in 0..count.unwrap_or(0) {
                if place >= MOST_ELEMENTS {
                    let rest = format!("{} more", count.unwrap_or(0) - place);
                    tree.add("...", rest, cursor.position(), end - cursor.position(), "");
                    let _ = cursor.take(end - cursor.position(), "array");
                    break;
                }
                result = tree.kind(&format!("[{place}]"), element, cursor);
                if result.is_err() {
                    break;
                }
            }
        });
        result
    }

    /// Adds a value of a built-in type, with its parts where it has some.
    fn plain(&mut self, name: &str, kind: Kind, cursor: &mut Cursor<'_>, end: usize) -> Result<(), Fault> {
        let start = cursor.position();
        let built_in = kind.built_in().unwrap_or(BuiltIn(0));
        let value = Scalar::read(cursor, built_in, self.depth)?;
        let range = (start, end - start);
        match (kind, value) {
            (Kind::Secret | Kind::Token, _) => {
                self.add(
                    name,
                    format!("redacted, {} bytes", end - start),
                    start,
                    end - start,
                    "",
                );
            }
            (Kind::Certificate, Scalar::Bytes(Some(chain))) if !chain.is_empty() => {
                let shown = format!("sha1 {}, {} bytes", Thumbprint::of(chain), chain.len());
                self.add(name, shown, start, end - start, "");
            }
            (Kind::Enumeration(names), Scalar::Signed(number)) => {
                let known = usize::try_from(number).ok().and_then(|place| names.get(place));
                let shown = known.map_or_else(|| number.to_string(), |known| format!("{number} {known}"));
                self.add(name, shown, start, end - start, "");
            }
            (_, Scalar::Unsigned(number)) if name == "attributeId" => {
                let known = u32::try_from(number).ok().and_then(attribute_name).unwrap_or("");
                self.add(
                    name,
                    format!("{number} {known}"),
                    start,
                    end - start,
                    "OPC 10000-6 A.1",
                );
            }
            (_, Scalar::Value(value)) => {
                self.group(
                    name,
                    data_value_text(&value),
                    range,
                    "OPC 10000-6 5.2.2.17",
                    |tree| {
                        tree.data_value(&value, start);
                    },
                );
            }
            (_, Scalar::Extension(object)) => {
                let shown = object
                    .name()
                    .map_or_else(|| object.type_id.to_string(), String::from);
                let known = extensions::known(&object);
                self.group(name, shown, range, "OPC 10000-6 5.2.2.15", |tree| {
                    if let (Some((structure, body)), Some(depth)) = (known, tree.depth.checked_sub(1)) {
                        let mut inner = Tree {
                            out: &mut *tree.out,
                            whole: tree.whole,
                            base: tree.base + object.body_at,
                            depth,
                        };
                        let _ = inner.members(structure, &mut Cursor::new(body));
                    }
                });
            }
            (_, value) => self.add(name, scalar_text(&value), start, end - start, clause(built_in)),
        }
        Ok(())
    }

    /// The parts of a DataValue, in wire order (OPC 10000-6 5.2.2.17).
    fn data_value(&mut self, value: &DataValue<'_>, start: usize) {
        let mut at = start + 1;
        if let Some(variant) = &value.value {
            let length = variant.encoded;
            self.add("value", variant_text(variant), at, length, "OPC 10000-6 5.2.2.16");
            at += length;
        }
        if let Some(code) = value.status {
            self.add(
                "status",
                format!("{code:#010x} {}", names::status(code)),
                at,
                4,
                "OPC 10000-4 7.38",
            );
            at += 4;
        }
        for (name, time, picoseconds) in [
            ("sourceTimestamp", value.source_time, value.source_picoseconds),
            ("serverTimestamp", value.server_time, value.server_picoseconds),
        ] {
            if let Some(time) = time {
                self.add(name, time.to_string(), at, 8, "OPC 10000-6 5.2.2.5");
                at += 8;
            }
            if let Some(tens) = picoseconds {
                self.add("picoseconds", format!("{} ps", u32::from(tens) * 10), at, 2, "");
                at += 2;
            }
        }
    }
}

fn clause(kind: BuiltIn) -> &'static str {
    match kind {
        BuiltIn::NODE_ID => "OPC 10000-6 5.2.2.9",
        BuiltIn::EXPANDED_NODE_ID => "OPC 10000-6 5.2.2.10",
        BuiltIn::STATUS_CODE => "OPC 10000-6 5.2.2.11",
        BuiltIn::DIAGNOSTIC_INFO => "OPC 10000-6 5.2.2.12",
        BuiltIn::VARIANT => "OPC 10000-6 5.2.2.16",
        _ => "",
    }
}

fn data_value_text(value: &DataValue<'_>) -> String {
    match &value.value {
        Some(variant) => variant_text(variant),
        None => String::from(names::status(value.status())),
    }
}

fn variant_text(variant: &Variant<'_>) -> String {
    match (variant.array, variant.scalar()) {
        (None, Some(value)) => format!("{} {}", variant.kind.name(), scalar_text(&value)),
        (Some(count), _) => format!("{} {}", count.unwrap_or(0), variant.kind.name()),
        (None, None) => String::from(variant.kind.name()),
    }
}

fn scalar_text(value: &Scalar<'_>) -> String {
    match value {
        Scalar::Null | Scalar::Text(None) | Scalar::Bytes(None) => String::from("null"),
        Scalar::Boolean(bit) => bit.to_string(),
        Scalar::Signed(number) => number.to_string(),
        Scalar::Unsigned(number) => number.to_string(),
        Scalar::Float(number) => number.to_string(),
        Scalar::Double(number) => number.to_string(),
        Scalar::Text(Some(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        Scalar::Time(time) => time.to_string(),
        Scalar::Guid(guid) => tapglass_model::NodeIdentifier::Guid(*guid).to_string(),
        Scalar::Bytes(Some(bytes)) => format!("{} bytes", bytes.len()),
        Scalar::Node(node) => node.to_string(),
        Scalar::Expanded(node) => node.to_string(),
        Scalar::Status(code) => format!("{code:#010x} {}", names::status(*code)),
        Scalar::Qualified { namespace, name } => {
            let name = String::from_utf8_lossy(name.unwrap_or_default());
            format!("{namespace}:{name}")
        }
        Scalar::Localized { text: shown, .. } => {
            String::from_utf8_lossy(shown.unwrap_or_default()).into_owned()
        }
        Scalar::Extension(object) => object.type_id.to_string(),
        Scalar::Value(value) => data_value_text(value),
        Scalar::Variant(variant) => variant_text(variant),
        Scalar::Diagnostic(info) if info.is_empty() => String::from("none"),
        Scalar::Diagnostic(info) => format!("{} levels", u32::from(info.levels) + 1),
    }
}
