//! The MBAP header (TCP 3.1.3): where a message ends, and whether bytes can be one at all.
//!
//! Devices differ in what they believe. Some take a message to be as long as its length field says, some ignore that
//! field and count by the function, some give up what stays incomplete. A message that only some of them would see must
//! not be invisible here, so both lengths are weighed against what stands behind.

use tapglass_proto::Direction;

use crate::oddity::{Flaws, Oddity};
use crate::shape::{self, Own};

/// Bytes before the unit id: transaction, protocol and length.
pub(crate) const HEADER: usize = 6;
/// Bytes before the function code.
pub(crate) const PREFIX: usize = 7;
/// The longest length that the standard allows: unit id and 253 bytes (TCP 3.1.3).
const LEGAL: usize = 254;
/// Longest length field that is believed: some devices send a few bytes more, and none of the framings that look like
/// ours does.
const LONGEST: usize = 260;
/// UMAS stations negotiate frames of some 1,020 bytes.
const LONGEST_UMAS: usize = 1_100;
const UMAS: u8 = 90;

/// The header's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) transaction: u16,
    pub(crate) protocol: u16,
    /// The length field.
    pub(crate) length: usize,
}

impl Header {
    /// Reads the header at the front.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let [t0, t1, p0, p1, l0, l1] = *bytes.first_chunk::<HEADER>()?;
        Some(Self {
            transaction: u16::from_be_bytes([t0, t1]),
            protocol: u16::from_be_bytes([p0, p1]),
            length: usize::from(u16::from_be_bytes([l0, l1])),
        })
    }

    /// Whole message in bytes, header included, by the length field.
    pub(crate) const fn total(self) -> usize {
        HEADER + self.length
    }
}

/// What the bytes at the front of a stream are, whatever their function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// A header.
    Header(Header),
    /// It may become one with more bytes.
    More,
    /// It is none: why.
    No(&'static str),
}

/// Looks at the header at the front.
pub(crate) fn front(bytes: &[u8]) -> Front {
    // The protocol identifier is judged as soon as its bytes are here: two zero bytes (TCP 3.1.3).
    if bytes.get(2).is_some_and(|&byte| byte != 0) || bytes.get(3).is_some_and(|&byte| byte != 0) {
        return Front::No("the protocol identifier is not 0");
    }
    let Some(header) = Header::read(bytes) else {
        return Front::More;
    };
    match (header.length, bytes.get(PREFIX)) {
        (0..=1, _) => Front::No("the length is less than 2"),
        (2..=LONGEST, _) | (..=LONGEST_UMAS, Some(&UMAS)) => Front::Header(header),
        (..=LONGEST_UMAS, None) => Front::More,
        _ => Front::No("the length is more than a message can have"),
    }
}

/// What to do with the bytes at the front, where a message is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// A message of so many bytes.
    Take(usize, Flaws),
    /// Nothing can be said before so many bytes are here.
    Need(usize),
    /// No message: why.
    No(&'static str),
}

/// Cuts off the message at the front. `last` says that nothing more will come.
#[inline]
pub(crate) fn judge(bytes: &[u8], from: Direction, last: bool) -> Judged {
    // Nearly every message: header and function agree, and all of it is here.
    if let Some(header) = Header::read(bytes)
        && header.protocol == 0
        && header.length <= LEGAL
        && let Some(unit) = bytes.get(PREFIX..header.total())
        && shape::own(unit, from) == Own::Exactly(unit.len())
    {
        return Judged::Take(header.total(), Flaws::default());
    }
    weigh(bytes, from, last)
}

/// The others.
#[cold]
fn weigh(bytes: &[u8], from: Direction, last: bool) -> Judged {
    let mut odd = Flaws::default();
    let (Some(header), Some(unit)) = (
        Header::read(bytes),
        bytes.get(PREFIX..).filter(|unit| !unit.is_empty()),
    ) else {
        return match front(bytes) {
            Front::No(why) => Judged::No(why),
            _ => Judged::Need(PREFIX + 1),
        };
    };
    let own = shape::own(unit, from);
    let legal = matches!(front(bytes), Front::Header(_));
    if !legal {
        return foreign(bytes, header, own);
    }
    if header.length > LEGAL && !unit.starts_with(&[UMAS]) {
        odd.add(Oddity::LengthRange(header.length));
    }
    let total = header.total();
    let Own::Exactly(length) = own else {
        return whole(bytes, total, odd);
    };
    let counted = PREFIX + length;
    if counted == total {
        return whole(bytes, total, odd);
    }
    let differs = Oddity::LengthDiffers {
        declared: header.length,
        own: 1 + length,
    };
    if counted < total {
        return surplus(bytes, (counted, total), (odd, differs), last);
    }
    // The length field cuts the function short. Whoever counts by the function reads on.
    let behind = bytes.get(total..).unwrap_or_default();
    if behind.is_empty() || !matches!(front(behind), Front::No(_)) {
        return whole(bytes, total, odd);
    }
    if bytes.len() < counted && !last {
        return Judged::Need(counted);
    }
    let beyond = bytes.get(counted..);
    if beyond.is_none_or(|beyond| matches!(front(beyond), Front::No(_))) {
        return whole(bytes, total, odd);
    }
    odd.add(differs);
    Judged::Take(counted, odd)
}

/// So many bytes, when they are here.
fn whole(bytes: &[u8], total: usize, odd: Flaws) -> Judged {
    if bytes.len() < total {
        Judged::Need(total)
    } else {
        Judged::Take(total, odd)
    }
}

/// The length field promises more than the function has: what stands behind the function's own end decides.
fn surplus(
    bytes: &[u8],
    (counted, total): (usize, usize),
    (mut odd, differs): (Flaws, Oddity),
    last: bool,
) -> Judged {
    if bytes.len() < counted {
        return Judged::Need(counted);
    }
    let behind = bytes.get(counted..).unwrap_or_default();
    let next = believable(behind);
    let splits = match next {
        Belief::Yes => true,
        // A whole header with a function whose counts agree, as far as they are here.
        Belief::More => behind.len() > PREFIX + 1 || last && bytes.len() < total,
        Belief::No => last && bytes.len() < total,
    };
    if splits {
        odd.add(differs);
        return Judged::Take(counted, odd);
    }
    match next {
        // Not beyond what the header promises: the next message may come late or never.
        Belief::More if bytes.len() < total => Judged::Need((counted + PREFIX + 2).min(total)),
        _ => whole(bytes, total, odd),
    }
}

/// A header that the standard forbids. Devices that do not look at these fields carry the message out all the same, so
/// a function that the standard describes is a message if its own length says where it ends.
fn foreign(bytes: &[u8], header: Header, own: Own) -> Judged {
    let mut odd = Flaws::default();
    let why = match front(bytes) {
        Front::No(why) => why,
        _ => return Judged::Need(PREFIX + 1),
    };
    let length = match own {
        Own::Exactly(length) if length <= shape::LONGEST => length,
        Own::Needs(need) if header.protocol == 0 || header.length > need => {
            return Judged::Need(PREFIX + need);
        }
        _ => return Judged::No(why),
    };
    if header.protocol == 0 {
        odd.add(Oddity::LengthRange(header.length));
    } else if header.length == length + 1 {
        odd.add(Oddity::ProtocolId(header.protocol));
    } else {
        return Judged::No(why);
    }
    whole(bytes, PREFIX + length, odd)
}

/// How likely a message stands here, for finding the next one after lost bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belief {
    /// Header and a second piece of evidence.
    Yes,
    /// Not enough bytes to tell.
    More,
    /// No.
    No,
}

/// Is there a message at the front of bytes that may start anywhere in a stream?
///
/// The second piece of evidence is a function code that exists together with a body whose own counts agree with the
/// length, or another header right behind.
pub(crate) fn believable(bytes: &[u8]) -> Belief {
    let header = match front(bytes) {
        Front::Header(header) => header,
        Front::More => return Belief::More,
        Front::No(_) => return Belief::No,
    };
    let length = header.length - 1;
    let Some(message) = bytes.get(..header.total()) else {
        // The end is not here. A function code and its counts must at least not speak against it.
        let unit = bytes.get(PREFIX..).unwrap_or_default();
        return if shape::fits(unit, length) {
            Belief::More
        } else {
            Belief::No
        };
    };
    let unit = message.get(PREFIX..).unwrap_or_default();
    if shape::fits(unit, length) {
        return Belief::Yes;
    }
    match front(bytes.get(header.total()..).unwrap_or_default()) {
        Front::Header(_) if unit.first().is_some_and(|code| *code != 0) => Belief::Yes,
        _ => Belief::No,
    }
}

/// Is the whole of a segment one message, or a row of them? Senders start a segment with a message, so a header whose
/// length ends where the segment ends is believed whatever its function.
pub(crate) fn fills(segment: &[u8]) -> bool {
    let mut rest = segment;
    while !rest.is_empty() {
        match front(rest) {
            Front::Header(header) if header.total() <= rest.len() => {
                rest = rest.get(header.total()..).unwrap_or_default()
            }
            _ => return false,
        }
    }
    !segment.is_empty()
}

/// Does a segment start with a message of a known function, whole or at least with its counts?
pub(crate) fn begins(segment: &[u8]) -> bool {
    segment.len() > PREFIX + 1 && believable(segment) != Belief::No
}

/// Is the length of the message at the front beyond doubt: do header and function agree on it, and does the standard
/// allow it? Devices that refuse a longer one go on with the next segment, so that it must not be hidden in it.
pub(crate) fn length_is_sure(bytes: &[u8], from: Direction) -> bool {
    let (Some(header), Some(unit)) = (Header::read(bytes), bytes.get(PREFIX..)) else {
        return true;
    };
    if header.length > LEGAL && !unit.starts_with(&[UMAS]) {
        return false;
    }
    match shape::own(unit, from) {
        Own::Exactly(length) => PREFIX + length == header.total(),
        // Nothing agrees with a header that no message can have.
        Own::Needs(_) => !matches!(front(bytes), Front::No(_)),
        Own::Unknown => unit.starts_with(&[UMAS]),
    }
}
