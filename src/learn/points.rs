//! Points that carry their own type, and bits: how often each is read, written, and whether it moves.

use tapglass_model::Value;
use tapglass_proto::Observation;

/// What the values of a point are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nature {
    /// Not seen with a value yet.
    #[default]
    Unknown,
    /// Two states.
    Truth,
    /// A number.
    Number,
    /// Text or a structure; no number can be made of it.
    Other,
}

/// One point.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// What its values are.
    pub nature: Nature,
    /// Values reported.
    pub reads: u64,
    /// Values written.
    pub writes: u64,
    /// Reported values that differed from the one before.
    pub changes: u64,
    /// Reported values that were more than the one before.
    pub rises: u64,
    /// The values are events, not polled ones.
    pub events: bool,
    last: Option<f64>,
}

impl Point {
    /// A device reports it.
    pub fn reported(&mut self, value: &Value<'_>, event: bool) {
        self.reads += 1;
        self.events |= event;
        self.is(value);
        if let Some(number) = value.number() {
            if let Some(last) = self.last {
                self.changes += u64::from(last.to_bits() != number.to_bits());
                self.rises += u64::from(last < number);
            }
            self.last = Some(number);
        }
    }

    /// A client writes it.
    pub fn written(&mut self, observation: &Observation<'_>) {
        self.writes += 1;
        self.is(&observation.value);
    }

    fn is(&mut self, value: &Value<'_>) {
        let nature = match value {
            Value::Bool(_) | Value::Control(_) => Nature::Truth,
            Value::Null => return,
            other if other.number().is_some() => Nature::Number,
            _ => Nature::Other,
        };
        // A status of an output is a bit and its command a relay operation: both have two states.
        if self.nature == Nature::Unknown || nature == Nature::Number {
            self.nature = nature;
        }
    }
}
