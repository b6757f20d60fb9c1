//! The blocks that carry frames: enhanced, simple and the old packet block.

use super::block::Body;
use super::options::Options;
use super::{Fault, MAX_PACKET_OPTIONS, Pcapng};
use crate::capture::file::{Attempt, Located};

/// Bytes of an enhanced packet block before the frame, and without frame and options.
const ENHANCED_START: usize = 28;
const ENHANCED_BARE: u32 = 32;

/// The option with a frame's flags; bits 5 to 8 are the bytes of its frame check sequence.
const FLAGS: u16 = 2;
/// The option with the number of frames lost before this one.
const DROPPED: u16 = 4;

/// What a packet block says about its frame.
struct Packet {
    interface: u32,
    stamp: Option<u64>,
    captured: u32,
    wire: u32,
    /// Where the frame starts in the block.
    start: usize,
}

impl Pcapng {
    /// Takes the enhanced packet block at the start of `rest`.
    #[inline]
    pub(super) fn enhanced_packet(&mut self, rest: &[u8], head: &[u8; 32]) -> Attempt {
        let length = self.number(head, 4);
        let captured = self.number(head, 20);
        let room = length.wrapping_sub(ENHANCED_BARE);
        if length < ENHANCED_BARE
            || !length.is_multiple_of(4)
            || room > captured.saturating_add(MAX_PACKET_OPTIONS)
        {
            return Attempt::Broken(Box::new(Fault::BlockLength { length }));
        }
        let used = length as usize;
        if rest.len() < used {
            return Attempt::Need(used);
        }
        let body = Body::new(rest, self.swapped);
        let trailer = body.u32(used - 4).unwrap_or_default();
        if trailer != length {
            return Attempt::Broken(Box::new(Fault::BlockTrailer { length, trailer }));
        }
        if captured > room {
            return flawed(
                Fault::BlockFields {
                    block: "enhanced packet block",
                },
                used,
            );
        }
        let stamp = u64::from(self.number(head, 12)) << 32 | u64::from(self.number(head, 16));
        let packet = Packet {
            interface: self.number(head, 8),
            stamp: Some(stamp),
            captured,
            wire: self.number(head, 24),
            start: ENHANCED_START,
        };
        let options = ENHANCED_START + captured.next_multiple_of(4) as usize;
        self.frame(&packet, used, body.slice(options, used - 4))
    }

    /// The frame of a block of `used` bytes with these options.
    #[inline]
    fn frame(&mut self, packet: &Packet, used: usize, options: Body<'_>) -> Attempt {
        let number = self.before.saturating_add(packet.interface as usize);
        let Some(clock) = self.clocks.get(number) else {
            let known = self.known_interfaces();
            return flawed(
                Fault::NoInterface {
                    interface: packet.interface,
                    known,
                },
                used,
            );
        };
        if packet.captured > clock.limit {
            let fault = Fault::FrameLength {
                captured: packet.captured,
                limit: clock.limit,
            };
            return flawed(fault, used);
        }
        let at = match packet.stamp {
            Some(stamp) => clock.time(stamp),
            None => self.last,
        };
        let mut fcs = clock.fcs;
        let located = Located {
            number: 0,
            at,
            link_type: clock.link_type,
            interface: number as u32,
            wire_length: packet.wire.max(packet.captured),
            start: packet.start,
            length: packet.captured as usize,
        };
        self.last = at;
        if options.len() > 0 {
            match self.packet_options(options) {
                Ok(Some(said)) => fcs = said,
                Ok(None) => {}
                // The frame itself is sound and delivered; what the options say is not known.
                Err(fault) => return Attempt::Noted(Box::new(fault), located, used),
            }
        }
        Attempt::Frame(
            if fcs == 0 {
                located
            } else {
                located.without_fcs(fcs)
            },
            used,
        )
    }

    /// Counts what the options say was lost; gives the bytes of frame check sequence that they say.
    #[cold]
    fn packet_options(&mut self, options: Body<'_>) -> Result<Option<u32>, Fault> {
        let mut fcs = None;
        for option in Options::new(options, "packet block") {
            match option? {
                (FLAGS, value) => {
                    let bytes = value.u32(0).unwrap_or(0) >> 5 & 0xf;
                    fcs = (bytes > 0).then_some(bytes);
                }
                (DROPPED, value) => {
                    let dropped = value.u64(0).unwrap_or(0);
                    self.dropped_between = self.dropped_between.saturating_add(dropped);
                }
                _ => {}
            }
        }
        Ok(fcs)
    }

    /// Takes a simple packet block: no time, no interface, no captured length.
    pub(super) fn simple_packet(&mut self, body: Body<'_>, used: usize) -> Attempt {
        let Some(wire) = body.u32(0) else {
            return flawed(
                Fault::BlockFields {
                    block: "simple packet block",
                },
                used,
            );
        };
        let snap = self.clocks.get(self.before).map_or(0, |clock| clock.snap_length);
        let captured = if snap == 0 { wire } else { wire.min(snap) };
        if captured as usize > body.len() - 4 {
            return flawed(
                Fault::BlockFields {
                    block: "simple packet block",
                },
                used,
            );
        }
        let packet = Packet {
            interface: 0,
            stamp: None,
            captured,
            wire,
            start: 12,
        };
        let attempt = self.frame(&packet, used, body.slice(0, 0));
        self.untimed += u64::from(matches!(attempt, Attempt::Frame(..)));
        attempt
    }

    /// Takes a block of the old packet type, which the enhanced one replaced.
    pub(super) fn old_packet(&mut self, body: Body<'_>, used: usize) -> Attempt {
        let fields = || {
            let stamp = u64::from(body.u32(4)?) << 32 | u64::from(body.u32(8)?);
            Some((body.u16(0)?, body.u16(2)?, stamp, body.u32(12)?, body.u32(16)?))
        };
        let Some((interface, dropped, stamp, captured, wire)) = fields() else {
            return flawed(
                Fault::BlockFields {
                    block: "packet block",
                },
                used,
            );
        };
        let end = 20_usize.saturating_add(captured as usize);
        if end > body.len() {
            return flawed(
                Fault::BlockFields {
                    block: "packet block",
                },
                used,
            );
        }
        // All ones: not known.
        if dropped != u16::MAX {
            self.dropped_between = self.dropped_between.saturating_add(dropped.into());
        }
        let interface = interface.into();
        let packet = Packet {
            interface,
            stamp: Some(stamp),
            captured,
            wire,
            start: ENHANCED_START,
        };
        self.frame(&packet, used, body.slice(end.next_multiple_of(4), body.len()))
    }
}

#[cold]
fn flawed(fault: Fault, used: usize) -> Attempt {
    Attempt::Flawed(Box::new(fault), used)
}
