//! Builds captures by hand, byte by byte, in either byte order.

use std::io::Write;
use std::path::PathBuf;

use tapglass::capture::{Counters, Damage, End, FileSource, Next, Source};

/// Numbers in one byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

pub(crate) const ORDERS: [Order; 2] = [Order::Little, Order::Big];

impl Order {
    pub(crate) fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub(crate) fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub(crate) fn u64(self, number: u64) -> [u8; 8] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    /// Several 32-bit numbers.
    pub(crate) fn words(self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|&number| self.u32(number)).collect()
    }

    /// The header of a pcap file.
    pub(crate) fn pcap(self, magic: u32, minor: u16, snap: u32, link: u32) -> Vec<u8> {
        let mut file = self.u32(magic).to_vec();
        file.extend(self.u16(2));
        file.extend(self.u16(minor));
        file.extend(self.words(&[0, 0, snap, link]));
        file
    }

    /// A record of a pcap file whose frame is complete.
    pub(crate) fn record(self, seconds: u32, fraction: u32, bytes: &[u8]) -> Vec<u8> {
        let length = bytes.len() as u32;
        [self.words(&[seconds, fraction, length, length]), bytes.to_vec()].concat()
    }

    /// A pcapng block.
    pub(crate) fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let length = padded as u32 + 12;
        let mut block = self.words(&[kind, length]);
        block.extend(body);
        block.resize(8 + padded, 0);
        block.extend(self.u32(length));
        block
    }

    /// A section header block.
    pub(crate) fn section(self) -> Vec<u8> {
        let body = [&self.u32(0x1a2b_3c4d)[..], &self.u16(1), &self.u16(0), &[0xff; 8]].concat();
        self.block(0x0a0d_0d0a, &body)
    }

    /// An option.
    pub(crate) fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut option = [self.u16(code), self.u16(value.len() as u16)].concat();
        option.extend(value);
        option.resize(option.len().next_multiple_of(4), 0);
        option
    }

    /// An interface description block.
    pub(crate) fn interface(self, link: u16, snap: u32, options: &[u8]) -> Vec<u8> {
        self.block(
            1,
            &[&self.u16(link)[..], &[0, 0], &self.u32(snap), options].concat(),
        )
    }

    /// An enhanced packet block whose frame is complete.
    pub(crate) fn packet(self, interface: u32, stamp: u64, bytes: &[u8], options: &[u8]) -> Vec<u8> {
        let length = bytes.len() as u32;
        let mut body = self.words(&[interface, (stamp >> 32) as u32, stamp as u32, length, length]);
        body.extend(bytes);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(options);
        self.block(6, &body)
    }
}

/// A frame as it was read, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) number: u64,
    pub(crate) at: i64,
    pub(crate) link: u32,
    pub(crate) interface: u32,
    pub(crate) wire: u32,
    pub(crate) bytes: Vec<u8>,
}

/// Everything a capture gave.
pub(crate) struct Read {
    pub(crate) frames: Vec<Kept>,
    pub(crate) end: End,
    pub(crate) damages: Vec<Damage>,
    pub(crate) counters: Counters,
    /// How often there was silence.
    pub(crate) idle: u32,
    pub(crate) source: FileSource,
}

/// Reads a source to its end.
pub(crate) fn drain(mut source: FileSource) -> Read {
    let mut frames = Vec::new();
    let mut idle = 0;
    let end = loop {
        // Looking ahead must never change what is given.
        let peeked = if frames.len() % 2 == 0 {
            source.peek_time()
        } else {
            None
        };
        match source.next() {
            Next::Frame(frame) => {
                if let Some(at) = peeked {
                    assert_eq!(at, frame.at);
                }
                assert!(frame.bytes.len() as u64 <= u64::from(frame.wire_length));
                frames.push(Kept {
                    number: frame.number,
                    at: frame.at.0,
                    link: frame.link_type.0,
                    interface: frame.interface,
                    wire: frame.wire_length,
                    bytes: frame.bytes.to_vec(),
                });
            }
            Next::Idle => idle += 1,
            Next::End(end) => break end,
        }
    };
    assert!(matches!(source.next(), Next::End(again) if again == end));
    assert!(frames.is_sorted_by(|a, b| a.number < b.number));
    let counters = source.counters();
    assert_eq!(counters.frames, frames.len() as u64);
    Read {
        frames,
        end,
        damages: source.damages().to_vec(),
        counters,
        idle,
        source,
    }
}

/// Writes `bytes` into a file that goes away with the value.
pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file.flush().unwrap();
    file
}

/// Reads a capture of these bytes to its end.
pub(crate) fn read(bytes: &[u8]) -> Read {
    let file = file(bytes);
    drain(tapglass::capture::open(file.path()).unwrap())
}

/// The directory with captures of others beside the project; `None`, said aloud, where it is missing.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(folder);
    if path.is_dir() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "{} is missing",
        path.display()
    );
    println!("skipped: {} is missing", path.display());
    None
}
