//! Who writes what, counted from the control log.

use std::collections::BTreeMap;

use ratatui::layout::Rect;
use tapglass_model::snapshot::Snapshot;

use crate::paint::Canvas;
use crate::text::columns;
use crate::theme::Role;
use crate::view::writes;

/// Columns of a writer's name and of a point.
const NAME: u16 = 18;
const CELL: u16 = 11;

/// Paints the table of writers and points.
pub(crate) fn who_writes_what(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let title = format!("Who writes what: the {} writes above", snapshot.writes.len());
    let inner = canvas.pane(area, &title, false);
    let mut points: BTreeMap<&str, usize> = BTreeMap::new();
    let mut writers: BTreeMap<String, BTreeMap<&str, (usize, bool)>> = BTreeMap::new();
    for write in &snapshot.writes {
        *points.entry(&write.point).or_default() += 1;
        let row = writers.entry(writes::actor(write, true)).or_default();
        let cell = row.entry(&write.point).or_default();
        cell.0 += 1;
        cell.1 |= !write.verdict.alarms.is_empty();
    }
    let most = usize::from(inner.width.saturating_sub(NAME + 8) / CELL);
    let mut chosen: Vec<(&str, usize)> = points.into_iter().collect();
    chosen.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    chosen.truncate(most);
    let at = |position: usize| NAME.saturating_add(CELL.saturating_mul(u16::try_from(position).unwrap_or(0)));
    for (position, (point, _)) in chosen.iter().enumerate() {
        canvas.put_right(inner, at(position), 0, CELL - 1, point, Role::Strong);
    }
    let last = at(chosen.len());
    canvas.put_right(inner, last, 0, 6, "other", Role::Strong);
    for (row, (name, cells)) in writers
        .iter()
        .take(usize::from(inner.height.saturating_sub(3)))
        .enumerate()
    {
        let row = u16::try_from(row).unwrap_or(u16::MAX).saturating_add(1);
        canvas.put_cut(inner, 1, row, NAME - 2, name, Role::Plain);
        let mut others = 0;
        for (point, (number, _)) in cells {
            if !chosen.iter().any(|(chosen, _)| chosen == point) {
                others += number;
            }
        }
        for (position, (point, _)) in chosen.iter().enumerate() {
            let (text, role) = match cells.get(point) {
                Some((number, true)) => (format!("{number}!"), Role::Strong),
                Some((number, false)) => (format!("{number} "), Role::Plain),
                None => (String::from(". "), Role::Plain),
            };
            canvas.put_right(inner, at(position), row, CELL - 1, &text, role);
        }
        let text = if others > 0 {
            others.to_string()
        } else {
            String::from(".")
        };
        canvas.put_right(inner, last, row, 6, &text, Role::Plain);
    }
    let legend = "! at least one of them raised an alarm   . none";
    if columns(legend) < usize::from(inner.width) {
        canvas.put(inner, 1, inner.height.saturating_sub(1), legend, Role::Plain);
    }
}
