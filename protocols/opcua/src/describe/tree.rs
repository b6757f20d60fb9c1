//! Values as fields, from the tables of their layouts: every byte belongs to a field without parts.

use alloc::format;
use alloc::string::{String, ToString};

use tapglass_model::attribute_name;
use tapglass_proto::{Cursor, Fields};

use crate::certificate::Thumbprint;
use crate::custom::CustomTypes;
use crate::fault::Fault;
use crate::grammar::{Kind, Member, Rank, Structure};
use crate::names;
use crate::services::{extensions, secrets};
use crate::types::{BuiltIn, DataValue, DiagnosticInfo, ExtensionObject, NodeId, Scalar, Strings, Variant};
use crate::whole::Whole;

/// Elements of a list that are shown one by one.
const MOST_ELEMENTS: u32 = 256;

/// Adds fields whose places are counted in the body.
pub(super) struct Tree<'a, 'w> {
    pub(super) out: &'a mut Fields,
    pub(super) whole: &'w Whole<'w>,
    pub(super) types: &'w CustomTypes,
    /// The texts that diagnostics point to.
    pub(super) strings: Strings<'w>,
    /// Whose results are shown, where a method is known to return secrets.
    pub(super) secret_results: bool,
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

    /// Adds a field of the bytes that the cursor has passed since `start`.
    fn since(
        &mut self,
        name: &str,
        shown: impl Into<String>,
        cursor: &Cursor<'_>,
        start: usize,
        clause: &'static str,
    ) {
        self.add(name, shown.into(), start, cursor.position() - start, clause);
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
            whole,
            types,
            strings,
            secret_results,
            base,
            depth,
            ..
        } = *self;
        self.out.group(name, shown, start, length, clause, |out| {
            children(&mut Tree {
                out,
                whole,
                types,
                strings,
                secret_results,
                base,
                depth,
            });
        });
    }

    pub(super) fn members(&mut self, structure: Structure<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let before = self.depth;
        self.depth = structure.deeper(cursor, before)?;
        let result = self.each_member(structure, cursor);
        self.depth = before;
        result
    }

    fn each_member(&mut self, structure: Structure<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let start = cursor.position();
        let members = structure.members(cursor)?;
        if let Structure::Custom(custom, _) = structure
            && let Some((lead, clause)) = custom.lead()
        {
            let bits = cursor
                .since(start)
                .iter()
                .rev()
                .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
            self.since(lead, format!("{bits:#x}"), cursor, start, clause);
        }
        let mut method = None;
        for member in members {
            let start = cursor.position();
            let secret = match (member.name, method) {
                ("inputArguments", Some(method)) => (0..8).any(|place| secrets::is_secret(method, place)),
                ("outputArguments", _) => self.secret_results,
                _ => false,
            };
            if secret {
                member.skip(cursor, self.depth)?;
                let length = cursor.position() - start;
                self.since(
                    member.name,
                    format!("redacted, {length} bytes"),
                    cursor,
                    start,
                    "",
                );
            } else {
                self.member(member, cursor)?;
            }
            if member.name == "methodId" {
                let mut again = Cursor::new(cursor.since(start));
                method = NodeId::read(&mut again).ok();
            }
        }
        Ok(())
    }

    /// Adds one member and moves the cursor past it. What is cut off is shown as far as it goes.
    pub(super) fn member(&mut self, member: Member<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        if member.rank == Rank::One {
            return self.kind(member.name, member.kind, cursor);
        }
        let start = cursor.position();
        let mut ahead = *cursor;
        let end = match member.skip(&mut ahead, self.depth) {
            Ok(()) => ahead.position(),
            Err(_) => start + cursor.left(),
        };
        let count = member.count(cursor)?;
        let shown = count.map_or_else(|| String::from("null"), |count| format!("{count} elements"));
        let mut result = Ok(());
        self.group(member.name, shown, (start, end - start), "", |tree| {
            let name = if member.rank == Rank::Matrix {
                "dimensions"
            } else {
                "length"
            };
            let shown = count.map_or_else(|| String::from("null"), |count| count.to_string());
            tree.since(name, shown, cursor, start, "OPC 10000-6 5.2.5");
            result = tree.elements(count.unwrap_or(0), cursor, end, |tree, place, cursor| {
                tree.kind(place, member.kind, cursor)
            });
        });
        result
    }

    /// Adds the elements of a list, the last of them together when there are many.
    fn elements(
        &mut self,
        count: u32,
        cursor: &mut Cursor<'_>,
        end: usize,
        mut element: impl FnMut(&mut Tree<'_, '_>, &str, &mut Cursor<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for place in 0..count {
            if place >= MOST_ELEMENTS {
                let start = cursor.position();
                cursor.take(end.saturating_sub(start), "array")?;
                self.since("...", format!("{} more", count - place), cursor, start, "");
                break;
            }
            element(self, &format!("[{place}]"), cursor)?;
        }
        Ok(())
    }

    /// Adds one value and moves the cursor past it.
    pub(super) fn kind(&mut self, name: &str, kind: Kind<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let start = cursor.position();
        let mut ahead = *cursor;
        let whole = kind.skip(&mut ahead, self.depth);
        let Kind::Structure(structure) = kind else {
            whole?;
            return self.plain(name, kind, cursor);
        };
        let end = match whole {
            Ok(()) => ahead.position(),
            Err(_) => start + cursor.left(),
        };
        let mut result = Ok(());
        let shown = String::from(structure.name());
        self.group(name, shown, (start, end - start), structure.clause(), |tree| {
            result = tree.members(structure, cursor);
        });
        result
    }

    /// Adds a value of a built-in type, with its parts where it has some.
    fn plain(&mut self, name: &str, kind: Kind<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let start = cursor.position();
        let built_in = kind.built_in().unwrap_or(BuiltIn(0));
        let value = Scalar::read(cursor, built_in, self.depth)?;
        let length = cursor.position() - start;
        let text = match (kind, value) {
            (Kind::Secret | Kind::Token, _) => format!("redacted, {length} bytes"),
            (Kind::Certificate, Scalar::Bytes(Some(chain))) if !chain.is_empty() => {
                format!("sha1 {}, {} bytes", Thumbprint::of(chain), chain.len())
            }
            (Kind::Enumeration(names), Scalar::Signed(number)) => named(
                number,
                u32::try_from(number).ok().and_then(|number| names.of(number)),
            ),
            (Kind::Named(custom), Scalar::Signed(number)) => named(number, custom.value_name(number)),
            (Kind::Bits(_, names), Scalar::Unsigned(bits)) => {
                let mut text = format!("{bits:#x}");
                for flag in (0..64).map(|bit| 1_u64 << bit).filter(|flag| bits & flag != 0) {
                    if let Some(name) = u32::try_from(flag).ok().and_then(|flag| names.of(flag)) {
                        text.push(' ');
                        text.push_str(name);
                    }
                }
                text
            }
            (_, Scalar::Unsigned(number)) if name == "attributeId" => {
                let known = u32::try_from(number).ok().and_then(attribute_name);
                self.since(
                    name,
                    format!("{number} {}", known.unwrap_or("")),
                    cursor,
                    start,
                    "OPC 10000-6 A.1",
                );
                return Ok(());
            }
            (_, Scalar::Value(value)) => {
                self.value(name, &value, start, length);
                return Ok(());
            }
            (_, Scalar::Variant(variant)) => {
                self.variant(name, &variant, start);
                return Ok(());
            }
            (kind, Scalar::Extension(object)) => {
                let identity = matches!(kind, Kind::Identity);
                self.extension(name, &object, (start, length), identity);
                return Ok(());
            }
            (_, Scalar::Diagnostic(info)) => diagnostic_text(&info, self.strings),
            (_, value) => scalar_text(&value),
        };
        self.since(name, text, cursor, start, clause(built_in));
        Ok(())
    }

    /// The parts of an ExtensionObject (OPC 10000-6 5.2.2.15). What proves a user in a way that is not known stays unseen.
    fn extension(&mut self, name: &str, object: &ExtensionObject<'_>, range: (usize, usize), identity: bool) {
        let known = self
            .depth
            .checked_sub(1)
            .and_then(|depth| extensions::known(object, self.types, depth));
        let shown = match (object.name(), &known) {
            (Some(name), _) => String::from(name),
            (None, Some(known)) => String::from(known.structure.name()),
            (None, None) => object.type_id.to_string(),
        };
        let (start, length) = range;
        let head = start + length - object.body.map_or(0, <[u8]>::len);
        self.group(name, shown, range, "OPC 10000-6 5.2.2.15", |tree| {
            // The encoding byte, and the length of the body where there is one.
            let size = if object.encoding == 0 { 0 } else { 4 };
            let encoding = head - size - 1;
            tree.add(
                "typeId",
                object.type_id.to_string(),
                start,
                encoding - start,
                "OPC 10000-6 5.2.2.9",
            );
            tree.add("encoding", object.encoding.to_string(), encoding, 1, "");
            let Some(body) = object.body else {
                if size > 0 {
                    tree.add("length", String::from("null"), encoding + 1, size, "");
                }
                return;
            };
            tree.add("length", body.len().to_string(), encoding + 1, size, "");
            let essential = extensions::essential(object).is_some();
            match known.filter(|known| known.fault.is_none() && (essential || !identity)) {
                Some(known) => {
                    let mut inner = Tree {
                        out: &mut *tree.out,
                        whole: tree.whole,
                        types: tree.types,
                        strings: tree.strings,
                        secret_results: tree.secret_results,
                        base: tree.base + head,
                        depth: tree.depth.saturating_sub(1),
                    };
                    let _ = inner.members(known.structure, &mut Cursor::new(known.body));
                    if !known.rest.is_empty() {
                        let rest = known.rest.len();
                        inner.add("more", format!("{rest} bytes"), body.len() - rest, rest, "");
                    }
                }
                None if !body.is_empty() => {
                    let shown = match object.decimal() {
                        Some(decimal) => decimal.to_string(),
                        None => format!("{} bytes", body.len()),
                    };
                    tree.add("body", shown, head, body.len(), "");
                }
                None => {}
            }
        });
    }

    /// The parts of a DataValue, in wire order (OPC 10000-6 5.2.2.17).
    fn value(&mut self, name: &str, value: &DataValue<'_>, start: usize, length: usize) {
        self.group(
            name,
            data_value_text(value),
            (start, length),
            "OPC 10000-6 5.2.2.17",
            |tree| {
                tree.add("mask", format!("{:#04x}", value.mask()), start, 1, "");
                let mut at = start + 1;
                if let Some(variant) = &value.value {
                    tree.variant("value", variant, at);
                    at += variant.encoded;
                }
                if let Some(code) = value.status {
                    let shown = format!("{code:#010x} {}", names::status(code));
                    tree.add("status", shown, at, 4, "OPC 10000-4 7.38");
                    at += 4;
                }
                for (name, time, picoseconds) in [
                    ("sourceTimestamp", value.source_time, value.source_picoseconds),
                    ("serverTimestamp", value.server_time, value.server_picoseconds),
                ] {
                    if let Some(time) = time {
                        tree.add(name, time.to_string(), at, 8, "OPC 10000-6 5.2.2.5");
                        at += 8;
                    }
                    if let Some(tens) = picoseconds {
                        tree.add("picoseconds", format!("{} ps", u32::from(tens) * 10), at, 2, "");
                        at += 2;
                    }
                }
            },
        );
    }

    /// A Variant: one field for a scalar without parts, else its encoding, length, elements and dimensions
    /// (OPC 10000-6 5.2.2.16).
    fn variant(&mut self, name: &str, variant: &Variant<'_>, start: usize) {
        const CLAUSE: &str = "OPC 10000-6 5.2.2.16";
        let whole = variant.encoded;
        let (kind, bytes) = (Kind::Plain(variant.kind), variant.raw());
        // Structures, DataValues and Variants have parts of their own.
        if variant.array.is_none() && !matches!(variant.kind.0, 22..=24) {
            return self.add(name, variant_text(variant), start, whole, CLAUSE);
        }
        self.group(name, variant_text(variant), (start, whole), CLAUSE, |tree| {
            tree.add("encoding", String::from(variant.kind.name()), start, 1, "");
            let mut at = start + 1;
            if let Some(count) = variant.array {
                let shown = count.map_or_else(|| String::from("null"), |count| count.to_string());
                tree.add("length", shown, at, 4, "OPC 10000-6 5.2.5");
                at += 4;
            }
            let mut inner = Tree {
                out: &mut *tree.out,
                whole: tree.whole,
                types: tree.types,
                strings: tree.strings,
                secret_results: tree.secret_results,
                base: tree.base + at,
                // A Variant in a Variant was read one level deeper.
                depth: variant.depth(),
            };
            let mut cursor = Cursor::new(bytes);
            let count = variant.array.map_or(1, |count| count.unwrap_or(0));
            let _ = match variant.array {
                None => inner.kind("value", kind, &mut cursor),
                Some(_) => inner.elements(count, &mut cursor, bytes.len(), |tree, place, cursor| {
                    tree.kind(place, kind, cursor)
                }),
            };
            let at = at + bytes.len();
            let left = (start + whole).saturating_sub(at);
            if left > 0 {
                let count = left / 4 - 1;
                tree.add("dimensions", format!("{count} dimensions"), at, left, "");
            }
        });
    }
}

fn named(number: i64, name: Option<&str>) -> String {
    name.map_or_else(|| number.to_string(), |name| format!("{number} {name}"))
}

/// What a DiagnosticInfo says, the texts of its indexes where the response holds them.
fn diagnostic_text(info: &DiagnosticInfo<'_>, strings: Strings<'_>) -> String {
    let mut out = String::new();
    let mut level = Some(*info);
    while let Some(info) = level {
        for (name, index) in [
            ("symbolicId", info.symbolic_id),
            ("namespaceUri", info.namespace),
            ("locale", info.locale),
            ("localizedText", info.text),
        ] {
            let Some(index) = index else { continue };
            let text = strings.get(index).map(String::from_utf8_lossy);
            out += &format!("{name} {index} {} ", text.unwrap_or_default());
        }
        if let Some(additional) = info.additional {
            out += &format!("additionalInfo {} ", String::from_utf8_lossy(additional));
        }
        if let Some(code) = info.inner_status {
            out += &format!("innerStatusCode {} ", names::status(code));
        }
        level = info.inner();
    }
    if out.is_empty() {
        return String::from("none");
    }
    out.truncate(out.trim_end().len());
    out
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
        Scalar::Diagnostic(info) => diagnostic_text(info, Strings::default()),
    }
}
