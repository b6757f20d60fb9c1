//! Numbers at a place in bytes.

/// A byte.
pub(super) fn byte(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// A 16-bit number, high byte first.
pub(super) fn big16(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*pair))
}

/// A 16-bit number, low byte first.
pub(super) fn little16(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*pair))
}

/// A 32-bit number, high byte first.
pub(super) fn big32(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*four))
}

/// A 32-bit number, low byte first.
pub(super) fn little32(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*four))
}

/// Is `wanted` somewhere in the first `within` bytes?
pub(super) fn contains(bytes: &[u8], wanted: &[u8], within: usize) -> bool {
    bytes
        .get(..within)
        .unwrap_or(bytes)
        .windows(wanted.len().max(1))
        .any(|window| window == wanted)
}

/// Printable ASCII and line ends only, in the first 256 bytes.
pub(super) fn text(bytes: &[u8]) -> bool {
    let front = bytes.get(..256).unwrap_or(bytes);
    !front.is_empty()
        && front
            .iter()
            .all(|byte| matches!(byte, 0x20..=0x7e | b'\r' | b'\n' | b'\t'))
}
