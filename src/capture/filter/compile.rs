//! From the meaning of a filter to a program of the kernel's packet filter.

use std::net::IpAddr;

use super::assemble::{Assembler, Label};
use super::program::{
    AND, JUMP_ANY_BIT, JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_EQUAL, LOAD_BYTE, LOAD_HALF, LOAD_HALF_BEHIND,
    LOAD_HEADER_LENGTH, LOAD_WORD, RETURN,
};
use super::{Direction, Expression, Filter, FilterError, Program, Test};
use crate::capture::LinkType;

const ETHERTYPE_IP4: u32 = 0x0800;
const ETHERTYPE_ARP: u32 = 0x0806;
const ETHERTYPE_IP6: u32 = 0x86dd;
const ETHERTYPES_VLAN: [u32; 2] = [0x8100, 0x88a8];
/// Instructions that the kernel takes.
const MAX_INSTRUCTIONS: usize = 4_096;
/// TCP, UDP and SCTP have ports, at the same place.
const WITH_PORTS: [u8; 3] = [6, 17, 132];

impl Filter {
    /// The program for frames of a link type; of a wanted frame it keeps `snap_length` bytes, 0 for all.
    ///
    /// # Errors
    /// When the link type cannot be filtered, or the program would be too long.
    pub fn program(&self, link_type: LinkType, snap_length: u32) -> Result<Program, FilterError> {
        let mut code = Assembler::default();
        let keep = if snap_length == 0 { u32::MAX } else { snap_length };
        match link_type {
            LinkType::ETHERNET => self.ethernet(&mut code, keep),
            LinkType::LINUX_SLL => self.layout(
                &mut code,
                Layout {
                    kind: Some(14),
                    ip: 16,
                    mac: false,
                },
                keep,
            ),
            LinkType::LINUX_SLL2 => self.layout(
                &mut code,
                Layout {
                    kind: Some(0),
                    ip: 20,
                    mac: false,
                },
                keep,
            ),
            LinkType::RAW | LinkType::RAW_BSD | LinkType::IPV4 | LinkType::IPV6 => {
                self.layout(
                    &mut code,
                    Layout {
                        kind: None,
                        ip: 0,
                        mac: false,
                    },
                    keep,
                );
            }
            LinkType(link_type) => return Err(FilterError::LinkType { link_type }),
        }
        match code.finish() {
            Some(instructions) if instructions.len() <= MAX_INSTRUCTIONS => Ok(Program(instructions)),
            _ => Err(FilterError::TooLong {
                text: self.text.clone(),
            }),
        }
    }

    /// Three copies of the filter: for frames without a tag, with one and with two.
    fn ethernet(&self, code: &mut Assembler, keep: u32) {
        for tags in 0..=2 {
            let kind = 12 + 4 * tags;
            let tagged = code.label();
            if tags < 2 {
                code.add(LOAD_HALF, kind);
                let (yes, untagged) = (code.label(), code.label());
                for ethertype in ETHERTYPES_VLAN {
                    let next = code.label();
                    code.branch(JUMP_EQUAL, ethertype, yes, next);
                    code.here(next);
                }
                code.jump(untagged);
                code.here(yes);
                code.jump(tagged);
                code.here(untagged);
            }
            self.layout(
                code,
                Layout {
                    kind: Some(kind),
                    ip: kind + 2,
                    mac: true,
                },
                keep,
            );
            code.here(tagged);
        }
    }

    fn layout(&self, code: &mut Assembler, layout: Layout, keep: u32) {
        let (yes, no) = (code.label(), code.label());
        layout.expression(code, &self.expression, yes, no);
        code.here(yes);
        code.add(RETURN, keep);
        code.here(no);
        code.add(RETURN, 0);
    }
}

/// Where things stand in a frame.
#[derive(Clone, Copy)]
struct Layout {
    /// The EtherType; without one the version of IP decides.
    kind: Option<u32>,
    /// The network header.
    ip: u32,
    /// The frame starts with two MAC addresses.
    mac: bool,
}

impl Layout {
    fn expression(self, code: &mut Assembler, expression: &Expression, yes: Label, no: Label) {
        match expression {
            Expression::Test(test) => self.test(code, *test, yes, no),
            Expression::Not(inner) => self.expression(code, inner, no, yes),
            Expression::And(left, right) => {
                let next = code.label();
                self.expression(code, left, next, no);
                code.here(next);
                self.expression(code, right, yes, no);
            }
            Expression::Or(left, right) => {
                let next = code.label();
                self.expression(code, left, yes, next);
                code.here(next);
                self.expression(code, right, yes, no);
            }
        }
    }

    fn test(self, code: &mut Assembler, test: Test, yes: Label, no: Label) {
        match test {
            Test::Ip4 => self.ethertype(code, ETHERTYPE_IP4, yes, no),
            Test::Ip6 => self.ethertype(code, ETHERTYPE_IP6, yes, no),
            Test::Arp => self.ethertype(code, ETHERTYPE_ARP, yes, no),
            Test::Icmp => self.carries(code, ETHERTYPE_IP4, &[1], yes, no),
            Test::Icmp6 => self.carries(code, ETHERTYPE_IP6, &[58], yes, no),
            Test::Transport(protocol) => {
                let six = code.label();
                self.carries(code, ETHERTYPE_IP4, &[protocol], yes, six);
                code.here(six);
                self.carries(code, ETHERTYPE_IP6, &[protocol], yes, no);
            }
            Test::Port(transport, direction, from, to) => {
                let protocols = transport.map_or(WITH_PORTS.to_vec(), |protocol| vec![protocol]);
                self.port(code, &protocols, direction, (from, to), yes, no);
            }
            Test::Net(direction, address, bits) => self.net(code, direction, address, bits, yes, no),
            Test::Mac(direction, mac) => self.mac(code, direction, mac, yes, no),
        }
    }

    /// What the network header is.
    fn ethertype(self, code: &mut Assembler, ethertype: u32, yes: Label, no: Label) {
        match (self.kind, ethertype) {
            (Some(kind), _) => {
                code.add(LOAD_HALF, kind);
                code.branch(JUMP_EQUAL, ethertype, yes, no);
            }
            (None, ETHERTYPE_IP4 | ETHERTYPE_IP6) => {
                code.add(LOAD_BYTE, self.ip);
                code.add(AND, 0xf0);
                code.branch(
                    JUMP_EQUAL,
                    if ethertype == ETHERTYPE_IP4 { 0x40 } else { 0x60 },
                    yes,
                    no,
                );
            }
            (None, _) => code.jump(no),
        }
    }

    /// One of these protocols over one version of IP. Extension headers of IPv6 are not looked through.
    fn carries(self, code: &mut Assembler, ethertype: u32, protocols: &[u8], yes: Label, no: Label) {
        let version = code.label();
        self.ethertype(code, ethertype, version, no);
        code.here(version);
        code.add(
            LOAD_BYTE,
            self.ip + if ethertype == ETHERTYPE_IP4 { 9 } else { 6 },
        );
        for &protocol in protocols {
            let next = code.label();
            code.branch(JUMP_EQUAL, protocol.into(), yes, next);
            code.here(next);
        }
        code.jump(no);
    }

    fn port(
        self,
        code: &mut Assembler,
        protocols: &[u8],
        direction: Direction,
        range: (u16, u16),
        yes: Label,
        no: Label,
    ) {
        let (four, six, try_six) = (code.label(), code.label(), code.label());
        self.carries(code, ETHERTYPE_IP4, protocols, four, try_six);
        code.here(try_six);
        self.carries(code, ETHERTYPE_IP6, protocols, six, no);
        code.here(four);
        // Only the first fragment has the ports.
        let first = code.label();
        code.add(LOAD_HALF, self.ip + 6);
        code.branch(JUMP_ANY_BIT, 0x1fff, no, first);
        code.here(first);
        code.add(LOAD_HEADER_LENGTH, self.ip);
        ends(code, direction, yes, no, |code, end, yes, no| {
            code.add(LOAD_HALF_BEHIND, self.ip + 2 * end);
            within(code, range, yes, no);
        });
        code.here(six);
        ends(code, direction, yes, no, |code, end, yes, no| {
            code.add(LOAD_HALF, self.ip + 40 + 2 * end);
            within(code, range, yes, no);
        });
    }

    fn net(
        self,
        code: &mut Assembler,
        direction: Direction,
        address: IpAddr,
        bits: u8,
        yes: Label,
        no: Label,
    ) {
        match address {
            IpAddr::V4(address) => {
                let (found, arp, is_arp) = (code.label(), code.label(), code.label());
                self.ethertype(code, ETHERTYPE_IP4, found, arp);
                code.here(arp);
                self.ethertype(code, ETHERTYPE_ARP, is_arp, no);
                let words = [address.to_bits()];
                code.here(is_arp);
                ends(code, direction, yes, no, |code, end, yes, no| {
                    prefix(code, self.ip + 14 + 10 * end, &words, bits, yes, no);
                });
                code.here(found);
                ends(code, direction, yes, no, |code, end, yes, no| {
                    prefix(code, self.ip + 12 + 4 * end, &words, bits, yes, no);
                });
            }
            IpAddr::V6(address) => {
                let found = code.label();
                self.ethertype(code, ETHERTYPE_IP6, found, no);
                code.here(found);
                let all = address.to_bits();
                let words = [96, 64, 32, 0].map(|shift| (all >> shift) as u32);
                ends(code, direction, yes, no, |code, end, yes, no| {
                    prefix(code, self.ip + 8 + 16 * end, &words, bits, yes, no);
                });
            }
        }
    }

    fn mac(self, code: &mut Assembler, direction: Direction, mac: [u8; 6], yes: Label, no: Label) {
        if !self.mac {
            code.jump(no);
            return;
        }
        let [a, b, c, d, e, f] = mac;
        ends(code, direction, yes, no, |code, end, yes, no| {
            // The destination stands first.
            let at = 6 * (1 - end);
            code.add(LOAD_WORD, at);
            code.require(JUMP_EQUAL, u32::from_be_bytes([a, b, c, d]), no);
            code.add(LOAD_HALF, at + 4);
            code.branch(JUMP_EQUAL, u32::from(u16::from_be_bytes([e, f])), yes, no);
        });
    }
}

/// Asks about the source (0), the destination (1), or one after the other.
fn ends(
    code: &mut Assembler,
    direction: Direction,
    yes: Label,
    no: Label,
    ask: impl Fn(&mut Assembler, u32, Label, Label),
) {
    match direction {
        Direction::Source => ask(code, 0, yes, no),
        Direction::Destination => ask(code, 1, yes, no),
        Direction::Either => {
            let next = code.label();
            ask(code, 0, yes, next);
            code.here(next);
            ask(code, 1, yes, no);
        }
    }
}

/// The value is in a range.
fn within(code: &mut Assembler, (from, to): (u16, u16), yes: Label, no: Label) {
    if from == to {
        code.branch(JUMP_EQUAL, from.into(), yes, no);
    } else {
        code.require(JUMP_GREATER_EQUAL, from.into(), no);
        code.branch(JUMP_GREATER, to.into(), no, yes);
    }
}

/// The words at a place start with these bits.
fn prefix(code: &mut Assembler, at: u32, words: &[u32], bits: u8, yes: Label, no: Label) {
    let mut left = u32::from(bits);
    for (place, &word) in (at..).step_by(4).zip(words) {
        if left == 0 {
            break;
        }
        code.add(LOAD_WORD, place);
        if left < 32 {
            code.add(AND, u32::MAX << (32 - left));
        }
        code.require(JUMP_EQUAL, word, no);
        left = left.saturating_sub(32);
    }
    code.jump(yes);
}
