//! Every screen in every situation, as text and as style.
#![allow(clippy::unwrap_used, clippy::panic)] // A test may fail loudly.

#[allow(missing_docs)]
mod support;

use support::{ASCII, COLOURED, page, paint};
use tapglass_tui::sample::{State, works};
use tapglass_tui::{Caps, Model, Screen};

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (110, 30), (140, 40)];

/// The screens that a situation changes; the others look as they do with one alarm.
fn screens(state: State) -> &'static [Screen] {
    match state {
        State::OneAlarm | State::Empty => &Screen::ALL,
        State::Replay => &[Screen::Process, Screen::Alarms, Screen::Writes, Screen::Frame],
        State::Drops => &[Screen::Process, Screen::Writes, Screen::Health],
        State::Stale => &[Screen::Process, Screen::Rules],
        _ => &[Screen::Process, Screen::Alarms],
    }
}

fn pages(state: State, caps: Caps, (columns, rows): (u16, u16)) -> String {
    let snapshot = works(state);
    let mut text = String::new();
    for screen in screens(state) {
        let mut model = Model::new(*screen);
        model.size = (columns, rows);
        let buffer = paint(&snapshot, &model, caps, columns, rows);
        text.push_str(&format!("=== {}\n{}", screen.name(), page(&buffer)));
    }
    text
}

#[test]
fn screens_look_as_they_did() {
    for state in State::ALL {
        for size in SIZES {
            for (name, caps) in [("ascii-mono", ASCII), ("utf8-ansi16", COLOURED)] {
                let name = format!("{}_{}x{}_{name}", state.name(), size.0, size.1);
                insta::assert_snapshot!(name, pages(state, caps, size));
            }
        }
    }
}
