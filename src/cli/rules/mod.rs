//! `tapglass rules`: what is loaded, whether it is right, and what it says.

mod coverage;
mod rehearsal;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Exit;
use super::output::Output;
use super::site::colours;
use crate::rules::built_in;
use crate::rules::detections::{self, Detection};
use crate::rules::info::RuleInfo;
use crate::rules::set::RuleSet;
use crate::site::report::{self, Report, ReportStyle};
use crate::site::{RuleSource, Site};

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
    /// Directory with plant.toml, tags.csv and rules.toml; without it, the rules that are built in
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
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
                let site = loaded(list.site.as_deref());
                report.text.push_str(&built_in_lines(&site, list.json));
            }
            report
        }
        Command::Compare(compare) => return super::compare::run(compare),
        Command::Check(check) => report::check(&check.site, style(check.json)),
        Command::Explain(arguments) => explain(arguments, style(false)),
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

/// The site, which was found to be right before, or an empty one.
fn loaded(directory: Option<&Path>) -> Site {
    directory
        .and_then(|directory| Site::load(directory).ok())
        .map_or_else(Site::default, |loaded| loaded.site)
}

/// The rules that need no site, as the site changes them.
fn built_in_rules(site: &Site) -> Vec<RuleInfo> {
    RuleSet::new(site)
        .infos
        .into_iter()
        .filter(|rule| rule.source == RuleSource::BuiltIn)
        .collect()
}

fn built_in_lines(site: &Site, json: bool) -> String {
    let mut text = String::new();
    for rule in built_in_rules(site) {
        let sentence = detections::named(&rule.id).map_or_else(|| rule.why.clone(), Detection::sentence);
        text.push_str(&report::built_in(&rule, &sentence, json));
    }
    text
}

/// What rules say, in words: those of the site and those that are built in.
fn explain(arguments: &Explain, style: ReportStyle) -> Report {
    let site = match &arguments.site {
        Some(directory) if !arguments.rule.starts_with("builtin/") => {
            return report::explain(directory, &arguments.rule, style);
        }
        directory => loaded(directory.as_deref()),
    };
    let found: Vec<String> = built_in_rules(&site)
        .iter()
        .filter(|rule| report::fits(&arguments.rule, &rule.id))
        .map(|rule| match detections::named(&rule.id) {
            Some(detection) => detection.explanation(rule),
            None => report::explain_built_in(rule),
        })
        .collect();
    if found.is_empty() {
        return report::no_such_rule(&arguments.rule, &built_in::ids());
    }
    Report {
        text: format!("{}\n", found.join("\n\n")),
        exit: 0,
    }
}
