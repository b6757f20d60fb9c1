//! ClientHello, ServerHello, Certificate and CertificateRequest (RFC 8446 4.1, RFC 5246 7.4).

use super::certificate;
use super::facts::Facts;
use crate::recognise::bytes::{big16, byte};

/// Names longer than this are no host names (RFC 1035 2.3.4).
const NAME: usize = 255;
/// Application protocols that are kept.
const PROTOCOLS: usize = 8;
/// ServerHello whose random is this asks for another ClientHello (RFC 8446 4.1.3); the first and last bytes tell.
const RETRY: ([u8; 4], [u8; 4]) = ([0xcf, 0x21, 0xad, 0x74], [0x07, 0x9e, 0x09, 0xe2]);

/// Bytes that are taken from the front; everything is `None` when they run out.
struct Take<'a>(&'a [u8]);

impl<'a> Take<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    /// A list whose length stands before it in `width` bytes.
    fn list(&mut self, width: usize) -> Option<&'a [u8]> {
        let length = self
            .take(width)?
            .iter()
            .fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        self.take(length)
    }

    fn big16(&mut self) -> Option<u16> {
        big16(self.take(2)?, 0)
    }
}

/// Reads one handshake message. `from_client` is what its type says, for those that both ends send it is `sender_asks`.
pub(super) fn message(kind: u8, body: &[u8], sender_asks: bool, facts: &mut Facts) {
    // What is cut or contradicts itself says nothing further.
    let _ = match kind {
        1 => client_hello(body, facts),
        2 => server_hello(body, facts),
        11 => certificates(body, sender_asks, facts),
        13 => {
            facts.client_certificate_requested = Some(true);
            Some(())
        }
        // ServerHelloDone without a request before it: none was made.
        14 => {
            facts.client_certificate_requested.get_or_insert(false);
            Some(())
        }
        _ => Some(()),
    };
}

fn client_hello(body: &[u8], facts: &mut Facts) -> Option<()> {
    let mut take = Take(body);
    let version = take.big16()?;
    facts.offered = Some(version);
    take.take(32)?;
    take.list(1)?;
    take.list(2)?;
    take.list(1)?;
    extensions(&mut take, |kind, body| match kind {
        0 => {
            // A list of names of which host_name (0) is the only kind.
            let name = body
                .get(5..)
                .filter(|_| byte(body, 2) == Some(0))
                .unwrap_or_default();
            facts.server_name = text(name);
        }
        16 => {
            let mut names = Take(body.get(2..).unwrap_or_default());
            facts.offered_protocols.clear();
            while facts.offered_protocols.len() < PROTOCOLS
                && let Some(name) = names.list(1)
            {
                facts.offered_protocols.extend(text(name));
            }
        }
        43 => {
            let versions = body.get(1..).unwrap_or_default().chunks_exact(2);
            // Values of the form ?a?a are put in to test that they are ignored (RFC 8701).
            let highest = versions
                .filter_map(|pair| big16(pair, 0))
                .filter(|version| version & 0x0f0f != 0x0a0a)
                .max();
            facts.offered = highest.or(facts.offered);
        }
        _ => {}
    })
}

fn server_hello(body: &[u8], facts: &mut Facts) -> Option<()> {
    let mut take = Take(body);
    let version = take.big16()?;
    let random = take.take(32)?;
    if random.starts_with(&RETRY.0) && random.ends_with(&RETRY.1) {
        // The server's choice follows in another hello.
        return Some(());
    }
    facts.version = Some(version);
    take.list(1)?;
    facts.cipher_suite = Some(take.big16()?);
    take.take(1)?;
    extensions(&mut take, |kind, body| match kind {
        16 => facts.protocol = text(body.get(3..).unwrap_or_default()),
        43 => facts.version = big16(body, 0).or(facts.version),
        _ => {}
    })
}

fn extensions<'a>(take: &mut Take<'a>, mut each: impl FnMut(u16, &'a [u8])) -> Option<()> {
    let mut all = Take(take.list(2)?);
    while let (Some(kind), Some(body)) = (all.big16(), all.list(2)) {
        each(kind, body);
    }
    Some(())
}

/// The first of the chain is the sender's own.
fn certificates(body: &[u8], sender_asks: bool, facts: &mut Facts) -> Option<()> {
    let mut chain = Take(Take(body).list(3)?);
    let subject = certificate::subject(chain.list(3)?);
    if sender_asks {
        facts.client_certificate = subject;
    } else {
        facts.server_certificate = subject;
    }
    Some(())
}

/// Printable text of a sensible length.
fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = !text.is_empty() && text.len() <= NAME && !text.chars().any(char::is_control);
    plain.then(|| text.to_owned())
}
