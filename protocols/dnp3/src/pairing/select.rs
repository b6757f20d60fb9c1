//! The SELECT before an OPERATE (IEEE 1815-2012 4.4.4): an outstation operates only what was selected just before,
//! with the next sequence number and the same objects.

use tapglass_proto::json::Writer;
use tapglass_proto::model::CaptureTime;

use super::{Ends, Pairing};
use crate::answer;
use crate::application::{Control, Fragment};

/// What an OPERATE has to do with the SELECT before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Select {
    /// The sequence number of the SELECT.
    pub(crate) sequence: u8,
    /// Nanoseconds from the SELECT to the OPERATE.
    delay: i64,
    /// The same controls in the same order.
    pub(crate) same_objects: bool,
    /// The sequence number is the next one.
    pub(crate) sequence_follows: bool,
}

impl Select {
    /// Writes the members of `select`.
    pub(crate) fn json(&self, out: &mut Writer<'_>) {
        out.key("seq").u64(u64::from(self.sequence));
        out.key("delay_us").i64(self.delay / 1_000);
        out.key("same_objects").bool(self.same_objects);
        out.key("sequence_follows").bool(self.sequence_follows);
    }
}

impl Pairing {
    /// The SELECT before an OPERATE that came at `at`: the last request of the pair, but for authentication and for
    /// the same OPERATE.
    pub(crate) fn selected(
        &self,
        ends: Ends,
        control: Control,
        operate: &Fragment<'_>,
        at: CaptureTime,
    ) -> Option<Select> {
        let (number, key) = self.pairs.get(&ends)?.selected?;
        let request = self
            .requests
            .get(&key)
            .filter(|request| request.number == number)?;
        let same_objects =
            Fragment::read(&request.bytes).is_some_and(|select| answer::same_controls(&select, operate));
        Some(Select {
            sequence: key.sequence,
            delay: at.since(request.sent.at),
            same_objects,
            sequence_follows: control.sequence() == key.sequence.wrapping_add(1) & 0x0f,
        })
    }
}
