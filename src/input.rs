//! Several captures read as one, in time order.

use std::path::Path;

use tapglass_model::CaptureTime;

use crate::capture::{
    Counters, End, FileSource, Frame, Mark, OpenError, Source, bundled, open, resume, resume_bundled, stdin,
};
use crate::keys::KeyRing;
use crate::records::Captures;

/// Captures merged in time order; equal times in the order in which the captures were named.
pub struct Input {
    sources: Vec<FileSource>,
    names: Vec<String>,
    /// Keys that were given, and those that the captures bring along.
    keys: KeyRing,
}

impl Input {
    /// Opens the captures; `-` is standard input.
    ///
    /// # Errors
    /// When one of them cannot be opened or is no capture.
    pub fn open(paths: &[std::path::PathBuf]) -> Result<Self, OpenError> {
        Self::with_keys(paths, &KeyRing::default())
    }

    /// Opens the captures with keys to read what is encrypted in them.
    ///
    /// # Errors
    /// When one of them cannot be opened or is no capture.
    pub fn with_keys(paths: &[std::path::PathBuf], keys: &KeyRing) -> Result<Self, OpenError> {
        // What a capture brings along belongs to this reading of it.
        let keys = keys.fork();
        let mut sources = Vec::new();
        let mut names = Vec::new();
        for path in paths {
            let mut source = if path.as_os_str() == "-" {
                stdin()?
            } else {
                open(path)?
            };
            let (ring, of) = (keys.clone(), name(path));
            source.on_secrets(move |kind, bytes| ring.take_secrets(&of, kind, bytes));
            sources.push(source);
            names.push(name(path));
        }
        Ok(Self { sources, names, keys })
    }

    /// Reads a capture that is a part of the program.
    ///
    /// # Errors
    /// When it is no capture.
    pub fn bundled(name: &str, bytes: &'static [u8]) -> Result<Self, OpenError> {
        Ok(Self {
            sources: vec![bundled(name, bytes)?],
            names: vec![name.to_owned()],
            keys: KeyRing::default(),
        })
    }

    /// The present place in each capture.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        self.sources.iter().map(FileSource::mark).collect()
    }

    /// Opens the captures of this input again at places that were marked before; the keys are the same ones.
    ///
    /// # Errors
    /// When one of them cannot be read any more.
    pub fn resume(&self, paths: &[std::path::PathBuf], marks: &[Mark]) -> Result<Self, OpenError> {
        let mut sources = Vec::new();
        for ((path, mark), of) in paths.iter().zip(marks).zip(&self.names) {
            let mut source = resume(path, mark)?;
            let (ring, of) = (self.keys.clone(), of.clone());
            source.on_secrets(move |kind, bytes| ring.take_secrets(&of, kind, bytes));
            sources.push(source);
        }
        Ok(self.with_sources(sources))
    }

    /// As [`resume`](Self::resume), for a capture that is a part of the program.
    ///
    /// # Errors
    /// When it is no capture.
    pub fn resume_bundled(
        &self,
        name: &str,
        bytes: &'static [u8],
        marks: &[Mark],
    ) -> Result<Self, OpenError> {
        let mut sources = Vec::new();
        for mark in marks {
            sources.push(resume_bundled(name, bytes, mark)?);
        }
        Ok(self.with_sources(sources))
    }

    fn with_sources(&self, sources: Vec<FileSource>) -> Self {
        Self {
            sources,
            names: self.names.clone(),
            keys: self.keys.clone(),
        }
    }

    /// The keys, which grow while the captures are read.
    #[must_use]
    pub const fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// The names of the captures.
    #[must_use]
    pub fn captures(&self) -> Captures {
        Captures::new(self.names.clone())
    }

    /// Calls `visit` for each frame in time order until there are no more or it answers false.
    pub fn each(&mut self, mut visit: impl FnMut(&Frame<'_>) -> bool) {
        while let Some(frame) = self.next() {
            if !visit(&frame) {
                return;
            }
        }
    }

    /// The next frame in time order, its number carrying the capture's place; `None` at the end of all captures.
    #[allow(clippy::should_implement_trait)] // the frame is borrowed from its source, which an iterator cannot do
    #[inline]
    pub fn next(&mut self) -> Option<Frame<'_>> {
        // A single file has nothing to be compared with, so its frames are not looked at twice; and it need not be waited
        // for, as a stream must be.
        if let [only] = self.sources.as_slice()
            && only.is_file()
        {
            return self.sources.first_mut()?.frame();
        }
        let place = self.earliest()?;
        let frame = self.sources.get_mut(place)?.frame()?;
        Some(Frame {
            number: Captures::number(place, frame.number),
            ..frame
        })
    }

    /// When the next frame was captured.
    pub fn peek_time(&mut self) -> Option<CaptureTime> {
        let place = self.earliest()?;
        self.sources.get_mut(place)?.peek_time()
    }

    /// The capture with the earliest next frame. One that has no frame at hand is asked why, and waited for when it is
    /// a stream.
    #[inline]
    fn earliest(&mut self) -> Option<usize> {
        let mut best: Option<(CaptureTime, usize)> = None;
        for (place, source) in self.sources.iter_mut().enumerate() {
            while source.end().is_none() {
                if let Some(at) = source.peek_time() {
                    if best.is_none_or(|(earliest, _)| at < earliest) {
                        best = Some((at, place));
                    }
                    break;
                }
                source.next();
            }
        }
        best.map(|(_, place)| place)
    }

    /// What went wrong while reading, one sentence for each capture.
    #[must_use]
    pub fn damages(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for (source, name) in self.sources.iter().zip(&self.names) {
            match source.end() {
                Some(End::Damaged(damage)) => texts.push(format!("{name}: {damage}")),
                Some(End::Lost(what)) => texts.push(format!("{name}: {what}")),
                _ => {}
            }
        }
        texts.extend(self.keys.faults());
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
