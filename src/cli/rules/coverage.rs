//! `tapglass rules coverage`: which rules could not fire on captures, and why; and what the site leaves out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use tapglass_proto::Limits;
use tapglass_proto::json::Writer;

use crate::cli::output::Output;
use crate::cli::port::Ports;
use crate::cli::{Exit, keys, site};
use crate::engine::{Engine, Options, RuleView};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::pipeline::{Pipeline, hints_of};
use crate::plant::tags::Why;
use crate::rules::coverage::RuleState;
use crate::site::{Gap, Site, gaps};
use crate::watch::{Nobody, Watcher, reason};

/// Tags that are named for one thing that is left out; further ones are counted.
const NAMED: usize = 4;

/// Arguments of `rules coverage`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Captures to hold the rules against; without one, only what the site leaves out is said
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: PathBuf,
    #[command(flatten)]
    ports: Ports,
    /// One JSON line for each rule and for each thing that is left out
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keys: keys::Given,
}

/// Says it: 0 when every rule could fire, 3 when one could not.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(site) = site::load(Some(&arguments.site)) else {
        return Exit::Usage;
    };
    let mut output = Output::new(false);
    let gaps = gaps(&site);
    let exit = if arguments.files.is_empty() {
        Exit::Nothing
    } else {
        match judged(arguments, site.clone()) {
            Ok(engine) => tell_rules(&engine, arguments.json, &mut output),
            Err(exit) => return exit,
        }
    };
    if arguments.json {
        for gap in &gaps {
            write_gap(&mut output.bytes, &site, gap);
            output.record();
        }
    } else {
        output.bytes.extend_from_slice(gaps_text(&site, &gaps).as_bytes());
    }
    output.flush();
    if output.closed { output.exit() } else { exit }
}

/// The engine after it has read the captures.
fn judged(arguments: &Arguments, site: Site) -> Result<Engine, Exit> {
    let keys = arguments.keys.load().ok_or(Exit::Usage)?;
    let mut input = Input::with_keys(&arguments.files, &keys).map_err(|error| {
        eprintln!("tapglass: {error}");
        Exit::Usage
    })?;
    let hints = arguments.ports.with(hints_of(&site));
    let mut pipeline = Pipeline::new(hints, FlowLimits::default(), Limits::default());
    pipeline.use_keys(input.keys());
    let mut watcher = Watcher::new(Engine::new(site, Options::default()), Nobody);
    while let Some(frame) = input.next() {
        pipeline.frame(&frame, &mut watcher);
        watcher.engine.drain();
    }
    pipeline.finish(&mut watcher);
    if let Some(last) = watcher.counts.last {
        watcher.engine.finish(last);
    }
    for damage in input.damages() {
        eprintln!("tapglass: {damage}");
    }
    Ok(watcher.engine)
}

fn tell_rules(engine: &Engine, json: bool, output: &mut Output) -> Exit {
    let mut views: Vec<RuleView<'_>> = engine.rules().collect();
    if json {
        for view in &views {
            write_rule(&mut output.bytes, engine, view);
            output.record();
        }
    } else {
        // What cannot fire first; within a state in the order of the site.
        views.sort_by_key(|view| view.state);
        output
            .bytes
            .extend_from_slice(rules_text(engine, &views).as_bytes());
    }
    if views.iter().any(|view| view.state.is_blind()) {
        Exit::Incomplete
    } else {
        Exit::Nothing
    }
}

/// The reasons for which a rule could not tell, the most frequent first.
fn reasons(view: &RuleView<'_>) -> Vec<(&'static str, u32)> {
    const ALL: [Why; 8] = [
        Why::Never,
        Why::Stale,
        Why::Bad,
        Why::Partial,
        Why::Blind,
        Why::Encrypted,
        Why::History,
        Why::Other,
    ];
    let mut reasons: Vec<(&'static str, u32)> = ALL
        .iter()
        .filter_map(|why| Some((why.name(), *view.coverage.reasons.get(*why as usize)?)))
        .filter(|(_, count)| *count > 0)
        .collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    reasons
}

fn rules_text(engine: &Engine, views: &[RuleView<'_>]) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<RuleState, usize> = BTreeMap::new();
    for view in views {
        *counts.entry(view.state).or_default() += 1;
        let (coverage, id) = (view.coverage, &view.info.id);
        let state = view.state.name();
        match view.state {
            RuleState::Idle | RuleState::Off => {}
            RuleState::Armed if coverage.unknown == 0 => {}
            RuleState::Armed => {
                let share = coverage.share_unknown() * 100.0;
                let why: Vec<String> = reasons(view)
                    .iter()
                    .map(|(why, count)| format!("{why} {count} times"))
                    .collect();
                text.push_str(&format!(
                    "{state:6}  {id}: could not tell {share:.1} % of {} judgements ({})\n",
                    coverage.evaluated,
                    why.join(", ")
                ));
            }
            _ => text.push_str(&format!("{state:6}  {id}: {}\n", reason(engine, view))),
        }
    }
    let list: Vec<String> = counts
        .iter()
        .map(|(state, count)| format!("{count} {}", state.name()))
        .collect();
    text.push_str(&format!("{} rules: {}.\n", views.len(), list.join(", ")));
    text.push_str(
        "armed: inputs fresh, it can fire; idle: no traffic of its kind yet; off: switched off; the others cannot fire.\n",
    );
    text
}

/// What is left out, one line for each key and role.
fn gaps_text(site: &Site, gaps: &[Gap]) -> String {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    for gap in gaps {
        let Some(tag) = site.tag(gap.tag) else { continue };
        let role = tag.role.map_or("none", crate::site::Role::name);
        groups
            .entry((role, gap.key, gap.unchecked))
            .or_default()
            .push(&tag.name);
    }
    let mut text = String::new();
    for ((role, key, unchecked), tags) in groups {
        let named: Vec<&str> = tags.iter().take(NAMED).copied().collect();
        let more = if tags.len() > NAMED {
            format!(" and {} more", tags.len() - NAMED)
        } else {
            String::new()
        };
        text.push_str(&format!(
            "role {role} without `{key}`: nobody checks {unchecked}: {}{more}\n",
            named.join(", ")
        ));
    }
    if text.is_empty() {
        text.push_str("every tag says all that its role can check.\n");
    }
    text
}

fn write_rule(out: &mut Vec<u8>, engine: &Engine, view: &RuleView<'_>) {
    let mut writer = Writer::new(out);
    writer.begin_object();
    writer.key("record").string("rule_coverage");
    writer.key("rule").string(&view.info.id);
    writer.key("kind").string(view.info.kind);
    writer.key("state").string(view.state.name());
    writer.key("evaluated").u64(view.coverage.evaluated);
    writer.key("unknown").u64(view.coverage.unknown);
    writer.key("violated").u64(view.coverage.violated);
    writer.key("alarms").u64(view.coverage.alarms);
    writer.key("reasons").object(|out| {
        for (why, count) in reasons(view) {
            out.key(why).u64(u64::from(count));
        }
    });
    let why = reason(engine, view);
    if !why.is_empty() {
        writer.key("why").string(&why);
    }
    writer.end_object();
    out.push(b'\n');
}

fn write_gap(out: &mut Vec<u8>, site: &Site, gap: &Gap) {
    let Some(tag) = site.tag(gap.tag) else { return };
    let mut writer = Writer::new(out);
    writer.begin_object();
    writer.key("record").string("site_gap");
    writer.key("tag").string(&tag.name);
    writer
        .key("role")
        .string(tag.role.map_or("none", crate::site::Role::name));
    writer.key("missing").string(gap.key);
    writer.key("unchecked").string(gap.unchecked);
    writer.key("file").string(&tag.location.file);
    writer.key("line").u64(u64::from(tag.location.line));
    writer.end_object();
    out.push(b'\n');
}
