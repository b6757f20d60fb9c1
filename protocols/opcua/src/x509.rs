//! What a certificate says of the application that shows it: name, issuer, validity (RFC 5280 4.1; OPC 10000-6 6.2.2).
//!
//! It is shown and not verified: whether a site trusts a certificate is the site's to say.

mod key;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use tapglass_proto::model::CaptureTime;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{DateTime, Decode, Encode, Tag, Tagged};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use crate::certificate::first;

/// Longest text of a name that is kept.
const LONGEST_NAME: usize = 512;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    /// Whose it is, in the form of RFC 4514.
    pub(crate) subject: String,
    /// Who signed it.
    pub(crate) issuer: String,
    /// First moment at which it is valid.
    pub(crate) from: DateTime,
    /// Last moment at which it is valid.
    pub(crate) until: DateTime,
    /// Subject and issuer are the same.
    pub(crate) self_signed: bool,
    /// The URI of the application, empty where none is stated (OPC 10000-6 6.2.2).
    pub(crate) uri: String,
    /// Kind and length of its key, such as `RSA 2048`; empty where the kind is not known.
    pub(crate) key: String,
    /// The hash under its signature; empty where the algorithm is not known.
    pub(crate) hash: &'static str,
}

impl Stated {
    /// Of the first certificate of a chain; `None` where it is not one.
    pub(crate) fn of(chain: &[u8]) -> Option<Self> {
        let certificate = CertificateInner::<Raw>::from_der(first(chain)).ok()?;
        let inner = certificate.tbs_certificate();
        let encoded = |name: &Name| name.to_der().ok();
        Some(Self {
            self_signed: encoded(inner.subject()) == encoded(inner.issuer()),
            subject: text(inner.subject()),
            issuer: text(inner.issuer()),
            from: inner.validity().not_before.to_date_time(),
            until: inner.validity().not_after.to_date_time(),
            uri: uri(inner.extensions().map_or(&[], |list| list.as_slice())),
            key: key::of(inner.subject_public_key_info()),
            hash: key::hash(&inner.signature().oid),
        })
    }

    /// What is wrong with its validity at a time; `None` when nothing is.
    pub(crate) fn trouble(&self, at: CaptureTime) -> Option<&'static str> {
        let seconds = u64::try_from(at.0.div_euclid(1_000_000_000)).unwrap_or(0);
        if seconds > self.until.unix_duration().as_secs() {
            Some("expired")
        } else if seconds < self.from.unix_duration().as_secs() {
            Some("not yet valid")
        } else {
            None
        }
    }
}

/// Attributes of names that have a short form (RFC 4514 3, RFC 5280 4.1.2.4).
const ATTRIBUTES: [(ObjectIdentifier, &str); 9] = [
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "serialNumber"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1"),
        "emailAddress",
    ),
];

/// A name in the form of RFC 4514, the last part first. Longer ones are cut.
fn text(name: &Name) -> String {
    let mut out = String::new();
    let parts: Vec<_> = name.iter_rdn().collect();
    for (place, part) in parts.iter().rev().enumerate() {
        for (number, attribute) in part.iter().enumerate() {
            if out.len() > LONGEST_NAME {
                return bounded(out);
            }
            match (place, number) {
                (0, 0) => {}
                (_, 0) => out.push(','),
                _ => out.push('+'),
            }
            let short = ATTRIBUTES.iter().find(|(oid, _)| *oid == attribute.oid);
            match short {
                Some((_, short)) => out.push_str(short),
                None => out.push_str(&attribute.oid.to_string()),
            }
            out.push('=');
            value(&mut out, attribute.value.tag(), attribute.value.value());
        }
    }
    bounded(out)
}

/// The text of an attribute; what is no text in hexadecimal.
fn value(out: &mut String, tag: Tag, bytes: &[u8]) {
    let bytes = bytes.get(..LONGEST_NAME).unwrap_or(bytes);
    let add = |out: &mut String, letter: char| {
        if matches!(letter, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            out.push('\\');
        }
        out.push(letter);
    };
    match tag {
        // ISO 8859-1 is what is meant by it in practice.
        Tag::TeletexString => bytes.iter().for_each(|byte| add(out, char::from(*byte))),
        Tag::BmpString => {
            let units = bytes
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)));
            char::decode_utf16(units)
                .for_each(|letter| add(out, letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
            String::from_utf8_lossy(bytes)
                .chars()
                .for_each(|letter| add(out, letter));
        }
        _ => {
            out.push('#');
            for byte in bytes {
                // Writing into a string cannot fail.
                let _ = write!(out, "{byte:02x}");
            }
        }
    }
}

/// The first URI among the other names of the subject (RFC 5280 4.2.1.6). Longer ones are cut.
fn uri(extensions: &[Extension]) -> String {
    extensions
        .iter()
        .filter(|extension| extension.extn_id == SubjectAltName::OID)
        .filter_map(|extension| SubjectAltName::from_der(extension.extn_value.as_bytes()).ok())
        .flat_map(|names| names.0)
        .find_map(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(bounded(uri.to_string())),
            _ => None,
        })
        .unwrap_or_default()
}

/// The text without what is too long.
fn bounded(mut text: String) -> String {
    if text.len() > LONGEST_NAME {
        let end = (0..=LONGEST_NAME).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CN=hmi 1, O=Acme, C=DE, signed by CN=plant CA, O=Acme; valid in 2024; made for this test, its key thrown away.
    const CERTIFICATE: &str = "\
        308201573081fea003020102020105300a06082a8648ce3d0403023022310d300b060355040a0c0441636d653111300f0603\
        5504030c08706c616e74204341301e170d3234303130313030303030305a170d3235303130313030303030305a302c310b30\
        09060355040613024445310d300b060355040a0c0441636d65310e300c06035504030c05686d6920313059301306072a8648\
        ce3d020106082a8648ce3d030107034200043b9b4d3a44119cec0cbebf3ea80d3261c19fc344cb1ca58fe735511bcda7579f\
        bfe01d6687c177dc37fb6a9fd2918b6b5d2d82176d946384a23132910277f434a31b301930170603551d110410300e860c75\
        726e3a61636d653a686d69300a06082a8648ce3d0403020348003045022100b242de5b3a50082cdd7e149e3e15a125717e0d\
        749e7320b65cfbe1cc4680d4200220049bd1f9e4b762ada9fee06274a62db09f4cf2baa3140ba79c9fbe7cd5722c7b";

    fn bytes() -> Vec<u8> {
        (0..CERTIFICATE.len() / 2)
            .map(|place| u8::from_str_radix(&CERTIFICATE[2 * place..2 * place + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn a_certificate_says_whose_it_is_and_until_when() {
        let mut chain = bytes();
        // what follows the first certificate of a chain belongs to its issuers
        chain.extend([0x30, 0x82, 0, 0]);
        let stated = Stated::of(&chain).unwrap();
        assert_eq!(stated.subject, "CN=hmi 1,O=Acme,C=DE");
        assert_eq!(stated.issuer, "CN=plant CA,O=Acme");
        assert!(!stated.self_signed);
        assert_eq!(stated.uri, "urn:acme:hmi");
        assert_eq!((stated.key.as_str(), stated.hash), ("EC P-256", "SHA-256"));
        assert_eq!(stated.until.to_string(), "2025-01-01T00:00:00Z");
        for (seconds, trouble) in [
            (1_704_067_199, Some("not yet valid")),
            (1_704_067_200, None),
            (1_735_689_600, None),
            (1_735_689_601, Some("expired")),
            (-1, Some("not yet valid")),
        ] {
            assert_eq!(
                stated.trouble(CaptureTime(seconds * 1_000_000_000)),
                trouble,
                "{seconds}"
            );
        }
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        let whole = bytes();
        for end in 0..whole.len() {
            assert_eq!(Stated::of(&whole[..end]), None, "{end}");
        }
        for place in 0..whole.len() {
            let mut other = whole.clone();
            other[place] ^= 0xff;
            // Names may change; nothing may fail.
            let _ = Stated::of(&other);
        }
    }

    #[test]
    fn values_are_text_whatever_their_type() {
        for (tag, bytes, shown) in [
            (Tag::Utf8String, &b"a, b\\c=d"[..], "a\\, b\\\\c\\=d"),
            (Tag::Utf8String, b"\xff", "\u{fffd}"),
            (Tag::TeletexString, b"M\xfcller", "M\u{fc}ller"),
            (Tag::BmpString, b"\0A\0\xe4\xd8\0", "A\u{e4}\u{fffd}"),
            (Tag::Integer, b"\x01\xab", "#01ab"),
        ] {
            let mut out = String::new();
            value(&mut out, tag, bytes);
            assert_eq!(out, shown, "{tag}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let long = "\u{e4}".repeat(LONGEST_NAME);
        assert_eq!(bounded(long).len(), LONGEST_NAME);
        assert_eq!(
            bounded(["a", &"\u{e4}".repeat(LONGEST_NAME)].concat()).len(),
            LONGEST_NAME - 1
        );
    }
}
