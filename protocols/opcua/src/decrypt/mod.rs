//! Reading encrypted chunks with keys that somebody gave: which key fits, and what it shows.
//!
//! A key is believed when what it shows begins like a message and is padded as the standard wants it; then it is kept for
//! its channel, token and direction. The format of key logs has no signing keys, so signatures are cut off and not checked.

mod cipher;

use alloc::vec::Vec;

use tapglass_proto::{Cursor, Direction, Keys, SideKey};

use crate::application::{Application, Header, begins_like_a_message};
use crate::fault::Fault;
use crate::frame::Greeting;
use crate::security::{Policy, SequenceHeader};
use cipher::{BLOCK, Cipher, unpadded};

/// Keys that are kept for one connection: two directions of a token and of the one before it, on more channels than it has.
const MOST_KEPT: usize = 16;
/// Tokens of one connection of which it is remembered that something was said.
const MOST_TOLD: usize = 64;
/// Sets of keys for one channel and token that are tried. Servers number anew whenever they start.
const MOST_SETS: usize = 256;
/// Bytes that show whether a key can fit, before all of the chunk is decrypted.
const GLIMPSE: usize = 4 * BLOCK;
/// The sequence header stands before the body.
const SEQUENCE_HEADER: usize = 8;
/// Sizes of signatures, the common one first, where neither the key log nor the policy tells.
const SIGNATURES: [usize; 3] = [32, 20, 48];
/// Levels of diagnostics in a header that is only looked at.
const HEADER_DEPTH: u8 = 8;

/// One encrypted chunk.
pub(crate) struct Sealed<'a> {
    pub(crate) channel: u32,
    pub(crate) token: u32,
    /// What the flow layer calls its direction.
    pub(crate) direction: Direction,
    /// Who is thought to have sent it.
    pub(crate) from: Direction,
    pub(crate) policy: Policy,
    /// Everything after the token.
    pub(crate) bytes: &'a [u8],
    pub(crate) expect: Expect,
    /// The sequence number before it, where nothing was missed since.
    pub(crate) before: Option<u32>,
}

impl Sealed<'_> {
    /// Does a key that has fitted before fit this chunk? A type id that the standard does not list is no reason against
    /// it where the sequence number goes on.
    fn goes_on(&self, plain: &[u8]) -> bool {
        let sequence = || SequenceHeader::read(&mut Cursor::new(plain)).ok();
        self.expect.fits(plain, true)
            || (self.before.is_some()
                && self.expect == Expect::Beginning
                && self.before.map(|before| before.wrapping_add(1))
                    == sequence().map(|header| header.sequence))
    }
}

/// What must be in a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The beginning of a message.
    Beginning,
    /// More of the message of this request id.
    Rest(u32),
    /// The reason why a message was given up.
    Abort,
    /// A hole lies before it: any part of a message.
    Any,
}

impl Expect {
    /// Can this be the beginning of what the chunk holds? `whole` when no byte of it is missing.
    fn fits(self, plain: &[u8], whole: bool) -> bool {
        let Some((sequence, body)) = plain.split_at_checked(SEQUENCE_HEADER) else {
            return false;
        };
        match self {
            Self::Beginning => begins_like_a_message(body) && (!whole || has_header(body)),
            Self::Rest(request) => {
                SequenceHeader::read(&mut Cursor::new(sequence)).is_ok_and(|header| header.request == request)
            }
            // Only a bad status is a reason (OPC 10000-6 6.7.3).
            Self::Abort => matches!(
                Greeting::read_error(&mut Cursor::new(body)),
                Ok(Greeting::Error { code, .. }) if code >> 31 == 1
            ),
            Self::Any => true,
        }
    }

    /// Is that evidence enough for a key that has not fitted before?
    const fn proves(self) -> bool {
        matches!(self, Self::Beginning | Self::Rest(_))
    }
}

/// True when the header of a message can be read, or is cut off where the chunk ends.
fn has_header(body: &[u8]) -> bool {
    let message = Application::read(body, Direction::FromClient, HEADER_DEPTH);
    !matches!(message.header, Header::None) || matches!(message.fault, Some(Fault::Short(_)))
}

/// What became of a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// So many bytes of the plain text are sequence header and body.
    Plain(usize),
    /// No key was given for it.
    NoKey,
    /// Keys were given, and none of them fits.
    Misfit,
    /// The key that fits other chunks does not fit this one.
    Broken,
}

/// A key that has fitted.
#[derive(Clone)]
struct Kept {
    channel: u32,
    token: u32,
    direction: Direction,
    cipher: Cipher,
    signature: usize,
}

/// The keys of one connection that have fitted, and what was said of those that did not.
#[derive(Clone, Default)]
pub(crate) struct Decryption {
    kept: Vec<Kept>,
    told: Vec<(u32, u32)>,
}

impl core::fmt::Debug for Decryption {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Decryption({} keys)", self.kept.len())
    }
}

impl Decryption {
    /// True the first time for a channel and token.
    pub(crate) fn tell(&mut self, channel: u32, token: u32) -> bool {
        if self.told.contains(&(channel, token)) {
            return false;
        }
        if self.told.len() >= MOST_TOLD {
            self.told.remove(0);
        }
        self.told.push((channel, token));
        true
    }

    /// True when a key for a direction of a token has fitted.
    pub(crate) fn knows(&self, channel: u32, token: u32, direction: Direction) -> bool {
        self.kept(channel, token, direction).is_some()
    }

    fn kept(&self, channel: u32, token: u32, direction: Direction) -> Option<&Kept> {
        self.kept
            .iter()
            .rev()
            .find(|kept| (kept.channel, kept.token, kept.direction) == (channel, token, direction))
    }

    /// Decrypts a chunk into `plain`.
    pub(crate) fn open(&mut self, keys: &dyn Keys, sealed: &Sealed<'_>, plain: &mut Vec<u8>) -> Opened {
        let whole_blocks = !sealed.bytes.is_empty() && sealed.bytes.len().is_multiple_of(BLOCK);
        if let Some(kept) = self.kept(sealed.channel, sealed.token, sealed.direction) {
            if !whole_blocks {
                return Opened::Broken;
            }
            kept.cipher.decrypt(sealed.bytes, plain);
            return unpadded(plain, kept.signature)
                .filter(|end| sealed.goes_on(plain.get(..*end).unwrap_or_default()))
                .map_or(Opened::Broken, Opened::Plain);
        }
        let mut found = false;
        for nth in 0..MOST_SETS {
            let Some(set) = keys.find(sealed.channel, sealed.token, nth) else {
                break;
            };
            found = true;
            let (own, other) = match sealed.from {
                Direction::FromClient => (set.client, set.server),
                Direction::FromServer => (set.server, set.client),
            };
            // Who is the client may still be open.
            for side in [own, other].into_iter().flatten() {
                if whole_blocks && let Some(end) = self.try_key(&side, sealed, plain) {
                    return Opened::Plain(end);
                }
            }
        }
        if found { Opened::Misfit } else { Opened::NoKey }
    }

    /// Keeps a key that fits.
    fn try_key(&mut self, side: &SideKey, sealed: &Sealed<'_>, plain: &mut Vec<u8>) -> Option<usize> {
        if !sealed.expect.proves() {
            return None;
        }
        let cipher = Cipher::new(side)?;
        let glimpse = sealed.bytes.get(..GLIMPSE).unwrap_or(sealed.bytes);
        cipher.decrypt(glimpse, plain);
        if !sealed.expect.fits(plain, false) {
            return None;
        }
        cipher.decrypt(sealed.bytes, plain);
        let fits = |signature: usize| {
            unpadded(plain, signature)
                .filter(|end| sealed.expect.fits(plain.get(..*end).unwrap_or_default(), true))
                .map(|end| (end, signature))
        };
        let stated = side.signature().map(usize::from);
        let (end, signature) = match stated.or(Some(sealed.policy.signature()).filter(|size| *size > 0)) {
            Some(signature) => fits(signature)?,
            None => SIGNATURES
                .into_iter()
                .filter_map(fits)
                .find(|(end, _)| ends_with_message(plain.get(SEQUENCE_HEADER..*end).unwrap_or_default()))?,
        };
        if self.kept.len() >= MOST_KEPT {
            self.kept.remove(0);
        }
        self.kept.push(Kept {
            channel: sealed.channel,
            token: sealed.token,
            direction: sealed.direction,
            cipher,
            signature,
        });
        Some(end)
    }
}

/// True unless bytes follow a whole message, as they do when the signature is taken for shorter than it is.
fn ends_with_message(body: &[u8]) -> bool {
    let message = Application::read(body, Direction::FromClient, HEADER_DEPTH);
    message.fault.is_some() || message.end == body.len()
}
