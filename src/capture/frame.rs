//! One captured frame and what its bytes start with.

use tapglass_model::CaptureTime;

/// How the bytes of a frame start (the LINKTYPE values of pcap).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: four bytes of address family in the byte order of the capturing host.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP, older value.
    pub const RAW_BSD: Self = Self(12);
    /// Raw IP.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
}

/// One captured frame, borrowed from its source until the next one is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Number from 1, counted as Wireshark does in that capture: it also numbers vendors' own blocks and
    /// journal entries of a pcapng file, which are passed over here.
    pub number: u64,
    /// When it was captured.
    pub at: CaptureTime,
    /// How its bytes start.
    pub link_type: LinkType,
    /// The interface of the capture it came in on, from 0; in a capture of several sections each
    /// section's interfaces follow those of the sections before it.
    pub interface: u32,
    /// Length on the wire without check sequence; more than `bytes` when the capture was cut by a snap length.
    pub wire_length: u32,
    /// The bytes, from the link-layer header on, without a trailing frame check sequence.
    pub bytes: &'a [u8],
}
