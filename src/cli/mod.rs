//! The command line: one file for each command.

mod about;
mod assets;
mod check;
mod compare;
mod decode;
mod demo;
mod difference;
mod duration;
mod exit;
mod historian;
mod import;
mod kept;
mod keys;
mod learn;
mod live;
mod output;
mod port;
mod replay;
mod rules;
mod screens;
mod site;
mod verdict;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use exit::Exit;

/// What `tapglass` says when it is called without a command.
const SHORT: &str = "\
Watches Modbus, DNP3 and OPC UA on a mirrored port. It only listens.

  tapglass demo                                  see it work now: no network, no root
  tapglass check plant.pcapng --site plant/      is this capture safe, and was everything seen?
  tapglass live eth1                             monitor a mirror port

tapglass help  lists the commands.";

/// A sight glass on the control network: decodes Modbus, DNP3 and OPC UA, and checks every write, control and setpoint
/// change against process-safe rules. It never sends a packet: no DNS, no update check, no telemetry.
#[derive(Parser)]
#[command(name = "tapglass", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// One JSON line for every protocol message of captures; no site, no rules
    Decode(decode::Arguments),
    /// A plant under attack that comes with the program: no network, no root, no file
    Demo(demo::Arguments),
    /// The passive tap: the same verdicts on a mirrored port; nothing is ever sent
    Live(live::Arguments),
    /// Forensic replay of captures in the screens
    Replay(replay::Arguments),
    /// A verdict on captures: one line for each alarm, totals, and what was not seen
    Check(check::Arguments),
    /// Devices of captures: who is there, what they say of themselves, how exposed they are
    Devices(assets::Arguments),
    /// Conversations of captures: who talks to whom, with what, and how it is protected
    Conversations(assets::Arguments),
    /// A site to review, learned from captures of ordinary days
    Learn(learn::Arguments),
    /// Rules: which there are, whether a site is right, what a rule says, its tests, what could not fire
    Rules(rules::Arguments),
    /// A site from the tag list of another product: Kepware, Ignition, KICS, DNP3 device profile, OPC UA NodeSet
    Import(import::Arguments),
    /// The JSON Schema of a record, or the names of the records
    Schema(about::Schema),
    /// A completion script for a shell
    Completions(about::Completions),
    /// The version, with --json also what this build contains
    Version(about::Version),
}

/// Runs the program with these arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Nothing
            };
            let _ = error.print();
            return code.into();
        }
    };
    let exit = match arguments.command {
        None => {
            println!("{SHORT}");
            Exit::Nothing
        }
        Some(Command::Decode(arguments)) => decode::run(&arguments),
        Some(Command::Demo(arguments)) => demo::run(&arguments),
        Some(Command::Live(arguments)) => live::run(&arguments),
        Some(Command::Replay(arguments)) => replay::run(&arguments),
        Some(Command::Check(arguments)) => check::run(&arguments),
        Some(Command::Learn(arguments)) => learn::run(&arguments),
        Some(Command::Devices(arguments)) => assets::run(assets::Subject::Devices, &arguments),
        Some(Command::Conversations(arguments)) => assets::run(assets::Subject::Conversations, &arguments),
        Some(Command::Rules(arguments)) => rules::run(&arguments),
        Some(Command::Import(arguments)) => import::run(&arguments),
        Some(Command::Schema(arguments)) => about::schema(&arguments),
        Some(Command::Completions(arguments)) => about::completions(&arguments),
        Some(Command::Version(arguments)) => about::version(&arguments),
    };
    exit.into()
}

/// The command line as a value, for completions and manual pages.
#[must_use]
pub fn command() -> clap::Command {
    Arguments::command()
}
