//! The name of a flow: both ends and the transport, the same for both directions.

use std::net::IpAddr;

/// One end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

/// Both ends in a fixed order, and the transport. Sized for hashing: three words pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    low: u128,
    high: u128,
    /// Ports and transport in one word.
    tail: u64,
}

/// What stands before an IPv4 address in its mapped form (RFC 4291 2.5.5.2).
const MAPPED: u128 = 0xffff << 32;

/// An address as a number; IPv4 in its mapped form.
const fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Key {
    /// The key of a packet, and whether its sender is the lower end.
    #[must_use]
    #[inline]
    pub fn new(source: End, destination: End, protocol: u8) -> (Self, bool) {
        if let (IpAddr::V4(from), IpAddr::V4(to)) = (source.ip, destination.ip) {
            // Nearly every packet, so with few comparisons: address and port in one word.
            let from = u64::from(from.to_bits()) << 16 | u64::from(source.port);
            let to = u64::from(to.to_bits()) << 16 | u64::from(destination.port);
            let (low, high) = (from.min(to), from.max(to));
            let key = Self {
                low: MAPPED | u128::from(low >> 16),
                high: MAPPED | u128::from(high >> 16),
                tail: (low & 0xffff) << 32 | (high & 0xffff) << 16 | u64::from(protocol),
            };
            return (key, from <= to);
        }
        Self::of_any(source, destination, protocol)
    }

    #[cold]
    fn of_any(source: End, destination: End, protocol: u8) -> (Self, bool) {
        let (from, to) = (number(source.ip), number(destination.ip));
        let forward = (from, source.port) <= (to, destination.port);
        let (low, low_port, high, high_port) = if forward {
            (from, source.port, to, destination.port)
        } else {
            (to, destination.port, from, source.port)
        };
        let tail = u64::from(low_port) << 32 | u64::from(high_port) << 16 | u64::from(protocol);
        (Self { low, high, tail }, forward)
    }

    /// Equality without a call for it, for the comparison that is made with each packet.
    #[must_use]
    #[inline]
    pub const fn is(&self, other: &Self) -> bool {
        (self.low ^ other.low) | (self.high ^ other.high) == 0 && self.tail == other.tail
    }
}
