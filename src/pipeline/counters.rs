//! Every counter that says what was seen and what was not.

use std::collections::BTreeMap;

use crate::flow::Counts;
use crate::link::NoPacket;

/// EtherType of MACsec.
const MACSEC: u16 = 0x88e5;
/// IP protocol of the encapsulating security payload.
const ESP: u8 = 50;

/// Counts of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames read.
    pub frames: u64,
    /// Their captured bytes.
    pub bytes: u64,
    /// Frames cut by a snap length.
    pub truncated: u64,
    /// TCP segments.
    pub tcp: u64,
    /// UDP datagrams.
    pub udp: u64,
    /// IP packets of other transports.
    pub other_transport: u64,
    /// Frames of other protocols than IP, by EtherType.
    pub not_ip: BTreeMap<u16, u64>,
    /// Frames whose headers contradict themselves or end too soon.
    pub damaged_headers: u64,
    /// Frames of a link type that is not read.
    pub unread_link_type: u64,
    /// Link type that is not read, the first one met.
    pub link_type: Option<u32>,
    /// Fragmented packets given up without all their pieces.
    pub fragments_given_up: u64,
    /// Fragmented packets whose pieces overlap with different content.
    pub fragments_overlapping: u64,
    /// Frames whose content is encrypted below TCP and UDP: IPsec ESP (RFC 4303), MACsec (IEEE 802.1AE).
    pub encrypted: u64,
    /// Frames with more layers than are followed.
    pub too_deep: u64,
    /// What happened in the TCP streams.
    pub streams: Counts,
    /// Packets captured twice, of all kinds: copies that a mirror or a redundant network makes.
    pub copies: u64,
    /// Of these, UDP datagrams.
    pub copies_of_datagrams: u64,
    /// Of these, pieces of fragmented packets.
    pub copies_of_fragments: u64,
    /// Holes in conversations that are followed.
    pub gaps: u64,
    /// Bytes in those holes, as far as known.
    pub gap_bytes: u64,
    /// Conversations recognised.
    pub conversations: u64,
    /// Flows with data in which no protocol was recognised.
    pub unrecognised: u64,
    /// Conversations that are recognised and not decoded.
    pub recognised: crate::recognise::Table,
    /// Flows given up because there were too many.
    pub flows_given_up: u64,
}

impl Counters {
    /// The counters that mean that something was not seen, by name.
    #[must_use]
    pub fn lost(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("frames_cut_off", self.truncated),
            ("damaged_headers", self.damaged_headers),
            ("unread_link_type", self.unread_link_type),
            ("encrypted_frames", self.encrypted),
            ("too_many_layers", self.too_deep),
            ("fragments_given_up", self.fragments_given_up),
            ("segments_not_compared", self.streams.uncompared),
            ("flows_given_up", self.flows_given_up),
        ]
    }

    pub(super) fn no_packet(&mut self, why: NoPacket) {
        match why {
            NoPacket::NotIp(MACSEC) | NoPacket::OtherTransport(ESP) => self.encrypted += 1,
            NoPacket::NotIp(kind) => *self.not_ip.entry(kind).or_default() += 1,
            NoPacket::OtherTransport(_) => self.other_transport += 1,
            NoPacket::Short(_) | NoPacket::Malformed(_) => self.damaged_headers += 1,
            NoPacket::TooDeep(_) => self.too_deep += 1,
            NoPacket::LinkType(kind) => {
                self.unread_link_type += 1;
                self.link_type.get_or_insert(kind.0);
            }
        }
    }
}
