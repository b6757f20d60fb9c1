//! The chunks of a secure channel: reading their headers, taking their signatures off, putting them together.

use alloc::vec::Vec;

use tapglass_proto::{BlindReason, Cursor, Direction, Keys, Piece};

use crate::application::{begins_like_a_message, is_readable};
use crate::context::Context;
use crate::decrypt::{Expect, Opened, Sealed};
use crate::fault::Fault;
use crate::frame::{ChunkType, FrameType, HEADER, Header};
use crate::security::{AsymmetricHeader, Mode, Policy, SequenceHeader};
use crate::session::Conversation;
use crate::whole::{Partial, Span, Whole};

/// Decrypted bytes that are kept for the next chunk to be decrypted into: twice what nearly all stacks put into one.
const MOST_PLAIN: usize = 128 << 10;

/// How a chunk can be read.
enum Seen {
    /// As it stands, with a signature or without.
    Plain,
    /// With a key that was given: so many bytes of the plain text are sequence header and body.
    Decrypted(usize),
    /// Not at all.
    Hidden,
    /// Not although it should be, which has been said.
    Refused,
}

/// What the frames around a chunk's body say.
#[derive(Clone)]
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
        let mut plain = core::mem::take(&mut self.plain);
        let result = self.read_part(context, direction, header, bytes, pieces, &mut plain);
        // One large chunk is no reason to hold so much for each connection.
        if plain.capacity() <= MOST_PLAIN {
            self.plain = plain;
        }
        result
    }

    fn read_part(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        header: Header,
        bytes: &[u8],
        pieces: &[Piece],
        plain: &mut Vec<u8>,
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
        let mut seen = Seen::Plain;
        if header.kind == FrameType::Open {
            let open = AsymmetricHeader::read(&mut cursor)?;
            let policy = Policy::of(open.policy);
            self.channels.opened(channel, policy);
            part.open = Some(open);
            let body = cursor.rest().get(8..).unwrap_or_default();
            if policy != Policy::None && !(policy.leaves_open_readable() && is_readable(body)) {
                seen = Seen::Hidden;
            }
        } else {
            part.token = Some(cursor.u32_le("TokenId")?);
        }
        if let Some(token) = part.token {
            seen = self.see(context, direction, &part, token, cursor.rest(), plain);
        }
        let known = self.channels.get(channel);
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
        match seen {
            Seen::Plain => {
                part.sequence = Some(SequenceHeader::read(&mut cursor)?);
                part.body_at = cursor.position();
                let rest = cursor.rest();
                part.body = rest
                    .get(..rest.len().saturating_sub(signature))
                    .unwrap_or_default();
            }
            // A byte of the plain text stands where its encrypted one does.
            Seen::Decrypted(length) => {
                let mut opened = Cursor::new(plain.get(..length).unwrap_or_default());
                part.sequence = Some(SequenceHeader::read(&mut opened)?);
                part.body_at = cursor.position() + opened.position();
                part.body = opened.rest();
            }
            // It has a number all the same: a token that is renewed must leave no gap behind.
            Seen::Hidden => {
                let way = self.way(direction);
                way.sequence = way.sequence.map(|before| before.wrapping_add(1));
            }
            Seen::Refused => return Ok(()),
        }
        self.check_sequence(context, direction, &part);
        self.collect(context, direction, part, pieces);
        Ok(())
    }

    /// Can a chunk be read, and how? `rest` is what follows its token.
    fn see(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        part: &Part<'_>,
        token: u32,
        rest: &[u8],
        plain: &mut Vec<u8>,
    ) -> Seen {
        let way = self.way(direction);
        let continued = way.partial.as_ref().map(|partial| partial.sequence);
        let known = self.channels.get(part.channel);
        if !matches!(known.mode, Mode::None | Mode::Sign)
            && let Some(keys) = context.keys.filter(|keys| !keys.is_empty())
            // What began without a key goes on without one.
            && continued != Some(None)
        {
            let expect = continued.flatten().map(|header| header.request);
            match self.unseal(context, keys, direction, part, token, rest, expect, plain) {
                Opened::Plain(length) => {
                    self.channels.get(part.channel).mode = Mode::SignAndEncrypt;
                    return Seen::Decrypted(length);
                }
                Opened::Broken => return Seen::Refused,
                Opened::NoKey | Opened::Misfit => {}
            }
        }
        let known = self.channels.get(part.channel);
        let body = rest.get(8..).unwrap_or_default();
        let readable = match continued {
            Some(sequence) => sequence.is_some() && known.mode != Mode::SignAndEncrypt,
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
        if readable {
            return Seen::Plain;
        }
        if continued.is_none() {
            let way = self.way(direction);
            way.doubtful = way.after_hole;
        }
        Seen::Hidden
    }

    /// Decrypts a chunk, and says so when a key that fits other chunks does not fit it.
    #[allow(clippy::too_many_arguments)] // all of it is read from the chunk once, by the caller
    fn unseal(
        &mut self,
        context: &mut Context<'_>,
        keys: &dyn Keys,
        direction: Direction,
        part: &Part<'_>,
        token: u32,
        rest: &[u8],
        continued: Option<u32>,
        plain: &mut Vec<u8>,
    ) -> Opened {
        let (from, policy) = (self.sender(direction), self.channels.get(part.channel).policy);
        let way = self.way(direction);
        let lost = way.after_hole && self.decryption.knows(part.channel, token, direction);
        let way = self.way(direction);
        let sealed = Sealed {
            channel: part.channel,
            token,
            direction,
            from,
            policy,
            bytes: rest,
            expect: match continued {
                _ if part.header.chunk == ChunkType::Abort => Expect::Abort,
                Some(request) => Expect::Rest(request),
                None if lost => Expect::Any,
                None => Expect::Beginning,
            },
            before: way.sequence,
        };
        let opened = self.decryption.open(keys, &sealed, plain);
        if opened == Opened::Broken {
            let way = self.way(direction);
            // Its number is not known, and the next chunks may be the rest of the same message.
            let lost = way.partial.take().map_or(0, |partial| partial.received()) + part.bytes.len() as u64;
            way.sequence = None;
            way.after_hole = part.header.chunk != ChunkType::Final || way.after_hole;
            let channel = part.channel;
            context.anomaly(
                from,
                "decryption_failed",
                part.bytes,
                format_args!(
                    "the key that fits other chunks of channel {channel} does not fit this one: it was altered, or cut off while it was captured"
                ),
            );
            context.blind(
                Some(from),
                BlindReason::Encrypted,
                context.at,
                Some(lost),
                format_args!(
                    "{lost} bytes of an encrypted message of channel {channel} could not be decrypted"
                ),
            );
        }
        opened
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
        self.hand_over(context, direction, &mut whole, last, body);
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
        self.hand_over(context, direction, &mut whole, part, part.body);
    }

    /// Gives a whole message to what reads it.
    fn hand_over<'a>(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        whole: &mut Whole<'a>,
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
            self.encrypted(context, whole);
        } else if last.header.chunk == ChunkType::Abort {
            self.aborted(context, whole);
        } else {
            self.service(context, direction, whole);
        }
    }
}
