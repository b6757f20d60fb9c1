//! The clock of a device that sends events with its own time: which event is older than what is already known.

use tapglass_model::CaptureTime;

use super::clock::Moment;

/// Delays remembered to tell what is usual.
const DELAYS: usize = 8;

/// What is known of the clock of one device.
#[derive(Clone, Debug, Default)]
pub struct DeviceClock {
    /// How often the clock was set: times from before and after cannot be compared.
    epoch: u32,
    /// Capture time less device time of the last events.
    delays: [i64; DELAYS],
    count: usize,
}

impl DeviceClock {
    /// The setting of the clock that holds now.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The clock is set.
    pub fn set(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.count = 0;
    }

    /// An event of `source` arrives.
    pub fn learn(&mut self, now: Moment, source: CaptureTime) {
        self.delays[self.count % DELAYS] = now.saturating_sub(source.0);
        self.count += 1;
    }

    /// Did an event of `source` happen before a moment at which the present value was read? Buffered events come late;
    /// the shortest delay of late is that of events that were not buffered.
    #[must_use]
    pub fn before(&self, source: CaptureTime, read: Moment) -> bool {
        if self.count < 3 {
            return false;
        }
        let known = &self.delays[..self.count.min(DELAYS)];
        let shortest = known.iter().copied().min().unwrap_or(0);
        // A second of grace: reading and reporting are not the same moment either.
        source.0.saturating_add(shortest).saturating_add(1_000_000_000) < read
    }
}
