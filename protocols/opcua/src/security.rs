//! Security headers and policies (OPC 10000-6 6.7.2.3, OPC 10000-7): enough to know what can be read.

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::types::bytes;

/// Where policy URIs begin.
const PREFIX: &str = "http://opcfoundation.org/UA/SecurityPolicy#";

/// A security policy, which fixes the algorithms of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Not seen: the channel was opened before the capture began.
    Unknown,
    /// No protection.
    None,
    /// One of the policies of OPC 10000-7, by its place in [`POLICIES`].
    Listed(u8),
    /// Any other.
    Other,
}

/// The names of policies and how many bytes the signature of a symmetric message takes.
const POLICIES: [(&str, usize); 13] = [
    // HMAC-SHA1
    ("Basic128Rsa15", 20),
    ("Basic256", 20),
    // HMAC-SHA256
    ("Basic256Sha256", 32),
    ("Aes128_Sha256_RsaOaep", 32),
    ("Aes256_Sha256_RsaPss", 32),
    ("ECC_nistP256", 32),
    ("ECC_brainpoolP256r1", 32),
    // HMAC-SHA384
    ("ECC_nistP384", 48),
    ("ECC_brainpoolP384r1", 48),
    // Poly1305 tag
    ("ECC_curve25519", 16),
    ("ECC_curve448", 16),
    ("Basic192Rsa15", 20),
    ("Basic192", 20),
];

impl Policy {
    /// The policy of a URI; null means none (OPC 10000-6 6.7.2.3).
    pub(crate) fn of(uri: Option<&[u8]>) -> Self {
        let Some(uri) = uri.filter(|uri| !uri.is_empty()) else {
            return Self::None;
        };
        let Some(name) = uri.strip_prefix(PREFIX.as_bytes()) else {
            return Self::Other;
        };
        if name == b"None" {
            return Self::None;
        }
        let place = POLICIES.iter().position(|(known, _)| known.as_bytes() == name);
        place
            .and_then(|place| u8::try_from(place).ok())
            .map_or(Self::Other, Self::Listed)
    }

    /// The last part of the URI; `None` where it is not known.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::None => Some("None"),
            Self::Listed(place) => POLICIES.get(usize::from(place)).map(|(name, _)| *name),
            Self::Unknown | Self::Other => None,
        }
    }

    /// True for policies with elliptic curves, which sign OPN and leave it readable (OPC 10000-6 6.8.1).
    pub(crate) fn leaves_open_readable(self) -> bool {
        self == Self::None || self.name().is_some_and(|name| name.starts_with("ECC_"))
    }

    /// Bytes of a symmetric signature.
    pub(crate) fn signature(self) -> usize {
        match self {
            Self::Listed(place) => POLICIES.get(usize::from(place)).map_or(0, |(_, size)| *size),
            _ => 0,
        }
    }
}

/// True when so many bytes after a whole body can be a signature.
pub(crate) fn is_signature(bytes: usize) -> bool {
    POLICIES.iter().any(|(_, size)| *size == bytes)
}

/// How the messages of a channel are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Not known yet: OPN is encrypted whenever anything is signed, so the first message tells.
    Unknown,
    /// Not at all.
    None,
    /// Signed and readable.
    Sign,
    /// Encrypted.
    SignAndEncrypt,
}

impl Mode {
    /// The name; `None` where it is not known.
    pub(crate) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::None => Some("None"),
            Self::Sign => Some("Sign"),
            Self::SignAndEncrypt => Some("SignAndEncrypt"),
        }
    }
}

/// The security header of OPN (OPC 10000-6 6.7.2.3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsymmetricHeader<'a> {
    /// URI of the policy.
    pub(crate) policy: Option<&'a [u8]>,
    /// The sender's certificate, DER.
    pub(crate) certificate: Option<&'a [u8]>,
    /// SHA-1 of the receiver's certificate.
    pub(crate) thumbprint: Option<&'a [u8]>,
}

impl<'a> AsymmetricHeader<'a> {
    /// Reads the header.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            policy: bytes(cursor, "SecurityPolicyUri")?,
            certificate: bytes(cursor, "SenderCertificate")?,
            thumbprint: bytes(cursor, "ReceiverCertificateThumbprint")?,
        })
    }
}

/// The sequence header (OPC 10000-6 6.7.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SequenceHeader {
    /// Counts the chunks of one direction of a channel.
    pub(crate) sequence: u32,
    /// The client's number of the request, which the response repeats.
    pub(crate) request: u32,
}

impl SequenceHeader {
    /// Reads the header.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        Ok(Self {
            sequence: cursor.u32_le("SequenceNumber")?,
            request: cursor.u32_le("RequestId")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_known_by_the_end_of_their_uri() {
        assert_eq!(Policy::of(None), Policy::None);
        assert_eq!(
            Policy::of(Some(b"http://opcfoundation.org/UA/SecurityPolicy#None")),
            Policy::None
        );
        let policy = Policy::of(Some(b"http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"));
        assert_eq!((policy.name(), policy.signature()), (Some("Basic256Sha256"), 32));
        assert_eq!(Policy::of(Some(b"urn:mine")), Policy::Other);
    }
}
