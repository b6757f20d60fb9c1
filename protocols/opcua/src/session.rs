//! One connection: from the bytes of two directions to whole messages.
//!
//! A frame that stands whole in one segment is read in place. After a hole, or bytes that cannot be, the next
//! believable header is looked for.

use tapglass_proto::{
    Assembly, BlindReason, Chunk, Cursor, Direction, Limits, Pieces, Step, Transport, Window,
};

use crate::application::begins_like_a_message;
use crate::channel::Channels;
use crate::context::Context;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::frame::{ChunkType, FrameType, Front, Greeting, HEADER, Header};
use crate::search::{Found, Search};
use crate::security::{AsymmetricHeader, Mode, Policy, SequenceHeader};
use crate::whole::{Partial, Span, Whole};

/// One direction of a connection.
#[derive(Debug)]
struct Way {
    assembly: Assembly,
    /// Looking for the next header.
    search: Option<Search>,
    partial: Option<Partial>,
    /// The last sequence number, unless something was missed since.
    sequence: Option<u32>,
    /// A hole lies before the next chunk: it may be the end of a message whose beginning is missing.
    after_hole: bool,
}

impl Way {
    fn new(middle: bool) -> Self {
        Self {
            assembly: Assembly::new(),
            search: middle.then(|| Search::new(BlindReason::StartInMiddle)),
            partial: None,
            sequence: None,
            after_hole: middle,
        }
    }
}

/// One connection between a client and a server.
#[derive(Debug)]
pub(crate) struct Conversation {
    client: Way,
    server: Way,
    pub(crate) transport: Transport,
    pub(crate) channels: Channels,
    pub(crate) exchange: Exchange,
    pub(crate) limits: Limits,
    /// The flow layer took the client for the server.
    turned: bool,
    /// A message that only one side can send has said who is who.
    oriented: bool,
    /// The channel of the last message whose type id spoke against the flow layer.
    contradicted: Option<u32>,
    /// The largest chunk that the server agreed to take or to send.
    negotiated: Option<usize>,
}

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
    pub(crate) fn new(limits: Limits, transport: Transport, middle: bool) -> Self {
        Self {
            client: Way::new(middle),
            server: Way::new(middle),
            transport,
            channels: Channels::new(),
            exchange: Exchange::new(),
            limits,
            turned: false,
            oriented: false,
            contradicted: None,
            negotiated: None,
        }
    }

    fn way(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::FromClient => &mut self.client,
            Direction::FromServer => &mut self.server,
        }
    }

    /// Who sends what the flow layer calls `direction`.
    fn sender(&self, direction: Direction) -> Direction {
        if self.turned {
            direction.turned()
        } else {
            direction
        }
    }

    /// A message that only one side can send says who sends what the flow layer calls `direction`. The first one counts.
    fn learn_sender(&mut self, direction: Direction, sender: Direction) {
        if !self.oriented {
            self.oriented = true;
            self.turned = direction != sender;
        }
    }

    /// The type id of a message says that `sender` sent it. True when that can be.
    ///
    /// Where nothing better is known, a single message against the flow layer is not believed, and a second one on the
    /// same channel is.
    pub(crate) fn agrees(&mut self, direction: Direction, sender: Direction, whole: &mut Whole<'_>) -> bool {
        if whole.kind != FrameType::Message {
            self.learn_sender(direction, sender);
            whole.from = self.sender(direction);
        }
        if whole.from == sender {
            return true;
        }
        if !self.oriented && core::mem::replace(&mut self.contradicted, whole.channel) == whole.channel {
            self.learn_sender(direction, sender);
            whole.from = sender;
        }
        !self.oriented || whole.from == sender
    }

    /// The next bytes of one direction.
    pub(crate) fn feed(&mut self, context: &mut Context<'_>, chunk: &Chunk<'_>) {
        let direction = chunk.direction;
        let mut assembly = core::mem::take(&mut self.way(direction).assembly);
        assembly.feed(chunk, |window| self.step(context, direction, window));
        self.way(direction).assembly = assembly;
    }

    /// Bytes are missing before the next ones of that direction.
    pub(crate) fn gap(&mut self, context: &mut Context<'_>, direction: Direction) {
        self.lose_place(direction, BlindReason::Resynchronised);
        if self.sender(direction) == Direction::FromClient {
            context.memory.doubt();
        }
    }

    /// The connection is over.
    pub(crate) fn close(&mut self, context: &mut Context<'_>) {
        for direction in [Direction::FromClient, Direction::FromServer] {
            let from = self.sender(direction);
            let way = self.way(direction);
            let held = way.assembly.clear() as u64;
            let partial = way.partial.take();
            let unfinished = held + partial.as_ref().map_or(0, Partial::received);
            if let Some(search) = way.search.take() {
                search.report(context, from, held);
            } else if unfinished > 0 {
                let since = partial.map_or(context.at, |partial| partial.since);
                context.blind(
                    Some(from),
                    BlindReason::Gap,
                    since,
                    Some(unfinished),
                    format_args!("the connection ends inside a message of which {unfinished} bytes are here"),
                );
            }
        }
        self.exchange.close(context);
    }

    /// Forgets what is not whole and starts looking for the next header.
    fn lose_place(&mut self, direction: Direction, reason: BlindReason) {
        let way = self.way(direction);
        let held = way.assembly.clear() as u64;
        let partial = way.partial.take().map_or(0, |partial| partial.received());
        let search = way.search.get_or_insert_with(|| Search::new(reason));
        search.passed(held + partial);
        way.sequence = None;
        way.after_hole = true;
    }

    /// The largest frame that is believed.
    fn largest(&self) -> usize {
        self.limits.message_bytes
    }

    /// Looks at the front of the stream.
    fn step(&mut self, context: &mut Context<'_>, direction: Direction, window: Window<'_>) -> Step {
        if let Some(search) = &mut self.way(direction).search {
            search.begin(context.at);
            let largest = self.negotiated.map(|size| size.min(self.limits.message_bytes));
            return match Search::look(window.bytes, &self.channels, largest) {
                Found::Here => {
                    let from = self.sender(direction);
                    if let Some(search) = self.way(direction).search.take() {
                        search.report(context, from, 0);
                    }
                    self.step(context, direction, window)
                }
                Found::After(bytes) => {
                    if let Some(search) = &mut self.way(direction).search {
                        search.passed(bytes as u64);
                    }
                    Step::Take(bytes)
                }
                Found::Need(total) => Step::Need(total),
            };
        }
        let strange = match Header::read(window.bytes, self.largest()) {
            Front::TooShort => return Step::Need(HEADER),
            Front::Strange(what) => what,
            Front::Header(header) => match window.bytes.get(..header.size) {
                Some(bytes) => {
                    self.frame(context, direction, header, bytes, &window.pieces(header.size));
                    return Step::Take(header.size);
                }
                None => return Step::Need(header.size),
            },
        };
        let from = self.sender(direction);
        context.anomaly(
            from,
            "no_message_header",
            window.bytes,
            format_args!("a message must begin here, and its {strange} cannot be; looking for the next one"),
        );
        self.lose_place(direction, BlindReason::Resynchronised);
        if let Some(search) = &mut self.way(direction).search {
            search.begin(context.at);
            search.passed(1);
        }
        Step::Take(1)
    }

    /// One whole frame.
    fn frame(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        header: Header,
        bytes: &[u8],
        pieces: &Pieces,
    ) {
        if let Some(sender) = header.kind.sender() {
            self.learn_sender(direction, sender);
        }
        if header.kind.has_channel() {
            if let Err(fault) = self.part(context, direction, header, bytes, pieces) {
                let from = self.sender(direction);
                context.anomaly(
                    from,
                    "malformed_header",
                    bytes,
                    format_args!("the headers of {} cannot be read: {fault}", header.kind.letters()),
                );
            }
            return;
        }
        let mut cursor = Cursor::new(bytes);
        let greeting = cursor
            .take(HEADER, "header")
            .map_err(Fault::from)
            .and_then(|_| Greeting::read(&mut cursor, header.kind));
        if let Ok(Some(Greeting::Acknowledge { buffers })) = greeting {
            // The answer is what counts; clients offer up to 2 GB.
            self.negotiated = Some(buffers.receive.max(buffers.send) as usize);
        }
        let whole = self.whole(direction, header.kind, bytes, pieces);
        self.greeting(context, &whole, greeting);
    }

    /// A message with nothing but its bytes.
    fn whole<'a>(
        &self,
        direction: Direction,
        kind: FrameType,
        bytes: &'a [u8],
        pieces: &'a [tapglass_proto::Piece],
    ) -> Whole<'a> {
        Whole {
            from: self.sender(direction),
            pieces,
            bytes,
            kind,
            channel: None,
            token: None,
            sequence: None,
            chunks: 1,
            policy: Policy::Unknown,
            mode: Mode::Unknown,
            open: None,
            body: &[],
            spans: &[],
            dropped: 0,
        }
    }

    /// One chunk of a message of a channel.
    fn part(
        &mut self,
        context: &mut Context<'_>,
        direction: Direction,
        header: Header,
        bytes: &[u8],
        pieces: &Pieces,
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
            readable = policy == Policy::None;
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
                None if begins_like_a_message(body) => {
                    known.found_readable();
                    true
                }
                None => {
                    known.found_unreadable();
                    false
                }
            };
        }
        if readable {
            part.sequence = Some(SequenceHeader::read(&mut cursor)?);
            let signature = if header.kind == FrameType::Open {
                0
            } else {
                known.signature
            };
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
    fn collect(&mut self, context: &mut Context<'_>, direction: Direction, part: Part<'_>, pieces: &Pieces) {
        let limit = self.limits.message_bytes;
        let from = self.sender(direction);
        let way = self.way(direction);
        let readable = part.sequence.is_some();
        // The end of a message whose beginning was not captured is no message.
        let mut rest_of_lost = way.after_hole && way.partial.is_none() && readable;
        rest_of_lost =
            rest_of_lost && part.header.kind == FrameType::Message && !begins_like_a_message(part.body);
        if rest_of_lost && part.header.chunk != ChunkType::Abort {
            way.after_hole = part.header.chunk != ChunkType::Final;
            context.blind(
                Some(from),
                BlindReason::Resynchronised,
                context.at,
                Some(part.bytes.len() as u64),
                format_args!("a chunk whose message begins in a part that was not captured"),
            );
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
            bytes: alloc::vec::Vec::new(),
            pieces: alloc::vec::Vec::new(),
            body: alloc::vec::Vec::new(),
            spans: alloc::vec::Vec::new(),
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
        pieces: &Pieces,
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
