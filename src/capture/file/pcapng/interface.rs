//! Interfaces of a capture: what they are, how they count time, what they lost.

use tapglass_model::CaptureTime;

use super::block::Body;
use super::options::Options;
use super::{Fault, Pcapng};
use crate::capture::LinkType;
use crate::capture::file::frame_limit;

/// Interfaces that are kept; a capture that describes more is damaged or hostile.
const MAX_INTERFACES: usize = 65_536;
/// Characters of an interface's name or description that are kept.
const MAX_TEXT: usize = 256;

/// An interface that a capture describes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interface {
    /// The section it belongs to, from 1.
    pub section: u32,
    /// How its frames start.
    pub link_type: LinkType,
    /// Most bytes of a frame that were captured, 0 when there was no such limit.
    pub snap_length: u32,
    /// Its name, where the capture says one.
    pub name: Option<String>,
    /// What it is, where the capture says so.
    pub description: Option<String>,
    /// Frames that the kernel dropped, as the capture's statistics say.
    pub dropped_by_kernel: u64,
    /// Frames that the network interface dropped, as the capture's statistics say.
    pub dropped_by_interface: u64,
}

impl Interface {
    /// An interface about which nothing else is known.
    pub(in crate::capture::file) fn plain(link_type: LinkType, snap_length: u32) -> Self {
        Self {
            section: 1,
            link_type,
            snap_length,
            name: None,
            description: None,
            dropped_by_kernel: 0,
            dropped_by_interface: 0,
        }
    }
}

/// How time stamps become nanoseconds.
#[derive(Clone, Copy)]
enum Scale {
    Multiply(u64),
    Divide(u64),
    /// Units of 2^-n seconds.
    Binary(u8),
}

/// What a frame of an interface must be read with.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub(super) link_type: LinkType,
    pub(super) limit: u32,
    pub(super) snap_length: u32,
    /// Bytes of frame check sequence at the end of each frame.
    pub(super) fcs: u32,
    scale: Scale,
    /// Nanoseconds to add.
    offset: i64,
}

impl Clock {
    /// The moment of a time stamp. What is beyond the range of the type is its end.
    #[inline]
    pub(super) fn time(&self, stamp: u64) -> CaptureTime {
        let nanoseconds = match self.scale {
            Scale::Multiply(factor) => stamp.saturating_mul(factor),
            Scale::Divide(factor) => stamp / factor,
            Scale::Binary(bits) => {
                let exact = (u128::from(stamp) * 1_000_000_000) >> bits;
                u64::try_from(exact).unwrap_or(u64::MAX)
            }
        };
        CaptureTime(
            i64::try_from(nanoseconds)
                .unwrap_or(i64::MAX)
                .saturating_add(self.offset),
        )
    }
}

/// The scale of an if_tsresol option: a power of 10, or with the upper bit set a power of 2.
fn scale(resolution: u8) -> Scale {
    let exponent = u32::from(resolution & 0x7f);
    if resolution & 0x80 != 0 {
        Scale::Binary(resolution & 0x7f)
    } else if exponent <= 9 {
        Scale::Multiply(10_u64.pow(9 - exponent))
    } else {
        // Finer than 10^-28 s, any 64-bit stamp is less than a nanosecond.
        10_u64
            .checked_pow(exponent - 9)
            .map_or(Scale::Multiply(0), Scale::Divide)
    }
}

impl Pcapng {
    /// Takes an interface description block.
    pub(super) fn interface(&mut self, body: Body<'_>) -> Result<(), Fault> {
        const BLOCK: &str = "interface description block";
        let (Some(link_type), Some(snap_length)) = (body.u16(0), body.u32(4)) else {
            return Err(Fault::BlockFields { block: BLOCK });
        };
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(Fault::Interfaces {
                limit: MAX_INTERFACES as u32,
            });
        }
        let link_type = LinkType(u32::from(link_type));
        let mut interface = Interface {
            section: self.sections,
            ..Interface::plain(link_type, snap_length)
        };
        let limit = frame_limit(snap_length);
        let mut clock = Clock {
            link_type,
            limit,
            snap_length,
            fcs: 0,
            scale: scale(6),
            offset: 0,
        };
        let mut fault = None;
        for option in Options::new(body.slice(8, body.len()), BLOCK) {
            match option {
                Ok((2, value)) => interface.name = Some(text(value)),
                Ok((3, value)) => interface.description = Some(text(value)),
                Ok((9, value)) => clock.scale = scale(value.bytes().first().copied().unwrap_or(6)),
                Ok((13, value)) => clock.fcs = value.bytes().first().copied().unwrap_or(0).into(),
                Ok((14, value)) => {
                    let seconds = value.u64(0).unwrap_or(0).cast_signed();
                    clock.offset = seconds.saturating_mul(1_000_000_000);
                }
                Ok(_) => {}
                Err(error) => fault = Some(error),
            }
        }
        // Described all the same: the frames that follow count on its number.
        self.interfaces.push(interface);
        self.clocks.push(clock);
        fault.map_or(Ok(()), Err)
    }

    /// Takes an interface statistics block; its numbers count from the start of the capture.
    pub(super) fn statistics(&mut self, body: Body<'_>) -> Result<(), Fault> {
        const BLOCK: &str = "interface statistics block";
        let Some(number) = body.u32(0) else {
            return Err(Fault::BlockFields { block: BLOCK });
        };
        let known = self.known_interfaces();
        let Some(interface) = self
            .interfaces
            .get_mut(self.before.saturating_add(number as usize))
        else {
            return Err(Fault::NoInterface {
                interface: number,
                known,
            });
        };
        for option in Options::new(body.slice(12, body.len()), BLOCK) {
            let (code, value) = option?;
            let count = value.u64(0).unwrap_or(0);
            match code {
                5 => interface.dropped_by_interface = interface.dropped_by_interface.max(count),
                7 => interface.dropped_by_kernel = interface.dropped_by_kernel.max(count),
                _ => {}
            }
        }
        Ok(())
    }

    /// Interfaces that the section describes so far.
    pub(super) fn known_interfaces(&self) -> u32 {
        u32::try_from(self.interfaces.len() - self.before).unwrap_or(u32::MAX)
    }
}

fn text(value: Body<'_>) -> String {
    String::from_utf8_lossy(value.bytes())
        .trim_end_matches('\0')
        .chars()
        .take(MAX_TEXT)
        .collect()
}
