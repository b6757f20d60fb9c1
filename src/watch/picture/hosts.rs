//! Who talks to whom, for the screens.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use tapglass_model::snapshot::Host;
use tapglass_model::{CaptureTime, Severity};

use super::super::census::{Census, Device, Talk};
use super::super::frames::protocol_name;
use crate::conversation::mac_text;
use crate::engine::Engine;

/// Hosts that a screen lists: those with alarms and those that the site does not name go first.
const MOST: usize = 300;
/// Conversations that are told of each host, the latest first.
const CONVERSATIONS: usize = 12;
/// Functions that are told of each conversation, the most used first.
const FUNCTIONS: usize = 6;

/// The hosts by urgency and address.
pub(super) fn hosts(
    engine: &Engine,
    census: &Census,
    now: CaptureTime,
    name: &dyn Fn(IpAddr) -> Option<String>,
) -> Vec<Host> {
    let alarms = worst(engine);
    let site = engine.site();
    let names_hosts = !site.principals.is_empty() || !site.devices.is_empty();
    let mut talks = BTreeMap::<IpAddr, (Vec<String>, usize)>::new();
    for talk in census.talks().filter(|talk| talk.was_heard()) {
        let conversation = &talk.conversation;
        for ip in [conversation.client.ip, conversation.server.ip] {
            talks.entry(ip).or_default().1 += 1;
        }
    }
    let mut hosts: Vec<(IpAddr, &Device, Option<String>)> = census
        .devices()
        .map(|(ip, device)| (*ip, device, name(*ip)))
        .collect();
    hosts.sort_by_key(|(ip, _, name)| (Reverse(alarms.get(ip).copied()), name.is_some(), *ip));
    hosts.truncate(MOST);
    tell(census, &mut talks, name);
    hosts
        .into_iter()
        .map(|(ip, device, name)| {
            let (mut conversations, count) = talks.remove(&ip).unwrap_or_default();
            if count > conversations.len() {
                conversations.push(format!("and {} more before them", count - conversations.len()));
            }
            conversations.extend(about(device));
            Host {
                id: id(ip),
                address: ip.to_string(),
                new: names_hosts && name.is_none(),
                name: name.unwrap_or_default(),
                role: device.roles.join(" "),
                protocols: device
                    .protocols
                    .iter()
                    .map(|protocol| protocol_name(protocol))
                    .collect::<Vec<_>>()
                    .join(" "),
                mac: device.mac.map(mac_text).unwrap_or_default(),
                first_seen: device.seen.0,
                last_seen: device.seen.1,
                reads_per_second: device.reads.per_second(now),
                writes: device.writes,
                exceptions: device.refusals,
                alarm: alarms.get(&ip).copied(),
                conversations,
            }
        })
        .collect()
}

/// The worst alarm of each address that still stands, as the one who did it or to whom it was done.
fn worst(engine: &Engine) -> BTreeMap<IpAddr, Severity> {
    let mut worst = BTreeMap::<IpAddr, Severity>::new();
    for alarm in engine.alarms().filter(|alarm| alarm.is_active()) {
        let actor = alarm.actor.as_deref().map(|actor| actor.ip);
        let target = alarm.target.as_deref().map(|target| target.ip);
        for ip in [actor, target].into_iter().flatten() {
            let severity = worst.entry(ip).or_insert(alarm.severity);
            *severity = (*severity).max(alarm.severity);
        }
    }
    worst
}

/// Tells the latest conversations of each address.
fn tell(
    census: &Census,
    talks: &mut BTreeMap<IpAddr, (Vec<String>, usize)>,
    name: &dyn Fn(IpAddr) -> Option<String>,
) {
    let mut latest: Vec<&Talk> = census.talks().filter(|talk| talk.was_heard()).collect();
    latest.sort_by_key(|talk| (Reverse(talk.seen.1), talk.conversation.number));
    for talk in latest {
        let [client, server] = [talk.conversation.client.ip, talk.conversation.server.ip];
        for (ip, towards, other) in [(client, "to", server), (server, "from", client)] {
            if let Some((lines, _)) = talks.get_mut(&ip)
                && lines.len() < CONVERSATIONS
            {
                lines.push(line(talk, towards, other, name));
            }
        }
    }
}

fn line(talk: &Talk, towards: &str, other: IpAddr, name: &dyn Fn(IpAddr) -> Option<String>) -> String {
    let [client, server] = talk.messages;
    let mut functions: Vec<(&String, &u64)> = talk.functions.iter().collect();
    functions.sort_by_key(|(name, count)| (Reverse(**count), *name));
    let mut names: Vec<String> = functions
        .iter()
        .take(FUNCTIONS)
        .map(|(name, count)| format!("{} x{count}", name.replace('_', " ")))
        .collect();
    if functions.len() > FUNCTIONS {
        names.push(format!("and {} others", functions.len() - FUNCTIONS));
    }
    if let Some(transport) = talk.conversation.transport {
        names.push(format!("inside {}", transport.to_uppercase()));
    }
    let who = name(other).map_or_else(|| other.to_string(), |name| format!("{name} {other}"));
    let mut text = format!(
        "{towards} {who} port {}, {}: {client} and {server} messages; {}",
        talk.conversation.server.port,
        protocol_name(talk.conversation.protocol),
        names.join(", "),
    );
    if talk.refusals > 0 {
        text.push_str(&format!("; {} refused", talk.refusals));
    }
    for (key, value) in &talk.security {
        text.push_str(&format!("; {} {value}", key.replace('_', " ")));
    }
    if !talk.complete {
        text.push_str("; NOT ALL OF IT WAS SEEN");
    }
    text
}

/// What the host says of itself, and what is behind it.
fn about(device: &Device) -> impl Iterator<Item = String> {
    let stations = (!device.stations.is_empty()).then(|| format!("stations: {}", device.stations.join(", ")));
    let says = device
        .identity
        .iter()
        .map(|(key, value)| format!("{}: {value}", key.replace('_', " ")));
    stations.into_iter().chain(says)
}

/// The same for the same address in every picture.
fn id(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(v4) => u64::from(u32::from(v4)),
        IpAddr::V6(v6) => {
            let bits = u128::from(v6);
            let fold = (bits >> 64) ^ bits;
            u64::try_from(fold & u128::from(u64::MAX)).unwrap_or(u64::MAX) | (1 << 63)
        }
    }
}
