//! The screens on a small water works whose values move: `cargo run -p tapglass-tui --example show -- one-alarm`.
//!
//! Arguments: a situation, and `--glyphs`, `--color`, `--size 80x24`, `--text SCREEN` as in the program.

use std::process::ExitCode;
use std::sync::Arc;

use tapglass_model::snapshot::{Command, Snapshot, Source};
use tapglass_tui::sample::{State, Works, works};
use tapglass_tui::{Exit, Glyphs, Options, Screen, run, screenshot};

fn main() -> ExitCode {
    let mut state = State::OneAlarm;
    let mut options = Options::default();
    let mut text = None;
    let mut fails = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--glyphs" => options.glyphs = value().parse().unwrap_or_default(),
            "--color" => options.colour = value().parse().unwrap_or_default(),
            "--size" => options.size = size(&value()),
            "--esc-timeout" => {
                let milliseconds = value().parse().unwrap_or(50);
                options.esc_timeout = std::time::Duration::from_millis(milliseconds);
            }
            "--screen" => options.screen = Screen::from_name(&value()).unwrap_or_default(),
            // The test of the terminal needs something that goes wrong.
            "--panic" => fails = true,
            "--text" => text = Screen::from_name(&value()),
            name => match State::ALL.into_iter().find(|state| state.name() == name) {
                Some(found) => state = found,
                None => {
                    eprintln!(
                        "no situation {name}; there are: {}",
                        State::ALL.map(State::name).join(" ")
                    );
                    return ExitCode::from(2);
                }
            },
        }
    }
    if let Some(screen) = text {
        let (width, height) = options.size.unwrap_or((80, 24));
        let glyphs = match options.glyphs {
            tapglass_tui::GlyphChoice::Utf8 => Glyphs::Utf8,
            tapglass_tui::GlyphChoice::Cp437 => Glyphs::Cp437,
            _ => Glyphs::Ascii,
        };
        print!("{}", screenshot(&works(state), screen, width, height, glyphs));
        return ExitCode::SUCCESS;
    }
    let mut works = Works::new(state);
    let mut failing = Failing(Works::new(state), 0);
    let source: &mut dyn Source = if fails { &mut failing } else { &mut works };
    match run(source, &options) {
        Ok(Exit::Quit | Exit::HungUp) => ExitCode::SUCCESS,
        Ok(Exit::Interrupted) => ExitCode::from(130),
        Ok(Exit::Signal(number)) => ExitCode::from(u8::try_from(128 + number).unwrap_or(1)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// A source that fails after a while.
struct Failing(Works, u32);

impl Source for Failing {
    #[allow(clippy::panic)] // That is what it is for.
    fn snapshot(&mut self) -> Option<Arc<Snapshot>> {
        self.1 += 1;
        if self.1 > 3 {
            std::panic::panic_any("on purpose");
        }
        self.0.snapshot()
    }

    fn send(&mut self, command: Command) {
        self.0.send(command);
    }
}

fn size(text: &str) -> Option<(u16, u16)> {
    let (columns, rows) = text.split_once('x')?;
    Some((columns.parse().ok()?, rows.parse().ok()?))
}
