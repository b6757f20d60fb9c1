//! One connection: from the bytes of two directions to whole messages.
//!
//! A frame that stands whole in one segment is read in place. After a hole, or bytes that cannot be, the next
//! believable header is looked for.

use alloc::vec::Vec;

use tapglass_proto::{
    Assembly, BlindReason, Chunk, Cursor, Direction, Limits, Pieces, Step, Transport, Window,
};

use crate::agreed::Agreed;
use crate::channel::Channels;
use crate::context::Context;
use crate::decrypt::Decryption;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::frame::{FrameType, Front, Greeting, HEADER, Header};
use crate::hidden::Hidden;
use crate::search::{Found, Search};
use crate::security::{Mode, Policy};
use crate::whole::{Partial, Whole};

/// One direction of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    assembly: Assembly,
    /// Looking for the next header.
    search: Option<Search>,
    /// The chunks of a message that is not whole.
    pub(crate) partial: Option<Partial>,
    /// The last sequence number, unless something was missed since.
    pub(crate) sequence: Option<u32>,
    /// A hole lies before the next chunk: it may be the end of a message whose beginning is missing.
    pub(crate) after_hole: bool,
    /// Bytes of such a message so far.
    pub(crate) lost_rest: u64,
    /// A hole lay before the message that cannot be read, so that no key could be tried on it.
    pub(crate) doubtful: bool,
}

impl Way {
    fn new(middle: bool) -> Self {
        Self {
            assembly: Assembly::new(),
            search: middle.then(|| Search::new(BlindReason::StartInMiddle)),
            partial: None,
            sequence: None,
            after_hole: middle,
            lost_rest: 0,
            doubtful: false,
        }
    }
}

/// One connection between a client and a server.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    client: Way,
    server: Way,
    pub(crate) transport: Transport,
    pub(crate) channels: Channels,
    pub(crate) exchange: Exchange,
    /// Keys that have fitted.
    pub(crate) decryption: Decryption,
    /// The chunk that was decrypted last.
    pub(crate) plain: Vec<u8>,
    /// What could not be read.
    pub(crate) hidden: Hidden,
    pub(crate) limits: Limits,
    /// The flow layer took the client for the server.
    turned: bool,
    /// A message that only one side can send has said who is who.
    oriented: bool,
    /// The channel of the last message whose type id spoke against the flow layer.
    contradicted: Option<u32>,
    /// The beginning of the connection, or a part of it, is missing.
    pub(crate) incomplete: bool,
    /// What each side said that it takes.
    pub(crate) agreed: Agreed,
    /// The largest chunk that the server agreed to take or to send.
    negotiated: Option<usize>,
}

impl Conversation {
    pub(crate) fn new(limits: Limits, transport: Transport, middle: bool) -> Self {
        Self {
            client: Way::new(middle),
            server: Way::new(middle),
            transport,
            channels: Channels::new(),
            exchange: Exchange::default(),
            decryption: Decryption::default(),
            plain: Vec::new(),
            hidden: Hidden::default(),
            limits,
            turned: false,
            oriented: false,
            contradicted: None,
            incomplete: middle,
            agreed: Agreed::default(),
            negotiated: None,
        }
    }

    pub(crate) fn way(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::FromClient => &mut self.client,
            Direction::FromServer => &mut self.server,
        }
    }

    /// Who sends what the flow layer calls `direction`.
    pub(crate) fn sender(&self, direction: Direction) -> Direction {
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
            let unfinished = held + way.lost_rest + partial.as_ref().map_or(0, Partial::received);
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
        self.hidden.close(context);
        self.exchange.pending.close(context);
    }

    /// Forgets what is not whole and starts looking for the next header.
    fn lose_place(&mut self, direction: Direction, reason: BlindReason) {
        self.incomplete = true;
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
            window
                .bytes
                .get(..window.bytes.len().min(HEADER))
                .unwrap_or_default(),
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
        if let Ok(Some(greeting)) = &greeting {
            self.agreed.learn(greeting);
        }
        if let Ok(Some(Greeting::Acknowledge { buffers })) = greeting {
            // The answer is what counts; clients offer up to 2 GB.
            self.negotiated = Some(buffers.receive.max(buffers.send) as usize);
        }
        let whole = self.whole(direction, header.kind, bytes, pieces);
        self.greeting(context, &whole, greeting);
    }

    /// A message with nothing but its bytes.
    pub(crate) fn whole<'a>(
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
}
