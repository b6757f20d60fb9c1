//! Looks at everything in a fragment that could be wrong.

use tapglass_proto::{Direction, Sink};

use crate::application::{Fragment, function};
use crate::body::holds_secret;
use crate::exchange::Assembled;
use crate::objects::{Blocks, Problem};
use crate::points::common_time;
use crate::session::Dnp3Session;
use crate::{link, names};

impl Dnp3Session {
    /// Looks at everything in a fragment that could be wrong.
    pub(crate) fn check(
        &mut self,
        fragment: &Fragment<'_>,
        assembled: &Assembled<'_>,
        from: Direction,
        out: &mut dyn Sink,
    ) {
        let arrival = assembled.arrival;
        let function = fragment.named_function().name;
        if from != assembled.link.direction() {
            let text = format_args!("{function} is sent by the other side than the DIR bit says");
            self.note(
                arrival,
                "direction_disagrees",
                text,
                link::evidence(assembled.frames),
                out,
            );
        }
        if function == names::UNKNOWN {
            let text = format_args!("application function {} has no meaning", fragment.function);
            self.note(
                arrival,
                "function_unknown",
                text,
                link::evidence(assembled.frames),
                out,
            );
        }
        if fragment.function >= function::RESPONSE && fragment.indications.is_none() {
            let text = format_args!("{function} without internal indications");
            self.note(
                arrival,
                "application_header_short",
                text,
                link::evidence(assembled.frames),
                out,
            );
        }
        let mut blocks = Blocks::new(fragment.objects, fragment.function);
        let mut common = None;
        let mut is_secret = fragment.function == function::AUTHENTICATE_FILE;
        for block in blocks.by_ref() {
            is_secret |= holds_secret(&block);
            let (group, variation) = (block.header.group, block.header.variation);
            if block.is_unknown {
                let text = format_args!("group {group} variation {variation} is not known");
                let bytes = fragment.objects.get(block.at..block.data_at).unwrap_or_default();
                self.note(arrival, "unknown_object", text, bytes, out);
            }
            if block.header.range.is_reversed() {
                let text =
                    format_args!("the range of group {group} variation {variation} ends before it starts");
                let bytes = fragment.objects.get(block.at..block.data_at).unwrap_or_default();
                self.note(arrival, "object_range_reversed", text, bytes, out);
            }
            match (group, variation) {
                (51, _) => common = common_time(&block),
                (2 | 4, 3) if block.shape.is_some() && common.is_none() => {
                    let text =
                        format_args!("relative times of group {group} without a common time before them");
                    self.note(arrival, "common_time_missing", text, block.data, out);
                }
                _ => {}
            }
        }
        let (_, rest) = blocks.rest();
        // Passwords and keys are never written, not even when they break the protocol.
        let rest = if is_secret { &[] } else { rest };
        match blocks.problem() {
            None | Some(Problem::Object(..) | Problem::Reversed) => {}
            Some(Problem::Header(short)) => {
                let text = format_args!("{short}");
                self.note(arrival, "object_header_short", text, rest, out);
            }
            Some(Problem::Qualifier(qualifier)) => {
                let text = format_args!("qualifier 0x{qualifier:02x} means nothing here");
                self.note(arrival, "object_qualifier_invalid", text, rest, out);
            }
            Some(Problem::Truncated(short)) => {
                let (need, have) = (short.need, short.have);
                let text = format_args!("the range promises {need} octets of objects, and {have} are here");
                self.note(arrival, "object_truncated", text, rest, out);
            }
        }
    }
}
