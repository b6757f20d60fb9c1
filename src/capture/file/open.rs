//! Opening a capture: from its name or standard input to a source of frames.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::feed::{Counted, Patient, Pipe, Progress};
use super::gzip::{self, Gzip};
use super::pcap::{self, Pcap};
use super::pcapng;
use super::sniff;
use super::window::{Fill, Window};
use super::zstd::{self, Zstd};
use super::{FileSource, Format};
use crate::capture::OpenError;

/// Opens the capture file `path`: pcap or pcapng, plain, gzip or zstd, whatever its name ends in.
///
/// A named pipe is read as [`stdin`] is.
///
/// # Errors
/// When it cannot be read, or is not a capture.
pub fn open(path: &Path) -> Result<FileSource, OpenError> {
    let name = path.display().to_string().escape_debug().to_string();
    let failed = |error| OpenError::from_io(&name, error);
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(OpenError::Directory { name });
    }
    if metadata.is_file() {
        let progress = Progress::of_size(Some(metadata.len()));
        start(&name, file, progress)
    } else {
        start(&name, Pipe::new(file).map_err(failed)?, Progress::default())
    }
}

/// Reads a capture from standard input.
///
/// [`Next::Idle`](crate::capture::Next::Idle) is given while a plain stream is silent; who reads a finished
/// capture passes over it.
///
/// # Errors
/// When it cannot be read, or is not a capture.
pub fn stdin() -> Result<FileSource, OpenError> {
    let name = "standard input";
    let pipe = Pipe::new(io::stdin()).map_err(|error| OpenError::from_io(name, error))?;
    start(name, pipe, Progress::default())
}

/// Reads a capture from any source of bytes; `name` is for messages.
///
/// # Errors
/// When it is not a capture.
pub fn read(name: &str, input: impl Read + Send + 'static) -> Result<FileSource, OpenError> {
    start(name, input, Progress::default())
}

/// Reads a capture that is a part of the program.
///
/// # Errors
/// When it is not a capture.
pub fn bundled(name: &str, bytes: &'static [u8]) -> Result<FileSource, OpenError> {
    start(name, bytes, Progress::of_size(Some(bytes.len() as u64)))
}

fn start(name: &str, input: impl Read + Send + 'static, progress: Progress) -> Result<FileSource, OpenError> {
    let mut input = Counted {
        inner: input,
        progress: progress.clone(),
    };
    let (head, length) = head(&mut input).map_err(|error| OpenError::from_io(name, error))?;
    if length == 0 {
        return Err(OpenError::Empty {
            name: name.to_owned(),
        });
    }
    let known = head.get(..length).unwrap_or_default().to_vec();
    let packing = if length == head.len() || head.starts_with(&gzip::MAGIC) {
        packing(&head)
    } else {
        Packing::None
    };
    let input = unpack(io::Cursor::new(known).chain(input), packing);
    recognise(name, Window::new(input), progress)
}

/// How a capture is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Zstd,
}

/// By its first bytes.
pub(super) fn packing(head: &[u8; 4]) -> Packing {
    if head.starts_with(&gzip::MAGIC) {
        Packing::Gzip
    } else if *head == zstd::MAGIC || zstd::is_skippable(*head) {
        Packing::Zstd
    } else {
        Packing::None
    }
}

fn unpack(input: impl Read + Send + 'static, packing: Packing) -> Box<dyn Read + Send> {
    match packing {
        Packing::Gzip => Box::new(Gzip::new(Patient(input))),
        Packing::Zstd => Box::new(Zstd::new(Patient(input))),
        Packing::None => Box::new(input),
    }
}

/// The bytes of an input that is read from its start, counted and unpacked.
pub(super) fn unpacked(
    input: Box<dyn Read + Send>,
    packing: Packing,
    progress: &Progress,
) -> Box<dyn Read + Send> {
    let counted = Counted {
        inner: input,
        progress: progress.clone(),
    };
    unpack(counted, packing)
}

/// The first bytes, which tell compressed from plain.
fn head(input: &mut impl Read) -> io::Result<([u8; 4], usize)> {
    let mut head = [0; 4];
    let mut length = 0;
    let mut input = Patient(input);
    while let Some(free) = head.get_mut(length..)
        && !free.is_empty()
    {
        match input.read(free) {
            Ok(0) => break,
            Ok(bytes) => length += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((head, length))
}

/// Reads the header of a capture that is no longer compressed.
fn recognise(name: &str, mut window: Window, progress: Progress) -> Result<FileSource, OpenError> {
    want(name, &mut window, sniff::SHOWN)?;
    let start = window.rest();
    let Some(&magic) = start.first_chunk::<4>() else {
        return Err(sniff::refuse(name, start));
    };
    if magic == pcapng::SECTION_HEADER.to_le_bytes() {
        return Ok(FileSource::new(window, Format::Pcapng(Box::default()), progress));
    }
    if !Pcap::is_magic(magic) {
        return Err(sniff::refuse(name, start));
    }
    want(name, &mut window, pcap::FILE_HEADER)?;
    let rest = window.rest();
    let Some(header) = rest.first_chunk() else {
        let (have, need) = (rest.len() as u64, pcap::FILE_HEADER as u64);
        return Err(OpenError::CutOff {
            name: name.to_owned(),
            have,
            need,
        });
    };
    let pcap = Pcap::new(header).map_err(|(major, minor)| OpenError::Form {
        name: name.to_owned(),
        form: format!("a pcap file of version {major}.{minor}"),
    })?;
    window.advance(pcap::FILE_HEADER);
    Ok(FileSource::new(window, Format::Pcap(pcap), progress))
}

/// Gets `bytes` bytes, or all there are.
fn want(name: &str, window: &mut Window, bytes: usize) -> Result<(), OpenError> {
    while window.fill(bytes) == Fill::Quiet {}
    if window.rest().len() < bytes
        && let Some(source) = window.take_failure()
    {
        return Err(OpenError::from_io(name, source));
    }
    if window.rest().is_empty() {
        return Err(OpenError::Empty {
            name: name.to_owned(),
        });
    }
    Ok(())
}
