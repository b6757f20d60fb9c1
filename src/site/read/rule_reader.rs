//! The keys of a rule: those of every kind, and how conditions, events and tags are read from them.

use tapglass_model::Severity;

use super::super::attack::{current_technique, is_technique};
use super::super::fields::{Context, Fields, choice, text, texts_of, wrong_type};
use super::super::language::{Checker, Wanted, parse_event, parse_expression};
use super::super::names::{Names, fits, sorted};
use super::super::rule_kinds::KindInfo;
use super::super::source::{Inside, Span};
use super::super::toml_reader::{Value, ValueKind};
use super::super::{
    Event, Expression, Location, OnUnknown, Role, Rule, RuleKind, RuleSource, Site, TagId, TagSet, suggest,
};
use super::site::{SEVERITIES, Severities};

/// What a rule is read with.
pub(in super::super) struct RuleReader<'a> {
    pub(in super::super) fields: Fields<'a>,
    /// `rule X`, for messages.
    pub(in super::super) what: String,
    pub(in super::super) site: &'a Site,
    pub(in super::super) names: &'a Names,
    pub(in super::super) slots: &'a mut u32,
    pub(in super::super) context: &'a mut Context,
}

impl RuleReader<'_> {
    /// The keys of every kind, in a rule whose kind is still to come.
    pub(super) fn common(&mut self, kind: &KindInfo, usual: Severity, severities: &Severities) -> Rule {
        let severity = self
            .severity()
            .or_else(|| severities.by_kind.get(kind.name).copied())
            .or(severities.every)
            .unwrap_or(usual);
        let disabled = self.fields.truth("disabled", self.context).unwrap_or(false)
            || self.fields.truth("off", self.context).unwrap_or(false);
        let moc = self.fields.text_or_empty("moc", self.context);
        if disabled && moc.is_empty() {
            let span = self
                .fields
                .any(&["disabled", "off"])
                .map_or(self.fields.span, |value| value.span);
            self.context
                .problems
                .warning(
                    span,
                    format!("{} is switched off without a change record", self.what),
                )
                .help("say under which change it was agreed: `moc = \"...\"`");
        }
        self.no_delays(kind);
        Rule {
            id: String::new(),
            // Replaced by the caller; an interlock's condition has the key `when`, so it has no arming condition.
            kind: RuleKind::Sanity {
                tags: TagSet::Tags(Vec::new()),
            },
            source: RuleSource::Written,
            severity,
            when: if kind.name == "interlock" {
                None
            } else {
                self.condition("when")
            },
            on_unknown: self.on_unknown(kind),
            on_delay: self
                .fields
                .duration(&["on_delay"], self.context)
                .or(self.site.defaults.on_delay),
            off_delay: self
                .fields
                .duration(&["off_delay"], self.context)
                .or(self.site.defaults.off_delay),
            why: self.fields.text_or_empty("why", self.context),
            check: self.fields.text_or_empty("check", self.context),
            consequence: self.fields.text_or_empty("consequence", self.context),
            attack: self.attack(kind),
            owner: self.fields.text_or_empty("owner", self.context),
            moc,
            disabled,
            tests: Vec::new(),
            location: Location::default(),
        }
    }

    /// A delay is for what stands; what happens has happened.
    fn no_delays(&mut self, kind: &KindInfo) {
        if kind.stands() {
            return;
        }
        for key in ["on_delay", "off_delay"] {
            if let Some(value) = self.fields.get(key) {
                self.context
                    .problems
                    .warning(
                        value.span,
                        format!("`{key}` does nothing here: a rule of kind `{}` judges what happens, not what lasts", kind.name),
                    )
                    .help(format!("take `{key}` out; repetitions within two minutes are one alarm anyway"));
            }
        }
    }

    pub(super) fn severity(&mut self) -> Option<Severity> {
        let value = self.fields.get("severity")?;
        let word = text(value, "severity", self.context)?;
        choice(word, value.span, "severity", &SEVERITIES, self.context)
    }

    pub(super) fn on_unknown(&mut self, kind: &KindInfo) -> OnUnknown {
        const WORDS: [(&str, OnUnknown); 3] = [
            ("quiet", OnUnknown::Quiet),
            ("advise", OnUnknown::Advise),
            ("alarm", OnUnknown::Alarm),
        ];
        self.fields
            .get("on_unknown")
            .and_then(|value| {
                let word = text(value, "on_unknown", self.context)?;
                choice(word, value.span, "on_unknown", &WORDS, self.context)
            })
            .unwrap_or_else(|| kind.on_unknown())
    }

    pub(super) fn attack(&mut self, kind: &KindInfo) -> Vec<String> {
        let Some(listed) = self.fields.texts("attack", self.context) else {
            return kind.attack.iter().map(|id| (*id).to_owned()).collect();
        };
        listed
            .into_iter()
            .filter_map(|(id, span)| {
                if is_technique(id) {
                    return Some(current_technique(id).to_owned());
                }
                self.context
                    .problems
                    .error(span, format!("`{id}` is not an ATT&CK technique"))
                    .help("ids look like `T0836` or `T1692.001`");
                None
            })
            .collect()
    }

    /// Reports that a key is missing.
    pub(in super::super) fn missing(&mut self, key: &str, help: &str) {
        self.fields.missing(key, &self.what, self.context).help(help);
    }

    /// Reports that none of several keys is there.
    pub(in super::super) fn missing_any(&mut self, keys: &[&str], help: &str) {
        let keys = suggest::list(keys);
        self.context
            .problems
            .error(self.fields.span, format!("{} has none of {keys}", self.what))
            .label("one of them is missing")
            .help(help);
    }

    /// The condition of a key, when the key is there.
    pub(in super::super) fn condition(&mut self, key: &'static str) -> Option<Expression> {
        let value = self.fields.get(key)?;
        self.expression(value, key, &Wanted::Truth)
    }

    /// An expression, which may be a number or truth without quotes.
    pub(in super::super) fn expression(
        &mut self,
        value: &Value,
        key: &'static str,
        wanted: &Wanted,
    ) -> Option<Expression> {
        match (&value.kind, wanted) {
            (ValueKind::Text(text), _) => {
                let inside = self.context.sources.inside(value.span, text);
                let syntax = parse_expression(text);
                let mut checker = self.checker(inside);
                match syntax {
                    Ok(syntax) => checker.expression(&syntax, wanted),
                    Err(error) => {
                        checker.syntax_error(error);
                        None
                    }
                }
            }
            (ValueKind::Truth(truth), Wanted::Truth) => Some(Expression::Truth(*truth)),
            (ValueKind::Integer(_) | ValueKind::Float(_), Wanted::Quantity(_)) => {
                super::super::fields::number(value, key, self.context).map(Expression::Number)
            }
            (_, Wanted::Truth) => {
                wrong_type(value, key, "a condition in quotes", self.context);
                None
            }
            (_, Wanted::Quantity(_)) => {
                wrong_type(value, key, "a number or an expression in quotes", self.context);
                None
            }
        }
    }

    pub(in super::super) fn checker(&mut self, inside: Inside) -> Checker<'_> {
        Checker {
            site: self.site,
            names: self.names,
            problems: &mut self.context.problems,
            inside,
            slots: self.slots,
        }
    }

    /// The event of a text; of a list, one event for all of them.
    pub(in super::super) fn event(&mut self, value: &Value, key: &'static str) -> Option<Event> {
        let ValueKind::List(items) = &value.kind else {
            return self.one_event(value, key);
        };
        let mut joined: Option<Event> = None;
        for item in items {
            let event = self.one_event(item, key)?;
            joined = match joined {
                None => Some(event),
                Some(before) => match join(before, event) {
                    Some(both) => Some(both),
                    None => {
                        self.context
                            .problems
                            .error(
                                item.span,
                                "these events cannot be one: they differ in kind or comparison",
                            )
                            .help("make a rule for each");
                        return None;
                    }
                },
            };
        }
        if joined.is_none() {
            self.context
                .problems
                .error(value.span, format!("`{key}` is an empty list"));
        }
        joined
    }

    pub(super) fn one_event(&mut self, value: &Value, key: &'static str) -> Option<Event> {
        let text = text(value, key, self.context)?;
        let inside = self.context.sources.inside(value.span, text);
        let syntax = parse_event(text);
        let mut checker = self.checker(inside);
        match syntax {
            Ok(syntax) => checker.event(&syntax),
            Err(error) => {
                checker.syntax_error(error);
                None
            }
        }
    }

    /// The tags of a key: a name, a pattern, `role X`, or a list of these.
    pub(in super::super) fn tags(&mut self, key: &'static str) -> Option<TagSet> {
        let Some(value) = self.fields.get(key) else {
            self.missing(
                key,
                "name a tag, a pattern such as `\"CB*.CMD\"`, `\"role cmd\"`, or a list of these",
            );
            return None;
        };
        self.tags_of(value, key)
    }

    pub(in super::super) fn tags_of(&mut self, value: &Value, key: &'static str) -> Option<TagSet> {
        let listed = texts_of(value, key, self.context);
        if let [(only, span)] = listed.as_slice()
            && let Some(word) = only.strip_prefix("role ")
        {
            let role = self.role(word.trim(), *span)?;
            let tags = self.site.tags_of_role(role);
            if tags.is_empty() {
                self.context
                    .problems
                    .error(*span, format!("no tag has the role `{}`", role.name()))
                    .help("give a tag this role, or remove the rule");
                return None;
            }
            return Some(TagSet::Role(role, tags));
        }
        let mut tags: Vec<TagId> = Vec::new();
        let mut complete = !listed.is_empty();
        for (name, span) in listed {
            let found = match name.strip_prefix("role ") {
                Some(word) => self
                    .role(word.trim(), span)
                    .map(|role| self.site.tags_of_role(role)),
                None => self.named_tags(name, span),
            };
            match found {
                Some(found) => {
                    for tag in found {
                        if !tags.contains(&tag) {
                            tags.push(tag);
                        }
                    }
                }
                None => complete = false,
            }
        }
        complete.then_some(TagSet::Tags(tags))
    }

    pub(super) fn role(&mut self, word: &str, span: Span) -> Option<Role> {
        let known: Vec<(&'static str, Role)> =
            Role::ALL.into_iter().map(|role| (role.name(), role)).collect();
        choice(word, span, "role", &known, self.context)
    }

    /// The tags of a name or pattern.
    pub(in super::super) fn named_tags(&mut self, name: &str, span: Span) -> Option<Vec<TagId>> {
        if let Some(tag) = self.names.tag(name) {
            return Some(vec![tag]);
        }
        if name.contains(['*', '?']) {
            let tags: Vec<TagId> = self
                .site
                .tag_ids()
                .filter(|(_, tag)| fits(name, &tag.name))
                .map(|(id, _)| id)
                .collect();
            if !tags.is_empty() {
                return Some(tags);
            }
            self.context
                .problems
                .error(span, format!("no tag fits the pattern `{name}`"))
                .help("`*` stands for any letters, `?` for one; upper and lower case differ");
            return None;
        }
        let help = suggest::help(name, &sorted(&self.names.tags));
        self.context
            .problems
            .error(span, format!("there is no tag `{name}`"))
            .label("not in the site")
            .help(help);
        None
    }

    /// The one tag of a key.
    pub(in super::super) fn one_tag(&mut self, key: &'static str) -> Option<TagId> {
        let value = self.fields.get(key)?;
        match self.tags_of(value, key)?.tags() {
            [only] => Some(*only),
            _ => {
                self.context
                    .problems
                    .error(value.span, format!("`{key}` must be one tag"));
                None
            }
        }
    }

    /// A duration that must be there and above zero.
    pub(in super::super) fn needed_duration(&mut self, key: &'static str, help: &str) -> Option<i64> {
        let Some(value) = self.fields.get(key) else {
            self.missing(key, help);
            return None;
        };
        let duration = self.fields.duration(&[key], self.context)?;
        if duration == 0 {
            self.context
                .problems
                .error(value.span, format!("`{key}` must be above zero"))
                .help(help);
            return None;
        }
        Some(duration)
    }

    /// A number above zero that must be there.
    pub(in super::super) fn needed_number(&mut self, keys: &[&'static str], help: &str) -> Option<f64> {
        if self.fields.any(keys).is_none() {
            self.missing(keys.first().copied().unwrap_or(""), help);
            return None;
        }
        self.fields.positive(keys, self.context)
    }
}

/// Two events as one, when they differ in their tags and values only.
fn join(one: Event, other: Event) -> Option<Event> {
    let value = match (one.value, other.value) {
        (None, None) => None,
        (Some((comparison, mut values)), Some((other_comparison, more)))
            if comparison == other_comparison =>
        {
            values.extend(more);
            Some((comparison, values))
        }
        _ => return None,
    };
    if one.kind != other.kind {
        return None;
    }
    let mut tags = one.tags.tags().to_vec();
    if other.tags.tags().iter().any(|tag| tags.contains(tag)) {
        return None;
    }
    tags.extend_from_slice(other.tags.tags());
    Some(Event {
        kind: one.kind,
        tags: TagSet::Tags(tags),
        value,
    })
}
