//! `[site]` and the defaults of rules.

use std::collections::HashMap;

use tapglass_model::Severity;

use super::super::fields::{Context, Fields, choice};
use super::super::rule_kinds::KINDS;
use super::super::source::Span;
use super::super::toml_reader::{Table, ValueKind};
use super::super::{Defaults, packs, suggest};

/// What `[site]` says.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct SiteTable {
    pub(in super::super) name: String,
    pub(in super::super) timezone: String,
    pub(in super::super) tags_csv: Option<(String, Span)>,
    pub(in super::super) rules: Option<Vec<(String, Span)>>,
    pub(in super::super) packs: Vec<(&'static str, Span)>,
    pub(in super::super) defaults: Defaults,
    /// Severity by kind of rule, and for every kind.
    pub(in super::super) severities: Severities,
}

/// Severities that the site sets.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Severities {
    pub(in super::super) every: Option<Severity>,
    pub(in super::super) by_kind: HashMap<String, Severity>,
}

/// Severities by the word of site files.
pub(in super::super) const SEVERITIES: [(&str, Severity); 4] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
];

const KEYS: [&str; 6] = ["name", "timezone", "tags_csv", "rules", "packs", "defaults"];

/// Reads `[site]` and `[defaults]`.
pub(in super::super) fn read(document: &Table, context: &mut Context) -> SiteTable {
    let mut site = SiteTable::default();
    let mut defaults = document
        .entry("defaults")
        .map(|entry| (&entry.value, entry.key_span));
    if let Some(entry) = document.entry("site") {
        let ValueKind::Table(table) = &entry.value.kind else {
            context
                .problems
                .error(entry.key_span, "`site` must be a table")
                .help("write `[site]`, and `name = \"...\"` under it");
            return site;
        };
        let fields = Fields::new(table, entry.key_span, &KEYS, "`[site]`", context);
        site.name = fields.text_or_empty("name", context);
        site.timezone = timezone(&fields, context);
        site.tags_csv = one_path(&fields, "tags_csv", context);
        site.rules = fields.texts("rules", context).map(|files| {
            files
                .into_iter()
                .map(|(file, span)| (file.to_owned(), span))
                .collect()
        });
        for (pack, span) in fields.texts("packs", context).unwrap_or_default() {
            let known = packs::names();
            let Some(known) = known.into_iter().find(|known| *known == pack) else {
                // Believing that rules watch which are not there is worse than not having them.
                context
                    .problems
                    .error(span, format!("there is no rule pack `{pack}`"))
                    .help(suggest::help(pack, &known));
                continue;
            };
            if site.packs.iter().any(|(name, _)| *name == known) {
                context
                    .problems
                    .warning(span, format!("the pack `{pack}` is listed twice"));
                continue;
            }
            site.packs.push((known, span));
        }
        if let Some(value) = fields.get("defaults") {
            defaults = Some((value, value.span));
        }
    }
    if let Some((value, span)) = defaults {
        match &value.kind {
            ValueKind::Table(table) => read_defaults(table, span, &mut site, context),
            _ => {
                context
                    .problems
                    .error(value.span, "`defaults` must be a table")
                    .help("write `[site.defaults]`, with `severity`, `on_delay`, `off_delay` or `budget` under it");
            }
        }
    }
    site
}

fn one_path(fields: &Fields<'_>, key: &'static str, context: &mut Context) -> Option<(String, Span)> {
    let value = fields.get(key)?;
    let text = fields.text(key, context)?;
    Some((text.to_owned(), value.span))
}

fn timezone(fields: &Fields<'_>, context: &mut Context) -> String {
    let Some(name) = fields.text("timezone", context) else {
        return String::new();
    };
    if jiff::tz::TimeZone::get(name).is_ok() {
        return name.to_owned();
    }
    let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    let nearest = suggest::nearest(name, known.iter().map(String::as_str))
        // `Berlin` is what people remember of `Europe/Berlin`.
        .or_else(|| {
            known.iter().map(String::as_str).find(|zone| {
                zone.rsplit('/')
                    .next()
                    .is_some_and(|city| city.eq_ignore_ascii_case(name))
            })
        });
    let help = nearest.map_or_else(
        || {
            "use an IANA name such as `Europe/Berlin` or `America/Chicago`, or leave it out for UTC"
                .to_owned()
        },
        |zone| format!("did you mean `{zone}`?"),
    );
    if let Some(value) = fields.get("timezone") {
        context
            .problems
            .error(value.span, format!("there is no time zone `{name}`"))
            .help(help);
    }
    String::new()
}

fn read_defaults(table: &Table, span: Span, site: &mut SiteTable, context: &mut Context) {
    const DEFAULTS: [&str; 4] = ["severity", "on_delay", "off_delay", "budget"];
    let fields = Fields::new(table, span, &DEFAULTS, "`[site.defaults]`", context);
    site.defaults.on_delay = fields.duration(&["on_delay"], context);
    site.defaults.off_delay = fields.duration(&["off_delay"], context);
    site.defaults.budget = fields
        .whole("budget", 1..=100_000, context)
        .and_then(|budget| u32::try_from(budget).ok());
    let Some(value) = fields.get("severity") else {
        return;
    };
    match &value.kind {
        ValueKind::Text(word) => {
            site.severities.every = choice(word, value.span, "severity", &SEVERITIES, context);
        }
        ValueKind::Table(table) => {
            let kinds: Vec<&'static str> = KINDS.iter().map(|kind| kind.name).collect();
            let by_kind = Fields::new(table, value.span, &kinds, "`severity`", context);
            for entry in &table.entries {
                if let Some(word) = super::super::fields::text(&entry.value, "severity", context)
                    && let Some(severity) = choice(word, entry.value.span, "severity", &SEVERITIES, context)
                {
                    site.severities.by_kind.insert(entry.key.clone(), severity);
                }
            }
            let _ = by_kind;
        }
        _ => {
            super::super::fields::wrong_type(
                value,
                "severity",
                "a severity, or one for each kind of rule",
                context,
            );
        }
    }
}
