//! Tags of a Kepware device as CSV, addresses of its Modbus drivers.

use std::collections::BTreeSet;

use crate::site::cells::Cell;

use super::ImportError;
use super::draft::{Draft, Limit, On, Point, linear, number};
use super::modbus::{self, Reference};
use super::table::Sheet;

/// Reads a list.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), ImportError> {
    let sheet = Sheet::read(text, &["Tag Name", "Address", "Data Type"], &[';', '#'])?;
    let device = draft.usual_device.clone();
    let mut polls: BTreeSet<u64> = BTreeSet::new();
    for row in &sheet.rows {
        draft.read += 1;
        if let Some(point) = point(&sheet, row, &device, draft) {
            if let Ok(poll @ 1..) = sheet.text(row, "Scan Rate").parse() {
                polls.insert(poll);
            }
            draft.points.push(point);
        }
    }
    modbus::device(draft, &device);
    if let Some(fastest) = polls.first() {
        let keys = &mut draft.device(&device, "modbus").keys;
        keys.push(("poll", format!("\"{fastest}ms\"")));
    }
    Ok(())
}

fn point(sheet: &Sheet, row: &[Cell], device: &str, draft: &mut Draft) -> Option<Point> {
    let place = Sheet::place(row);
    let name = sheet.text(row, "Tag Name").to_owned();
    if name.is_empty() {
        draft.lost(place, "this row has no tag name", "give it a name in the list");
        return None;
    }
    let Some(address) = sheet.cell(row, "Address") else {
        draft.lost(
            place,
            format!("`{name}` has no address"),
            "give it one in the list",
        );
        return None;
    };
    let at = (address.line, address.column);
    // `400100 [10]` is an array, `400100.20H` a text of 20 bytes.
    let (reference, text_length) = match address.text.rsplit_once('.') {
        Some((reference, length)) if length.ends_with(['H', 'h', 'L', 'l']) => (reference, true),
        _ => (address.text.as_str(), false),
    };
    if reference.contains('[') {
        draft.lost(
            at,
            format!("`{name}` is an array"),
            "add a row to tags.csv for each element that matters",
        );
        return None;
    }
    let Some(reference) = Reference::parse(reference) else {
        draft.lost(
            at,
            format!("`{}` of `{name}` is no address of Modbus", address.text),
            "only lists of Modbus devices can be read; addresses look like 400021",
        );
        return None;
    };
    let kind = sheet.text(row, "Data Type");
    let Some(data_type) = data_type(
        kind,
        reference.table.is_bit() || reference.bit.is_some(),
        text_length,
    ) else {
        let cell = sheet
            .cell(row, "Data Type")
            .map_or(place, |cell| (cell.line, cell.column));
        draft.lost(
            cell,
            format!("`{name}` has the type `{kind}`"),
            "no type of a site is like it; set the type in the list, or add the tag to tags.csv by hand",
        );
        return None;
    };
    let mut point = Point {
        name,
        device: device.to_owned(),
        unit: sheet.text(row, "Eng Units").to_owned(),
        description: sheet.text(row, "Description").to_owned(),
        place,
        ..Point::default()
    };
    modbus::place(&mut point, &reference, data_type);
    if matches!(kind.to_lowercase().as_str(), "byte") {
        point.bits = "0..7".to_owned();
    }
    if is_read_only(sheet.text(row, "Client Access")) {
        point.role = "pv";
        point.candidate = "";
    }
    scaling(sheet, row, &mut point, draft);
    Some(point)
}

fn is_read_only(access: &str) -> bool {
    matches!(access.to_uppercase().as_str(), "RO" | "R" | "READ ONLY")
}

/// The type of a site; `None` where there is none.
fn data_type(kind: &str, bit: bool, text: bool) -> Option<&'static str> {
    let known = match kind.to_lowercase().as_str() {
        "boolean" => "bool",
        "word" | "byte" => "u16",
        "short" => "i16",
        "bcd" => "bcd16",
        "dword" => "u32",
        "long" => "i32",
        "lbcd" => "bcd32",
        "float" => "f32",
        "double" => "f64",
        "qword" => "u64",
        "llong" => "i64",
        "string" => "str",
        _ => return None,
    };
    // A whole register cannot be a truth, and a text has a length.
    let fits = (known == "bool") == bit && (known == "str" || !text);
    fits.then_some(known)
}

fn is_set(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "1" | "yes" | "true")
}

/// Scaling, clamps, and a sign that is turned round.
fn scaling(sheet: &Sheet, row: &[Cell], point: &mut Point, draft: &mut Draft) {
    let negated = is_set(sheet.text(row, "Negate Value"));
    let kind = sheet.text(row, "Scaling").to_lowercase();
    let cell = |column: &str| {
        sheet
            .cell(row, column)
            .map_or_else(|| Sheet::place(row), |cell| (cell.line, cell.column))
    };
    match kind.as_str() {
        "" | "none" => {
            if negated {
                point.scale = "{ gain = -1, offset = 0 }".to_owned();
            }
            return;
        }
        "linear" => {}
        other => {
            draft.lost(
                cell("Scaling"),
                format!("`{}` is scaled by `{other}`", point.name),
                "a site scales in a straight line; its limits are not carried over, raw values are shown",
            );
            return;
        }
    }
    let value = |column| number(sheet.text(row, column));
    let (Some(raw_low), Some(raw_high), Some(low), Some(high)) = (
        value("Raw Low"),
        value("Raw High"),
        value("Scaled Low"),
        value("Scaled High"),
    ) else {
        draft.lost(
            cell("Scaling"),
            format!("the scaling of `{}` lacks a number", point.name),
            "give raw and scaled limits in the list",
        );
        return;
    };
    let (low, high) = if negated {
        (0.0 - low, 0.0 - high)
    } else {
        (low, high)
    };
    point.scale = linear((raw_low, raw_high), (low, high));
    let (clamp_low, clamp_high) = (
        is_set(sheet.text(row, "Clamp Low")),
        is_set(sheet.text(row, "Clamp High")),
    );
    // A clamp of the end that is low in raw values is the upper one when the sign is turned round.
    let (lower, upper, has_lower, has_upper) = if low <= high {
        (low, high, clamp_low, clamp_high)
    } else {
        (high, low, clamp_high, clamp_low)
    };
    match (has_lower, has_upper) {
        (true, true) => {
            point.safe = Some((lower, upper));
            point.safe_is = Some((On::Write, "The OPC server clamps the value to this band."));
        }
        (false, false) => {}
        (one, other) => point.limits.push(Limit {
            name: "clamp",
            on: if point.role == "pv" {
                On::Observation
            } else {
                On::Write
            },
            low: one.then_some(lower),
            high: other.then_some(upper),
            severity: "medium",
            why: "The OPC server clamps the value at this end.".to_owned(),
        }),
    }
}
