//! Replay: a recording under a cursor that plays, pauses, steps and seeks, with the plant as it was at the cursor.

mod checkpoints;
mod index;
mod player;
mod run;
mod source;

pub use index::Index;
pub use player::Player;
pub use run::Run;
pub use source::{ReplaySource, Start};

use std::path::PathBuf;

use crate::capture::{Mark, OpenError};
use crate::input::Input;
use crate::keys::KeyRing;
use crate::pipeline::Hint;
use crate::site::Site;

/// What is replayed, and with which site. It is opened again for each seek backwards.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Where the frames come from.
    pub captures: Captures,
    /// The site; an empty one when there is none.
    pub site: Site,
    /// Keys to read what is encrypted.
    pub keys: KeyRing,
    /// Ports at which protocols are expected, besides those of the site.
    pub hints: Vec<Hint>,
}

/// Where the frames of a recording come from.
#[derive(Clone, Debug)]
pub enum Captures {
    /// Files.
    Files(Vec<PathBuf>),
    /// A capture that is a part of the program: its name and bytes.
    Bundled(&'static str, &'static [u8]),
}

impl Recording {
    /// Opens the captures from their start.
    ///
    /// # Errors
    /// When one cannot be opened.
    pub fn open(&self) -> Result<Input, OpenError> {
        match &self.captures {
            Captures::Files(files) => Input::with_keys(files, &self.keys),
            Captures::Bundled(name, bytes) => Input::bundled(name, bytes),
        }
    }

    /// Opens the captures again at places that a pass over them has marked.
    fn resume(&self, pass: &Input, marks: &[Mark]) -> Result<Input, OpenError> {
        match &self.captures {
            Captures::Files(files) => pass.resume(files, marks),
            Captures::Bundled(name, bytes) => pass.resume_bundled(name, bytes, marks),
        }
    }

    /// True when a frame's number is its place in the recording: there is one capture only.
    #[must_use]
    pub fn is_single(&self) -> bool {
        match &self.captures {
            Captures::Files(files) => files.len() == 1,
            Captures::Bundled(..) => true,
        }
    }

    /// Name for the header of the screens.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.captures {
            Captures::Bundled(name, _) => (*name).to_owned(),
            Captures::Files(files) => {
                let first = files
                    .first()
                    .and_then(|file| file.file_name())
                    .map(|name| name.to_string_lossy());
                let first = first.unwrap_or_default();
                match files.len() {
                    0 | 1 => first.into_owned(),
                    more => format!("{first} and {} more", more - 1),
                }
            }
        }
    }
}
