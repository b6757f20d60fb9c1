//! `tapglass live`: the passive tap, the same pipeline on a mirrored port.

mod listing;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use tapglass_proto::{Anomaly, Blind, BlindReason, Limits, Message};

use super::output::Output;
use super::port::Ports;
use super::screens::{self, Look};
use super::{Exit, check, keys, site};
use crate::capture::filter::Filter;
use crate::capture::live::{Options as RingOptions, Ring};
use crate::capture::{Counters, End, Next, Source as FrameSource, stdin};
use crate::conversation::Context;
use crate::engine::{Engine, Options, Output as Said};
use crate::flow::FlowLimits;
use crate::live::{LiveSource, Tapped};
use crate::pipeline::{Pipeline, hints_of};
use crate::records::alarm::write_alarm;
use crate::records::{Captures, write_anomaly, write_blind_spot, write_message};
use crate::watch::{Census, Tap, Watcher};
use check::Record;
use listing::Listing;

/// Arguments of `live`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Interface with the mirrored traffic; `-` reads a capture stream from standard input
    #[arg(required = true, value_name = "INTERFACE")]
    interface: String,
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Only these frames, such as 'tcp port 502 and not host 10.0.0.9'; the kernel decides
    #[arg(long, value_name = "BPF")]
    filter: Option<Filter>,
    /// Print records as JSON Lines, also on a terminal
    #[arg(long)]
    json: bool,
    /// Which records to print
    #[arg(long, value_delimiter = ',', default_value = "alarm,blind_spot,health")]
    records: Vec<Record>,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    #[command(flatten)]
    keys: keys::Given,
    #[command(flatten)]
    ports: Ports,
    #[command(flatten)]
    look: Look,
}

/// Prints records as they come; alarms at every change.
struct Printer {
    output: Output,
    captures: Captures,
    records: Vec<Record>,
}

impl Printer {
    fn prints(&self, record: Record) -> bool {
        self.records.contains(&record)
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
    }
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let on_screen = !arguments.json && std::io::stdout().is_terminal();
    if on_screen && let Err(exit) = screens::check(&arguments.look) {
        return exit;
    }
    let Some(site) = site::load(arguments.site.as_deref()) else {
        return Exit::Usage;
    };
    let Some(keys) = arguments.keys.follow() else {
        return Exit::Usage;
    };
    let stop = Arc::new(AtomicBool::new(false));
    let source: Box<dyn FrameSource + Send> = if arguments.interface == "-" {
        match stdin() {
            Ok(mut source) => {
                let ring = keys.clone();
                source.on_secrets(move |kind, bytes| ring.take_secrets("standard input", kind, bytes));
                Box::new(source)
            }
            Err(error) => {
                eprintln!("tapglass: {error}");
                return Exit::Usage;
            }
        }
    } else {
        let options = RingOptions {
            filter: arguments.filter.clone(),
            stop: Arc::clone(&stop),
            ..RingOptions::default()
        };
        match Ring::open(&arguments.interface, &options) {
            Ok(ring) => Box::new(ring),
            Err(error) => {
                eprintln!("tapglass: {error}");
                return Exit::Usage;
            }
        }
    };
    let name = if arguments.interface == "-" {
        "standard input"
    } else {
        &arguments.interface
    };
    let tapped = Tapped {
        hints: arguments.ports.with(Vec::new()),
        source,
        site,
        keys,
        name: name.to_owned(),
        stop,
    };
    if on_screen {
        return screens::show(&mut LiveSource::start(tapped), &arguments.look, "");
    }
    let printer = Printer {
        output: Output::new(true),
        captures: Captures::new(vec![name.to_owned()]),
        records: arguments.records.clone(),
    };
    print(tapped, printer, arguments.seconds, arguments.interface != "-")
}

/// Watches without screens until it is stopped.
fn print(tapped: Tapped, printer: Printer, seconds: Option<u64>, on_the_wire: bool) -> Exit {
    let Tapped {
        mut source,
        site,
        keys,
        mut hints,
        stop,
        ..
    } = tapped;
    hints.extend(hints_of(&site));
    let mut pipeline = Pipeline::new(hints, FlowLimits::default(), Limits::default());
    pipeline.use_keys(&keys);
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let _ = signal_hook::flag::register(signal, Arc::clone(&stop));
    }
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&interrupted));
    let options = Options {
        operations: printer.prints(Record::Operation),
        ..Options::default()
    };
    let mut watcher = Watcher::new(Engine::new(site, options), printer);
    watcher.messages = watcher.tap.prints(Record::Message);
    let mut listing = Listing::new(&watcher.tap);
    watcher.census = listing.is_wanted().then(Census::default);
    let begun = std::time::Instant::now();
    let mut dropped = 0;
    let mut alarmed = false;
    eprintln!("tapglass: watching; nothing is ever sent");
    let end = loop {
        match source.next() {
            Next::Frame(frame) => pipeline.frame(&frame, &mut watcher),
            // A quiet link: time goes on all the same, or nothing would ever be found silent.
            Next::Idle if on_the_wire => {
                let now = crate::live::now();
                watcher.engine.advance(now);
                listing.passes(now);
            }
            Next::Idle => {}
            Next::End(end) => break end,
        }
        alarmed |= tell(&mut watcher);
        if listing.is_wanted() {
            listing.news(&mut watcher);
        }
        if seconds.is_some_and(|seconds| begun.elapsed().as_secs() >= seconds) {
            stop.store(true, Ordering::Relaxed);
        }
        if watcher.tap.output.closed {
            return watcher.tap.output.exit();
        }
    };
    let counters = source.counters();
    dropped += lost(&counters);
    pipeline.finish(&mut watcher);
    if let Some(last) = watcher.counts.last {
        if dropped > 0 {
            say_dropped(&mut watcher, dropped, last);
        }
        watcher.engine.finish(last);
    }
    alarmed |= tell(&mut watcher);
    listing.all(&mut watcher);
    if watcher.tap.prints(Record::Health) {
        write_health(&mut watcher, &counters, &pipeline);
    }
    watcher.tap.output.flush();
    for fault in keys.faults() {
        eprintln!("tapglass: {fault}");
    }
    let not_seen = pipeline.counters().lost().iter().any(|(_, count)| *count > 0);
    match end {
        End::Lost(what) => {
            eprintln!("tapglass: {what}");
            Exit::Usage
        }
        _ if interrupted.load(Ordering::Relaxed) => Exit::Interrupted,
        _ if alarmed => Exit::Alarm,
        _ if dropped > 0 || not_seen || !watcher.counts.blind_spots.is_empty() => Exit::Incomplete,
        _ => Exit::Nothing,
    }
}

/// Frames that were lost before they reached us.
const fn lost(counters: &Counters) -> u64 {
    counters.dropped_by_kernel + counters.dropped_by_interface
}

/// Prints what the engine has said; true when there was an alarm.
fn tell(watcher: &mut Watcher<Printer>) -> bool {
    if !watcher.engine.has_output() {
        return false;
    }
    let mut alarmed = false;
    let mut last: BTreeMap<u64, usize> = BTreeMap::new();
    let Watcher { engine, tap, .. } = watcher;
    let said: Vec<Said> = engine.drain().collect();
    // Of several changes within one frame the last is told.
    for (place, said) in said.iter().enumerate() {
        if let Said::Alarm(transition) = said {
            last.insert(transition.alarm.number, place);
        }
    }
    for (place, said) in said.into_iter().enumerate() {
        match said {
            Said::Alarm(transition) => {
                alarmed = true;
                if tap.prints(Record::Alarm) && last.get(&transition.alarm.number) == Some(&place) {
                    write_alarm(&mut tap.output.bytes, &tap.captures, &transition.alarm);
                    tap.output.record();
                }
            }
            Said::Operation(record) => {
                record.write(&mut tap.output.bytes, &tap.captures);
                tap.output.record();
            }
        }
    }
    alarmed
}

/// Says that frames were lost before they reached us.
fn say_dropped(watcher: &mut Watcher<Printer>, dropped: u64, at: tapglass_model::CaptureTime) {
    let from = watcher.counts.first.unwrap_or(at);
    let blind = Blind {
        from,
        until: at,
        frame: 0,
        direction: None,
        bytes: None,
        reason: BlindReason::CaptureDrop,
        text: format_args!("{dropped} frames were lost by the kernel or the interface"),
    };
    watcher.engine.blind(None, &blind);
    if watcher.tap.prints(Record::BlindSpot) {
        let Printer { output, captures, .. } = &mut watcher.tap;
        write_blind_spot(&mut output.bytes, captures, None, &blind);
        output.record();
    }
}

fn write_health(watcher: &mut Watcher<Printer>, counters: &Counters, pipeline: &Pipeline) {
    let seen = pipeline.counters();
    let at = watcher.counts.last.unwrap_or_default();
    let Printer { output, captures, .. } = &mut watcher.tap;
    crate::records::write_line(&mut output.bytes, captures, "health", at, 0, |out| {
        out.key("counters").object(|out| {
            for (name, count) in [
                ("frames", seen.frames),
                ("bytes", seen.bytes),
                ("dropped_by_kernel", counters.dropped_by_kernel),
                ("dropped_by_interface", counters.dropped_by_interface),
                ("conversations", seen.conversations),
                ("stream_gaps", seen.gaps),
                ("frames_cut_off", seen.truncated),
                ("damaged_headers", seen.damaged_headers),
            ] {
                out.key(name).u64(count);
            }
        });
    });
    output.record();
}
