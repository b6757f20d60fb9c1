//! Key logs that grow while a live interface is watched: a client writes the keys of each channel when it opens it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often the files are looked at, when a key is wanted that is not there.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Bytes that are read at one look.
const MOST_AT_ONCE: u64 = 1 << 20;

/// A file, and how far it was read.
struct Followed {
    path: PathBuf,
    name: String,
    read: u64,
}

/// Files that grow.
pub(super) struct Follow {
    files: Vec<Followed>,
    last: Option<Instant>,
}

impl Follow {
    /// Follows files, each read up to so many bytes.
    pub(super) fn new(files: impl Iterator<Item = (PathBuf, u64)>) -> Self {
        let files = files
            .map(|(path, read)| Followed {
                name: path.display().to_string(),
                path,
                read,
            })
            .collect();
        Self { files, last: None }
    }

    /// Gives the new whole lines of each file to `take`, together with its name; not more often than a file can change.
    pub(super) fn look(&mut self, mut take: impl FnMut(&str, &[u8])) {
        if self.last.is_some_and(|last| last.elapsed() < BETWEEN_LOOKS) {
            return;
        }
        self.last = Some(Instant::now());
        for file in &mut self.files {
            if let Ok(new) = file.new_lines()
                && !new.is_empty()
            {
                take(&file.name, &new);
            }
        }
    }
}

impl Followed {
    fn new_lines(&mut self) -> std::io::Result<Vec<u8>> {
        let metadata = std::fs::metadata(&self.path)?;
        let length = metadata.len();
        // Opening a pipe would wait for somebody to write into it.
        if length == self.read || !metadata.is_file() {
            return Ok(Vec::new());
        }
        let mut file = File::open(&self.path)?;
        if length < self.read {
            // It was begun anew.
            self.read = 0;
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut new = Vec::new();
        file.take(MOST_AT_ONCE).read_to_end(&mut new)?;
        // The last line may be half written.
        let end = new
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        // A line that never ends is no key.
        let endless = end == 0 && new.len() as u64 == MOST_AT_ONCE;
        self.read += if endless { MOST_AT_ONCE } else { end as u64 };
        new.truncate(end);
        Ok(new)
    }
}
