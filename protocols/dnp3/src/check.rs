//! Looks at everything in a fragment that could be wrong.

use tapglass_proto::{Direction, Sink};

use crate::application::{Fragment, function};
use crate::exchange::Assembled;
use crate::memory::{self, Known};
use crate::objects::header::{Prefix, Range};
use crate::objects::layout::Shape;
use crate::objects::structured::{self, Part, Visit, visit};
use crate::objects::{Block, Blocks, Point, Problem};
use crate::points::common_time;
use crate::session::{Arrival, Dnp3Session};
use crate::{link, names};

/// What a fragment holds besides points, found on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Concerns {
    pub(crate) memory: memory::Concerns,
    /// The sequence number of a challenge (group 120 variation 1).
    pub(crate) challenge: Option<u32>,
    /// The sequence number of the challenge that is replied to (group 120 variation 2).
    pub(crate) reply: Option<u32>,
}

impl Concerns {
    fn note(&mut self, block: &Block<'_>) {
        match (block.header.group, block.header.variation) {
            (70, _) => self.memory.files = true,
            (85 | 86, _) => self.memory.data_sets = true,
            (120, variation @ 1..=2) => {
                let sequence = block
                    .points()
                    .next()
                    .and_then(|point| point.data.first_chunk().copied())
                    .map(u32::from_le_bytes);
                if variation == 1 {
                    self.challenge = sequence;
                } else {
                    self.reply = sequence;
                }
            }
            _ => {}
        }
    }
}

/// True for functions that mean nothing without objects.
const fn needs_objects(code: u8) -> bool {
    matches!(
        code,
        function::READ..=function::DIRECT_OPERATE_NR
            | function::ASSIGN_CLASS
            | function::OPEN_FILE..=function::ABORT_FILE
            | function::AUTHENTICATE_REQ
            | function::AUTH_REQ_NO_ACK
    )
}

impl Dnp3Session {
    /// Looks at everything in a fragment that could be wrong, and says what else it holds.
    pub(crate) fn check(
        &mut self,
        fragment: &Fragment<'_>,
        assembled: &Assembled<'_>,
        from: Direction,
        out: &mut dyn Sink,
    ) -> Concerns {
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
        if fragment.objects.is_empty() && needs_objects(fragment.function) {
            let text = format_args!("{function} without objects");
            self.note(
                arrival,
                "objects_missing",
                text,
                link::evidence(assembled.frames),
                out,
            );
        }
        let mut blocks = Blocks::new(fragment.objects, fragment.function);
        let mut common = None;
        let mut is_secret = fragment.function == function::AUTHENTICATE_FILE;
        let mut concerns = Concerns::default();
        for block in blocks.by_ref() {
            let (group, variation) = (block.header.group, block.header.variation);
            is_secret |= structured::is_secret(group, variation);
            concerns.note(&block);
            self.check_header(fragment, &block, arrival, out);
            self.check_sizes(fragment, &block, arrival, out);
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
        concerns
    }

    /// A qualifier that can be read and yet does not fit: an index before each object needs a count (table 4-6), and
    /// values without a range belong to no points.
    fn check_header(
        &mut self,
        fragment: &Fragment<'_>,
        block: &Block<'_>,
        arrival: Arrival,
        out: &mut dyn Sink,
    ) {
        let header = &block.header;
        let is_mixed =
            matches!(header.prefix, Prefix::Index(_)) && matches!(header.range, Range::Span { .. });
        let names_nothing = header.range == Range::All
            && header.group != 60
            && matches!(
                fragment.function,
                function::SELECT..=function::DIRECT_OPERATE_NR | function::RESPONSE..=function::AUTHENTICATE_RESP
            );
        if is_mixed || names_nothing {
            let text = format_args!("qualifier 0x{:02x} does not fit here", header.qualifier);
            let bytes = fragment.objects.get(block.at..block.data_at).unwrap_or_default();
            self.note(arrival, "object_qualifier_invalid", text, bytes, out);
        }
    }

    /// A size before an object that does not hold what belongs in it.
    fn check_sizes(
        &mut self,
        fragment: &Fragment<'_>,
        block: &Block<'_>,
        arrival: Arrival,
        out: &mut dyn Sink,
    ) {
        if !matches!(block.header.prefix, Prefix::Size(_)) {
            return;
        }
        let (group, variation) = (block.header.group, block.header.variation);
        let fits = |point: &Point<'_>| match block.shape {
            Some(Shape::Structured(_) | Shape::Attribute) => {
                visit(group, variation, point.data, &Known::NOTHING, &mut Nobody).is_ok()
            }
            Some(Shape::Octets(_) | Shape::Unknown) | None => true,
            Some(shape) => shape.size() == Some(point.data.len()),
        };
        if let Some(point) = block.points().find(|point| point.is_whole && !fits(point)) {
            let text = format_args!(
                "{} octets are no object of group {group} variation {variation}",
                point.data.len()
            );
            // Passwords and keys are never written.
            let bytes = fragment.objects.get(block.at..block.data_at).unwrap_or_default();
            self.note(arrival, "object_size_invalid", text, bytes, out);
        }
    }
}

/// Wants no member, only to know whether all are there.
#[derive(Clone)]
struct Nobody;

impl<'a> Visit<'a> for Nobody {
    fn member(&mut self, _: &'static str, _: usize, _: usize, _: Part<'a>) {}
    fn list(&mut self, _: &'static str) {}
    fn item(&mut self, _: &'static str, _: usize, _: usize) {}
    fn end_item(&mut self) {}
    fn end_list(&mut self) {}
}
