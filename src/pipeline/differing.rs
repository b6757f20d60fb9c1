//! Segments that differ from the stream: named, and read beside it.

use tapglass_model::CaptureTime;
use tapglass_proto::{Anomaly, Blind, BlindReason, Chunk, Direction, Transport};

use super::handler::Handler;
use super::shadow::Shadow;
use crate::conversation::Context;
use crate::flow::{Difference, Other};
use crate::registry::PROTOCOLS;

/// Second readings of a conversation at the same time; the oldest ends first.
const SHADOWS: usize = 4;

/// What is known of a conversation's differing segments.
#[derive(Clone, Default)]
pub(super) struct Differing {
    /// Second readings that still go on.
    shadows: Vec<Shadow>,
    budget: Budget,
    /// So far.
    count: u64,
}

impl Differing {
    /// Second readings go on with what is delivered.
    #[cold]
    pub(super) fn follow<H: Handler>(&mut self, chunk: &Chunk<'_>, context: Context<'_>, handler: &mut H) {
        self.shadows.retain_mut(|shadow| {
            shadow.direction != chunk.direction || shadow.follow(chunk, context, handler)
        });
    }

    /// The stream has a hole: what follows it does not belong to what was read.
    pub(super) fn end(&mut self, direction: Direction) {
        self.shadows.retain(|shadow| shadow.direction != direction);
    }

    /// Names a differing segment and reads it in its place, beside the stream.
    pub(super) fn read<H: Handler>(
        &mut self,
        direction: Direction,
        transport: Transport,
        other: &Other,
        checksum: Option<bool>,
        context: Context<'_>,
        handler: &mut H,
    ) {
        tell(direction, other, checksum, &context, handler);
        match self.budget.take(other.at) {
            Grant::Read => {}
            Grant::Spent => return,
            Grant::JustSpent => return handler.blind(
                &context,
                &Blind {
                    from: other.at,
                    until: other.at,
                    frame: other.frame,
                    direction: Some(direction),
                    bytes: None,
                    reason: BlindReason::Limit,
                    text: format_args!(
                        "too many segments that differ from the stream; for a minute no more of them are read"
                    ),
                },
            ),
        }
        let Some(protocol) = PROTOCOLS
            .iter()
            .find(|protocol| protocol.name() == context.conversation.protocol)
        else {
            return;
        };
        self.count += 1;
        let mark = (name_of(other.difference), self.count);
        let shadow = Shadow::new(*protocol, transport, direction, other, mark, context, handler);
        if self.shadows.len() == SHADOWS {
            self.shadows.remove(0);
        }
        self.shadows.push(shadow);
    }
}

/// Says how a segment differs from what was delivered.
pub(super) fn tell<H: Handler>(
    direction: Direction,
    other: &Other,
    checksum: Option<bool>,
    context: &Context<'_>,
    handler: &mut H,
) {
    let mut anomaly = |name, text| {
        handler.anomaly(
            context,
            &Anomaly {
                at: other.at,
                frame: other.frame,
                from: direction,
                name,
                text,
                bytes: &other.bytes,
            },
        );
    };
    let checksum = match checksum {
        Some(true) => "; its TCP checksum is right",
        Some(false) => "; its TCP checksum is wrong",
        None => "",
    };
    let count = other.bytes.len();
    let name = name_of(other.difference);
    match other.difference {
        Difference::Conflict {
            differing,
            first_frame,
            first_ttl,
        } => anomaly(
            name,
            format_args!(
                "{differing} of {count} bytes differ from those of frame {} for the same place of the stream \
                 (time to live {first_ttl} then, {} now{checksum}); which the receiver took is not known",
                crate::records::frame_number(first_frame),
                other.sender.ttl
            ),
        ),
        Difference::Astray => anomaly(
            name,
            format_args!(
                "the sequence number is far from the stream and nothing confirms it (time to live {}{checksum})",
                other.sender.ttl
            ),
        ),
        Difference::Urgent => anomaly(
            name,
            format_args!("urgent data, which some receivers take out of the stream{checksum}"),
        ),
        // Late is not wrong.
        Difference::Late => {}
    }
}

/// The word of records for a difference.
pub(super) const fn name_of(difference: Difference) -> &'static str {
    match difference {
        Difference::Conflict { .. } => "tcp_overlap_conflict",
        Difference::Late => "late_segment",
        Difference::Astray => "tcp_astray_segment",
        Difference::Urgent => "tcp_urgent_data",
    }
}

/// How many differing segments of a conversation are read in a stretch of time; further ones are named, not read.
#[derive(Clone, Copy, Debug, Default)]
struct Budget {
    since: CaptureTime,
    used: u32,
}

impl Budget {
    /// Segments in each stretch.
    const MOST: u32 = 256;
    /// The stretch.
    const STRETCH: i64 = 60 * tapglass_model::SECOND;

    /// May one more be read?
    fn take(&mut self, at: CaptureTime) -> Grant {
        if at.since(self.since).abs() > Self::STRETCH {
            *self = Self { since: at, used: 0 };
        }
        self.used = self.used.saturating_add(1);
        match self.used {
            ..=Self::MOST => Grant::Read,
            used if used == Self::MOST + 1 => Grant::JustSpent,
            _ => Grant::Spent,
        }
    }
}

/// The answer of a budget.
enum Grant {
    Read,
    /// No, for the first time in this stretch.
    JustSpent,
    Spent,
}
