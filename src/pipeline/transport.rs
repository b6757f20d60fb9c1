//! TCP and UDP headers.

/// A TCP segment.
pub(super) struct Tcp<'a> {
    pub(super) source: u16,
    pub(super) destination: u16,
    pub(super) sequence: u32,
    pub(super) acknowledgement: u32,
    pub(super) syn: bool,
    pub(super) ack: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) payload: &'a [u8],
    /// Where the payload starts, from the TCP header.
    pub(super) offset: u32,
}

/// Reads a TCP header (RFC 9293 3.1); `None` when it is cut or contradicts itself.
#[inline]
pub(super) fn tcp(bytes: &[u8]) -> Option<Tcp<'_>> {
    let (header, _) = bytes.split_first_chunk::<20>()?;
    let [s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, words, flags, ..] = *header;
    let length = usize::from(words >> 4) * 4;
    if length < 20 {
        return None;
    }
    Some(Tcp {
        source: u16::from_be_bytes([s0, s1]),
        destination: u16::from_be_bytes([d0, d1]),
        sequence: u32::from_be_bytes([q0, q1, q2, q3]),
        acknowledgement: u32::from_be_bytes([a0, a1, a2, a3]),
        fin: flags & 1 != 0,
        syn: flags & 2 != 0,
        rst: flags & 4 != 0,
        ack: flags & 16 != 0,
        payload: bytes.get(length..)?,
        offset: u32::try_from(length).ok()?,
    })
}

/// A UDP datagram.
pub(super) struct Udp<'a> {
    pub(super) source: u16,
    pub(super) destination: u16,
    pub(super) payload: &'a [u8],
    pub(super) offset: u32,
}

/// Reads a UDP header (RFC 768).
pub(super) fn udp(bytes: &[u8]) -> Option<Udp<'_>> {
    let (header, rest) = bytes.split_first_chunk::<8>()?;
    let [s0, s1, d0, d1, l0, l1, _, _] = *header;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    // Length 0 stands for a jumbogram; a length beyond the packet means that it was cut.
    let end = if length >= 8 {
        (length - 8).min(rest.len())
    } else {
        rest.len()
    };
    Some(Udp {
        source: u16::from_be_bytes([s0, s1]),
        destination: u16::from_be_bytes([d0, d1]),
        payload: rest.get(..end)?,
        offset: 8,
    })
}
