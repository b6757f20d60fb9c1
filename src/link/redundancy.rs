//! HSR tags and PRP trailers (IEC 62439-3): the sequence number by which the second copy of a frame is known.

use super::word;

/// EtherType of an HSR tag.
pub(super) const HSR: u16 = 0x892f;
/// Last two bytes of a PRP trailer.
const SUFFIX: u16 = 0x88fb;
/// Length of the trailer: sequence number, LAN and size, suffix.
const TRAILER: usize = 6;

/// The sequence number of an HSR tag that starts at `at`, behind its EtherType, and the EtherType of what follows.
pub(super) fn hsr(bytes: &[u8], at: usize) -> Option<(u16, u16)> {
    Some((word(bytes, at + 2)?, word(bytes, at + 4)?))
}

/// The sequence number of the PRP trailer at the end of an Ethernet frame whose data starts at `start`.
///
/// The trailer's size field must agree with the frame: the two bytes `88 fb` alone may stand there by chance. The size
/// counts the data of the frame with the trailer; whether tags belong to it differs between implementations.
pub(super) fn prp(bytes: &[u8], start: usize) -> Option<u16> {
    let trailer = bytes.len().checked_sub(TRAILER)?;
    if word(bytes, trailer + 4)? != SUFFIX {
        return None;
    }
    let field = word(bytes, trailer + 2)?;
    let (lan, size) = (field >> 12, usize::from(field & 0x0fff));
    let fits = size == bytes.len().checked_sub(start)? || size == bytes.len().checked_sub(14)?;
    (matches!(lan, 0xa | 0xb) && fits).then(|| word(bytes, trailer))?
}
