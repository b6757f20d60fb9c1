//! What keys do, and above all what they do not do.

use std::sync::Arc;

use tapglass_model::snapshot::{AlarmState, Command, Snapshot};
use tapglass_model::{CaptureTime, SECOND};

use crate::key::Key;
use crate::keys::{self, Action};
use crate::model::{Model, Screen};
use crate::sample::{State, works};
use crate::update::{Effect, Message, update};
use crate::view::footer_entries;

fn press(model: &mut Model, snapshot: &Arc<Snapshot>, keys: &[Key]) -> Vec<Effect> {
    keys.iter()
        .flat_map(|key| update(model, Message::Key(*key), snapshot))
        .collect()
}

fn type_text(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

fn shared(state: State) -> Arc<Snapshot> {
    Arc::new(works(state))
}

fn sized(screen: Screen) -> Model {
    let mut model = Model::new(screen);
    model.size = (80, 24);
    model
}

#[test]
fn the_footer_never_lies() {
    for state in State::ALL {
        let snapshot = shared(state);
        for screen in Screen::ALL {
            for width in [40, 60, 80, 140] {
                let before = sized(screen);
                for binding in footer_entries(&snapshot, &before, width) {
                    for key in binding.keys {
                        let mut model = before.clone();
                        let effects = update(&mut model, Message::Key(*key), &snapshot);
                        assert!(
                            model != before || !effects.is_empty(),
                            "{key} on {screen:?} in {state:?} does nothing, but the footer names it"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn help_and_quit_are_in_every_footer() {
    for replay in [false, true] {
        for screen in Screen::ALL {
            assert_eq!(keys::action(Key::Char('?'), screen, replay), Some(Action::Help));
            assert_eq!(keys::action(Key::Char('q'), screen, replay), Some(Action::Quit));
        }
    }
}

#[test]
fn escape_never_quits() {
    for state in State::ALL {
        let snapshot = shared(state);
        for screen in Screen::ALL {
            let mut model = sized(screen);
            for key in [Key::Esc, Key::Backspace] {
                for _ in 0..10 {
                    let effects = press(&mut model, &snapshot, &[key]);
                    assert!(!effects.contains(&Effect::Quit), "{key} quits on {screen:?}");
                }
            }
        }
    }
}

#[test]
fn quitting_asks_when_live_and_not_in_a_replay() {
    let mut model = sized(Screen::Process);
    let live = shared(State::Normal);
    assert_eq!(press(&mut model, &live, &type_text("q")), []);
    assert_eq!(press(&mut model, &live, &type_text("n")), []);
    let left = [Effect::Send(Command::Quit), Effect::Quit];
    assert_eq!(press(&mut model, &live, &type_text("qy")), left);
    let mut model = sized(Screen::Process);
    assert_eq!(press(&mut model, &shared(State::Replay), &type_text("q")), left);
    let mut model = sized(Screen::Process);
    assert_eq!(press(&mut model, &live, &[Key::Ctrl('c')]), left);
}

#[test]
fn a_torn_arrow_key_does_nothing_that_is_logged() {
    let snapshot = shared(State::OneAlarm);
    for screen in Screen::ALL {
        for letter in "ABCDEFHPQRSZ~".chars() {
            for introducer in ['[', 'O'] {
                let mut model = sized(screen);
                let effects = press(
                    &mut model,
                    &snapshot,
                    &[Key::Esc, Key::Char(introducer), Key::Char(letter)],
                );
                assert_eq!(effects, [], "Esc {introducer} {letter} on {screen:?}");
                assert!(model.prompt.is_none());
            }
        }
    }
}

#[test]
fn the_selection_follows_the_item() {
    let mut snapshot = works(State::OneAlarm);
    let mut model = sized(Screen::Alarms);
    let shared = Arc::new(snapshot.clone());
    press(&mut model, &shared, &[Key::Down]);
    assert_eq!(model.selection.alarm, Some(102));
    // The first alarm is acknowledged elsewhere and sinks; the cursor stays on its alarm.
    snapshot.alarms[0].state = AlarmState::Acknowledged;
    let shared = Arc::new(snapshot);
    press(&mut model, &shared, &[Key::Down]);
    assert_eq!(model.selection.alarm, Some(104));
    press(&mut model, &shared, &[Key::Up, Key::Up]);
    assert_eq!(model.selection.alarm, Some(102));
}

#[test]
fn the_newest_write_is_followed_until_the_cursor_moves() {
    let snapshot = shared(State::OneAlarm);
    let mut model = sized(Screen::Writes);
    press(&mut model, &snapshot, &[Key::Down]);
    assert_eq!(model.selection.write, Some(9));
    press(&mut model, &snapshot, &[Key::Home]);
    assert_eq!(model.selection.write, None);
}

#[test]
fn acknowledging_priority_1_asks_for_a_note() {
    let snapshot = shared(State::OneAlarm);
    let mut model = sized(Screen::Alarms);
    assert_eq!(press(&mut model, &snapshot, &type_text("a")), []);
    let mut keys = type_text("seen, AB");
    keys.push(Key::Enter);
    assert_eq!(
        press(&mut model, &snapshot, &keys),
        [Effect::Send(Command::Acknowledge {
            ids: vec![101],
            note: "seen, AB".into()
        })]
    );
    // Escape leaves it as it was.
    assert_eq!(press(&mut model, &snapshot, &[Key::Char('a'), Key::Esc]), []);
    // Priority 2 needs no note; marked alarms go together.
    assert_eq!(
        press(
            &mut model,
            &snapshot,
            &[Key::Down, Key::Char('v'), Key::Char('v'), Key::Char('a')]
        ),
        [Effect::Send(Command::Acknowledge {
            ids: vec![102, 104],
            note: String::new()
        })]
    );
}

#[test]
fn what_is_off_in_a_replay_says_why() {
    let snapshot = shared(State::Replay);
    for (key, word) in [('a', "acknowledge"), ('s', "shelve"), ('u', "unshelve")] {
        let mut model = sized(Screen::Alarms);
        assert_eq!(press(&mut model, &snapshot, &[Key::Char(key)]), []);
        assert_eq!(model.note, format!("{word}: off in replay"));
        assert!(model.prompt.is_none());
    }
}

#[test]
fn shelving_goes_through_with_length_and_reason() {
    let snapshot = shared(State::OneAlarm);
    let mut model = sized(Screen::Alarms);
    let mut keys = vec![Key::Char('s')];
    keys.extend(type_text("2h too long"));
    keys.push(Key::Enter);
    assert_eq!(press(&mut model, &snapshot, &keys), []);
    assert_eq!(model.note, "at most 60 min");
    assert!(model.prompt.is_some(), "what was typed is still there");
    let mut keys = vec![Key::Ctrl('u')];
    keys.extend(type_text("30m valve test"));
    keys.push(Key::Enter);
    assert_eq!(
        press(&mut model, &snapshot, &keys),
        [Effect::Send(Command::Shelve {
            ids: vec![101],
            duration: 1_800 * SECOND,
            reason: "valve test".into()
        })]
    );
}

#[test]
fn decoding_opens_the_frame_that_carried_it() {
    let snapshot = shared(State::OneAlarm);
    for (screen, number) in [(Screen::Alarms, 18_402), (Screen::Writes, 18_402)] {
        let mut model = sized(screen);
        let effects = press(&mut model, &snapshot, &type_text("d"));
        assert_eq!(effects, [Effect::Send(Command::SelectFrame(number))]);
        assert_eq!(model.screen, Screen::Frame);
    }
    let mut model = sized(Screen::Process);
    assert_eq!(press(&mut model, &snapshot, &type_text("d")), []);
    assert!(model.note.starts_with("decode: no frame is known"));
}

#[test]
fn the_transport_speaks_the_keys_that_people_know() {
    let snapshot = shared(State::Replay);
    for (key, command) in [
        (Key::Char(' '), Command::TogglePlay),
        (Key::Char('.'), Command::Step { frames: 1 }),
        (Key::Char(','), Command::Step { frames: -1 }),
        (Key::Char(']'), Command::NextAlarm),
        (Key::Char('['), Command::PreviousAlarm),
        (Key::Char('}'), Command::SpeedUp),
        (Key::Char('{'), Command::SpeedDown),
        (Key::Left, Command::JumpBy(-10 * SECOND)),
        (Key::Right, Command::JumpBy(10 * SECOND)),
    ] {
        let mut model = sized(Screen::Process);
        assert_eq!(press(&mut model, &snapshot, &[key]), [Effect::Send(command)]);
    }
    let typed = |line: &str| {
        let mut model = sized(Screen::Process);
        let mut keys = type_text(line);
        keys.push(Key::Enter);
        press(&mut model, &snapshot, &keys)
    };
    let time = CaptureTime::parse("2026-03-14T12:09:00Z").unwrap();
    assert_eq!(typed(":12:09"), [Effect::Send(Command::SeekTime(time))]);
    assert_eq!(typed(":f18402"), [Effect::Send(Command::SeekFrame(18_402))]);
    assert_eq!(typed(":speed 4"), [Effect::Send(Command::SetSpeed(4.0))]);
    assert_eq!(typed(":speed -1"), []);
    assert_eq!(typed(":quit"), [Effect::Send(Command::Quit), Effect::Quit]);
}

#[test]
fn only_a_replay_has_a_cursor_to_move() {
    let snapshot = shared(State::Normal);
    for line in [":12:09", ":play", ":speed 4"] {
        let mut model = sized(Screen::Process);
        let mut keys = type_text(line);
        keys.push(Key::Enter);
        assert_eq!(press(&mut model, &snapshot, &keys), []);
        assert!(model.note.starts_with("this is live"), "{line}: {}", model.note);
    }
}

#[test]
fn a_filter_is_gone_with_its_screen_and_with_escape() {
    let snapshot = shared(State::OneAlarm);
    let mut model = sized(Screen::Process);
    press(&mut model, &snapshot, &type_text("/lit"));
    assert_eq!(model.filter, "lit");
    press(&mut model, &snapshot, &[Key::Esc]);
    assert_eq!(model.filter, "");
    let mut keys = type_text("/lit");
    keys.push(Key::Enter);
    press(&mut model, &snapshot, &keys);
    assert_eq!((model.filter.as_str(), model.prompt.is_none()), ("lit", true));
    press(&mut model, &snapshot, &type_text("2"));
    assert_eq!((model.filter.as_str(), model.screen), ("", Screen::Alarms));
}

#[test]
fn the_next_alarm_is_one_key_away_from_every_screen() {
    let snapshot = shared(State::OneAlarm);
    let mut model = sized(Screen::Health);
    press(&mut model, &snapshot, &type_text("]"));
    assert_eq!((model.screen, model.selection.alarm), (Screen::Alarms, Some(101)));
    press(&mut model, &snapshot, &type_text("]]"));
    assert_eq!(model.selection.alarm, Some(104));
    press(&mut model, &snapshot, &type_text("]"));
    assert_eq!(model.note, "no further alarm waits");
    let mut model = sized(Screen::Health);
    press(&mut model, &shared(State::Normal), &type_text("]"));
    assert_eq!(model.note, "no alarm waits to be acknowledged");
}

#[test]
fn scrolling_ends_with_the_text() {
    let snapshot = shared(State::OneAlarm);
    for (screen, open) in [
        (Screen::Health, false),
        (Screen::Process, true),
        (Screen::Alarms, true),
    ] {
        let mut model = sized(screen);
        if open {
            press(&mut model, &snapshot, &[Key::Enter]);
        }
        press(&mut model, &snapshot, &[Key::End]);
        let end = (model.detail_scroll, model.selection.health);
        press(&mut model, &snapshot, &[Key::Down, Key::PageDown]);
        assert_eq!((model.detail_scroll, model.selection.health), end, "{screen:?}");
        let text = crate::screenshot_with(&snapshot, &model, 80, 24, crate::Glyphs::Ascii);
        assert!(!text.contains("more lines"), "{text}");
    }
}

#[test]
fn an_unknown_key_points_to_the_help() {
    let mut model = sized(Screen::Process);
    press(&mut model, &shared(State::Normal), &type_text("x"));
    assert_eq!(model.note, "x does nothing on this screen; ? shows the keys");
}
