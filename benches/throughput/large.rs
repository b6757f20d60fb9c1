//! The large captures and their site: the demo plant, copied to other networks and repeated later and later.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use tapglass::capture::{Next, Source, open};

/// Plants that run one after the other, each in a network of its own; then the first begins again.
pub(crate) const PLANTS: u8 = 32;
/// Second octet of the demo's network, 10.20.1.0/24.
const NETWORK: u8 = 20;

/// What a capture consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Everything in the demo.
    Mixed,
    /// One protocol of the demo.
    Modbus,
    Dnp3,
    OpcUa,
    /// Traffic of an office: long segments of other protocols on other ports.
    Other,
}

impl Mix {
    pub(crate) const ALL: [Self; 5] = [Self::Mixed, Self::Modbus, Self::Dnp3, Self::OpcUa, Self::Other];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Modbus => "modbus",
            Self::Dnp3 => "dnp3",
            Self::OpcUa => "opcua",
            Self::Other => "other",
        }
    }

    const fn port(self) -> Option<u16> {
        match self {
            Self::Modbus => Some(502),
            Self::Dnp3 => Some(20_000),
            Self::OpcUa => Some(4_840),
            Self::Mixed | Self::Other => None,
        }
    }

    /// The frames of one plant.
    fn records(self) -> Vec<Record> {
        if self == Self::Other {
            return office();
        }
        let mut records = demo();
        if let Some(port) = self.port() {
            let port = port.to_be_bytes();
            let at = |record: &Record, place: usize| record.bytes.get(place..place + 2) == Some(&port);
            // Ethernet and IPv4 without options: ports stand at 34 and 36.
            records.retain(|record| at(record, 34) || at(record, 36));
        }
        records
    }
}

struct Record {
    nanoseconds: i64,
    bytes: Vec<u8>,
}

/// Makes capture and site unless they are there; gives the number of frames.
pub(crate) fn make(mix: Mix, capture: &Path, site: &Path, bytes: u64) -> u64 {
    let records = mix.records();
    make_site(site);
    let first = records.first().unwrap().nanoseconds;
    let length = records.last().unwrap().nanoseconds - first + 10_000_000_000;
    let round: u64 = records.iter().map(|record| record.bytes.len() as u64 + 16).sum();
    let rounds = bytes.div_ceil(round);
    let frames = rounds * records.len() as u64;
    if std::fs::metadata(capture).is_ok_and(|found| found.len() == 24 + rounds * round) {
        return frames;
    }
    let mut out = BufWriter::new(std::fs::File::create(capture).unwrap());
    // pcap with nanoseconds, little-endian, Ethernet.
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.write_all(&word.to_le_bytes()).unwrap();
    }
    for number in 0..rounds {
        let plant = u8::try_from(number % u64::from(PLANTS)).unwrap();
        let later = length * i64::try_from(number).unwrap();
        for record in &records {
            let at = record.nanoseconds + later;
            let size = u32::try_from(record.bytes.len()).unwrap();
            for word in [
                u32::try_from(at / 1_000_000_000).unwrap(),
                (at % 1_000_000_000) as u32,
                size,
                size,
            ] {
                out.write_all(&word.to_le_bytes()).unwrap();
            }
            out.write_all(&moved(&record.bytes, plant)).unwrap();
        }
    }
    out.flush().unwrap();
    frames
}

/// The frames of the demo capture.
fn demo() -> Vec<Record> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/demo/waterworks.pcap.gz");
    let mut source = open(&path).unwrap();
    let mut records = Vec::new();
    loop {
        match source.next() {
            Next::Frame(frame) => records.push(Record {
                nanoseconds: frame.at.0,
                bytes: frame.bytes.to_vec(),
            }),
            Next::Idle => {}
            Next::End(_) => return records,
        }
    }
}

/// Sixteen connections to a web server, each with segments full of what looks like noise, and their acknowledgements.
fn office() -> Vec<Record> {
    let (mut records, mut noise) = (Vec::new(), 0x9e37_79b9_7f4a_7c15_u64);
    for round in 0..100_u32 {
        for connection in 0..16_u16 {
            for from_server in [true, false] {
                let payload = if from_server { 1_400 } else { 0 };
                let mut bytes = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
                bytes.extend(u16::try_from(40 + payload).unwrap().to_be_bytes());
                bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
                let (client, server) = ([10, NETWORK, 1, 50], [10, NETWORK, 1, 60]);
                let port = 50_000 + connection;
                if from_server {
                    bytes.extend([server, client].concat());
                    bytes.extend([443_u16.to_be_bytes(), port.to_be_bytes()].concat());
                } else {
                    bytes.extend([client, server].concat());
                    bytes.extend([port.to_be_bytes(), 443_u16.to_be_bytes()].concat());
                }
                let sent = round * 1_400 + if from_server { 0 } else { 1_400 };
                let numbers = if from_server { [sent, 1] } else { [1, sent] };
                bytes.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
                bytes.extend([0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
                for _ in 0..payload / 8 {
                    noise ^= noise << 13;
                    noise ^= noise >> 7;
                    noise ^= noise << 17;
                    bytes.extend(noise.to_le_bytes());
                }
                let nanoseconds = i64::try_from(records.len()).unwrap() * 50_000;
                records.push(Record { nanoseconds, bytes });
            }
        }
    }
    records
}

/// The frame in another plant's network.
fn moved(bytes: &[u8], plant: u8) -> Vec<u8> {
    let mut moved = bytes.to_vec();
    let ipv4 = bytes.get(12..14) == Some(&[8, 0]);
    for at in [26, 30] {
        if ipv4 && bytes.get(at..at + 2) == Some(&[10, NETWORK]) {
            moved[at + 1] = NETWORK + plant;
        }
    }
    moved
}

/// A site with every plant: names get the plant's number, addresses its network.
fn make_site(folder: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/demo/site");
    std::fs::create_dir_all(folder).unwrap();
    let read = |name: &str| std::fs::read_to_string(from.join(name)).unwrap();
    let (plant, tags, rules) = (read("plant.toml"), read("tags.csv"), read("rules.toml"));
    let names = names(&plant, &tags);
    let (head, body) = split_site(&plant);
    let mut header = tags.lines().next().unwrap().to_owned();
    header.push('\n');
    let (mut all_plants, mut all_tags, mut all_rules) = (head, header, String::new());
    for number in 0..PLANTS {
        let _ = writeln!(all_plants, "{}", renamed(&body, &names, number));
        for line in tags.lines().skip(1) {
            let _ = writeln!(all_tags, "{}", renamed(line, &names, number));
        }
        let rules = renamed(&rules, &names, number).replace("id = \"", &format!("id = \"p{number}-"));
        let _ = writeln!(all_rules, "{rules}");
    }
    for (name, text) in [
        ("plant.toml", all_plants),
        ("tags.csv", all_tags),
        ("rules.toml", all_rules),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// Everything up to the first table after `[site]`, and the rest.
fn split_site(plant: &str) -> (String, String) {
    let start = plant.find("[site]").unwrap();
    let next = plant[start + 6..].find("\n[").unwrap() + start + 7;
    (plant[..next].to_owned(), plant[next..].to_owned())
}

/// Names of tags, devices and principals, longest first so that no name is replaced inside another.
fn names(plant: &str, tags: &str) -> Vec<String> {
    let mut names: Vec<String> = plant
        .lines()
        .filter_map(|line| {
            line.strip_prefix('[')?
                .strip_suffix(']')?
                .split_once('.')
                .map(|(_, name)| name.trim_matches('"').to_owned())
        })
        .chain(
            tags.lines()
                .skip(1)
                .filter_map(|line| Some(line.split(',').next()?.trim_matches('"').to_owned())),
        )
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names
}

/// The text with every name and address moved to plant `number`. OPC UA identifiers stay as they are on the wire.
fn renamed(text: &str, names: &[String], number: u8) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut before = ' ';
    'next: while let Some(first) = rest.chars().next() {
        let word_before = before.is_alphanumeric() || before == '_' || before == '=';
        if !word_before {
            for name in names {
                if let Some(after) = rest.strip_prefix(name.as_str())
                    && after
                        .chars()
                        .next()
                        .is_none_or(|next| !next.is_alphanumeric() && next != '_' && next != '.')
                {
                    let _ = write!(out, "p{number}_{name}");
                    before = 'x';
                    rest = after;
                    continue 'next;
                }
            }
        }
        out.push(first);
        before = first;
        rest = &rest[first.len_utf8()..];
    }
    out.replace("10.20.1.", &format!("10.{}.1.", NETWORK + number))
}
