//! Places in a capture to which a reader can come back without reading all that stands before them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::feed::Progress;
use super::open::{Packing, packing, unpacked};
use super::window::Window;
use super::{Counters, Damage, End, FileSource, Format, Located};
use crate::capture::OpenError;

/// A place between two frames of a capture.
pub struct Mark {
    /// Where the bytes go on, counted in the uncompressed capture.
    offset: u64,
    /// The frame that was looked at already, and its bytes.
    peeked: Option<(Located, Vec<u8>)>,
    number: u64,
    format: Format,
    end: Option<End>,
    damages: Vec<Damage>,
    losing: Option<usize>,
    counters: Counters,
}

impl Clone for Mark {
    fn clone(&self) -> Self {
        Self {
            offset: self.offset,
            peeked: self.peeked.clone(),
            number: self.number,
            format: self.format.fork(),
            end: self.end.clone(),
            damages: self.damages.clone(),
            losing: self.losing,
            counters: self.counters,
        }
    }
}

impl FileSource {
    /// The present place.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let peeked = self.peeked.map(|located| {
            let bytes = self.window.bytes(located.start, located.length).to_vec();
            (located, bytes)
        });
        Mark {
            offset: self.window.offset(),
            peeked,
            number: self.number,
            format: self.format.fork(),
            end: self.end.clone(),
            damages: self.damages.clone(),
            losing: self.losing,
            counters: self.counters,
        }
    }
}

/// Opens the capture file `path` at a place that was marked before. A compressed one is unpacked up to there, which
/// takes its time; a plain one is not read before it.
///
/// # Errors
/// When it cannot be read any more.
pub fn resume(path: &Path, mark: &Mark) -> Result<FileSource, OpenError> {
    let name = path.display().to_string().escape_debug().to_string();
    let failed = |error| OpenError::from_io(&name, error);
    let mut file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let mut head = [0; 4];
    let plain = file.read_exact(&mut head).is_err() || packing(&head) == Packing::None;
    let start = if plain { mark.offset } else { 0 };
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let input: Box<dyn Read + Send> = Box::new(file);
    at(&name, input, packing(&head), plain, Some(size), mark)
}

/// Reads a capture that is a part of the program from a place that was marked before.
///
/// # Errors
/// When it is no capture.
pub fn resume_bundled(name: &str, bytes: &'static [u8], mark: &Mark) -> Result<FileSource, OpenError> {
    let head = bytes.first_chunk().copied().unwrap_or_default();
    let size = Some(bytes.len() as u64);
    at(name, Box::new(bytes), packing(&head), false, size, mark)
}

fn at(
    name: &str,
    input: Box<dyn Read + Send>,
    packing: Packing,
    there: bool,
    size: Option<u64>,
    mark: &Mark,
) -> Result<FileSource, OpenError> {
    let progress = Progress::of_size(size);
    let mut input = unpacked(input, packing, &progress);
    if there {
        progress.pass(mark.offset);
    } else {
        io::copy(&mut (&mut input).take(mark.offset), &mut io::sink())
            .map_err(|error| OpenError::from_io(name, error))?;
    }
    let (before, peeked) = match &mark.peeked {
        Some((located, bytes)) => (bytes.as_slice(), Some(Located { start: 0, ..*located })),
        None => (&[][..], None),
    };
    let window = Window::resumed(input, mark.offset, before);
    let mut source = FileSource::new(window, mark.format.fork(), progress);
    source.peeked = peeked;
    source.number = mark.number;
    source.end.clone_from(&mark.end);
    source.damages.clone_from(&mark.damages);
    source.losing = mark.losing;
    source.counters = mark.counters;
    Ok(source)
}
