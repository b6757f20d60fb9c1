//! TCP and UDP headers.

use std::net::IpAddr;

use crate::link::Packet;

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
    /// Urgent pointer, 0 without the flag.
    pub(super) urgent: u16,
    pub(super) payload: &'a [u8],
    /// Where the payload starts, from the TCP header.
    pub(super) offset: u32,
}

/// Reads a TCP header (RFC 9293 3.1); `None` when it is cut or contradicts itself.
#[inline]
pub(super) fn tcp(bytes: &[u8]) -> Option<Tcp<'_>> {
    let (header, _) = bytes.split_first_chunk::<20>()?;
    let [
        s0,
        s1,
        d0,
        d1,
        q0,
        q1,
        q2,
        q3,
        a0,
        a1,
        a2,
        a3,
        words,
        flags,
        _,
        _,
        _,
        _,
        u0,
        u1,
    ] = *header;
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
        urgent: if flags & 32 != 0 {
            u16::from_be_bytes([u0, u1])
        } else {
            0
        },
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

/// Is the checksum of a TCP segment right (RFC 9293 3.1)? `None` when the segment was cut. A capture on the sending host has
/// wrong ones, which its network card corrects, so this is evidence and no verdict.
pub(super) fn checksum(packet: &Packet<'_>) -> Option<bool> {
    if packet.missing > 0 {
        return None;
    }
    let add = |bytes: &[u8]| {
        bytes
            .chunks(2)
            .map(|pair| match *pair {
                [high, low] => u64::from(u16::from_be_bytes([high, low])),
                [high] => u64::from(high) << 8,
                _ => 0,
            })
            .sum::<u64>()
    };
    let address = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => add(&ip.octets()),
        IpAddr::V6(ip) => add(&ip.octets()),
    };
    let mut sum = address(packet.source) + address(packet.destination) + u64::from(packet.protocol);
    sum += packet.payload.len() as u64 + add(packet.payload);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    Some(sum == 0xffff)
}
