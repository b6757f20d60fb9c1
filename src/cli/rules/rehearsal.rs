//! `tapglass rules test`: the tests that the rules of a site carry, played offline.

use std::path::PathBuf;

use clap::Args;
use tapglass_proto::json::Writer;

use crate::cli::output::Output;
use crate::cli::{Exit, site};
use crate::engine::{Rehearsal, rehearse};
use crate::site::{Rule, RuleSource, RuleTest, fits};

/// Arguments of `rules test`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Only the rules with this id; `*` stands for any letters
    rule: Option<String>,
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: PathBuf,
    /// One JSON line for each test
    #[arg(long)]
    json: bool,
}

/// Plays the tests: 0 when all pass, 1 when one fails, 2 when there is none to play.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(site) = site::load(Some(&arguments.site)) else {
        return Exit::Usage;
    };
    let asked = |rule: &&Rule| {
        let wanted = arguments.rule.as_deref();
        wanted.is_none_or(|wanted| fits(wanted, &rule.id))
    };
    let rules: Vec<&Rule> = site.rules.iter().filter(asked).collect();
    let mut output = Output::new(false);
    let (mut passed, mut failed) = (0_u32, 0_u32);
    for rule in &rules {
        for test in &rule.tests {
            let rehearsal = rehearse(&site, &rule.id, test);
            if rehearsal.passed {
                passed += 1;
            } else {
                failed += 1;
            }
            if arguments.json {
                write_json(&mut output.bytes, rule, test, &rehearsal);
            } else {
                output
                    .bytes
                    .extend_from_slice(text_of(rule, test, &rehearsal).as_bytes());
            }
            output.record();
        }
    }
    if passed + failed == 0 {
        output.flush();
        eprintln!("tapglass: {}", nothing_to_play(arguments, rules.len()));
        return Exit::Usage;
    }
    if !arguments.json {
        let bare = rules
            .iter()
            .filter(|rule| rule.source == RuleSource::Written && rule.tests.is_empty())
            .count();
        let text = format!(
            "\n{} passed, {failed} failed. {bare} written rules carry no test.\n",
            count(passed, "test")
        );
        output.bytes.extend_from_slice(text.as_bytes());
    }
    output.flush();
    if failed > 0 { Exit::Alarm } else { Exit::Nothing }
}

fn nothing_to_play(arguments: &Arguments, rules: usize) -> String {
    match &arguments.rule {
        Some(wanted) if rules == 0 => {
            format!("there is no rule `{wanted}`; `tapglass rules list --site DIR` lists them")
        }
        _ => "no rule carries a test; add [[rule.test]] with name, given, event and expect behind a [[rule]]"
            .to_owned(),
    }
}

fn count(number: u32, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn name_of(severity: Option<tapglass_model::Severity>) -> &'static str {
    severity.map_or("none", tapglass_model::Severity::name)
}

/// One line, and for a failed test what happened instead.
fn text_of(rule: &Rule, test: &RuleTest, rehearsal: &Rehearsal) -> String {
    let (expected, got) = (name_of(test.expect), name_of(rehearsal.severity()));
    if rehearsal.passed {
        return format!("ok      {}: {}: {expected}\n", rule.id, test.name);
    }
    let said = rehearsal.raised.as_ref().map_or_else(
        || "nothing was raised".to_owned(),
        |alarm| alarm.explanation.clone(),
    );
    format!(
        "FAILED  {}: {}: expected {expected}, got {got}\n        {}:{}: {}\n        {said}\n",
        rule.id, test.name, rule.location.file, rule.location.line, test.event
    )
}

fn write_json(out: &mut Vec<u8>, rule: &Rule, test: &RuleTest, rehearsal: &Rehearsal) {
    let mut writer = Writer::new(out);
    writer.begin_object();
    writer.key("record").string("rule_test");
    writer.key("rule").string(&rule.id);
    writer.key("name").string(&test.name);
    writer.key("event").string(&test.event);
    writer.key("expected").string(name_of(test.expect));
    writer.key("raised").string(name_of(rehearsal.severity()));
    writer.key("passed").bool(rehearsal.passed);
    if let Some(alarm) = &rehearsal.raised {
        writer.key("explanation").string(&alarm.explanation);
    }
    writer.key("file").string(&rule.location.file);
    writer.key("line").u64(u64::from(rule.location.line));
    writer.end_object();
    out.push(b'\n');
}
