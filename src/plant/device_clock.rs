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
    /// Capture time less device time of the last reports with events, of the newest of each.
    delays: [i64; DELAYS],
    count: usize,
    /// When the last of them came.
    at: Moment,
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

    /// An event of `source` arrives. Events that come together are one report: many old ones at once do not make being
    /// old usual.
    pub fn learn(&mut self, now: Moment, source: CaptureTime) {
        let delay = now.saturating_sub(source.0);
        if self.count > 0 && self.at == now {
            let last = &mut self.delays[(self.count - 1) % DELAYS];
            *last = delay.min(*last);
            return;
        }
        self.delays[self.count % DELAYS] = delay;
        self.count += 1;
        self.at = now;
    }

    /// The shortest delay of late, once there was an event.
    #[must_use]
    pub fn shortest(&self) -> Option<i64> {
        self.delays[..self.count.min(DELAYS)].iter().copied().min()
    }

    /// Did an event of `source` happen before a moment at which the present value was read? Buffered events come late;
    /// the shortest delay of late is that of events that were not buffered.
    #[must_use]
    pub fn before(&self, source: CaptureTime, read: Moment) -> bool {
        if self.count < 3 {
            return false;
        }
        let shortest = self.shortest().unwrap_or(0);
        // A second of grace: reading and reporting are not the same moment either.
        source.0.saturating_add(shortest).saturating_add(1_000_000_000) < read
    }
}
