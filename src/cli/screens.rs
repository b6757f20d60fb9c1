//! Options of every command that shows the screens, and how their end becomes an exit code.

use clap::Args;

/// How the screens look.
#[derive(Args, Clone, Debug)]
pub(super) struct Look {
    /// The first screen: process, alarms, writes, hosts, frame, rules, health, or 1 to 7
    #[arg(long, value_name = "NAME", default_value = "process")]
    screen: String,
    /// Characters: auto, ascii, cp437 or utf8
    #[arg(long, value_name = "SET", default_value = "auto")]
    glyphs: String,
    /// Colours: auto, mono, ansi16 or ansi256
    #[arg(long, value_name = "LEVEL", default_value = "auto")]
    color: String,
    /// Columns and rows, such as 80x24, where the terminal does not say
    #[arg(long, value_name = "COLSxROWS")]
    size: Option<String>,
    /// Milliseconds in which the rest of a key must arrive; more for slow links
    #[arg(long, value_name = "MS", default_value_t = 50)]
    esc_timeout: u64,
}

#[cfg(feature = "tui")]
mod with {
    use std::time::Duration;

    use tapglass_model::snapshot::Source;
    use tapglass_tui::{Exit as Ended, Options, Screen};

    use super::super::Exit;
    use super::Look;

    impl Look {
        /// The options of the screens, or what is wrong with an argument.
        fn options(&self, filter: &str) -> Result<Options, String> {
            let size = match &self.size {
                None => None,
                Some(text) => {
                    let parts = text
                        .split_once('x')
                        .map(|(columns, rows)| (columns.parse(), rows.parse()));
                    match parts {
                        Some((Ok(columns), Ok(rows))) => Some((columns, rows)),
                        _ => return Err(format!("--size {text}: write columns and rows, such as 80x24")),
                    }
                }
            };
            Ok(Options {
                glyphs: self
                    .glyphs
                    .parse()
                    .map_err(|error| format!("--glyphs {}: {error}", self.glyphs))?,
                colour: self
                    .color
                    .parse()
                    .map_err(|error| format!("--color {}: {error}", self.color))?,
                size,
                screen: Screen::from_name(&self.screen)
                    .ok_or_else(|| format!("--screen {}: there is no such screen", self.screen))?,
                filter: filter.to_owned(),
                esc_timeout: Duration::from_millis(self.esc_timeout),
                bell: None,
            })
        }
    }

    /// Checks the look before anything is opened.
    pub(in super::super) fn check(look: &Look) -> Result<(), Exit> {
        look.options("").map(|_| ()).map_err(|error| {
            eprintln!("tapglass: {error}");
            Exit::Usage
        })
    }

    /// Shows the screens until somebody quits.
    pub(in super::super) fn show(source: &mut dyn Source, look: &Look, filter: &str) -> Exit {
        let options = match look.options(filter) {
            Ok(options) => options,
            Err(error) => {
                eprintln!("tapglass: {error}");
                return Exit::Usage;
            }
        };
        match tapglass_tui::run(source, &options) {
            Ok(Ended::Quit | Ended::HungUp) => Exit::Nothing,
            Ok(Ended::Interrupted) => Exit::Interrupted,
            Ok(Ended::Signal(signal)) => Exit::Signal(signal),
            Err(error) => {
                eprintln!("tapglass: {error}");
                Exit::Usage
            }
        }
    }
}

#[cfg(not(feature = "tui"))]
mod with {
    use tapglass_model::snapshot::Source;

    use super::super::Exit;
    use super::Look;

    pub(in super::super) fn check(_: &Look) -> Result<(), Exit> {
        eprintln!(
            "tapglass: this build has no screens; build with the feature `tui`, or use --json or --headless"
        );
        Err(Exit::Usage)
    }

    pub(in super::super) fn show(_: &mut dyn Source, look: &Look, _: &str) -> Exit {
        let _ = check(look);
        Exit::Usage
    }
}

pub(super) use with::{check, show};
