//! What each kind of rule says.

use super::super::{
    Distinct, EnvelopeOn, Expression, RuleKind, SelectBeforeOperate, TagId, TagSet, duration,
};
use super::{Speaker, joined};

impl Speaker<'_> {
    fn limit(&self, limit: &Expression, tags: &[TagId]) -> String {
        match limit {
            Expression::Number(number) => self.value(*number, tags),
            other => format!("({})", other.text(self.site)),
        }
    }

    pub(super) fn kind(&self, kind: &RuleKind) -> String {
        match kind {
            RuleKind::Envelope {
                tags,
                low,
                high,
                on,
                predict,
            } => {
                let ids = tags.tags();
                let band = match (low, high) {
                    (Some(low), Some(high)) => {
                        format!("stays from {} to {}", self.limit(low, ids), self.limit(high, ids))
                    }
                    (Some(low), None) => format!("stays at or above {}", self.limit(low, ids)),
                    (None, Some(high)) => format!("stays at or below {}", self.limit(high, ids)),
                    (None, None) => "has no limits".to_owned(),
                };
                let what = match on {
                    EnvelopeOn::Write => "what is written to",
                    EnvelopeOn::Observation => "the observed value of",
                    EnvelopeOn::Both => "the value, written or observed, of",
                };
                let ahead = predict.map_or_else(String::new, |time| {
                    format!(
                        "; advises when a limit would be reached within {}",
                        duration::text(time)
                    )
                });
                format!("{what} {} {band}{ahead}.", self.tags(tags))
            }
            RuleKind::Step { tags, step } => {
                format!(
                    "one write changes {} by at most {}.",
                    self.tags(tags),
                    self.value_only(*step, tags)
                )
            }
            RuleKind::Walk { tags, limit, window } => format!(
                "all accepted writes of {} within {} stay within {} of each other.",
                self.tags(tags),
                duration::text(*window),
                self.value_only(*limit, tags)
            ),
            RuleKind::Rate { tags, rate } => format!(
                "the observed value of {} changes by at most {} in a second.",
                self.tags(tags),
                self.value_only(*rate, tags)
            ),
            RuleKind::Domain {
                tags,
                allowed,
                transitions,
                bits,
            } => self.domain(tags, allowed, transitions, *bits),
            RuleKind::Writers { tags, allowed } if allowed.is_empty() => {
                format!("nobody writes {}.", self.tags(tags))
            }
            RuleKind::Writers { tags, allowed } => {
                format!("only {} writes {}.", self.principals(allowed), self.tags(tags))
            }
            RuleKind::Permissive { on, require } => {
                format!(
                    "{} is allowed only while {}.",
                    self.event(on),
                    self.condition(require)
                )
            }
            RuleKind::Interlock {
                condition,
                then: Expression::Truth(false),
                within,
            } => format!(
                "it is never the case for {} that {}.",
                duration::text(*within),
                self.condition(condition)
            ),
            RuleKind::Interlock {
                condition,
                then,
                within,
            } => format!(
                "if {} for {} without a break, then by the end of it {}.",
                self.condition(condition),
                duration::text(*within),
                self.condition(then)
            ),
            RuleKind::Cycle {
                tags,
                min_gap,
                max,
                window,
                count_same,
            } => self.cycle(tags, *min_gap, *max, *window, *count_same),
            RuleKind::Chatter { tags, max, window } => format!(
                "{} changes its state at most {max} times in {}.",
                self.tags(tags),
                duration::text(*window)
            ),
            RuleKind::Sbo {
                tags, need, timeout, ..
            } => {
                let direct = match need {
                    SelectBeforeOperate::Required => "is never operated directly, and",
                    SelectBeforeOperate::Matching => "may be operated directly, but",
                };
                format!(
                    "{} {direct} an operate follows its own select within {}.",
                    self.tags(tags),
                    duration::text(*timeout)
                )
            }
            RuleKind::LimitWrite { tags, except } if except.is_empty() => {
                format!("nobody writes {}.", self.tags(tags))
            }
            RuleKind::LimitWrite { tags, except } => {
                format!(
                    "nobody but {} writes {}.",
                    self.principals(except),
                    self.tags(tags)
                )
            }
            RuleKind::Bypass { tags, longest } => {
                let longer = longest.map_or_else(String::new, |time| {
                    format!(
                        ", and again when it stays set for more than {}",
                        duration::text(time)
                    )
                });
                format!("whoever sets the bypass {} is reported{longer}.", self.tags(tags))
            }
            RuleKind::Follows { tag, feedback } => {
                let hold = feedback.hold.map_or_else(String::new, |time| {
                    format!(" and stays there for {}", duration::text(time))
                });
                format!(
                    "{} follows an accepted command of {} within {}{hold}.",
                    self.name(feedback.tag),
                    self.name(*tag),
                    duration::text(feedback.within)
                )
            }
            RuleKind::Uncommanded { tags, window, unless } => {
                let names: Vec<String> = tags.iter().map(|(tag, _)| self.name(*tag)).collect();
                let except = unless.as_ref().map_or_else(String::new, |unless| {
                    format!(", unless {}", self.condition(unless))
                });
                format!(
                    "{} changes only within {} after a command{except}.",
                    joined(&names, "or"),
                    duration::text(*window)
                )
            }
            RuleKind::Mirror {
                a,
                b,
                tolerance,
                skew,
            } => format!(
                "{} and {} differ by at most {tolerance}, except for up to {}.",
                a.text(self.site),
                b.text(self.site),
                duration::text(*skew)
            ),
            RuleKind::Balance {
                residual,
                limit,
                lasting,
                cusum,
            } => {
                let sum = cusum.map_or_else(String::new, |(slack, threshold, _)| {
                    format!("; its cumulative sum with slack {slack} stays below {threshold}")
                });
                format!(
                    "{} stays within {limit} of zero, except for up to {}{sum}.",
                    residual.text(self.site),
                    duration::text(*lasting)
                )
            }
            RuleKind::Count {
                on,
                distinct,
                max,
                window,
                per_principal,
            } => {
                let what = match (distinct, max) {
                    (Some(Distinct::Tag), 1) => "tag sees ",
                    (Some(Distinct::Tag), _) => "tags see ",
                    (Some(Distinct::Device), 1) => "device sees ",
                    (Some(Distinct::Device), _) => "devices see ",
                    (None, 1) => "time there is ",
                    (None, _) => "times there is ",
                };
                let who = if *per_principal { " from one sender" } else { "" };
                format!(
                    "not more than {max} {what}{}{who} within {}.",
                    self.event(on),
                    duration::text(*window)
                )
            }
            RuleKind::Frozen {
                tags,
                lasting,
                driver,
            } => {
                let time = lasting.map_or_else(
                    || "longer than it ever did".to_owned(),
                    |time| format!("for {}", duration::text(time)),
                );
                let moved = driver.map_or_else(String::new, |(tag, far)| {
                    format!(
                        " while {} moves by more than {}",
                        self.name(tag),
                        self.value(far, &[tag])
                    )
                });
                format!("{} does not stand still {time}{moved}.", self.tags(tags))
            }
            RuleKind::Replay { tags } => {
                format!(
                    "{} does not repeat an earlier stretch of its own values.",
                    self.tags(tags)
                )
            }
            RuleKind::Silence {
                tags,
                devices,
                longest,
                stations,
            } => {
                let mut names: Vec<String> = devices
                    .iter()
                    .filter_map(|device| self.site.devices.get(device.0 as usize))
                    .map(|device| device.name.clone())
                    .collect();
                if !tags.tags().is_empty() {
                    names.push(self.tags(tags));
                }
                let time = longest.map_or_else(
                    || "at its usual period".to_owned(),
                    |time| format!("at least every {}", duration::text(time)),
                );
                let verb = if names.len() == 1 { "is" } else { "are" };
                let together = stations.map_or_else(String::new, |count| {
                    format!(" When {count} devices fall silent within 60 s, that is one alarm of the site.")
                });
                format!("{} {verb} heard of {time}.{together}", joined(&names, "and"))
            }
            RuleKind::Sequence {
                steps,
                forbid_first,
                deadline,
            } => {
                let steps: Vec<String> = steps.iter().map(|step| self.event(step)).collect();
                let first = forbid_first.as_ref().map_or_else(String::new, |event| {
                    format!("; {} does not come first", self.event(event))
                });
                format!(
                    "in this order, each within {}: {}{first}.",
                    duration::text(*deadline),
                    steps.join(", then ")
                )
            }
            RuleKind::Schedule { tags, allowed } => {
                format!(
                    "{} is written only while {}.",
                    self.tags(tags),
                    self.condition(allowed)
                )
            }
            RuleKind::Sanity { tags } => format!(
                "{} is never written in half, and never holds what is not a number.",
                self.tags(tags)
            ),
            RuleKind::Baseline(learned) => self.learned(learned),
        }
    }

    /// A difference: never the name of a state.
    fn value_only(&self, number: f64, tags: &TagSet) -> String {
        let mut units = tags
            .tags()
            .iter()
            .filter_map(|tag| self.site.tag(*tag))
            .map(|tag| tag.unit.as_str());
        match units.next() {
            Some(unit) if !unit.is_empty() && units.all(|other| other == unit) => format!("{number} {unit}"),
            _ => number.to_string(),
        }
    }

    fn domain(
        &self,
        tags: &TagSet,
        allowed: &[f64],
        transitions: &[(f64, f64)],
        bits: Option<u64>,
    ) -> String {
        let mut parts = Vec::new();
        if !allowed.is_empty() {
            let values: Vec<String> = allowed
                .iter()
                .map(|value| self.value(*value, tags.tags()))
                .collect();
            parts.push(format!("is written as {} only", joined(&values, "or")));
        }
        if !transitions.is_empty() {
            let steps: Vec<String> = transitions
                .iter()
                .map(|(from, to)| {
                    format!(
                        "{} to {}",
                        self.value(*from, tags.tags()),
                        self.value(*to, tags.tags())
                    )
                })
                .collect();
            parts.push(format!("goes from {} only", joined(&steps, "or")));
        }
        if let Some(bits) = bits {
            parts.push(format!("changes in the bits {bits:#x} only"));
        }
        format!("{} {}.", self.tags(tags), parts.join(", and "))
    }

    fn cycle(
        &self,
        tags: &TagSet,
        min_gap: Option<i64>,
        max: Option<u32>,
        window: i64,
        count_same: bool,
    ) -> String {
        let mut parts = Vec::new();
        if let Some(gap) = min_gap {
            parts.push(format!("is not reversed within {}", duration::text(gap)));
        }
        if let Some(max) = max {
            let repeats = if count_same { ", repeats included" } else { "" };
            parts.push(format!(
                "is commanded at most {max} times in {}{repeats}",
                duration::text(window)
            ));
        }
        format!("{} {}.", self.tags(tags), parts.join(" and "))
    }
}
