//! Values as JSON.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use tapglass_model::attribute_name;
use tapglass_proto::json::Writer;

use super::parameters;
use crate::certificate::Thumbprint;
use crate::memory::Memory;
use crate::names;
use crate::services::extensions;
use crate::types::{
    DataValue, DiagnosticInfo, Diagnostics, ExtensionObject, NodeId, Numbers, Scalar, Strings, Variant,
};
use crate::x509::Stated;
use tapglass_proto::Cursor;

/// What the writers of values know beside the value.
#[derive(Clone, Copy)]
pub(in crate::body) struct Show<'a> {
    pub(in crate::body) memory: &'a Memory,
    /// The texts that diagnostics point to.
    pub(in crate::body) strings: Strings<'a>,
    /// Whose names for registered nodes hold.
    pub(in crate::body) session: Option<u32>,
    /// Levels that may still be nested.
    pub(in crate::body) depth: u8,
}

impl Show<'_> {
    fn deeper(self) -> Option<Self> {
        Some(Self {
            depth: self.depth.checked_sub(1)?,
            ..self
        })
    }
}

/// Writes a node as the standard writes NodeIds.
pub(super) fn node(out: &mut Writer<'_>, key: &'static str, node: NodeId<'_>) {
    out.key(key).display(node);
}

/// Writes the node that an item is about, and what people call it.
pub(super) fn item_node(out: &mut Writer<'_>, show: Show<'_>, node: NodeId<'_>) {
    out.key("node").display(node);
    let means = show.memory.resolve(show.session, node);
    if means != node {
        out.key("registered_for").display(means);
    }
    if let Some(uri) = show.memory.uri(means.namespace) {
        out.key("namespace").string(uri);
    }
    names_of(out, show, means);
}

/// Writes what people call a node, where somebody browsed it.
pub(super) fn names_of(out: &mut Writer<'_>, show: Show<'_>, node: NodeId<'_>) {
    let (name, path) = show.memory.names.names(node);
    if let Some(name) = name {
        out.key("display_name").string(name);
    }
    if let Some(path) = path {
        out.key("browse_path").display(path);
    }
}

/// Writes an attribute by name, or by number where it has none.
pub(super) fn attribute(out: &mut Writer<'_>, attribute: u32) {
    match attribute_name(attribute) {
        Some(name) => out.key("attribute").string(name),
        None => out.key("attribute").u64(u64::from(attribute)),
    }
}

/// Writes a status code with its name.
pub(super) fn status(out: &mut Writer<'_>, code: u32) {
    out.key("status");
    self::code(out, code);
}

/// Writes a status code: number, name and what its lower half says (OPC 10000-4 7.38.1).
pub(super) fn code(out: &mut Writer<'_>, code: u32) {
    if code & 0xffff == 0 {
        return out.code(code, names::status(code));
    }
    out.object(|out| {
        out.key("code").u64(u64::from(code));
        out.key("name").string(names::status(code));
        for (key, bit) in [("structure_changed", 15), ("semantics_changed", 14)] {
            if code >> bit & 1 != 0 {
                out.key(key).bool(true);
            }
        }
        // The other bits count only when the info type is DataValue.
        if code >> 10 & 3 != 1 {
            return;
        }
        out.key("info_type").string("DataValue");
        if let Some(limit) = ["", "low", "high", "constant"]
            .get((code >> 8 & 3) as usize)
            .filter(|limit| !limit.is_empty())
        {
            out.key("limit").string(limit);
        }
        if code >> 7 & 1 != 0 {
            out.key("overflow").bool(true);
        }
        if code & 0x1f == 0 {
            return;
        }
        let origin = ["raw", "calculated", "interpolated", "reserved"];
        out.key("historian").array(|out| {
            out.string(origin.get((code & 3) as usize).copied().unwrap_or("raw"));
            for (bit, name) in [(2, "partial"), (3, "extra_data"), (4, "multi_value")] {
                if code >> bit & 1 != 0 {
                    out.string(name);
                }
            }
        });
    });
}

/// Writes type and value of a variant.
pub(super) fn variant(out: &mut Writer<'_>, variant: &Variant<'_>, show: Show<'_>) {
    let name = variant.kind.name();
    match (variant.array, variant.dimensions()) {
        (None, _) => out.key("type").string(name),
        (Some(_), None) => out.key("type").display(format_args!("{name}[]")),
        (Some(_), Some(dimensions)) => {
            let mut text = String::from(name);
            for (place, dimension) in dimensions.enumerate() {
                let _ = write!(text, "{}{dimension}", if place == 0 { '[' } else { ',' });
            }
            text.push(']');
            out.key("type").string(&text);
        }
    }
    out.key("value");
    bare_variant(out, variant, show);
}

/// Writes the value of a variant without its type.
fn bare_variant(out: &mut Writer<'_>, variant: &Variant<'_>, show: Show<'_>) {
    let Some(count) = variant.array else {
        match variant.scalar() {
            Some(value) => scalar(out, &value, show),
            None => out.null(),
        }
        return;
    };
    if count.is_none() {
        return out.null();
    }
    // Each dimension is a level of arrays; more than the limit are written flat.
    let sizes: Vec<u32> = variant
        .dimensions()
        .map(|sizes| sizes.take(usize::from(show.depth) + 1).collect())
        .unwrap_or_default();
    let mut elements = variant.elements();
    if sizes.len() < 2 || sizes.len() > usize::from(show.depth) {
        return out.array(|out| {
            for element in elements {
                scalar(out, &element, show);
            }
        });
    }
    matrix(out, &sizes, &mut elements, show);
}

fn matrix<'a>(
    out: &mut Writer<'_>,
    sizes: &[u32],
    elements: &mut dyn Iterator<Item = Scalar<'a>>,
    show: Show<'_>,
) {
    let Some((size, inner)) = sizes.split_first() else {
        match elements.next() {
            Some(element) => scalar(out, &element, show),
            None => out.null(),
        }
        return;
    };
    out.array(|out| {
        for _ in 0..*size {
            matrix(out, inner, elements, show);
        }
    });
}

/// Writes one value.
pub(super) fn scalar(out: &mut Writer<'_>, value: &Scalar<'_>, show: Show<'_>) {
    match *value {
        Scalar::Null | Scalar::Text(None) | Scalar::Bytes(None) | Scalar::Qualified { name: None, .. } => {
            out.null()
        }
        Scalar::Boolean(bit) => out.bool(bit),
        Scalar::Signed(number) => out.i64(number),
        Scalar::Unsigned(number) => out.u64(number),
        Scalar::Float(number) => out.f32(number),
        Scalar::Double(number) => out.f64(number),
        Scalar::Text(Some(text)) => out.lossy(text),
        Scalar::Time(time) if time.is_null() => out.null(),
        Scalar::Time(time) => out.display(time),
        Scalar::Guid(guid) => {
            let identifier = tapglass_model::NodeIdentifier::Guid(guid);
            let text = alloc::string::ToString::to_string(&identifier);
            out.string(text.trim_start_matches("g="));
        }
        Scalar::Bytes(Some(bytes)) => out.hex(bytes),
        Scalar::Node(node) => out.display(node),
        Scalar::Expanded(node) => out.display(node),
        Scalar::Status(number) => code(out, number),
        Scalar::Qualified {
            namespace,
            name: Some(name),
        } => {
            let name = String::from_utf8_lossy(name);
            if namespace == 0 {
                out.string(&name);
            } else {
                out.display(format_args!("{namespace}:{name}"));
            }
        }
        Scalar::Localized { locale, text } => out.object(|out| {
            if let Some(locale) = locale {
                out.key("locale").lossy(locale);
            }
            match text {
                Some(text) => out.key("text").lossy(text),
                None => out.key("text").null(),
            }
        }),
        Scalar::Extension(object) => extension(out, &object, show),
        Scalar::Value(value) => out.object(|out| {
            if let Some(show) = show.deeper() {
                data_value(out, &value, show);
            }
        }),
        Scalar::Variant(inner) => out.object(|out| {
            if let Some(show) = show.deeper() {
                variant(out, &inner, show);
            }
        }),
        Scalar::Diagnostic(info) => diagnostic(out, &info, show),
    }
}

/// Writes the members of a DataValue: type, value, status and times, as far as they are encoded.
pub(super) fn data_value(out: &mut Writer<'_>, value: &DataValue<'_>, show: Show<'_>) {
    if let Some(inner) = &value.value {
        variant(out, inner, show);
    }
    if let Some(code) = value.status {
        status(out, code);
    }
    if let Some(time) = value.source_time.filter(|time| !time.is_null()) {
        out.key("source_time").display(time);
    }
    if let Some(tens) = value.source_picoseconds.filter(|tens| *tens != 0) {
        out.key("source_picoseconds").u64(u64::from(tens) * 10);
    }
    if let Some(time) = value.server_time.filter(|time| !time.is_null()) {
        out.key("server_time").display(time);
    }
    if let Some(tens) = value.server_picoseconds.filter(|tens| *tens != 0) {
        out.key("server_picoseconds").u64(u64::from(tens) * 10);
    }
}

/// Writes a structure: its type, and its members where its layout is known.
pub(super) fn extension(out: &mut Writer<'_>, object: &ExtensionObject<'_>, show: Show<'_>) {
    if object.type_id.is_null() && object.body.is_none() {
        return out.null();
    }
    out.object(|out| {
        let Some(show) = show.deeper() else {
            out.key("type").display(object.type_id);
            return;
        };
        if let Some(decimal) = object.decimal() {
            out.key("type").string("Decimal");
            out.key("value").display(decimal);
            return;
        }
        let known = extensions::known(object, &show.memory.types, show.depth);
        match (object.name(), &known) {
            (Some(name), _) => {
                out.key("type").string(name);
            }
            (None, Some(known)) => {
                out.key("type").string(known.structure.name());
                out.key("type_id").display(object.type_id);
            }
            (None, None) => {
                out.key("type").display(object.type_id);
            }
        }
        let Some(body) = object.body else { return };
        match known {
            Some(known) if known.fault.is_none() || known.is_secret() => {
                out.key("value");
                parameters::structure(out, known.structure, &mut Cursor::new(known.body), show);
                if known.fault.is_none() && !known.rest.is_empty() && !known.is_secret() {
                    out.key("more").hex(known.rest);
                }
            }
            known => {
                let key = if object.encoding == 2 { "xml" } else { "body" };
                match object.encoding {
                    2 => out.key(key).lossy(body),
                    _ => out.key(key).hex(body),
                }
                if let Some(fault) = known.and_then(|known| known.fault) {
                    out.key("malformed").display(fault);
                }
            }
        }
    });
}

/// Writes what is wrong with something: indexes into the string table with the texts that stand there
/// (OPC 10000-4 7.12).
pub(super) fn diagnostic(out: &mut Writer<'_>, info: &DiagnosticInfo<'_>, show: Show<'_>) {
    out.object(|out| {
        for (key, text, index) in [
            ("symbolic_id", "symbol", info.symbolic_id),
            ("namespace_uri", "namespace", info.namespace),
            ("locale", "locale_id", info.locale),
            ("localized_text", "text", info.text),
        ] {
            let Some(index) = index else { continue };
            out.key(key).i64(i64::from(index));
            if let Some(found) = show.strings.get(index) {
                out.key(text).lossy(found);
            }
        }
        if let Some(additional) = info.additional {
            out.key("additional_info").lossy(additional);
        }
        if let Some(status) = info.inner_status {
            out.key("inner_status");
            code(out, status);
        }
        if let (Some(inner), Some(show)) = (info.inner(), show.deeper()) {
            out.key("inner");
            diagnostic(out, &inner, show);
        }
    });
}

/// Writes the diagnostics that end an answer, unless they say nothing.
pub(super) fn diagnostics(out: &mut Writer<'_>, key: &'static str, cursor: &mut Cursor<'_>, show: Show<'_>) {
    if let Ok(all) = Diagnostics::read(cursor, show.depth) {
        listed(out, key, all, show);
    }
}

/// Writes diagnostics that were read, unless they say nothing.
pub(super) fn listed(out: &mut Writer<'_>, key: &'static str, all: Diagnostics<'_>, show: Show<'_>) {
    if all.is_empty() {
        return;
    }
    out.key(key).array(|out| {
        for info in all.iter() {
            match info.is_empty() {
                true => out.null(),
                false => diagnostic(out, &info, show),
            }
        }
    });
}

/// Writes a list of status codes, unless it is empty.
pub(super) fn codes(out: &mut Writer<'_>, key: &'static str, numbers: Numbers<'_>) {
    if !numbers.is_empty() {
        out.key(key)
            .array(|out| numbers.iter().for_each(|number| code(out, number)));
    }
}

/// Writes a list of numbers, unless it is empty.
pub(super) fn numbers(out: &mut Writer<'_>, key: &'static str, numbers: Numbers<'_>) {
    if !numbers.is_empty() {
        out.key(key)
            .array(|out| numbers.iter().for_each(|number| out.u64(u64::from(number))));
    }
}

/// Writes what proves a user. In an encoding that is not read, a password could stand anywhere.
pub(super) fn identity(out: &mut Writer<'_>, object: &ExtensionObject<'_>, show: Show<'_>) {
    let known = extensions::essential(object).is_some();
    let Some(body) = object.body.filter(|_| !known) else {
        return extension(out, object, show);
    };
    out.object(|out| {
        out.key("type").display(object.type_id);
        out.key("value").string("redacted");
        out.key("length").u64(body.len() as u64);
    });
}

/// Writes a certificate as its thumbprint, its length and what it says of its owner.
pub(super) fn certificate(out: &mut Writer<'_>, chain: Option<&[u8]>) {
    let Some(chain) = chain.filter(|chain| !chain.is_empty()) else {
        return out.null();
    };
    out.object(|out| {
        out.key("sha1").display(Thumbprint::of(chain));
        out.key("bytes").u64(chain.len() as u64);
        let Some(stated) = Stated::of(chain) else { return };
        out.key("subject").string(&stated.subject);
        out.key("issuer").string(&stated.issuer);
        out.key("valid_from").display(stated.from);
        out.key("valid_until").display(stated.until);
        out.key("self_signed").bool(stated.self_signed);
        if !stated.uri.is_empty() {
            out.key("application_uri").string(&stated.uri);
        }
    });
}

/// Writes a value in few words, for one line.
pub(super) fn short(out: &mut String, value: &DataValue<'_>) -> fmt::Result {
    let Some(variant) = &value.value else {
        return out.write_str(names::status(value.status()));
    };
    match variant.scalar() {
        Some(Scalar::Boolean(bit)) => write!(out, "{bit}"),
        Some(Scalar::Signed(number)) => write!(out, "{number}"),
        Some(Scalar::Unsigned(number)) => write!(out, "{number}"),
        Some(Scalar::Float(number)) => write!(out, "{number}"),
        Some(Scalar::Double(number)) => write!(out, "{number}"),
        Some(Scalar::Text(text) | Scalar::Localized { text, .. }) => {
            write!(out, "\"{}\"", String::from_utf8_lossy(text.unwrap_or_default()))
        }
        Some(Scalar::Time(time)) => write!(out, "{time}"),
        Some(Scalar::Null) => out.write_str("null"),
        Some(_) => out.write_str(variant.kind.name()),
        None => write!(out, "{} {}", variant.elements().count(), variant.kind.name()),
    }
}
