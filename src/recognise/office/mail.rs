//! FTP (RFC 959) and SMTP (RFC 5321): lines of text with codes and verbs.

use super::super::bytes::text;
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static FTP: Recogniser = Recogniser {
    name: "ftp",
    title: "FTP",
    industrial: false,
    ports: &[21],
    test: line,
};

pub(in super::super) static SMTP: Recogniser = Recogniser {
    name: "smtp",
    title: "SMTP",
    industrial: false,
    ports: &[25, 587],
    test: line,
};

/// Three digits and a space or hyphen, or a verb of four letters.
fn line(look: &Look<'_>) -> Likeness {
    let bytes = look.bytes;
    let reply = bytes.first_chunk::<4>().is_some_and(|[a, b, c, d]| {
        [a, b, c].iter().all(|byte| byte.is_ascii_digit()) && matches!(d, b' ' | b'-')
    });
    let verb = bytes
        .first_chunk::<3>()
        .is_some_and(|front| front.iter().all(u8::is_ascii_uppercase));
    Likeness::Fits.when(look.tcp() && text(bytes) && (reply || verb))
}
