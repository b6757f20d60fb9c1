//! What a certificate says of its owner: subject, issuer, end of validity and application URI (X.509, RFC 5280 4.1; DER,
//! X.690). Nothing is checked: nobody asks a monitor whether to trust.

use alloc::string::String;
use core::fmt::Write as _;

/// Parts of a name that are read.
const MOST_PARTS: usize = 16;

/// What a certificate says of its owner. Texts are borrowed; a part that cannot be read is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owner<'a> {
    /// As RFC 4514 writes it, in the order of the certificate: `CN=PLC1, O=ACME`.
    pub(crate) subject: String,
    /// Whoever signed it, in the same form.
    pub(crate) issuer: String,
    /// Until when it holds, as it stands there: `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
    pub(crate) until: &'a str,
    /// The URI of the application (OPC 10000-6 6.2.2).
    pub(crate) uri: &'a str,
}

/// One value of DER: its tag, its content, and what follows it.
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

/// Reads one value. Lengths of up to four bytes are enough for everything that fits into a message.
fn value(bytes: &[u8]) -> Option<Value<'_>> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0_u32, |length, byte| length << 8 | u32::from(*byte));
            (usize::try_from(length).ok()?, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Value {
        tag: *tag,
        content,
        rest,
    })
}

/// The content of a value with that tag, and what follows it.
fn expect(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let value = value(bytes)?;
    (value.tag == tag).then_some((value.content, value.rest))
}

/// Reads the first certificate of a chain; `None` when it is none.
pub(crate) fn owner(chain: &[u8]) -> Option<Owner<'_>> {
    let (certificate, _) = expect(chain, 0x30)?;
    let (signed, _) = expect(certificate, 0x30)?;
    let mut rest = signed;
    // The version stands in front where it is not the first.
    if let Some((_, after)) = expect(rest, 0xa0) {
        rest = after;
    }
    let (_, rest) = expect(rest, 0x02)?;
    let (_, rest) = expect(rest, 0x30)?;
    let (issuer, rest) = expect(rest, 0x30)?;
    let (validity, rest) = expect(rest, 0x30)?;
    let (subject, rest) = expect(rest, 0x30)?;
    let until = value(validity).and_then(|from| value(from.rest));
    Some(Owner {
        subject: name(subject),
        issuer: name(issuer),
        until: until.map_or("", |until| text(until.content)),
        uri: uri(rest).unwrap_or_default(),
    })
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// A name: sets of pairs of a type and a value (RFC 5280 4.1.2.4).
fn name(mut sets: &[u8]) -> String {
    let mut out = String::new();
    for _ in 0..MOST_PARTS {
        let Some((set, after)) = expect(sets, 0x31) else {
            break;
        };
        sets = after;
        let Some((pair, _)) = expect(set, 0x30) else {
            continue;
        };
        let Some((kind, of)) = expect(pair, 0x06) else {
            continue;
        };
        let Some(of) = value(of) else { continue };
        // 2.5.4.x, and 0.9.2342.19200300.100.1.25 for domain components
        let key = match kind {
            [0x55, 0x04, 3] => "CN",
            [0x55, 0x04, 6] => "C",
            [0x55, 0x04, 7] => "L",
            [0x55, 0x04, 8] => "ST",
            [0x55, 0x04, 10] => "O",
            [0x55, 0x04, 11] => "OU",
            [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
            _ => continue,
        };
        let between = if out.is_empty() { "" } else { ", " };
        // Writing into a string cannot fail.
        let _ = write!(out, "{between}{key}={}", String::from_utf8_lossy(of.content));
    }
    out
}

/// The URI among the other names of the subject, in the extensions after its key (RFC 5280 4.2.1.6).
fn uri(mut rest: &[u8]) -> Option<&str> {
    let extensions = loop {
        let next = value(rest)?;
        if next.tag == 0xa3 {
            break next.content;
        }
        rest = next.rest;
    };
    let (mut list, _) = expect(extensions, 0x30)?;
    loop {
        let (extension, after) = expect(list, 0x30)?;
        list = after;
        let (kind, mut of) = expect(extension, 0x06)?;
        if kind != [0x55, 0x1d, 17] {
            continue;
        }
        if let Some((_, after)) = expect(of, 0x01) {
            of = after;
        }
        let (octets, _) = expect(of, 0x04)?;
        let (mut names, _) = expect(octets, 0x30)?;
        while let Some(next) = value(names) {
            if next.tag == 0x86 {
                return Some(text(next.content));
            }
            names = next.rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut out = [tag, 0x82].to_vec();
        out.extend((content.len() as u16).to_be_bytes());
        out.extend(content);
        out
    }

    fn part(kind: u8, text: &str) -> Vec<u8> {
        let pair = [der(0x06, &[0x55, 0x04, kind]), der(0x0c, text.as_bytes())].concat();
        der(0x31, &der(0x30, &pair))
    }

    fn certificate() -> Vec<u8> {
        let names = [der(0x82, b"plc1"), der(0x86, b"urn:plc1:app")].concat();
        let other = [der(0x06, &[0x55, 0x1d, 17]), der(0x04, &der(0x30, &names))].concat();
        let signed = [
            der(0xa0, &der(0x02, &[2])),
            der(0x02, &[1, 2, 3]),
            der(0x30, &[]),
            der(0x30, &part(3, "ACME CA")),
            der(
                0x30,
                &[der(0x17, b"200101000000Z"), der(0x17, b"300101000000Z")].concat(),
            ),
            der(0x30, &[part(3, "PLC1"), part(10, "ACME")].concat()),
            der(0x30, &[]),
            der(0xa3, &der(0x30, &der(0x30, &other))),
        ]
        .concat();
        der(
            0x30,
            &[der(0x30, &signed), der(0x30, &[]), der(0x03, &[0])].concat(),
        )
    }

    #[test]
    fn subject_issuer_and_uri_are_read() {
        let certificate = certificate();
        let owner = owner(&certificate).unwrap();
        assert_eq!(
            (owner.subject.as_str(), owner.issuer.as_str()),
            ("CN=PLC1, O=ACME", "CN=ACME CA")
        );
        assert_eq!((owner.until, owner.uri), ("300101000000Z", "urn:plc1:app"));
    }

    #[test]
    fn no_cut_and_no_altered_byte_fails() {
        let whole = certificate();
        for end in 0..whole.len() {
            assert!(owner(&whole[..end]).is_none());
        }
        for place in 0..whole.len() {
            for byte in [0, 0x7f, 0x80, 0x84, 0xff] {
                let mut altered = whole.clone();
                altered[place] = byte;
                owner(&altered);
            }
        }
    }
}
