//! Tags that share registers or a place: most often a slip in an address list.

use std::collections::HashMap;

use super::diagnostic::Problems;
use super::names::Names;
use super::{Address, Bits, DeviceId, Protocol, Site, Tag};
use tapglass_model::Table;

/// Warns of tags whose registers overlap.
pub(super) fn warn(site: &Site, names: &Names, problems: &mut Problems) {
    let mut tables: HashMap<(DeviceId, Table), Vec<&Tag>> = HashMap::new();
    let mut nodes: HashMap<(DeviceId, &Address), &Tag> = HashMap::new();
    for tag in &site.tags {
        match &tag.address {
            Address::Indexed { table, .. } => tables.entry((tag.device, *table)).or_default().push(tag),
            address @ Address::Node { .. } => {
                if let Some(first) = nodes.insert((tag.device, address), tag) {
                    report(first, tag, "are the same node", names, problems);
                }
            }
        }
    }
    for ((device, _), mut tags) in tables {
        let modbus = site
            .devices
            .get(device.0 as usize)
            .is_some_and(|device| device.protocol == Protocol::Modbus);
        tags.sort_by_key(|tag| index(tag));
        for (place, tag) in tags.iter().enumerate() {
            let end = index(tag) + registers(tag, modbus);
            for other in tags.iter().skip(place + 1).take_while(|other| index(other) < end) {
                if !deliberate(tag, other) {
                    let what = if modbus {
                        "share registers"
                    } else {
                        "are the same point"
                    };
                    report(tag, other, what, names, problems);
                }
            }
        }
    }
}

fn index(tag: &Tag) -> u32 {
    match tag.address {
        Address::Indexed { index, .. } => index,
        Address::Node { .. } => 0,
    }
}

fn registers(tag: &Tag, modbus: bool) -> u32 {
    if modbus {
        u32::from(tag.data_type.registers().max(1))
    } else {
        1
    }
}

/// Bits of a status word beside the word itself, or beside other bits, are meant.
fn deliberate(one: &Tag, other: &Tag) -> bool {
    match (one.bits, other.bits) {
        (Some(one), Some(other)) => !meet(one, other),
        (None, None) => false,
        _ => true,
    }
}

const fn meet(one: Bits, other: Bits) -> bool {
    one.low <= other.high && other.low <= one.high
}

fn report(first: &Tag, second: &Tag, what: &str, names: &Names, problems: &mut Problems) {
    let span = |tag: &Tag| {
        names
            .tags
            .get(&tag.name)
            .map(|(_, span)| *span)
            .unwrap_or_default()
    };
    // The one that is written later is the one to look at.
    let (first, second) = if span(first) <= span(second) {
        (first, second)
    } else {
        (second, first)
    };
    problems
        .warning(
            span(second),
            format!("`{}` and `{}` {what}", first.name, second.name),
        )
        .related(span(first), "the other one")
        .help("check `at`, `type` and `bits` of both; when it is meant, nothing needs to change");
}
