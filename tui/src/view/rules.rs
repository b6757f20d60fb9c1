//! Screen 6: what is watched, and what is blind. A silent rule is not a safe one.

use ratatui::layout::Rect;
use tapglass_model::snapshot::{RuleLine, Snapshot};

use crate::lists::{self, first_row};
use crate::model::{Model, TimeFormat};
use crate::paint::{Canvas, rows};
use crate::text::{age, clock, count, day, same_day, thousands};
use crate::theme::Role;
use crate::view::lines::Lines;
use crate::view::table::{Column, Table, left, right, wide};

const COLUMNS: &[Column] = &[
    left("ID", 18, 0),
    wide("RULE", 26),
    left("STATE", 5, 0),
    right("EVALUATED", 9, 1),
    right("HITS", 5, 0),
    left("LAST", 8, 2),
];

/// Paints the body.
pub(crate) fn rules(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model) {
    let rules = &snapshot.rules;
    let summary = format!(
        "{}: {} armed, {} idle, {} stale, {} never evaluated, {} error, {} off",
        count(u64::from(rules.total()), "rule"),
        rules.armed,
        rules.idle,
        rules.stale,
        rules.never,
        rules.error,
        rules.off
    );
    canvas.put_cut(body, 1, 0, body.width.saturating_sub(1), &summary, Role::Plain);
    let table = Table::new(COLUMNS, 3, body.width);
    table.titles(canvas, body, 1);
    let lines = lists::rules(snapshot, model);
    let list_height = if body.height >= 14 {
        body.height / 2
    } else {
        body.height
    };
    let list = rows(body, 2, list_height.saturating_sub(2));
    if lines.is_empty() {
        let text = if model.abnormal_only && rules.total() > 0 {
            "Every listed rule can fire. ! shows all rules."
        } else if rules.total() == 0 {
            "No rule is loaded: nothing here can raise an alarm."
        } else {
            "No rule is listed. Esc clears a filter."
        };
        canvas.put_cut(list, 3, 0, list.width.saturating_sub(3), text, Role::Strong);
        return;
    }
    let at = lists::position(&lines, model.selection.rule.as_ref(), |rule| {
        Some(rule.id.clone())
    });
    let first = first_row(at, lines.len(), usize::from(list.height));
    for (offset, rule) in lines
        .iter()
        .skip(first)
        .take(usize::from(list.height))
        .enumerate()
    {
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        rule_row(canvas, list, row, &table, rule, snapshot, model);
        if first + offset == at {
            canvas.put(list, 2, row, canvas.caps.pointer(), Role::Plain);
            canvas.style_cells(list, 2, row, list.width, Role::Selected);
        }
    }
    if list_height == body.height {
        return;
    }
    let below = rows(body, list_height, body.height - list_height);
    let chosen = lines.get(at);
    let place = chosen.map_or("", |rule| {
        if rule.place.is_empty() {
            "built in"
        } else {
            &rule.place
        }
    });
    canvas.heading(below, 0, chosen.map_or("", |rule| rule.id.as_str()), place);
    let page = detail(snapshot, model, below.width.saturating_sub(2));
    page.paint_with(canvas, rows(below, 1, below.height.saturating_sub(3)), 0, "Enter");
    for (row, text) in [
        "ARMED inputs fresh | IDLE no such traffic yet | STALE input too old",
        "NEVER no input ever | ERROR does not compile | OFF switched off by you",
    ]
    .into_iter()
    .enumerate()
    {
        let row = below
            .height
            .saturating_sub(2)
            .saturating_add(u16::try_from(row).unwrap_or(0));
        canvas.put_cut(below, 1, row, below.width.saturating_sub(1), text, Role::Plain);
    }
}

fn rule_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    row: u16,
    table: &Table,
    rule: &RuleLine,
    snapshot: &Snapshot,
    model: &Model,
) {
    let role = if rule.state.is_blind() {
        Role::Stale
    } else {
        Role::Plain
    };
    if rule.state.is_blind() {
        canvas.put(area, 0, row, "!", role);
    }
    let last = match rule.last {
        None => String::from("-"),
        Some(at) if model.time == TimeFormat::Relative => age(snapshot.as_of.since(at)),
        Some(at) if same_day(at, snapshot.as_of) => clock(at),
        Some(at) => day(at),
    };
    for (column, (text, role)) in [
        (rule.id.as_str(), Role::Plain),
        (&rule.title, Role::Plain),
        (rule.state.word(), role),
        (&thousands(rule.evaluated), Role::Plain),
        (&rule.hits.to_string(), Role::Plain),
        (&last, Role::Plain),
    ]
    .into_iter()
    .enumerate()
    {
        table.cell(canvas, area, row, column, text, role);
    }
}

/// The page of the selected rule.
pub(crate) fn detail(snapshot: &Snapshot, model: &Model, width: u16) -> Lines {
    let mut lines = Lines::new(width);
    let rows = lists::rules(snapshot, model);
    let at = lists::position(&rows, model.selection.rule.as_ref(), |rule| Some(rule.id.clone()));
    let Some(rule) = rows.get(at) else {
        lines.text("No rule is selected.", Role::Plain);
        return lines;
    };
    lines.text(&rule.title, Role::Strong);
    let priority = rule
        .severity
        .map_or_else(String::new, |severity| match severity.priority() {
            0 => String::from(", journal only"),
            priority => format!(", priority {priority}"),
        });
    lines.field("STATE", &format!("{}{priority}", rule.state.word()));
    lines.list("WHY", &rule.why);
    if rule.state.is_blind() {
        lines.field_as("UNTIL", "it can fire again, this is NOT watched.", Role::Strong);
    }
    lines.field("RULES", &snapshot.rules.loaded);
    lines
}
