//! The devices for people.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::table::Table;
use crate::conversation::mac_text;
use crate::watch::{Beside, Census, Device, protocol_name, weakness_text};

/// Stations that are named one by one.
const STATIONS: usize = 16;

/// How many devices there are of what needs a look.
#[derive(Default)]
struct Totals {
    strangers: usize,
    public: usize,
    silent: usize,
    weak: usize,
}

/// The list of devices.
pub(super) fn text(census: &Census, beside: &Beside<'_>, limit: usize) -> String {
    let mut table = Table::new(vec!["ADDRESS", "NAME", "ROLE", "PROTOCOLS", "LAST SEEN"]);
    let mut totals = Totals::default();
    let services = census.services();
    let count = census.devices().count();
    for (place, (ip, device)) in census.devices().enumerate() {
        let marks = marks(beside, *ip, device, &mut totals);
        if place < limit {
            let (cells, mut below) = about(beside, &services, *ip, device);
            below.extend(marks.into_iter().map(|mark| format!("! {mark}")));
            table.row(cells, below);
        }
    }
    let mut out = if count == 0 {
        "No device was seen.\n".to_owned()
    } else {
        table.text()
    };
    if count > limit {
        out.push_str(&format!("and {} more; --limit shows more\n", count - limit));
    }
    let mut parts = vec![format!("{count} device{}", if count == 1 { "" } else { "s" })];
    for (number, what) in [
        (totals.strangers, "not on the site's list"),
        (totals.public, "with a public address"),
        (totals.silent, "silent"),
        (totals.weak, "weakly protected"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    out.push_str(&format!("\n{}.\n", parts.join(", ")));
    out
}

fn about(
    beside: &Beside<'_>,
    services: &BTreeMap<IpAddr, Vec<(&'static str, bool)>>,
    ip: IpAddr,
    device: &Device,
) -> (Vec<String>, Vec<String>) {
    let mut name = beside.name(ip).unwrap_or_default().to_owned();
    if let Some(zone) = beside.zone(ip) {
        name = format!("{name} [{zone}]").trim_start().to_owned();
    }
    let names: Vec<&str> = device
        .protocols
        .iter()
        .map(|protocol| protocol_name(protocol))
        .collect();
    let mut protocols = names.join(", ");
    for port in device.ports() {
        protocols.push_str(&format!(" :{port}"));
    }
    let cells = vec![
        ip.to_string(),
        name,
        device.roles.join(", "),
        protocols,
        device.seen.1.to_string().chars().take(19).collect(),
    ];
    let mut below = Vec::new();
    let says = says(device);
    if !says.is_empty() {
        below.push(says);
    }
    if !device.stations.is_empty() {
        below.push(stations(&device.stations));
    }
    for (serves, word) in [(true, "serves"), (false, "uses")] {
        let list: Vec<&str> = services
            .get(&ip)
            .into_iter()
            .flatten()
            .filter(|service| service.1 == serves)
            .map(|service| service.0)
            .collect();
        if !list.is_empty() {
            below.push(format!("also {word} {}", list.join(", ")));
        }
    }
    (cells, below)
}

/// The first of several statements that it makes.
fn part<'a>(device: &'a Device, keys: &[&str]) -> Option<&'a str> {
    keys.iter()
        .filter_map(|key| device.identity.get(*key))
        .find(|text| !text.is_empty())
        .map(String::as_str)
}

/// What it says of itself, the most telling first.
fn says(device: &Device) -> String {
    let mut parts: Vec<String> = Vec::new();
    let what: Vec<&str> = [
        part(device, &["vendor"]),
        part(
            device,
            &[
                "product",
                "model",
                "product_code",
                "application_name",
                "server_id",
            ],
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !what.is_empty() {
        parts.push(what.join(" "));
    }
    for (word, keys) in [
        ("firmware ", &["firmware"][..]),
        ("serial number ", &["serial_number"]),
        ("", &["application_uri"]),
        ("certificate of ", &["certificate_subject"]),
    ] {
        if let Some(text) = part(device, keys) {
            parts.push(format!("{word}{text}"));
        }
    }
    parts.join("; ")
}

fn stations(stations: &[String]) -> String {
    let shown: Vec<&str> = stations.iter().take(STATIONS).map(String::as_str).collect();
    let more = stations.len().saturating_sub(STATIONS);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("behind it: {}{rest}", shown.join(", "))
}

/// What needs a look.
fn marks(beside: &Beside<'_>, ip: IpAddr, device: &Device, totals: &mut Totals) -> Vec<String> {
    let mut marks = Vec::new();
    if beside.known(ip, device) == Some(false) {
        totals.strangers += 1;
        marks.push("not on the site's list".to_owned());
    }
    if beside.is_exposed(ip) {
        totals.public += 1;
        marks.push("has a public address".to_owned());
    }
    if let Some(since) = beside.silent_since(ip, device) {
        totals.silent += 1;
        marks.push(format!("not heard of since {since}"));
    }
    let cards: Vec<String> = device.cards().map(mac_text).collect();
    if cards.len() > 1 {
        marks.push(format!("several network cards: {}", cards.join(", ")));
    }
    let weaknesses = device.weaknesses();
    if !weaknesses.is_empty() {
        totals.weak += 1;
        let words: Vec<&str> = weaknesses.iter().map(|word| weakness_text(word)).collect();
        marks.push(words.join("; "));
    }
    marks
}
