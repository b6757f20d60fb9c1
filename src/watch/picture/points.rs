//! Points by device, in the order of the site, or by address when there is no site.

use std::fmt::Write as _;
use std::net::IpAddr;

use tapglass_model::snapshot::{Bucket, Group, LastWrite, Limits, Point, Reading};
use tapglass_model::{SECOND, Station, Table};

use super::super::WriteLog;
use super::super::frames::protocol_name;
use crate::engine::{Engine, TagView};
use crate::plant::tags::Why;
use crate::site::{Address, DataType, DeviceId, RuleKind, Site, Tag, TagId};

/// The trend covers so much time ...
const TREND: i64 = 600 * SECOND;
/// ... in so many buckets.
const BUCKETS: usize = 36;
/// Points without a tag that are listed.
const RAW_POINTS: usize = 2_000;

/// Points that the site names and that were never received.
pub(super) fn never_received(engine: &Engine) -> u32 {
    let never = engine
        .tags()
        .filter(|tag| tag.why == Some(Why::Never) && tag.writes.is_empty())
        .count();
    u32::try_from(never).unwrap_or(u32::MAX)
}

/// Every point.
pub(super) fn groups(engine: &Engine, log: &WriteLog) -> Vec<Group> {
    let site = engine.site();
    let mut groups: Vec<Group> = site
        .devices
        .iter()
        .map(|device| {
            let host = device
                .host
                .map_or_else(|| "any host".to_owned(), |host| host.to_string());
            let station = device.station;
            let address = match (station.unit, station.outstation) {
                (Some(unit), _) => format!("{host}/{unit}"),
                (_, Some(outstation)) => format!("{host} addr {outstation}"),
                _ => host,
            };
            Group {
                device: device.name.clone(),
                address,
                protocol: protocol_name(device.protocol.name()).to_owned(),
                ..Group::default()
            }
        })
        .collect();
    let marks = alarm_marks(engine);
    let rules = rules_by_tag(engine);
    for view in engine.tags() {
        let Some(tag) = site.tag(view.id) else { continue };
        let DeviceId(device) = tag.device;
        let Some(group) = groups.get_mut(device as usize) else {
            continue;
        };
        if let Some(age) = view.age {
            group.age = Some(group.age.map_or(age, |known| known.min(age)));
            if group.arrives.is_empty() {
                group.arrives = arrives(site, tag, &view).to_owned();
            }
        }
        if group.area.is_empty() {
            group.area.clone_from(&tag.area);
        }
        let mut point = point(engine, tag, &view, log);
        point.alarm = marks.get(view.id.0 as usize).copied().flatten();
        point.rules = rules.get(view.id.0 as usize).cloned().unwrap_or_default();
        group.points.push(point);
    }
    groups.retain(|group| !group.points.is_empty());
    raw_groups(engine, &mut groups);
    groups
}

/// How the values of a device come.
fn arrives(site: &Site, tag: &Tag, view: &TagView<'_>) -> &'static str {
    let protocol = site
        .devices
        .get(tag.device.0 as usize)
        .map(|device| device.protocol.name());
    match (protocol, view.state.reported_by) {
        (Some("opcua"), Some(_)) => "publish",
        (_, Some(_)) => "event",
        _ => "polled",
    }
}

/// The worst alarm that is active on each tag.
fn alarm_marks(engine: &Engine) -> Vec<Option<tapglass_model::Severity>> {
    let mut marks = vec![None; engine.site().tags.len()];
    for alarm in engine.alarms().filter(|alarm| alarm.is_active()) {
        for TagId(tag) in &alarm.tag_ids {
            if let Some(mark) = marks.get_mut(*tag as usize) {
                *mark = (*mark).max(Some(alarm.severity));
            }
        }
    }
    marks
}

/// Id and state of the rules on each tag.
fn rules_by_tag(engine: &Engine) -> Vec<Vec<String>> {
    let site = engine.site();
    let mut by_tag = vec![Vec::new(); site.tags.len()];
    for (rule, view) in site.rules.iter().zip(engine.rules()) {
        let line = format!("{} {}", rule.id, view.state.name());
        for TagId(tag) in tags_of(&rule.kind) {
            if let Some(rules) = by_tag.get_mut(tag as usize) {
                let rules: &mut Vec<String> = rules;
                rules.push(line.clone());
            }
        }
    }
    by_tag
}

/// The tags that a rule is about.
fn tags_of(kind: &RuleKind) -> Vec<TagId> {
    match kind {
        RuleKind::Envelope { tags, .. }
        | RuleKind::Step { tags, .. }
        | RuleKind::Walk { tags, .. }
        | RuleKind::Rate { tags, .. }
        | RuleKind::Domain { tags, .. }
        | RuleKind::Writers { tags, .. }
        | RuleKind::Cycle { tags, .. }
        | RuleKind::Chatter { tags, .. }
        | RuleKind::Sbo { tags, .. }
        | RuleKind::LimitWrite { tags, .. }
        | RuleKind::Frozen { tags, .. }
        | RuleKind::Replay { tags }
        | RuleKind::Schedule { tags, .. }
        | RuleKind::Sanity { tags } => tags.tags().to_vec(),
        RuleKind::Permissive { on, .. } | RuleKind::Count { on, .. } => on.tags.tags().to_vec(),
        RuleKind::Interlock { condition, then, .. } => {
            let mut tags = condition.tags();
            tags.extend(then.tags());
            tags
        }
        RuleKind::Follows { tag, .. } => vec![*tag],
        RuleKind::Baseline(learned) => learned.tag().into_iter().collect(),
        RuleKind::Mirror { a, b, .. } => {
            let mut tags = a.tags();
            tags.extend(b.tags());
            tags
        }
        RuleKind::Balance { residual, .. } => residual.tags(),
        _ => Vec::new(),
    }
}

fn point(engine: &Engine, tag: &Tag, view: &TagView<'_>, log: &WriteLog) -> Point {
    let site = engine.site();
    let state = view.state;
    let states = states(tag);
    let number = state.observed.value.number();
    let shown = if view.age.is_some() {
        number
    } else {
        state.commanded.value.number().filter(|_| !view.writes.is_empty())
    };
    let reading = match shown {
        None if view.age.is_some() => Reading::Text(uncertain(state.observed.value)),
        None => Reading::Never,
        Some(number) if states.is_empty() => Reading::Number(number),
        Some(number) => match states.iter().position(|(value, _)| (value - number).abs() < 0.5) {
            Some(place) => Reading::State(u32::try_from(place).unwrap_or(0)),
            None => Reading::Text(format!("{number}")),
        },
    };
    let (low, high) = tag
        .safe
        .map_or((None, None), |(low, high)| (Some(low), Some(high)));
    let (range_low, range_high) = tag
        .range
        .map_or((None, None), |(low, high)| (Some(low), Some(high)));
    let decimals = decimals(tag);
    Point {
        id: u64::from(view.id.0),
        tag: tag.name.clone(),
        description: tag.description.clone(),
        reading,
        decimals,
        unit: tag.unit.clone(),
        states: states.into_iter().map(|(_, name)| name).collect(),
        limits: Limits {
            safe_low: low,
            safe_high: high,
            range_low,
            range_high,
            ..Limits::default()
        },
        trend: trend(engine, view),
        age: view.age,
        max_age: Some(view.max_age),
        stale: view.why == Some(Why::Stale),
        quality: state.observed.quality,
        quality_reason: state.observed.reasons.to_string(),
        forced: state.observed.reasons.is_forced(),
        commanded: commanded(tag, view, decimals),
        last_write: view.writes.front().map(|write| LastWrite {
            at: write.at,
            by: log.short_name(site, &write.actor),
            by_new: write.foreign,
        }),
        alarm: None,
        source: source(tag),
        raw: String::new(),
        role: tag.role.map_or_else(String::new, |role| role.name().to_owned()),
        writers: tag.writers.as_ref().map_or_else(String::new, |writers| {
            writers
                .iter()
                .map(|writer| site.principal_name(*writer))
                .collect::<Vec<_>>()
                .join(", ")
        }),
        rules: Vec::new(),
    }
}

/// What is known of a value that is not known exactly.
fn uncertain(value: crate::plant::Interval) -> String {
    if value.is_not_a_number() {
        "NaN".to_owned()
    } else {
        "?".to_owned()
    }
}

/// Numbers and names of the states of a discrete point.
fn states(tag: &Tag) -> Vec<(f64, String)> {
    if !tag.crob.states.is_empty() {
        return (0_u32..)
            .zip(&tag.crob.states)
            .map(|(number, (name, _))| (f64::from(number), name.clone()))
            .collect();
    }
    if !tag.states.is_empty() {
        let mut states: Vec<(f64, String)> = tag
            .states
            .iter()
            .map(|state| (state.number, state.name.clone()))
            .collect();
        states.sort_by(|a, b| a.0.total_cmp(&b.0));
        return states;
    }
    let bit = match &tag.address {
        Address::Indexed { table, .. } => {
            matches!(
                table,
                Table::Coil | Table::Discrete | Table::BinaryInput | Table::BinaryOutput
            )
        }
        Address::Node { .. } => {
            tag.data_type == DataType::Bool
                || matches!(
                    tag.role,
                    Some(crate::site::Role::Command | crate::site::Role::Feedback)
                )
        }
    };
    if bit || tag.data_type == DataType::Bool {
        return vec![(0.0, "off".to_owned()), (1.0, "on".to_owned())];
    }
    Vec::new()
}

/// As many decimals as resolution, scale or type give.
fn decimals(tag: &Tag) -> u8 {
    let step = tag.resolution.unwrap_or(tag.scale.gain.abs());
    let whole = matches!(
        tag.data_type,
        DataType::Bool
            | DataType::U16
            | DataType::I16
            | DataType::U32
            | DataType::I32
            | DataType::Bcd16
            | DataType::Bcd32
    );
    let float = matches!(tag.data_type, DataType::F32 | DataType::F64)
        || (tag.data_type == DataType::Implied && matches!(tag.address, Address::Node { .. }));
    if float && tag.resolution.is_none() {
        // Three significant digits of the band are enough to see it move.
        let span = tag.safe.or(tag.range).map_or(100.0, |(low, high)| high - low);
        return match span {
            span if span < 2.0 => 3,
            span if span < 20.0 => 2,
            span if span < 500.0 => 1,
            _ => 1,
        };
    }
    if whole && step >= 1.0 || step <= 0.0 {
        return 0;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 6
    let digits = (-step.log10()).ceil().clamp(0.0, 6.0) as u8;
    digits
}

fn commanded(tag: &Tag, view: &TagView<'_>, decimals: u8) -> String {
    match view.state.commanded.value.number() {
        Some(number) if !view.writes.is_empty() => match tag.state_name(number) {
            Some(name) => name.to_owned(),
            None => format!("{number:.*} {}", usize::from(decimals), tag.unit)
                .trim_end()
                .to_owned(),
        },
        _ => String::new(),
    }
}

/// Where a tag is and how it is read.
fn source(tag: &Tag) -> String {
    let mut text = match &tag.address {
        Address::Indexed { table, index } => format!("{}:{index}", table.name()),
        Address::Node { node, .. } => node.node().to_string(),
    };
    if let Some(bits) = tag.bits {
        let _ = if bits.low == bits.high {
            write!(text, " bit {}", bits.low)
        } else {
            write!(text, " bits {}..{}", bits.low, bits.high)
        };
    }
    if tag.data_type != DataType::Implied {
        let _ = write!(text, ", {}", format!("{:?}", tag.data_type).to_lowercase());
    }
    if (tag.scale.gain - 1.0).abs() > f64::EPSILON {
        let _ = write!(text, " x {}", tag.scale.gain);
    }
    text
}

/// The samples of the last ten minutes in buckets, with the writes.
fn trend(engine: &Engine, view: &TagView<'_>) -> Vec<Bucket> {
    let Some(samples) = view.trend else {
        return Vec::new();
    };
    let now = engine.now();
    let width = TREND / BUCKETS as i64;
    let mut buckets = vec![Bucket::default(); BUCKETS];
    let place = |age: i64| -> Option<usize> {
        let back = usize::try_from(age / width).ok()?;
        (age >= 0).then(|| (BUCKETS - 1).checked_sub(back)).flatten()
    };
    for (moment, value) in samples {
        if let Some(bucket) = place(now.since(engine.wire(*moment))).and_then(|place| buckets.get_mut(place))
        {
            bucket.value = Some(*value);
        }
    }
    for write in view.writes {
        if let Some(bucket) = place(now.since(write.at)).and_then(|place| buckets.get_mut(place)) {
            bucket.written = true;
        }
    }
    // A value holds until the next sample.
    let mut last = None;
    for bucket in &mut buckets {
        match bucket.value {
            Some(value) => last = Some(value),
            None => bucket.value = last.filter(|_| view.state.reported_by.is_some()),
        }
    }
    buckets
}

/// Points without a tag, by station.
fn raw_groups(engine: &Engine, groups: &mut Vec<Group>) {
    let mut places: Vec<((IpAddr, Station), usize)> = Vec::new();
    let mut listed = 0;
    let now = engine.now();
    engine.raw_points(&mut |ip, station, raw| {
        if listed >= RAW_POINTS {
            return;
        }
        listed += 1;
        let place = match places.iter().find(|(known, _)| *known == (ip, station)) {
            Some((_, place)) => *place,
            None => {
                let address = match station {
                    Station::Server => ip.to_string(),
                    other => format!("{ip} {other}"),
                };
                let protocol = match station {
                    Station::Server => "OPC UA",
                    Station::Unit(_) => "Modbus",
                    Station::Link { .. } => "DNP3",
                };
                groups.push(Group {
                    device: "no tag".to_owned(),
                    address,
                    protocol: protocol.to_owned(),
                    ..Group::default()
                });
                places.push(((ip, station), groups.len() - 1));
                groups.len() - 1
            }
        };
        let Some(group) = groups.get_mut(place) else {
            return;
        };
        let age = now.since(engine.wire(raw.seen));
        group.age = Some(group.age.map_or(age, |known| known.min(age)));
        group.points.push(Point {
            id: id_of(&format!("{ip} {station} {}", raw.address)),
            tag: raw.address,
            reading: raw.value.map_or(Reading::Text("-".to_owned()), Reading::Number),
            age: Some(age),
            ..Point::default()
        });
    });
}

/// A number for a point without a tag, the same in every picture and none of a tag.
fn id_of(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash | 1 << 63
}
