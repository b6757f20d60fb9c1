//! Row 1: what is shown, from when, whether it is complete, what waits. Row 2: the screens.

use ratatui::layout::Rect;
use tapglass_model::Severity;
use tapglass_model::snapshot::{Mode, Playback, Snapshot};

use crate::keys;
use crate::model::{Model, Screen};
use crate::paint::Canvas;
use crate::text::{clean, clock, clock_ms, columns, cut, date, span};
use crate::theme::Role;

/// Seconds without a picture after which a live screen is no longer live.
pub(crate) const SILENT: u64 = 3;

/// One field of the header, in forms of falling length; the last may be empty.
struct Field {
    forms: Vec<String>,
    role: Role,
}

impl Field {
    fn new(role: Role, forms: impl Into<Vec<String>>) -> Self {
        Self {
            forms: forms.into(),
            role,
        }
    }
}

/// Site, mode, clock, capture and the counts of unacknowledged alarms.
pub(crate) fn header(canvas: &mut Canvas<'_>, area: Rect, newest: &Snapshot, model: &Model) {
    let counts_width = counts(canvas, area, newest);
    let room = usize::from(area.width.saturating_sub(counts_width)).saturating_sub(1);
    let shown = model.shown(newest);
    let fields = [
        site(newest, area.width),
        mode(newest, model),
        clock_field(shown),
        capture(newest),
        source(newest),
    ];
    // Shorten the least important fields first until everything fits: source, site, capture, mode, clock.
    let mut chosen = [0_usize; 5];
    let separator = if area.width < 60 { 1 } else { 3 };
    let total = |chosen: &[usize; 5]| {
        let widths: Vec<usize> = fields
            .iter()
            .zip(chosen)
            .map(|(field, form)| field.forms.get(*form).map_or(0, |text| columns(text)))
            .filter(|width| *width > 0)
            .collect();
        widths.iter().sum::<usize>() + widths.len().saturating_sub(1) * separator + 1
    };
    for position in [4, 0, 2, 4, 4, 0, 1, 3, 2, 0, 1] {
        if total(&chosen) <= room {
            break;
        }
        let more = fields
            .get(position)
            .map_or(0, |field| field.forms.len().saturating_sub(1));
        if let Some(form) = chosen.get_mut(position) {
            *form = (*form + 1).min(more);
        }
    }
    let bar = if separator == 1 {
        " "
    } else {
        canvas.caps.sign(" | ", " \u{2502} ")
    };
    let mut column = 1;
    let limit = u16::try_from(room).unwrap_or(area.width);
    for (field, form) in fields.iter().zip(chosen) {
        let Some(text) = field.forms.get(form).filter(|text| !text.is_empty()) else {
            continue;
        };
        if column > 1 {
            column = canvas.put_cut(area, column, 0, limit.saturating_sub(column), bar, Role::Ink);
        }
        column = canvas.put_cut(area, column, 0, limit.saturating_sub(column), text, field.role);
    }
}

/// The counts at the right edge; returns their width.
fn counts(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) -> u16 {
    let counts = snapshot.unacknowledged;
    let parts: Vec<(String, Role)> = [Severity::Critical, Severity::High, Severity::Medium]
        .into_iter()
        .map(|severity| {
            let number = counts.of(severity);
            // Beyond 999 the exact number helps nobody and would push the clock out.
            let number = if number > 999 {
                String::from("999+")
            } else {
                number.to_string()
            };
            let role = if counts.of(severity) > 0 {
                Role::Alarm(severity)
            } else {
                Role::Plain
            };
            (format!("{}:{number}", canvas.caps.severity(severity)), role)
        })
        .collect();
    let word = if area.width >= 70 { "UNACK " } else { "" };
    let width: usize = word.len() + parts.iter().map(|(text, _)| columns(text) + 1).sum::<usize>();
    let width = u16::try_from(width).unwrap_or(area.width);
    let mut column = canvas.put(area, area.width.saturating_sub(width), 0, word, Role::Plain);
    for (text, role) in parts {
        column = canvas.put(area, column, 0, &text, role).saturating_add(1);
    }
    width
}

fn site(snapshot: &Snapshot, width: u16) -> Field {
    let name = if snapshot.site.is_empty() {
        "no site"
    } else {
        &snapshot.site
    };
    let name = clean(name, crate::theme::Glyphs::Utf8).into_owned();
    let mut forms = Vec::new();
    if width >= 110 && !snapshot.site_title.is_empty() {
        forms.push(cut(&format!("{name} {}", snapshot.site_title), 40).into_owned());
    }
    forms.extend([
        cut(&name, 20).into_owned(),
        cut(&name, 8).into_owned(),
        String::new(),
    ]);
    Field::new(Role::Strong, forms)
}

fn mode(snapshot: &Snapshot, model: &Model) -> Field {
    let silent = model.silent >= SILENT;
    let silence = || span(i64::try_from(model.silent).unwrap_or(i64::MAX));
    if model.held.is_some() {
        return Field::new(
            Role::Attention,
            [String::from("HOLD, not live"), String::from("HOLD")],
        );
    }
    match snapshot.mode {
        Mode::Live if silent => {
            let text = format!("NOT LIVE {}", silence());
            Field::new(Role::Attention, [text, String::from("NOT LIVE")])
        }
        Mode::Live => {
            let name = clean(&snapshot.source, crate::theme::Glyphs::Utf8);
            let text = format!("LIVE {}", cut(&name, 24));
            Field::new(
                Role::Strong,
                [text, format!("LIVE {}", cut(&name, 6)), String::from("LIVE")],
            )
        }
        Mode::Replay | Mode::Demo => {
            let word = if snapshot.mode == Mode::Demo {
                "DEMO"
            } else {
                "REPLAY"
            };
            let playback = snapshot
                .replay
                .as_ref()
                .map_or(Playback::Paused, |replay| replay.playback);
            let state = match playback {
                Playback::Paused => String::from("paused"),
                Playback::Playing if silent => format!("waiting {}", silence()),
                Playback::Playing => String::from("playing"),
                Playback::AtEnd => String::from("at end"),
            };
            Field::new(Role::Attention, [format!("{word} {state}"), word.to_owned()])
        }
    }
}

fn clock_field(snapshot: &Snapshot) -> Field {
    let at = snapshot.as_of;
    let time = if keys::is_replay(snapshot) {
        clock_ms(at)
    } else {
        clock(at)
    };
    let full = format!("{} {time}Z", date(at));
    // The date is the first thing to go: it is in the wide header and in every detail.
    Field::new(Role::Plain, [full, format!("{time}Z"), format!("{}Z", clock(at))])
}

fn capture(snapshot: &Snapshot) -> Field {
    let capture = &snapshot.capture;
    if capture.drops > 0 {
        let share = match capture.drop_percent {
            Some(percent) if percent >= 0.05 => format!("CAP DROP {percent:.1}%"),
            _ => format!("CAP DROP {}", capture.drops),
        };
        return Field::new(Role::Attention, [share, String::from("CAP DROP")]);
    }
    if capture.complete {
        return Field::new(Role::Plain, [String::from("CAP ok")]);
    }
    let word = if capture.gaps > 0 {
        format!("CAP GAPS {}", capture.gaps)
    } else {
        String::from("CAP INCOMPLETE")
    };
    Field::new(Role::Attention, [word, String::from("CAP !")])
}

fn source(snapshot: &Snapshot) -> Field {
    if snapshot.mode == Mode::Live {
        return Field::new(Role::Plain, []);
    }
    let name = clean(&snapshot.source, crate::theme::Glyphs::Utf8).into_owned();
    let digest = snapshot
        .replay
        .as_ref()
        .map_or("", |replay| replay.digest.as_str());
    let with_digest = if digest.is_empty() {
        name.clone()
    } else {
        format!("{name}  {digest}")
    };
    let forms = [
        cut(&with_digest, 50).into_owned(),
        cut(&name, 24).into_owned(),
        cut(&name, 10).into_owned(),
        String::new(),
    ];
    Field::new(Role::Plain, forms)
}

/// The row of screens, the current one in brackets.
pub(crate) fn screens(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let full = area.width >= 76;
    let mut column = 1;
    for screen in Screen::ALL {
        let number = screen.number();
        if screen == model.screen {
            let (open, close) = if canvas.caps.ascii() {
                ("<", ">")
            } else {
                ("\u{25ba}", "\u{25c4}")
            };
            let text = format!("{open}{number} {}{close}", screen.name());
            column = canvas.put(area, column, 0, &text, Role::Strong);
        } else if full {
            column = canvas.put(
                area,
                column,
                0,
                &format!(" {number} {} ", screen.name()),
                Role::Plain,
            );
        } else {
            column = canvas.put(area, column, 0, &format!(" {number} "), Role::Plain);
        }
        column = column.saturating_add(u16::from(area.width >= 80) + u16::from(area.width >= 90));
    }
}
