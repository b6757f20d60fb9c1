//! From what a list says to a site that loads: names that can be used, limits in their place, and nothing that the loader refuses.

use std::collections::HashMap;

use crate::site::{Diagnostic, DiagnosticSeverity, Site};

use super::draft::{Draft, Limit, On, device_name, one_line};
use super::form::Form;
use super::{ImportError, Imported, write};

/// Each round mends what the loader refuses, of which it tells some hundreds at once.
const ROUNDS: usize = 100;

/// Makes the files.
pub(super) fn finish(mut draft: Draft, file: &str, form: Form) -> Result<Imported, ImportError> {
    names(&mut draft);
    roles(&mut draft);
    for point in &mut draft.points {
        point.unit = one_line(&point.unit);
        point.description = one_line(&point.description);
    }
    bands(&mut draft);
    hosts(&mut draft);
    for _ in 0..ROUNDS {
        draft
            .devices
            .retain(|name, _| draft.points.iter().any(|point| point.device == *name));
        if draft.points.is_empty() {
            return Err(nothing(&draft, form));
        }
        let (tags, cells) = write::tags(&draft.points);
        let mut files = vec![
            ("plant.toml", write::plant(&draft, file, form)),
            ("tags.csv", tags),
        ];
        if let Some(rules) = write::rules(&draft.points, form) {
            files.push(("rules.toml", rules));
        }
        let bytes: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, text)| (*name, text.as_bytes()))
            .collect();
        match Site::from_files(&bytes) {
            Ok(loaded) => {
                draft.notes.sort_by_key(|note| (note.line, note.column));
                return Ok(Imported {
                    files,
                    notes: draft.notes,
                    points: draft.read,
                    tags: u64::try_from(draft.points.len()).unwrap_or(u64::MAX),
                    lost: draft.lost,
                    warnings: loaded.warnings.iter().map(ToString::to_string).collect(),
                });
            }
            Err(errors) => mend(&mut draft, &cells, &errors.diagnostics)?,
        }
    }
    Err(ImportError::new(
        None,
        "too many of its points cannot be in a site",
    ))
}

fn nothing(draft: &Draft, form: Form) -> ImportError {
    let first = draft.notes.first();
    let why = first.map_or_else(String::new, |note| {
        format!("; the first reason: {}, {}", note.what, note.mend)
    });
    ImportError::new(
        first.map(|note| (note.line, note.column)),
        format!(
            "none of the {} points of this {} can be a tag{why}",
            draft.read,
            form.title()
        ),
    )
}

/// Names that can be used, each once.
fn names(draft: &mut Draft) {
    let mut seen: HashMap<String, (u32, u32)> = HashMap::new();
    let points = std::mem::take(&mut draft.points);
    for mut point in points {
        point.device = device_name(&point.device);
        let mut name = one_line(&point.name);
        if name.contains(['*', '?']) || name.contains('"') && name.contains('\'') || name.starts_with("role ")
        {
            name = name.replace(['*', '?', '"', '\'', ' '], "_");
        }
        if name != point.name {
            draft.ask(
                point.place,
                format!("the name `{}` cannot be used in rules", one_line(&point.name)),
                format!("it is `{name}` now"),
            );
        }
        point.name = name;
        if let Some(first) = seen.get(&point.name) {
            draft.lost(
                point.place,
                format!("`{}` is there twice, first in line {}", point.name, first.0),
                "the second one is left out; give it a name of its own in the list",
            );
            continue;
        }
        seen.insert(point.name.clone(), point.place);
        draft.points.push(point);
    }
}

/// Devices that only their hosts tell apart.
fn hosts(draft: &mut Draft) {
    let unknown = draft
        .devices
        .values()
        .filter(|device| !device.keys.iter().any(|(key, _)| *key == "host"))
        .count();
    if draft.devices.len() > 1 && unknown > 0 {
        let place = draft.points.first().map_or((1, 1), |point| point.place);
        draft.ask(
            place,
            format!("the list does not say where its {unknown} devices are"),
            "addresses for documentation stand in for them in plant.toml: put yours there",
        );
    }
}

/// What may be written is a setpoint or command only when somebody says so.
fn roles(draft: &mut Draft) {
    let taken = draft.options.roles;
    let mut open: Option<((u32, u32), usize)> = None;
    for point in &mut draft.points {
        if !point.role.is_empty() || point.candidate.is_empty() {
            continue;
        }
        if taken {
            point.role = point.candidate;
        } else {
            open = Some(open.map_or((point.place, 1), |(first, count)| (first, count + 1)));
        }
    }
    if let Some((first, count)) = open {
        draft.ask(
            first,
            format!("{count} points from here on may be written; the list does not say which of them are setpoints or commands"),
            "give them a `role` in tags.csv (sp, cmd, mode, limit, tuning, bypass), or import again with `--roles` for sp and cmd",
        );
    }
}

/// Bands that can be: others are left out. A band of a point without a role becomes a rule, since only roles use `safe`.
fn bands(draft: &mut Draft) {
    let mut points = std::mem::take(&mut draft.points);
    for point in &mut points {
        for (what, band) in [("safe", &mut point.safe), ("range", &mut point.range)] {
            if let Some((low, high)) = *band
                && low >= high
            {
                *band = None;
                draft.lost(
                    point.place,
                    format!("the limits {low} and {high} of `{}` are no band", point.name),
                    format!("set `{what}` in tags.csv"),
                );
            }
        }
        let doubled = point.states.iter().enumerate().any(|(place, (number, name))| {
            let before = point.states.get(..place).unwrap_or_default();
            before
                .iter()
                .any(|(other, known)| other == number || known == name)
        });
        if doubled {
            point.states.clear();
            draft.lost(
                point.place,
                format!("two states of `{}` have one name or number", point.name),
                "set `states` in tags.csv",
            );
        }
        if point.role.is_empty()
            && let Some((low, high)) = point.safe.take()
        {
            let (on, why) = point.safe_is.unwrap_or((On::Observation, "Limits of the list."));
            point.limits.push(Limit {
                name: "limits",
                on,
                low: Some(low),
                high: Some(high),
                severity: "medium",
                why: why.to_owned(),
            });
        }
    }
    draft.points = points;
}

/// Takes out what the loader refuses: the cell, or the point when it is nothing without it.
fn mend(
    draft: &mut Draft,
    cells: &[Vec<(u32, &'static str)>],
    diagnostics: &[Diagnostic],
) -> Result<(), ImportError> {
    let mut gone: Vec<usize> = Vec::new();
    let mut mended = false;
    for diagnostic in diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == DiagnosticSeverity::Error)
    {
        // The header is line 1, the first point line 2.
        let index = (diagnostic.file == "tags.csv")
            .then(|| usize::try_from(diagnostic.line).ok()?.checked_sub(2))
            .flatten();
        let Some((index, row)) = index.and_then(|index| Some((index, cells.get(index)?))) else {
            continue;
        };
        let column = row
            .iter()
            .rev()
            .find(|(start, _)| *start <= diagnostic.column)
            .map_or("name", |(_, name)| *name);
        let Some(point) = draft.points.get_mut(index) else {
            continue;
        };
        let (place, name) = (point.place, point.name.clone());
        let what = match column {
            "safe" => {
                point.safe = None;
                "the limits are"
            }
            "range" => {
                point.range = None;
                "the range is"
            }
            "res" => {
                point.resolution = None;
                "the resolution is"
            }
            "states" => {
                point.states.clear();
                "the states are"
            }
            "sbo" => {
                point.sbo = "";
                "select-before-operate is"
            }
            "role" => {
                point.role = "";
                "the role is"
            }
            _ => {
                if !gone.contains(&index) {
                    gone.push(index);
                }
                "the point is"
            }
        };
        mended = true;
        let mend = if diagnostic.help.is_empty() {
            format!("{what} left out")
        } else {
            format!("{what} left out; {}", diagnostic.help)
        };
        draft.lost(place, format!("`{name}`: {}", diagnostic.message), mend);
    }
    if !mended {
        let first = diagnostics.first().map_or_else(String::new, ToString::to_string);
        return Err(ImportError::new(
            None,
            format!("no site can be made of it: {first}"),
        ));
    }
    let mut index = 0;
    draft.points.retain(|_| {
        index += 1;
        !gone.contains(&(index - 1))
    });
    Ok(())
}
