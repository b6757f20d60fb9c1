//! How much of a connection could not be read because it is encrypted, told when the connection ends.

use tapglass_proto::model::CaptureTime;
use tapglass_proto::{BlindReason, Direction};

use crate::context::Context;

/// Messages that could not be read, and their bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    messages: u64,
    bytes: u64,
}

/// What could not be read of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hidden {
    since: Option<CaptureTime>,
    client: Count,
    server: Count,
}

impl Hidden {
    /// One more message that cannot be read.
    pub(crate) fn add(&mut self, at: CaptureTime, from: Direction, bytes: u64) {
        self.since.get_or_insert(at);
        let count = match from {
            Direction::FromClient => &mut self.client,
            Direction::FromServer => &mut self.server,
        };
        count.messages += 1;
        count.bytes = count.bytes.saturating_add(bytes);
    }

    /// Says how much it was.
    pub(crate) fn close(&self, context: &mut Context<'_>) {
        let Some(since) = self.since else { return };
        let (client, server) = (self.client, self.server);
        context.blind(
            None,
            BlindReason::Encrypted,
            since,
            Some(client.bytes.saturating_add(server.bytes)),
            format_args!(
                "encrypted and not read: {} messages of {} bytes from the client, {} of {} bytes from the server",
                client.messages, client.bytes, server.messages, server.bytes
            ),
        );
    }
}
