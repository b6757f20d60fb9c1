//! How strong a certificate is: its key and the hash under its signature (OPC 10000-7, security policies).

use alloc::format;
use alloc::string::{String, ToString};

use x509_cert::der::asn1::UintRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Reader, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// RSA (RFC 8017 A.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// Keys on elliptic curves (RFC 5480 2.1.1); the curve is its parameter.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Curves of OPC UA policies and of TLS.
const CURVES: [(ObjectIdentifier, &str); 5] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), "P-256"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), "P-384"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), "P-521"),
    (
        ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7"),
        "brainpoolP256r1",
    ),
    (
        ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11"),
        "brainpoolP384r1",
    ),
];

/// Signature algorithms by their hash (RFC 8017 A.2.4, RFC 5758 3.2, RFC 8410 3).
const SIGNATURES: [(ObjectIdentifier, &str); 12] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"), "MD2"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"), "MD5"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"), "SHA-1"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"), "SHA-256"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"), "SHA-384"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"), "SHA-512"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), "SHA-1"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), "SHA-256"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"), "SHA-384"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), "SHA-512"),
    (ObjectIdentifier::new_unwrap("1.3.101.112"), "Ed25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.113"), "Ed448"),
];

/// Kind and length of a key, such as `RSA 2048` or `EC P-256`; empty where the kind is not known.
pub(super) fn of(key: &SubjectPublicKeyInfoOwned) -> String {
    if key.algorithm.oid == RSA {
        return match key.subject_public_key.as_bytes().and_then(modulus_bits) {
            Some(bits) => format!("RSA {bits}"),
            None => String::new(),
        };
    }
    if key.algorithm.oid != EC {
        return String::new();
    }
    let curve = key
        .algorithm
        .parameters
        .as_ref()
        .and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
    match curve {
        Some(curve) => {
            let name = CURVES.iter().find(|(oid, _)| *oid == curve);
            format!(
                "EC {}",
                name.map_or_else(|| curve.to_string(), |(_, name)| (*name).to_string())
            )
        }
        None => "EC".to_string(),
    }
}

/// The length of the modulus of an RSA key (RFC 8017 A.1.1).
fn modulus_bits(der: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(der).ok()?;
    let bits = reader.sequence(|inner| {
        let modulus = UintRef::decode(inner)?;
        let _exponent = UintRef::decode(inner)?;
        let bytes = modulus.as_bytes();
        let unused = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
        Ok::<_, x509_cert::der::Error>(bytes.len() * 8 - unused)
    });
    bits.ok()
}

/// The hash under a signature; empty where the algorithm is not known.
pub(super) fn hash(signature: &ObjectIdentifier) -> &'static str {
    SIGNATURES
        .iter()
        .find(|(oid, _)| oid == signature)
        .map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_rsa_key_is_that_of_its_modulus() {
        for (der, bits) in [
            // SEQUENCE { INTEGER 0x00ff01, INTEGER 3 }: the zero only says that it is positive
            (&[0x30, 8, 2, 3, 0, 0xff, 1, 2, 1, 3][..], Some(16)),
            (&[0x30, 7, 2, 2, 0x01, 0x01, 2, 1, 3], Some(9)),
            (&[0x30, 3, 2, 1, 3], None),
            (&[0x30, 7, 2, 2, 0x01], None),
            (&[], None),
        ] {
            assert_eq!(modulus_bits(der), bits, "{der:02x?}");
        }
    }
}
