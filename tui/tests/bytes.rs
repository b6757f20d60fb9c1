//! What a frame costs on the line: at 9600 baud a thousand bytes take a second.
#![allow(clippy::unwrap_used, clippy::panic)] // A test may fail loudly.

#[allow(missing_docs)]
mod support;

use support::{ASCII, paint};
use tapglass_model::snapshot::{Reading, Snapshot};
use tapglass_tui::sample::{State, works};
use tapglass_tui::term::Painter;
use tapglass_tui::{Caps, Colour, Glyphs, Model, Screen};

const CAPS: [Caps; 2] = [
    ASCII,
    Caps {
        glyphs: Glyphs::Ascii,
        colour: Colour::Ansi16,
    },
];

/// A point has a value, a gauge and a trend; this moves the values only, as most polls do.
fn move_values(snapshot: &mut Snapshot, most: usize) {
    let points = snapshot.groups.iter_mut().flat_map(|group| &mut group.points);
    for point in points
        .filter(|point| matches!(point.reading, Reading::Number(_)))
        .take(most)
    {
        if let Reading::Number(value) = &mut point.reading {
            *value += 10_f64.powi(-i32::from(point.decimals));
        }
    }
}

#[test]
fn a_full_screen_fits_the_budget() {
    for caps in CAPS {
        for state in State::ALL {
            for screen in Screen::ALL {
                let mut painter = Painter::new(caps.colour, 80, 24);
                let buffer = paint(&works(state), &Model::new(screen), caps, 80, 24);
                let cost = painter.frame(&buffer).len();
                assert!(cost <= 2_600, "{screen:?} {state:?} costs {cost} bytes");
            }
        }
    }
}

#[test]
fn an_unchanged_screen_costs_nothing() {
    for caps in CAPS {
        let mut painter = Painter::new(caps.colour, 80, 24);
        let buffer = paint(&works(State::OneAlarm), &Model::default(), caps, 80, 24);
        painter.frame(&buffer);
        assert_eq!(painter.frame(&buffer).len(), 0);
    }
}

#[test]
fn eight_new_values_cost_little() {
    for caps in CAPS {
        let mut snapshot = works(State::OneAlarm);
        let mut painter = Painter::new(caps.colour, 80, 24);
        painter.frame(&paint(&snapshot, &Model::default(), caps, 80, 24));
        move_values(&mut snapshot, 8);
        let cost = painter
            .frame(&paint(&snapshot, &Model::default(), caps, 80, 24))
            .len();
        assert!((1..=160).contains(&cost), "eight values cost {cost} bytes");
    }
}

#[test]
fn only_sequences_of_old_terminals_are_sent() {
    for caps in CAPS {
        for state in State::ALL {
            for screen in Screen::ALL {
                let mut painter = Painter::new(caps.colour, 80, 24);
                let buffer = paint(&works(state), &Model::new(screen), caps, 80, 24);
                check_sequences(painter.frame(&buffer), caps.colour);
            }
        }
    }
}

fn check_sequences(bytes: &[u8], colour: Colour) {
    let text = std::str::from_utf8(bytes).unwrap();
    for sequence in text.split("\x1b[").skip(1) {
        let end = sequence
            .find(|letter: char| letter.is_ascii_alphabetic())
            .unwrap();
        let (parameters, letter) = sequence.split_at(end);
        assert!("HJKCm".contains(&letter[..1]), "{letter:?}");
        if letter.starts_with('m') {
            for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
                let number: u8 = parameter.parse().unwrap();
                let allowed = match colour {
                    Colour::Mono => matches!(number, 0 | 1 | 4 | 7),
                    _ => matches!(number, 0 | 1 | 4 | 7 | 30..=37 | 40..=47 | 90..=97),
                };
                assert!(allowed, "SGR {number}");
            }
        }
    }
}
