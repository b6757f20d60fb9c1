//! Values as JSON.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use tapglass_model::attribute_name;
use tapglass_proto::json::Writer;

use super::parameters;
use crate::certificate::Thumbprint;
use crate::grammar::Kind;
use crate::names;
use crate::services::extensions;
use crate::types::{DataValue, DiagnosticInfo, ExtensionObject, NodeId, Scalar, Variant};
use tapglass_proto::Cursor;

/// Writes a node as the standard writes NodeIds.
pub(super) fn node(out: &mut Writer<'_>, key: &'static str, node: NodeId<'_>) {
    out.key(key).display(node);
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
    out.key("status").code(code, names::status(code));
}

/// Writes type and value of a variant.
pub(super) fn variant(out: &mut Writer<'_>, variant: &Variant<'_>, depth: u8) {
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
    bare_variant(out, variant, depth);
}

/// Writes the value of a variant without its type.
fn bare_variant(out: &mut Writer<'_>, variant: &Variant<'_>, depth: u8) {
    let Some(count) = variant.array else {
        match variant.scalar() {
            Some(value) => scalar(out, &value, depth),
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
        .map(|sizes| sizes.take(usize::from(depth) + 1).collect())
        .unwrap_or_default();
    let mut elements = variant.elements();
    if sizes.len() < 2 || sizes.len() > usize::from(depth) {
        return out.array(|out| {
            for element in elements {
                scalar(out, &element, depth);
            }
        });
    }
    matrix(out, &sizes, &mut elements, depth);
}

fn matrix<'a>(
    out: &mut Writer<'_>,
    sizes: &[u32],
    elements: &mut dyn Iterator<Item = Scalar<'a>>,
    depth: u8,
) {
    let Some((size, inner)) = sizes.split_first() else {
        match elements.next() {
            Some(element) => scalar(out, &element, depth),
            None => out.null(),
        }
        return;
    };
    out.array(|out| {
        for _ in 0..*size {
            matrix(out, inner, elements, depth);
        }
    });
}

/// Writes one value.
pub(super) fn scalar(out: &mut Writer<'_>, value: &Scalar<'_>, depth: u8) {
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
        Scalar::Status(code) => out.code(code, names::status(code)),
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
        Scalar::Extension(object) => extension(out, &object, depth),
        Scalar::Value(value) => out.object(|out| {
            if let Some(depth) = depth.checked_sub(1) {
                data_value(out, &value, depth);
            }
        }),
        Scalar::Variant(inner) => out.object(|out| {
            if let Some(depth) = depth.checked_sub(1) {
                variant(out, &inner, depth);
            }
        }),
        Scalar::Diagnostic(info) => diagnostic(out, &info),
    }
}

/// Writes the members of a DataValue: type, value, status and times, as far as they are encoded.
pub(super) fn data_value(out: &mut Writer<'_>, value: &DataValue<'_>, depth: u8) {
    if let Some(inner) = &value.value {
        variant(out, inner, depth);
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
pub(super) fn extension(out: &mut Writer<'_>, object: &ExtensionObject<'_>, depth: u8) {
    if object.type_id.is_null() && object.body.is_none() {
        return out.null();
    }
    out.object(|out| {
        match object.name() {
            Some(name) => out.key("type").string(name),
            None => out.key("type").display(object.type_id),
        }
        let Some(body) = object.body else { return };
        if let (Some((structure, body)), Some(depth)) = (extensions::known(object), depth.checked_sub(1)) {
            out.key("value");
            parameters::kind(out, Kind::Structure(structure), &mut Cursor::new(body), depth);
        } else if object.encoding == 2 {
            out.key("xml").lossy(body);
        } else {
            out.key("body").hex(body);
        }
    });
}

fn diagnostic(out: &mut Writer<'_>, info: &DiagnosticInfo<'_>) {
    out.object(|out| {
        for (key, index) in [
            ("symbolic_id", info.symbolic_id),
            ("namespace_uri", info.namespace),
            ("locale", info.locale),
            ("localized_text", info.text),
        ] {
            if let Some(index) = index {
                out.key(key).i64(i64::from(index));
            }
        }
        if let Some(additional) = info.additional {
            out.key("additional_info").lossy(additional);
        }
        if let Some(code) = info.inner_status {
            out.key("inner_status").code(code, names::status(code));
        }
        if info.levels > 0 {
            out.key("inner_levels").u64(u64::from(info.levels));
        }
    });
}

/// Writes what proves a user. In an encoding that is not read, a password could stand anywhere.
pub(super) fn identity(out: &mut Writer<'_>, object: &ExtensionObject<'_>, depth: u8) {
    let Some(body) = object.body.filter(|_| extensions::known(object).is_none()) else {
        return extension(out, object, depth);
    };
    out.object(|out| {
        out.key("type").display(object.type_id);
        out.key("value").string("redacted");
        out.key("length").u64(body.len() as u64);
    });
}

/// Writes a certificate as its thumbprint and its length.
pub(super) fn certificate(out: &mut Writer<'_>, chain: Option<&[u8]>) {
    let Some(chain) = chain.filter(|chain| !chain.is_empty()) else {
        return out.null();
    };
    out.object(|out| {
        out.key("sha1").display(Thumbprint::of(chain));
        out.key("bytes").u64(chain.len() as u64);
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
