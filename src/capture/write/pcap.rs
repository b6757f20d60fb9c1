//! Writes pcap with time stamps in nanoseconds.

use std::io::{self, Write};

use crate::capture::{Frame, LinkType};

/// Writes a pcap file: one link type, little-endian, nanoseconds.
pub struct PcapWriter<W: Write> {
    output: W,
}

impl<W: Write> PcapWriter<W> {
    /// Starts a file with frames of `link_type`, of which at most `snap_length` bytes are written.
    ///
    /// # Errors
    /// When `output` fails.
    pub fn new(mut output: W, link_type: LinkType, snap_length: u32) -> io::Result<Self> {
        let mut header = Vec::with_capacity(24);
        header.extend_from_slice(&0xa1b2_3c4d_u32.to_le_bytes());
        header.extend_from_slice(&[2, 0, 4, 0]);
        header.extend_from_slice(&[0; 8]);
        header.extend_from_slice(&snap_length.to_le_bytes());
        header.extend_from_slice(&link_type.0.to_le_bytes());
        output.write_all(&header)?;
        Ok(Self { output })
    }

    /// Writes one frame. The seconds of its time are written modulo 2^32, which is all that pcap has room for.
    ///
    /// # Errors
    /// When `output` fails.
    pub fn frame(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let seconds = frame.at.0.div_euclid(1_000_000_000) as u32;
        let nanoseconds = frame.at.0.rem_euclid(1_000_000_000) as u32;
        let mut header = [0; 16];
        let fields = [seconds, nanoseconds, frame.bytes.len() as u32, frame.wire_length];
        for (place, field) in header.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        self.output.write_all(&header)?;
        self.output.write_all(frame.bytes)
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    /// When `output` fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }
}
