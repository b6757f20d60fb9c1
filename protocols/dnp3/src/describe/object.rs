//! Object headers and objects in the field tree.

use alloc::format;
use alloc::string::{String, ToString};

use tapglass_proto::Fields;

use super::Map;
use crate::memory::Known;
use crate::objects::header::{Prefix, Range};
use crate::objects::layout::{Clock, Fixed, Shape};
use crate::objects::sample::{Sample, sample};
use crate::objects::structured::{Part, Visit, visit};
use crate::objects::time::Timestamp;
use crate::objects::{Block, Point};
use crate::points::moment;
use crate::{names, words};

/// Octets of a control block.
const CONTROL: usize = 11;

impl Map {
    /// One object header and its objects.
    pub(super) fn block<'a>(
        &self,
        block: &Block<'a>,
        common: Option<Timestamp>,
        known: &Known<'a>,
        out: &mut Fields,
    ) {
        let header = &block.header;
        let title = names::object::object(header.group, header.variation);
        let (_, clause) = names::object::group(header.group);
        let name = format!("Group {} variation {}", header.group, header.variation);
        let text = format!("{title}, {}", range_text(header.range));
        let length = block.data_at - block.at + block.data.len();
        self.group(out, name, text, block.at, length, clause, |out| {
            let clause = "IEEE 1815-2012 4.2.2.7";
            self.add(out, "Group", header.group.to_string(), block.at, 1, clause);
            self.add(
                out,
                "Variation",
                header.variation.to_string(),
                block.at + 1,
                1,
                clause,
            );
            let text = format!("0x{:02x}, {}", header.qualifier, prefix_text(header.prefix));
            self.add(out, "Qualifier", text, block.at + 2, 1, clause);
            let range = block.data_at.saturating_sub(block.at + 3);
            if range > 0 {
                self.add(
                    out,
                    "Range",
                    range_text(header.range),
                    block.at + 3,
                    range,
                    clause,
                );
            }
            if block.lists_points() {
                for point in block.points() {
                    self.point(block, &point, common, known, out);
                }
            }
        });
    }

    fn point<'a>(
        &self,
        block: &Block<'a>,
        point: &Point<'a>,
        common: Option<Timestamp>,
        known: &Known<'a>,
        out: &mut Fields,
    ) {
        let sample = sample(block, point);
        let name = match point.index {
            Some(index) => format!("{}:{index}", words::object(&block.header)),
            None => words::object(&block.header),
        };
        let mut text = words::value(&sample);
        if !point.is_whole {
            text.push_str(" (cut off)");
        }
        let length = point.prefix + point.data.len();
        self.group(out, name, text, point.at, length, "", |out| {
            if point.prefix > 0 {
                let (name, text) = match block.header.prefix {
                    Prefix::Size(_) => ("Object size", point.size.unwrap_or(0).to_string()),
                    _ => ("Index", point.index.unwrap_or(0).to_string()),
                };
                self.add(out, name, text, point.at, point.prefix, "");
            }
            let at = point.at + point.prefix;
            match block.shape {
                Some(Shape::Fixed(fixed)) => {
                    let told = self.fixed(fixed, &sample, common, at, out);
                    self.cut_off(point, told, fixed.size(), at, out);
                }
                Some(Shape::Control) => {
                    let told = self.control(&sample, at, out);
                    self.cut_off(point, told, CONTROL, at, out);
                }
                Some(Shape::Attribute | Shape::Structured(_)) => {
                    let mut members = Members {
                        map: self,
                        at,
                        is_behind: point.data.is_empty() && point.prefix > 0,
                        out,
                    };
                    let _ = visit(
                        block.header.group,
                        block.header.variation,
                        point.data,
                        known,
                        &mut members,
                    );
                }
                Some(Shape::Octets(_) | Shape::Unknown) if !point.data.is_empty() => {
                    let text = words::value(&sample);
                    self.add(out, "Octets", text, at, point.data.len(), "");
                }
                _ => {}
            }
            let rest = point.rest(block);
            if !rest.is_empty() {
                let text = format!("{} octets that the object does not have", rest.len());
                let start = at + point.data.len() - rest.len();
                self.add(out, "Rest", text, start, rest.len(), "");
            }
        });
    }

    fn fixed(
        &self,
        fixed: Fixed,
        sample: &Sample<'_>,
        common: Option<Timestamp>,
        at: usize,
        out: &mut Fields,
    ) -> usize {
        let start = at;
        let (mut at, mut told) = (at, 0);
        let mut put = |name: &str, text: Option<String>, length: usize, out: &mut Fields| {
            if let Some(text) = text
                && length > 0
            {
                self.add(out, name, text, at, length, "");
                told = at + length - start;
            }
            at += length;
        };
        let status = status_text(sample);
        let flags = sample.flags.map(|(set, octet)| {
            let mut text = format!("0x{octet:02x}");
            for (place, name) in set.names().into_iter().enumerate() {
                if let Some(name) = name.filter(|_| octet >> place & 1 == 1) {
                    text.push(' ');
                    text.push_str(name);
                }
            }
            text
        });
        let lead = if flags.is_some() { "Flags" } else { "Status" };
        put(lead, flags.or_else(|| status.clone()), fixed.lead.size(), out);
        if fixed.association {
            put("Association", sample.association.map(|id| id.to_string()), 2, out);
        }
        let value = sample.value.map(|_| words::value(sample));
        put("Value", value, fixed.number.size(), out);
        if fixed.status {
            put("Status", status, 1, out);
        }
        let time = match (moment(sample, common), fixed.clock) {
            (Some(time), _) => Some(time.to_string()),
            (None, Clock::Relative) if sample.moment.is_some() => {
                Some(String::from("no common time before it"))
            }
            (None, _) => None,
        };
        put("Time", time, fixed.clock.size().min(6), out);
        put(
            "Interval",
            sample.interval.map(|interval| interval.to_string()),
            4,
            out,
        );
        put(
            "Interval unit",
            sample
                .interval_unit
                .map(|unit| format!("{} ({unit})", names::interval_unit(unit))),
            1,
            out,
        );
        told
    }

    /// Octets at the end of an object that are no whole member, because the object is cut off.
    fn cut_off(&self, point: &Point<'_>, told: usize, size: usize, at: usize, out: &mut Fields) {
        let here = point.data.len().min(size);
        if told < here {
            let text = format!("{} octets", here - told);
            self.add(out, "Cut off", text, at + told, here - told, "");
        }
    }

    fn control(&self, sample: &Sample<'_>, at: usize, out: &mut Fields) -> usize {
        let Some(control) = sample.control else { return 0 };
        let mut told = 0;
        let code = control.code.map(|code| {
            format!(
                "0x{code:02x} {} {}{}{}",
                names::operation(code),
                names::trip_close(code),
                if code & 0x10 != 0 { ", queue" } else { "" },
                if code & 0x20 != 0 { ", clear" } else { "" },
            )
        });
        let milliseconds = |time: Option<u32>| time.map(|time| format!("{time} ms"));
        let status = status_text(sample);
        for (name, text, start, length) in [
            ("Control code", code, 0, 1),
            ("Count", control.count.map(|count| count.to_string()), 1, 1),
            ("On-time", milliseconds(control.on_ms), 2, 4),
            ("Off-time", milliseconds(control.off_ms), 6, 4),
            ("Status", status, 10, 1),
        ] {
            if let Some(text) = text {
                self.add(out, name, text, at + start, length, "");
                told = start + length;
            }
        }
        told
    }
}

/// Adds the members of an object that has its own.
struct Members<'m, 'o> {
    map: &'m Map,
    at: usize,
    /// The object has no octets but a prefix, behind which its members stand.
    is_behind: bool,
    out: &'o mut Fields,
}

impl<'a> Visit<'a> for Members<'_, '_> {
    fn member(&mut self, name: &'static str, at: usize, length: usize, part: Part<'a>) {
        let text = match part {
            Part::Number(number) => number.to_string(),
            Part::Signed(number) => number.to_string(),
            Part::Real(number) => number.to_string(),
            Part::Flag(flag) => flag.to_string(),
            Part::Code(code, name) => format!("{name} ({code})"),
            Part::Name(name) => String::from(name),
            Part::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Part::Hex(bytes) => format!("{} octets", bytes.len()),
            Part::Time(time) => time.to_string(),
            Part::Secret => String::from("redacted"),
        };
        let name = name.replace('_', " ");
        if length == 0 && (at > 0 || self.is_behind) {
            self.map.add_behind(self.out, name, text, self.at + at);
        } else {
            self.map.add(self.out, name, text, self.at + at, length, "");
        }
    }

    fn list(&mut self, _: &'static str) {}

    fn item(&mut self, name: &'static str, at: usize, length: usize) {
        self.map.add(self.out, name, "", self.at + at, length, "");
        self.out.deeper();
    }

    fn end_item(&mut self) {
        self.out.higher();
    }

    fn end_list(&mut self) {}
}

/// A control status by name, and whether its reserved bit is set.
fn status_text(sample: &Sample<'_>) -> Option<String> {
    let status = sample.status?;
    let reserved = if sample.reserved { ", reserved bit set" } else { "" };
    Some(format!("{} ({status}){reserved}", names::control_status(status)))
}

fn range_text(range: Range) -> String {
    match range {
        Range::All => String::from("all"),
        Range::Span {
            start,
            stop,
            addresses,
        } => format!("{}{start} to {stop}", if addresses { "addresses " } else { "" }),
        Range::Count(count) => count.to_string(),
        Range::Unknown => String::from("range unknown"),
    }
}

fn prefix_text(prefix: Prefix) -> String {
    match prefix {
        Prefix::Nothing => String::from("no prefix"),
        Prefix::Index(octets) => format!("index of {octets} octets"),
        Prefix::Size(octets) => format!("size of {octets} octets"),
    }
}
