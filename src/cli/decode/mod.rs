//! `tapglass decode`: one JSON line for every protocol message.

mod printing;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tapglass_proto::Limits;

use super::output::Output;
use super::port::Ports;
use super::{Exit, keys, verdict};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::pipeline::Pipeline;
use crate::recognise::not_decoded_line;
use crate::records::filter::Filter;
use crate::watch::Census;
use printing::Decoding;

/// A record that `decode` can print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Record {
    /// One application message
    Message,
    /// The decoded tree of a message: each field with its bytes and the clause of the standard
    Fields,
    /// Bytes that break the protocol
    Anomaly,
    /// What was not seen
    BlindSpot,
    /// A device or client
    Device,
    /// Who talks with whom
    Conversation,
    /// Totals
    Summary,
}

/// A protocol by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lowercase")]
enum Protocol {
    Modbus,
    Dnp3,
    Opcua,
}

impl Protocol {
    const fn name(self) -> &'static str {
        match self {
            Self::Modbus => "modbus",
            Self::Dnp3 => "dnp3",
            Self::Opcua => "opcua",
        }
    }
}

/// Arguments of `decode`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Captures: pcap or pcapng, plain, gzip or zstd; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    ports: Ports,
    /// Only these protocols
    #[arg(long, value_delimiter = ',')]
    protocol: Vec<Protocol>,
    /// Only records for which this holds, such as 'function.code == 16 and modbus.address >= 100'; every member of the
    /// records can be used
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    /// Which records to print
    #[arg(long, value_delimiter = ',', default_value = "message")]
    records: Vec<Record>,
    #[command(flatten)]
    keys: keys::Given,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let filter = match arguments.filter.as_deref().map(Filter::new).transpose() {
        Ok(filter) => filter,
        Err(error) => {
            eprintln!("tapglass: the filter is wrong in {error}");
            return Exit::Usage;
        }
    };
    let Some(keys) = arguments.keys.load() else {
        return Exit::Usage;
    };
    let mut input = match Input::with_keys(&arguments.files, &keys) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    };
    let prints = |record| arguments.records.contains(&record);
    let lists = prints(Record::Device) || prints(Record::Conversation);
    let mut decoding = Decoding {
        output: Output::new(false),
        captures: input.captures(),
        protocols: arguments
            .protocol
            .iter()
            .map(|protocol| protocol.name())
            .collect(),
        records: arguments.records.clone(),
        messages: prints(Record::Message),
        fields: prints(Record::Fields),
        anomalies: prints(Record::Anomaly),
        blind_spots: prints(Record::BlindSpot),
        filter,
        scratch: Vec::new(),
        census: lists.then(Census::default),
        totals: prints(Record::Summary).then(printing::Totals::default),
        counts: [0; 3],
    };
    let mut pipeline = Pipeline::new(
        arguments.ports.with(Vec::new()),
        FlowLimits::default(),
        Limits::default(),
    );
    pipeline.use_keys(input.keys());
    input.each(|frame| {
        pipeline.frame(frame, &mut decoding);
        !decoding.output.closed
    });
    pipeline.finish(&mut decoding);
    let damages = input.damages();
    let counters = pipeline.counters();
    let not_seen = verdict::not_seen(&counters, &mut input);
    decoding.finish(&counters, damages.is_empty() && not_seen.is_empty());
    decoding.output.flush();
    for damage in &damages {
        eprintln!("tapglass: {damage}");
    }
    for (name, count) in &not_seen {
        eprintln!("tapglass: {}", verdict::sentence(name, *count));
    }
    let [messages, anomalies, blind_spots] = decoding.counts;
    if !decoding.output.closed {
        eprintln!(
            "tapglass: {messages} messages, {anomalies} anomalies, {blind_spots} blind spots in {} frames",
            counters.frames
        );
        if let Some(line) = not_decoded_line(&counters.recognised, counters.unrecognised) {
            eprintln!("tapglass: {line}");
        }
    }
    if decoding.output.closed {
        decoding.output.exit()
    } else if blind_spots > 0 || !damages.is_empty() || !not_seen.is_empty() {
        Exit::Incomplete
    } else {
        Exit::Nothing
    }
}
