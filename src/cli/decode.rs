//! `tapglass decode`: one JSON line for every protocol message.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tapglass_proto::{Anomaly, Answer, Blind, Limits, Message, Operation, Wants};

use super::Exit;
use super::output::Output;
use super::port::Ports;
use super::verdict::not_decoded_line;
use crate::conversation::Context;
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::pipeline::{Handler, Pipeline};
use crate::records::{Captures, write_anomaly, write_blind_spot, write_message};

/// A record that `decode` can print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Record {
    /// One application message
    Message,
    /// Bytes that break the protocol
    Anomaly,
    /// What was not seen
    BlindSpot,
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
    /// Which records to print
    #[arg(long, value_delimiter = ',', default_value = "message")]
    records: Vec<Record>,
}

struct Decoding {
    output: Output,
    captures: Captures,
    protocols: Vec<&'static str>,
    messages: bool,
    anomalies: bool,
    blind_spots: bool,
    counts: [u64; 3],
}

impl Decoding {
    fn wanted(&self, context: &Context<'_>) -> bool {
        self.protocols.is_empty() || self.protocols.contains(&context.conversation.protocol)
    }
}

impl Handler for Decoding {
    fn wants(&self) -> Wants {
        Wants {
            messages: self.messages,
            operations: false,
        }
    }

    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        if self.wanted(context) {
            self.counts[0] += 1;
            if self.messages {
                write_message(&mut self.output.bytes, &self.captures, context, message);
                self.output.record();
            }
        }
    }

    fn operation(&mut self, _: &Context<'_>, _: &Operation<'_>) {}

    fn answer(&mut self, _: &Context<'_>, _: &Answer<'_>) {}

    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        if self.wanted(context) {
            self.counts[1] += 1;
            if self.anomalies {
                write_anomaly(&mut self.output.bytes, &self.captures, context, anomaly);
                self.output.record();
            }
        }
    }

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        if self.wanted(context) {
            self.counts[2] += 1;
            if self.blind_spots {
                write_blind_spot(&mut self.output.bytes, &self.captures, Some(context), blind);
                self.output.record();
            }
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let mut input = match Input::open(&arguments.files) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    };
    let mut decoding = Decoding {
        output: Output::new(false),
        captures: input.captures(),
        protocols: arguments
            .protocol
            .iter()
            .map(|protocol| protocol.name())
            .collect(),
        messages: arguments.records.contains(&Record::Message),
        anomalies: arguments.records.contains(&Record::Anomaly),
        blind_spots: arguments.records.contains(&Record::BlindSpot),
        counts: [0; 3],
    };
    let mut pipeline = Pipeline::new(
        arguments.ports.with(Vec::new()),
        FlowLimits::default(),
        Limits::default(),
    );
    input.each(|frame| {
        pipeline.frame(frame, &mut decoding);
        !decoding.output.closed
    });
    pipeline.finish(&mut decoding);
    decoding.output.flush();
    let damages = input.damages();
    for damage in &damages {
        eprintln!("tapglass: {damage}");
    }
    let [messages, anomalies, blind_spots] = decoding.counts;
    if !decoding.output.closed {
        eprintln!(
            "tapglass: {messages} messages, {anomalies} anomalies, {blind_spots} blind spots in {} frames",
            pipeline.counters().frames
        );
        if let Some(line) = not_decoded_line(pipeline.counters()) {
            eprintln!("tapglass: {line}");
        }
    }
    if decoding.output.closed {
        decoding.output.exit()
    } else if blind_spots > 0 || !damages.is_empty() {
        Exit::Incomplete
    } else {
        Exit::Nothing
    }
}
