//! Filters: which frames are wanted, in the part of tcpdump's language that control networks need.
//!
//! A [`Filter`] is compiled for a link type into a [`Program`] that the kernel runs on a live interface, and
//! that is run here on frames of a file. Unlike tcpdump's, it looks through up to two VLAN tags.

mod assemble;
mod compile;
mod error;
mod parse;
mod program;

use std::net::IpAddr;

pub use error::FilterError;
pub use program::{Instruction, Program};

/// Which frames are wanted.
///
/// Words: `host ADDRESS`, `net ADDRESS/BITS`, `port N`, `portrange A-B`, each with `src` or `dst` before it;
/// `tcp` and `udp`, also before `port`; `ether host MAC`; `ip`, `ip6`, `arp`, `icmp`, `icmp6`; `not` (`!`),
/// `and` (`&&`), `or` (`||`), parentheses. As in tcpdump, `and` and `or` bind equally, from left to right, and
/// a lone value takes the words of the one before it: `port 502 or 20000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
    expression: Expression,
}

impl Filter {
    /// The text it was made of.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    Test(Test),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
}

/// Which end of a frame is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Either,
    Source,
    Destination,
}

/// A question that has a yes or a no for each frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Ip4,
    Ip6,
    Arp,
    /// A transport protocol, over IPv4 or IPv6.
    Transport(u8),
    /// ICMP is a protocol of IPv4 alone, ICMPv6 of IPv6.
    Icmp,
    Icmp6,
    /// A port from the first to the second, of one transport protocol or of any.
    Port(Option<u8>, Direction, u16, u16),
    /// An address of which the first so many bits are these.
    Net(Direction, IpAddr, u8),
    Mac(Direction, [u8; 6]),
}
