//! `fields`: the decoded tree of a message, from the same code that writes its record and fills the Frame screen.

use tapglass_proto::{Fields, Message, Piece};

use super::{Captures, frame_number, write_line};
use crate::conversation::Context;

/// Writes the decoded tree of a message.
pub fn write_fields(out: &mut Vec<u8>, captures: &Captures, context: &Context<'_>, message: &Message<'_>) {
    let mut fields = Fields::new();
    message.body.fields(&mut fields);
    // Bytes that were put together from elsewhere, such as decrypted ones, stand in no frame as they are.
    let carried: u64 = message.pieces.iter().map(|piece| u64::from(piece.length)).sum();
    let stands_in_frames = carried == message.bytes.len() as u64;
    write_line(out, captures, "fields", message.at, message.frame, |out| {
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
        out.key("kind").string(message.kind);
        if let Some(function) = message.function {
            out.key("function").code(function.code, function.name);
        }
        out.key("length").u64(message.bytes.len() as u64);
        out.key("fields").array(|out| {
            for field in fields.into_vec() {
                out.object(|out| {
                    out.key("depth").u64(u64::from(field.depth));
                    out.key("name").string(&field.name);
                    out.key("text").string(&field.text);
                    out.key("start").u64(u64::from(field.start));
                    out.key("length").u64(u64::from(field.length));
                    if let Some((frame, offset)) = place(message.pieces, field.start)
                        && stands_in_frames
                        && field.length > 0
                    {
                        out.key("frame").u64(frame_number(frame));
                        out.key("offset").u64(u64::from(offset));
                    }
                    if !field.clause.is_empty() {
                        out.key("clause").string(field.clause);
                    }
                });
            }
        });
    });
}

/// The frame that carries a byte of the message, and where in that frame it stands.
fn place(pieces: &[Piece], start: u32) -> Option<(u64, u32)> {
    let mut before = 0_u32;
    for piece in pieces {
        if start < before.saturating_add(piece.length) {
            return Some((piece.frame, piece.offset.saturating_add(start - before)));
        }
        before = before.saturating_add(piece.length);
    }
    None
}
