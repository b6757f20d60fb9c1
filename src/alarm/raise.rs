//! Making an alarm from what a rule found: who, what, before, limit, and the four fixed lines.

use std::sync::Arc;

use jiff::tz::TimeZone;

use tapglass_model::{CaptureTime, Outcome};

use super::sentence::Sentence;
use super::text::{Words, duration, number};
use super::{Alarm, Arithmetic, RaisedBy, State, requirements, techniques};
use crate::conversation::Conversation;
use crate::plant::clock::{Moment, NEVER};
use crate::plant::tags::TagState;
use crate::records::operation::{Actor, Target};
use crate::rules::info::RuleInfo;
use crate::rules::verdict::{Cause, What};
use crate::rules::write::Write;
use crate::site::{DeviceId, Site, TagId};

/// All that is known when a rule finds something.
#[derive(Clone, Copy)]
pub(crate) struct Occasion<'a> {
    pub(crate) site: &'a Site,
    pub(crate) zone: &'a TimeZone,
    pub(crate) tags: &'a [TagState],
    pub(crate) info: &'a RuleInfo,
    /// The tags that the rule reads.
    pub(crate) inputs: &'a [TagId],
    /// The command, where a command is judged.
    pub(crate) write: Option<&'a Write>,
    /// Between whom, where no command shows it.
    pub(crate) between: Option<(&'a Arc<Actor>, &'a Arc<Target>)>,
    /// The conversation that shows it.
    pub(crate) conversation: Option<&'a Arc<Conversation>>,
    /// Devices, where it is about no tag.
    pub(crate) devices: &'a [DeviceId],
    /// The frame that shows it.
    pub(crate) frame: Option<u64>,
    /// Names the capture that is read.
    pub(crate) seen_in: u64,
    pub(crate) now: Moment,
    pub(crate) at: CaptureTime,
    pub(crate) uncertain: bool,
    /// It stands as long as a condition does.
    pub(crate) standing: bool,
}

/// Values shown in one alarm.
const SHOWN: usize = 4;

impl Occasion<'_> {
    /// The devices it is about: that of its tag, or those that are given.
    pub(crate) fn devices(&self, tag: Option<TagId>) -> Vec<DeviceId> {
        match tag.and_then(|tag| self.site.tags.get(tag.0 as usize)) {
            Some(tag) => vec![tag.device],
            None if !self.devices.is_empty() => self.devices.to_vec(),
            None => self.write.map_or_else(Vec::new, |write| write.devices.clone()),
        }
    }

    /// Values now, with their age.
    fn live(&self, words: &Words<'_>, tags: &[TagId]) -> String {
        let mut parts = Vec::new();
        for tag in tags.iter().take(SHOWN) {
            let name = words.name(*tag);
            let Some(state) = self.tags.get(tag.0 as usize) else {
                continue;
            };
            parts.push(match (state.observed.value.number(), state.seen) {
                (Some(value), seen) if seen != NEVER => format!(
                    "{name} = {} ({} old)",
                    words.value(Some(*tag), value),
                    duration(self.now.saturating_sub(seen))
                ),
                (None, seen) if seen != NEVER => {
                    format!("{name} not readable ({})", state.observed.quality.name())
                }
                _ => match state.commanded.value.number() {
                    Some(value) if state.commanded_at != NEVER => {
                        format!("{name} last commanded {}", words.value(Some(*tag), value))
                    }
                    _ => format!("{name} never seen"),
                },
            });
        }
        parts.join(", ")
    }

    /// What to look at: what the rule reads, what should follow, and the tag itself.
    fn beside(&self, about: &[TagId]) -> Vec<TagId> {
        let mut tags: Vec<TagId> = Vec::new();
        let mut add = |tag: TagId| {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        };
        for tag in about {
            if let Some(feedback) = self
                .site
                .tags
                .get(tag.0 as usize)
                .and_then(|tag| tag.feedback.as_ref())
            {
                add(feedback.tag);
            }
        }
        self.inputs.iter().copied().for_each(&mut add);
        about.iter().copied().for_each(&mut add);
        tags
    }

    /// The alarm.
    pub(crate) fn alarm(&self, cause: &Cause) -> Alarm {
        let words = &Words {
            site: self.site,
            zone: self.zone,
        };
        let actor = self
            .write
            .map(|write| &write.actor)
            .or(self.between.map(|(actor, _)| actor));
        let target = self
            .write
            .map(|write| &write.target)
            .or(self.between.map(|(_, target)| target));
        let live = self.live(words, self.inputs);
        let devices = self.devices(cause.tag);
        let asset = match self.asset(words, cause, &devices) {
            asset if asset.is_empty() => target.map_or(asset, |target| Words::target(target)),
            asset => asset,
        };
        let sentence = Sentence {
            asset: &asset,
            words,
            cause,
            actor: actor.map(Arc::as_ref),
            inputs: self.inputs,
            live: &live,
        };
        let tag_ids = sentence.tags();
        let tag = cause.tag.and_then(|tag| words.tag(tag));
        let title = sentence.title();
        let what = sentence.explanation();
        let base = cause.severity.unwrap_or(self.info.severity);
        let foreign = self.write.is_some_and(|write| !write.who.is_genuine());
        // A principal that the site knows may still not be one that may write this tag.
        let unlisted = self.write.is_some_and(|write| {
            tag.and_then(|tag| tag.writers.as_ref()).is_some_and(|writers| {
                !write
                    .who
                    .principal
                    .is_some_and(|principal| writers.contains(&principal))
            })
        });
        let arithmetic = Arithmetic {
            base,
            // A rule about the writer has counted that already.
            foreign: (foreign || unlisted)
                && !self.site.principals.is_empty()
                && !matches!(
                    cause.what,
                    What::Writer { .. } | What::UnknownController { .. } | What::Restarted { .. }
                ),
            corroborated: false,
            rejected: false,
            accepted: false,
        };
        let frame = self.write.map(|write| write.frame).or(self.frame);
        let operation = self.write.map(|write| RaisedBy {
            action: write.action.name(),
            function: write.function.clone(),
            point: tag.map_or_else(String::new, Words::address),
            frame: write.frame,
            outcome: write.outcome,
            status: None,
        });
        let response = self.response(&sentence, tag.map_or("", |tag| tag.check.as_str()));
        let first = |texts: &[&str]| {
            texts
                .iter()
                .find(|text| !text.is_empty())
                .map_or_else(String::new, |text| (*text).to_owned())
        };
        let why = first(&[&self.info.why, tag.map_or("", |tag| tag.why.as_str())]);
        let consequence = first(&[&self.info.consequence, sentence.consequence()]);
        let check = self.live(words, &self.beside(&tag_ids));
        let lines = [
            String::new(),
            String::new(),
            line("why", &[&what, &why]),
            line("check", &[response.first().map_or("", String::as_str), &check]),
        ];
        let mut alarm = Alarm {
            number: self.identity(cause),
            rule: self.info.id.clone(),
            kind: self.info.kind,
            title,
            severity: base,
            state: State::Unacknowledged,
            first_time: self.at,
            last_time: self.at,
            count: 1,
            asset: asset.clone(),
            advice: matches!(cause.what, What::NotChecked { .. }),
            tags: tag_ids.iter().map(|tag| words.name(*tag).to_owned()).collect(),
            tag_ids,
            devices,
            actor: actor.cloned().or_else(|| self.client(cause)),
            actor_is_foreign: foreign,
            target: target.cloned().or_else(|| self.server(cause)),
            operation,
            before: cause.before,
            value: cause.value,
            extremes: cause.value.map(|value| (value, value)),
            limit: cause.limit,
            unit: tag.map_or_else(String::new, |tag| tag.unit.clone()),
            explanation: String::new(),
            consequence,
            response,
            techniques: if self.info.attack.is_empty() {
                techniques(self.info.kind)
                    .iter()
                    .map(|id| (*id).to_owned())
                    .collect()
            } else {
                self.info.attack.clone()
            },
            requirements: if self.info.requirements.is_empty() {
                requirements(self.info.kind).to_vec()
            } else {
                self.info.requirements.clone()
            },
            frames: frame.into_iter().collect(),
            seen_in: self.seen_in,
            incident: 0,
            first_out: false,
            uncertain: self.uncertain,
            lines,
            conversation: self.conversation.cloned(),
            shelf: None,
            arithmetic,
            first: self.now,
            last: self.now,
            standing: self.standing,
            what,
            who: self.who(words, cause, tag.map(Words::address)),
            headline: self.headline(words, cause, &asset),
        };
        alarm.finish();
        alarm
    }

    fn response(&self, sentence: &Sentence<'_>, check: &str) -> Vec<String> {
        let mut steps = Vec::new();
        for text in [self.info.check.as_str(), check] {
            if !text.is_empty() && !steps.iter().any(|step| step == text) {
                steps.push(text.to_owned());
            }
        }
        steps.extend(sentence.response());
        steps
    }

    fn who(&self, words: &Words<'_>, cause: &Cause, point: Option<String>) -> String {
        if let (None, Some((actor, target))) = (self.write, self.between) {
            return format!("{} -> {}", Words::actor(actor), Words::target(target));
        }
        let Some(write) = self.write else {
            if let What::Exposed(exposed) = &cause.what {
                return self.ends(exposed);
            }
            return match (self.conversation, self.devices.first()) {
                (Some(conversation), Some(device)) => format!(
                    "{}, as {} hears it",
                    words.device(*device),
                    conversation.client.ip
                ),
                (_, Some(device)) => words.device(*device).to_owned(),
                _ => "nobody: seen in the values of the process".to_owned(),
            };
        };
        let mut text = format!(
            "{} -> {}",
            Words::actor(&write.actor),
            Words::target(&write.target)
        );
        if let Some(point) = point {
            text.push_str(", ");
            text.push_str(&point);
        }
        text.push_str(", ");
        text.push_str(&write.function.1);
        text
    }

    /// `AIC201.SP written 11 100 ppm   safe 50..200, was 100`
    fn headline(&self, words: &Words<'_>, cause: &Cause, asset: &str) -> String {
        let name = cause.tag.map(|tag| words.name(tag));
        let value = cause.value.map(|value| words.value(cause.tag, value));
        let verb = if self.write.is_some() { "written" } else { "is" };
        let mut text = match (&cause.what, name, value) {
            (What::Interlock { .. }, ..) => self.info.id.clone(),
            (What::Detected(detected), ..) if asset.is_empty() => detected.title.to_owned(),
            (What::Detected(detected), ..) => format!("{asset}: {}", detected.title),
            (What::SilentTogether { count, .. }, ..) => format!("{count} devices"),
            (What::Count { count, .. }, ..) => format!("{count} commands"),
            (What::Unbalanced { .. } | What::Drifted { .. }, _, Some(_)) => {
                format!("residual is {}", cause.value.map_or_else(String::new, number))
            }
            (_, Some(name), Some(value)) => format!("{name} {verb} {value}"),
            (_, Some(name), None) => name.to_owned(),
            (What::Exposed(exposed), ..) => exposed.title(),
            (_, None, _) => self
                .devices
                .first()
                .map_or_else(|| self.info.id.clone(), |device| words.device(*device).to_owned()),
        };
        let limit = Words::limit(cause.limit);
        let before = cause.before.map(|before| words.value(cause.tag, before));
        match (limit, before) {
            (Some(limit), Some(before)) => text.push_str(&format!("   limit {limit}, was {before}")),
            (Some(limit), None) => text.push_str(&format!("   limit {limit}")),
            (None, Some(before)) => text.push_str(&format!("   was {before}")),
            (None, None) => {}
        }
        format!(
            "{}  {text}   [{} / {}]",
            words.clock(self.at),
            self.info.id,
            self.info.kind
        )
    }

    /// The same for the same input: rule, tag, principal and the first frame (or moment) that shows it.
    fn identity(&self, cause: &Cause) -> u64 {
        let mut hash = Fnv::default();
        hash.add(self.info.id.as_bytes());
        if let Some(tag) = cause.tag.and_then(|tag| self.site.tags.get(tag.0 as usize)) {
            hash.add(tag.name.as_bytes());
        }
        for device in self.devices {
            hash.add(&device.0.to_le_bytes());
        }
        if let Some((actor, target)) = self.between {
            hash.add(actor.ip.to_string().as_bytes());
            hash.add(Words::target(target).as_bytes());
        }
        if let Some(write) = self.write {
            hash.add(write.actor.ip.to_string().as_bytes());
            hash.add(&write.frame.to_le_bytes());
        }
        if let What::Exposed(exposed) = &cause.what {
            hash.add(exposed.explanation().as_bytes());
        }
        hash.add(&self.at.0.to_le_bytes());
        hash.0
    }
}

/// FNV-1a with 64 bits: ids must be the same on every machine and with every version of every library.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

fn line(name: &str, parts: &[&str]) -> String {
    let text: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    format!(" {name:<5} {}", text.join(" "))
}

impl Alarm {
    /// Completes what depends on severity and outcome: explanation and the first two lines.
    pub(crate) fn finish(&mut self) {
        let answer = self.operation.as_ref().map_or_else(String::new, |operation| {
            let status = operation
                .status
                .as_ref()
                .map_or_else(String::new, |(_, name)| format!(" ({name})"));
            match operation.outcome {
                Outcome::Accepted => "accepted by the device".to_owned(),
                Outcome::Pending => "accepted by the device, to be carried out later".to_owned(),
                Outcome::Rejected => format!("refused by the device{status}"),
                Outcome::Unanswered => "no answer seen".to_owned(),
                Outcome::Unacknowledged => "no answer expected".to_owned(),
                Outcome::Requested => String::new(),
            }
        });
        let refused = self
            .operation
            .as_ref()
            .is_some_and(|operation| operation.outcome == Outcome::Rejected);
        self.explanation.clear();
        self.explanation.push_str(&self.what);
        if refused || self.uncertain {
            if self.explanation.ends_with('.') {
                self.explanation.pop();
            }
            if refused {
                self.explanation.push_str("; the device refused it");
            }
            if self.uncertain {
                self.explanation.push_str(" (value marked uncertain)");
            }
            self.explanation.push('.');
        }
        self.lines[0] = format!("{:<8} {}", self.severity.name().to_uppercase(), self.headline);
        let who = if answer.is_empty() {
            self.who.clone()
        } else {
            format!("{}, {answer}", self.who)
        };
        self.lines[1] = line("who", &[&who]);
    }
}
