//! What a certificate says of the application that shows it: name, issuer, validity (RFC 5280 4.1; OPC 10000-6 6.2.2).
//!
//! It is shown and not verified: whether a site trusts a certificate is the site's to say.

use alloc::string::{String, ToString};

use tapglass_proto::model::CaptureTime;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::{DateTime, Decode, Encode};

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
}

impl Stated {
    /// Of the first certificate of a chain; `None` where it is not one.
    pub(crate) fn of(chain: &[u8]) -> Option<Self> {
        let certificate = CertificateInner::<Raw>::from_der(first(chain)).ok()?;
        let inner = certificate.tbs_certificate();
        let encoded = |name: &x509_cert::name::Name| name.to_der().ok();
        Some(Self {
            self_signed: encoded(inner.subject()) == encoded(inner.issuer()),
            subject: bounded(inner.subject().to_string()),
            issuer: bounded(inner.issuer().to_string()),
            from: inner.validity().not_before.to_date_time(),
            until: inner.validity().not_after.to_date_time(),
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

/// The text without what is too long.
fn bounded(mut text: String) -> String {
    if text.len() > LONGEST_NAME {
        let end = (0..=LONGEST_NAME).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
    }
    text
}
