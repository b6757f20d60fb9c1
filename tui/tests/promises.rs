//! What must hold on every screen, whatever the snapshot: no panic, seven bits in ASCII, the worst alarm in sight,
//! and every state told apart without colour.
#![allow(clippy::unwrap_used, clippy::panic)] // A test may fail loudly.

#[allow(missing_docs)]
mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use support::random::Random;
use support::{ASCII, COLOURED, paint, rows};
use tapglass_model::snapshot::{Alarm, AlarmState, Reading, Snapshot};
use tapglass_model::{Quality, Severity};
use tapglass_tui::keys::TABLE;
use tapglass_tui::sample::{State, works};
use tapglass_tui::{Caps, Colour, Glyphs, Key, Message, Model, Screen, TimeFormat, update};

/// The unacknowledged alarm that the banner has to show, found without the code under test.
fn worst(snapshot: &Snapshot) -> Option<&Alarm> {
    snapshot
        .alarms
        .iter()
        .filter(|alarm| matches!(alarm.state, AlarmState::Unacknowledged | AlarmState::Returned))
        .filter(|alarm| !alarm.future && alarm.severity != Severity::Low)
        .max_by_key(|alarm| alarm.severity)
}

fn check_banner(snapshot: &Snapshot, lines: &[String], caps: Caps) {
    let Some(alarm) = worst(snapshot) else {
        return;
    };
    let sign = match (alarm.severity, caps.glyphs) {
        (Severity::Critical, Glyphs::Ascii) => "#1",
        (Severity::Critical, _) => "\u{25a0}1",
        (Severity::High, Glyphs::Ascii) => "^2",
        (Severity::High, _) => "\u{25b2}2",
        (_, Glyphs::Ascii) => "o3",
        (_, Glyphs::Cp437) => "\u{25cb}3",
        (_, Glyphs::Utf8) => "\u{25cf}3",
    };
    let shown =
        lines.iter().rev().skip(2).take(2).any(|line| {
            line.starts_with(&format!("{sign} UNACK")) || line.starts_with(&format!("{sign} RTNUN"))
        });
    assert!(shown, "{sign} is not in the banner:\n{}", lines.join("\n"));
}

fn every_key() -> Vec<Key> {
    let mut keys: Vec<Key> = TABLE.iter().flat_map(|binding| binding.keys).copied().collect();
    keys.retain(|key| *key != Key::Ctrl('c'));
    keys.extend("yxz0 ü日:f18402lit!".chars().map(Key::Char));
    keys.extend([
        Key::Other,
        Key::Delete,
        Key::Insert,
        Key::Function(9),
        Key::Ctrl('u'),
        Key::CursorAt(1, 1),
    ]);
    keys
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_the_worst_alarm_is_in_sight(
        seed in any::<u64>(),
        columns in 0_u16..=250,
        height in 0_u16..=80,
        glyphs in 0_u8..3,
    ) {
        let mut random = Random::new(seed);
        let caps = Caps {
            glyphs: [Glyphs::Ascii, Glyphs::Cp437, Glyphs::Utf8][usize::from(glyphs)],
            colour: [Colour::Mono, Colour::Ansi16, Colour::Ansi256][random.below(3) as usize],
        };
        let keys = every_key();
        let mut snapshot = Arc::new(random.snapshot());
        let mut model = Model::new(Screen::ALL[random.below(7) as usize]);
        update(&mut model, Message::Resize(columns, height), &snapshot);
        for _ in 0..24 {
            if random.chance(10) {
                snapshot = Arc::new(random.snapshot());
            }
            let key = keys[random.below(keys.len() as u64) as usize];
            update(&mut model, Message::Key(key), &snapshot);
            let buffer = paint(&snapshot, &model, caps, columns, height);
            if columns >= 40 && height >= 10 {
                check_banner(&snapshot, &rows(&buffer), caps);
            }
            if caps.glyphs == Glyphs::Ascii {
                for cell in &buffer.content {
                    prop_assert!(cell.symbol().bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{:?}", cell.symbol());
                }
            }
            for cell in &buffer.content {
                prop_assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
            }
        }
    }
}

#[test]
fn ascii_means_seven_bits_everywhere() {
    for state in State::ALL {
        for screen in Screen::ALL {
            for (columns, height) in [(40, 10), (60, 16), (80, 24), (110, 30), (140, 40)] {
                let buffer = paint(&works(state), &Model::new(screen), ASCII, columns, height);
                for cell in &buffer.content {
                    assert!(cell.symbol().is_ascii(), "{:?} on {screen:?}", cell.symbol());
                }
            }
        }
    }
}

/// The row of the process screen in which `tag` stands.
fn row_of(snapshot: &Snapshot, tag: &str, caps: Caps) -> String {
    let lines = rows(&paint(snapshot, &Model::default(), caps, 80, 24));
    lines
        .into_iter()
        .find(|line| line.contains(tag))
        .unwrap_or_default()
}

#[test]
fn the_conditions_of_a_point_differ_as_text() {
    type Change = fn(&mut tapglass_model::snapshot::Point);
    let conditions: [(&str, Change); 9] = [
        ("normal", |_| {}),
        ("priority 1", |point| point.alarm = Some(Severity::Critical)),
        ("priority 2", |point| point.alarm = Some(Severity::High)),
        ("priority 3", |point| point.alarm = Some(Severity::Medium)),
        ("stale", |point| point.stale = true),
        ("bad", |point| point.quality = Quality::Bad),
        ("forced", |point| point.forced = true),
        ("never", |point| point.reading = Reading::Never),
        ("off scale", |point| point.reading = Reading::Number(5000.0)),
    ];
    for caps in [ASCII, COLOURED] {
        let mut seen = BTreeSet::new();
        for (name, change) in conditions {
            let mut snapshot = works(State::Normal);
            change(&mut snapshot.groups[0].points[2]);
            assert!(
                seen.insert(row_of(&snapshot, "FIT101", caps)),
                "{name} looks like another condition"
            );
        }
        // An alarm must not hide that its value is old: the letter and the age say it beside the flag.
        let mut snapshot = works(State::Normal);
        snapshot.groups[0].points[2].alarm = Some(Severity::High);
        snapshot.groups[0].points[2].stale = true;
        assert!(seen.insert(row_of(&snapshot, "FIT101", caps)));
    }
}

#[test]
fn the_states_of_an_alarm_differ_as_text() {
    use AlarmState::*;
    for caps in [ASCII, COLOURED] {
        let mut seen = BTreeSet::new();
        for state in [
            Unacknowledged,
            Returned,
            Acknowledged,
            Shelved,
            Suppressed,
            OutOfService,
            Normal,
        ] {
            for future in [false, true] {
                let mut snapshot = works(State::OneAlarm);
                snapshot.alarms[0].state = state;
                snapshot.alarms[0].future = future;
                let lines = rows(&paint(&snapshot, &Model::new(Screen::Alarms), caps, 80, 24));
                let row = lines.iter().skip(4).find(|line| line.contains("LIT101.SP"));
                let row = row.map(|line| line[3..].chars().take(8).collect::<String>());
                if !future {
                    assert!(seen.insert(row), "{state} looks like another state");
                } else if state == Unacknowledged {
                    assert!(seen.insert(row), "future looks like {state}");
                }
            }
        }
    }
}

#[test]
fn what_is_not_live_says_so() {
    let snapshot = works(State::Normal);
    let first_row = |model: &Model| rows(&paint(&snapshot, model, ASCII, 80, 24)).remove(0);
    let mut model = Model::default();
    assert!(first_row(&model).contains("LIVE eth1") && !first_row(&model).contains("NOT LIVE"));
    model.silent = 7;
    assert!(first_row(&model).contains("NOT LIVE 0:07"));
    let shared = Arc::new(snapshot.clone());
    model.silent = 0;
    update(&mut model, Message::Key(Key::Char(' ')), &shared);
    assert!(first_row(&model).contains("HOLD"));
}

#[test]
fn a_held_display_still_shows_the_newest_alarm() {
    let calm = Arc::new(works(State::Normal));
    let attacked = works(State::OneAlarm);
    let mut model = Model::default();
    update(&mut model, Message::Key(Key::Char(' ')), &calm);
    let lines = rows(&paint(&attacked, &model, ASCII, 80, 24));
    check_banner(&attacked, &lines, ASCII);
    assert!(
        lines[22].contains("HOLD +5 new alarms, +2 writes"),
        "{}",
        lines[22]
    );
    assert!(
        lines.iter().any(|line| line.contains("LIT101.SP       800")),
        "the body is held"
    );
}

#[test]
fn relative_times_say_how_long_ago() {
    let snapshot = works(State::OneAlarm);
    let mut model = Model::new(Screen::Writes);
    model.time = TimeFormat::Relative;
    let lines = rows(&paint(&snapshot, &model, ASCII, 80, 24));
    assert!(lines[4].starts_with(">15s "), "{}", lines[4]);
}
