//! The files of a site, as a person would write them.

use std::fmt::Write as _;

use super::draft::{DeviceDraft, Draft, Limit, On, Point, one_line, plain, quoted};
use super::form::Form;

/// A column of tags.csv, and what a point has there.
type Column = (&'static str, fn(&Point) -> String);

const COLUMNS: [Column; 13] = [
    ("name", |point| point.name.clone()),
    ("at", |point| format!("{}/{}", point.device, point.address)),
    ("type", |point| point.data_type.to_owned()),
    ("bits", |point| point.bits.clone()),
    ("scale", |point| point.scale.clone()),
    ("unit", |point| point.unit.clone()),
    ("role", |point| point.role.to_owned()),
    ("safe", |point| band(point.safe)),
    ("range", |point| band(point.range)),
    ("res", |point| point.resolution.map_or_else(String::new, plain)),
    ("states", |point| states(&point.states)),
    ("sbo", |point| point.sbo.to_owned()),
    ("desc", |point| point.description.clone()),
];

fn band(band: Option<(f64, f64)>) -> String {
    band.map_or_else(String::new, |(low, high)| {
        format!("{}..{}", plain(low), plain(high))
    })
}

fn states(states: &[(u32, String)]) -> String {
    if states.is_empty() {
        return String::new();
    }
    let listed: Vec<String> = states
        .iter()
        .map(|(number, name)| format!("{number} = {}", quoted(name)))
        .collect();
    format!("{{ {} }}", listed.join(", "))
}

/// tags.csv, and for each point the columns where its cells begin, in characters from 1.
pub(super) fn tags(points: &[Point]) -> (String, Vec<Vec<(u32, &'static str)>>) {
    let used: Vec<Column> = COLUMNS
        .into_iter()
        .filter(|(name, value)| {
            matches!(*name, "name" | "at") || points.iter().any(|point| !value(point).is_empty())
        })
        .collect();
    let names: Vec<&str> = used.iter().map(|(name, _)| *name).collect();
    let mut text = names.join(",");
    text.push('\n');
    let mut places = Vec::with_capacity(points.len());
    for point in points {
        let mut cells = Vec::with_capacity(used.len());
        let mut column = 1;
        for (index, (name, value)) in used.iter().enumerate() {
            if index > 0 {
                text.push(',');
                column += 1;
            }
            cells.push((column, *name));
            let cell = cell(&one_line(&value(point)));
            column += u32::try_from(cell.chars().count()).unwrap_or(u32::MAX);
            text.push_str(&cell);
        }
        text.push('\n');
        places.push(cells);
    }
    (text, places)
}

/// RFC 4180: what holds a separator or quote is quoted; so is what a reader would take for a comment.
fn cell(text: &str) -> String {
    if text.contains([',', ';', '\t', '"']) || text.starts_with('#') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// plant.toml.
pub(super) fn plant(draft: &Draft, file: &str, form: Form) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# Made from {} ({}) by `tapglass import`.\n\
         # A list says which points exist. Where devices are, who may write, and what is safe is for you to say:\n\
         # fill in what stands behind `#` here, then roles and limits in tags.csv.\n\n\
         [site]\nname = {}\ntags_csv = \"tags.csv\"",
        one_line(file),
        form.title(),
        quoted(&draft.usual_device)
    );
    let several = draft.devices.len() > 1;
    for (place, (name, device)) in (1_u32..).zip(&draft.devices) {
        device_table(&mut text, name, device, several.then_some(place));
    }
    text.push_str(
        "\n# Who may write: one table for each, named in `writers` of tags.csv.\n\
         # [principal.hmi1]\n# ip = \"192.0.2.20\"\n# kind = \"hmi\"\n",
    );
    text
}

/// `place` is given where there are other devices: nothing but the host tells them apart.
fn device_table(text: &mut String, name: &str, device: &DeviceDraft, place: Option<u32>) {
    let _ = write!(
        text,
        "\n[device.{}]\nproto = {:?}\n",
        quoted(name),
        device.protocol
    );
    if !device.keys.iter().any(|(key, _)| *key == "host") {
        let _ = match place {
            Some(place) => writeln!(
                text,
                "host = \"{}\"     # stands in for the address, which the list does not say: put yours here",
                stand_in(place)
            ),
            None => writeln!(
                text,
                "# host = \"192.0.2.10\"     # the list does not say; without it every host that speaks the protocol fits"
            ),
        };
    }
    for (key, value) in &device.keys {
        let _ = writeln!(text, "{key} = {value}");
    }
    for ask in &device.asks {
        let _ = writeln!(text, "# {ask}");
    }
}

/// An address that no plant has: of the range for documentation (RFC 5737), and for very many of that for benchmarks (RFC 2544).
fn stand_in(place: u32) -> std::net::Ipv4Addr {
    const DOCUMENTATION: u32 = 0xc000_0200;
    const BENCHMARKS: u32 = 0xc612_0000;
    std::net::Ipv4Addr::from(if place < 255 {
        DOCUMENTATION + place
    } else {
        BENCHMARKS + place % 0x2_0000
    })
}

/// rules.toml; `None` when nothing needs a rule of its own.
pub(super) fn rules(points: &[Point], form: Form) -> Option<String> {
    let mut text = format!(
        "# Limits of the list ({}) that no column of tags.csv holds.\n\
         # Look at each: an alarm limit of a control system is not always what is safe.\n",
        form.title()
    );
    let mut any = false;
    for point in points {
        for limit in &point.limits {
            rule(&mut text, point, limit);
            any = true;
        }
    }
    any.then_some(text)
}

fn rule(text: &mut String, point: &Point, limit: &Limit) {
    let on = match limit.on {
        On::Write => "write",
        On::Observation => "observation",
    };
    let _ = write!(
        text,
        "\n[[rule]]\nid = {}\nkind = \"envelope\"\ntag = {}\non = \"{on}\"\n",
        quoted(&format!("{}/{}", point.name, limit.name)),
        quoted(&point.name),
    );
    for (key, value) in [("lo", limit.low), ("hi", limit.high)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = {}", plain(value));
        }
    }
    let _ = writeln!(
        text,
        "severity = \"{}\"\nwhy = {}",
        limit.severity,
        quoted(&one_line(&limit.why))
    );
}
