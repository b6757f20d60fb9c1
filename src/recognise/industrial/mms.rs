//! MMS (ISO 9506), which IEC 61850 and ICCP (IEC 60870-6 TASE.2) speak, in COTP data units.

use super::super::bytes::{byte, contains};
use super::super::{Likeness, Look, Recogniser};
use super::cotp::data;

/// How far into a segment the names of ICCP are looked for.
const NAMES: usize = 512;

pub(in super::super) static MMS: Recogniser = Recogniser {
    name: "mms",
    title: "MMS (IEC 61850)",
    industrial: true,
    ports: &[102],
    // What follows may name it ICCP.
    test: |look| Likeness::Perhaps.when(session(look).is_some()),
};

pub(in super::super) static ICCP: Recogniser = Recogniser {
    name: "iccp",
    title: "ICCP (TASE.2)",
    industrial: true,
    ports: &[102],
    // The variables that every server has (IEC 60870-6-503 8).
    test: |look| {
        let names = [
            &b"TASE2_Version"[..],
            b"Supported_Features",
            b"Bilateral_Table_ID",
            b"Transfer_Set",
        ];
        let named = session(look).is_some_and(|data| names.iter().any(|name| contains(data, name, NAMES)));
        Likeness::Is.when(named)
    },
};

/// The session unit: CONNECT, ACCEPT, REFUSE, FINISH, DISCONNECT, ABORT, or GIVE TOKENS with DATA TRANSFER (ISO 8327 8.3).
fn session<'a>(look: &Look<'a>) -> Option<&'a [u8]> {
    let data = data(look)?;
    let told = match byte(data, 0)? {
        1 => data.starts_with(&[1, 0, 1, 0]) && matches!(byte(data, 4), Some(0x61 | 0x31)),
        // CONNECT and ACCEPT carry a presentation unit with object identifiers of ISO 8823 (2.1.1, 2.1 and 52.1.0.1).
        0x0d | 0x0e => {
            contains(data, &[0x06, 0x02, 0x51, 0x01], NAMES)
                || contains(data, &[0x06, 0x04, 0x52, 0x01], NAMES)
        }
        0x09 | 0x0a | 0x0c | 0x19 => contains(data, &[0x61], 64) && contains(data, &[0x30], 64),
        _ => false,
    };
    told.then_some(data)
}
