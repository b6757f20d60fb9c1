//! What a file that is not a capture starts with, said so that its owner recognises it.

use std::fmt::Write;

use crate::capture::OpenError;

/// Bytes that are looked at.
pub(super) const SHOWN: usize = 8;

/// Other kinds of files: how they start, and what to do.
const OTHERS: [(&[u8], &str); 12] = [
    (
        b"PK\x03\x04",
        ": this looks like a ZIP archive, unpack it with `unzip`",
    ),
    (b"\xfd7zXZ", ": this looks like xz, unpack it with `xz -d`"),
    (b"BZh", ": this looks like bzip2, unpack it with `bzip2 -d`"),
    (
        b"7z\xbc\xaf",
        ": this looks like a 7-Zip archive, unpack it with `7z x`",
    ),
    (
        b"\x04\x22\x4d\x18",
        ": this looks like lz4, unpack it with `lz4 -d`",
    ),
    (
        b"snoop\0\0\0",
        ": this looks like a snoop capture, convert it with `editcap -F pcapng IN OUT`",
    ),
    (
        b"\x1c\x00\x01\xac",
        ": this looks like an IXIA capture, convert it with `editcap -F pcapng IN OUT`",
    ),
    (
        b"\xac\x01\x00\x1c",
        ": this looks like an IXIA capture, convert it with `editcap -F pcapng IN OUT`",
    ),
    (
        b"GMBU",
        ": this looks like a Network Monitor capture, convert it with `editcap -F pcapng IN OUT`",
    ),
    (b"\x7fELF", ": this looks like a program"),
    (
        b"version https://",
        ": this looks like a Git LFS pointer, fetch the file with `git lfs pull`",
    ),
    (b"{", ": this looks like JSON"),
];

/// The error for a file that starts with `start`.
pub(super) fn refuse(name: &str, start: &[u8]) -> OpenError {
    let shown = start.get(..start.len().min(SHOWN)).unwrap_or_default();
    let mut text = String::new();
    for byte in shown {
        let _ = write!(text, "{byte:02x} ");
    }
    text.push('"');
    for &byte in shown {
        text.push(if matches!(byte, 0x20..=0x7e) {
            char::from(byte)
        } else {
            '.'
        });
    }
    text.push('"');
    let hint = OTHERS
        .iter()
        .find(|(magic, _)| start.starts_with(magic) || (magic.len() > SHOWN && magic.starts_with(shown)))
        .map_or("", |(_, hint)| hint);
    OpenError::NotACapture {
        name: name.to_owned(),
        start: text,
        hint,
    }
}
