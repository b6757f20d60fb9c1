//! One kind of rule after the other: what is compiled, and where its instances are called.

use super::super::kinds::{
    Kind, change, chatter, count, cycle, domain, follow, plant_state, replay, sbo, sequence, still,
    uncommanded, value, who,
};
use super::super::program::CompileError;
use super::{Builder, Calls};
use crate::site::{EnvelopeOn, EventKind, Role, Rule, RuleKind, TagId};

impl Builder<'_> {
    #[allow(clippy::too_many_lines)] // one arm for each kind
    pub(super) fn kind(&mut self, number: u32, rule: &Rule) -> Result<(), CompileError> {
        let when = self.optional(rule.when.as_ref())?;
        match &rule.kind {
            RuleKind::Envelope {
                tags,
                low,
                high,
                on,
                predict,
            } => {
                let limits = self.reads(&[low.as_ref(), high.as_ref()]);
                let (low, high) = (self.optional(low.as_ref())?, self.optional(high.as_ref())?);
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let on_write = matches!(on, EnvelopeOn::Write | EnvelopeOn::Both);
                    let on_observation = matches!(on, EnvelopeOn::Observation | EnvelopeOn::Both);
                    let kind = Kind::Envelope(Box::new(value::Envelope {
                        low,
                        high,
                        on_write,
                        on_observation,
                        predict: *predict,
                        trend: value::Trend::default(),
                        above: None,
                    }));
                    let mut calls = Calls::default();
                    if on_write {
                        calls.write.push(tag);
                    }
                    if on_observation {
                        calls.change.push(tag);
                        calls.change.extend(&limits);
                    } else {
                        calls.inputs.extend(&limits);
                    }
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Step { tags, step } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let calls = Calls {
                        write: vec![tag],
                        inputs: vec![tag],
                        ..Calls::default()
                    };
                    let kind = Kind::Step(change::Step { step: *step });
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Walk { tags, limit, window } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let calls = Calls {
                        accept: vec![tag],
                        ..Calls::default()
                    };
                    let kind = Kind::Walk(Box::new(change::Walk::new(*limit, *window)));
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Rate { tags, rate } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Rate(Box::new(change::Rate::new(*rate)));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Domain {
                tags,
                allowed,
                transitions,
                bits,
            } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Domain(Box::new(domain::Domain {
                        allowed: allowed.clone().into_boxed_slice(),
                        transitions: transitions.clone().into_boxed_slice(),
                        bits: *bits,
                    }));
                    self.instance(number, rule, Some(tag), kind, when, written(tag));
                }
            }
            RuleKind::Writers { tags, allowed } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Writers(who::Writers {
                        allowed: allowed.clone().into_boxed_slice(),
                    });
                    self.instance(number, rule, Some(tag), kind, when, written(tag));
                }
            }
            RuleKind::LimitWrite { tags, except } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::LimitWrite(who::LimitWrite {
                        except: except.clone().into_boxed_slice(),
                    });
                    self.instance(number, rule, Some(tag), kind, when, written(tag));
                }
            }
            RuleKind::Schedule { tags, allowed } => {
                let inputs = self.reads(&[Some(allowed)]);
                let allowed = self.compile(allowed)?;
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let calls = Calls {
                        inputs: inputs.clone(),
                        ..written(tag)
                    };
                    let kind = Kind::Schedule(who::Schedule { allowed });
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Bypass { tags, longest } => {
                for &tag in tags.tags() {
                    let others = self.other_bypasses(self.tag(tag)?, tag);
                    let calls = Calls {
                        write: vec![tag],
                        accept: vec![tag],
                        change: vec![tag],
                        inputs: Vec::new(),
                    };
                    let kind = Kind::Bypass(Box::new(who::Bypass::new(*longest, others)));
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Permissive { on, require } => {
                let inputs = self.reads(&[Some(require)]);
                let require = self.compile(require)?;
                let (on, tags) = self.event(on)?;
                let calls = Calls {
                    write: tags,
                    inputs,
                    ..Calls::default()
                };
                let kind = Kind::Permissive(Box::new(plant_state::Permissive { on, require }));
                self.instance(number, rule, None, kind, when, calls);
            }
            RuleKind::Interlock {
                condition,
                then,
                within,
            } => {
                let tags = self.reads(&[Some(condition), Some(then)]);
                let mut follows = self.reads(&[Some(then)]);
                if follows.is_empty() {
                    // `then = "false"`: the condition alone is what must not last.
                    follows.clone_from(&tags);
                }
                let (condition, then) = (self.compile(condition)?, self.compile(then)?);
                let kind = Kind::Interlock(Box::new(plant_state::Interlock::new(
                    condition,
                    then,
                    *within,
                    follows.into_boxed_slice(),
                )));
                self.instance(number, rule, None, kind, when, watched(tags));
            }
            RuleKind::Mirror { a, b, tolerance, .. } => {
                let tags = self.reads(&[Some(a), Some(b)]);
                let first = tags.first().copied();
                let (a, b) = (self.compile(a)?, self.compile(b)?);
                let kind = Kind::Mirror(Box::new(plant_state::Mirror::new(a, b, *tolerance, first)));
                self.instance(number, rule, None, kind, when, watched(tags));
                self.delay_of_kind(rule);
            }
            RuleKind::Balance {
                residual,
                limit,
                cusum,
                ..
            } => {
                let tags = self.reads(&[Some(residual)]);
                let first = tags.first().copied();
                let residual = self.compile(residual)?;
                let kind = Kind::Balance(Box::new(plant_state::Balance::new(
                    residual, *limit, *cusum, first,
                )));
                self.instance(number, rule, None, kind, when, watched(tags));
                self.delay_of_kind(rule);
            }
            RuleKind::Cycle {
                tags,
                min_gap,
                max,
                window,
                count_same,
            } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let calls = Calls {
                        write: vec![tag],
                        change: vec![tag],
                        ..Calls::default()
                    };
                    let kind = Kind::Cycle(Box::new(cycle::Cycle::new(*min_gap, *max, *window, *count_same)));
                    self.instance(number, rule, Some(tag), kind, when, calls);
                    if let Some(last) = self.instances.last_mut() {
                        last.waits_for_commands = true;
                        last.inputs = Box::from([]);
                    }
                }
            }
            RuleKind::Chatter { tags, max, window } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Chatter(Box::new(chatter::Chatter::new(*max, *window)));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Count {
                on,
                distinct,
                max,
                window,
                per_principal,
            } => {
                let change = on.kind == EventKind::Change;
                let (on, tags) = self.event(on)?;
                let kind = Kind::Count(Box::new(count::Count::new(
                    on,
                    *distinct,
                    *max,
                    *window,
                    *per_principal,
                )));
                let mut calls = Calls::default();
                if change {
                    calls.change = tags;
                } else {
                    calls.write = tags;
                }
                self.instance(number, rule, None, kind, when, calls);
            }
            RuleKind::Sequence {
                steps,
                forbid_first,
                deadline,
            } => {
                let mut calls = Calls::default();
                let mut patterns = Vec::new();
                for event in steps.iter().chain(forbid_first) {
                    let (pattern, tags) = self.event(event)?;
                    if event.kind == EventKind::Change {
                        calls.change.extend(tags);
                    } else {
                        calls.write.extend(tags);
                    }
                    patterns.push(pattern);
                }
                let forbid = if forbid_first.is_some() {
                    patterns.pop()
                } else {
                    None
                };
                let kind = Kind::Sequence(Box::new(sequence::Sequence::new(patterns, forbid, *deadline)));
                self.instance(number, rule, None, kind, when, calls);
            }
            RuleKind::Sbo {
                tags,
                need,
                timeout,
                orphans_per_hour,
            } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Sbo(Box::new(sbo::Sbo::new(*need, *timeout, *orphans_per_hour)));
                    self.instance(number, rule, Some(tag), kind, when, written(tag));
                }
            }
            RuleKind::Follows { tag, feedback } => {
                self.tag(*tag)?;
                self.tag(feedback.tag)?;
                let calls = Calls {
                    accept: vec![*tag],
                    change: vec![feedback.tag],
                    ..Calls::default()
                };
                let kind = Kind::Follows(Box::new(follow::Follows::new(feedback.clone())));
                self.instance(number, rule, Some(*tag), kind, when, calls);
            }
            RuleKind::Uncommanded { tags, window, unless } => {
                let excuse = self.reads(&[unless.as_ref()]);
                let unless = self.optional(unless.as_ref())?;
                for (tag, commands) in tags {
                    let local = self.local_switch(self.tag(*tag)?);
                    let mut change = vec![*tag];
                    change.extend(&excuse);
                    change.extend(local);
                    let calls = Calls {
                        accept: commands.clone(),
                        change,
                        ..Calls::default()
                    };
                    let kind = Kind::Uncommanded(Box::new(uncommanded::Uncommanded::new(
                        self.commands(*tag, commands),
                        *window,
                        unless,
                        local,
                    )));
                    self.instance(number, rule, Some(*tag), kind, when, calls);
                }
            }
            RuleKind::Frozen {
                tags,
                lasting,
                driver,
            } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Frozen(Box::new(
                        still::Frozen::new(*lasting, *driver).known(self.usual(tag).longest_run),
                    ));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Replay { tags } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Replay(Box::new(
                        replay::Replay::new(self.horizon).known(self.usual(tag).entropy),
                    ));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Silence { tags, longest, .. } => {
                for &tag in tags.tags() {
                    let heartbeat = self.tag(tag)?.role == Some(Role::Heartbeat);
                    let kind = Kind::Silence(Box::new(still::Silence::new(*longest, heartbeat)));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Sanity { tags } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    self.sanity(number, tag);
                }
            }
            RuleKind::Baseline(learned) => self.baseline(number, rule, when, learned)?,
            #[allow(unreachable_patterns)] // a kind that is new in the site and not yet known here
            other => {
                let text = format!("rules of kind {} are not judged by this version", other.name());
                if let Some(info) = self.infos.last_mut() {
                    info.error = Some(text);
                }
                let kind = Kind::NotEvaluated(other.name());
                self.instance(number, rule, None, kind, when, Calls::default());
            }
        }
        Ok(())
    }
}

fn written(tag: TagId) -> Calls {
    Calls {
        write: vec![tag],
        ..Calls::default()
    }
}

fn changed(tag: TagId) -> Calls {
    Calls {
        change: vec![tag],
        ..Calls::default()
    }
}

/// Called for every change of what it reads, also by an accepted command.
fn watched(tags: Vec<TagId>) -> Calls {
    Calls {
        change: tags,
        ..Calls::default()
    }
}
