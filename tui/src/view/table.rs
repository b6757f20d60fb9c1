//! Tables whose columns depend on the width of the terminal alone: they never jump when a value grows.

use ratatui::layout::Rect;

use crate::paint::Canvas;
use crate::theme::Role;

/// One column. Without a width it keeps its number, so that rows can be listed alike, and takes no room.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) width: u16,
    /// Numbers stand at the right.
    pub(crate) right: bool,
    /// Which goes first when there is no room: the highest; 0 stays.
    pub(crate) drop: u8,
    /// Takes what is left over.
    pub(crate) grows: bool,
}

/// A column with its text at the left.
pub(crate) const fn left(title: &'static str, width: u16, drop: u8) -> Column {
    Column {
        title,
        width,
        right: false,
        drop,
        grows: false,
    }
}

/// A column with its text at the right.
pub(crate) const fn right(title: &'static str, width: u16, drop: u8) -> Column {
    Column {
        right: true,
        ..left(title, width, drop)
    }
}

/// A column that takes what is left over.
pub(crate) const fn wide(title: &'static str, width: u16) -> Column {
    Column {
        grows: true,
        ..left(title, width, 0)
    }
}

/// The columns that have room, with their places.
pub(crate) struct Table {
    places: Vec<Option<(u16, u16)>>,
    columns: &'static [Column],
}

impl Table {
    /// Lays the columns out from `start` to `width`, one blank between them.
    pub(crate) fn new(columns: &'static [Column], start: u16, width: u16) -> Self {
        let mut kept = vec![true; columns.len()];
        let needed = |kept: &[bool]| {
            let mut sum = start;
            for (column, _) in columns.iter().zip(kept).filter(|(_, kept)| **kept) {
                let gap = u16::from(column.width > 0);
                sum = sum.saturating_add(column.width).saturating_add(gap);
            }
            sum.saturating_sub(1)
        };
        while needed(&kept) > width {
            let worst = columns
                .iter()
                .enumerate()
                .filter(|(position, column)| column.drop > 0 && kept.get(*position) == Some(&true))
                .max_by_key(|(_, column)| column.drop)
                .map(|(position, _)| position);
            match worst.and_then(|position| kept.get_mut(position)) {
                Some(flag) => *flag = false,
                None => break,
            }
        }
        let spare = width.saturating_sub(needed(&kept));
        let mut x = start;
        let mut grown = false;
        let places = columns
            .iter()
            .zip(&kept)
            .map(|(column, kept)| {
                if !kept {
                    return None;
                }
                let extra = if column.grows && !grown { spare } else { 0 };
                grown |= column.grows;
                let place = (x, column.width.saturating_add(extra));
                x = x.saturating_add(place.1).saturating_add(u16::from(place.1 > 0));
                Some(place)
            })
            .collect();
        Self { places, columns }
    }

    /// Paints the titles.
    pub(crate) fn titles(&self, canvas: &mut Canvas<'_>, area: Rect, row: u16) {
        for (position, column) in self.columns.iter().enumerate() {
            self.cell(canvas, area, row, position, column.title, Role::Strong);
        }
    }

    /// Paints one cell, when its column has room.
    pub(crate) fn cell(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        row: u16,
        column: usize,
        text: &str,
        role: Role,
    ) {
        let Some(Some((x, width))) = self.places.get(column).copied() else {
            return;
        };
        if self.columns.get(column).is_some_and(|column| column.right) {
            canvas.put_right(area, x, row, width, text, role);
        } else {
            canvas.put_cut(area, x, row, width, text, role);
        }
    }

    /// Place and width of a column that has room.
    pub(crate) fn place(&self, column: usize) -> Option<(u16, u16)> {
        self.places.get(column).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[wide("A", 10), right("B", 5, 2), left("C", 5, 1)];

    #[test]
    fn columns_go_in_their_stated_order() {
        let at = |width| Table::new(COLUMNS, 3, width).places;
        assert_eq!(at(30), [Some((3, 15)), Some((19, 5)), Some((25, 5))]);
        assert_eq!(at(25), [Some((3, 10)), Some((14, 5)), Some((20, 5))]);
        assert_eq!(at(24), [Some((3, 15)), None, Some((19, 5))]);
        assert_eq!(at(16), [Some((3, 13)), None, None]);
        assert_eq!(at(0), [Some((3, 10)), None, None]);
    }
}
