//! Role packs: the rules that a tag gets for its role, spelled out (site-and-rules 1.5).

use std::collections::HashSet;

use tapglass_model::{Severity, Table};

use super::read::site::Severities;
use super::rule_kinds::{KindInfo, kind_named, techniques};
use super::written::Known;
use super::{
    Address, DataType, EnvelopeOn, Expression, PrincipalId, Role, Rule, RuleKind, RuleSource,
    SelectBeforeOperate, Site, Tag, TagId, TagSet,
};

/// Commands of one output within [`CYCLE_WINDOW`] that no ordinary day has, momentary push buttons included (each push is two).
const CYCLE_MAX: u32 = 12;
/// Five minutes.
const CYCLE_WINDOW: i64 = 300_000_000_000;
/// Changes of one feedback within [`CHATTER_WINDOW`] that no ordinary day has: a valve that is jogged makes some.
pub(super) const CHATTER_MAX: u32 = 10;
/// A minute.
pub(super) const CHATTER_WINDOW: i64 = 60_000_000_000;
/// How far back a command of a discrete feedback counts at least.
const COMMAND_WINDOW: i64 = 10_000_000_000;
/// A select is good for so long.
const SELECT_TIMEOUT: i64 = 10_000_000_000;
/// Selects that are never operated, an hour.
const ORPHANS_AN_HOUR: u32 = 5;

/// Adds the rules of every role to the site. Written rules stay first.
pub(super) fn spell_out(site: &mut Site, severities: &Severities) {
    let known = Known::of(site);
    let mut rules = Vec::new();
    for (id, tag) in site.tag_ids() {
        let mut pack = Pack {
            site,
            severities,
            known: &known,
            id,
            tag,
            rules: Vec::new(),
        };
        pack.fill();
        rules.append(&mut pack.rules);
    }
    // A written rule of the same id stands for the role's.
    let written: HashSet<String> = site.rules.iter().map(|rule| rule.id.clone()).collect();
    rules.retain(|rule| !written.contains(&rule.id));
    site.rules.append(&mut rules);
}

/// The rules of one tag.
struct Pack<'a> {
    site: &'a Site,
    severities: &'a Severities,
    known: &'a Known,
    id: TagId,
    tag: &'a Tag,
    rules: Vec<Rule>,
}

impl Pack<'_> {
    fn fill(&mut self) {
        self.writers();
        match self.tag.role {
            Some(Role::Setpoint) => self.setpoint(),
            Some(Role::Command) => self.command(),
            Some(Role::Measurement) => self.measurement(),
            Some(Role::Feedback) => self.discrete_feedback(),
            Some(Role::Mode) => self.mode(),
            Some(Role::Limit | Role::AlarmEnable | Role::Tuning) => self.setting(),
            Some(Role::Bypass) => self.bypass(),
            Some(Role::Safety) => self.safety(),
            Some(Role::Heartbeat) => self.heartbeat(),
            None => {}
        }
    }

    fn tags(&self) -> TagSet {
        TagSet::Tags(vec![self.id])
    }

    /// The listed writers, when the site says who writes.
    fn listed(&self) -> Vec<PrincipalId> {
        self.tag.writers.clone().unwrap_or_default()
    }

    /// Who may write is a rule of its own, whatever the role, and without one too.
    fn writers(&mut self) {
        if let Some(allowed) = self.tag.writers.clone() {
            self.add(RuleKind::Writers {
                tags: self.tags(),
                allowed,
            });
        }
    }

    fn setpoint(&mut self) {
        self.envelope(EnvelopeOn::Write);
        self.step();
        self.rate();
        self.follows(Severity::Medium);
        self.select_before_operate(false);
        self.sanity(Severity::Medium);
    }

    fn command(&mut self) {
        if !self.written("cycle") {
            self.cycle();
        }
        self.select_before_operate(true);
        self.follows(Severity::High);
        self.domain();
    }

    fn measurement(&mut self) {
        self.envelope(EnvelopeOn::Observation);
        self.rate();
        if self.is_analog() {
            if !self.written("frozen") {
                // Without a driver nothing says that it should have moved: for the journal, not for the operator.
                self.add_with(
                    RuleKind::Frozen {
                        tags: self.tags(),
                        lasting: None,
                        driver: None,
                    },
                    Some(Severity::Low),
                );
            }
            if !self.written("replay") {
                self.add(RuleKind::Replay { tags: self.tags() });
            }
            self.sanity(Severity::Low);
        }
        if self.can_be_written() {
            // A measurement is written by nobody: who does so falsifies it.
            self.add_with(
                RuleKind::LimitWrite {
                    tags: self.tags(),
                    except: Vec::new(),
                },
                Some(Severity::High),
            );
        }
    }

    /// It changes with its command, and does not chatter.
    fn discrete_feedback(&mut self) {
        if !self.written("chatter") {
            self.add(RuleKind::Chatter {
                tags: self.tags(),
                max: CHATTER_MAX,
                window: CHATTER_WINDOW,
            });
        }
        let commands = self.known.commands.get(&self.id).cloned().unwrap_or_default();
        // Without a known command every change would be one that nobody commanded.
        if commands.is_empty() || self.written("uncommanded") {
            return;
        }
        let slowest = commands
            .iter()
            .filter_map(|command| self.site.tag(*command)?.feedback.as_ref())
            .map(|feedback| feedback.within)
            .max()
            .unwrap_or(0);
        self.add(RuleKind::Uncommanded {
            tags: vec![(self.id, commands)],
            window: slowest.saturating_mul(2).max(COMMAND_WINDOW),
            unless: None,
        });
    }

    fn mode(&mut self) {
        self.domain();
        self.envelope(EnvelopeOn::Write);
        self.step();
        self.limit_write(None);
        self.follows(Severity::Medium);
    }

    /// A limit, an alarm enable or a tuning parameter.
    fn setting(&mut self) {
        self.envelope(EnvelopeOn::Write);
        self.step();
        self.limit_write(None);
        if self.tag.role != Some(Role::AlarmEnable) {
            self.sanity(Severity::Medium);
        }
    }

    fn bypass(&mut self) {
        self.add(RuleKind::Bypass {
            tags: self.tags(),
            longest: self.tag.max_bypass,
        });
    }

    fn safety(&mut self) {
        self.add_with(
            RuleKind::LimitWrite {
                tags: self.tags(),
                except: Vec::new(),
            },
            Some(Severity::Critical),
        );
    }

    fn heartbeat(&mut self) {
        if !self.written("silence") {
            self.add(RuleKind::Silence {
                tags: self.tags(),
                devices: Vec::new(),
                longest: self.tag.max_age,
                stations: None,
            });
        }
        if !self.written("frozen") {
            self.add(RuleKind::Frozen {
                tags: self.tags(),
                lasting: self.tag.max_age,
                driver: None,
            });
        }
    }

    fn envelope(&mut self, on: EnvelopeOn) {
        if let Some((low, high)) = self.tag.safe {
            let severity = (on == EnvelopeOn::Write).then_some(Severity::High);
            self.add_with(
                RuleKind::Envelope {
                    tags: self.tags(),
                    low: Some(Expression::Number(low)),
                    high: Some(Expression::Number(high)),
                    on,
                    predict: None,
                },
                severity,
            );
        }
    }

    /// No limit was stated, so this one is wide and its severity is a step lower than that of a stated one.
    fn cycle(&mut self) {
        self.add_with(
            RuleKind::Cycle {
                tags: self.tags(),
                min_gap: None,
                max: Some(CYCLE_MAX),
                window: CYCLE_WINDOW,
                count_same: false,
            },
            Some(Severity::Medium),
        );
    }

    fn step(&mut self) {
        if let Some(step) = self.tag.step {
            self.add(RuleKind::Step {
                tags: self.tags(),
                step,
            });
        }
    }

    fn rate(&mut self) {
        if let Some(rate) = self.tag.rate {
            self.add(RuleKind::Rate {
                tags: self.tags(),
                rate,
            });
        }
    }

    fn follows(&mut self, severity: Severity) {
        if let Some(feedback) = self.tag.feedback.clone() {
            self.add_with(
                RuleKind::Follows {
                    tag: self.id,
                    feedback,
                },
                Some(severity),
            );
        }
    }

    fn sanity(&mut self, severity: Severity) {
        self.add_with(RuleKind::Sanity { tags: self.tags() }, Some(severity));
    }

    /// Only states that have names are written.
    fn domain(&mut self) {
        if self.tag.states.is_empty() {
            return;
        }
        let allowed = self.tag.states.iter().map(|state| state.number).collect();
        self.add(RuleKind::Domain {
            tags: self.tags(),
            allowed,
            transitions: Vec::new(),
            bits: None,
        });
    }

    /// Any write is told, except by those who are listed: it is their work.
    fn limit_write(&mut self, severity: Option<Severity>) {
        self.add_with(
            RuleKind::LimitWrite {
                tags: self.tags(),
                except: self.listed(),
            },
            severity,
        );
    }

    /// Commands of DNP3 outputs match their select, whether or not a select is required.
    fn select_before_operate(&mut self, always: bool) {
        let output = matches!(
            self.tag.address,
            Address::Indexed {
                table: Table::BinaryOutput | Table::AnalogOutput,
                ..
            }
        );
        if output && (always || self.tag.sbo_required) && !self.written("sbo") {
            self.add(RuleKind::Sbo {
                tags: self.tags(),
                need: if self.tag.sbo_required {
                    SelectBeforeOperate::Required
                } else {
                    SelectBeforeOperate::Matching
                },
                timeout: SELECT_TIMEOUT,
                orphans_per_hour: ORPHANS_AN_HOUR,
            });
        }
    }

    /// Whether a written rule of the kind is about the tag.
    fn written(&self, kind: &'static str) -> bool {
        self.known.written.contains(&(kind, self.id))
    }

    /// False where the protocol has no way to write the point.
    fn can_be_written(&self) -> bool {
        match self.tag.address {
            Address::Indexed { table, .. } => matches!(
                table,
                Table::Coil | Table::Holding | Table::BinaryOutput | Table::AnalogOutput | Table::Deadband
            ),
            Address::Node { .. } => true,
        }
    }

    /// A quantity, as far as the site tells: OPC UA types are known only on the wire.
    fn is_analog(&self) -> bool {
        let bit = self.tag.data_type == DataType::Bool
            || self.tag.bits.is_some_and(|bits| bits.low == bits.high)
            || matches!(
                self.tag.address,
                Address::Indexed {
                    table: Table::Coil
                        | Table::Discrete
                        | Table::BinaryInput
                        | Table::BinaryOutput
                        | Table::DoubleBitInput,
                    ..
                }
            );
        !bit && self.tag.data_type != DataType::Str && self.tag.states.is_empty()
    }

    fn add(&mut self, kind: RuleKind) {
        self.add_with(kind, None);
    }

    /// Adds a rule with the severity of the site, of the role, or of the kind, in this order.
    fn add_with(&mut self, kind: RuleKind, severity: Option<Severity>) {
        let Some(info) = kind_named(kind.name()) else {
            return;
        };
        let role_is_safety = self.tag.role == Some(Role::Safety);
        let chosen = if role_is_safety {
            None
        } else {
            self.severities.by_kind.get(info.name).copied()
        };
        let severity = chosen.or(severity).unwrap_or(info.severity);
        self.rules.push(rule(self.tag, kind, info, severity, self.site));
    }
}

fn rule(tag: &Tag, kind: RuleKind, info: &KindInfo, severity: Severity, site: &Site) -> Rule {
    Rule {
        id: format!("{}/{}", tag.name, info.name),
        kind,
        source: tag.role.map_or(RuleSource::Tag, RuleSource::Role),
        severity,
        when: None,
        on_unknown: info.on_unknown(),
        on_delay: site.defaults.on_delay,
        off_delay: site.defaults.off_delay,
        why: tag.why.clone(),
        check: tag.check.clone(),
        consequence: String::new(),
        attack: techniques(tag.role, info)
            .iter()
            .map(|id| (*id).to_owned())
            .collect(),
        owner: String::new(),
        moc: String::new(),
        disabled: false,
        tests: Vec::new(),
        location: tag.location.clone(),
    }
}
