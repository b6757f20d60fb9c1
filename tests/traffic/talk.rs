//! Conversations made by hand: who sends which bytes, in segments as one likes.

use std::net::{IpAddr, Ipv4Addr};

use tapglass::capture::LinkType;
use tapglass::model::CaptureTime;

use super::{Packet, Segment};

pub(crate) const SYN: u8 = 2;
pub(crate) const ACK: u8 = 16;
pub(crate) const PUSH: u8 = 8;
pub(crate) const FIN: u8 = 1;
pub(crate) const RST: u8 = 4;

/// Who sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Client,
    Server,
}
pub(crate) use Who::{Client, Server};

/// A connection and its frames so far.
pub(crate) struct Talk {
    port: u16,
    next: [u32; 2],
    at: i64,
    pub(crate) packets: Vec<Packet>,
}

impl Talk {
    /// A connection to this port, opened.
    pub(crate) fn to(port: u16) -> Self {
        let mut talk = Self::joined(port);
        talk.open();
        talk
    }

    /// A connection whose beginning is not captured.
    pub(crate) fn joined(port: u16) -> Self {
        Self {
            port,
            next: [1_000, 9_000],
            at: 1_700_000_000_000_000_000,
            packets: Vec::new(),
        }
    }

    /// The three segments that open it.
    pub(crate) fn open(&mut self) {
        let (client, server) = (self.next[0], self.next[1]);
        self.segment(Client, client.wrapping_sub(1), SYN, &[]);
        self.segment(Server, server.wrapping_sub(1), SYN | ACK, &[]);
        self.segment(Client, client, ACK, &[]);
    }

    /// The next bytes of one side in one segment.
    pub(crate) fn send(&mut self, who: Who, bytes: &[u8]) -> &mut Self {
        let sequence = self.next[who as usize];
        self.segment(who, sequence, PUSH | ACK, bytes);
        self.next[who as usize] = sequence.wrapping_add(u32::try_from(bytes.len()).unwrap());
        self
    }

    /// The next bytes of one side, one segment for each part.
    pub(crate) fn send_cut(&mut self, who: Who, parts: &[&[u8]]) -> &mut Self {
        for part in parts {
            self.send(who, part);
        }
        self
    }

    /// Where the next byte of one side stands.
    pub(crate) fn next(&self, who: Who) -> u32 {
        self.next[who as usize]
    }

    /// The next bytes are not in the capture.
    pub(crate) fn skip(&mut self, who: Who, bytes: u32) {
        self.next[who as usize] = self.next[who as usize].wrapping_add(bytes);
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, milliseconds: i64) -> &mut Self {
        self.at += milliseconds * 1_000_000;
        self
    }

    /// A segment as it is said.
    pub(crate) fn segment(&mut self, who: Who, sequence: u32, flags: u8, bytes: &[u8]) {
        self.at += 1_000_000;
        let client = (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 10)), 50_000);
        let server = (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 20)), self.port);
        let (from, to) = match who {
            Client => (client, server),
            Server => (server, client),
        };
        let octets = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => ip.octets(),
            IpAddr::V6(_) => [0; 4],
        };
        let mut head = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        head.extend([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0]);
        head.extend(octets(from.0));
        head.extend(octets(to.0));
        head.extend(from.1.to_be_bytes());
        head.extend(to.1.to_be_bytes());
        head.extend([0; 4]);
        let heard = match who {
            Client => self.next[1],
            Server => self.next[0],
        };
        head.extend(heard.to_be_bytes());
        head.extend([0x50, 0, 0xff, 0xff, 0, 0, 0, 0]);
        self.packets.push(Packet {
            at: CaptureTime(self.at),
            link_type: LinkType::ETHERNET,
            head,
            wire_length: 0,
            segment: Some(Segment {
                from,
                to,
                sequence,
                flags,
                payload: bytes.to_vec(),
                ip: 14,
                tcp: 34,
            }),
        });
    }
}
