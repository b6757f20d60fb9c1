//! The limits that HEL and ACK set for messages (OPC 10000-6 7.1.2.3, 7.1.2.4).

use tapglass_proto::Direction;

use crate::context::Context;
use crate::frame::{Buffers, Greeting};
use crate::session::Conversation;
use crate::tell::Odd;
use crate::whole::Whole;

/// What each side said that it takes; a side whose greeting was not seen takes anything.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Agreed {
    client: Option<Buffers>,
    server: Option<Buffers>,
}

impl Agreed {
    /// Takes what a greeting says.
    pub(crate) fn learn(&mut self, greeting: &Greeting<'_>) {
        match greeting {
            Greeting::Hello { buffers, .. } => self.client = Some(*buffers),
            Greeting::Acknowledge { buffers } => self.server = Some(*buffers),
            Greeting::Error { .. } | Greeting::ReverseHello { .. } => {}
        }
    }

    /// What the receiver of a message takes.
    const fn of_receiver(&self, sender: Direction) -> Option<Buffers> {
        match sender {
            Direction::FromClient => self.server,
            Direction::FromServer => self.client,
        }
    }
}

impl Conversation {
    /// A message larger than its receiver said that it takes: it is refused, or finds out how well the receiver counts.
    pub(crate) fn check_agreed(&self, context: &mut Context<'_>, whole: &Whole<'_>, odd: &mut Odd) {
        let Some(buffers) = self.agreed.of_receiver(whole.from) else {
            return;
        };
        // 0 sets no limit.
        let exceeds = |size: u64, most: u32| most != 0 && size > u64::from(most);
        let size = whole.body.len() as u64 + whole.dropped;
        if exceeds(u64::from(whole.chunks), buffers.chunks) {
            odd.add("too_many_chunks");
            let (chunks, most) = (whole.chunks, buffers.chunks);
            context.anomaly(
                whole.from,
                "too_many_chunks",
                whole.bytes,
                format_args!("a message comes in {chunks} chunks, and the other side takes {most}"),
            );
        }
        if exceeds(size, buffers.message) {
            odd.add("message_too_large");
            let most = buffers.message;
            context.anomaly(
                whole.from,
                "message_too_large",
                whole.bytes,
                format_args!("a message has {size} bytes, and the other side takes {most}"),
            );
        }
    }
}
