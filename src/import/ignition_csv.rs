//! Tag export of Ignition before version 8, as CSV.

use super::ImportError;
use super::draft::{Draft, number};
use super::ignition_tag::{self, Tag};
use super::table::Sheet;

/// Reads an export.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), ImportError> {
    let sheet = Sheet::read(text, &["Name", "TagType", "OPCItemPath"], &['#'])?;
    for row in &sheet.rows {
        let place = Sheet::place(row);
        let kind = sheet.text(row, "TagType").to_lowercase();
        if kind.contains("folder") {
            continue;
        }
        draft.read += 1;
        let name = match (sheet.text(row, "Path").trim_matches('/'), sheet.text(row, "Name")) {
            ("", name) => name.to_owned(),
            (path, name) => format!("{path}/{name}"),
        };
        let Some(item) = sheet.cell(row, "OPCItemPath") else {
            draft.lost(
                place,
                format!("`{name}` has no OPC item path ({kind})"),
                "it is not on the wire, or its address is made elsewhere; add it to tags.csv by hand where it matters",
            );
            continue;
        };
        if sheet.text(row, "Enabled").eq_ignore_ascii_case("false") {
            draft.lost(
                place,
                format!("`{name}` is disabled"),
                "enable it in Ignition, or add it to tags.csv by hand",
            );
            continue;
        }
        if let Some(alarm) = ["AlertMode", "Alarms", "AlarmStates"]
            .into_iter()
            .find_map(|column| sheet.cell(row, column))
            .filter(|cell| !matches!(cell.text.to_lowercase().as_str(), "none" | "0" | "disabled"))
        {
            draft.lost(
                (alarm.line, alarm.column),
                format!("alarms of `{name}` are not carried over from this form"),
                "export as JSON from version 8, or set `safe` in tags.csv",
            );
        }
        let value = |column| number(sheet.text(row, column));
        let description = match sheet.text(row, "Documentation") {
            "" => sheet.text(row, "Tooltip"),
            text => text,
        };
        let tag = Tag {
            name,
            item: item.text.clone(),
            server: sheet.text(row, "OPCServer").to_owned(),
            data_type: sheet.text(row, "DataType").to_owned(),
            read_only: sheet
                .text(row, "AccessRights")
                .to_lowercase()
                .replace(['_', ' '], "")
                .starts_with("readonly"),
            scale_mode: sheet.text(row, "ScaleMode").to_owned(),
            raw: (value("RawLow"), value("RawHigh")),
            scaled: (value("ScaledLow"), value("ScaledHigh")),
            clamp: sheet.text(row, "ClampMode").to_owned(),
            unit: sheet.text(row, "EngUnit").to_owned(),
            engineering: (value("EngLow"), value("EngHigh")),
            description: description.to_owned(),
            alarms: Vec::new(),
            place,
            item_place: (item.line, item.column),
        };
        if let Some(point) = ignition_tag::point(&tag, draft) {
            draft.points.push(point);
        }
    }
    ignition_tag::devices(draft);
    Ok(())
}
