//! The records of `decode` on their way to standard output.

use std::collections::BTreeMap;

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{Anomaly, Answer, Blind, Direction, Message, Operation, Wants};

use super::super::output::Output;
use super::super::verdict::not_decoded;
use super::Record;
use crate::conversation::{Context, Conversation};
use crate::pipeline::{Counters, Handler};
use crate::recognise::{Seen, Traffic};
use crate::records::filter::Filter;
use crate::records::{Captures, write_anomaly, write_blind_spot, write_fields, write_line, write_message};
use crate::watch::{Beside, Census};

/// What the `summary` record counts.
#[derive(Default)]
pub(super) struct Totals {
    first: Option<CaptureTime>,
    last: CaptureTime,
    frame: u64,
    messages: BTreeMap<&'static str, u64>,
    blind_spots: BTreeMap<&'static str, u64>,
}

/// Prints records as they come, and lists at the end.
pub(super) struct Decoding {
    pub(super) output: Output,
    pub(super) captures: Captures,
    pub(super) protocols: Vec<&'static str>,
    pub(super) records: Vec<Record>,
    pub(super) messages: bool,
    pub(super) fields: bool,
    pub(super) anomalies: bool,
    pub(super) blind_spots: bool,
    pub(super) filter: Option<Filter>,
    /// Records that the filter has not seen yet.
    pub(super) scratch: Vec<u8>,
    pub(super) census: Option<Census>,
    pub(super) totals: Option<Totals>,
    /// Messages and anomalies that pass the filter, and all blind spots.
    pub(super) counts: [u64; 3],
}

impl Decoding {
    fn wanted(&self, context: &Context<'_>) -> bool {
        self.lists(context.conversation.protocol)
    }

    fn lists(&self, protocol: &str) -> bool {
        self.protocols.is_empty() || self.protocols.contains(&protocol)
    }

    /// Writes a record where the filter can see it; true when it passes.
    fn passes(&mut self, write: impl FnOnce(&mut Vec<u8>, &Captures)) -> bool {
        let Some(filter) = &self.filter else {
            return true;
        };
        self.scratch.clear();
        write(&mut self.scratch, &self.captures);
        serde_json::from_slice(&self.scratch).is_ok_and(|record| filter.passes(&record))
    }

    fn prints(&self, record: Record) -> bool {
        self.records.contains(&record)
    }

    /// What is listed when the captures are over; `whole` when nothing below the protocols was lost.
    pub(super) fn finish(&mut self, counters: &Counters, whole: bool) {
        let mut lines = Vec::new();
        if let Some(census) = &self.census {
            let beside = Beside::nothing(census.now());
            if self.prints(Record::Device) {
                census.write_devices(&mut lines, &self.captures, &beside);
            }
            if self.prints(Record::Conversation) {
                census.write_conversations(&mut lines, &self.captures, &beside);
            }
            census.write_shortfall(&mut lines, &self.captures);
        }
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let passes = self
                .filter
                .as_ref()
                .is_none_or(|filter| serde_json::from_slice(line).is_ok_and(|record| filter.passes(&record)));
            if passes {
                self.output.bytes.extend_from_slice(line);
                self.output.record();
            }
        }
        if let Some(totals) = self.totals.take() {
            self.summary(&totals, counters, whole);
        }
    }

    fn summary(&mut self, totals: &Totals, counters: &Counters, whole: bool) {
        let [_, anomalies, blind_spots] = self.counts;
        let place = self.captures.without_frame(totals.frame);
        let out = &mut self.output.bytes;
        write_line(out, &self.captures, "summary", totals.last, place, |out| {
            out.key("from").time(totals.first.unwrap_or_default());
            out.key("until").time(totals.last);
            out.key("frames").u64(counters.frames);
            out.key("bytes").u64(counters.bytes);
            out.key("conversations").u64(counters.conversations);
            for (key, counts) in [
                ("messages", &totals.messages),
                ("blind_spots", &totals.blind_spots),
            ] {
                out.key(key).object(|out| {
                    for (name, count) in counts {
                        out.key(name).u64(*count);
                    }
                });
            }
            out.key("anomalies").u64(anomalies);
            out.key("not_seen").object(|out| {
                for (name, count) in counters.lost().into_iter().filter(|(_, count)| *count > 0) {
                    out.key(name).u64(count);
                }
            });
            not_decoded(out, counters);
            out.key("complete").bool(whole && blind_spots == 0);
        });
        self.output.record();
    }
}

impl Handler for Decoding {
    fn wants(&self) -> Wants {
        Wants {
            messages: self.messages || self.fields || self.filter.is_some(),
            // Operations tell which stations stand behind an address.
            operations: self.census.is_some(),
        }
    }

    fn frame(&mut self, at: CaptureTime, number: u64) {
        if let Some(totals) = &mut self.totals {
            totals.first.get_or_insert(at);
            totals.last = totals.last.max(at);
            totals.frame = number;
        }
    }

    fn opened(&mut self, conversation: &Conversation) {
        if self.lists(conversation.protocol)
            && let Some(census) = &mut self.census
        {
            census.opened(conversation);
        }
    }

    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        if !self.wanted(context) {
            return;
        }
        if let Some(census) = &mut self.census {
            census.message(context, message);
        }
        if !self.passes(|out, captures| write_message(out, captures, context, message)) {
            return;
        }
        self.counts[0] += 1;
        if let Some(totals) = &mut self.totals {
            *totals.messages.entry(context.conversation.protocol).or_default() += 1;
        }
        if self.messages {
            if self.filter.is_some() {
                self.output.bytes.extend_from_slice(&self.scratch);
            } else {
                write_message(&mut self.output.bytes, &self.captures, context, message);
            }
            self.output.record();
        }
        if self.fields {
            write_fields(&mut self.output.bytes, &self.captures, context, message);
            self.output.record();
        }
    }

    fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        if self.wanted(context)
            && let Some(census) = &mut self.census
        {
            census.operation(context, operation);
        }
    }

    fn answer(&mut self, _: &Context<'_>, _: &Answer<'_>) {}

    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        if self.wanted(context) && self.passes(|out, captures| write_anomaly(out, captures, context, anomaly))
        {
            self.counts[1] += 1;
            if self.anomalies {
                write_anomaly(&mut self.output.bytes, &self.captures, context, anomaly);
                self.output.record();
            }
        }
    }

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        if !self.wanted(context) {
            return;
        }
        if let Some(census) = &mut self.census {
            census.blind(context, blind);
        }
        // What a filter leaves out was not seen all the same.
        self.counts[2] += 1;
        if let Some(totals) = &mut self.totals {
            *totals.blind_spots.entry(blind.reason.name()).or_default() += 1;
        }
        if self.blind_spots
            && self.passes(|out, captures| write_blind_spot(out, captures, Some(context), blind))
        {
            write_blind_spot(&mut self.output.bytes, &self.captures, Some(context), blind);
            self.output.record();
        }
    }

    fn identity(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        if self.wanted(context)
            && let Some(census) = &mut self.census
        {
            census.identity(context, of, station, key, value);
        }
    }

    fn closed(&mut self, conversation: &Conversation, at: CaptureTime, traffic: Traffic) {
        if let Some(census) = &mut self.census {
            census.closed(conversation, at, traffic);
        }
    }

    fn recognised(&mut self, seen: Seen) {
        if self.lists(seen.protocol)
            && let Some(census) = &mut self.census
        {
            census.recognised(seen);
        }
    }
}
