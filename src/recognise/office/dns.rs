//! DNS, multicast DNS and LLMNR (RFC 1035 4.1.1).

use super::super::bytes::big16;
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static DNS: Recogniser = Recogniser {
    name: "dns",
    title: "DNS",
    industrial: false,
    ports: &[53, 5353, 5355],
    test,
};

/// A header whose counts are small and whose reserved bit is 0; over TCP behind the length.
fn test(look: &Look<'_>) -> Likeness {
    let at = if look.tcp() { 2 } else { 0 };
    let count = |place| big16(look.bytes, at + place);
    let fits = look.bytes.len() >= at + 12
        && count(2).is_some_and(|flags| flags & 0x0040 == 0 && matches!(flags >> 11 & 15, 0..=5))
        && count(4).is_some_and(|questions| questions <= 16)
        && [6, 8, 10]
            .iter()
            .all(|place| count(*place).is_some_and(|records| records <= 512))
        && count(4)
            .zip(count(6))
            .is_some_and(|(questions, answers)| questions + answers > 0);
    Likeness::Fits.when(fits)
}
