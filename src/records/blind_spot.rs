//! `blind_spot`: what was not seen, and why.

use tapglass_proto::Blind;

use super::{Captures, write_line};
use crate::conversation::Context;

/// Writes a blind spot of a conversation.
pub fn write_blind_spot(
    out: &mut Vec<u8>,
    captures: &Captures,
    context: Option<&Context<'_>>,
    blind: &Blind<'_>,
) {
    write_line(out, captures, "blind_spot", blind.until, blind.frame, |out| {
        if let Some(context) = context {
            out.members(context.conversation.members());
        }
        if let Some(direction) = blind.direction {
            out.key("direction").string(direction.name());
        }
        out.key("from").time(blind.from);
        out.key("until").time(blind.until);
        if let Some(bytes) = blind.bytes {
            out.key("bytes").u64(bytes);
        }
        out.key("why").string(blind.reason.name());
        out.key("text").display(blind.text);
    });
}
