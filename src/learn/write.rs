//! plant.toml and tags.csv of what was found, with the evidence beside every guess.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

use tapglass_model::{Station, Table};

use super::clients::{Client, only, shared_cards};
use super::discover::{Device, Discovery, Key, Place};
use super::guess::{Guess, guess, order_name};
use super::points::{Nature, Point};
use super::text::{cell, comment, key, quoted};
use crate::conversation::mac_text;
use crate::site::DataType;

/// What a person says about a learning, for the heads of the files.
#[derive(Clone, Debug, Default)]
pub struct Learning {
    /// Name of the site.
    pub name: String,
    /// The captures, by file name.
    pub captures: Vec<String>,
    /// The usual time between rows of an export, nanoseconds; `None` for captures.
    pub rows_apart: Option<i64>,
}

/// The files of a site.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// `plant.toml`
    pub plant: String,
    /// `tags.csv`
    pub tags: String,
    /// How many devices, clients and tags there are.
    pub counts: [usize; 3],
}

/// A row of tags.csv.
struct Row {
    name: String,
    at: String,
    data_type: &'static str,
    order: &'static str,
    role: &'static str,
    description: String,
}

/// Writes what was found.
#[must_use]
pub fn site_files(found: &Discovery, learning: &Learning) -> Files {
    // What never said anything and was never told anything is no device of the plant.
    let devices: Vec<(&Place, &Device)> = found
        .devices
        .iter()
        .filter(|(_, device)| !device.registers.is_empty() || !device.points.is_empty())
        .collect();
    let names = device_names(&devices);
    let several_servers = devices
        .iter()
        .filter(|(place, _)| place.protocol == "opcua")
        .count()
        > 1;
    let mut rows: Vec<Row> = Vec::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut plant = head(found, learning);
    for ((place, device), name) in devices.iter().zip(&names) {
        let first = rows.len();
        let mut unused = 0;
        register_rows(name, device, &mut rows, &mut unused);
        point_rows(name, device, several_servers, &mut taken, &mut rows);
        let order = rows
            .get(first..)
            .and_then(|rows| rows.iter().map(|row| row.order).find(|order| !order.is_empty()));
        device_table(&mut plant, name, place, device, order);
        if unused > 0 {
            let _ = writeln!(
                plant,
                "# {unused} registers that are read along and always 0 are left out"
            );
        }
    }
    let clients = principals(&mut plant, &found.clients);
    let mut tags = String::from("name,at,type,order,role,desc\n");
    for row in &rows {
        let cells = [
            row.name.as_str(),
            &row.at,
            row.data_type,
            row.order,
            row.role,
            &row.description,
        ]
        .map(cell);
        let _ = writeln!(tags, "{}", cells.join(","));
    }
    Files {
        plant,
        tags,
        counts: [devices.len(), clients, rows.len()],
    }
}

fn head(found: &Discovery, learning: &Learning) -> String {
    let mut out = String::from(
        "# Learned from captures by `tapglass learn`: to be reviewed. Names, units, roles and safe limits are the plant's\n\
         # knowledge and cannot be learned; nothing here is a safe limit. What is usual stands in baseline.toml.\n",
    );
    for capture in &learning.captures {
        let _ = writeln!(out, "# from {}", comment(capture));
    }
    if let Some((first, last)) = found.time {
        let _ = writeln!(out, "# {first} to {last}, {} frames", found.frames);
    }
    if found.blind > 0 {
        let _ = writeln!(
            out,
            "# {} stretches were not seen: what happened there is not learned",
            found.blind
        );
    }
    if found.left_out > 0 {
        let _ = writeln!(
            out,
            "# {} points, devices or clients are left out: there was no room for more",
            found.left_out
        );
    }
    let _ = writeln!(out, "\n[site]\nname = {}", quoted(&learning.name));
    out
}

/// Short names, counted in order of address.
fn device_names(devices: &[(&Place, &Device)]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    devices
        .iter()
        .map(|(place, _)| {
            let word = match place.protocol {
                "modbus" => "plc",
                "dnp3" => "rtu",
                _ => "server",
            };
            let count = counts.entry(word).or_default();
            *count += 1;
            format!("{word}{count}")
        })
        .collect()
}

fn device_table(out: &mut String, name: &str, place: &Place, device: &Device, order: Option<&str>) {
    let _ = writeln!(out, "\n[device.{}]", key(name));
    let _ = writeln!(out, "proto = {}", quoted(place.protocol));
    let _ = writeln!(out, "host = \"{}\"", place.ip);
    let usual = match place.protocol {
        "modbus" => 502,
        "dnp3" => 20_000,
        _ => 4_840,
    };
    if place.port != usual {
        let _ = writeln!(out, "port = {}", place.port);
    }
    match place.station {
        Station::Unit(unit) => {
            let _ = writeln!(out, "unit = {unit}");
            let _ = writeln!(
                out,
                "base = 0  # addresses as on the wire; reference numbers are one more"
            );
        }
        Station::Link { outstation, .. } => {
            if let Some(master) = only(&device.masters) {
                let _ = writeln!(out, "master = {master}");
            }
            let _ = writeln!(out, "outstation = {outstation}");
        }
        Station::Server => {}
    }
    if let Some(order) = order {
        let _ = writeln!(out, "order = {}", quoted(order));
    }
    let _ = writeln!(out, "# {} reports", device.reports);
    for (what, value) in &device.identity {
        if value.len() <= 120 {
            let _ = writeln!(out, "# it states {what}: {}", comment(value));
        }
    }
}

/// Writes the clients; returns how many.
fn principals(out: &mut String, clients: &BTreeMap<IpAddr, Client>) -> usize {
    let shared = shared_cards(clients);
    let talking = clients
        .iter()
        .filter(|(_, client)| client.reads + client.writes > 0);
    let mut number = 0;
    for (ip, client) in talking {
        number += 1;
        let _ = writeln!(out, "\n[principal.host{number}]");
        let _ = writeln!(out, "ip = \"{ip}\"");
        match only(&client.cards) {
            Some(card) if shared.contains(card) => {
                let _ = writeln!(out, "# its frames come from a router, {}", mac_text(*card));
            }
            Some(card) => {
                let _ = writeln!(out, "mac = \"{}\"", mac_text(*card));
            }
            None if client.cards.len() > 1 => {
                let _ = writeln!(out, "# {} network cards use this address", client.cards.len());
            }
            None => {}
        }
        if let Some(ttl) = client.initial_ttl() {
            let _ = writeln!(out, "ttl = {ttl}");
        }
        if let Some(link) = only(&client.links) {
            let _ = writeln!(out, "link = {link}");
        }
        if let Some(application) = only(&client.applications) {
            let _ = writeln!(out, "application_uri = {}", quoted(application));
        }
        if let Some(user) = only(&client.users) {
            let _ = writeln!(out, "user = {}", quoted(user));
        }
        if let Some(kind) = client.kind() {
            let _ = writeln!(out, "kind = \"{kind}\"");
        }
        let _ = writeln!(
            out,
            "# {} reports to it, {} commands of it{}",
            client.reads,
            client.writes,
            if client.writes == 0 { ": it only reads" } else { "" }
        );
    }
    number
}

const fn prefix(table: Table) -> &'static str {
    match table {
        Table::Coil => "C",
        Table::Discrete => "DI",
        Table::Input => "IR",
        Table::Holding => "HR",
        Table::BinaryInput => "BI",
        Table::DoubleBitInput => "DBI",
        Table::BinaryOutput => "BO",
        Table::Counter => "CT",
        Table::FrozenCounter => "FC",
        Table::AnalogInput => "AI",
        Table::AnalogOutput => "AO",
        Table::Deadband => "DB",
    }
}

/// Tables whose points may be settings: one that stands still is not called a measurement.
const fn can_be_set(table: Table) -> bool {
    matches!(
        table,
        Table::Holding | Table::Coil | Table::AnalogOutput | Table::BinaryOutput | Table::Deadband
    )
}

fn register_rows(device: &str, found: &Device, rows: &mut Vec<Row>, unused: &mut usize) {
    for (table, registers) in &found.registers {
        for Guess {
            register,
            data_type,
            order,
            evidence,
        } in guess(registers)
        {
            let parts = [Some(register), (data_type.registers() == 2).then(|| register + 1)];
            let of = |what: fn(&super::registers::Register) -> u64| {
                parts
                    .iter()
                    .flatten()
                    .filter_map(|part| registers.list.get(part))
                    .map(what)
                    .max()
                    .unwrap_or(0)
            };
            let (reads, writes, changes) = (of(|r| r.reads), of(|r| r.writes), of(|r| r.changes));
            if writes == 0 && of(|r| u64::from(r.used)) == 0 {
                // Read along in a block, and always 0.
                *unused += 1;
                continue;
            }
            let rises = if data_type == DataType::F32 {
                0
            } else {
                of(|r| r.rises)
            };
            let (role, why) = role(false, *table, [writes, changes, rises]);
            rows.push(Row {
                name: format!("{device}.{}{register}", prefix(*table)),
                at: format!("{device}/{}:{register}", table.name()),
                data_type: type_name(data_type),
                order: if data_type.registers() == 2 {
                    order_name(order)
                } else {
                    ""
                },
                role,
                description: format!(
                    "{evidence}. {why}; read {reads}, changed {changes}, written {writes} times"
                ),
            });
        }
    }
}

fn point_rows(
    device: &str,
    found: &Device,
    several: bool,
    taken: &mut BTreeSet<String>,
    rows: &mut Vec<Row>,
) {
    let mut number = 0;
    for (place, point) in &found.points {
        let truth = point.nature == Nature::Truth;
        let (name, at, set) = match place {
            Key::Indexed(table, index) => (
                format!("{device}.{}{index}", prefix(*table)),
                format!("{device}/{}:{index}", table.name()),
                *table,
            ),
            Key::Node(node) => {
                if node.starts_with("i=") {
                    // Namespace 0 is the server's own: its clock and state are no points of the process.
                    continue;
                }
                number += 1;
                let name = node_name(node).filter(|name| !taken.contains(*name)).map_or_else(
                    || format!("{device}.N{number}"),
                    |name| {
                        if several {
                            format!("{device}.{name}")
                        } else {
                            name.to_owned()
                        }
                    },
                );
                (name, format!("{device}/{node}"), Table::Holding)
            }
        };
        taken.insert(name.clone());
        let (role, why) = if point.nature == Nature::Other {
            ("", "no number can be made of it".to_owned())
        } else {
            role(truth, set, [point.writes, point.changes, point.rises])
        };
        rows.push(Row {
            name,
            at,
            data_type: "",
            order: "",
            role,
            description: format!("{why}; {}", told(point)),
        });
    }
}

fn told(point: &Point) -> String {
    format!(
        "{} {}, changed {}, written {} times",
        if point.events { "reported" } else { "read" },
        point.reads,
        point.changes,
        point.writes
    )
}

/// The text of a node, when it can stand in a condition as it is.
fn node_name(node: &str) -> Option<&str> {
    let text = node.rsplit_once("s=").map(|(_, text)| text)?;
    let word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    (text.len() <= 60
        && text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(word)
        && !text.ends_with('.'))
    .then_some(text)
}

/// What a point seems to be for, and why.
fn role(truth: bool, table: Table, [writes, changes, rises]: [u64; 3]) -> (&'static str, String) {
    let (role, why) = if writes > 0 && truth {
        ("cmd", "written, two states: a command")
    } else if writes > 0 {
        ("sp", "written: a setpoint or setting")
    } else if truth {
        ("", "only read, two states")
    } else if changes >= 8 && rises * 20 >= changes * 19 {
        ("", "only read and counts up: a counter or a heartbeat")
    } else if changes == 0 && can_be_set(table) {
        ("", "only read and never changed: perhaps a setting")
    } else {
        ("pv", "only read: a measurement")
    };
    (role, why.to_owned())
}

const fn type_name(data_type: DataType) -> &'static str {
    match data_type {
        DataType::F32 => "f32",
        DataType::U32 => "u32",
        DataType::I32 => "i32",
        DataType::I16 => "i16",
        _ => "u16",
    }
}
