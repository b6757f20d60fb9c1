//! SRTP of GE controllers: 56-byte messages on port 18245.

use super::super::bytes::byte;
use super::super::{Likeness, Recogniser};

pub(in super::super) static SRTP: Recogniser = Recogniser {
    name: "ge_srtp",
    title: "GE SRTP",
    industrial: true,
    ports: &[18_245, 18_246],
    // A connection opens with 56 zeros and is answered with a 1; later messages say 2 (request) or 3 (answer).
    test: |look| {
        let bytes = look.bytes;
        let opens = bytes.len() == 56 && byte(bytes, 0).is_some_and(|kind| kind <= 1);
        let opens = opens && bytes.iter().skip(1).filter(|byte| **byte != 0).count() <= 2;
        let speaks = bytes.len() >= 56
            && matches!(byte(bytes, 0), Some(2 | 3))
            && byte(bytes, 1) == Some(0)
            && matches!(byte(bytes, 31), Some(0x80 | 0x94 | 0xc0 | 0xd1 | 0xd4));
        Likeness::Fits.when(look.tcp() && (opens || speaks))
    },
};
