//! `baseline.toml`: what `learn` found usual. Each part becomes a rule of kind `baseline` or `balance`; none becomes a safe
//! limit.

use std::collections::BTreeMap;

use tapglass_model::Severity;

use super::super::fields::{Context, Fields, choice, wrong_type};
use super::super::language::Wanted;
use super::super::names::{Names, sorted};
use super::super::rule_kinds::{KindInfo, kind_named};
use super::super::source::Span;
use super::super::toml_reader::{Table, Value, ValueKind};
use super::super::{
    DeviceId, Learned, PrincipalId, Rule, RuleKind, RuleSource, Site, TagId, TagLimits, Talk, Usual, suggest,
};
use super::document::{Named, listed, named, only};
use super::rule_reader::RuleReader;
use super::site::{SEVERITIES, Severities};

const TABLES: [&str; 5] = ["baseline", "tag", "talk", "balance", "follows"];
const HEAD: [&str; 5] = ["captures", "desc", "severity", "on_delay", "off_delay"];
const TAG: [&str; 12] = [
    "range",
    "margin",
    "gradient",
    "gradient_margin",
    "poll",
    "entropy",
    "longest_run",
    "written_by",
    "samples",
    "changes",
    "severity",
    "desc",
];
const TALK: [&str; 4] = ["principal", "device", "functions", "desc"];
const BALANCE: [&str; 9] = [
    "id", "residual", "limit", "for", "cusum", "share", "samples", "severity", "why",
];
const FOLLOWS: [&str; 5] = ["command", "feedback", "within", "seen", "desc"];

/// Id of the rule about who asks what.
pub(in super::super) const TALK_ID: &str = "baseline/talk";

/// Reads `baseline.toml` and adds its rules to the site. Tags, devices and principals must be known.
pub(in super::super) fn read(
    document: &Table,
    names: &Names,
    severities: &Severities,
    site: &mut Site,
    context: &mut Context,
) {
    only(document, &TABLES, "baseline.toml", context);
    let Some(kind) = kind_named("baseline") else {
        return;
    };
    let mut head = None;
    let (mut on_delay, mut off_delay) = (site.defaults.on_delay, site.defaults.off_delay);
    if let Some(entry) = document.entry("baseline") {
        match &entry.value.kind {
            ValueKind::Table(table) => {
                let fields = Fields::new(table, entry.key_span, &HEAD, "`baseline`", context);
                head = severity(&fields, context);
                let _ = fields.texts("captures", context);
                on_delay = fields.duration(&["on_delay"], context).or(on_delay);
                off_delay = fields.duration(&["off_delay"], context).or(off_delay);
            }
            _ => {
                wrong_type(&entry.value, "baseline", "a table", context);
            }
        }
    }
    let usual = head
        .or_else(|| severities.by_kind.get("baseline").copied())
        .or(severities.every)
        .unwrap_or(kind.severity);
    let mut reader = Reader {
        names,
        kind,
        usual,
        on_delay,
        off_delay,
        site,
        context,
    };
    for table in named(document, "tag", reader.context) {
        reader.tag(table);
    }
    reader.device_writers();
    reader.talks(document);
    let mut ids: Vec<String> = Vec::new();
    for (table, span) in listed(document, "balance", reader.context) {
        reader.balance(table, span, &mut ids);
    }
    for (table, span) in listed(document, "follows", reader.context) {
        let fields = Fields::new(table, span, &FOLLOWS, "`follows`", reader.context);
        for key in ["command", "feedback"] {
            reader.known_tag(&fields, key);
        }
        let _ = fields.duration(&["within"], reader.context);
    }
}

struct Reader<'a> {
    names: &'a Names,
    kind: &'static KindInfo,
    usual: Severity,
    on_delay: Option<i64>,
    off_delay: Option<i64>,
    site: &'a mut Site,
    context: &'a mut Context,
}

impl Reader<'_> {
    fn rule(&self, id: String, kind: RuleKind, severity: Severity, span: Span) -> Rule {
        let why = match kind {
            RuleKind::Balance { .. } => "This held on every ordinary day that was learned from.",
            _ => "This was not seen on the ordinary days that were learned from.",
        };
        Rule {
            id,
            kind,
            source: RuleSource::Learned,
            severity,
            when: None,
            on_unknown: self.kind.on_unknown(),
            on_delay: self.on_delay,
            off_delay: self.off_delay,
            why: why.to_owned(),
            check: String::new(),
            consequence: String::new(),
            attack: self.kind.attack.iter().map(|id| (*id).to_owned()).collect(),
            owner: String::new(),
            moc: String::new(),
            disabled: false,
            tests: Vec::new(),
            location: super::tag::location(span, self.context),
        }
    }

    fn known_tag(&mut self, fields: &Fields<'_>, key: &'static str) -> Option<TagId> {
        let value = fields.get(key)?;
        let name = fields.text(key, self.context)?;
        let tag = self.names.tag(name);
        if tag.is_none() {
            self.unknown(value.span, "tag", name, &sorted(&self.names.tags));
        }
        tag
    }

    fn unknown(&mut self, span: Span, what: &str, name: &str, known: &[&str]) {
        let meant = suggest::help(name, known);
        self.context
            .problems
            .error(span, format!("the site has no {what} `{name}`"))
            .help(format!(
                "{meant}; what the site does not have any more is deleted here too, or learned again"
            ));
    }

    fn tag(&mut self, table: Named<'_>) {
        let Some(tag) = self.names.tag(table.name) else {
            self.unknown(table.span, "tag", table.name, &sorted(&self.names.tags));
            return;
        };
        let what = format!("baseline of `{}`", table.name);
        let fields = Fields::new(table.table, table.span, &TAG, &what, self.context);
        let seen = fields.pair("range", self.context);
        let margin = self.not_negative(&fields, "margin").unwrap_or(0.0);
        let gradient = self.not_negative(&fields, "gradient").map(|gradient| {
            gradient
                * fields
                    .number("gradient_margin", self.context)
                    .unwrap_or(1.25)
                    .max(1.0)
        });
        let writers = fields
            .get("written_by")
            .map(|value| self.writers(value))
            .unwrap_or_default();
        let poll = fields.duration(&["poll"], self.context);
        let entropy = self.not_negative(&fields, "entropy");
        let longest_run = fields.duration(&["longest_run"], self.context);
        let severity = severity(&fields, self.context).unwrap_or(self.usual);
        if self.site.usual.is_empty() {
            self.site.usual = vec![Usual::default(); self.site.tags.len()];
        }
        if let Some(usual) = self.site.usual.get_mut(tag.0 as usize) {
            *usual = Usual {
                poll,
                entropy,
                longest_run,
            };
        }
        let limits = TagLimits {
            tag,
            range: seen.map(|(low, high)| (low - margin, high + margin)),
            gradient,
            writers,
            device_writers: Vec::new(),
        };
        if limits.range.is_none() && limits.gradient.is_none() && limits.writers.is_none() {
            return;
        }
        let rule = self.rule(
            format!("baseline/{}", table.name),
            RuleKind::Baseline(Learned::Tag(Box::new(limits))),
            severity,
            table.span,
        );
        self.site.rules.push(rule);
    }

    /// Everybody who writes any tag of a device, for all learned tags of it.
    fn device_writers(&mut self) {
        let mut by: BTreeMap<DeviceId, Vec<PrincipalId>> = BTreeMap::new();
        let device_of = |site: &Site, tag: TagId| site.tag(tag).map(|tag| tag.device);
        for rule in &self.site.rules {
            if let RuleKind::Baseline(Learned::Tag(limits)) = &rule.kind
                && let Some(device) = device_of(self.site, limits.tag)
            {
                let known = by.entry(device).or_default();
                for (principal, _) in limits.writers.iter().flatten() {
                    if !known.contains(principal) {
                        known.push(*principal);
                    }
                }
            }
        }
        let mut rules = std::mem::take(&mut self.site.rules);
        for rule in &mut rules {
            if let RuleKind::Baseline(Learned::Tag(limits)) = &mut rule.kind
                && let Some(known) = device_of(self.site, limits.tag).and_then(|device| by.get(&device))
            {
                limits.device_writers.clone_from(known);
            }
        }
        self.site.rules = rules;
    }

    fn not_negative(&mut self, fields: &Fields<'_>, key: &'static str) -> Option<f64> {
        let number = fields.number(key, self.context)?;
        if number < 0.0 || !number.is_finite() {
            let span = fields.get(key).map_or(fields.span, |value| value.span);
            self.context
                .problems
                .error(span, format!("`{key}` is a size, it cannot be {number}"))
                .help("write 0 or more");
            return None;
        }
        Some(number)
    }

    /// `{ hmi1 = [6, 16] }`
    fn writers(&mut self, value: &Value) -> Option<Vec<(PrincipalId, Vec<u32>)>> {
        let ValueKind::Table(table) = &value.kind else {
            wrong_type(
                value,
                "written_by",
                "principals with function codes",
                self.context,
            )
            .help("write `written_by = { hmi1 = [6, 16] }`");
            return None;
        };
        let mut writers = Vec::new();
        for entry in &table.entries {
            match self.names.principal(&entry.key) {
                Some(principal) => writers.push((principal, self.functions(&entry.value))),
                None => self.unknown(
                    entry.key_span,
                    "principal",
                    &entry.key,
                    &sorted(&self.names.principals),
                ),
            }
        }
        Some(writers)
    }

    fn functions(&mut self, value: &Value) -> Vec<u32> {
        let ValueKind::List(items) = &value.kind else {
            wrong_type(value, "functions", "a list of function codes", self.context)
                .help("write `[3, 16]`; an empty list is every function");
            return Vec::new();
        };
        let mut codes = Vec::new();
        for item in items {
            let code = match item.kind {
                ValueKind::Integer(code) => u32::try_from(code).ok(),
                _ => None,
            };
            match code {
                Some(code) => codes.push(code),
                None => {
                    wrong_type(item, "functions", "function codes from 0", self.context);
                }
            }
        }
        codes
    }

    fn talks(&mut self, document: &Table) {
        let mut talks = Vec::new();
        let mut first = None;
        for (table, span) in listed(document, "talk", self.context) {
            first.get_or_insert(span);
            let fields = Fields::new(table, span, &TALK, "`talk`", self.context);
            let principal = fields.text("principal", self.context);
            let device = fields.text("device", self.context);
            let functions = fields.get("functions").map(|value| self.functions(value));
            let (Some(principal), Some(device)) = (principal, device) else {
                fields
                    .missing("principal", "`talk`", self.context)
                    .help("each `[[talk]]` has `principal`, `device` and `functions`");
                continue;
            };
            let of = |key| fields.get(key).map_or(span, |value| value.span);
            let client = self.names.principal(principal);
            let server = self.names.devices.get(device).map(|known| known.0);
            if client.is_none() {
                self.unknown(
                    of("principal"),
                    "principal",
                    principal,
                    &sorted(&self.names.principals),
                );
            }
            if server.is_none() {
                self.unknown(of("device"), "device", device, &sorted(&self.names.devices));
            }
            if let (Some(principal), Some(device)) = (client, server) {
                talks.push(Talk {
                    principal,
                    device,
                    functions: functions.unwrap_or_default(),
                });
            }
        }
        if let Some(span) = first {
            let rule = self.rule(
                TALK_ID.to_owned(),
                RuleKind::Baseline(Learned::Talk(talks)),
                self.usual,
                span,
            );
            self.site.rules.push(rule);
        }
    }

    fn balance(&mut self, table: &Table, span: Span, ids: &mut Vec<String>) {
        let fields = Fields::new(table, span, &BALANCE, "`balance`", self.context);
        let id = fields
            .text("id", self.context)
            .map_or_else(|| (ids.len() + 1).to_string(), str::to_owned);
        if ids.contains(&id) {
            self.context
                .problems
                .error(span, format!("there are two balances `{id}`"))
                .help("give each an `id` of its own");
        }
        ids.push(id.clone());
        let severity = severity(&fields, self.context).unwrap_or(self.usual);
        let why = fields.text_or_empty("why", self.context);
        let mut slots = self.site.slots;
        let mut reader = RuleReader {
            fields,
            what: format!("balance `{id}`"),
            site: self.site,
            names: self.names,
            slots: &mut slots,
            context: self.context,
        };
        let residual = match reader.fields.get("residual") {
            Some(value) => reader.expression(value, "residual", &Wanted::Quantity(None)),
            None => {
                reader.missing("residual", "give what stays near zero, in names of tags");
                None
            }
        };
        let limit = reader.needed_number(&["limit"], "give the largest residual that is usual");
        let lasting = reader.fields.duration(&["for"], reader.context).unwrap_or(0);
        let cusum = reader.fields.table("cusum", reader.context).and_then(|table| {
            let cusum = Fields::new(table, span, &["k", "h"], "`cusum`", reader.context);
            cusum
                .positive(&["k"], reader.context)
                .zip(cusum.positive(&["h"], reader.context))
        });
        self.site.slots = slots;
        let (Some(residual), Some(limit)) = (residual, limit) else {
            return;
        };
        let mut rule = self.rule(
            format!("baseline/balance:{id}"),
            RuleKind::Balance {
                residual,
                limit,
                lasting,
                cusum: cusum.map(|(k, h)| (k, h, None)),
            },
            severity,
            span,
        );
        rule.attack = vec!["T0831".to_owned(), "T1692.002".to_owned()];
        if !why.is_empty() {
            rule.why = why;
        }
        self.site.rules.push(rule);
    }
}

fn severity(fields: &Fields<'_>, context: &mut Context) -> Option<Severity> {
    let value = fields.get("severity")?;
    let word = fields.text("severity", context)?;
    choice(word, value.span, "severity", &SEVERITIES, context)
}
