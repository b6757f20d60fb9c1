//! `message`: one application message as it stood on the wire.

use tapglass_proto::Message;

use super::{Captures, frame_number, write_line};
use crate::conversation::Context;

/// Writes a message (records.md section 3).
pub fn write_message(out: &mut Vec<u8>, captures: &Captures, context: &Context<'_>, message: &Message<'_>) {
    write_line(out, captures, "message", message.at, message.frame, |out| {
        out.key("frames").array(|out| {
            let mut last = 0;
            for piece in message.pieces {
                if piece.frame != last {
                    out.u64(frame_number(piece.frame));
                    last = piece.frame;
                }
            }
        });
        out.members(context.conversation.members());
        out.key("from").string(message.from.name());
        out.key("transport").string(message.transport.name());
        out.key("kind").string(message.kind);
        if let Some(function) = message.function {
            out.key("function").code(function.code, function.name);
        }
        if let Some(status) = message.status {
            out.key("status").code(status.code, status.name);
        }
        if let Some(frame) = message.response_to {
            out.key("response_to").u64(frame_number(frame));
        }
        if let Some(latency) = message.latency {
            out.key("latency_us").i64(latency / 1_000);
        }
        if !message.anomalies.is_empty() {
            out.key("anomalies")
                .array(|out| message.anomalies.iter().for_each(|name| out.string(name)));
        }
        out.key(context.conversation.protocol)
            .object(|out| message.body.json(out));
    });
}
