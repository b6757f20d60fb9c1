//! Devices and conversations told while the watching goes on: when they are new or have changed, each at most once a minute.

use tapglass_model::{CaptureTime, SECOND};

use super::write::{write_device, write_talk};
use super::{Beside, Census, Device, Talk};
use crate::records::Captures;

/// How often one device or conversation is told at most.
const PAUSE: i64 = 60 * SECOND;

/// Which records are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// `device`
    pub devices: bool,
    /// `conversation`
    pub conversations: bool,
}

/// Is it time to tell something that has changed?
fn is_due(news: bool, told: Option<CaptureTime>, now: CaptureTime) -> bool {
    news && told.is_none_or(|told| now.since(told) >= PAUSE)
}

impl Device {
    fn is_due(&self, now: CaptureTime) -> bool {
        is_due(self.news, self.told, now)
    }
}

impl Talk {
    fn is_due(&self, now: CaptureTime) -> bool {
        self.was_heard() && is_due(self.news, self.told, now)
    }
}

impl Census {
    /// Writes what is new or has changed and was not told within the last minute; true when there was something.
    pub fn write_news(
        &mut self,
        out: &mut Vec<u8>,
        captures: &Captures,
        beside: &Beside<'_>,
        now: CaptureTime,
        wanted: Wanted,
    ) -> bool {
        let before = out.len();
        if wanted.devices {
            for (ip, device) in &mut self.devices {
                if device.is_due(now) {
                    device.news = false;
                    device.told = Some(now);
                    write_device(out, captures, beside, &[], *ip, device);
                }
            }
        }
        if wanted.conversations {
            for talk in self.talks.values_mut() {
                if talk.is_due(now) {
                    talk.news = false;
                    talk.told = Some(now);
                    write_talk(out, captures, beside, talk);
                }
            }
        }
        out.len() > before
    }
}
