//! `tapglass demo`: a plant under attack that comes with the program.

use clap::Args;
use tapglass_model::snapshot::Mode;

use super::screens::{self, Look};
use super::{Exit, check};
use crate::input::Input;
use crate::keys::KeyRing;
use crate::replay::{Captures, Player, Recording, ReplaySource, Start};
use crate::site::Site;

/// The capture: Modbus, DNP3 and OPC UA of independent stacks in one small water works (captures/README.md).
const CAPTURE: &[u8] = include_bytes!("../../captures/demo/waterworks.pcap.gz");
const NAME: &str = "waterworks.pcap.gz";
const SITE: [(&str, &[u8]); 3] = [
    (
        "plant.toml",
        include_bytes!("../../captures/demo/site/plant.toml"),
    ),
    ("tags.csv", include_bytes!("../../captures/demo/site/tags.csv")),
    (
        "rules.toml",
        include_bytes!("../../captures/demo/site/rules.toml"),
    ),
];

/// Arguments of `demo`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print its alarms as `check` does, and exit
    #[arg(long)]
    headless: bool,
    /// Print records as JSON Lines, and exit
    #[arg(long)]
    json: bool,
    /// Seconds of capture for each second of the clock
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    speed: f64,
    /// Only rows with this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    #[command(flatten)]
    look: Look,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let site = match Site::from_files(&SITE) {
        Ok(loaded) => loaded.site,
        Err(errors) => {
            eprint!("{}", errors.render(&crate::site::RenderStyle::default()));
            return Exit::Usage;
        }
    };
    if arguments.headless || arguments.json {
        return match Input::bundled(NAME, CAPTURE) {
            Ok(input) => check::verdict_on(input, site, &check::Ask::for_demo(arguments.json)),
            Err(error) => {
                eprintln!("tapglass: {error}");
                Exit::Usage
            }
        };
    }
    if let Err(exit) = screens::check(&arguments.look) {
        return exit;
    }
    let recording = Recording {
        hints: Vec::new(),
        captures: Captures::Bundled(NAME, CAPTURE),
        site,
        keys: KeyRing::default(),
    };
    let player = match Player::new(recording, Mode::Demo) {
        Ok(player) => player,
        Err(error) => {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    };
    let start = Start {
        at: None,
        speed: arguments.speed,
        idle: None,
        play: true,
    };
    screens::show(
        &mut ReplaySource::start(player, start),
        &arguments.look,
        &arguments.filter,
    )
}
