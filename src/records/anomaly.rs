//! `anomaly`: bytes that break the protocol, with where and why.

use tapglass_proto::Anomaly;

use super::{Captures, write_line};
use crate::conversation::Context;

/// Bytes of an anomaly that are printed.
const PRINTED: usize = 64;

/// Writes an anomaly.
pub fn write_anomaly(out: &mut Vec<u8>, captures: &Captures, context: &Context<'_>, anomaly: &Anomaly<'_>) {
    write_line(out, captures, "anomaly", anomaly.at, anomaly.frame, |out| {
        out.members(context.conversation.members());
        out.key("from").string(anomaly.from.name());
        out.key("name").string(anomaly.name);
        out.key("text").display(anomaly.text);
        out.key("bytes")
            .hex(anomaly.bytes.get(..PRINTED).unwrap_or(anomaly.bytes));
    });
}
