//! What `tapglass rules check`, `list` and `explain` say about a site.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::{Cost, Loaded, RenderStyle, Rule, RuleKind, RuleSource, Site, SiteErrors, render};
use crate::rules::info::RuleInfo;

/// Text for a command and how it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// For standard output.
    pub text: String,
    /// 0 when the site can be used, 2 when it cannot (records.md section 1).
    pub exit: u8,
}

/// How a report is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportStyle {
    /// With colour codes of a terminal.
    pub color: bool,
    /// JSON Lines for programs.
    pub json: bool,
}

const USABLE: u8 = 0;
const UNUSABLE: u8 = 2;

/// Checks the site in a directory: every error and warning, and what was found when there is no error.
#[must_use]
pub fn check(directory: &Path, style: ReportStyle) -> Report {
    match Site::load(directory) {
        Ok(loaded) => checked(&loaded, directory, style),
        Err(errors) => failed(&errors, directory, style),
    }
}

/// The rules of the site in a directory, a line each.
#[must_use]
pub fn list(directory: &Path, style: ReportStyle) -> Report {
    match Site::load(directory) {
        Ok(loaded) => Report {
            text: listing(&loaded.site, style),
            exit: USABLE,
        },
        Err(errors) => failed(&errors, directory, style),
    }
}

/// What a rule says, in words; every rule whose id fits, `*` standing for any letters.
#[must_use]
pub fn explain(directory: &Path, id: &str, style: ReportStyle) -> Report {
    let loaded = match Site::load(directory) {
        Ok(loaded) => loaded,
        Err(errors) => return failed(&errors, directory, style),
    };
    let site = &loaded.site;
    let found: Vec<&Rule> = site
        .rules
        .iter()
        .filter(|rule| super::names::fits(id, &rule.id))
        .collect();
    if found.is_empty() {
        let known: Vec<&str> = site.rules.iter().map(|rule| rule.id.as_str()).collect();
        return no_such_rule(id, &known);
    }
    let texts: Vec<String> = found.iter().map(|rule| rule.explanation(site)).collect();
    Report {
        text: format!("{}\n", texts.join("\n\n")),
        exit: USABLE,
    }
}

fn failed(errors: &SiteErrors, directory: &Path, style: ReportStyle) -> Report {
    let text = if style.json {
        lines(&errors.diagnostics)
    } else {
        format!(
            "{}\n\n{}, {}: the site cannot be used\n",
            errors.render(&render_style(directory, style)),
            count(errors.errors(), "error"),
            count(errors.warnings(), "warning"),
        )
    };
    Report { text, exit: UNUSABLE }
}

fn checked(loaded: &Loaded, directory: &Path, style: ReportStyle) -> Report {
    if style.json {
        return Report {
            text: lines(&loaded.warnings),
            exit: USABLE,
        };
    }
    let mut text = String::new();
    if !loaded.warnings.is_empty() {
        text = render(&loaded.warnings, &loaded.files, &render_style(directory, style));
        text.push_str("\n\n");
    }
    let site = &loaded.site;
    let of = |source: &RuleSource| site.rules.iter().filter(|rule| rule.source == *source).count();
    let written = of(&RuleSource::Written);
    let packed = of(&RuleSource::Pack);
    let packs = if packed > 0 {
        format!(", {packed} from packs")
    } else {
        String::new()
    };
    let _ = writeln!(
        text,
        "site {}: {}, {}, {}, {} ({written} written{packs}, {} from roles)",
        site.name,
        count(site.devices.len(), "device"),
        count(site.principals.len(), "principal"),
        count(site.tags.len(), "tag"),
        count(site.rules.len(), "rule"),
        site.rules.len() - written - packed,
    );
    let off = site.rules.iter().filter(|rule| rule.disabled).count();
    if off > 0 {
        let _ = writeln!(text, "{} switched off", count(off, "rule"));
    }
    let total = site
        .rules
        .iter()
        .map(Rule::cost)
        .fold(Cost::default(), Cost::plus);
    let _ = write!(text, "cost: {total}");
    if let Some(largest) = site.rules.iter().max_by_key(|rule| rule.cost().nodes) {
        let _ = write!(
            text,
            "; the largest rule is {} with {}",
            largest.id,
            largest.cost()
        );
    }
    let _ = writeln!(text, "\nno errors, {}", count(loaded.warnings.len(), "warning"));
    Report { text, exit: USABLE }
}

fn render_style(directory: &Path, style: ReportStyle) -> RenderStyle {
    RenderStyle {
        color: style.color,
        directory: directory.to_string_lossy().into_owned(),
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

fn lines<T: Serialize>(items: &[T]) -> String {
    let mut text = String::new();
    for item in items {
        if let Ok(line) = serde_json::to_string(item) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// The line of a rule that needs no site, in the form of [`list`].
#[must_use]
pub fn built_in(rule: &RuleInfo, sentence: &str, json: bool) -> String {
    let RuleInfo { id, kind, .. } = rule;
    let severity = rule.severity;
    if json {
        return lines(&[RuleLine {
            id,
            kind,
            severity: severity.name(),
            source: "built_in",
            disabled: rule.disabled,
            sentence: sentence.to_owned(),
            why: &rule.why,
            techniques: &rule.attack,
            file: "",
            line: 0,
            nodes: 0,
            timed: 0,
            windows: 0,
        }]);
    }
    let off = if rule.disabled { "off, " } else { "" };
    format!("{id:32}  {kind:15}  {:8}  {off}{sentence}\n", severity.name())
}

/// Everything about a rule that needs no site and is no detection.
#[must_use]
pub fn explain_built_in(rule: &RuleInfo) -> String {
    format!(
        "{}  [{}, {}{}]\n  why: {}\n  built in",
        rule.id,
        rule.kind,
        rule.severity,
        if rule.disabled { ", off" } else { "" },
        rule.why
    )
}

/// Does a rule's id fit, `*` standing for any letters?
#[must_use]
pub fn fits(pattern: &str, id: &str) -> bool {
    super::names::fits(pattern, id)
}

/// No rule has this id.
#[must_use]
pub fn no_such_rule(id: &str, known: &[&str]) -> Report {
    let help = super::suggest::nearest(id, known.iter().copied())
        .map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
    Report {
        text: format!("there is no rule `{id}`{help}\n"),
        exit: UNUSABLE,
    }
}

/// A rule for programs.
#[derive(Serialize)]
struct RuleLine<'a> {
    id: &'a str,
    kind: &'static str,
    severity: &'static str,
    source: &'static str,
    disabled: bool,
    sentence: String,
    why: &'a str,
    techniques: &'a [String],
    file: &'a str,
    line: u32,
    nodes: u32,
    timed: u32,
    windows: u32,
}

fn listing(site: &Site, style: ReportStyle) -> String {
    if style.json {
        let rules: Vec<RuleLine<'_>> = site.rules.iter().map(|rule| line(site, rule)).collect();
        return lines(&rules);
    }
    let widest = site
        .rules
        .iter()
        .map(|rule| rule.id.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(24, 40);
    let mut text = String::new();
    for rule in &site.rules {
        let off = if rule.disabled { "off, " } else { "" };
        let _ = writeln!(
            text,
            "{:widest$}  {:15}  {:8}  {}{}",
            rule.id,
            rule.kind.name(),
            rule.severity.name(),
            off,
            rule.sentence(site),
        );
    }
    text
}

fn line<'a>(site: &Site, rule: &'a Rule) -> RuleLine<'a> {
    let cost = rule.cost();
    RuleLine {
        id: &rule.id,
        kind: rule.kind.name(),
        severity: rule.severity.name(),
        source: match rule.source {
            RuleSource::Written => "written",
            RuleSource::Role(_) | RuleSource::Tag => "role",
            RuleSource::Learned => "learned",
            RuleSource::Pack => "pack",
            RuleSource::BuiltIn => "built_in",
        },
        disabled: rule.disabled,
        sentence: rule.sentence(site),
        why: &rule.why,
        techniques: &rule.attack,
        file: &rule.location.file,
        line: rule.location.line,
        nodes: cost.nodes,
        timed: cost.constant,
        windows: cost.windows,
    }
}

impl Rule {
    /// What one evaluation costs: the conditions in it, and one node for the rule itself.
    #[must_use]
    pub fn cost(&self) -> Cost {
        let mut cost = Cost {
            nodes: 1,
            ..Cost::default()
        };
        let mut add = |expression: &super::Expression| cost = cost.plus(expression.cost());
        if let Some(when) = &self.when {
            add(when);
        }
        match &self.kind {
            RuleKind::Envelope { low, high, .. } => low.iter().chain(high).for_each(&mut add),
            RuleKind::Permissive { require, .. } => add(require),
            RuleKind::Interlock { condition, then, .. } => {
                add(condition);
                add(then);
            }
            RuleKind::Uncommanded { unless, .. } => unless.iter().for_each(&mut add),
            RuleKind::Mirror { a, b, .. } => {
                add(a);
                add(b);
            }
            RuleKind::Balance { residual, .. } => add(residual),
            RuleKind::Schedule { allowed, .. } => add(allowed),
            _ => {}
        }
        cost
    }
}
