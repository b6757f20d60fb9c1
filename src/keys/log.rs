//! The OPC UA key log: one line for each part of a key, as Wireshark 4.4 and later read it and as the secrets of a pcapng
//! capture carry it (draft-ietf-opsawg-pcapng, Decryption Secrets Block, type 0x55414b4c).
//!
//! ```text
//! client_iv_<channel>_<token>: 32 hexadecimal digits
//! client_key_<channel>_<token>: 32 or 64 hexadecimal digits
//! client_siglen_<channel>_<token>: bytes of the signature, decimal
//! server_iv_..., server_key_..., server_siglen_...
//! ```

use std::fmt;

use tapglass_proto::Direction;

/// Longest line that is read; the longest that is right has some 100 characters.
const LONGEST: usize = 1_024;

/// A part of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The initialization vector.
    Iv([u8; 16]),
    /// The key and how many bytes of it count.
    Key([u8; 32], usize),
    /// Bytes of signature.
    Signature(u8),
}

/// What one line says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) side: Direction,
    pub(super) channel: u32,
    pub(super) token: u32,
    pub(super) part: Part,
}

/// A line that is no part of a key, and the mend. It never shows what stands there: it may be a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Number of the line, from 1.
    pub line: usize,
    /// Number of the character in it, from 1.
    pub column: usize,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    TooLong,
    NotText,
    NoColon,
    NoSide,
    NoParts,
    Number(&'static str),
    Digit,
    Length {
        part: &'static str,
        have: usize,
        want: &'static str,
    },
    Signature,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::TooLong => write!(
                f,
                "the line is longer than {LONGEST} characters; is this the key log? It has lines such as 'client_iv_5_1: 00112233...'"
            ),
            What::NotText => f.write_str("this is no text; give the key log, not the capture or a certificate"),
            What::NoColon => {
                f.write_str("a colon is missing; write the name of the part, a colon and its value, such as 'client_iv_5_1: 00112233...'")
            }
            What::NoSide => f.write_str("the name must begin with 'client_' or 'server_'; other key logs are not read here"),
            What::NoParts => {
                f.write_str("the name has other than four parts; write side, part, channel and token, such as 'server_key_5_1'")
            }
            What::Number(which) => write!(f, "the {which} is no number up to 4294967295; write it in decimal digits"),
            What::Digit => f.write_str("this is no hexadecimal digit; write the value in 0 to 9 and A to F without spaces"),
            What::Length { part, have, want } => {
                write!(f, "the {part} has {have} hexadecimal digits; it must have {want}: was the file cut off while it was written?")
            }
            What::Signature => f.write_str(
                "the length of the signature is no number up to 64; write 20 for HMAC-SHA1, 32 for HMAC-SHA256, 48 for HMAC-SHA384",
            ),
        }
    }
}

/// Reads the lines of a key log; each is a part of a key or what is wrong with it. Empty lines, comments that begin with `#`
/// and parts that are not known are passed over.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = Result<Entry, Wrong>> {
    text.split(|byte| *byte == b'\n')
        .enumerate()
        .filter_map(|(number, line)| entry(number + 1, line).transpose())
}

fn entry(number: usize, line: &[u8]) -> Result<Option<Entry>, Wrong> {
    let wrong = |column: usize, what| Wrong {
        line: number,
        column: column + 1,
        what,
    };
    if line.len() > LONGEST {
        return Err(wrong(LONGEST, What::TooLong));
    }
    let line = std::str::from_utf8(line).map_err(|error| wrong(error.valid_up_to(), What::NotText))?;
    // Editors put a mark before the first line.
    let text = line.trim_start_matches('\u{feff}').trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    // In characters, as editors count.
    let column = |part: &str| {
        let at = (part.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
        line.get(..at).map_or(0, |before| before.chars().count())
    };
    let start = column(text);
    let Some((name, value)) = text.split_once(':') else {
        return Err(wrong(start + text.chars().count(), What::NoColon));
    };
    let mut parts = name.trim_end().split('_');
    let (Some(side), Some(part), Some(channel), Some(token), None) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        let known = name.starts_with("client_") || name.starts_with("server_");
        return Err(wrong(start, if known { What::NoParts } else { What::NoSide }));
    };
    let side = match side {
        "client" => Direction::FromClient,
        "server" => Direction::FromServer,
        _ => return Err(wrong(start, What::NoSide)),
    };
    let decimal = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse().ok())
            .flatten()
    };
    let number_of = |text: &str, which| decimal(text).ok_or_else(|| wrong(column(text), What::Number(which)));
    let channel = number_of(channel, "channel")?;
    let token = number_of(token, "token")?;
    let value = value.trim();
    let at = column(value);
    let part = match part {
        "iv" => {
            let (bytes, length) = hexadecimal(value).map_err(|(place, what)| wrong(at + place, what))?;
            match (length, bytes.first_chunk::<16>()) {
                (16, Some(iv)) => Part::Iv(*iv),
                _ => return Err(wrong(at, What::length("initialization vector", value, "32"))),
            }
        }
        "key" => {
            let (bytes, length) = hexadecimal(value).map_err(|(place, what)| wrong(at + place, what))?;
            if !matches!(length, 16 | 32) {
                return Err(wrong(at, What::length("key", value, "32 or 64")));
            }
            Part::Key(bytes, length)
        }
        "siglen" => match value.parse() {
            Ok(length @ 0..=64) => Part::Signature(length),
            _ => return Err(wrong(at, What::Signature)),
        },
        // A later version of the format may have more.
        _ => return Ok(None),
    };
    Ok(Some(Entry {
        side,
        channel,
        token,
        part,
    }))
}

impl What {
    fn length(part: &'static str, value: &str, want: &'static str) -> Self {
        Self::Length {
            part,
            have: value.chars().count(),
            want,
        }
    }
}

/// Up to 32 bytes of hexadecimal digits, and how many; more than that counts as 33. An odd digit at the end counts as no
/// whole length.
fn hexadecimal(text: &str) -> Result<([u8; 32], usize), (usize, What)> {
    let mut bytes = [0; 32];
    let mut digits = 0;
    for (place, letter) in text.chars().enumerate() {
        let digit = letter
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or((place, What::Digit))?;
        if let Some(byte) = bytes.get_mut(place / 2) {
            *byte = *byte << 4 | digit;
        }
        digits = place + 1;
    }
    let length = if digits % 2 == 1 { 33 } else { (digits / 2).min(33) };
    Ok((bytes, length))
}
