//! A piece of a stream, in order, as the flow layer hands it to a decoder.

use tapglass_model::CaptureTime;

/// Who sent something, by the roles of the protocol: who asks and who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the client (Modbus client, DNP3 master, OPC UA client).
    FromClient,
    /// From the server (Modbus server, DNP3 outstation, OPC UA server).
    FromServer,
}

impl Direction {
    /// The other direction.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::FromClient => Self::FromServer,
            Self::FromServer => Self::FromClient,
        }
    }

    /// 0 for the client, 1 for the server: the index of per-direction state.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::FromClient => 0,
            Self::FromServer => 1,
        }
    }

    /// The word of records: `client` or `server`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FromClient => "client",
            Self::FromServer => "server",
        }
    }
}

/// How a protocol travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// The protocol's own framing over TCP.
    Tcp,
    /// The protocol's own framing over UDP: each chunk is one whole datagram.
    Udp,
    /// Modbus RTU frames with their CRC over TCP.
    RtuOverTcp,
    /// Modbus ASCII frames over TCP.
    AsciiOverTcp,
}

impl Transport {
    /// The word of records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::RtuOverTcp => "rtu_over_tcp",
            Self::AsciiOverTcp => "ascii_over_tcp",
        }
    }
}

/// Bytes of one direction of one conversation, next in order, all from one frame.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// When the frame was captured that made these bytes deliverable.
    pub at: CaptureTime,
    /// That frame's number, from 1.
    pub frame: u64,
    /// The frame that carried the bytes; earlier than `frame` when they waited for a missing segment.
    pub carried_by: u64,
    /// Where in the carrying frame the first byte stands.
    pub offset: u32,
    /// Who sent them.
    pub direction: Direction,
    /// The bytes.
    pub bytes: &'a [u8],
}
