//! Text typed into the message line: filter, command, note, shelving, and the question before leaving.

use std::sync::Arc;

use tapglass_model::snapshot::{Command, Snapshot};
use tapglass_model::{SECOND, Severity};

use crate::key::Key;
use crate::keys::{self, Action};
use crate::model::{Help, Model, Prompt, PromptKind, Screen, TimeFormat};
use crate::update::words::{self, Word};
use crate::update::{Effect, act, frame, quit, send_acknowledge, show};

const LONGEST: usize = 200;

/// A key while a prompt is open.
pub(crate) fn press(model: &mut Model, key: Key, newest: &Arc<Snapshot>) -> Vec<Effect> {
    let Some(mut prompt) = model.prompt.take() else {
        return Vec::new();
    };
    if prompt.kind == PromptKind::Quit {
        if matches!(key, Key::Char('y' | 'Y')) {
            return quit();
        }
        model.note = String::from("not quitting");
        return Vec::new();
    }
    match key {
        Key::Enter => return finish(model, prompt, newest),
        Key::Esc => return cancel(model, prompt),
        Key::Backspace if prompt.text.is_empty() => return cancel(model, prompt),
        Key::Backspace => {
            prompt.text.pop();
        }
        Key::Ctrl('u') => prompt.text.clear(),
        Key::Tab if prompt.kind == PromptKind::Command => {
            if let Some((name, _)) = words::matching(&prompt.text).next() {
                prompt.text = format!("{name} ");
            }
        }
        Key::Char(character) if prompt.text.len() < LONGEST => prompt.text.push(character),
        _ => {}
    }
    if matches!(prompt.kind, PromptKind::Filter { .. }) {
        model.filter.clone_from(&prompt.text);
    }
    model.prompt = Some(prompt);
    Vec::new()
}

fn cancel(model: &mut Model, prompt: Prompt) -> Vec<Effect> {
    match prompt.kind {
        PromptKind::Filter { before } => model.filter = before,
        PromptKind::Note { .. } => model.note = String::from("not acknowledged"),
        PromptKind::Shelve { .. } => model.note = String::from("not shelved"),
        PromptKind::Command | PromptKind::Quit => {}
    }
    Vec::new()
}

fn finish(model: &mut Model, prompt: Prompt, newest: &Arc<Snapshot>) -> Vec<Effect> {
    let Prompt { kind, text } = prompt;
    match kind {
        PromptKind::Filter { .. } => {
            model.filter = text;
            if model.screen == Screen::Frame && !model.filter.is_empty() {
                return act(model, Action::NextMatch, newest);
            }
            Vec::new()
        }
        PromptKind::Command => run(model, &text, newest),
        PromptKind::Note { ids, .. } => send_acknowledge(model, ids, text.trim().to_owned()),
        PromptKind::Shelve { ids, question } => match shelving(&text, longest(&ids, newest)) {
            Ok((duration, reason)) => {
                model.note = String::from("shelved in Tapglass only; it comes back by itself");
                vec![Effect::Send(Command::Shelve {
                    ids,
                    duration,
                    reason,
                })]
            }
            Err(problem) => {
                model.note = problem;
                let kind = PromptKind::Shelve { ids, question };
                model.prompt = Some(Prompt { kind, text });
                Vec::new()
            }
        },
        PromptKind::Quit => Vec::new(),
    }
}

/// Priority 1 may be put away for an hour, everything else for a shift.
fn longest(ids: &[u64], snapshot: &Snapshot) -> i64 {
    let critical = snapshot
        .alarms
        .iter()
        .any(|alarm| ids.contains(&alarm.id) && alarm.severity == Severity::Critical);
    if critical { 3_600 } else { 8 * 3_600 }
}

/// `15m valve is being calibrated` as nanoseconds and reason; `longest` in seconds.
fn shelving(text: &str, longest: i64) -> Result<(i64, String), String> {
    let (duration, reason) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let unit = duration.chars().last();
    let digits = duration.strip_suffix(['s', 'm', 'h']).unwrap_or_default();
    let factor = match unit {
        Some('h') => 3_600,
        Some('m') => 60,
        _ => 1,
    };
    let seconds = digits
        .parse::<u32>()
        .map(|number| i64::from(number) * factor)
        .map_err(|_| String::from("begin with how long: 15m, 1h, 8h"))?;
    if seconds == 0 || seconds > longest {
        return Err(format!("at most {} min", longest / 60));
    }
    if reason.trim().is_empty() {
        return Err(String::from("a reason is needed, it goes to the journal"));
    }
    Ok((seconds * SECOND, reason.trim().to_owned()))
}

fn run(model: &mut Model, line: &str, newest: &Arc<Snapshot>) -> Vec<Effect> {
    if line.trim().is_empty() {
        return Vec::new();
    }
    let replay = keys::is_replay(newest);
    let only_in_replay = |model: &mut Model| {
        model.note = String::from("this is live: only a replay has a cursor to move");
        Vec::new()
    };
    match words::read(line, newest.as_of) {
        Word::Time(at) if replay => vec![Effect::Send(Command::SeekTime(at))],
        Word::Frame(number) if replay => {
            let follow = model.frame.take().map(|_| Effect::Send(Command::FollowFrames));
            let seek = Effect::Send(Command::SeekFrame(number));
            std::iter::once(seek).chain(follow).collect()
        }
        Word::Time(_) => only_in_replay(model),
        Word::Frame(number) => {
            show(model, Screen::Frame);
            frame::pin(model, number)
        }
        Word::Named("quit", _) => act(model, Action::Quit, newest),
        Word::Named("help", _) => {
            model.help = Some(Help::default());
            Vec::new()
        }
        Word::Named("acknowledge", _) => {
            show(model, Screen::Alarms);
            act(model, Action::Acknowledge, newest)
        }
        Word::Named("hold", _) if !replay => act(model, Action::Hold, newest),
        Word::Named("hold", _) => {
            model.note = String::from("hold: in a replay, Space pauses");
            Vec::new()
        }
        Word::Named("filter", text) => {
            model.filter = text.to_owned();
            Vec::new()
        }
        Word::Named("follow", _) => {
            model.frame = None;
            vec![Effect::Send(Command::FollowFrames)]
        }
        Word::Named("utc", _) => {
            model.time = TimeFormat::Utc;
            Vec::new()
        }
        Word::Named("relative", _) => {
            model.time = TimeFormat::Relative;
            Vec::new()
        }
        Word::Named("pause", _) if replay => vec![Effect::Send(Command::Pause)],
        Word::Named("play", _) if replay => vec![Effect::Send(Command::Play)],
        Word::Named("speed", text) if replay => match text.trim_start_matches('x').parse::<f64>() {
            Ok(speed) if speed > 0.0 && speed.is_finite() => {
                vec![Effect::Send(Command::SetSpeed(speed))]
            }
            _ => {
                model.note = String::from("speed: a number such as 4 or 0.5");
                Vec::new()
            }
        },
        Word::Named("pause" | "play" | "speed", _) => only_in_replay(model),
        Word::Named(name, _) => {
            if let Some(screen) = Screen::from_name(name) {
                show(model, screen);
            }
            Vec::new()
        }
        Word::Unknown => {
            model.note = format!("no command {}; : and Tab lists them", line.trim());
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shelving_needs_a_length_and_a_reason() {
        let hour = 3_600;
        assert_eq!(
            shelving("15m being calibrated", hour),
            Ok((900 * SECOND, "being calibrated".into()))
        );
        assert!(shelving("15m", hour).is_err());
        assert!(shelving("2h because", hour).is_err());
        assert!(shelving("0m because", hour).is_err());
        assert!(shelving("soon because", hour).is_err());
        assert!(shelving("15 because", hour).is_err());
        assert!(shelving("", hour).is_err());
    }
}
