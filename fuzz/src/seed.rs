//! Makes the first inputs of every target from captures: `cargo run --bin seed -- CAPTURES CORPUS`.
//!
//! Conversations are told apart by their ports, put in order and cut into pieces as they stood in the capture; sites and
//! filters come from the tests of the project.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use tapglass::capture::{Frame, Next, Source, open};
use tapglass::link;
use tapglass_fuzz::harness::script::push;

/// Bytes of one input: more makes a fuzzer slow.
const MOST: usize = 6_000;
/// Inputs of one target from one capture.
const EACH: usize = 6;

type Ends = (IpAddr, u16, IpAddr, u16, u8);

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(captures), Some(corpus)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: seed CAPTURES CORPUS");
        std::process::exit(2);
    };
    let mut seeds = Seeds {
        corpus,
        made: BTreeMap::new(),
    };
    for path in files(&captures) {
        let name = path.to_string_lossy().into_owned();
        if [".pcap", ".pcapng", ".gz"].iter().any(|end| name.ends_with(end)) {
            seeds.capture(&path);
        }
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for path in files(&project.join("tests/sites")) {
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read(&path).unwrap_or_default();
            seeds.add("site", &[&[1], text.as_slice()].concat());
        }
    }
    for text in EXPRESSIONS {
        seeds.add("site", format!("\0{text}").as_bytes());
    }
    for text in FILTERS {
        seeds.add("filter", text.as_bytes());
    }
    for (target, number) in &seeds.made {
        println!("{target:<14} {number} inputs");
    }
}

const EXPRESSIONS: &[&str] = &[
    "t > 3 bar and not u",
    "held(u == 1, 5m) or t < 10 mbar",
    "rate(t, 10s) > 2 bar/s",
    "abs(t - prev(t)) >= 0.5 and count(u, 1h) > 3",
    "t in [1, 2, 3] and (t + 2) * 3 - 4 / 5 != 6",
];

const FILTERS: &[&str] = &[
    "tcp port 502 or 20000\n",
    "host 10.0.0.1 and not (ether host 02:00:00:00:00:01 or arp)\n",
    "src net 10.0.0.0/8 && dst portrange 1-1024\n",
    "ip6 and udp port 20000 || icmp6\n",
];

/// Files below a folder, in order; a file is itself.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else {
        return vec![path.to_path_buf()];
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| files(path)).collect()
}

struct Seeds {
    corpus: PathBuf,
    made: BTreeMap<&'static str, usize>,
}

impl Seeds {
    fn add(&mut self, target: &'static str, bytes: &[u8]) {
        let number = self.made.entry(target).or_default();
        let folder = self.corpus.join(target);
        std::fs::create_dir_all(&folder).expect("the corpus can be written");
        std::fs::write(folder.join(format!("seed-{number:05}")), bytes).expect("the corpus can be written");
        *number += 1;
    }

    fn capture(&mut self, path: &Path) {
        if let Ok(bytes) = std::fs::read(path)
            && bytes.len() < 40_000
        {
            self.add("capture", &bytes);
        }
        let Ok(mut source) = open(path) else { return };
        let mut flows: BTreeMap<Ends, Vec<(bool, Vec<u8>)>> = BTreeMap::new();
        let mut frames = 0;
        while let Next::Frame(frame) = source.next() {
            frames += 1;
            if frames <= EACH {
                let kind = [1, 113, 276, 0, 108, 101, 228, 229]
                    .iter()
                    .position(|kind| *kind == frame.link_type.0);
                if let Some(kind) = kind.and_then(|kind| u8::try_from(kind).ok()) {
                    self.add("link", &[&[kind], frame.bytes].concat());
                }
            }
            if let Some((ends, lower, payload)) = payload(&frame) {
                flows.entry(ends).or_default().push((lower, payload));
            }
        }
        for (ends, pieces) in flows.into_iter().take(EACH) {
            self.flow(ends, &pieces);
        }
    }

    fn flow(&mut self, ends: Ends, pieces: &[(bool, Vec<u8>)]) {
        let server_is_lower = [502, 4_840, 20_000].contains(&ends.1) || ends.1 < ends.3;
        let port = if server_is_lower { ends.1 } else { ends.3 };
        // Which conversation of the pipeline's script it can be.
        let (place, targets): (u8, &[&'static str]) = match (port, ends.4) {
            (502 | 5_020, 17) => (0, &["modbus_udp"]),
            (20_000, 17) => (3, &["dnp3_udp"]),
            (20_000 | 19_999, _) => (1, &["dnp3_tcp"]),
            (4_840..=4_850, _) => (2, &["opcua"]),
            (5_020, _) => (0, &["modbus_serial"]),
            (502, _) => (0, &["modbus_tcp", "modbus_udp"]),
            _ => return,
        };
        for part in pieces.chunks(24).take(EACH) {
            let (mut stream, mut frames) = (Vec::new(), Vec::new());
            for (lower, bytes) in part {
                let from_server = u8::from(*lower == server_is_lower);
                if stream.len() + bytes.len() > MOST {
                    break;
                }
                push(&mut stream, from_server, bytes);
                push(&mut frames, from_server | place << 4, bytes);
            }
            for target in targets {
                let head: &[u8] = if *target == "modbus_serial" { &[0] } else { &[] };
                self.add(target, &[head, stream.as_slice()].concat());
            }
            self.add("frames", &frames);
        }
    }
}

/// The ends of a segment or datagram in a fixed order, whether the lower end sent it, and what it carries.
fn payload(frame: &Frame<'_>) -> Option<(Ends, bool, Vec<u8>)> {
    let packet = link::packet(frame).ok()?;
    let (&[s0, s1, d0, d1], rest) = packet.payload.split_first_chunk()?;
    let header = match packet.protocol {
        6 => usize::from(rest.get(8)? >> 4) * 4,
        _ => 8,
    };
    let bytes = packet.payload.get(header..).filter(|bytes| !bytes.is_empty())?;
    let source = (packet.source, u16::from_be_bytes([s0, s1]));
    let destination = (packet.destination, u16::from_be_bytes([d0, d1]));
    let lower = (source.1, source.0) < (destination.1, destination.0);
    let (low, high) = if lower {
        (source, destination)
    } else {
        (destination, source)
    };
    Some((
        (low.0, low.1, high.0, high.1, packet.protocol),
        lower,
        bytes.to_vec(),
    ))
}
