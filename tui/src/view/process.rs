//! Screen 1: is the plant where it should be, and who touched it last?

use ratatui::layout::Rect;
use tapglass_model::Quality;
use tapglass_model::snapshot::{Group, LastWrite, Point, Reading, Snapshot};

use crate::lists::{self, ProcessRow, first_row};
use crate::model::{Model, TimeFormat};
use crate::paint::{Canvas, cols, rows};
use crate::text::{age, clock, count, day, number, same_day};
use crate::theme::Role;
use crate::view::gauge;
use crate::view::table::{Column, Table, left, right, wide};
use crate::view::{TALL, WIDE, point};

const TAG: usize = 0;
const VALUE: usize = 1;
const UNIT: usize = 2;
const GAUGE: usize = 3;
const TREND: usize = 4;
const AGE: usize = 5;
const QUALITY: usize = 6;
const WRITE: usize = 7;

const NARROW: &[Column] = &[
    wide("TAG", 11),
    right("VALUE ", 8, 0),
    left("UNIT", 5, 1),
    left("SAFE BAND", 16, 2),
    left("TREND 10 min", 12, 5),
    right("AGE", 4, 0),
    // At this width the letter stands in the last column of the value.
    left("", 0, 3),
    left("LAST WRITE", 15, 4),
];

const BROAD: &[Column] = &[
    wide("TAG", 14),
    right("VALUE", 9, 0),
    left("UNIT", 6, 1),
    left("SAFE BAND", 16, 2),
    left("TREND 10 min", 18, 5),
    right("AGE", 4, 0),
    left("Q", 1, 3),
    left("LAST WRITE", 18, 4),
];

/// Without a site there are no bands, and the tags are addresses, which are long.
const RAW: &[Column] = &[
    wide("ADDRESS", 23),
    right("VALUE ", 12, 0),
    left("", 0, 1),
    left("", 0, 2),
    left("TREND 10 min", 12, 5),
    right("AGE", 4, 0),
    left("", 0, 3),
    left("LAST WRITE", 15, 4),
];

/// Columns before the table: the flag and the mark of the selected row.
const START: u16 = 3;

/// Paints the body.
pub(crate) fn process(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model) {
    let lines = lists::process(snapshot, model);
    if body.width >= WIDE {
        let detail_width = (body.width * 2 / 7).clamp(34, 60);
        let list = cols(body, 0, body.width - detail_width);
        let inner = canvas.pane(list, &title(snapshot), false);
        table(canvas, inner, snapshot, model, &lines);
        let side = cols(body, body.width - detail_width, detail_width);
        point::side(canvas, side, snapshot, model);
    } else if body.height >= TALL {
        let detail_height = (body.height / 3).max(9);
        table(
            canvas,
            rows(body, 0, body.height - detail_height),
            snapshot,
            model,
            &lines,
        );
        let below = rows(body, body.height - detail_height, detail_height);
        point::below(canvas, below, snapshot, model);
    } else {
        table(canvas, body, snapshot, model, &lines);
    }
}

fn title(snapshot: &Snapshot) -> String {
    let points = || snapshot.groups.iter().flat_map(|group| &group.points);
    let total = points().count();
    let abnormal = points().filter(|point| point.alarm.is_some()).count();
    let stale = points().filter(|point| point.stale).count();
    let mut title = format!("Process: {}", count(total as u64, "point"));
    for (number, word) in [
        (abnormal, "abnormal"),
        (stale, "stale"),
        (snapshot.points_never_received as usize, "never received"),
    ] {
        if number > 0 {
            title.push_str(&format!(", {number} {word}"));
        }
    }
    title
}

fn table(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model, lines: &[ProcessRow<'_>]) {
    let columns = match area.width {
        _ if snapshot.site.is_empty() => RAW,
        96.. => BROAD,
        _ => NARROW,
    };
    let table = Table::new(columns, START, area.width);
    table.titles(canvas, area, 0);
    let list = rows(area, 1, area.height.saturating_sub(1));
    if lines.is_empty() {
        empty(canvas, list, snapshot, model);
        return;
    }
    // The legend shows itself only where it takes no point's place.
    let spare = usize::from(list.height).saturating_sub(lines.len());
    let legend_rows: u16 = if spare >= 3 && !snapshot.site.is_empty() {
        2
    } else {
        0
    };
    let list = rows(list, 0, list.height - legend_rows);
    let selected = crate::update::selected_point(model, snapshot);
    let at = lines
        .iter()
        .position(|row| matches!(row, ProcessRow::Point(point) if Some(point.id) == selected))
        .unwrap_or(0);
    let first = first_row(at, lines.len(), usize::from(list.height));
    for (offset, line) in lines
        .iter()
        .skip(first)
        .take(usize::from(list.height))
        .enumerate()
    {
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        match line {
            ProcessRow::Heading(group) => heading(canvas, list, row, group),
            ProcessRow::Point(point) => {
                point_row(canvas, list, row, &table, point, snapshot, model);
                if Some(point.id) == selected {
                    canvas.put(list, 2, row, canvas.caps.pointer(), Role::Plain);
                    canvas.style_cells(list, 2, row, list.width, Role::Selected);
                }
            }
        }
    }
    if legend_rows > 0 {
        legend(
            canvas,
            rows(area, area.height - legend_rows, legend_rows),
            snapshot,
        );
    }
}

fn heading(canvas: &mut Canvas<'_>, area: Rect, row: u16, group: &Group) {
    let mut title = String::new();
    for part in [&group.area, &group.device, &group.address, &group.protocol] {
        if !part.is_empty() {
            if !title.is_empty() {
                title.push_str(if part == &group.device { "   " } else { " " });
            }
            title.push_str(part);
        }
    }
    let arrives = if group.arrives.is_empty() {
        "heard"
    } else {
        &group.arrives
    };
    let fresh = match group.age {
        Some(nanoseconds) => format!("{arrives} {} ago", age(nanoseconds)),
        None => String::from("nothing received"),
    };
    canvas.heading(area, row, &title, &fresh);
}

fn point_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    row: u16,
    table: &Table,
    point: &Point,
    snapshot: &Snapshot,
    model: &Model,
) {
    let doubtful = point.stale || point.quality != Quality::Good;
    match point.alarm {
        Some(severity) => {
            canvas.put(
                area,
                0,
                row,
                canvas.caps.severity(severity),
                Role::Alarm(severity),
            );
        }
        None if point.forced && !point.stale => {
            canvas.put(area, 0, row, "F", Role::Stale);
        }
        None if doubtful => {
            canvas.put(area, 0, row, "?", Role::Stale);
        }
        None => {}
    }
    let value_role = match point.alarm {
        Some(_) => Role::Strong,
        None if doubtful => Role::Stale,
        None => Role::Plain,
    };
    table.cell(canvas, area, row, TAG, &point.tag, Role::Plain);
    let value_width = table.place(VALUE).map_or(0, |(_, width)| usize::from(width));
    let letter = quality_letter(point);
    let own_column = table.place(QUALITY).is_some_and(|(_, width)| width > 0);
    let value = if own_column {
        value(point, value_width)
    } else {
        let mark = if letter == "G" { " " } else { letter };
        format!("{}{mark}", value(point, value_width.saturating_sub(1)))
    };
    table.cell(canvas, area, row, VALUE, &value, value_role);
    table.cell(canvas, area, row, UNIT, &point.unit, Role::Plain);
    table.cell(
        canvas,
        area,
        row,
        GAUGE,
        &gauge::gauge(point, canvas.caps),
        Role::Plain,
    );
    let trend_width = table.place(TREND).map_or(0, |(_, width)| usize::from(width));
    table.cell(
        canvas,
        area,
        row,
        TREND,
        &gauge::trend(point, trend_width, canvas.caps),
        Role::Plain,
    );
    let age_role = if point.stale { Role::Stale } else { Role::Plain };
    table.cell(canvas, area, row, AGE, &age_text(point), age_role);
    table.cell(canvas, area, row, QUALITY, letter, age_role);
    if let Some(write) = &point.last_write {
        let width = table.place(WRITE).map_or(0, |(_, width)| usize::from(width));
        table.cell(
            canvas,
            area,
            row,
            WRITE,
            &last_write(write, snapshot, model, width),
            Role::Plain,
        );
    } else {
        table.cell(canvas, area, row, WRITE, "-", Role::Plain);
    }
}

/// The value in a column.
pub(crate) fn value(point: &Point, width: usize) -> String {
    match &point.reading {
        Reading::Never => String::from("-"),
        Reading::Number(value) => number(*value, point.decimals, width),
        Reading::State(state) => point
            .states
            .get(*state as usize)
            .cloned()
            .unwrap_or_else(|| format!("={state}")),
        Reading::Text(text) => text.clone(),
    }
}

/// `1s`, and with an exclamation mark when it is too old.
pub(crate) fn age_text(point: &Point) -> String {
    match point.age {
        Some(nanoseconds) if point.stale => format!("{}!", age(nanoseconds)),
        Some(nanoseconds) => age(nanoseconds),
        None if point.stale => String::from("!"),
        None => String::from("-"),
    }
}

/// G good, U uncertain, B bad, F forced, ? stale or never received.
pub(crate) fn quality_letter(point: &Point) -> &'static str {
    match point.quality {
        _ if point.reading == Reading::Never || point.quality == Quality::Unknown => "?",
        _ if point.forced => "F",
        Quality::Bad => "B",
        Quality::Uncertain => "U",
        _ if point.stale => "?",
        _ => "G",
    }
}

fn last_write(write: &LastWrite, snapshot: &Snapshot, model: &Model, width: usize) -> String {
    let when = match model.time {
        TimeFormat::Relative => age(snapshot.as_of.since(write.at)),
        TimeFormat::Utc if same_day(write.at, snapshot.as_of) => clock(write.at),
        TimeFormat::Utc => day(write.at),
    };
    let new = if !write.by_new {
        ""
    } else if when.len() + write.by.len() + 5 <= width {
        " NEW"
    } else {
        "NEW"
    };
    format!("{when} {}{new}", write.by)
}

fn legend(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let total: usize = snapshot.groups.iter().map(|group| group.points.len()).sum();
    let never = snapshot.points_never_received;
    let caps = canvas.caps;
    let band = format!(
        "Band: {} trip  {} alarm  {} normal  {} value  {} {} off scale",
        caps.sign("x", "\u{2591}"),
        caps.sign("-", "\u{2592}"),
        caps.sign("=", "\u{2500}"),
        caps.value_mark(),
        caps.sign("<", "\u{25c4}"),
        caps.sign(">", "\u{25ba}"),
    );
    let trend = format!(
        "Trend: low {} high  W write   ? stale  F forced  B bad  U uncertain",
        caps.sign("_ . - ' \"", "\u{2584} \u{25a0} \u{2580}"),
    );
    let points = if never > 0 {
        format!("{total} points, {never} never received.")
    } else {
        format!("{total} points.")
    };
    canvas.put_cut(area, 1, 0, area.width, &format!("{points} {band}"), Role::Plain);
    canvas.put_cut(area, 1, 1, area.width, &trend, Role::Plain);
}

fn empty(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) {
    let any = snapshot.groups.iter().any(|group| !group.points.is_empty());
    let lines: &[&str] = if any && model.abnormal_only {
        &[
            "No point is abnormal.",
            "",
            "Stale, forced, bad and alarmed points would be listed. ! shows all points.",
        ]
    } else if any {
        &["No point matches the filter. Esc clears it."]
    } else if snapshot.health.frames == 0 {
        &[
            "Nothing was received yet, so there are no points to show.",
            "",
            "7 Health says what arrives at the tap.",
        ]
    } else {
        &[
            "No points yet: no message so far carried a value.",
            "",
            "Without a site every address that carries a value is listed here by itself.",
            "tapglass learn FILE --out DIR writes a first site: points, types, limits.",
        ]
    };
    for (row, line) in lines.iter().enumerate() {
        let row = u16::try_from(row).unwrap_or(u16::MAX).saturating_add(1);
        canvas.put_cut(area, 3, row, area.width.saturating_sub(3), line, Role::Plain);
    }
}
