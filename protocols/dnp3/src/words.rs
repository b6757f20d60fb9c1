//! Short texts for people: what a fragment asks or says, in one line.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write as _;

use tapglass_proto::model::{Action, Value};

use crate::application::{Fragment, function};
use crate::names;
use crate::objects::attribute;
use crate::objects::file::File;
use crate::objects::header::{Header, Range};
use crate::objects::sample::{Sample, sample};
use crate::objects::{Block, Blocks};
use crate::points::{moment, table};

/// How many objects a line names before it only counts them.
const NAMED: usize = 4;

/// A header by its points, its class or its numbers: `ai`, `class 1`, `group 110 variation 5`.
pub(crate) fn object(header: &Header) -> String {
    match (header.group, header.variation) {
        (0, variation) => match attribute::name(variation) {
            Some(name) => format!("attribute {}", name.replace('_', " ")),
            None => format!("attribute {variation}"),
        },
        (50 | 51, _) => String::from("time"),
        (52, _) => String::from("delay"),
        (60, 1) => String::from("class 0"),
        (60, class @ 2..=4) => format!("class {}", class - 1),
        (70, _) => String::from("file"),
        (80, _) => String::from("internal indications"),
        (87 | 88, _) => String::from("data set"),
        (112 | 113, _) => String::from("virtual terminal"),
        (120, _) => String::from("authentication"),
        (group, variation) => match table(group) {
            Some(table) => String::from(table.name()),
            None => format!("group {group} variation {variation}"),
        },
    }
}

/// What the headers of a fragment name, without values: `class 1, class 2, ai:0..9`.
pub(crate) fn targets(objects: &[u8], code: u8) -> String {
    let mut words = String::new();
    let mut count = 0_usize;
    let is_target = |block: &Block<'_>| match block.header.group {
        // Who asks, and how to check it, stands around the objects.
        120 => false,
        // When to freeze is none of what is frozen.
        50 => !matches!(code, function::FREEZE_AT_TIME | function::FREEZE_AT_TIME_NR),
        _ => true,
    };
    for block in Blocks::new(objects, code).filter(is_target) {
        count += 1;
        if count > NAMED {
            continue;
        }
        if !words.is_empty() {
            words.push_str(", ");
        }
        words.push_str(&object(&block.header));
        if let Range::Span { start, stop, .. } = block.header.range {
            let _ = write!(words, ":{start}..{stop}");
        }
    }
    if count > NAMED {
        let _ = write!(words, " and {} more", count - NAMED);
    }
    words
}

/// The time that a group 50 block sets.
pub(crate) fn first_time(block: &Block<'_>) -> String {
    block
        .points()
        .next()
        .and_then(|point| moment(&sample(block, &point), None))
        .map(|time| time.to_string())
        .unwrap_or_default()
}

/// What a WRITE of internal indications clears or sets. Every master clears DEVICE_RESTART when it has seen it; any
/// other bit is for the device to say.
pub(crate) fn cleared(block: &Block<'_>) -> (Action, String) {
    let mut action = Action::Other;
    let mut words = String::new();
    for point in block.points().take(16) {
        let sets = sample(block, &point).value == Some(Value::Bool(true));
        let name = names::indication(point.index.unwrap_or(u32::MAX));
        if sets || point.index != Some(7) {
            action = Action::Configure;
        }
        if !words.is_empty() {
            words.push_str(", ");
        }
        words.push_str(if sets { "set " } else { "clear " });
        words.push_str(name);
    }
    (action, words)
}

/// Which attributes a WRITE changes.
pub(crate) fn attributes(block: &Block<'_>) -> String {
    object(&block.header)
}

/// A file by its name or its handle, with the block or how it is opened; or the user who wants it. Passwords and keys
/// are not among the members.
pub(crate) fn file(file: &File<'_>) -> String {
    let mut words = match *file {
        File { name: Some(name), .. } => String::from_utf8_lossy(name).into_owned(),
        File {
            user: Some(user),
            operation,
            ..
        } => {
            let user = String::from_utf8_lossy(user);
            return match operation {
                Some(operation) => format!("{operation} user {user}"),
                None => format!("user {user}"),
            };
        }
        File {
            user_number: Some(number),
            ..
        } => format!("user {number}"),
        File {
            handle: Some(handle), ..
        } => format!("handle {handle}"),
        File { .. } => String::new(),
    };
    if let Some(block) = file.block {
        let _ = write!(words, " block {block}");
    }
    if let Some(mode @ ("WRITE" | "APPEND")) = file.operation {
        let _ = write!(words, " for {mode}");
    }
    words
}

/// When something is to happen that a group 50 block says, and how often.
pub(crate) fn schedule(block: &Block<'_>) -> String {
    let Some(point) = block.points().next() else {
        return String::new();
    };
    let sample = sample(block, &point);
    let mut words = match moment(&sample, None) {
        Some(time) => format!("at {time}"),
        None => return String::new(),
    };
    match (sample.interval, sample.interval_unit) {
        (Some(interval), Some(unit)) => {
            let _ = write!(words, " every {interval} {}", names::interval_unit(unit));
        }
        (Some(interval), None) => {
            let _ = write!(words, " every {interval} ms");
        }
        (None, _) => {}
    }
    words
}

/// A value with its unit left to the site.
pub(crate) fn value(sample: &Sample<'_>) -> String {
    if let Some(control) = sample.control {
        let code = control.code.unwrap_or(0);
        let mut words = String::from(names::operation(code));
        if code >> 6 != 0 {
            words.push(' ');
            words.push_str(names::trip_close(code));
        }
        return words;
    }
    match sample.value {
        Some(Value::Bool(on)) => String::from(if on { "on" } else { "off" }),
        Some(Value::Unsigned(number)) => number.to_string(),
        Some(Value::Signed(number)) => number.to_string(),
        Some(Value::Float(number)) => number.to_string(),
        Some(Value::Double(number)) => number.to_string(),
        Some(Value::DoubleBit(state)) => names::double_bit(state).to_string(),
        Some(Value::Bytes(bytes)) => format!("{} octets", bytes.len()),
        _ => String::new(),
    }
}

/// One line about a fragment.
pub(crate) fn summary(fragment: &Fragment<'_>, out: &mut String) {
    out.push_str(names::function(fragment.function));
    match fragment.function {
        function::WRITE..=function::DIRECT_OPERATE_NR => {
            points(fragment, out);
        }
        function::RESPONSE.. => {
            points(fragment, out);
            if let Some(indications) = fragment.indications {
                for name in indications.names() {
                    let _ = write!(out, " {name}");
                }
            }
        }
        code => {
            let targets = targets(fragment.objects, code);
            if !targets.is_empty() {
                let _ = write!(out, " {targets}");
            }
        }
    }
}

/// The first points with their values, and how many more there are.
fn points(fragment: &Fragment<'_>, out: &mut String) {
    let (mut shown, mut hidden) = (0, 0_u64);
    let mut show = |words: core::fmt::Arguments<'_>| {
        if shown < NAMED {
            let separator = if shown == 0 { " " } else { ", " };
            let _ = write!(out, "{separator}{words}");
            shown += 1;
        } else {
            hidden += 1;
        }
    };
    for block in Blocks::new(fragment.objects, fragment.function) {
        let name = object(&block.header);
        if block.lists_points() && table(block.header.group).is_some() {
            for point in block.points() {
                let index = point.index.unwrap_or(0);
                show(format_args!("{name}:{index} {}", value(&sample(&block, &point))));
            }
        } else {
            show(format_args!("{name}"));
        }
    }
    if hidden > 0 {
        let _ = write!(out, " and {hidden} more");
    }
}
