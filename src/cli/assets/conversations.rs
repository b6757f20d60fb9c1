//! The conversations for people: those between the same two ends are one line, however often they connect.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::table::Table;
use crate::recognise::Ends;
use crate::watch::{Beside, Census, protocol_name, weakness_text};

/// Functions that are named, the most used first.
const FUNCTIONS: usize = 6;
/// Points that are named of each kind.
const POINTS: usize = 6;

/// Who asks, who answers, at which port, with what.
type Ways = (IpAddr, IpAddr, u16, &'static str);

/// All conversations of two ends.
#[derive(Default)]
struct Sum {
    connections: u64,
    messages: u64,
    decoded: bool,
    title: &'static str,
    access: BTreeSet<String>,
    functions: BTreeMap<String, u64>,
    read: BTreeSet<String>,
    written: BTreeSet<String>,
    weaknesses: BTreeSet<&'static str>,
    forbidden: Option<(String, String)>,
    incomplete: bool,
}

/// The list of conversations.
pub(super) fn text(census: &Census, beside: &Beside<'_>, limit: usize) -> String {
    let sums = sums(census, beside);
    let mut table = Table::new(vec![
        "CLIENT", "SERVER", "PROTOCOL", "TIMES", "MESSAGES", "ACCESS",
    ]);
    let mut forbidden = 0;
    let mut weak = 0;
    for (place, ((client, server, port, _), sum)) in sums.iter().enumerate() {
        forbidden += usize::from(sum.forbidden.is_some());
        weak += usize::from(!sum.weaknesses.is_empty());
        if place >= limit {
            continue;
        }
        let named = |ip: &IpAddr| match beside.name(*ip) {
            Some(name) => format!("{name} {ip}"),
            None => ip.to_string(),
        };
        let access: Vec<&str> = sum.access.iter().map(String::as_str).collect();
        let messages = if sum.decoded {
            sum.messages.to_string()
        } else {
            "not read".to_owned()
        };
        let cells = vec![
            named(client),
            format!("{}:{port}", named(server)),
            sum.title.to_owned(),
            sum.connections.to_string(),
            messages,
            access.join("; "),
        ];
        table.row(cells, below(sum));
    }
    let count = sums.len();
    let mut out = if count == 0 {
        "No conversation was seen.\n".to_owned()
    } else {
        table.text()
    };
    if count > limit {
        out.push_str(&format!("and {} more; --limit shows more\n", count - limit));
    }
    let pairs = if count == 1 { "pair talks" } else { "pairs talk" };
    let mut parts = vec![format!("{count} {pairs}")];
    if forbidden > 0 {
        parts.push(format!("{forbidden} across zones that no conduit joins"));
    }
    if weak > 0 {
        parts.push(format!("{weak} weakly protected"));
    }
    out.push_str(&format!("\n{}.\n", parts.join(", ")));
    out
}

fn sums(census: &Census, beside: &Beside<'_>) -> BTreeMap<Ways, Sum> {
    let mut sums = BTreeMap::<Ways, Sum>::new();
    for talk in census.talks().filter(|talk| talk.was_heard()) {
        let ends = &talk.conversation;
        let key = (ends.client.ip, ends.server.ip, ends.server.port, ends.protocol);
        let sum = sums.entry(key).or_default();
        sum.title = protocol_name(ends.protocol);
        sum.connections += 1;
        sum.messages += talk.messages.iter().sum::<u64>();
        sum.decoded |= talk.messages != [0, 0];
        sum.incomplete |= !talk.complete;
        if let Some(authentication) = talk.authentication() {
            sum.access.insert(match authentication {
                "none" => "no logon".to_owned(),
                other => other.replace('_', " "),
            });
        }
        if let Some(encryption) = talk.encryption() {
            sum.access.insert(match encryption {
                "none" => "in clear".to_owned(),
                _ => "encrypted".to_owned(),
            });
        }
        for (name, count) in &talk.functions {
            *sum.functions.entry(name.clone()).or_default() += count;
        }
        talk.each_read(|point| {
            sum.read.insert(point.to_owned());
        });
        talk.each_written(|point| {
            sum.written.insert(point.to_owned());
        });
        sum.weaknesses.extend(talk.weaknesses());
        if let Some((from, to, false)) = beside.zones(talk) {
            let name = |zone: Option<&str>| zone.unwrap_or("outside").to_owned();
            sum.forbidden = Some((name(from), name(to)));
        }
    }
    for other in census.others() {
        let Ends::Network(ends) = &other.ends else {
            continue;
        };
        let key = (ends.client.ip, ends.server.ip, ends.server.port, other.protocol);
        let sum = sums.entry(key).or_default();
        sum.title = other.title;
        sum.connections += 1;
        sum.weaknesses.extend(other.secret.map(|secret| secret.name()));
    }
    sums
}

fn below(sum: &Sum) -> Vec<String> {
    let mut lines = Vec::new();
    let mut functions: Vec<(&String, &u64)> = sum.functions.iter().collect();
    functions.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    if !functions.is_empty() {
        let names = functions
            .iter()
            .map(|(name, count)| format!("{} x{count}", name.replace('_', " ")));
        lines.push(some_of(names, functions.len(), FUNCTIONS));
    }
    for (word, points) in [("reads", &sum.read), ("writes", &sum.written)] {
        if !points.is_empty() {
            let list = some_of(points.iter().cloned(), points.len(), POINTS);
            lines.push(format!("{word} {list}"));
        }
    }
    if let Some((from, to)) = &sum.forbidden {
        lines.push(format!("! zone {from} to zone {to}: no conduit allows it"));
    }
    if !sum.weaknesses.is_empty() {
        let words: Vec<&str> = sum.weaknesses.iter().map(|word| weakness_text(word)).collect();
        lines.push(format!("! {}", words.join("; ")));
    }
    if sum.incomplete {
        lines.push("! not all of it was seen".to_owned());
    }
    lines
}

/// The first of a list, and how many more there are.
fn some_of(list: impl Iterator<Item = String>, count: usize, shown: usize) -> String {
    let first: Vec<String> = list.take(shown).collect();
    let mut text = first.join(", ");
    if count > shown {
        text.push_str(&format!(" and {} more", count - shown));
    }
    text
}
