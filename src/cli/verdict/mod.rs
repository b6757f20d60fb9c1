//! What a run amounts to: totals, what was not seen, whether every rule could be judged.

mod losses;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use tapglass_model::{CaptureTime, Severity};
use tapglass_proto::json::Writer;

use crate::alarm::Alarm;
use crate::input::Input;
use crate::pipeline::{Counters, Pipeline};
use crate::recognise::not_decoded_line;
use crate::records::{Captures, frame_number, write_line};
use crate::rules::coverage::RuleState;
use crate::watch::{Counts, Tap, Watcher, reason};

use losses::{all, why};
pub(super) use losses::{not_seen, sentence};

/// Different sentences about what was not seen that are kept; further ones are counted.
pub(super) const MOST_SENTENCES: usize = 1_000;
/// Of these, printed.
const PRINTED: usize = 20;

/// What became of one rule.
struct Judged {
    id: String,
    state: RuleState,
    evaluated: u64,
    violated: u64,
    unknown: u64,
    /// Why it cannot fire.
    why: String,
}

/// The result of a run.
pub(super) struct Verdict {
    site: String,
    counts: Counts,
    counters: Counters,
    /// What was lost or not understood below the protocols, by name; only what is not zero.
    not_seen: Vec<(&'static str, u64)>,
    rules: Vec<Judged>,
    alarms: BTreeMap<Severity, u64>,
    /// What is wrong with the captures.
    pub(super) damages: Vec<String>,
    /// Nothing was missed, and every rule could be judged.
    pub(super) complete: bool,
}

impl Judged {
    /// It had its occasions, or inputs that never came, and could never tell.
    fn never(&self) -> bool {
        self.state.is_blind() && self.evaluated == self.unknown
    }
}

impl Verdict {
    pub(super) fn new<T: Tap>(
        watcher: &Watcher<T>,
        pipeline: &Pipeline,
        input: &mut Input,
        alarms: &[Arc<Alarm>],
    ) -> Self {
        let counters = pipeline.counters();
        let engine = &watcher.engine;
        let mut not_seen = not_seen(&counters, input);
        if engine.unjudged() > 0 {
            not_seen.push(("hosts_not_judged", engine.unjudged()));
        }
        if engine.detections_forgotten() > 0 {
            not_seen.push(("detections_not_counted", engine.detections_forgotten()));
        }
        let rules: Vec<Judged> = engine
            .rules()
            .map(|view| Judged {
                id: view.info.id.clone(),
                state: view.state,
                evaluated: view.coverage.evaluated,
                violated: view.coverage.violated,
                unknown: view.coverage.unknown,
                why: reason(engine, &view),
            })
            .collect();
        let blind_rule = rules.iter().any(Judged::never);
        let mut by_severity = BTreeMap::new();
        for alarm in alarms {
            *by_severity.entry(alarm.severity).or_default() += 1;
        }
        let damages = input.damages();
        Self {
            site: watcher.engine.site().name.clone(),
            complete: not_seen.is_empty()
                && watcher.counts.blind_spots.is_empty()
                && damages.is_empty()
                && !blind_rule,
            counts: watcher.counts.clone(),
            counters,
            not_seen,
            rules,
            alarms: by_severity,
            damages,
        }
    }

    /// So many alarms were too many to be kept.
    pub(super) fn alarms_not_kept(&mut self, count: u64) {
        if count > 0 {
            self.not_seen.push(("alarms_not_kept", count));
            self.complete = false;
        }
    }

    fn last(&self) -> CaptureTime {
        self.counts.last.unwrap_or_default()
    }

    /// Rules that could never be judged.
    fn blind_rules(&self) -> impl Iterator<Item = &Judged> {
        self.rules.iter().filter(|rule| rule.never())
    }

    /// Blind spots that are not about one conversation.
    pub(super) fn write_blind_spots(&self, out: &mut Vec<u8>, captures: &Captures) {
        let (from, until) = (self.counts.first.unwrap_or_default(), self.last());
        let place = captures.without_frame(self.counts.frame);
        let mut write = |why: &str, text: &str| {
            write_line(out, captures, "blind_spot", until, place, |out| {
                out.key("from").time(from);
                out.key("until").time(until);
                out.key("why").string(why);
                out.key("text").string(text);
            });
        };
        for damage in &self.damages {
            write("damaged", damage);
        }
        for (name, count) in &self.not_seen {
            write(why(name), &sentence(name, *count));
        }
        for rule in self.blind_rules() {
            write("rule_not_evaluated", &format!("{}: {}", rule.id, rule.why));
        }
    }

    pub(super) fn write_health(&self, out: &mut Vec<u8>, captures: &Captures) {
        let place = captures.without_frame(self.counts.frame);
        write_line(out, captures, "health", self.last(), place, |out| {
            out.key("counters").object(|out| {
                for (name, count) in all(&self.counters) {
                    out.key(name).u64(count);
                }
            });
        });
    }

    pub(super) fn write_summary(&self, out: &mut Vec<u8>, captures: &Captures) {
        let counts = &self.counts;
        let place = captures.without_frame(counts.frame);
        write_line(out, captures, "summary", self.last(), place, |out| {
            if !self.site.is_empty() {
                out.key("site").string(&self.site);
            }
            out.key("from").time(counts.first.unwrap_or_default());
            out.key("until").time(self.last());
            out.key("frames").u64(self.counters.frames);
            out.key("bytes").u64(self.counters.bytes);
            out.key("conversations").u64(self.counters.conversations);
            let mut messages = counts.messages.clone();
            messages.sort_unstable();
            map(out, "messages", messages.into_iter());
            map(
                out,
                "operations",
                counts.operations.iter().map(|(name, count)| (*name, *count)),
            );
            map(
                out,
                "alarms",
                self.alarms
                    .iter()
                    .rev()
                    .map(|(severity, count)| (severity.name(), *count)),
            );
            out.key("anomalies").u64(counts.anomalies.values().sum());
            map(
                out,
                "blind_spots",
                counts.blind_spots.iter().map(|(name, count)| (*name, *count)),
            );
            map(out, "not_seen", self.not_seen.iter().copied());
            not_decoded(out, &self.counters);
            out.key("complete").bool(self.complete);
            out.key("rules").object(|out| {
                for rule in &self.rules {
                    out.key(&rule.id).object(|out| {
                        out.key("evaluated").u64(rule.evaluated);
                        out.key("violated").u64(rule.violated);
                        out.key("unknown").u64(rule.unknown);
                        out.key("state").string(rule.state.name());
                    });
                }
            });
        });
    }

    /// The verdict in words.
    pub(super) fn print(
        &self,
        out: &mut Vec<u8>,
        alarms: &[Arc<Alarm>],
        unseen: &BTreeMap<String, u64>,
        see: &str,
    ) {
        let mut text = String::new();
        if !alarms.is_empty() {
            text.push('\n');
        }
        let count: u64 = self.alarms.values().sum();
        let parts: Vec<String> = self
            .alarms
            .iter()
            .rev()
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        let parts = if parts.is_empty() {
            String::new()
        } else {
            format!(" ({})", parts.join(", "))
        };
        let _ = writeln!(text, "{count} alarm{}{parts}.", if count == 1 { "" } else { "s" });
        let counts = &self.counts;
        let seconds = self.last().since(counts.first.unwrap_or_default()) / 1_000_000_000;
        let messages: Vec<String> = counts
            .messages
            .iter()
            .map(|(name, count)| format!("{count} {}", crate::watch::protocol_name(name)))
            .collect();
        let messages = if messages.is_empty() {
            "no".to_owned()
        } else {
            messages.join(", ")
        };
        let _ = writeln!(
            text,
            "{} frames over {seconds} s, {} conversations, {messages} messages.",
            self.counters.frames, self.counters.conversations
        );
        let judged = self.rules.iter().filter(|rule| rule.evaluated > 0).count();
        if !self.site.is_empty() {
            let idle = self.rules.len() - judged;
            let _ = writeln!(
                text,
                "{} rules watch {}: {judged} were judged, {idle} had nothing to judge.",
                self.rules.len(),
                self.site
            );
        }
        self.print_unseen(&mut text, unseen);
        if let Some(worst) = alarms.iter().rev().max_by_key(|alarm| alarm.severity) {
            let at = worst.first_time;
            let at = if see.contains(" replay ") {
                format!(" --at {at}")
            } else {
                String::new()
            };
            let _ = writeln!(text, "See it: {see}{at}");
        }
        out.extend_from_slice(text.as_bytes());
    }

    fn print_unseen(&self, text: &mut String, unseen: &BTreeMap<String, u64>) {
        let mut sentences: Vec<String> = self.damages.clone();
        sentences.extend(self.not_seen.iter().map(|(name, count)| sentence(name, *count)));
        sentences.extend(unseen.iter().map(|(sentence, count)| match count {
            1 => sentence.clone(),
            more => format!("{sentence} ({more} times)"),
        }));
        sentences.extend(
            self.blind_rules()
                .map(|rule| format!("rule {} could not be judged: {}", rule.id, rule.why)),
        );
        let anomalies: u64 = self.counts.anomalies.values().sum();
        if anomalies > 0 {
            sentences.push(format!(
                "{anomalies} messages break their protocol; `tapglass decode --records anomaly` lists them"
            ));
        }
        if self.site.is_empty() {
            text.push_str("No site was given: only the built-in rules have watched. --site DIR brings the plant's own.\n");
        }
        if self.counters.conversations == 0 {
            text.push_str("Nothing of Modbus, DNP3 or OPC UA was recognised in this capture.\n");
        }
        if let Some(line) = not_decoded_line(&self.counters.recognised, self.counters.unrecognised) {
            text.push_str(&line);
            text.push('\n');
        }
        if sentences.is_empty() {
            text.push_str("The picture is complete: nothing was missed.\n");
            return;
        }
        text.push_str("The picture is complete, except:\n");
        for sentence in sentences.iter().take(PRINTED) {
            let _ = writeln!(text, "  - {sentence}");
        }
        if sentences.len() > PRINTED {
            let _ = writeln!(
                text,
                "  - and {} more; --json --records blind_spot lists all",
                sentences.len() - PRINTED
            );
        }
    }
}

fn map<'a>(out: &mut Writer<'_>, key: &str, values: impl Iterator<Item = (&'a str, u64)>) {
    out.key(key).object(|out| {
        for (name, count) in values {
            out.key(name).u64(count);
        }
    });
}

/// The member `not_decoded` of the summary: protocols that are recognised and not decoded, and what none here knows.
pub(super) fn not_decoded(out: &mut Writer<'_>, counters: &Counters) {
    out.key("not_decoded").object(|out| {
        for (name, _, industrial, count) in counters.recognised.each() {
            out.key(name).object(|out| {
                out.key("conversations").u64(count.conversations);
                out.key("frames").u64(count.traffic.frames);
                out.key("bytes").u64(count.traffic.bytes);
                out.key("industrial").bool(industrial);
            });
        }
    });
    out.key("unrecognised_conversations").u64(counters.unrecognised);
}

/// One line for an alarm, or its four lines.
pub(super) fn print_alarm(out: &mut Vec<u8>, captures: &Captures, alarm: &Alarm, long: bool) {
    let mut text = String::new();
    if long {
        for line in &alarm.lines {
            let _ = writeln!(text, "{line}");
        }
        text.push('\n');
    } else {
        let at = alarm.first_time.to_string();
        let at = at.get(..23).unwrap_or(&at);
        let frame = alarm.frames.first().copied().unwrap_or(0);
        let capture = captures.name(frame);
        let proof = if frame_number(frame) == 0 {
            String::new()
        } else {
            format!("  {capture} frame {}", frame_number(frame))
        };
        let again = if alarm.count > 1 {
            format!("  x{}", alarm.count)
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{at}Z  {:<8}  {}  [{}]{again}{proof}",
            alarm.severity.name().to_uppercase(),
            alarm.explanation,
            alarm.rule
        );
    }
    out.extend_from_slice(text.as_bytes());
}
