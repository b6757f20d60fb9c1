//! One server and all conversations with it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use tapglass_proto::model::CaptureTime;
use tapglass_proto::{Chunk, Direction, Keys, Limits, Server, SessionId, Sink, Transport};

use crate::context::Context;
use crate::memory::Memory;
use crate::session::Conversation;

/// The conversations of one server and what they share.
#[derive(Clone)]
pub(crate) struct OpcUaServer {
    memory: Memory,
    keys: Option<Arc<dyn Keys>>,
    conversations: Vec<Option<Conversation>>,
    free: Vec<u32>,
}

impl OpcUaServer {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            memory: Memory::new(limits),
            keys: None,
            conversations: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl Server for OpcUaServer {
    fn fork(&self) -> Box<dyn Server> {
        Box::new(self.clone())
    }

    fn use_keys(&mut self, keys: Arc<dyn Keys>) {
        self.keys = Some(keys);
    }

    fn open(&mut self, transport: Transport, middle: bool) -> SessionId {
        let conversation = Conversation::new(self.memory.limits(), transport, middle);
        if let Some(id) = self.free.pop()
            && let Some(place) = self.conversations.get_mut(id as usize)
        {
            *place = Some(conversation);
            return SessionId(id);
        }
        self.conversations.push(Some(conversation));
        SessionId(u32::try_from(self.conversations.len() - 1).unwrap_or(u32::MAX))
    }

    fn feed(&mut self, session: SessionId, chunk: &Chunk<'_>, out: &mut dyn Sink) {
        let mut context = Context {
            memory: &mut self.memory,
            keys: self.keys.as_deref(),
            out,
            at: chunk.at,
            frame: chunk.frame,
        };
        if let Some(Some(conversation)) = self.conversations.get_mut(session.0 as usize) {
            conversation.feed(&mut context, chunk);
        }
    }

    fn gap(
        &mut self,
        session: SessionId,
        direction: Direction,
        _missing: Option<u64>,
        at: CaptureTime,
        frame: u64,
        out: &mut dyn Sink,
    ) {
        let mut context = Context {
            memory: &mut self.memory,
            keys: self.keys.as_deref(),
            out,
            at,
            frame,
        };
        if let Some(Some(conversation)) = self.conversations.get_mut(session.0 as usize) {
            conversation.gap(&mut context, direction);
        }
    }

    fn close(&mut self, session: SessionId, at: CaptureTime, out: &mut dyn Sink) {
        let mut context = Context {
            memory: &mut self.memory,
            keys: self.keys.as_deref(),
            out,
            at,
            // The end of a conversation belongs to no frame of its own.
            frame: 0,
        };
        if let Some(place) = self.conversations.get_mut(session.0 as usize)
            && let Some(mut conversation) = place.take()
        {
            conversation.close(&mut context);
            self.free.push(session.0);
        }
    }
}
