//! Which rows a screen lists, and in which order: the same answer for painting and for moving.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use tapglass_model::snapshot::{
    Alarm, AlarmState, Group, Host, Mode, Point, ReadBack, RuleLine, RuleState, Snapshot, WriteLine,
};
use tapglass_model::{Outcome, Quality, Severity};

use crate::model::Model;

/// A row of the process screen.
#[derive(Clone, Copy)]
pub(crate) enum ProcessRow<'a> {
    Heading(&'a Group),
    Point(&'a Point),
}

/// The points in the order of the site, under their headings. Nothing re-sorts by itself.
pub(crate) fn process<'a>(snapshot: &'a Snapshot, model: &Model) -> Vec<ProcessRow<'a>> {
    let mut rows = Vec::new();
    for group in &snapshot.groups {
        let before = rows.len();
        rows.push(ProcessRow::Heading(group));
        rows.extend(
            group
                .points
                .iter()
                .filter(|point| !model.abnormal_only || is_abnormal(point))
                .filter(|point| {
                    passes(
                        &model.filter,
                        &[
                            &point.tag,
                            &point.description,
                            &point.unit,
                            &point.source,
                            &point.role,
                            &group.area,
                            &group.device,
                            &group.address,
                            &group.protocol,
                        ],
                    )
                })
                .map(ProcessRow::Point),
        );
        if rows.len() == before + 1 && (model.abnormal_only || !model.filter.is_empty()) {
            rows.pop();
        }
    }
    rows
}

/// True when the point needs a look.
pub(crate) fn is_abnormal(point: &Point) -> bool {
    point.alarm.is_some() || point.stale || point.forced || point.quality != Quality::Good
}

/// The alarms: unacknowledged first, then by priority, then the newest; or all by time, oldest first.
pub(crate) fn alarms<'a>(snapshot: &'a Snapshot, model: &Model) -> Vec<&'a Alarm> {
    let mut rows: Vec<&Alarm> = snapshot
        .alarms
        .iter()
        .filter(|alarm| alarm.severity != Severity::Low)
        .filter(|alarm| !model.abnormal_only || (alarm.state.is_unacknowledged() && !alarm.future))
        .filter(|alarm| {
            passes(
                &model.filter,
                &[
                    &alarm.point,
                    &alarm.asset,
                    &alarm.title,
                    &alarm.rule,
                    &alarm.by_full,
                    &alarm.value,
                    alarm.state.word(),
                    alarm.severity.name(),
                ],
            )
        })
        .collect();
    if by_time(snapshot, model) {
        rows.sort_by_key(|alarm| (alarm.first_time, alarm.id));
    } else {
        rows.sort_by_key(|alarm| {
            (
                alarm.future,
                standing(alarm.state),
                Reverse(alarm.severity),
                Reverse(alarm.first_time),
                alarm.id,
            )
        });
    }
    if folds(snapshot, model) {
        // The first of a group stands for all: it is the most urgent one that waits.
        let mut groups = BTreeSet::new();
        rows.retain(|alarm| alarm.group == 0 || groups.insert(alarm.group));
    }
    rows
}

/// In a flood the alarms of one incident take one row, until somebody asks for them.
pub(crate) fn folds(snapshot: &Snapshot, model: &Model) -> bool {
    snapshot.alarm_load.flood && model.filter.is_empty() && !model.abnormal_only && !by_time(snapshot, model)
}

/// How many alarms a row stands for besides its own.
pub(crate) fn folded_into(snapshot: &Snapshot, model: &Model, alarm: &Alarm) -> usize {
    if alarm.group == 0 || !folds(snapshot, model) {
        return 0;
    }
    let group = snapshot
        .alarms
        .iter()
        .filter(|other| other.group == alarm.group && other.severity != Severity::Low);
    group.count().saturating_sub(1)
}

/// A replay is read along its time; a live list begins with what waits.
pub(crate) fn by_time(snapshot: &Snapshot, model: &Model) -> bool {
    model.by_time.unwrap_or(snapshot.mode == Mode::Replay)
}

const fn standing(state: AlarmState) -> u8 {
    match state {
        AlarmState::Unacknowledged | AlarmState::Returned => 0,
        AlarmState::Acknowledged => 1,
        AlarmState::Shelved => 2,
        AlarmState::Suppressed => 3,
        AlarmState::OutOfService => 4,
        AlarmState::Normal => 5,
    }
}

/// The unacknowledged alarms as the banner counts them: the highest first, of one severity the first-out, then
/// the earliest, because the others may be its consequences.
pub(crate) fn waiting(snapshot: &Snapshot) -> Vec<&Alarm> {
    let mut rows: Vec<&Alarm> = snapshot
        .alarms
        .iter()
        .filter(|alarm| alarm.state.is_unacknowledged() && !alarm.future && alarm.severity != Severity::Low)
        .collect();
    rows.sort_by_key(|alarm| {
        (
            Reverse(alarm.severity),
            Reverse(alarm.first_out),
            alarm.first_time,
            alarm.id,
        )
    });
    rows
}

/// The writes, newest first as they come.
pub(crate) fn writes<'a>(snapshot: &'a Snapshot, model: &Model) -> Vec<&'a WriteLine> {
    snapshot
        .writes
        .iter()
        .filter(|write| !model.abnormal_only || is_conspicuous(write))
        .filter(|write| {
            passes(
                &model.filter,
                &[
                    &write.by_full,
                    &write.by,
                    if write.by_new { "NEW" } else { "" },
                    &write.to,
                    &write.protocol,
                    &write.command_full,
                    &write.command,
                    &write.point,
                    &write.change,
                    &write.result,
                ],
            )
        })
        .collect()
}

/// True when the write raised an alarm, was refused, or did not do what it said.
fn is_conspicuous(write: &WriteLine) -> bool {
    !write.verdict.alarms.is_empty()
        || write.by_new
        || write.read_back == ReadBack::Different
        || matches!(write.outcome, Outcome::Rejected | Outcome::Unanswered)
}

/// The hosts as they come.
pub(crate) fn hosts<'a>(snapshot: &'a Snapshot, model: &Model) -> Vec<&'a Host> {
    snapshot
        .hosts
        .iter()
        .filter(|host| !model.abnormal_only || host.new || host.alarm.is_some())
        .filter(|host| {
            passes(
                &model.filter,
                &[&host.address, &host.name, &host.role, &host.protocols, &host.mac],
            )
        })
        .collect()
}

/// The rules, those that cannot fire first.
pub(crate) fn rules<'a>(snapshot: &'a Snapshot, model: &Model) -> Vec<&'a RuleLine> {
    let mut rows: Vec<&RuleLine> = snapshot
        .rules
        .list
        .iter()
        .filter(|rule| !model.abnormal_only || rule.state.is_blind())
        .filter(|rule| {
            passes(
                &model.filter,
                &[&rule.id, &rule.title, rule.state.word(), &rule.place],
            )
        })
        .collect();
    rows.sort_by_key(|rule| {
        if rule.state.is_blind() {
            rule.state
        } else {
            RuleState::Off
        }
    });
    rows
}

/// True when one of the texts contains the filter; after `!`, when none does. Case does not count.
pub(crate) fn passes(filter: &str, texts: &[&str]) -> bool {
    let (excludes, wanted) = filter
        .strip_prefix('!')
        .map_or((false, filter), |rest| (true, rest));
    if wanted.is_empty() {
        return true;
    }
    let wanted = wanted.to_lowercase();
    texts.iter().any(|text| text.to_lowercase().contains(&wanted)) != excludes
}

/// The row of the selected item; the first when nothing is selected or the item left.
pub(crate) fn position<T, I: PartialEq>(
    rows: &[T],
    selected: Option<&I>,
    id: impl Fn(&T) -> Option<I>,
) -> usize {
    selected
        .and_then(|selected| rows.iter().position(|row| id(row).as_ref() == Some(selected)))
        .unwrap_or(0)
}

/// The first row to paint so that the selected one is in sight. Moves by pages: on a slow line every shifted row
/// has to be sent again.
pub(crate) fn first_row(selected: usize, total: usize, height: usize) -> usize {
    if total <= height || height == 0 {
        return 0;
    }
    let step = height.saturating_sub(2).max(1);
    let page = selected / step;
    let first = if height > 2 {
        (page * step).saturating_sub(usize::from(page > 0))
    } else {
        selected
    };
    first.min(total - height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_always_in_sight() {
        for height in 1..12 {
            for total in 0..40 {
                for selected in 0..total {
                    let first = first_row(selected, total, height);
                    assert!(
                        first <= selected && selected < first + height,
                        "{selected} of {total} in {height}"
                    );
                    assert!(first == 0 || first + height <= total);
                }
            }
        }
    }

    #[test]
    fn a_filter_finds_and_leaves_out() {
        assert!(passes("lit", &["LIT-101"]));
        assert!(!passes("!lit", &["LIT-101"]));
        assert!(passes("!fit", &["LIT-101"]));
        assert!(passes("!", &["LIT-101"]) && passes("", &[]));
    }
}
