//! Addresses of points as engineers write them: `plc3/40102`, `rtu4/bo:3`, `boiler/nsu=urn:acme;s=LT101.PV`.

use tapglass_model::{Table, attribute_from_name};

use super::suggest;
use super::{Address, Bits, OwnedNode, Protocol};

/// Why a text is not an address, and what would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AddressError {
    pub(super) message: String,
    pub(super) help: String,
}

fn fault<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, AddressError> {
    Err(AddressError {
        message: message.into(),
        help: help.into(),
    })
}

/// Device name and the address inside it. A name of a device holds no slash, so the first one divides.
pub(super) fn split(text: &str) -> Option<(&str, &str)> {
    text.split_once('/')
        .filter(|(device, address)| !device.is_empty() && !address.is_empty())
}

/// The address of a point inside a device of the protocol; `base` is 0 or 1, as the device counts.
pub(super) fn parse(
    protocol: Protocol,
    base: u8,
    text: &str,
) -> Result<(Address, Option<Bits>), AddressError> {
    match protocol {
        Protocol::Modbus => modbus(base, text),
        Protocol::Dnp3 => dnp3(text).map(|address| (address, None)),
        Protocol::OpcUa => node(text).map(|address| (address, None)),
        Protocol::Historian => Ok((column(text), None)),
    }
}

/// The name of a column, whatever it is.
fn column(text: &str) -> Address {
    Address::Node {
        node: OwnedNode {
            namespace: None,
            uri: None,
            numeric: None,
            text: Some(text.to_owned()),
            guid: None,
            opaque: None,
        },
        attribute: 13,
    }
}

const MODBUS_FORMS: &str = "Modbus addresses look like `holding:20`, `input:3`, `coil:21`, `discrete:21`, `holding:20.3` for bit 3, or `40021`";
const DNP3_FORMS: &str = "DNP3 addresses look like `bi:0`, `dbi:0`, `bo:0`, `ai:0`, `ao:0`, `counter:0`, `frozen:0` or `deadband:0`";
const NODE_FORMS: &str = "OPC UA addresses look like `nsu=urn:acme:boiler;s=LT101.PV` or `ns=2;i=1001`, with `@Attribute` when it is not Value";

fn modbus(base: u8, text: &str) -> Result<(Address, Option<Bits>), AddressError> {
    let (place, bits) = match text.split_once('.') {
        None => (text, None),
        Some((place, bits)) => (place, Some(parse_bits(bits)?)),
    };
    let (table, index) = match place.split_once(':') {
        Some((name, number)) => {
            let table = table_of(name, Protocol::Modbus)?;
            (table, counted(table, base, number)?)
        }
        None => reference(place)?,
    };
    if bits.is_some() && matches!(table, Table::Coil | Table::Discrete) {
        return fault(
            format!("a {} is one bit; it has no bits inside", table.name()),
            "leave the part after the dot out",
        );
    }
    Ok((Address::Indexed { table, index }, bits))
}

/// An address of a Modbus table, counted as the device counts.
fn counted(table: Table, base: u8, number: &str) -> Result<u32, AddressError> {
    let Some(written) = digits(number) else {
        return fault(format!("`{number}` is not an address"), MODBUS_FORMS);
    };
    let Some(index) = written.checked_sub(u64::from(base)) else {
        return fault(
            format!("this device counts from 1, so there is no {}:0", table.name()),
            format!(
                "the first one is `{}:1`; or set `base = 0` at the device",
                table.name()
            ),
        );
    };
    in_range(table, index, written)
}

/// A reference such as `40021` or `400021`: the first digit names the table, the rest counts from 1 whatever the base.
fn reference(text: &str) -> Result<(Table, u32), AddressError> {
    let Some(written) = digits(text) else {
        return fault(format!("`{text}` is not a Modbus address"), MODBUS_FORMS);
    };
    if text.len() != 5 && text.len() != 6 {
        return fault(
            format!("`{text}` does not say which table it is in"),
            "references have five or six digits, such as `40021` or `400021`; otherwise write `holding:20`",
        );
    }
    let table = match text.as_bytes().first() {
        Some(b'0') => Table::Coil,
        Some(b'1') => Table::Discrete,
        Some(b'3') => Table::Input,
        Some(b'4') => Table::Holding,
        _ => {
            return fault(
                format!("no Modbus table has references that begin like `{text}`"),
                "0 is for coils, 1 for discrete inputs, 3 for input registers, 4 for holding registers",
            );
        }
    };
    let place = written % if text.len() == 5 { 10_000 } else { 100_000 };
    match place.checked_sub(1) {
        None => fault(
            format!("references count from 1, so there is no `{text}`"),
            format!("the first one is `{}1`", &text[..text.len() - 1]),
        ),
        Some(index) => Ok((table, in_range(table, index, place)?)),
    }
}

fn in_range(table: Table, index: u64, written: u64) -> Result<u32, AddressError> {
    match u16::try_from(index) {
        Ok(index) => Ok(u32::from(index)),
        Err(_) => fault(
            format!(
                "{}:{written} cannot be reached: addresses on the wire end at 65535",
                table.name()
            ),
            "look the address up in the device's register list",
        ),
    }
}

fn dnp3(text: &str) -> Result<Address, AddressError> {
    let Some((name, number)) = text.split_once(':') else {
        return fault(format!("`{text}` is not a DNP3 address"), DNP3_FORMS);
    };
    let table = table_of(name, Protocol::Dnp3)?;
    let Some(index) = digits(number) else {
        return fault(format!("`{number}` is not a point index"), DNP3_FORMS);
    };
    match u32::try_from(index) {
        // Qualifier codes carry indexes of at most 32 bits, objects of real outstations end at 65535.
        Ok(index) if index <= 65_535 => Ok(Address::Indexed { table, index }),
        _ => fault(
            format!("{name}:{index} cannot be reached: point indexes end at 65535"),
            "look the index up in the device profile",
        ),
    }
}

fn table_of(name: &str, protocol: Protocol) -> Result<Table, AddressError> {
    let ours = |table: &Table| table.is_modbus() == (protocol == Protocol::Modbus);
    let forms = if protocol == Protocol::Modbus {
        MODBUS_FORMS
    } else {
        DNP3_FORMS
    };
    match Table::from_name(name) {
        Some(table) if ours(&table) => Ok(table),
        Some(table) => fault(
            format!("`{}` is not a table of {}", table.name(), protocol.name()),
            forms,
        ),
        None => {
            let known = Table::ALL.into_iter().filter(ours).map(Table::name);
            let help = suggest::nearest(name, known)
                .map_or_else(|| forms.to_owned(), |meant| format!("did you mean `{meant}`?"));
            fault(format!("`{name}` is not a table of {}", protocol.name()), help)
        }
    }
}

/// `3` or `4..7`.
pub(super) fn parse_bits(text: &str) -> Result<Bits, AddressError> {
    let form = "bits are counted from 0, the least significant: `3`, or `4..7` for four of them";
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let bit = |text: &str| digits(text.trim()).and_then(|bit| u8::try_from(bit).ok());
    match (bit(low), bit(high)) {
        (Some(low), Some(high)) if low > high => fault(
            format!("the lower bit comes first: {low} is above {high}"),
            format!("write `{high}..{low}`"),
        ),
        (Some(_), Some(high)) if high > 63 => fault(format!("no value has a bit {high}"), form),
        (Some(low), Some(high)) => Ok(Bits { low, high }),
        _ => fault(format!("`{text}` is not a bit"), form),
    }
}

/// A number of decimal digits only; `parse` would also take a sign.
fn digits(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn node(text: &str) -> Result<Address, AddressError> {
    let mut owned = OwnedNode {
        namespace: None,
        uri: None,
        numeric: None,
        text: None,
        guid: None,
        opaque: None,
    };
    let mut rest = text;
    if let Some(after) = rest.strip_prefix("nsu=") {
        // A URI may hold a semicolon only escaped (OPC 10000-6 5.1.12), so the first one ends it.
        let Some((uri, after)) = after.split_once(';') else {
            return fault("the node's identifier is missing", NODE_FORMS);
        };
        if uri.is_empty() {
            return fault("the namespace URI is empty", NODE_FORMS);
        }
        owned.uri = Some(uri.replace("%3B", ";").replace("%25", "%"));
        rest = after;
    } else if let Some(after) = rest.strip_prefix("ns=") {
        let Some((index, after)) = after.split_once(';') else {
            return fault("the node's identifier is missing", NODE_FORMS);
        };
        let Some(index) = digits(index).and_then(|index| u16::try_from(index).ok()) else {
            return fault(
                format!("`{index}` is not a namespace index: 0 to 65535"),
                NODE_FORMS,
            );
        };
        owned.namespace = Some(index);
        rest = after;
    } else {
        // Without a namespace the identifier is one of OPC UA itself.
        owned.namespace = Some(0);
    }
    let (identifier, attribute) = attribute(rest)?;
    let Some((form, value)) = identifier.split_once('=') else {
        return fault(format!("`{identifier}` is not a node identifier"), NODE_FORMS);
    };
    match form {
        "i" => match digits(value).and_then(|number| u32::try_from(number).ok()) {
            Some(number) => owned.numeric = Some(number),
            None => return fault(format!("`{value}` is not a numeric identifier"), NODE_FORMS),
        },
        "s" if value.is_empty() => return fault("the text of the identifier is empty", NODE_FORMS),
        "s" => owned.text = Some(value.to_owned()),
        "g" => match guid(value) {
            Some(bytes) => owned.guid = Some(bytes),
            None => {
                return fault(
                    format!("`{value}` is not a GUID"),
                    "GUIDs look like `g=72962b91-fa75-4ae6-8d28-b404dc7daf63`",
                );
            }
        },
        "b" => match base64(value) {
            Some(bytes) => owned.opaque = Some(bytes),
            None => return fault(format!("`{value}` is not base64"), NODE_FORMS),
        },
        _ => return fault(format!("`{form}=` is not a kind of node identifier"), NODE_FORMS),
    }
    Ok(Address::Node {
        node: owned,
        attribute,
    })
}

/// What is after the last `@` is an attribute when it is the name or number of one; text identifiers may hold an `@`.
fn attribute(text: &str) -> Result<(&str, u32), AddressError> {
    const VALUE: u32 = 13;
    let Some((before, name)) = text.rsplit_once('@') else {
        return Ok((text, VALUE));
    };
    if let Some(attribute) = attribute_from_name(name) {
        return Ok((before, attribute));
    }
    if let Some(number) = digits(name) {
        return match u32::try_from(number) {
            Ok(number) if (1..=27).contains(&number) => Ok((before, number)),
            _ => fault(
                format!("there is no attribute {number}"),
                "attributes are numbered 1 to 27",
            ),
        };
    }
    if before.starts_with("s=") && !name.chars().all(char::is_alphabetic) {
        return Ok((text, VALUE));
    }
    let known: Vec<&str> = (1..=27).filter_map(tapglass_model::attribute_name).collect();
    fault(
        format!("`{name}` is not an attribute"),
        suggest::help(name, &known),
    )
}

/// The 16 bytes of a GUID as they stand on the wire: the first three parts little-endian (OPC 10000-6 5.2.2.6).
fn guid(text: &str) -> Option<[u8; 16]> {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    if lengths != [8, 4, 4, 4, 12] {
        return None;
    }
    let hex: String = text.split('-').collect();
    let mut bytes = [0; 16];
    for (position, byte) in bytes.iter_mut().enumerate() {
        let pair = hex.get(2 * position..2 * position + 2)?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    Some(bytes)
}

/// Bytes of a base64 text with or without padding (RFC 4648 section 4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    if body.is_empty() || text.len() - body.len() > 2 || body.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len() * 3 / 4);
    let mut held = 0_u32;
    let mut bits = 0;
    for c in body.bytes() {
        let sextet = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(sextet);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            #[allow(clippy::cast_possible_truncation)] // the lowest eight bits are meant
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexed(table: Table, index: u32) -> (Address, Option<Bits>) {
        (Address::Indexed { table, index }, None)
    }

    #[test]
    fn modbus_addresses_are_counted_as_the_device_counts() {
        let bit = |table, index, low, high| (Address::Indexed { table, index }, Some(Bits { low, high }));
        for (base, text, expected) in [
            (0, "holding:20", indexed(Table::Holding, 20)),
            (1, "holding:21", indexed(Table::Holding, 20)),
            (0, "coil:0", indexed(Table::Coil, 0)),
            (1, "coil:21", indexed(Table::Coil, 20)),
            (1, "discrete:30", indexed(Table::Discrete, 29)),
            (1, "input:1", indexed(Table::Input, 0)),
            (0, "40021", indexed(Table::Holding, 20)),
            (1, "40021", indexed(Table::Holding, 20)),
            (1, "400021", indexed(Table::Holding, 20)),
            (0, "465536", indexed(Table::Holding, 65_535)),
            (0, "49999", indexed(Table::Holding, 9_998)),
            (0, "30001", indexed(Table::Input, 0)),
            (0, "10001", indexed(Table::Discrete, 0)),
            (0, "00001", indexed(Table::Coil, 0)),
            (0, "000022", indexed(Table::Coil, 21)),
            (0, "holding:65535", indexed(Table::Holding, 65_535)),
            (1, "holding:65536", indexed(Table::Holding, 65_535)),
            (0, "holding:20.3", bit(Table::Holding, 20, 3, 3)),
            (0, "40021.4..7", bit(Table::Holding, 20, 4, 7)),
        ] {
            assert_eq!(
                parse(Protocol::Modbus, base, text),
                Ok(expected),
                "{text} base {base}"
            );
        }
    }

    #[test]
    fn wrong_modbus_addresses_say_why() {
        for (base, text, expected) in [
            (1, "holding:0", "counts from 1"),
            (0, "holding:65536", "cannot be reached"),
            (0, "465537", "cannot be reached"),
            (0, "40000", "count from 1"),
            (0, "50001", "begin like"),
            (0, "4021", "does not say which table"),
            (0, "holdin:4", "not a table"),
            (0, "bi:4", "not a table of modbus"),
            (0, "holding:", "not an address"),
            (0, "holding:-1", "not an address"),
            (0, "holding:1.x", "not a bit"),
            (0, "holding:1.7..4", "lower bit comes first"),
            (0, "coil:1.3", "one bit"),
            (0, "", "not a Modbus address"),
            (0, "99999999999999999999999", "not a Modbus address"),
        ] {
            let error = parse(Protocol::Modbus, base, text).unwrap_err();
            assert!(error.message.contains(expected), "{text}: {}", error.message);
        }
    }

    #[test]
    fn dnp3_addresses_are_a_table_and_an_index() {
        for (text, table, index) in [
            ("bi:14", Table::BinaryInput, 14),
            ("dbi:3", Table::DoubleBitInput, 3),
            ("bo:0", Table::BinaryOutput, 0),
            ("ai:7", Table::AnalogInput, 7),
            ("ao:1", Table::AnalogOutput, 1),
            ("counter:0", Table::Counter, 0),
            ("frozen:2", Table::FrozenCounter, 2),
            ("deadband:65535", Table::Deadband, 65_535),
        ] {
            assert_eq!(
                parse(Protocol::Dnp3, 1, text),
                Ok(indexed(table, index)),
                "{text}"
            );
        }
        for text in ["40021", "holding:3", "bi", "bi:x", "bi:65536", "by:1"] {
            assert!(parse(Protocol::Dnp3, 0, text).is_err(), "{text}");
        }
    }

    #[test]
    fn nodes_are_written_in_the_standard_text_form() {
        for text in [
            "nsu=urn:acme:boiler;s=LT101.PV",
            "ns=2;s=Boiler.Setpoint",
            "ns=2;i=1001",
            "i=2258",
            "ns=2;g=72962b91-fa75-4ae6-8d28-b404dc7daf63",
            "ns=1;b=YW55",
            "ns=1;b=YW4=",
            "ns=2;s=A@DataType",
            "ns=2;s=a/b;c=d",
            "ns=2;s=who@plant-7",
        ] {
            let (Address::Node { node, attribute }, None) = parse(Protocol::OpcUa, 0, text).unwrap() else {
                panic!("{text} is not a node");
            };
            if node.uri.is_none() {
                let printed = tapglass_model::address_text(&tapglass_model::PointAddress::Node {
                    node: node.node(),
                    attribute,
                });
                assert_eq!(printed, text);
            }
        }
        for text in [
            "",
            "LT101",
            "ns=2",
            "ns=70000;i=1",
            "ns=2;i=x",
            "ns=2;g=1234",
            "ns=2;b=***",
            "ns=2;s=",
            "nsu=;s=A",
            "ns=2;x=1",
            "ns=2;i=1@Valu",
            "ns=2;i=1@99",
        ] {
            assert!(parse(Protocol::OpcUa, 0, text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_slash_ends_the_device() {
        assert_eq!(
            split("boiler/nsu=http://acme/x;s=A"),
            Some(("boiler", "nsu=http://acme/x;s=A"))
        );
        assert_eq!(split("plc3"), None);
        assert_eq!(split("/40001"), None);
        assert_eq!(split("plc3/"), None);
    }
}
