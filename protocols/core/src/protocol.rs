//! The contract between the engine and a protocol.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use tapglass_model::CaptureTime;

use crate::{Chunk, Direction, Keys, Limits, Sink, Transport};

/// Is this the protocol?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It cannot be.
    No,
    /// Too few bytes, or nothing that speaks against it but too little for it.
    Unsure,
    /// It is.
    Yes,
}

/// What a glance at the first bytes says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Glance {
    /// They begin no message of the protocol.
    No,
    /// They could, in a framing that has no header, so that much else could.
    Weak,
    /// They could.
    Strong,
}

/// What the first bytes of a conversation say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Is this the protocol?
    pub verdict: Verdict,
    /// Who must have sent the bytes, where the content tells.
    pub sender: Option<Direction>,
    /// The sender is certain; if not, a known port or who opened the connection says more.
    pub certain: bool,
    /// Nothing is odd about what stands there. On a port that nobody named, only that is evidence.
    pub sound: bool,
    /// The framing that was recognised.
    pub transport: Transport,
}

impl Probe {
    /// Not this protocol.
    pub const NO: Self = Self {
        verdict: Verdict::No,
        sender: None,
        certain: false,
        sound: false,
        transport: Transport::Tcp,
    };

    /// Perhaps this protocol.
    #[must_use]
    pub const fn unsure(transport: Transport) -> Self {
        Self {
            verdict: Verdict::Unsure,
            sender: None,
            certain: false,
            sound: false,
            transport,
        }
    }

    /// This protocol.
    #[must_use]
    pub const fn yes(transport: Transport, sender: Option<Direction>) -> Self {
        Self {
            verdict: Verdict::Yes,
            sender,
            certain: sender.is_some(),
            sound: true,
            transport,
        }
    }
}

/// A protocol: its names and how to recognise and decode it.
pub trait Protocol: Sync {
    /// The word of records, also the name of its folder.
    fn name(&self) -> &'static str;
    /// Registered ports, which only break a tie: content decides.
    fn ports(&self) -> &'static [u16];
    /// Ports that are registered for this protocol inside TLS.
    fn secure_ports(&self) -> &'static [u16] {
        &[]
    }
    /// The first bytes of segments at which [`glance`](Self::glance) may find a strong likeness; `None` when any byte can
    /// be first. It spares most segments the glance.
    fn first_bytes(&self) -> Option<&'static [u8]> {
        None
    }
    /// Can a segment that begins like this be one that [`probe`](Self::probe) calls its own? A few comparisons, made for
    /// every segment of every conversation; it may only say no when `probe` does.
    fn glance(&self, bytes: &[u8]) -> Glance {
        let _ = bytes;
        Glance::Strong
    }
    /// Do these bytes, from the start of a segment or datagram, belong to this protocol? `transport` is `Tcp` or `Udp`.
    fn probe(&self, bytes: &[u8], transport: Transport) -> Probe;
    /// How many segments must look like this protocol before it is believed on a port that nobody named. More than 1 for
    /// protocols whose first bytes are weak evidence.
    fn off_port_evidence(&self) -> u8 {
        1
    }
    /// State for one server (one network place) and all sessions with it.
    fn server(&self, limits: Limits) -> Box<dyn Server>;
}

/// Names one conversation with a server. Numbers are used again after `close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

/// One server and all conversations with it. What outlives a connection lives here: a session that moves to another
/// secure channel, subscriptions that are transferred, a namespace array.
pub trait Server: Send {
    /// Keys to read what is encrypted with; decoders of protocols without encryption of their own need none.
    fn use_keys(&mut self, keys: Arc<dyn Keys>) {
        let _ = keys;
    }
    /// A new conversation. `middle` is true when its start was not captured.
    fn open(&mut self, transport: Transport, middle: bool) -> SessionId;
    /// The next bytes of one direction.
    fn feed(&mut self, session: SessionId, chunk: &Chunk<'_>, out: &mut dyn Sink);
    /// Bytes are missing before the next chunk of that direction; `missing` is `None` when nobody can tell how many.
    /// The flow layer has already reported the hole itself; the decoder looks for the next message.
    fn gap(
        &mut self,
        session: SessionId,
        direction: Direction,
        missing: Option<u64>,
        at: CaptureTime,
        frame: u64,
        out: &mut dyn Sink,
    );
    /// The conversation is over; bytes of an incomplete message are reported.
    fn close(&mut self, session: SessionId, at: CaptureTime, out: &mut dyn Sink);
    /// The same server as it is now: a replay comes back to it.
    fn fork(&self) -> Box<dyn Server>;
}

impl Clone for Box<dyn Server> {
    fn clone(&self) -> Self {
        self.fork()
    }
}

/// A conversation of a protocol whose sessions share nothing.
pub trait Session: Send {
    /// The next bytes of one direction.
    fn feed(&mut self, chunk: &Chunk<'_>, out: &mut dyn Sink);
    /// Bytes are missing.
    fn gap(
        &mut self,
        direction: Direction,
        missing: Option<u64>,
        at: CaptureTime,
        frame: u64,
        out: &mut dyn Sink,
    );
    /// The conversation is over.
    fn close(&mut self, at: CaptureTime, out: &mut dyn Sink);
}

/// A [`Server`] for protocols whose sessions share nothing.
#[derive(Clone)]
pub struct Independent<S> {
    sessions: Vec<Option<S>>,
    free: Vec<u32>,
    make: fn(Limits, Transport, bool) -> S,
    limits: Limits,
}

impl<S: Session> Independent<S> {
    /// Sessions made by `make` from the limits, the transport, and whether the start was missed.
    pub fn new(limits: Limits, make: fn(Limits, Transport, bool) -> S) -> Self {
        Self {
            sessions: Vec::new(),
            free: Vec::new(),
            make,
            limits,
        }
    }

    fn session(&mut self, id: SessionId) -> Option<&mut S> {
        self.sessions.get_mut(id.0 as usize)?.as_mut()
    }
}

impl<S: Session + Clone + 'static> Server for Independent<S> {
    fn fork(&self) -> Box<dyn Server> {
        Box::new(self.clone())
    }

    fn open(&mut self, transport: Transport, middle: bool) -> SessionId {
        let session = Some((self.make)(self.limits, transport, middle));
        if let Some(id) = self.free.pop()
            && let Some(place) = self.sessions.get_mut(id as usize)
        {
            *place = session;
            return SessionId(id);
        }
        self.sessions.push(session);
        SessionId(u32::try_from(self.sessions.len() - 1).unwrap_or(u32::MAX))
    }

    fn feed(&mut self, session: SessionId, chunk: &Chunk<'_>, out: &mut dyn Sink) {
        if let Some(session) = self.session(session) {
            session.feed(chunk, out);
        }
    }

    fn gap(
        &mut self,
        session: SessionId,
        direction: Direction,
        missing: Option<u64>,
        at: CaptureTime,
        frame: u64,
        out: &mut dyn Sink,
    ) {
        if let Some(session) = self.session(session) {
            session.gap(direction, missing, at, frame, out);
        }
    }

    fn close(&mut self, session: SessionId, at: CaptureTime, out: &mut dyn Sink) {
        if let Some(place) = self.sessions.get_mut(session.0 as usize)
            && let Some(mut open) = place.take()
        {
            open.close(at, out);
            self.free.push(session.0);
        }
    }
}
