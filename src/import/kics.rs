//! `variables.csv` of a universal project of KICS for Networks; addresses of Modbus.

use std::collections::BTreeSet;

use crate::site::cells::Cell;

use super::ImportError;
use super::draft::{Draft, Point, device_name, linear, number};
use super::modbus::{self, Reference};
use super::table::Sheet;

/// Types by their number in the file.
const TYPES: [(&str, Option<&str>); 15] = [
    ("BOOL", Some("bool")),
    ("INT8", None),
    ("UINT8", None),
    ("INT16", Some("i16")),
    ("UINT16", Some("u16")),
    ("INT32", Some("i32")),
    ("UINT32", Some("u32")),
    ("INT64", Some("i64")),
    ("UINT64", Some("u64")),
    ("FLOAT", Some("f32")),
    ("DOUBLE", Some("f64")),
    ("STRING", Some("str")),
    ("ENUM", Some("u16")),
    ("BOOL ARRAY", None),
    ("UNSPECIFIED", None),
];

/// Reads a list.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), ImportError> {
    let sheet = Sheet::read(text, &["Varname", "Connection", "Address", "Datatype"], &['\''])?;
    let mut devices: BTreeSet<String> = BTreeSet::new();
    for row in &sheet.rows {
        draft.read += 1;
        if let Some(point) = point(&sheet, row, draft) {
            devices.insert(point.device.clone());
            draft.points.push(point);
        }
    }
    for device in &devices {
        modbus::device(draft, device);
    }
    Ok(())
}

fn point(sheet: &Sheet, row: &[Cell], draft: &mut Draft) -> Option<Point> {
    let place = Sheet::place(row);
    let name = sheet.text(row, "Varname").to_owned();
    if name.is_empty() {
        draft.lost(place, "this row has no Varname", "give it a name in the list");
        return None;
    }
    let cell = |column: &str| {
        sheet
            .cell(row, column)
            .map_or(place, |cell| (cell.line, cell.column))
    };
    let address = sheet.text(row, "Address");
    let Some(reference) = reference(address) else {
        draft.lost(
            cell("Address"),
            format!("`{address}` of `{name}` is no address of Modbus"),
            "the protocol of a connection stands in connections.csv; only those of Modbus can be carried over",
        );
        return None;
    };
    let written = sheet.text(row, "Datatype");
    let kind = match written.parse::<usize>() {
        Ok(code) => TYPES.get(code),
        Err(_) => TYPES.iter().find(|(word, _)| word.eq_ignore_ascii_case(written)),
    };
    let bit = reference.table.is_bit() || reference.bit.is_some();
    let data_type = match kind {
        // An unspecified bit can only be one.
        Some(("UNSPECIFIED", _)) if bit => "bool",
        Some((_, Some(kind))) if (*kind == "bool") == bit => kind,
        _ => {
            let word = kind.map_or(written, |(word, _)| *word);
            draft.lost(
                cell("Datatype"),
                format!("`{name}` at {address} has the type `{word}`"),
                "no type of a site is like it there; add the tag to tags.csv by hand",
            );
            return None;
        }
    };
    let connection = sheet.text(row, "Connection");
    let mut point = Point {
        name,
        device: match &draft.options.device {
            Some(device) => device_name(device),
            None if connection.is_empty() => draft.usual_device.clone(),
            None => device_name(connection),
        },
        unit: sheet.text(row, "EngUnits").to_owned(),
        description: sheet.text(row, "Description").to_owned(),
        place,
        ..Point::default()
    };
    modbus::place(&mut point, &reference, data_type);
    let states = sheet.text(row, "EnumName");
    if !states.is_empty() {
        draft.lost(
            cell("EnumName"),
            format!("the states `{states}` of `{}` stand in another file", point.name),
            "set `states` in tags.csv",
        );
    }
    let value = |column| number(sheet.text(row, column));
    match (value("InLo"), value("InHi"), value("OutLo"), value("OutHi")) {
        (Some(raw_low), Some(raw_high), Some(low), Some(high)) if raw_low != raw_high && low != high => {
            if (raw_low, raw_high) != (low, high) {
                point.scale = linear((raw_low, raw_high), (low, high));
            }
            point.range = Some((low.min(high), low.max(high)));
        }
        // Four zeros, or nothing: no scaling.
        (low @ (None | Some(0.0)), high @ (None | Some(0.0)), out_low, out_high)
            if low == high && out_low == out_high => {}
        _ => draft.lost(
            cell("InLo"),
            format!("the scaling of `{}` is not a line between two points", point.name),
            "set `scale` in tags.csv; raw values are shown",
        ),
    }
    Some(point)
}

/// `400537`, `300001`, and `123` for the coil or, as references do it, `00123`.
fn reference(address: &str) -> Option<Reference> {
    let short = !address.is_empty() && address.len() < 5 && address.bytes().all(|byte| byte.is_ascii_digit());
    if short {
        return Reference::parse(&format!("{address:0>5}"));
    }
    Reference::parse(address)
}
