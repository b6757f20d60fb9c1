//! From values of the wire to values and qualities of the common vocabulary.

use tapglass_model::{PointAddress, Quality, QualityReasons, Value};
use tapglass_proto::{Observation, Status};

use crate::memory::Memory;
use crate::names;
use crate::types::{DataValue, NodeId, Scalar, Variant, text};

/// What stands for an array, which is no single value.
const ARRAYS: [&str; 26] = [
    "Null[]",
    "Boolean[]",
    "SByte[]",
    "Byte[]",
    "Int16[]",
    "UInt16[]",
    "Int32[]",
    "UInt32[]",
    "Int64[]",
    "UInt64[]",
    "Float[]",
    "Double[]",
    "String[]",
    "DateTime[]",
    "Guid[]",
    "ByteString[]",
    "XmlElement[]",
    "NodeId[]",
    "ExpandedNodeId[]",
    "StatusCode[]",
    "QualifiedName[]",
    "LocalizedText[]",
    "ExtensionObject[]",
    "DataValue[]",
    "Variant[]",
    "DiagnosticInfo[]",
];

/// The value of a variant.
pub(super) fn of_variant<'a>(variant: &Variant<'a>) -> Value<'a> {
    let mut variant = *variant;
    // A variant in a variant is a breach of the standard and is still the value.
    for _ in 0..4 {
        match variant.scalar() {
            Some(Scalar::Variant(inner)) => variant = inner,
            Some(Scalar::Value(DataValue {
                value: Some(inner), ..
            })) => variant = inner,
            Some(scalar) => return of_scalar(scalar),
            None => break,
        }
    }
    let kind = usize::from(variant.kind.0);
    Value::Other(ARRAYS.get(kind).copied().unwrap_or("ByteString[]"))
}

fn of_scalar(scalar: Scalar<'_>) -> Value<'_> {
    match scalar {
        Scalar::Boolean(bit) => Value::Bool(bit),
        Scalar::Signed(number) => Value::Signed(number),
        Scalar::Unsigned(number) => Value::Unsigned(number),
        Scalar::Float(number) => Value::Float(number),
        Scalar::Double(number) => Value::Double(number),
        Scalar::Text(Some(bytes))
        | Scalar::Qualified {
            name: Some(bytes), ..
        }
        | Scalar::Localized {
            text: Some(bytes), ..
        } => core::str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Text),
        Scalar::Time(time) => time.capture_time().map_or(Value::Null, Value::Time),
        Scalar::Bytes(Some(bytes)) => Value::Bytes(bytes),
        Scalar::Status(code) => Value::Unsigned(u64::from(code)),
        Scalar::Guid(_) => Value::Other("Guid"),
        Scalar::Node(_) => Value::Other("NodeId"),
        Scalar::Expanded(_) => Value::Other("ExpandedNodeId"),
        Scalar::Extension(object) => Value::Other(object.name().unwrap_or("ExtensionObject")),
        Scalar::Value(_) => Value::Other("DataValue"),
        Scalar::Variant(_) => Value::Other("Variant"),
        Scalar::Diagnostic(_) => Value::Other("DiagnosticInfo"),
        Scalar::Null
        | Scalar::Text(None)
        | Scalar::Qualified { name: None, .. }
        | Scalar::Localized { text: None, .. }
        | Scalar::Bytes(None) => Value::Null,
    }
}

/// Trust in a value by the severity and flags of its status code (OPC 10000-4 7.38.1).
pub(super) fn quality(status: u32) -> (Quality, QualityReasons) {
    let quality = match status >> 30 {
        0 => Quality::Good,
        1 => Quality::Uncertain,
        _ => Quality::Bad,
    };
    let mut reasons = QualityReasons::none();
    if quality != Quality::Good {
        reasons = reasons.with(QualityReasons::STATUS_CODE);
    }
    // The overflow flag counts only when the info type is DataValue.
    if status & 0x0c80 == 0x0480 {
        reasons = reasons.with(QualityReasons::LOST_SAMPLES);
    }
    (quality, reasons)
}

/// The address of an attribute, with the URI of its namespace where it is known.
pub(super) fn address<'a>(
    memory: &'a Memory,
    session: Option<u32>,
    node: NodeId<'a>,
    attribute: u32,
) -> PointAddress<'a> {
    let node = memory.resolve(session, node);
    PointAddress::Node {
        node: node.with_uri(memory.uri(node.namespace)),
        attribute,
    }
}

/// A value at an address.
pub(super) fn observation<'a>(address: PointAddress<'a>, value: &DataValue<'a>) -> Observation<'a> {
    let code = value.status();
    let (quality, reasons) = quality(code);
    Observation {
        address,
        value: value.value.map_or(Value::Null, |variant| of_variant(&variant)),
        quality,
        reasons,
        source_time: value.source_time.and_then(|time| time.capture_time()),
        status: Some(Status {
            code,
            name: names::status(code),
        }),
    }
}

/// The text of an event's message or anything like it.
pub(super) fn event_text<'a>(variant: &Variant<'a>) -> Option<&'a str> {
    match variant.scalar()? {
        Scalar::Localized { text: bytes, .. } | Scalar::Text(bytes) => {
            Some(text(bytes)).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_decides_the_quality() {
        assert_eq!(quality(0), (Quality::Good, QualityReasons::none()));
        // UncertainLastUsableValue
        assert_eq!(
            quality(0x4090_0000),
            (Quality::Uncertain, QualityReasons::STATUS_CODE)
        );
        assert_eq!(quality(0x80ab_0000).0, Quality::Bad);
        assert_eq!(quality(0xc000_0000).0, Quality::Bad);
        // Good, info type DataValue (0x0400), overflow (0x0080)
        assert_eq!(
            quality(0x0000_0480),
            (Quality::Good, QualityReasons::LOST_SAMPLES)
        );
        // the overflow flag without the info type says nothing
        assert_eq!(quality(0x0000_0080), (Quality::Good, QualityReasons::none()));
    }
}
