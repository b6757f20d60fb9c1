//! The MBAP header (TCP 3.1.3): where a message ends, and whether bytes can be one at all.

/// Bytes before the unit id: transaction, protocol and length.
pub(crate) const HEADER: usize = 6;

/// Longest length field that is believed. The standard allows 254 (unit id and 253 bytes); some devices send a few
/// more, and none of the framings that look like ours does.
const LONGEST: usize = 260;

/// The header's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) transaction: u16,
    /// Whole message in bytes, header included.
    pub(crate) total: usize,
}

/// What the bytes at the front of a stream are.
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
    let (Some(&t0), Some(&t1), Some(&l0), Some(&l1)) =
        (bytes.first(), bytes.get(1), bytes.get(4), bytes.get(5))
    else {
        return Front::More;
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if length < 2 {
        return Front::No("the length is less than 2");
    }
    if length > LONGEST {
        return Front::No("the length is more than a message can have");
    }
    Front::Header(Header {
        transaction: u16::from_be_bytes([t0, t1]),
        total: HEADER + length,
    })
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
    let Some(message) = bytes.get(..header.total) else {
        // The end is not here. A function code and its counts must at least not speak against it.
        return match (bytes.get(7), header.total) {
            (None, _) => Belief::More,
            (Some(code), total) if shape_fits(*code, total - 7, bytes.get(7..).unwrap_or_default()) => {
                Belief::More
            }
            _ => Belief::No,
        };
    };
    let body = message.get(7..).unwrap_or_default();
    let Some(&code) = body.first() else {
        return Belief::No;
    };
    if shape_fits(code, body.len(), body) {
        return Belief::Yes;
    }
    match front(bytes.get(header.total..).unwrap_or_default()) {
        Front::Header(_) => Belief::Yes,
        _ => Belief::No,
    }
}

/// Is the whole of a segment one message, or a row of them? Senders start a segment with a message, so a header whose
/// length ends where the segment ends is believed whatever its function.
pub(crate) fn fills(segment: &[u8]) -> bool {
    let mut rest = segment;
    while !rest.is_empty() {
        match front(rest) {
            Front::Header(header) if header.total <= rest.len() => {
                rest = rest.get(header.total..).unwrap_or_default()
            }
            _ => return false,
        }
    }
    !segment.is_empty()
}

/// Does a data unit of `length` bytes that starts with `body` have a shape that its function allows, in either direction?
pub(crate) fn shape_fits(code: u8, length: usize, body: &[u8]) -> bool {
    let byte = |at: usize| body.get(at).copied().map(usize::from);
    match code {
        1..=4 => length == 5 || byte(1).is_none_or(|count| length == 2 + count),
        5 | 6 => length == 5,
        7 => length == 1 || length == 2,
        8 => length >= 5,
        11 => length == 1 || length == 5,
        12 | 17 => length == 1 || byte(1).is_none_or(|count| length == 2 + count),
        15 | 16 => length == 5 || byte(5).is_none_or(|count| length == 6 + count),
        20 | 21 => byte(1).is_none_or(|count| length == 2 + count),
        22 => length == 7,
        23 => {
            byte(1).is_none_or(|count| length == 2 + count)
                || byte(9).is_none_or(|count| length == 10 + count)
        }
        24 => length == 3 || length >= 5,
        43 => length >= 2 && byte(1).is_none_or(|kind| kind == 13 || kind == 14),
        90 => length >= 2,
        0x81..=0xff => length == 2,
        _ => false,
    }
}
