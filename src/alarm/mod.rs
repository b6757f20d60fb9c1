//! Alarms: life cycle, delays, deduplication and the text an operator acts on.

/// An alarm after something happened to it.
#[derive(Clone, Debug)]
pub struct Transition {
    /// What happened.
    pub change: Change,
    /// The alarm as it is now.
    pub alarm: Alarm,
}

/// What happened to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Raised,
    /// It happened again.
    Repeated,
    /// The device's answer or another alarm has changed its severity or text.
    Amended,
    /// Its condition is gone.
    Returned,
    /// A person or the design of the site has moved it: acknowledged, shelved, suppressed.
    Moved,
}

/// One alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Stable for the same input.
    pub id: String,
}
