//! Several captures read as one, in time order.

use std::path::Path;

use tapglass_model::CaptureTime;

use crate::capture::{Counters, End, FileSource, Frame, Next, OpenError, Source, open, stdin};
use crate::records::Captures;

/// Captures merged in time order; equal times in the order in which the captures were named.
pub struct Input {
    sources: Vec<FileSource>,
    names: Vec<String>,
    /// How each capture ended, once it has.
    ends: Vec<Option<End>>,
}

impl Input {
    /// Opens the captures; `-` is standard input.
    ///
    /// # Errors
    /// When one of them cannot be opened or is no capture.
    pub fn open(paths: &[std::path::PathBuf]) -> Result<Self, OpenError> {
        let mut sources = Vec::new();
        let mut names = Vec::new();
        for path in paths {
            sources.push(if path.as_os_str() == "-" {
                stdin()?
            } else {
                open(path)?
            });
            names.push(name(path));
        }
        let ends = vec![None; sources.len()];
        Ok(Self { sources, names, ends })
    }

    /// The names of the captures.
    #[must_use]
    pub fn captures(&self) -> Captures {
        Captures::new(self.names.clone())
    }

    /// Calls `visit` for each frame in time order until there are no more or it answers false. Frame numbers carry the
    /// capture's place.
    pub fn each(&mut self, mut visit: impl FnMut(&Frame<'_>) -> bool) {
        if let [source] = self.sources.as_mut_slice() {
            let end = loop {
                match source.next() {
                    Next::Frame(frame) => {
                        if !visit(&frame) {
                            return;
                        }
                    }
                    Next::Idle => {}
                    Next::End(end) => break end,
                }
            };
            self.ends = vec![Some(end)];
            return;
        }
        while let Some(place) = self.earliest() {
            let Some(source) = self.sources.get_mut(place) else {
                return;
            };
            match source.next() {
                Next::Frame(frame) => {
                    let number = Captures::number(place, frame.number);
                    if !visit(&Frame { number, ..frame }) {
                        return;
                    }
                }
                Next::Idle => {}
                Next::End(end) => {
                    if let Some(known) = self.ends.get_mut(place) {
                        *known = Some(end);
                    }
                }
            }
        }
    }

    /// The capture with the earliest next frame, of those that have not ended.
    fn earliest(&mut self) -> Option<usize> {
        let mut best: Option<(CaptureTime, usize)> = None;
        for (place, (source, end)) in self.sources.iter_mut().zip(&self.ends).enumerate() {
            if end.is_some() {
                continue;
            }
            // A source that has no frame now is asked at once: it says how it ended.
            let at = source.peek_time().unwrap_or(CaptureTime(i64::MIN));
            if best.is_none_or(|(earliest, _)| at < earliest) {
                best = Some((at, place));
            }
        }
        best.map(|(_, place)| place)
    }

    /// What went wrong while reading, one sentence for each capture.
    #[must_use]
    pub fn damages(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for (end, name) in self.ends.iter().zip(&self.names) {
            match end {
                Some(End::Damaged(damage)) => texts.push(format!("{name}: {damage}")),
                Some(End::Lost(what)) => texts.push(format!("{name}: {what}")),
                _ => {}
            }
        }
        texts
    }

    /// Counters of all captures together.
    pub fn counters(&mut self) -> Vec<Counters> {
        self.sources.iter_mut().map(Source::counters).collect()
    }
}

/// A capture's name in records: the file's own, without its folders.
fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.to_string_lossy(), std::ffi::OsStr::to_string_lossy)
        .into_owned()
}
