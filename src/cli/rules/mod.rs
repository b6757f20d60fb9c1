//! `tapglass rules`: what is loaded, whether it is right, and what it says.

mod coverage;
mod rehearsal;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Exit;
use super::output::Output;
use super::site::colours;
use crate::rules::set::RuleSet;
use crate::site::Site;
use crate::site::report::{self, Report, ReportStyle};

/// Arguments of `rules`.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The rules that are built in, and with --site those of a site: written ones and those that roles bring
    List(List),
    /// Is a site right? Every error with file, line, column and the mend
    Check(Check),
    /// What a rule says, in words, and what it costs
    Explain(Explain),
    /// Play the tests that the rules of a site carry
    Test(rehearsal::Arguments),
    /// Which rules could not fire on captures, and why; and what the site leaves out
    Coverage(coverage::Arguments),
    /// The list of tags held against captures: what is never polled, what is seen and not in the list
    Compare(super::compare::Arguments),
}

#[derive(Args)]
struct List {
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// As JSON Lines
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Check {
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: PathBuf,
    /// Errors and warnings as JSON Lines
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Explain {
    /// The id of the rule; `*` stands for any letters
    rule: String,
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let style = |json| ReportStyle {
        color: std::io::stdout().is_terminal() && colours(),
        json,
    };
    let report = match &arguments.command {
        Command::List(list) => {
            let mut report = match &list.site {
                Some(directory) => report::list(directory, style(list.json)),
                None => Report::default(),
            };
            if report.exit == 0 {
                report.text.push_str(&built_in(list.json));
            }
            report
        }
        Command::Compare(compare) => return super::compare::run(compare),
        Command::Check(check) => report::check(&check.site, style(check.json)),
        Command::Explain(explain) => report::explain(&explain.site, &explain.rule, style(false)),
        Command::Test(test) => return rehearsal::run(test),
        Command::Coverage(coverage) => return coverage::run(coverage),
    };
    // What `check` finds is its result; why another command has none is not.
    if report.exit != 0 && !matches!(arguments.command, Command::Check(_)) {
        eprint!("{}", report.text);
        return Exit::Usage;
    }
    print(&report)
}

fn print(report: &Report) -> Exit {
    let mut output = Output::new(false);
    output.bytes.extend_from_slice(report.text.as_bytes());
    output.flush();
    if report.exit == 0 {
        Exit::Nothing
    } else {
        Exit::Usage
    }
}

/// The rules that need no site.
fn built_in(json: bool) -> String {
    let mut text = String::new();
    for rule in &RuleSet::new(&Site::default()).infos {
        text.push_str(&report::built_in(
            &rule.id,
            rule.kind,
            rule.severity,
            &rule.why,
            json,
        ));
    }
    text
}
