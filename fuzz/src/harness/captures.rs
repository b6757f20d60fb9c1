//! Capture files: pcap and pcapng, plain and packed.

use std::io::Read;

use tapglass::capture::{self, Next, Source};

use super::counting::bounded;
use super::script::Numbers;

/// A window and a block of a capture, and tables of a decompressor, have a first size.
const FIXED: usize = 8 << 20;
/// Zstandard says in front how far it looks back, and the room for that is taken at once: this much at the most.
const ZSTD: usize = 128 << 20;
const FACTOR: usize = 16;
/// What is unpacked of one input; a few bytes can stand for gigabytes.
const MOST: u64 = 16 << 20;

/// Reads an input as a capture, whole and in small pieces.
pub fn read(data: &[u8]) {
    let packed = data.windows(4).any(|bytes| bytes == [0x28, 0xb5, 0x2f, 0xfd]);
    let fixed = if packed { FIXED + ZSTD } else { FIXED };
    let whole = bounded(data.len(), fixed, FACTOR, || frames(data, None));
    let torn = frames(data, Some(Numbers::of(data)));
    assert_eq!(whole, torn, "another size of reads gives other frames");
}

/// Number, time, lengths and a sum of the bytes of each frame; what it amounts to; or why it is refused.
fn frames(data: &[u8], tear: Option<Numbers>) -> Result<(Vec<[u64; 5]>, String), String> {
    let input = Torn {
        data: data.to_vec(),
        at: 0,
        tear,
    };
    let mut source = capture::read("fuzz", input).map_err(|error| error.to_string())?;
    let (mut frames, mut bytes) = (Vec::new(), 0);
    loop {
        match source.next() {
            Next::Frame(frame) => {
                let sum = frame.bytes.iter().fold(0_u64, |sum, byte| {
                    sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
                });
                frames.push([
                    frame.number,
                    frame.at.0.cast_unsigned(),
                    u64::from(frame.wire_length),
                    frame.bytes.len() as u64,
                    sum,
                ]);
                bytes += frame.bytes.len() as u64 + 16;
                // Compressed input may stand for any number of frames: enough is enough.
                if bytes > MOST || frames.len() > 100_000.min(data.len() * 100) {
                    return Ok((frames, String::new()));
                }
            }
            Next::Idle => {}
            Next::End(end) => {
                let counters = source.counters();
                assert_eq!(counters.frames, frames.len() as u64);
                return Ok((frames, format!("{end:?} {:?}", source.damages())));
            }
        }
    }
}

/// Memory that is read in pieces.
struct Torn {
    data: Vec<u8>,
    at: usize,
    tear: Option<Numbers>,
}

impl Read for Torn {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let rest = &self.data[self.at..];
        let length = rest.len().min(into.len());
        let length = match &mut self.tear {
            Some(tear) if length > 1 => 1 + tear.below(length.min(64)),
            _ => length,
        };
        into[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }
}
