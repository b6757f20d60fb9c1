//! `tapglass check`: a verdict on captures, for scripts and forensics.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tapglass_model::Severity;
use tapglass_proto::{Anomaly, Blind, Limits, Message};

use super::kept::Kept;
use super::output::Output;
use super::port::Ports;
use super::{Exit, difference, historian, keys, site, verdict};
use crate::alarm::Alarm;
use crate::conversation::Context;
use crate::engine::{Engine, Options, Output as Said};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::pipeline::{Pipeline, hints_of};
use crate::records::alarm::write_alarm;
use crate::records::{Captures, write_anomaly, write_blind_spot, write_message};
use crate::site::Site;
use crate::watch::{Beside, Census, Tap, Watcher};

/// A record that `check` can print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Record {
    /// One application message
    Message,
    /// What was done to one point
    Operation,
    /// An alarm
    Alarm,
    /// A device or client
    Device,
    /// Who talks with whom
    Conversation,
    /// Bytes that break the protocol
    Anomaly,
    /// What was not seen
    BlindSpot,
    /// Counters of the watching itself
    Health,
    /// Totals
    Summary,
}

/// A severity as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lowercase")]
pub(super) enum AtLeast {
    Low,
    Medium,
    High,
    Critical,
}

impl AtLeast {
    const fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

/// Arguments of `check`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Captures: pcap or pcapng, plain, gzip or zstd; several are read in time order; `-` is standard input
    #[arg(required_unless_present = "csv", conflicts_with = "csv", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Export of a historian instead of a capture: its columns are the tags of the site, by name; can be given several
    /// times
    #[arg(long, value_name = "FILE", requires = "site")]
    csv: Vec<PathBuf>,
    /// A column of the export that is no tag
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    ignore: Vec<String>,
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    #[command(flatten)]
    ports: Ports,
    /// Print records as JSON Lines
    #[arg(long)]
    json: bool,
    /// Which records to print with --json
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "alarm,blind_spot,summary",
        requires = "json"
    )]
    records: Vec<Record>,
    /// The lowest severity that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    fail_on: AtLeast,
    /// Exit with 0 instead of 3 when something was not seen
    #[arg(long)]
    allow_incomplete: bool,
    /// Instead of a verdict: which alarms the NEW site adds, removes or alters against the OLD one
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["site", "records", "fail_on"])]
    diff: Option<Vec<PathBuf>>,
    /// Print the four lines of each alarm: what, who, why, and what to check
    #[arg(long)]
    long: bool,
    #[command(flatten)]
    keys: keys::Given,
}

/// Prints records as they come.
pub(super) struct Printer {
    pub(super) output: Output,
    pub(super) captures: Captures,
    pub(super) records: Vec<Record>,
    json: bool,
    /// Sentences about what was not seen, for people; counted by text.
    unseen: BTreeMap<String, u64>,
}

impl Printer {
    pub(super) fn prints(&self, record: Record) -> bool {
        self.json && self.records.contains(&record)
    }
}

impl Tap for Printer {
    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        write_message(&mut self.output.bytes, &self.captures, context, message);
        self.output.record();
    }

    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        if self.prints(Record::Anomaly) {
            write_anomaly(&mut self.output.bytes, &self.captures, context, anomaly);
            self.output.record();
        }
    }

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        if self.prints(Record::BlindSpot) {
            write_blind_spot(&mut self.output.bytes, &self.captures, Some(context), blind);
            self.output.record();
        }
        if !self.json && self.unseen.len() < verdict::MOST_SENTENCES {
            let ends = context.conversation;
            let text = format!(
                "{} {} > {}:{}: {}",
                ends.protocol, ends.client.ip, ends.server.ip, ends.server.port, blind.text
            );
            *self.unseen.entry(text).or_default() += 1;
        }
    }

    fn unseen(&mut self, blind: &Blind<'_>) {
        if self.prints(Record::BlindSpot) {
            write_blind_spot(&mut self.output.bytes, &self.captures, None, blind);
            self.output.record();
        }
        if !self.json && self.unseen.len() < verdict::MOST_SENTENCES {
            let text = format!("{}, from {} on", blind.text, blind.from);
            *self.unseen.entry(text).or_default() += 1;
        }
    }
}

/// What is asked of a verdict.
pub(super) struct Ask {
    pub(super) json: bool,
    records: Vec<Record>,
    fail_on: Severity,
    pub(super) allow_incomplete: bool,
    pub(super) long: bool,
    /// Ports at which protocols are expected, besides those of the site.
    pub(super) ports: Ports,
    /// The command line that shows the same in the screens, without the time.
    see: String,
}

impl Ask {
    /// What the demonstration asks: the alarms are its point, so they do not make it fail.
    pub(super) fn for_demo(json: bool) -> Self {
        Self {
            json,
            records: vec![Record::Alarm, Record::BlindSpot, Record::Summary],
            fail_on: Severity::Low,
            allow_incomplete: false,
            long: false,
            ports: Ports::default(),
            see: "tapglass demo".to_owned(),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(site) = site::load(arguments.site.as_deref()) else {
        return Exit::Usage;
    };
    if !arguments.csv.is_empty() {
        let ask = historian::Ask {
            json: arguments.json,
            long: arguments.long,
            fail_on: arguments.fail_on.severity(),
            allow_incomplete: arguments.allow_incomplete,
        };
        return historian::check(&arguments.csv, &arguments.ignore, site, &ask);
    }
    let Some(keys) = arguments.keys.load() else {
        return Exit::Usage;
    };
    let input = match Input::with_keys(&arguments.files, &keys) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    };
    if let Some([old, new]) = arguments.diff.as_deref() {
        let ask = Ask {
            json: arguments.json,
            allow_incomplete: arguments.allow_incomplete,
            long: arguments.long,
            ports: arguments.ports.clone(),
            ..Ask::for_demo(false)
        };
        return difference::run(old, new, input, &ask);
    }
    let files: Vec<String> = arguments
        .files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let site_part = arguments
        .site
        .as_ref()
        .map_or_else(String::new, |site| format!(" --site {}", site.display()));
    let ask = Ask {
        json: arguments.json,
        records: arguments.records.clone(),
        fail_on: arguments.fail_on.severity(),
        allow_incomplete: arguments.allow_incomplete,
        long: arguments.long,
        ports: arguments.ports.clone(),
        see: format!("tapglass replay {}{site_part}{}", files.join(" "), arguments.keys),
    };
    verdict_on(input, site, &ask)
}

/// Reads captures to their end and says what they amount to.
pub(super) fn verdict_on(mut input: Input, site: Site, ask: &Ask) -> Exit {
    let mut pipeline = Pipeline::new(
        ask.ports.with(hints_of(&site)),
        FlowLimits::default(),
        Limits::default(),
    );
    pipeline.use_keys(input.keys());
    let printer = Printer {
        output: Output::new(false),
        captures: input.captures(),
        records: ask.records.clone(),
        json: ask.json,
        unseen: BTreeMap::new(),
    };
    let options = Options {
        operations: printer.prints(Record::Operation),
        ..Options::default()
    };
    let mut watcher = Watcher::new(Engine::new(site, options), printer);
    watcher.messages = watcher.tap.prints(Record::Message);
    if watcher.tap.prints(Record::Device) || watcher.tap.prints(Record::Conversation) {
        watcher.census = Some(Census::default());
    }
    let mut alarms = Kept::default();
    while let Some(frame) = input.next() {
        pipeline.frame(&frame, &mut watcher);
        if watcher.engine.has_output() {
            take_outputs(&mut watcher, &mut alarms);
        }
        if watcher.tap.output.closed {
            return watcher.tap.output.exit();
        }
    }
    pipeline.finish(&mut watcher);
    if let Some(last) = watcher.counts.last {
        watcher.engine.finish(last);
    }
    take_outputs(&mut watcher, &mut alarms);
    conclude(ask, watcher, &pipeline, &mut input, alarms)
}

/// Takes what the engine has to say: operations are printed at once, of an alarm the last state counts.
fn take_outputs(watcher: &mut Watcher<Printer>, alarms: &mut Kept) {
    let Watcher { engine, tap, .. } = watcher;
    for said in engine.drain() {
        match said {
            Said::Alarm(transition) => {
                alarms.take(transition.alarm);
            }
            Said::Operation(record) => {
                record.write(&mut tap.output.bytes, &tap.captures);
                tap.output.record();
            }
        }
    }
}

/// Prints alarms, totals and what was not seen, and decides the exit status.
fn conclude(
    ask: &Ask,
    mut watcher: Watcher<Printer>,
    pipeline: &Pipeline,
    input: &mut Input,
    alarms: Kept,
) -> Exit {
    let forgotten = alarms.forgotten;
    let mut alarms: Vec<Arc<Alarm>> = alarms.into_values().collect();
    alarms.sort_by(|a, b| {
        (a.first_time, std::cmp::Reverse(a.severity), &a.rule, a.number).cmp(&(
            b.first_time,
            std::cmp::Reverse(b.severity),
            &b.rule,
            b.number,
        ))
    });
    let mut verdict = verdict::Verdict::new(&watcher, pipeline, input, &alarms);
    verdict.alarms_not_kept(forgotten);
    let printer = &mut watcher.tap;
    if ask.json {
        for alarm in &alarms {
            if printer.prints(Record::Alarm) {
                write_alarm(&mut printer.output.bytes, &printer.captures, alarm);
                printer.output.record();
            }
        }
        if let Some(census) = &watcher.census {
            let beside = Beside::new(&watcher.engine, watcher.counts.last.unwrap_or_default());
            if printer.prints(Record::Device) {
                census.write_devices(&mut printer.output.bytes, &printer.captures, &beside);
            }
            if printer.prints(Record::Conversation) {
                census.write_conversations(&mut printer.output.bytes, &printer.captures, &beside);
            }
            census.write_shortfall(&mut printer.output.bytes, &printer.captures);
        }
        if printer.prints(Record::BlindSpot) {
            verdict.write_blind_spots(&mut printer.output.bytes, &printer.captures);
        }
        if printer.prints(Record::Health) {
            verdict.write_health(&mut printer.output.bytes, &printer.captures);
        }
        if printer.prints(Record::Summary) {
            verdict.write_summary(&mut printer.output.bytes, &printer.captures);
        }
        for sentence in &verdict.damages {
            eprintln!("tapglass: {sentence}");
        }
    } else {
        let captures = &printer.captures;
        for alarm in &alarms {
            verdict::print_alarm(&mut printer.output.bytes, captures, alarm, ask.long);
        }
        verdict.print(&mut printer.output.bytes, &alarms, &printer.unseen, &ask.see);
    }
    printer.output.flush();
    if printer.output.closed {
        return printer.output.exit();
    }
    // That a rule could not be checked is something not seen, no finding.
    let worst = alarms
        .iter()
        .filter(|alarm| !alarm.advice)
        .map(|alarm| alarm.severity)
        .max();
    if worst >= Some(ask.fail_on) {
        Exit::Alarm
    } else if !verdict.complete && !ask.allow_incomplete {
        Exit::Incomplete
    } else {
        Exit::Nothing
    }
}
