//! Holes of a conversation, reported one by one, or together when there are many.

use tapglass_model::{CaptureTime, SECOND};
use tapglass_proto::{Blind, BlindReason, Direction};

use super::handler::Handler;
use crate::conversation::Context;

/// Holes of one direction that are reported one by one; later ones together for each second.
const ONE_BY_ONE: u32 = 1_000;
/// Holes within this time are reported together.
const TOGETHER: i64 = SECOND;

/// A stretch of one direction that was not seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hole {
    /// Holes that were put together into this one.
    pub(super) count: u64,
    pub(super) from: CaptureTime,
    pub(super) until: CaptureTime,
    pub(super) frame: u64,
    /// Bytes missing, where known.
    pub(super) bytes: Option<u64>,
    /// They were cut off when the frame was captured.
    pub(super) cut_off: bool,
}

/// The holes of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holes {
    reported: u32,
    waiting: Option<Hole>,
}

impl Holes {
    /// Takes a hole; gives back what is to be reported now.
    pub(super) fn take(&mut self, hole: Hole) -> Option<Hole> {
        if self.reported < ONE_BY_ONE {
            self.reported += 1;
            return Some(hole);
        }
        match &mut self.waiting {
            Some(waiting)
                if waiting.cut_off == hole.cut_off
                    && waiting.bytes.is_some() == hole.bytes.is_some()
                    && hole.until.since(waiting.from).abs() <= TOGETHER =>
            {
                waiting.count += 1;
                waiting.until = hole.until;
                waiting.frame = hole.frame;
                waiting.bytes = waiting.bytes.zip(hole.bytes).map(|(all, more)| all + more);
                None
            }
            waiting => waiting.replace(hole),
        }
    }

    /// What has not been reported yet.
    pub(super) fn rest(&mut self) -> Option<Hole> {
        self.waiting.take()
    }
}

impl Hole {
    /// Reports it.
    pub(super) fn tell<H: Handler>(&self, direction: Direction, context: &Context<'_>, handler: &mut H) {
        let name = direction.name();
        let mut blind = |text| {
            let reason = if self.cut_off {
                BlindReason::Truncated
            } else {
                BlindReason::Gap
            };
            handler.blind(
                context,
                &Blind {
                    from: self.from,
                    until: self.until,
                    frame: self.frame,
                    direction: Some(direction),
                    bytes: self.bytes,
                    reason,
                    text,
                },
            );
        };
        match (self.bytes, self.cut_off, self.count) {
            (None, ..) => blind(format_args!(
                "the sequence numbers of the {name} jump; an unknown number of bytes is not in the capture"
            )),
            (Some(bytes), false, 1) => {
                blind(format_args!(
                    "{bytes} bytes from the {name} are not in the capture"
                ));
            }
            (Some(bytes), true, 1) => blind(format_args!(
                "{bytes} bytes from the {name} were cut off when the frame was captured"
            )),
            (Some(bytes), false, count) => blind(format_args!(
                "{bytes} bytes from the {name} in {count} places are not in the capture"
            )),
            (Some(bytes), true, count) => blind(format_args!(
                "{bytes} bytes from the {name} in {count} frames were cut off when they were captured"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(second: i64) -> Hole {
        let at = CaptureTime(second * SECOND / 10);
        Hole {
            count: 1,
            from: at,
            until: at,
            frame: 1,
            bytes: Some(10),
            cut_off: false,
        }
    }

    #[test]
    fn many_holes_are_put_together_and_none_is_lost() {
        let mut holes = Holes::default();
        let mut told = Vec::new();
        for number in 0..2_000 {
            told.extend(holes.take(hole(number)));
        }
        told.extend(holes.rest());
        assert_eq!(told.iter().map(|hole| hole.count).sum::<u64>(), 2_000);
        assert_eq!(told.iter().filter_map(|hole| hole.bytes).sum::<u64>(), 20_000);
        assert!(told.len() < 1_000 + 1_000 / 10 + 1, "{}", told.len());
    }
}
