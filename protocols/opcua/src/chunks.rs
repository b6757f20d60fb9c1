//! The chunks of a secure channel: reading their headers, taking their signatures off, putting them together.

use alloc::vec::Vec;

use tapglass_proto::{BlindReason, Cursor, Direction, Piece};

use crate::application::{begins_like_a_message, is_readable};
use crate::context::Context;
use crate::fault::Fault;
use crate::frame::{ChunkType, FrameType, HEADER, Header};
use crate::security::{AsymmetricHeader, Mode, Policy, SequenceHeader};
use crate::session::Conversation;
use crate::whole::{Partial, Span, Whole};

/// What the frames around a chunk's body say.
struct Part<'a> {
    header: Header,
    bytes: &'a [u8],
    channel: u32,
    token: Option<u32>,
    sequence: Option<SequenceHeader>,
    open: Option<AsymmetricHeader<'a>>,
    body: &'a [u8],
    body_at: usize,
}

impl Conversation {
    /// One chunk of a message of a channel.
    pub(crate) fn part(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        header: Header,
        bytes: &[u8],
        pieces: &[Piece],
    ) -> Result<(), Fault> {
        let mut cursor = Cursor::new(bytes);
        cursor.take(HEADER, "header")?;
        let channel = cursor.u32_le("SecureChannelId")?;
        let mut part = Part {
            header,
            bytes,
            channel,
            token: None,
            sequence: None,
            open: None,
            body: &[],
            body_at: 0,
        };
        let mut readable = true;
        if header.kind == FrameType::Open {
            let open = AsymmetricHeader::read(&mut cursor)?;
            let policy = Policy::of(open.policy);
            self.channels.opened(channel, policy);
            part.open = Some(open);
            let body = cursor.rest().get(8..).unwrap_or_default();
            readable = policy == Policy::None || (policy.leaves_open_readable() && is_readable(body));
        } else {
            part.token = Some(cursor.u32_le("TokenId")?);
        }
        let continued = self
            .way(direction)
            .partial
            .as_ref()
            .map(|partial| partial.sequence.is_some());
        let known = self.channels.get(channel);
        if header.kind != FrameType::Open {
            let body = cursor.rest().get(8..).unwrap_or_default();
            readable = match continued {
                Some(readable) => readable,
                None if known.mode == Mode::None || known.mode == Mode::Sign => true,
                None if is_readable(body) => {
                    known.found_readable();
                    true
                }
                None => {
                    known.found_unreadable();
                    false
                }
            };
        }
        let unopened = !known.opened && !core::mem::replace(&mut known.told_unopened, true);
        let signature = if header.kind == FrameType::Open {
            0
        } else {
            known.signature
        };
        if unopened && header.kind == FrameType::Message && !self.incomplete {
            let from = self.sender(direction);
            context.anomaly(
                from,
                "channel_not_opened",
                bytes,
                format_args!("a message uses channel {channel}, which nobody opened on this connection"),
            );
        }
        if readable {
            part.sequence = Some(SequenceHeader::read(&mut cursor)?);
            part.body_at = cursor.position();
            let rest = cursor.rest();
            part.body = rest
                .get(..rest.len().saturating_sub(signature))
                .unwrap_or_default();
            self.check_sequence(context, direction, &part);
        }
        self.collect(context, direction, part, pieces);
        Ok(())
    }

    /// Sequence numbers go up by one with every chunk of a direction (OPC 10000-6 6.7.2.4).
    fn check_sequence(&mut self, context: &mut Context<'_>, direction: Direction, part: &Part<'_>) {
        let Some(header) = part.sequence else { return };
        let from = self.sender(direction);
        let before = self.way(direction).sequence.replace(header.sequence);
        let Some(before) = before else { return };
        // Near the end of the range it starts again at some number below 1,024.
        let restarts = before > u32::MAX - 1_024 && header.sequence < 1_024;
        if header.sequence == before.wrapping_add(1) || restarts {
            return;
        }
        let sequence = header.sequence;
        if sequence == before {
            context.anomaly(
                from,
                "sequence_repeated",
                part.bytes,
                format_args!("sequence number {sequence} stands in two chunks"),
            );
        } else {
            context.anomaly(
                from,
                "sequence_gap",
                part.bytes,
                format_args!("sequence number {sequence} follows {before}"),
            );
        }
    }

    /// Puts chunks together.
    fn collect(&mut self, context: &mut Context<'_>, direction: Direction, part: Part<'_>, pieces: &[Piece]) {
        let limit = self.limits.message_bytes;
        let from = self.sender(direction);
        let way = self.way(direction);
        let readable = part.sequence.is_some();
        // The end of a message whose beginning was not captured is no message.
        let mut rest_of_lost = way.after_hole && way.partial.is_none() && readable;
        rest_of_lost =
            rest_of_lost && part.header.kind == FrameType::Message && !begins_like_a_message(part.body);
        if rest_of_lost && part.header.chunk != ChunkType::Abort {
            way.lost_rest += part.bytes.len() as u64;
            way.after_hole = part.header.chunk != ChunkType::Final;
            if !way.after_hole {
                let bytes = core::mem::take(&mut way.lost_rest);
                context.blind(
                    Some(from),
                    BlindReason::Resynchronised,
                    context.at,
                    Some(bytes),
                    format_args!("{bytes} bytes of a message that begins in a part that was not captured"),
                );
            }
            return;
        }
        way.after_hole = false;
        let mixed = way.partial.as_ref().is_some_and(|partial| {
            partial.channel != part.channel
                || partial.kind != part.header.kind
                || partial.sequence.map(|header| header.request) != part.sequence.map(|header| header.request)
        });
        if mixed && let Some(lost) = way.partial.take() {
            let bytes = lost.received();
            context.anomaly(
                from,
                "chunks_mixed",
                part.bytes,
                format_args!("another message begins inside one of which {bytes} bytes are here"),
            );
        }
        let way = self.way(direction);
        if way.partial.is_none() && part.header.chunk != ChunkType::Intermediate {
            let span = Span {
                body: 0,
                raw: part.body_at,
                length: part.body.len(),
            };
            return self.complete(context, direction, &part, 1, &[span], pieces);
        }
        let partial = way.partial.get_or_insert_with(|| Partial {
            kind: part.header.kind,
            channel: part.channel,
            token: part.token,
            sequence: part.sequence,
            chunks: 0,
            since: context.at,
            bytes: Vec::new(),
            pieces: Vec::new(),
            body: Vec::new(),
            spans: Vec::new(),
            dropped: 0,
        });
        partial.sequence = part.sequence;
        partial.token = part.token;
        partial.add(part.bytes, part.body_at, part.body, pieces, limit);
        if part.header.chunk == ChunkType::Intermediate {
            return;
        }
        if let Some(partial) = self.way(direction).partial.take() {
            self.complete_partial(context, direction, &part, &partial);
        }
    }

    /// The last of several chunks is here.
    fn complete_partial(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        last: &Part<'_>,
        partial: &Partial,
    ) {
        if partial.dropped > 0 {
            let (from, dropped) = (self.sender(direction), partial.dropped);
            context.blind(
                Some(from),
                BlindReason::Limit,
                partial.since,
                Some(dropped),
                format_args!("the last {dropped} bytes of a message that is larger than the limit"),
            );
        }
        let mut whole = self.whole(direction, last.header.kind, &partial.bytes, &partial.pieces);
        whole.chunks = partial.chunks;
        whole.spans = &partial.spans;
        whole.dropped = partial.dropped;
        let body = if last.header.chunk == ChunkType::Abort {
            last.body
        } else {
            &partial.body
        };
        self.hand_over(context, direction, whole, last, body);
    }

    /// A message in one chunk.
    fn complete(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        part: &Part<'_>,
        chunks: u32,
        spans: &[Span],
        pieces: &[Piece],
    ) {
        let mut whole = self.whole(direction, part.header.kind, part.bytes, pieces);
        whole.chunks = chunks;
        whole.spans = spans;
        self.hand_over(context, direction, whole, part, part.body);
    }

    /// Gives a whole message to what reads it.
    fn hand_over<'a>(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        mut whole: Whole<'a>,
        last: &Part<'a>,
        body: &'a [u8],
    ) {
        let known = self.channels.get(last.channel);
        whole.channel = Some(last.channel);
        whole.token = last.token;
        whole.sequence = last.sequence;
        whole.open = last.open;
        whole.policy = match last.open {
            Some(open) => Policy::of(open.policy),
            None => known.policy,
        };
        whole.mode = known.mode;
        whole.body = body;
        if last.sequence.is_none() {
            self.encrypted(context, &whole);
        } else if last.header.chunk == ChunkType::Abort {
            self.aborted(context, &whole);
        } else {
            self.service(context, direction, whole);
        }
    }
}
