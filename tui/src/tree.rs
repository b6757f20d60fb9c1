//! The decoded tree of the frame screen: which lines are unfolded, and which one belongs to a byte.

use std::ops::Range;

use tapglass_model::snapshot::{DecodedFrame, FieldLine};

use crate::model::{Model, Pane};

/// The name of the branch that shows how the message became an operation.
const MEANING: &str = "Meaning";

/// One line of the whole tree, folded or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch<'a> {
    pub(crate) depth: u8,
    pub(crate) name: &'a str,
    pub(crate) field: Option<&'a FieldLine>,
    /// A root with something below it.
    pub(crate) folds: bool,
    /// Its children are hidden.
    pub(crate) folded: bool,
    /// Inside a folded root.
    pub(crate) hidden: bool,
    /// In the branch that has no bytes.
    pub(crate) meaning: bool,
}

/// Every line of the tree, the hidden ones too; positions in it are what [`Model`] remembers.
pub(crate) fn tree<'a>(frame: &'a DecodedFrame, model: &Model) -> Vec<Branch<'a>> {
    let mut lines = all(frame);
    let chosen = selected_in(&lines, frame, model);
    // Of the protocol layers only the last is unfolded: that is the one the plant speaks.
    let last_layer = lines.iter().rposition(|line| line.folds && !line.meaning);
    let mut folded = false;
    for position in 0..lines.len() {
        let holds_selection = chosen.is_some_and(|chosen| {
            chosen > position
                && lines
                    .get(position + 1..=chosen)
                    .is_some_and(|below| below.iter().all(|line| line.depth > 0))
        });
        let Some(line) = lines.get_mut(position) else {
            break;
        };
        if line.depth == 0 {
            let habit = line.folds && !line.meaning && Some(position) != last_layer;
            folded = line.folds && (habit != model.turned.contains(line.name)) && !holds_selection;
            line.folded = folded;
        } else {
            line.hidden = folded;
        }
    }
    lines
}

fn all(frame: &DecodedFrame) -> Vec<Branch<'_>> {
    let line = |field: &'_ FieldLine| field.depth;
    let mut lines: Vec<Branch<'_>> = Vec::with_capacity(frame.fields.len() + frame.meaning.len() + 1);
    for (position, field) in frame.fields.iter().enumerate() {
        let next = frame.fields.get(position + 1).map_or(0, line);
        lines.push(Branch {
            // A tree that does not begin with a root would hide its first lines for ever.
            depth: if position == 0 { 0 } else { field.depth },
            name: &field.name,
            field: Some(field),
            folds: (field.depth == 0 || position == 0) && next > 0,
            folded: false,
            hidden: false,
            meaning: false,
        });
    }
    if !frame.meaning.is_empty() {
        lines.push(Branch {
            depth: 0,
            name: MEANING,
            field: None,
            folds: true,
            folded: false,
            hidden: false,
            meaning: true,
        });
        lines.extend(frame.meaning.iter().map(|field| Branch {
            depth: field.depth.saturating_add(1),
            name: &field.name,
            field: Some(field),
            folds: false,
            folded: false,
            hidden: false,
            meaning: true,
        }));
    }
    lines
}

/// The selected line.
pub(crate) fn selected(frame: &DecodedFrame, model: &Model) -> Option<usize> {
    selected_in(&all(frame), frame, model)
}

fn selected_in(lines: &[Branch<'_>], frame: &DecodedFrame, model: &Model) -> Option<usize> {
    if lines.is_empty() {
        return None;
    }
    if model.pane == Pane::Bytes {
        return field_at(frame, model.selection.byte);
    }
    let last = lines.len() - 1;
    let habit = || {
        lines
            .iter()
            .position(|line| !line.meaning && line.field.is_some_and(|field| field.mark.is_some()))
            .or_else(|| lines.iter().rposition(|line| line.folds && !line.meaning))
            .unwrap_or(0)
    };
    Some(model.selection.field.unwrap_or_else(habit).min(last))
}

/// The deepest field that holds a byte.
fn field_at(frame: &DecodedFrame, byte: usize) -> Option<usize> {
    frame
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| range(field).contains(&byte))
        .min_by_key(|(position, field)| (field.length, std::cmp::Reverse(*position)))
        .map(|(position, _)| position)
}

/// The bytes of a field.
pub(crate) fn range(field: &FieldLine) -> Range<usize> {
    let start = field.start as usize;
    start..start.saturating_add(field.length as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(depth: u8, name: &str, start: u32, length: u32) -> FieldLine {
        FieldLine {
            depth,
            name: name.into(),
            start,
            length,
            ..FieldLine::default()
        }
    }

    fn frame() -> DecodedFrame {
        DecodedFrame {
            bytes: vec![0; 12],
            fields: vec![
                field(0, "IPv4", 0, 4),
                field(1, "TTL", 2, 1),
                field(0, "Modbus", 4, 8),
                field(1, "Function", 4, 1),
                field(1, "Value", 10, 2),
            ],
            meaning: vec![field(0, "Operation", 0, 0)],
            ..DecodedFrame::default()
        }
    }

    #[test]
    fn only_the_last_layer_and_the_meaning_are_unfolded() {
        let names: Vec<_> = tree(&frame(), &Model::default())
            .iter()
            .filter(|line| !line.hidden)
            .map(|line| line.name.to_owned())
            .collect();
        assert_eq!(
            names,
            ["IPv4", "Modbus", "Function", "Value", "Meaning", "Operation"]
        );
    }

    #[test]
    fn moving_in_the_bytes_selects_the_deepest_field_and_unfolds_it() {
        let mut model = Model {
            pane: Pane::Bytes,
            ..Model::default()
        };
        model.selection.byte = 2;
        assert_eq!(selected(&frame(), &model), Some(1));
        assert!(tree(&frame(), &model).iter().all(|line| !line.hidden));
        model.selection.byte = 11;
        assert_eq!(selected(&frame(), &model), Some(4));
        model.selection.byte = 99;
        assert_eq!(selected(&frame(), &model), None);
    }
}
