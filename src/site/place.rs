//! Where the files of a site are: a directory, or memory (a site that is part of the program, a test).

use std::io::{Error, ErrorKind};
use std::path::{Component, Path};

/// Larger files are refused: 20,000 tags take about five megabytes.
const LARGEST: u64 = 64 << 20;

/// Files by name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    Directory(&'a Path),
    Memory(&'a [(&'a str, &'a [u8])]),
}

impl Place<'_> {
    /// The name of the site when it does not say one.
    pub(super) fn name(self) -> String {
        let name = match self {
            // `.` has no name of its own.
            Self::Directory(directory) => directory
                .canonicalize()
                .ok()
                .as_deref()
                .unwrap_or(directory)
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            Self::Memory(_) => None,
        };
        name.unwrap_or_default()
    }

    /// Whether a file is there.
    pub(super) fn has(self, name: &str) -> bool {
        match self {
            // Only what does not exist is absent; a pipe, a directory or a broken link is read, and refused with a reason.
            Self::Directory(directory) => {
                !matches!(directory.join(name).symlink_metadata(), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
            }
            Self::Memory(files) => files.iter().any(|(known, _)| *known == name),
        }
    }

    /// Whether a name stays inside the site: what is outside is not part of what was reviewed and hashed.
    pub(super) fn is_inside(name: &str) -> bool {
        !name.is_empty()
            && Path::new(name)
                .components()
                .all(|component| matches!(component, Component::Normal(_) | Component::CurDir))
    }

    /// The bytes of a file.
    pub(super) fn read(self, name: &str) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Directory(directory) => {
                let path = directory.join(name);
                let metadata = std::fs::metadata(&path)?;
                // A pipe or device would be read for ever.
                if !metadata.is_file() {
                    return Err(Error::other("it is not a file"));
                }
                if metadata.len() > LARGEST {
                    return Err(Error::other("it is larger than 64 MB"));
                }
                std::fs::read(path)
            }
            Self::Memory(files) => files
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, bytes)| bytes.to_vec())
                .ok_or_else(|| Error::from(ErrorKind::NotFound)),
        }
    }
}
