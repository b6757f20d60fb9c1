//! Tag lists of other products as a site (site-and-rules 1.9): what they say is carried over, what they do not say is asked for,
//! and what cannot be said in a site is told line by line.

mod dnp3_profile;
mod draft;
mod finish;
mod form;
mod ignition;
mod ignition_csv;
mod ignition_tag;
mod kepware;
mod kics;
mod lines;
mod modbus;
mod nodeset;
mod table;
mod write;
mod xml;

pub use draft::Note;
pub use form::Form;

use draft::Draft;

/// Larger files are refused: the list of 20,000 points has some ten megabytes in the wordiest of these forms.
pub const LARGEST: u64 = 64 << 20;

/// What the command line adds to a list.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Name of the device, where the list holds one and does not name it.
    pub device: Option<String>,
    /// Order of bytes in values of several registers, which no list says.
    pub order: Option<String>,
    /// What may be written is a setpoint or command. Lists say only that it may.
    pub roles: bool,
}

/// A site made from a list.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Its files by name: `plant.toml`, `tags.csv`, and `rules.toml` where needed.
    pub files: Vec<(&'static str, String)>,
    /// What was not carried over, and what the list leaves open, in the order of the list.
    pub notes: Vec<Note>,
    /// Points in the list.
    pub points: u64,
    /// Those that are tags now.
    pub tags: u64,
    /// Notes of which something was not carried over.
    pub lost: u64,
    /// Warnings of the site as it is now.
    pub warnings: Vec<String>,
}

/// Why there is no site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {what}")]
pub struct ImportError {
    /// The list.
    pub file: String,
    /// `:line:column`, where there is one.
    pub place: String,
    /// What is wrong, and the mend.
    pub what: String,
}

impl ImportError {
    fn new(place: Option<(u32, u32)>, what: impl Into<String>) -> Self {
        Self {
            file: String::new(),
            place: place.map_or_else(String::new, |(line, column)| format!(":{line}:{column}")),
            what: what.into(),
        }
    }
}

/// Makes a site of a list. `file` is its name, for messages and for what has no other name.
///
/// # Errors
///
/// When the file is not such a list, or holds no point that a site can have.
pub fn import(form: Form, file: &str, bytes: &[u8], options: &Options) -> Result<Imported, ImportError> {
    read(form, file, bytes, options)
        .and_then(|draft| finish::finish(draft, file, form))
        .map_err(|error| ImportError {
            file: file.to_owned(),
            ..error
        })
}

fn read(form: Form, file: &str, bytes: &[u8], options: &Options) -> Result<Draft, ImportError> {
    let text = text(bytes)?;
    let mut draft = Draft::new(file, options);
    match form {
        Form::Kepware => kepware::read(&text, &mut draft)?,
        Form::Ignition if text.trim_start().starts_with(['{', '[']) => ignition::read(&text, &mut draft)?,
        Form::Ignition => ignition_csv::read(&text, &mut draft)?,
        Form::Kics => kics::read(&text, &mut draft)?,
        Form::Dnp3Profile => dnp3_profile::read(&text, &mut draft)?,
        Form::NodeSet => nodeset::read(&text, &mut draft)?,
    }
    Ok(draft)
}

/// The text of a file: UTF-8, with or without a mark, or UTF-16 with one, as spreadsheets and .NET programs write it.
fn text(bytes: &[u8]) -> Result<String, ImportError> {
    let decoded = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    decoded.ok_or_else(|| {
        let before = std::str::from_utf8(bytes)
            .err()
            .and_then(|error| bytes.get(..error.valid_up_to()))
            .unwrap_or(bytes);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        ImportError::new(
            Some((u32::try_from(line).unwrap_or(u32::MAX), 1)),
            "this is not UTF-8 text; save the file as UTF-8",
        )
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.try_into().ok())
        .map(unit);
    char::decode_utf16(units).collect::<Result<String, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_the_forms_that_programs_write() {
        for (bytes, expected) in [
            (&b"abc"[..], Some("abc")),
            (&b"\xef\xbb\xbfabc"[..], Some("abc")),
            (&b"\xff\xfea\0b\0"[..], Some("ab")),
            (&b"\xfe\xff\0a\0b"[..], Some("ab")),
            (&b"a\nb\xe4"[..], None),
            (&b"\xff\xfe\x00\xd8"[..], None),
        ] {
            assert_eq!(text(bytes).ok().as_deref(), expected, "{bytes:?}");
        }
        let error = text(b"a\nb\xe4").unwrap_err();
        assert_eq!(error.place, ":2:1");
    }
}
