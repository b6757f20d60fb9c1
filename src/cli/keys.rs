//! The option of every command that can read encrypted conversations.

use std::fmt;
use std::path::PathBuf;

use crate::keys::KeyRing;

/// Keys that are given.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Given {
    /// OPC UA key log, as Wireshark reads it, to read encrypted channels with; can be given several times
    #[arg(long, value_name = "FILE")]
    keys: Vec<PathBuf>,
}

impl Given {
    /// Reads the key logs; prints what is wrong with them and gives `None` when they cannot be used.
    pub(super) fn load(&self) -> Option<KeyRing> {
        KeyRing::load(&self.keys)
            .inspect_err(|error| eprintln!("tapglass: {error}"))
            .ok()
    }

    /// Reads key logs that may still grow.
    pub(super) fn follow(&self) -> Option<KeyRing> {
        KeyRing::follow(&self.keys)
            .inspect_err(|error| eprintln!("tapglass: {error}"))
            .ok()
    }
}

/// The options as they are typed, each with a space before it.
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keys
            .iter()
            .try_for_each(|file| write!(f, " --keys {}", file.display()))
    }
}
