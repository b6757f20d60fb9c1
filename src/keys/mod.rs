//! Keys that are given to read what a conversation encrypts: from key logs, and from the secrets of a capture.
//!
//! They are held in memory, never printed and never written.

mod follow;
mod log;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tapglass_proto::{Direction, KeySet, Keys, SideKey};

use follow::Follow;
use log::{Entry, Part};

pub use log::Wrong;

/// Type of a pcapng secrets block that holds an OPC UA key log.
const OPC_UA_KEY_LOG: u32 = 0x5541_4b4c;
/// Sets of keys that are held. A channel renews its token about once an hour, so that this is years of a large plant.
const MOST_SETS: usize = 200_000;
/// Sets for one channel and token: as often as a server can be started anew before somebody begins another key log.
const MOST_FOR_ONE: usize = 256;
/// Bytes of a key log file that are read: what so many sets need.
const MOST_BYTES: u64 = 128 << 20;
/// Faults that are kept one by one.
const MOST_FAULTS: usize = 8;

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read.
    #[error("cannot read the keys in {name}: {error}")]
    Read {
        /// The file.
        name: String,
        /// Why.
        error: std::io::Error,
    },
    /// A line of it is wrong.
    #[error("{name}:{}:{}: {wrong}", wrong.line, wrong.column)]
    Line {
        /// The file.
        name: String,
        /// Where and what.
        wrong: Wrong,
    },
    /// It is too large.
    #[error(
        "{name} is larger than {MOST_BYTES} bytes or holds more than {MOST_SETS} sets of keys; give the part for this capture"
    )]
    TooMany {
        /// The file.
        name: String,
    },
    /// It holds no key that can be used.
    #[error(
        "{name} holds no keys: a side needs its iv and its key, such as 'client_iv_5_1: ...' and 'client_key_5_1: ...'"
    )]
    None {
        /// The file.
        name: String,
    },
}

/// The parts of one side's key as they come.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Parts {
    iv: Option<[u8; 16]>,
    key: Option<([u8; 32], usize)>,
    signature: Option<u8>,
}

impl Parts {
    /// Takes a part, unless another one stands in its place.
    fn take(&mut self, part: Part) -> bool {
        fn put<T: PartialEq>(place: &mut Option<T>, value: T) -> bool {
            let fits = place.as_ref().is_none_or(|there| *there == value);
            *place = Some(value).filter(|_| fits).or(place.take());
            fits
        }
        match part {
            Part::Iv(iv) => put(&mut self.iv, iv),
            Part::Key(key, length) => put(&mut self.key, (key, length)),
            Part::Signature(length) => put(&mut self.signature, length),
        }
    }

    fn key(&self) -> Option<SideKey> {
        let (key, length) = self.key?;
        SideKey::new(key.get(..length)?, self.iv?, self.signature)
    }
}

/// Keys by channel and token.
#[derive(Clone, Default)]
struct Held {
    sets: BTreeMap<(u32, u32), Vec<[Parts; 2]>>,
    count: usize,
    /// Sets that found no room.
    left_out: u64,
    faults: Vec<String>,
}

impl Held {
    fn take(&mut self, entry: &Entry) {
        let id = (entry.channel, entry.token);
        if self.count >= MOST_SETS && !self.sets.contains_key(&id) {
            self.left_out += 1;
            return;
        }
        let sets = self.sets.entry(id).or_default();
        let side = usize::from(entry.side == Direction::FromServer);
        // The last set that has room for the part, or that has it already.
        let fits = sets
            .iter_mut()
            .rev()
            .any(|set| set.get_mut(side).is_some_and(|parts| parts.take(entry.part)));
        if fits {
            return;
        }
        if self.count >= MOST_SETS || sets.len() >= MOST_FOR_ONE {
            self.left_out += 1;
            return;
        }
        let mut set = [Parts::default(); 2];
        if let Some(parts) = set.get_mut(side) {
            parts.take(entry.part);
        }
        sets.push(set);
        self.count += 1;
    }

    fn get(&self, channel: u32, token: u32, nth: usize) -> Option<KeySet> {
        let [client, server] = self.sets.get(&(channel, token))?.get(nth)?;
        Some(KeySet {
            client: client.key(),
            server: server.key(),
        })
    }

    fn usable(&self) -> bool {
        let mut sets = self.sets.values().flatten().flatten();
        sets.any(|parts| parts.key().is_some())
    }
}

/// What a file had.
struct Size {
    read: u64,
    usable: bool,
}

/// Keys for one run. A clone is another hand on the same keys; a [`fork`](Self::fork) is a copy.
#[derive(Clone, Default)]
pub struct KeyRing {
    held: Arc<RwLock<Held>>,
    follow: Option<Arc<Mutex<Follow>>>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} sets)", self.read().count)
    }
}

impl KeyRing {
    /// Reads key logs.
    ///
    /// # Errors
    /// When one cannot be read, or something in it is no key.
    pub fn load<P: AsRef<Path>>(files: &[P]) -> Result<Self, KeysError> {
        let ring = Self::default();
        for file in files {
            let (name, size) = ring.read_file(file.as_ref())?;
            if !size.usable {
                return Err(KeysError::None { name });
            }
        }
        Ok(ring)
    }

    /// Reads key logs, and again what is written into them from now on. They may be empty yet.
    ///
    /// # Errors
    /// When one cannot be read, or something in it is no key.
    pub fn follow<P: AsRef<Path>>(files: &[P]) -> Result<Self, KeysError> {
        let mut ring = Self::default();
        let mut followed = Vec::new();
        for file in files {
            let (_, size) = ring.read_file(file.as_ref())?;
            followed.push((file.as_ref().to_owned(), size.read));
        }
        if !followed.is_empty() {
            ring.follow = Some(Arc::new(Mutex::new(Follow::new(followed.into_iter()))));
        }
        Ok(ring)
    }

    /// The same keys for another run, which may find more of its own. It follows no files.
    #[must_use]
    pub fn fork(&self) -> Self {
        let held = self.read().clone();
        Self {
            held: Arc::new(RwLock::new(held)),
            follow: None,
        }
    }

    /// Reads a file whole; gives its name, its size, and whether there were keys in it.
    fn read_file(&self, path: &Path) -> Result<(String, Size), KeysError> {
        let name = path.display().to_string();
        let mut text = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut text));
        read.map_err(|error| KeysError::Read {
            name: name.clone(),
            error,
        })?;
        if text.len() as u64 > MOST_BYTES {
            return Err(KeysError::TooMany { name });
        }
        let mut new = Held::default();
        for line in log::lines(&text) {
            let entry = line.map_err(|wrong| KeysError::Line {
                name: name.clone(),
                wrong,
            })?;
            new.take(&entry);
            self.write().take(&entry);
        }
        if self.read().left_out > 0 {
            return Err(KeysError::TooMany { name });
        }
        let size = Size {
            read: text.len() as u64,
            usable: new.usable(),
        };
        Ok((name, size))
    }

    /// Looks whether the files that are followed have grown; true when there are new keys.
    fn look(&self) -> bool {
        let Some(follow) = &self.follow else { return false };
        let mut found = false;
        let mut follow = follow.lock().unwrap_or_else(PoisonError::into_inner);
        follow.look(|name, text| {
            found = true;
            self.take_lines(name, text);
        });
        found
    }

    /// Takes the secrets that came with the capture `name`. Those of other protocols are not needed.
    pub fn take_secrets(&self, name: &str, kind: u32, bytes: &[u8]) {
        if kind != OPC_UA_KEY_LOG {
            return;
        }
        // Writers count the zero at the end of the text in, and some the padding.
        let end = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        self.take_lines(
            &format!("{name}: the keys in the capture"),
            bytes.get(..end).unwrap_or_default(),
        );
    }

    /// Takes what can be read of some lines.
    fn take_lines(&self, source: &str, text: &[u8]) {
        let mut held = self.write();
        for line in log::lines(text) {
            match line {
                Ok(entry) => held.take(&entry),
                Err(wrong) if held.faults.len() < MOST_FAULTS => {
                    let text = format!(
                        "{source}, line {}, character {}: {wrong}",
                        wrong.line, wrong.column
                    );
                    held.faults.push(text);
                }
                Err(_) => {}
            }
        }
    }

    /// What is wrong with the keys that came with captures.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let held = self.read();
        let mut faults = held.faults.clone();
        if held.left_out > 0 {
            faults.push(format!(
                "{} sets of keys found no room: {MOST_SETS} are held, {MOST_FOR_ONE} for one channel and token",
                held.left_out
            ));
        }
        faults
    }

    /// The keys as decoders ask for them.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Keys> {
        Arc::new(self.clone())
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys for KeyRing {
    fn is_empty(&self) -> bool {
        self.follow.is_none() && self.read().sets.is_empty()
    }

    fn find(&self, channel: u32, token: u32, nth: usize) -> Option<KeySet> {
        let get = || self.read().get(channel, token, nth);
        get().or_else(|| if self.look() { get() } else { None })
    }
}
