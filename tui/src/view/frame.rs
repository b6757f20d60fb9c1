//! Screen 5: one frame, decoded to the last byte. Tree and bytes are two views of the same list.

use ratatui::layout::Rect;
use tapglass_model::snapshot::{DecodedFrame, FieldLine, Snapshot};

use crate::keys;
use crate::lists::first_row;
use crate::model::{Model, Pane};
use crate::paint::{Canvas, cols, rows};
use crate::text::clock_us;
use crate::theme::Role;
use crate::tree::{self, Branch};
use crate::update::decoded;
use crate::view::{TALL, WIDE};

/// Bytes in a row.
const ROW: usize = 16;
/// Columns of the bytes pane: offset, sixteen bytes in brackets, and beside them their text where there is room.
const BYTES_WIDTH: u16 = 57;
const BYTES_AND_TEXT_WIDTH: u16 = 75;

/// Paints the body.
pub(crate) fn frame(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model) {
    let mut area = body;
    if body.height >= TALL {
        let height = (body.height / 4).max(6);
        list(canvas, rows(body, 0, height), snapshot, model);
        area = rows(body, height, body.height - height);
    }
    let Some(frame) = decoded(model, snapshot) else {
        nothing(canvas, area, snapshot, model);
        return;
    };
    if body.width >= WIDE {
        let bytes_width = if area.width >= 135 {
            BYTES_AND_TEXT_WIDTH
        } else {
            BYTES_WIDTH
        };
        let left = cols(area, 0, area.width - bytes_width);
        let title = format!(
            "Frame {} {}Z, {} bytes, {}",
            frame.number,
            clock_us(frame.at),
            frame.length,
            follows(snapshot, model)
        );
        let inner = canvas.pane(left, &title, model.pane == Pane::Tree);
        tree_rows(canvas, inner, frame, model);
        let right = cols(area, area.width - bytes_width, bytes_width);
        let inner = canvas.pane(
            right,
            "Bytes: the selected field in [ ]",
            model.pane == Pane::Bytes,
        );
        let byte_rows = rows_of_bytes(frame).min(inner.height.saturating_sub(8)).max(1);
        bytes(canvas, rows(inner, 0, byte_rows), frame, model);
        let notes = rows(inner, byte_rows + 1, inner.height.saturating_sub(byte_rows + 1));
        field_notes(canvas, notes, frame, model);
        return;
    }
    canvas.put_cut(
        area,
        1,
        0,
        area.width.saturating_sub(1),
        &title(frame, snapshot, model),
        Role::Strong,
    );
    canvas.rule(area, 1);
    let bytes_height = rows_of_bytes(frame).clamp(1, (area.height / 3).max(1));
    let tree_height = area.height.saturating_sub(bytes_height + 4);
    tree_rows(canvas, rows(area, 2, tree_height), frame, model);
    canvas.rule(area, 2 + tree_height);
    bytes(canvas, rows(area, 3 + tree_height, bytes_height), frame, model);
    let last = rows(area, 3 + tree_height + bytes_height, 1);
    let text = if frame.problem.is_empty() {
        &frame.note
    } else {
        &frame.problem
    };
    canvas.put_cut(last, 1, 0, last.width.saturating_sub(1), text, Role::Plain);
}

fn title(frame: &DecodedFrame, snapshot: &Snapshot, model: &Model) -> String {
    format!(
        "Frame {} {}Z {} bytes {} > {}  {}",
        frame.number,
        clock_us(frame.at),
        frame.length,
        frame.from,
        frame.to,
        follows(snapshot, model)
    )
}

/// Which frame it is that is shown.
fn follows(snapshot: &Snapshot, model: &Model) -> &'static str {
    if model.frame.is_some() {
        "pinned"
    } else if keys::is_replay(snapshot) {
        "at the cursor"
    } else {
        "newest"
    }
}

fn nothing(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) {
    let lines = match (model.frame, snapshot.frame.as_ref()) {
        (Some(number), _) => [
            format!("Frame {number} was asked for and is not decoded yet."),
            String::from("If it stays so, it is no longer kept, or nothing in it is decoded."),
            String::from("Esc follows the newest frame again."),
        ],
        (None, _) => [
            String::from("No frame is decoded."),
            String::from("d on an alarm (2) or a write (3) decodes the frame that carried it."),
            String::from(". and , go from frame to frame, :f18402 goes to one by number."),
        ],
    };
    for (row, text) in lines.iter().enumerate() {
        let row = u16::try_from(row).unwrap_or(0).saturating_add(1);
        canvas.put_cut(area, 2, row, area.width.saturating_sub(2), text, Role::Plain);
    }
}

/// The frames around the cursor, with the alarms they raised.
fn list(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) {
    let inner = canvas.pane(area, &format!("Frames: {} listed", snapshot.frames.len()), false);
    let here = model
        .frame
        .or_else(|| snapshot.frame.as_ref().map(|frame| frame.number));
    let height = usize::from(inner.height);
    let at = here
        .and_then(|number| snapshot.frames.iter().position(|line| line.number == number))
        .unwrap_or_else(|| snapshot.frames.len().saturating_sub(1));
    let first = first_row(at, snapshot.frames.len(), height);
    for (offset, line) in snapshot.frames.iter().skip(first).take(height).enumerate() {
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        let selected = here == Some(line.number);
        let pointer = if selected { canvas.caps.pointer() } else { " " };
        canvas.put(
            inner,
            0,
            row,
            &format!("{pointer} {:>8}  {}", line.number, clock_us(line.at)),
            Role::Plain,
        );
        let between = format!("{} > {}", line.from, line.to);
        canvas.put_cut(inner, 28, row, 28, &between, Role::Plain);
        canvas.put_right(inner, 57, row, 5, &line.length.to_string(), Role::Plain);
        let mut column = canvas.put_cut(
            inner,
            64,
            row,
            inner.width.saturating_sub(72),
            &line.summary,
            Role::Plain,
        );
        column = column.saturating_add(2);
        for severity in &line.marks {
            let sign = canvas.caps.severity(*severity);
            column = canvas
                .put(inner, column, row, sign, Role::Alarm(*severity))
                .saturating_add(1);
        }
        if selected {
            canvas.style_row(inner, row, Role::Selected);
        }
    }
}

fn tree_rows(canvas: &mut Canvas<'_>, area: Rect, frame: &DecodedFrame, model: &Model) {
    let lines = tree::tree(frame, model);
    if lines.is_empty() {
        let text = if frame.problem.is_empty() {
            "Nothing in this frame is decoded."
        } else {
            &frame.problem
        };
        canvas.put_cut(area, 1, 0, area.width.saturating_sub(1), text, Role::Plain);
        return;
    }
    let visible: Vec<(usize, &Branch<'_>)> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.hidden)
        .collect();
    let selected = tree::selected(frame, model);
    let at = visible
        .iter()
        .position(|(position, _)| Some(*position) == selected)
        .unwrap_or(0);
    let first = first_row(at, visible.len(), usize::from(area.height));
    for (offset, (position, line)) in visible
        .iter()
        .skip(first)
        .take(usize::from(area.height))
        .enumerate()
    {
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        branch(canvas, area, row, line);
        if Some(*position) == selected {
            canvas.put(area, 0, row, canvas.caps.pointer(), Role::Plain);
            if model.pane == Pane::Tree {
                canvas.style_row(area, row, Role::Selected);
            }
        }
    }
}

fn branch(canvas: &mut Canvas<'_>, area: Rect, row: u16, line: &Branch<'_>) {
    let indent = u16::from(line.depth).saturating_mul(2).min(20);
    let sign = match (line.folds, line.folded) {
        (true, true) => "+",
        (true, false) => "-",
        (false, _) => " ",
    };
    let column = canvas
        .put(area, 1 + indent, row, sign, Role::Plain)
        .saturating_add(1);
    let name_role = if line.depth == 0 {
        Role::Strong
    } else {
        Role::Plain
    };
    let room = area.width.saturating_sub(column);
    let name_end = canvas.put_cut(area, column, row, room, line.name, name_role);
    let Some(field) = line.field else {
        canvas.put_cut(
            area,
            name_end.saturating_add(2),
            row,
            room,
            "what the message does, and what the rules say",
            Role::Plain,
        );
        return;
    };
    let place = if line.meaning || area.width < 60 {
        String::new()
    } else {
        byte_range(field)
    };
    let place_width = u16::try_from(place.len()).unwrap_or(0);
    // Values stand below each other, ranges at the right edge, marks in front of them.
    let value_at = name_end
        .saturating_add(1)
        .max(if line.depth == 0 { 14 } else { 22 });
    let text_room = area
        .width
        .saturating_sub(value_at)
        .saturating_sub(place_width + 2);
    let mark = field.mark.map(|severity| {
        let text = format!("{} {}", canvas.caps.severity(severity), field.mark_text);
        (severity, text)
    });
    let mark_width = mark.as_ref().map_or(0, |(_, text)| {
        u16::try_from(crate::text::columns(text)).unwrap_or(0) + 1
    });
    let end = canvas.put_cut(
        area,
        value_at,
        row,
        text_room.saturating_sub(mark_width),
        &field.text,
        Role::Plain,
    );
    if let Some((severity, text)) = mark {
        let start = end.saturating_add(1);
        let room = area.width.saturating_sub(start).saturating_sub(place_width + 1);
        canvas.put_cut(area, start, row, room, &text, Role::Alarm(severity));
    }
    canvas.put_right(
        area,
        area.width.saturating_sub(place_width + 1),
        row,
        place_width,
        &place,
        Role::Ink,
    );
}

fn byte_range(field: &FieldLine) -> String {
    match field.length {
        0 => String::new(),
        1 => field.start.to_string(),
        length => format!("{}..{}", field.start, field.start.saturating_add(length - 1)),
    }
}

fn rows_of_bytes(frame: &DecodedFrame) -> u16 {
    u16::try_from(frame.bytes.len().div_ceil(ROW))
        .unwrap_or(u16::MAX)
        .max(1)
}

/// The bytes, those of the selected field in brackets: reverse alone is not enough in monochrome.
fn bytes(canvas: &mut Canvas<'_>, area: Rect, frame: &DecodedFrame, model: &Model) {
    let selected = tree::selected(frame, model)
        .and_then(|position| frame.fields.get(position))
        .map(tree::range)
        .filter(|range| !range.is_empty());
    let cursor = (model.pane == Pane::Bytes).then_some(model.selection.byte);
    let marked = selected.clone().or_else(|| cursor.map(|byte| byte..byte + 1));
    let focus = cursor
        .or_else(|| marked.as_ref().map(|range| range.start))
        .unwrap_or(0);
    let total = usize::from(rows_of_bytes(frame));
    let first = first_row(focus / ROW, total, usize::from(area.height));
    for offset in 0..usize::from(area.height) {
        let start = (first + offset) * ROW;
        let Some(chunk) = frame
            .bytes
            .get(start..frame.bytes.len().min(start + ROW))
            .filter(|chunk| !chunk.is_empty())
        else {
            break;
        };
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        canvas.put(area, 0, row, &format!("{start:04x} "), Role::Ink);
        for (position, byte) in chunk.iter().enumerate() {
            let at = start + position;
            let x = 5 + 3 * u16::try_from(position).unwrap_or(0);
            let inside = marked.as_ref().is_some_and(|range| range.contains(&at));
            let opens = inside && (position == 0 || marked.as_ref().is_some_and(|range| range.start == at));
            let closes = inside
                && (position == ROW - 1
                    || marked.as_ref().is_some_and(|range| range.end == at + 1)
                    || at + 1 == frame.bytes.len());
            if opens {
                canvas.put(area, x, row, "[", Role::Strong);
            }
            let role = if inside || cursor == Some(at) {
                Role::Selected
            } else {
                Role::Plain
            };
            canvas.put(area, x + 1, row, &format!("{byte:02x}"), role);
            if closes {
                canvas.put(area, x + 3, row, "]", Role::Strong);
            }
        }
        let text: String = chunk
            .iter()
            .map(|byte| {
                if (0x20..0x7f).contains(byte) {
                    char::from(*byte)
                } else {
                    '.'
                }
            })
            .collect();
        if area.width >= 72 {
            canvas.put(area, 56, row, &text, Role::Plain);
        }
    }
}

/// What is worth knowing about the selected field, and where the bytes came from.
fn field_notes(canvas: &mut Canvas<'_>, area: Rect, frame: &DecodedFrame, model: &Model) {
    let mut lines = crate::view::lines::Lines::new(area.width.saturating_sub(2));
    let position = tree::selected(frame, model);
    if let Some(field) = position.and_then(|position| frame.fields.get(position)) {
        lines.field("FIELD", &format!("{}: {}", field.name, field.text));
        lines.field("SPEC", &clause(frame, position.unwrap_or(0)));
        let value = frame.bytes.get(tree::range(field)).unwrap_or_default();
        if let Ok(pair) = <[u8; 2]>::try_from(value) {
            let (unsigned, signed) = (u16::from_be_bytes(pair), i16::from_be_bytes(pair));
            lines.field("AS", &format!("u16 {unsigned}   i16 {signed}   {unsigned:016b}"));
        } else if let Ok(four) = <[u8; 4]>::try_from(value) {
            let (number, float) = (u32::from_be_bytes(four), f32::from_be_bytes(four));
            lines.field("AS", &format!("u32 {number}   f32 {float}"));
        }
    }
    for (position, piece) in frame.pieces.iter().enumerate() {
        let last = piece.start.saturating_add(piece.length.saturating_sub(1));
        let text = format!("bytes {}..{last} from frame {}", piece.start, piece.frame);
        lines.field(if position == 0 { "PIECES" } else { "" }, &text);
    }
    lines.field("NOTE", &frame.note);
    lines.field_as("PROBLEM", &frame.problem, Role::Strong);
    lines.paint_with(canvas, area, 0, "below");
}

/// The clause of a field, or of the nearest parent that has one.
fn clause(frame: &DecodedFrame, position: usize) -> String {
    let mut depth = u8::MAX;
    for field in frame.fields.get(..=position).unwrap_or_default().iter().rev() {
        if field.depth < depth {
            if !field.clause.is_empty() {
                return field.clause.clone();
            }
            depth = field.depth;
        }
    }
    String::new()
}
