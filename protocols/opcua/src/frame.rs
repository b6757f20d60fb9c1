//! The frames of the UA Connection Protocol and of UA Secure Conversation: eight bytes that say what follows
//! (OPC 10000-6 6.7.2.2, 7.1.2.2), and the messages that set a connection up.

use tapglass_proto::{Cursor, Direction};

use crate::fault::Fault;
use crate::types::bytes;

/// Type and size, before anything else.
pub(crate) const HEADER: usize = 8;
/// The header and the channel id.
pub(crate) const CHANNEL_HEADER: usize = 12;
/// No endpoint URL or error reason may be longer (OPC 10000-6 7.1.2.3, 7.1.2.5).
const LONGEST_TEXT: usize = 4096;

/// The type of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameType {
    /// HEL: the client greets.
    Hello,
    /// ACK: the server answers.
    Acknowledge,
    /// ERR: something went wrong and the connection ends.
    Error,
    /// RHE: a server calls a client.
    ReverseHello,
    /// OPN: a secure channel is opened or its token renewed.
    Open,
    /// MSG: a part of a service message.
    Message,
    /// CLO: the channel is closed.
    Close,
}

impl FrameType {
    const ALL: [(Self, [u8; 3]); 7] = [
        (Self::Hello, *b"HEL"),
        (Self::Acknowledge, *b"ACK"),
        (Self::Error, *b"ERR"),
        (Self::ReverseHello, *b"RHE"),
        (Self::Open, *b"OPN"),
        (Self::Message, *b"MSG"),
        (Self::Close, *b"CLO"),
    ];

    /// The type of three letters.
    fn read(letters: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| known == letters)
            .map(|(kind, _)| kind)
    }

    /// The three letters.
    pub(crate) fn letters(self) -> &'static str {
        match self {
            Self::Hello => "HEL",
            Self::Acknowledge => "ACK",
            Self::Error => "ERR",
            Self::ReverseHello => "RHE",
            Self::Open => "OPN",
            Self::Message => "MSG",
            Self::Close => "CLO",
        }
    }

    /// True for the types that belong to a secure channel.
    pub(crate) const fn has_channel(self) -> bool {
        matches!(self, Self::Open | Self::Message | Self::Close)
    }

    /// Who sends it, where only one can. A client that is called by RHE may answer ERR.
    pub(crate) const fn sender(self) -> Option<Direction> {
        match self {
            Self::Hello | Self::Close => Some(Direction::FromClient),
            Self::Acknowledge | Self::ReverseHello => Some(Direction::FromServer),
            _ => None,
        }
    }

    /// The sizes that a frame of this type can have.
    fn sizes(self, largest: usize) -> (usize, usize) {
        match self {
            // five numbers and a URL
            Self::Hello => (HEADER + 24, HEADER + 24 + LONGEST_TEXT),
            Self::Acknowledge => (HEADER + 20, HEADER + 20),
            Self::Error => (HEADER + 8, HEADER + 8 + LONGEST_TEXT),
            Self::ReverseHello => (HEADER + 8, HEADER + 8 + 2 * LONGEST_TEXT),
            // channel, three lengths, sequence header, and a body of some bytes
            Self::Open => (CHANNEL_HEADER + 12 + 8, largest),
            // channel, token; an encrypted chunk holds at least the sequence header
            Self::Message | Self::Close => (CHANNEL_HEADER + 4 + 8, largest),
        }
    }
}

/// Whether a message is whole with this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkType {
    /// F: the last or only chunk.
    Final,
    /// C: more follow.
    Intermediate,
    /// A: the sender gave the message up.
    Abort,
}

/// The first eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// What the frame is.
    pub(crate) kind: FrameType,
    /// Whether a message is whole with it.
    pub(crate) chunk: ChunkType,
    /// Size of the whole frame with this header.
    pub(crate) size: usize,
}

/// What the bytes at the front of a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// A header.
    Header(Header),
    /// So far it could be one.
    TooShort,
    /// No header: a byte that cannot stand there.
    Strange(&'static str),
}

impl Header {
    /// Reads a header. `largest` is the size above which none is believed.
    pub(crate) fn read(bytes: &[u8], largest: usize) -> Front {
        let here = bytes.get(..bytes.len().min(3)).unwrap_or_default();
        let Some(kind) = FrameType::read(here) else {
            let starts = |(_, letters): &(FrameType, [u8; 3])| letters.starts_with(here);
            return if here.len() < 3 && FrameType::ALL.iter().any(starts) {
                Front::TooShort
            } else {
                Front::Strange("message type")
            };
        };
        let chunk = match bytes.get(3) {
            None => return Front::TooShort,
            Some(b'F') => ChunkType::Final,
            Some(b'C') if kind.has_channel() => ChunkType::Intermediate,
            Some(b'A') if kind.has_channel() => ChunkType::Abort,
            Some(_) => return Front::Strange("chunk type"),
        };
        let Some(size) = bytes.get(4..8) else {
            return Front::TooShort;
        };
        let size = size
            .iter()
            .rev()
            .fold(0_usize, |size, byte| size << 8 | usize::from(*byte));
        let (least, most) = kind.sizes(largest);
        if size < least || size > most {
            return Front::Strange("message size");
        }
        Front::Header(Self { kind, chunk, size })
    }
}

/// The buffers that one side of a connection offers (OPC 10000-6 7.1.2.3, 7.1.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffers {
    /// Version of the UACP protocol.
    pub(crate) version: u32,
    /// Largest chunk that the sender takes.
    pub(crate) receive: u32,
    /// Largest chunk that the sender sends.
    pub(crate) send: u32,
    /// Largest message, 0 for no limit.
    pub(crate) message: u32,
    /// Most chunks of a message, 0 for no limit.
    pub(crate) chunks: u32,
}

impl Buffers {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        Ok(Self {
            version: cursor.u32_le("ProtocolVersion")?,
            receive: cursor.u32_le("ReceiveBufferSize")?,
            send: cursor.u32_le("SendBufferSize")?,
            message: cursor.u32_le("MaxMessageSize")?,
            chunks: cursor.u32_le("MaxChunkCount")?,
        })
    }
}

/// The content of a frame that sets a connection up or ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greeting<'a> {
    /// HEL.
    Hello {
        buffers: Buffers,
        endpoint: Option<&'a [u8]>,
    },
    /// ACK.
    Acknowledge { buffers: Buffers },
    /// ERR, and the body of an abort chunk.
    Error { code: u32, reason: Option<&'a [u8]> },
    /// RHE.
    ReverseHello {
        server: Option<&'a [u8]>,
        endpoint: Option<&'a [u8]>,
    },
}

impl<'a> Greeting<'a> {
    /// Reads what follows the header of a frame of type `kind`; `None` for frames of a channel.
    pub(crate) fn read(cursor: &mut Cursor<'a>, kind: FrameType) -> Result<Option<Self>, Fault> {
        Ok(Some(match kind {
            FrameType::Hello => Self::Hello {
                buffers: Buffers::read(cursor)?,
                endpoint: bytes(cursor, "EndpointUrl")?,
            },
            FrameType::Acknowledge => Self::Acknowledge {
                buffers: Buffers::read(cursor)?,
            },
            FrameType::Error => Self::read_error(cursor)?,
            FrameType::ReverseHello => Self::ReverseHello {
                server: bytes(cursor, "ServerUri")?,
                endpoint: bytes(cursor, "EndpointUrl")?,
            },
            _ => return Ok(None),
        }))
    }

    /// How many bytes it takes, without the header.
    pub(crate) fn length(&self) -> usize {
        let text = |bytes: &Option<&[u8]>| 4 + bytes.map_or(0, <[u8]>::len);
        match self {
            Self::Hello { endpoint, .. } => 20 + text(endpoint),
            Self::Acknowledge { .. } => 20,
            Self::Error { reason, .. } => 4 + text(reason),
            Self::ReverseHello { server, endpoint } => text(server) + text(endpoint),
        }
    }

    /// Reads error and reason.
    pub(crate) fn read_error(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self::Error {
            code: cursor.u32_le("Error")?,
            reason: bytes(cursor, "Reason")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_headers_and_says_what_is_strange() {
        let message = Header {
            kind: FrameType::Message,
            chunk: ChunkType::Intermediate,
            size: 0x0102,
        };
        for (bytes, front) in [
            (&b"MSGC\x02\x01\x00\x00"[..], Front::Header(message)),
            (b"", Front::TooShort),
            (b"MS", Front::TooShort),
            (b"MSG", Front::TooShort),
            (b"MSGF\x10\x00", Front::TooShort),
            (b"MX", Front::Strange("message type")),
            (b"GET / HT", Front::Strange("message type")),
            (b"MSGX\x02\x01\x00\x00", Front::Strange("chunk type")),
            // only frames of a channel come in parts
            (b"HELC\x20\x00\x00\x00", Front::Strange("chunk type")),
            // 4 bytes are less than the header itself
            (b"MSGF\x04\x00\x00\x00", Front::Strange("message size")),
            // an ACK has one size
            (b"ACKF\x1d\x00\x00\x00", Front::Strange("message size")),
            (b"MSGF\xff\xff\xff\xff", Front::Strange("message size")),
        ] {
            assert_eq!(Header::read(bytes, 1 << 20), front, "{bytes:?}");
        }
    }
}
