//! Writes pcapng: one section, time stamps in nanoseconds.

use std::io::{self, Write};
use std::net::IpAddr;

use crate::capture::{Frame, LinkType};

/// Longest text of an option: a multiple of 4 below what its length can say.
const MAX_TEXT: usize = 65_532;

/// What a section says about itself; empty texts are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Section<'a> {
    /// Program that writes it.
    pub application: &'a str,
    /// For the reader.
    pub comment: &'a str,
}

/// What is said about an interface; empty texts are left out.
#[derive(Clone, Copy, Debug)]
pub struct InterfaceDescription<'a> {
    /// How its frames start.
    pub link_type: LinkType,
    /// Most bytes of a frame that were captured, 0 for no limit.
    pub snap_length: u32,
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub description: &'a str,
}

/// Writes a pcapng file.
pub struct PcapngWriter<W: Write> {
    output: W,
    interfaces: u32,
    block: Vec<u8>,
}

impl<W: Write> PcapngWriter<W> {
    /// Starts a file.
    ///
    /// # Errors
    /// When `output` fails.
    pub fn new(output: W, section: &Section<'_>) -> io::Result<Self> {
        let mut writer = Self {
            output,
            interfaces: 0,
            block: Vec::new(),
        };
        writer.begin(0x0a0d_0d0a);
        writer.put(&0x1a2b_3c4d_u32.to_le_bytes());
        writer.put(&[1, 0, 0, 0]);
        // The length of the section is not known beforehand.
        writer.put(&[0xff; 8]);
        writer.text(1, section.comment);
        writer.text(4, section.application);
        writer.end_of_options();
        writer.end()?;
        Ok(writer)
    }

    /// Describes the next interface; gives the number that its frames carry.
    ///
    /// # Errors
    /// When `output` fails.
    pub fn interface(&mut self, interface: &InterfaceDescription<'_>) -> io::Result<u32> {
        self.begin(1);
        self.put(&(interface.link_type.0 as u16).to_le_bytes());
        self.put(&[0, 0]);
        self.put(&interface.snap_length.to_le_bytes());
        self.text(2, interface.name);
        self.text(3, interface.description);
        self.option(9, &[9]);
        self.end_of_options();
        self.end()?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Writes one frame, with a comment unless it is empty. Its `interface` must have been described.
    ///
    /// # Errors
    /// When `output` fails, or the interface is not described.
    pub fn frame(&mut self, frame: &Frame<'_>, comment: &str) -> io::Result<()> {
        if frame.interface >= self.interfaces {
            let text = format!(
                "interface {} of frame {} is not described",
                frame.interface, frame.number
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        // The format cannot say a time before 1970.
        let stamp = u64::try_from(frame.at.0).unwrap_or(0);
        self.begin(6);
        self.put(&frame.interface.to_le_bytes());
        self.put(&((stamp >> 32) as u32).to_le_bytes());
        self.put(&(stamp as u32).to_le_bytes());
        self.put(&(frame.bytes.len() as u32).to_le_bytes());
        self.put(&frame.wire_length.to_le_bytes());
        self.put(frame.bytes);
        self.pad();
        if !comment.is_empty() {
            self.text(1, comment);
            self.end_of_options();
        }
        self.end()
    }

    /// Writes names of addresses.
    ///
    /// # Errors
    /// When `output` fails.
    pub fn names<'n>(&mut self, names: impl IntoIterator<Item = (IpAddr, &'n str)>) -> io::Result<()> {
        self.begin(4);
        for (address, name) in names {
            let (kind, octets) = match address {
                IpAddr::V4(address) => (1, address.octets().to_vec()),
                IpAddr::V6(address) => (2, address.octets().to_vec()),
            };
            let record = [&octets, clipped(name, 255).as_bytes(), &[0]].concat();
            self.option(kind, &record);
        }
        self.end_of_options();
        self.end()
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    /// When `output` fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.put(&kind.to_le_bytes());
        self.put(&[0; 4]);
    }

    fn put(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn text(&mut self, code: u16, text: &str) {
        if !text.is_empty() {
            self.option(code, clipped(text, MAX_TEXT).as_bytes());
        }
    }

    /// An option, or a record of names, which has the same form.
    fn option(&mut self, code: u16, value: &[u8]) {
        self.put(&code.to_le_bytes());
        self.put(&(value.len() as u16).to_le_bytes());
        self.put(value);
        self.pad();
    }

    fn end_of_options(&mut self) {
        self.put(&[0; 4]);
    }

    /// Sets the length at both ends and writes the block.
    fn end(&mut self) -> io::Result<()> {
        let length = (self.block.len() as u32 + 4).to_le_bytes();
        if let Some(place) = self.block.get_mut(4..8) {
            place.copy_from_slice(&length);
        }
        self.put(&length);
        self.output.write_all(&self.block)
    }
}

/// The start of a text, at most `bytes` long.
fn clipped(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
