//! The alarms of a run, each in its last state, within bounds.

use std::collections::BTreeMap;
use std::sync::Arc;

use tapglass_model::Severity;

use crate::alarm::Alarm;

/// Alarms kept until the end: some 100 MB. Beyond that the journal (low) gives way first, then what comes is counted.
const MOST: usize = 100_000;

/// The alarms so far.
#[derive(Default)]
pub(super) struct Kept {
    alarms: BTreeMap<u64, Arc<Alarm>>,
    /// Those that are low and kept.
    low: Vec<u64>,
    /// Alarms that were not kept.
    pub(super) forgotten: u64,
}

impl Kept {
    /// Takes an alarm as it is now.
    pub(super) fn take(&mut self, alarm: Arc<Alarm>) {
        let number = alarm.number;
        let is_low = alarm.severity == Severity::Low;
        if let Some(before) = self.alarms.get_mut(&number) {
            *before = alarm;
            return;
        }
        if self.alarms.len() >= MOST {
            self.forgotten += 1;
            // What has become worse meanwhile is not low any more.
            let given_up = (!is_low).then(|| {
                std::iter::from_fn(|| self.low.pop()).find(|low| {
                    let known = self.alarms.get(low);
                    known.is_some_and(|known| known.severity == Severity::Low)
                })
            });
            match given_up.flatten() {
                Some(low) => self.alarms.remove(&low),
                None => return,
            };
        }
        if is_low {
            self.low.push(number);
        }
        self.alarms.insert(number, alarm);
    }

    /// All that were kept.
    pub(super) fn into_values(self) -> impl Iterator<Item = Arc<Alarm>> {
        self.alarms.into_values()
    }
}
