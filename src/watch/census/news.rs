//! Devices and conversations told while the watching goes on: when they are new or have changed, each at most once a minute.

use tapglass_model::{CaptureTime, SECOND};

use super::write::{write_device, write_talk};
use super::{Beside, Census};
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
                let silent = beside.silent_since(*ip, device).is_some();
                if is_due(device.news || silent != device.told_silent, device.told, now) {
                    device.news = false;
                    device.told = Some(now);
                    device.told_silent = silent;
                    write_device(out, captures, beside, &[], *ip, device);
                }
            }
        }
        if wanted.conversations {
            for talk in self.talks.values_mut() {
                if talk.was_heard() && is_due(talk.news, talk.told, now) {
                    talk.news = false;
                    talk.told = Some(now);
                    write_talk(out, captures, beside, talk);
                }
            }
        }
        out.len() > before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_told_and_not_more_than_once_a_minute() {
        let at = |seconds: i64| CaptureTime(seconds * SECOND);
        for (news, told, now, due) in [
            (true, None, 0, true),
            (false, None, 0, false),
            (true, Some(0), 59, false),
            (true, Some(0), 60, true),
            (false, Some(0), 600, false),
        ] {
            assert_eq!(is_due(news, told.map(at), at(now)), due, "{news} {told:?} {now}");
        }
    }
}
