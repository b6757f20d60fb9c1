//! A tag of Ignition, from whichever form of export, as a point of a site.

use super::draft::{Draft, Limit, On, Point, device_name, linear};
use super::modbus::{self, Reference, Table};

/// What an export says about a tag.
#[derive(Clone, Debug, Default)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) item: String,
    pub(super) server: String,
    pub(super) data_type: String,
    pub(super) read_only: bool,
    pub(super) scale_mode: String,
    pub(super) raw: (Option<f64>, Option<f64>),
    pub(super) scaled: (Option<f64>, Option<f64>),
    pub(super) clamp: String,
    pub(super) unit: String,
    pub(super) engineering: (Option<f64>, Option<f64>),
    pub(super) description: String,
    pub(super) alarms: Vec<Alarm>,
    pub(super) place: (u32, u32),
    pub(super) item_place: (u32, u32),
}

/// An alarm of a tag.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarm {
    pub(super) name: String,
    pub(super) mode: String,
    pub(super) setpoint: Option<f64>,
    pub(super) place: (u32, u32),
}

/// Where a tag is read from.
#[derive(Debug, PartialEq, Eq)]
enum Item<'a> {
    /// A device of Ignition's own drivers, a unit in it, and an address of Modbus with its type.
    Modbus(&'a str, Option<u8>, Reference, &'static str),
    /// A node of another OPC UA server.
    Node(&'a str),
    Unknown,
}

fn item(text: &str) -> Item<'_> {
    let identifier = text.split_once(";s=").map_or(text, |(_, identifier)| identifier);
    if let Some((device, address)) = identifier.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return match modbus_address(address) {
            Some((unit, reference, data_type)) => Item::Modbus(device, unit, reference, data_type),
            None => Item::Unknown,
        };
    }
    if text.starts_with("ns=") || text.starts_with("nsu=") {
        Item::Node(text)
    } else {
        Item::Unknown
    }
}

/// `HR102`, `2.HRF102`, `HR102.3`: unit, designator, number, bit.
fn modbus_address(text: &str) -> Option<(Option<u8>, Reference, &'static str)> {
    const TYPES: [(&str, &str); 15] = [
        ("", "i16"),
        ("US", "u16"),
        ("BCD", "bcd16"),
        ("BCD32", "bcd32"),
        ("BCD_32", "bcd32"),
        ("F", "f32"),
        ("D", "f64"),
        ("I", "i32"),
        ("UI", "u32"),
        ("I64", "i64"),
        ("I_64", "i64"),
        ("UI64", "u64"),
        ("UI_64", "u64"),
        ("S", "str"),
        ("B", "bool"),
    ];
    let (unit, rest) = match text.split_once('.') {
        Some((unit, rest)) if unit.bytes().all(|byte| byte.is_ascii_digit()) => {
            (Some(unit.parse().ok()?), rest)
        }
        _ => (None, text),
    };
    let (table, rest) = [
        ("HR", Table::Holding),
        ("IR", Table::Input),
        ("DI", Table::Discrete),
        ("C", Table::Coil),
    ]
    .into_iter()
    .find_map(|(prefix, table)| Some((table, rest.strip_prefix(prefix)?)))?;
    // A text has its length behind a colon.
    let rest = rest.split_once(':').map_or(rest, |(rest, _)| rest);
    let (rest, bit) = match rest.split_once('.') {
        Some((rest, bit)) => (rest, Some(bit.parse().ok().filter(|bit| *bit < 16)?)),
        None => (rest, None),
    };
    // The longest designator that leaves a number: `I_64` before `I` with `_64...`.
    let (data_type, number) = TYPES
        .iter()
        .filter_map(|(word, kind)| {
            let digits = rest.strip_prefix(word)?;
            let number: u32 = digits.parse().ok().filter(|_| !digits.starts_with('+'))?;
            Some((word.len(), *kind, number))
        })
        // `I641` may be `I64` and `1`, or `I` and `641`: what is not said with an underscore is the short form.
        .min_by_key(|(length, ..)| *length)
        .map(|(_, kind, number)| (kind, number))?;
    if table.is_bit() && data_type != "i16" || data_type == "bool" {
        return None;
    }
    let data_type = if table.is_bit() { "bool" } else { data_type };
    (number <= 65_536).then_some((unit, Reference { table, number, bit }, data_type))
}

/// The point of a tag; what it cannot be is told.
pub(super) fn point(tag: &Tag, draft: &mut Draft) -> Option<Point> {
    let mut point = Point {
        name: tag.name.clone(),
        unit: tag.unit.clone(),
        description: tag.description.clone(),
        place: tag.place,
        ..Point::default()
    };
    match item(&tag.item) {
        Item::Modbus(device, unit, reference, data_type) => {
            let device = device_name(device);
            point.device = match unit {
                Some(unit) => format!("{device}-unit{unit}"),
                None => device,
            };
            if let Some(unit) = unit {
                let keys = &mut draft.device(&point.device, "modbus").keys;
                if keys.is_empty() {
                    keys.push(("unit", unit.to_string()));
                }
            }
            modbus::place(&mut point, &reference, data_type);
        }
        Item::Node(node) => {
            point.device = match &draft.options.device {
                Some(device) => device_name(device),
                None if tag.server.is_empty() => draft.usual_device.clone(),
                None => device_name(&tag.server),
            };
            point.address = node.to_owned();
            draft.device(&point.device, "opcua");
            point.candidate = match tag.data_type.as_str() {
                "Boolean" => "cmd",
                "String" | "DateTime" | "Text" | "DataSet" | "" => "",
                _ => "sp",
            };
        }
        Item::Unknown => {
            draft.lost(
                tag.item_place,
                format!("`{}` of `{}` is no address of Modbus or OPC UA", tag.item, tag.name),
                "addresses look like `[PLC]HR102` or `ns=2;s=LT101`; other drivers speak protocols that are not decoded",
            );
            return None;
        }
    }
    if tag.read_only {
        point.role = "pv";
        point.candidate = "";
    }
    if !scaling(tag, &mut point, draft) {
        return Some(point);
    }
    match tag.engineering {
        (Some(low), Some(high)) => point.range = Some((low, high)),
        (None, None) => {}
        _ => draft.lost(
            tag.place,
            format!("`{}` has one end of its engineering range only", tag.name),
            "the export leaves defaults out; set `range` in tags.csv",
        ),
    }
    alarms(tag, &mut point, draft);
    Some(point)
}

/// False when the values cannot be scaled: limits in engineering units mean nothing then.
fn scaling(tag: &Tag, point: &mut Point, draft: &mut Draft) -> bool {
    match tag.scale_mode.to_lowercase().as_str() {
        "" | "off" | "none" => return true,
        "linear" => {}
        mode => {
            draft.lost(
                tag.place,
                format!("`{}` is scaled by `{mode}`", tag.name),
                "a site scales in a straight line; raw values are shown, and its limits are left out",
            );
            return false;
        }
    }
    let (Some(raw_low), Some(raw_high), Some(low), Some(high)) =
        (tag.raw.0, tag.raw.1, tag.scaled.0, tag.scaled.1)
    else {
        draft.lost(
            tag.place,
            format!("the scaling of `{}` lacks a number", tag.name),
            "the export leaves defaults out; set `scale` in tags.csv; until then raw values are shown, and its limits are left out",
        );
        return false;
    };
    point.scale = linear((raw_low, raw_high), (low, high));
    let clamp = tag.clamp.to_lowercase();
    let both = clamp.contains("both");
    let (low_clamped, high_clamped) = (both || clamp.contains("low"), both || clamp.contains("high"));
    if low_clamped || high_clamped {
        point.limits.push(Limit {
            name: "clamp",
            on: if point.role == "pv" {
                On::Observation
            } else {
                On::Write
            },
            low: low_clamped.then_some(low.min(high)),
            high: high_clamped.then_some(low.max(high)),
            severity: "medium",
            why: "Ignition clamps the value here.".to_owned(),
        });
    }
    true
}

/// What an alarm limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    HighHigh,
    High,
    Low,
    LowLow,
}

fn level(name: &str) -> Option<Level> {
    let letters: String = name
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let word = letters.trim_end_matches("alarm").trim_start_matches("alarm");
    Some(match word {
        "hihi" | "highhigh" | "hh" | "highhi" => Level::HighHigh,
        "hi" | "high" | "h" => Level::High,
        "lo" | "low" | "l" => Level::Low,
        "lolo" | "lowlow" | "ll" | "lowlo" => Level::LowLow,
        _ => return None,
    })
}

/// HiHi and LoLo are what is safe, Hi and Lo an advice.
fn alarms(tag: &Tag, point: &mut Point, draft: &mut Draft) {
    let (mut safe, mut advice) = ((None, None), (None, None));
    for alarm in &tag.alarms {
        let above = matches!(
            alarm.mode.to_lowercase().as_str(),
            "abovevalue" | "abovesetpoint" | "above setpoint"
        );
        let below = matches!(
            alarm.mode.to_lowercase().as_str(),
            "belowvalue" | "belowsetpoint" | "below setpoint"
        );
        let slot = match level(&alarm.name) {
            Some(Level::HighHigh) if above => Some(&mut safe.1),
            Some(Level::LowLow) if below => Some(&mut safe.0),
            Some(Level::High) if above => Some(&mut advice.1),
            Some(Level::Low) if below => Some(&mut advice.0),
            _ => None,
        };
        match (slot, alarm.setpoint) {
            (Some(slot), Some(setpoint)) if slot.is_none() => *slot = Some(setpoint),
            _ => draft.lost(
                alarm.place,
                format!("the alarm `{}` of `{}` is not carried over", alarm.name, tag.name),
                "only HiHi, Hi, Lo and LoLo with a fixed setpoint are; write a rule for it where it matters",
            ),
        }
    }
    const WHY: &str = "HiHi and LoLo of the SCADA system.";
    match safe {
        (Some(low), Some(high)) => {
            point.safe = Some((low, high));
            point.safe_is = Some((On::Observation, WHY));
        }
        (None, None) => {}
        (low, high) => point.limits.push(Limit {
            name: "limits",
            on: On::Observation,
            low,
            high,
            severity: "medium",
            why: WHY.to_owned(),
        }),
    }
    if advice != (None, None) {
        point.limits.push(Limit {
            name: "advisory",
            on: On::Observation,
            low: advice.0,
            high: advice.1,
            severity: "low",
            why: "Hi and Lo of the SCADA system: an advice, for the journal.".to_owned(),
        });
    }
}

/// What Modbus devices of Ignition need beside their points.
pub(super) fn devices(draft: &mut Draft) {
    let names: Vec<String> = draft
        .points
        .iter()
        .filter(|point| {
            draft
                .devices
                .get(&point.device)
                .is_none_or(|device| device.protocol == "modbus")
        })
        .map(|point| point.device.clone())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut first = true;
    for name in &names {
        modbus::device(draft, name);
        draft
            .device(name, "modbus")
            .asks
            .push("base = 0     # where the device has zero-based addressing in Ignition".to_owned());
        if first {
            first = false;
            let place = draft
                .points
                .iter()
                .find(|point| point.device == *name)
                .map_or((1, 1), |point| point.place);
            draft.ask(
                place,
                "the export does not say whether its devices count from 1 or from 0",
                "1 is taken, which is Ignition's usual setting; set `base = 0` in plant.toml where zero-based addressing is on",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_modbus_driver_are_read() {
        for (text, expected) in [
            ("[PLC3]HR102", Some(("PLC3", None, "holding:102", "i16"))),
            ("ns=1;s=[PLC3]HR102", Some(("PLC3", None, "holding:102", "i16"))),
            ("[PLC3]2.HRF102", Some(("PLC3", Some(2), "holding:102", "f32"))),
            ("[PLC3]HRUS7", Some(("PLC3", None, "holding:7", "u16"))),
            ("[PLC3]HRI_64100", Some(("PLC3", None, "holding:100", "i64"))),
            ("[PLC3]HRI640", Some(("PLC3", None, "holding:640", "i32"))),
            ("[PLC3]HRBCD_325", Some(("PLC3", None, "holding:5", "bcd32"))),
            ("[PLC3]HRS1024:20", Some(("PLC3", None, "holding:1024", "str"))),
            ("[PLC3]HR102.3", Some(("PLC3", None, "holding:102.3", "i16"))),
            ("[PLC3]IRUI9", Some(("PLC3", None, "input:9", "u32"))),
            ("[PLC3]C21", Some(("PLC3", None, "coil:21", "bool"))),
            ("[PLC3]DI21", Some(("PLC3", None, "discrete:21", "bool"))),
            ("[PLC3]N7:0", None),
            ("[PLC3]HR", None),
            ("[PLC3]CF3", None),
            ("[PLC3]HR99999999999", None),
            ("[PLC3]300.HR1", None),
            ("HR102", None),
            ("", None),
        ] {
            let read = match item(text) {
                Item::Modbus(device, unit, reference, kind) => {
                    Some((device, unit, reference.address(), kind))
                }
                _ => None,
            };
            let read = read
                .as_ref()
                .map(|(device, unit, address, kind)| (*device, *unit, address.as_str(), *kind));
            assert_eq!(read, expected, "{text}");
        }
        assert_eq!(item("nsu=urn:x;s=LT101"), Item::Node("nsu=urn:x;s=LT101"));
        assert_eq!(item("ns=2;s=Boiler.LT101"), Item::Node("ns=2;s=Boiler.LT101"));
    }

    #[test]
    fn alarms_are_told_by_their_names() {
        for (name, expected) in [
            ("HiHi", Some(Level::HighHigh)),
            ("High High Alarm", Some(Level::HighHigh)),
            ("Hi", Some(Level::High)),
            ("Alarm Low", Some(Level::Low)),
            ("LoLo", Some(Level::LowLow)),
            ("Pump failed", None),
            ("", None),
        ] {
            assert_eq!(level(name), expected, "{name}");
        }
    }
}
