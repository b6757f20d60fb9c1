//! Why a capture cannot be opened: what, where, and the mend.

use std::io;

/// A capture that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such file.
    #[error("`{name}`: no such file; check the name, and the directory it is in")]
    Missing {
        /// Name of the capture.
        name: String,
    },
    /// It is a directory.
    #[error("`{name}` is a directory; name the captures in it, such as {name}/*.pcapng")]
    Directory {
        /// Name of the capture.
        name: String,
    },
    /// It may not be read.
    #[error("`{name}`: no permission to read it; make it readable (`chmod +r`), or run as its owner")]
    Permission {
        /// Name of the capture.
        name: String,
    },
    /// It has no bytes.
    #[error("`{name}` is empty (0 bytes): nothing was captured or copied; capture or copy it again")]
    Empty {
        /// Name of the capture.
        name: String,
    },
    /// It ends before its first record.
    #[error("`{name}` ends inside its own header: {have} bytes, {need} are needed; capture or copy it again")]
    CutOff {
        /// Name of the capture.
        name: String,
        /// Bytes that are there.
        have: u64,
        /// Bytes that the header has.
        need: u64,
    },
    /// It is something else.
    #[error(
        "`{name}` is not a capture: it starts with {start}; pcap or pcapng, also gzip or zstd compressed, \
         is expected{hint}"
    )]
    NotACapture {
        /// Name of the capture.
        name: String,
        /// Its first bytes, for people.
        start: String,
        /// What it looks like and what to do, starting with `: `, or nothing.
        hint: &'static str,
    },
    /// It is a capture of a form that is not read.
    #[error("`{name}` is {form}, which is not read; convert it with `editcap -F pcapng {name} OUT.pcapng`")]
    Form {
        /// Name of the capture.
        name: String,
        /// The form.
        form: String,
    },
    /// The system or the decompressor failed.
    #[error("`{name}` cannot be read: {source}; check the disk, or copy the capture again")]
    Read {
        /// Name of the capture.
        name: String,
        /// What failed.
        source: io::Error,
    },
}

impl OpenError {
    /// The error of the system about the capture `name`, in words of this project.
    pub(super) fn from_io(name: &str, source: io::Error) -> Self {
        let name = name.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { name },
            io::ErrorKind::PermissionDenied => Self::Permission { name },
            io::ErrorKind::IsADirectory => Self::Directory { name },
            _ => Self::Read { name, source },
        }
    }
}
