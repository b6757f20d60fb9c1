//! Numbers, durations, names and times as an operator reads them.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use tapglass_model::{CaptureTime, MILLISECOND, SECOND, address_text};

use crate::records::operation::{Actor, Target};
use crate::rules::verdict::Limit;
use crate::site::{Address, DeviceId, Site, Tag, TagId};

/// A number with at most six significant digits, thousands apart.
#[must_use]
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "not a number".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "infinite" } else { "minus infinite" }.to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e12).contains(&size) {
        return format!("{value:.3e}");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let digits = if size >= 1.0 {
        size.log10().floor() as usize + 1
    } else {
        1
    };
    let decimals = 6_usize.saturating_sub(digits);
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
    let mut out = String::from(
        if whole.bytes().all(|digit| digit == b'0') && fraction.is_empty() {
            ""
        } else {
            sign
        },
    );
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && whole.len() > 4 {
            out.push(' ');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A duration in its natural unit.
pub(crate) fn duration(nanoseconds: i64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let in_units = |unit: i64| number((nanoseconds as f64 / unit as f64 * 10.0).round() / 10.0);
    let size = nanoseconds.saturating_abs();
    if size < SECOND {
        format!("{} ms", nanoseconds / MILLISECOND)
    } else if size < 120 * SECOND {
        format!("{} s", in_units(SECOND))
    } else if size < 7_200 * SECOND {
        format!("{} min", in_units(60 * SECOND))
    } else if size < 172_800 * SECOND {
        format!("{} h", in_units(3_600 * SECOND))
    } else {
        format!("{} d", in_units(86_400 * SECOND))
    }
}

/// Where a tag is, in canonical form.
pub(crate) fn address_of(tag: &Tag) -> String {
    Words::address(tag)
}

/// Names and values of one site.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    pub(super) site: &'a Site,
    pub(super) zone: &'a TimeZone,
}

impl<'a> Words<'a> {
    pub(super) fn tag(&self, tag: TagId) -> Option<&'a Tag> {
        self.site.tags.get(tag.0 as usize)
    }

    pub(super) fn name(&self, tag: TagId) -> &'a str {
        self.tag(tag).map_or("?", |tag| tag.name.as_str())
    }

    pub(super) fn device(&self, device: DeviceId) -> &'a str {
        self.site
            .devices
            .get(device.0 as usize)
            .map_or("?", |device| device.name.as_str())
    }

    /// A value of a tag: the name of its state, or the number with its unit.
    pub(super) fn value(&self, tag: Option<TagId>, value: f64) -> String {
        let Some(tag) = tag.and_then(|tag| self.tag(tag)) else {
            return number(value);
        };
        if let Some(state) = tag.states.iter().find(|state| state.number == value) {
            return state.name.clone();
        }
        let crob = tag
            .crob
            .states
            .iter()
            .enumerate()
            .find(|(place, _)| f64::from(u32::try_from(*place).unwrap_or(u32::MAX)) == value);
        if let Some((_, (name, _))) = crob {
            return name.clone();
        }
        if tag.unit.is_empty() {
            number(value)
        } else {
            format!("{} {}", number(value), tag.unit)
        }
    }

    /// A limit without unit: `50..200`, `at least 50`, `at most 200`.
    pub(super) fn limit(limit: Limit) -> Option<String> {
        limit.text()
    }

    /// Where a tag is: `holding:101`.
    pub(super) fn address(tag: &Tag) -> String {
        match &tag.address {
            Address::Indexed { table, index } => {
                let mut text = format!("{}:{index}", table.name());
                if let Some(bits) = tag.bits {
                    let _ = write!(text, ".{}", bits.low);
                    if bits.high != bits.low {
                        let _ = write!(text, "..{}", bits.high);
                    }
                }
                text
            }
            Address::Node { node, attribute } => {
                let mut address = node.node();
                // The text form of a node with only its URI needs an index that is not 0.
                if address.uri.is_some() && address.namespace == 0 {
                    address.namespace = 1;
                }
                address_text(&tapglass_model::PointAddress::Node {
                    node: address,
                    attribute: *attribute,
                })
            }
        }
    }

    /// `HMI-1 (10.1.5.20)`, or the address alone.
    pub(super) fn actor(actor: &Actor) -> String {
        match &actor.name {
            Some(name) => format!("{name} ({})", actor.ip),
            None => actor.ip.to_string(),
        }
    }

    /// `plc3 unit 1`.
    pub(super) fn target(target: &Target) -> String {
        let mut text = target.name.clone().unwrap_or_else(|| target.ip.to_string());
        if let Some(unit) = target.unit {
            let _ = write!(text, " unit {unit}");
        }
        if let Some(link) = target.link {
            let _ = write!(text, " address {link}");
        }
        text
    }

    /// The time of day at the site.
    pub(super) fn clock(&self, at: CaptureTime) -> String {
        Timestamp::from_nanosecond(i128::from(at.0)).map_or_else(
            |_| at.to_string(),
            |stamp| {
                let local = stamp.to_zoned(self.zone.clone());
                format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_grouped() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (7.4, "7.4"),
            (11_100.0, "11 100"),
            (1234.0, "1234"),
            (-0.25, "-0.25"),
            (123.456_001_281_738_28, "123.456"),
            (1e-7, "1.000e-7"),
            (f64::NAN, "not a number"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
    }

    #[test]
    fn durations_have_their_natural_unit() {
        for (nanoseconds, text) in [
            (250 * MILLISECOND, "250 ms"),
            (15 * SECOND, "15 s"),
            (90 * SECOND, "90 s"),
            (600 * SECOND, "10 min"),
            (8 * 3_600 * SECOND, "8 h"),
        ] {
            assert_eq!(duration(nanoseconds), text);
        }
    }
}
