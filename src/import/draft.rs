//! A site while it is made from a list.

use std::collections::BTreeMap;

use super::Options;

/// Something about a line of the list that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Line from 1.
    pub line: u32,
    /// Column from 1, in characters.
    pub column: u32,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub mend: String,
    /// Something was not carried over; else it is a question.
    pub lost: bool,
}

/// A device of the site.
#[derive(Clone, Debug, Default)]
pub(super) struct DeviceDraft {
    /// `modbus`, `dnp3`, `opcua`.
    pub(super) protocol: &'static str,
    /// Keys with their values as TOML.
    pub(super) keys: Vec<(&'static str, String)>,
    /// What must be filled in.
    pub(super) asks: Vec<String>,
}

/// When a limit that is no `safe` band applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Write,
    Observation,
}

/// A limit as a rule of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    /// Tells it from other limits of the tag.
    pub(super) name: &'static str,
    pub(super) on: On,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) severity: &'static str,
    pub(super) why: String,
}

/// A point of the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Point {
    pub(super) name: String,
    pub(super) device: String,
    pub(super) address: String,
    pub(super) data_type: &'static str,
    pub(super) bits: String,
    /// As the column holds it.
    pub(super) scale: String,
    pub(super) unit: String,
    pub(super) role: &'static str,
    /// The role that it could have, if somebody writes it.
    pub(super) candidate: &'static str,
    pub(super) safe: Option<(f64, f64)>,
    /// What makes the band a limit, for the rule that stands for it while the point has no role.
    pub(super) safe_is: Option<(On, &'static str)>,
    pub(super) range: Option<(f64, f64)>,
    pub(super) resolution: Option<f64>,
    pub(super) states: Vec<(u32, String)>,
    pub(super) sbo: &'static str,
    pub(super) limits: Vec<Limit>,
    pub(super) description: String,
    /// Where it stands in the list.
    pub(super) place: (u32, u32),
}

/// More notes are counted, not kept.
const MOST_NOTES: usize = 200_000;

/// A site while it is made.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) options: Options,
    /// The name of a device that has no other.
    pub(super) usual_device: String,
    pub(super) devices: BTreeMap<String, DeviceDraft>,
    pub(super) points: Vec<Point>,
    pub(super) notes: Vec<Note>,
    pub(super) read: u64,
    pub(super) lost: u64,
}

impl Draft {
    pub(super) fn new(file: &str, options: &Options) -> Self {
        let stem = std::path::Path::new(file)
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let usual = options.device.clone().unwrap_or(stem);
        Self {
            options: options.clone(),
            usual_device: device_name(&usual),
            ..Self::default()
        }
    }

    /// Something of this place is not in the site.
    pub(super) fn lost(&mut self, place: (u32, u32), what: impl Into<String>, mend: impl Into<String>) {
        self.lost += 1;
        self.note(place, what.into(), mend.into(), true);
    }

    /// The list leaves something open.
    pub(super) fn ask(&mut self, place: (u32, u32), what: impl Into<String>, mend: impl Into<String>) {
        self.note(place, what.into(), mend.into(), false);
    }

    fn note(&mut self, place: (u32, u32), what: String, mend: String, lost: bool) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(Note {
                line: place.0,
                column: place.1,
                what,
                mend,
                lost,
            });
        }
    }

    /// A device, which is made when it is named first.
    pub(super) fn device(&mut self, name: &str, protocol: &'static str) -> &mut DeviceDraft {
        self.devices
            .entry(name.to_owned())
            .or_insert_with(|| DeviceDraft {
                protocol,
                ..DeviceDraft::default()
            })
    }
}

/// A name that a device can have: it stands before the slash of addresses.
pub(super) fn device_name(text: &str) -> String {
    let name: String = text
        .trim()
        .chars()
        .map(|letter| {
            if letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.') {
                letter
            } else {
                '-'
            }
        })
        .collect();
    if name.is_empty() {
        "device".to_owned()
    } else {
        name
    }
}

/// A text on one line, without what cannot be shown.
pub(super) fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A number as TOML and CSV both read it: large ones with an exponent, since whole numbers of TOML end at 64 bits.
pub(super) fn plain(number: f64) -> String {
    if number != 0.0 && !(1e-6..1e15).contains(&number.abs()) {
        format!("{number:e}")
    } else {
        format!("{number}")
    }
}

/// The column `scale` of a straight line through two points.
pub(super) fn linear(raw: (f64, f64), units: (f64, f64)) -> String {
    format!(
        "{{ raw = [{}, {}], eu = [{}, {}] }}",
        plain(raw.0),
        plain(raw.1),
        plain(units.0),
        plain(units.1)
    )
}

/// A text as TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A number, also with a decimal comma; not one that is none.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    text.parse::<f64>()
        .or_else(|_| text.replacen(',', ".", 1).parse())
        .ok()
        .filter(|number| number.is_finite())
}
