//! Events: which tags they happen to, and with which value for each.

use super::super::names::{fits, sorted};
use super::super::unit::readable;
use super::super::{DeviceId, Event, EventKind, Protocol, TagId, TagSet};
use super::super::{TestAction, suggest};
use super::check::Checker;
use super::measure::{Fit, Named};
use super::syntax::{EventSyntax, EventTarget, EventValue, Quantity, TestSyntax, Word};

impl Checker<'_> {
    /// The checked form of an event; `None` when something was reported.
    pub(in super::super) fn event(&mut self, syntax: &EventSyntax) -> Option<Event> {
        let tags = match &syntax.target {
            EventTarget::Role(role, range) => {
                let tags = self.site.tags_of_role(*role);
                if tags.is_empty() {
                    self.error(range.clone(), format!("no tag has the role `{}`", role.name()))
                        .help("give a tag this role, or remove the rule");
                    return None;
                }
                TagSet::Role(*role, tags)
            }
            EventTarget::Tags(words) => {
                let mut tags = Vec::new();
                let mut complete = true;
                for word in words {
                    match self.tags_of(word) {
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
                if !complete {
                    return None;
                }
                TagSet::Tags(tags)
            }
        };
        let (tags, value) = match &syntax.value {
            None => (tags, None),
            Some((comparison, EventValue::Number(quantity))) => {
                let values = self.values(quantity, tags.tags())?;
                (tags, Some((*comparison, values)))
            }
            Some((comparison, EventValue::State(word))) => {
                let (tags, values) = self.states(word, tags)?;
                (tags, Some((*comparison, values)))
            }
        };
        self.warn_when_it_cannot_happen(syntax, tags.tags());
        Some(Event {
            kind: syntax.kind,
            tags,
            value,
        })
    }

    /// The checked form of a test's event; `by` an unknown name is a stranger.
    pub(in super::super) fn test_action(&mut self, syntax: &TestSyntax) -> Option<TestAction> {
        let tag = self.tag(&syntax.tag)?;
        let value = match &syntax.value {
            EventValue::Number(quantity) => *self.values(quantity, &[tag])?.first()?,
            EventValue::State(word) => *self.states(word, TagSet::Tags(vec![tag]))?.1.first()?,
        };
        let by = match &syntax.by {
            // Whoever may write it: then the value is the question, and not the sender.
            None => self.usual_writer(tag),
            // A name that no principal can have by accident: what a stranger does must be testable too.
            Some(word) if matches!(word.text.as_str(), "stranger" | "unknown") => None,
            Some(word) => match self.names.principal(&word.text) {
                Some(principal) => Some(principal),
                None => {
                    let help = suggest::help(&word.text, &sorted(&self.names.principals));
                    self.error(
                        word.range.clone(),
                        format!("there is no principal `{}`", word.text),
                    )
                    .help(format!(
                        "{help} (`stranger` stands for one that the site does not know)"
                    ));
                    return None;
                }
            },
        };
        Some(TestAction {
            kind: syntax.kind,
            tag,
            value,
            by,
        })
    }

    /// The first that is listed for a tag, or the first that the site knows.
    fn usual_writer(&self, tag: TagId) -> Option<crate::site::PrincipalId> {
        let listed = self.site.tag(tag).and_then(|tag| tag.writers.as_ref());
        match listed.and_then(|writers| writers.first()) {
            Some(writer) => Some(*writer),
            None if self.site.principals.is_empty() => None,
            None => Some(crate::site::PrincipalId(0)),
        }
    }

    /// The tags of a name or pattern; `None` when there are none, which is reported.
    pub(in super::super) fn tags_of(&mut self, word: &Word) -> Option<Vec<TagId>> {
        if word.quoted || !word.text.contains(['*', '?']) {
            return self.tag(word).map(|tag| vec![tag]);
        }
        let tags: Vec<TagId> = self
            .site
            .tag_ids()
            .filter(|(_, tag)| fits(&word.text, &tag.name))
            .map(|(id, _)| id)
            .collect();
        if tags.is_empty() {
            self.error(
                word.range.clone(),
                format!("no tag fits the pattern `{}`", word.text),
            )
            .help("`*` stands for any letters, `?` for one; upper and lower case differ");
            return None;
        }
        Some(tags)
    }

    /// The number for each tag, in the tag's unit.
    fn values(&mut self, quantity: &Quantity, tags: &[TagId]) -> Option<Vec<f64>> {
        let Some(unit) = &quantity.unit else {
            return Some(vec![quantity.value; tags.len()]);
        };
        let from = Named::new(&unit.text);
        let mut values = Vec::with_capacity(tags.len());
        for tag in tags {
            let wanted = self.site.tag(*tag).map_or("", |tag| tag.unit.as_str()).to_owned();
            let name = self.site.tag_name(*tag).to_owned();
            let fit = from.fit(&Named::new(&wanted));
            if wanted.is_empty() || fit != Fit::Same {
                let help = match fit {
                    _ if wanted.is_empty() => {
                        format!("give `{name}` its `unit`, or leave `{}` out", unit.text)
                    }
                    Fit::Convert(factor, offset) => {
                        format!(
                            "write `{} {wanted}`",
                            readable(quantity.value.mul_add(factor, offset))
                        )
                    }
                    _ => format!("write the number in {wanted}"),
                };
                let message = if wanted.is_empty() {
                    format!(
                        "the site does not say the unit of `{name}`, so `{}` cannot be checked",
                        unit.text
                    )
                } else {
                    format!("`{name}` is in {wanted}, this is in {}", unit.text)
                };
                self.error(quantity.range.clone(), message).help(help);
                return None;
            }
            values.push(quantity.value);
        }
        Some(values)
    }

    /// The number of a state for each tag; of several tags, those that have such a state.
    fn states(&mut self, word: &Word, tags: TagSet) -> Option<(TagSet, Vec<f64>)> {
        let number = |tag: TagId| self.site.tag(tag).and_then(|tag| tag.state_number(&word.text));
        let found: Vec<(TagId, f64)> = tags
            .tags()
            .iter()
            .filter_map(|tag| Some((*tag, number(*tag)?)))
            .collect();
        if found.is_empty() {
            match tags.tags() {
                [only] => self.unknown_state(*only, word),
                several => {
                    let mut known: Vec<String> = several
                        .iter()
                        .filter_map(|tag| self.site.tag(*tag))
                        .flat_map(|tag| tag.named_states())
                        .map(|(name, _)| name.to_owned())
                        .collect();
                    known.sort_unstable();
                    known.dedup();
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    let help = suggest::help(&word.text, &known);
                    self.error(
                        word.range.clone(),
                        format!("none of these tags has a state `{}`", word.text),
                    )
                    .help(help);
                }
            }
            return None;
        }
        let (ids, values): (Vec<TagId>, Vec<f64>) = found.into_iter().unzip();
        let tags = match tags {
            TagSet::Tags(_) => TagSet::Tags(ids),
            TagSet::Role(role, _) => TagSet::Role(role, ids),
        };
        Some((tags, values))
    }

    fn warn_when_it_cannot_happen(&mut self, syntax: &EventSyntax, tags: &[TagId]) {
        let word = match syntax.kind {
            EventKind::Operate => "operate",
            EventKind::Select => "select",
            EventKind::Write | EventKind::Change => return,
        };
        let dnp3 = |device: DeviceId| {
            self.site
                .devices
                .get(device.0 as usize)
                .is_some_and(|device| device.protocol == Protocol::Dnp3)
        };
        let possible = tags
            .iter()
            .filter_map(|tag| self.site.tag(*tag))
            .any(|tag| dnp3(tag.device));
        if !possible {
            self.warning(
                syntax.range.clone(),
                format!("this never happens: only DNP3 devices know `{word}`"),
            )
            .help("write `write`, which means a command of any protocol");
        }
    }
}
