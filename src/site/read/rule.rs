//! `[[rule]]`: the keys that every kind has, and the way to the reader of the kind.

use std::collections::HashMap;

use tapglass_model::Severity;

use super::super::fields::{Context, Fields, text};
use super::super::names::Names;
use super::super::rule_kinds::{COMMON, KINDS, KindInfo, kind_named, kinds_with};
use super::super::source::Span;
use super::super::toml_reader::Table;
use super::super::{EnvelopeOn, Rule, RuleKind, Site, suggest};
use super::rule_reader::RuleReader;
use super::site::Severities;

/// The kinds that one written rule stands for: more than one where a kind is about one tag and the rule names several. Each
/// has what tells it apart.
pub(in super::super) type Kinds = Vec<(String, RuleKind)>;

/// A rule of which every tag has a state of its own.
pub(in super::super) fn alone(kind: RuleKind) -> Kinds {
    vec![(String::new(), kind)]
}

/// Where rules were written, to report the same id twice.
pub(in super::super) type Ids = HashMap<String, Span>;

/// A table without `kind` that changes a rule which a role or pack brings: its severity, when it is armed, whether it is off.
pub(in super::super) struct Amendment {
    pub(in super::super) id: String,
    pub(in super::super) span: Span,
    /// The keys that are given; only these change anything.
    pub(in super::super) keys: Vec<String>,
    pub(in super::super) rule: Rule,
}

/// The rules of packs: the kind of each, by its id.
pub(in super::super) type Brought = HashMap<String, &'static str>;

/// The kind of a rule that a pack brings, or a role, by its id `TAG/kind`.
fn kind_brought(id: &str, names: &Names, brought: &Brought) -> Option<&'static KindInfo> {
    if super::super::amend::is_built_in(id) {
        // What is built in has the keys that all kinds have, and no other.
        return kind_named("sanity");
    }
    if let Some(kind) = brought.get(id) {
        return kind_named(kind);
    }
    let (tag, kind) = id.rsplit_once('/')?;
    names.tag(tag)?;
    kind_named(kind)
}

/// What every rule of a site is read with.
pub(in super::super) struct Environment<'a> {
    pub(in super::super) site: &'a Site,
    pub(in super::super) names: &'a Names,
    pub(in super::super) severities: &'a Severities,
    pub(in super::super) ids: &'a mut Ids,
    pub(in super::super) brought: &'a Brought,
    pub(in super::super) amendments: &'a mut Vec<Amendment>,
    pub(in super::super) slots: &'a mut u32,
    pub(in super::super) context: &'a mut Context,
}

/// Reads one table of a rules file.
pub(in super::super) fn read(table: &Table, span: Span, environment: &mut Environment<'_>) -> Vec<Rule> {
    let Environment {
        site,
        names,
        severities,
        ids,
        brought,
        amendments,
        slots,
        context,
    } = environment;
    let id = id_of(table, span, ids, context);
    let what = format!("rule `{}`", id.clone().unwrap_or_else(|| "without id".to_owned()));
    if table.get("kind").is_none()
        && let Some(id) = &id
        && let Some(kind) = kind_brought(id, names, brought)
    {
        report_unknown(table, &COMMON, kind, context);
        let mut reader = RuleReader {
            fields: Fields::unchecked(table, span, &COMMON),
            what,
            site,
            names,
            slots,
            context,
        };
        let rule = reader.common(kind, kind.severity, severities);
        let tests = super::rule_test::read(&mut reader);
        amendments.push(Amendment {
            id: id.clone(),
            span,
            keys: table.entries.iter().map(|entry| entry.key.clone()).collect(),
            rule: Rule { tests, ..rule },
        });
        return Vec::new();
    }
    let Some(kind) = kind_of(table, span, &what, context) else {
        return Vec::new();
    };
    let known: Vec<&'static str> = COMMON.iter().chain(kind.keys).copied().collect();
    report_unknown(table, &known, kind, context);
    // The list is complete: unknown keys were just reported, with more to say than `Fields` knows.
    let fields = Fields::unchecked(table, span, &known);
    let mut reader = RuleReader {
        fields,
        what,
        site,
        names,
        slots,
        context,
    };
    let kinds = super::kinds::read(kind, &mut reader);
    // An unsafe write is worse than an unsafe value: somebody is doing it.
    let on_write = kinds.as_ref().is_some_and(|kinds| {
        kinds
            .iter()
            .any(|(_, kind)| matches!(kind, RuleKind::Envelope { on, .. } if *on != EnvelopeOn::Observation))
    });
    let usual = if on_write { Severity::High } else { kind.severity };
    let common = reader.common(kind, usual, severities);
    let tests = super::rule_test::read(&mut reader);
    let location = super::tag::location(span, reader.context);
    let (Some(id), Some(kinds)) = (id, kinds) else {
        return Vec::new();
    };
    kinds
        .into_iter()
        .map(|(part, kind)| Rule {
            id: if part.is_empty() {
                id.clone()
            } else {
                format!("{id}:{part}")
            },
            kind,
            location: location.clone(),
            tests: tests.clone(),
            ..common.clone()
        })
        .collect()
}

fn id_of(table: &Table, span: Span, ids: &mut Ids, context: &mut Context) -> Option<String> {
    let Some(value) = table.get("id") else {
        context
            .problems
            .error(span, "a rule has no `id`")
            .label("`id` is missing")
            .help("give it a short name that alarms can show, such as `id = \"dose-needs-flow\"`");
        return None;
    };
    let id = text(value, "id", context)?;
    if id.trim().is_empty() || id.chars().any(char::is_control) {
        context
            .problems
            .error(value.span, "this id cannot be shown")
            .help("use letters, digits, `-`, `_`, `.` and `/`");
        return None;
    }
    if let Some(first) = ids.get(id) {
        context
            .problems
            .error(value.span, format!("there are two rules `{id}`"))
            .label("the second one")
            .related(*first, "the first one")
            .help("give each rule an id of its own");
        return Some(id.to_owned());
    }
    ids.insert(id.to_owned(), value.span);
    Some(id.to_owned())
}

fn kind_of(table: &Table, span: Span, what: &str, context: &mut Context) -> Option<&'static KindInfo> {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let Some(value) = table.get("kind") else {
        context
            .problems
            .error(span, format!("{what} has no `kind`"))
            .label("`kind` is missing")
            .help(suggest::help("", &names));
        return None;
    };
    let word = text(value, "kind", context)?;
    let kind = kind_named(word);
    if kind.is_none() {
        context
            .problems
            .error(value.span, format!("there is no kind of rule `{word}`"))
            .help(suggest::help(word, &names));
    }
    kind
}

fn report_unknown(table: &Table, known: &[&'static str], kind: &KindInfo, context: &mut Context) {
    for entry in &table.entries {
        if known.contains(&entry.key.as_str()) {
            continue;
        }
        let others = kinds_with(&entry.key);
        let help = match suggest::nearest(&entry.key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if !others.is_empty() => {
                format!("`{}` is a key of {}", entry.key, suggest::list(&others))
            }
            None => format!("the keys of `{}` are {}", kind.name, suggest::list(kind.keys)),
        };
        context
            .problems
            .error(
                entry.key_span,
                format!("a rule of kind `{}` has no key `{}`", kind.name, entry.key),
            )
            .label("unknown key")
            .help(help);
    }
}
