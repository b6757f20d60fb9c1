//! The points that a fragment commands, writes or reports, read from its bytes each time they are asked for.

use tapglass_proto::model::{ControlBlock, PointAddress, Quality, QualityReasons, Table, Value};
use tapglass_proto::{EachPoint, Observation, Origin, Status};

use crate::names;
use crate::objects::layout::{FlagSet, Shape};
use crate::objects::sample::{Moment, Sample, sample};
use crate::objects::time::Timestamp;
use crate::objects::{Block, Blocks};

/// The table of a group whose objects are points.
pub(crate) const fn table(group: u8) -> Option<Table> {
    Some(match group {
        1 | 2 => Table::BinaryInput,
        3 | 4 => Table::DoubleBitInput,
        10..=13 => Table::BinaryOutput,
        20 | 22 => Table::Counter,
        21 | 23 => Table::FrozenCounter,
        30..=33 => Table::AnalogInput,
        34 => Table::Deadband,
        40..=43 => Table::AnalogOutput,
        _ => return None,
    })
}

/// True for the objects of SELECT and the operates, which a response echoes.
pub(crate) const fn is_control(group: u8) -> bool {
    matches!(group, 12 | 41)
}

/// Where the values of a group come from; `None` for groups whose objects are no reports of points.
pub(crate) const fn origin(group: u8) -> Option<Origin> {
    match group {
        2 | 4 | 11 | 13 | 22 | 23 | 32 | 33 | 42 | 43 => Some(Origin::Event),
        _ if is_control(group) || table(group).is_none() => None,
        _ => Some(Origin::Polled),
    }
}

/// Which objects are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// Control blocks, pattern masks and analog output blocks of a request.
    Controls,
    /// Points that are written.
    Writes,
    /// Points that are reported, in a response whose DEVICE_RESTART is set or not.
    Reports {
        restarted: bool,
        /// The common time of occurrence that stood before.
        common: Option<Timestamp>,
    },
}

/// Some of the objects of a fragment, as points.
#[derive(Clone, Copy)]
pub(crate) struct Selected<'a> {
    objects: &'a [u8],
    function: u8,
    take: Take,
    from: usize,
    to: usize,
}

impl<'a> Selected<'a> {
    /// All objects.
    pub(crate) const fn whole(objects: &'a [u8], function: u8, take: Take) -> Self {
        Self::part(objects, function, take, 0, usize::MAX)
    }

    /// The blocks that start from `from` to before `to`.
    pub(crate) const fn part(objects: &'a [u8], function: u8, take: Take, from: usize, to: usize) -> Self {
        Self {
            objects,
            function,
            take,
            from,
            to,
        }
    }

    fn blocks(&self) -> impl Iterator<Item = Block<'a>> {
        let to = self.to;
        Blocks::from(self.objects, self.function, self.from).take_while(move |block| block.at < to)
    }
}

impl EachPoint for Selected<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        match self.take {
            Take::Controls => self.controls(visit),
            Take::Writes => {
                for block in self.blocks() {
                    each_of(&block, false, None, visit);
                }
            }
            Take::Reports {
                restarted,
                mut common,
            } => {
                for block in self.blocks() {
                    match block.header.group {
                        51 => common = common_time(&block),
                        group if origin(group).is_some() => each_of(&block, restarted, common, visit),
                        _ => {}
                    }
                }
            }
        }
    }
}

impl Selected<'_> {
    fn controls(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let mut pattern = None;
        for block in self.blocks() {
            match (block.header.group, block.header.variation) {
                (12, 2) => {
                    pattern = block
                        .points()
                        .find(|point| point.is_whole)
                        .and_then(|point| control_block(&sample(&block, &point)));
                }
                // Every bit that is set puts the pattern control block to that output (A.8.3).
                (12, 3) => {
                    let Some(pattern) = pattern else { continue };
                    for point in block.points() {
                        if sample(&block, &point).value == Some(Value::Bool(true))
                            && let Some(index) = point.index
                        {
                            let address = PointAddress::indexed(Table::BinaryOutput, index);
                            visit(&Observation::good(address, Value::Control(pattern)));
                        }
                    }
                }
                (group, _) if is_control(group) => each_of(&block, false, None, visit),
                _ => {}
            }
        }
    }
}

/// Visits the whole points of one block.
fn each_of(
    block: &Block<'_>,
    restarted: bool,
    common: Option<Timestamp>,
    visit: &mut dyn FnMut(&Observation<'_>),
) {
    let Some(table) = table(block.header.group) else {
        return;
    };
    for point in block.points().filter(|point| point.is_whole) {
        let Some(index) = point.index else { continue };
        let sample = sample(block, &point);
        let value = match (block.shape, &sample) {
            (Some(Shape::Control), sample) => control_block(sample).map(Value::Control),
            (_, sample) => sample.value,
        };
        let Some(value) = value else { continue };
        // The status of a request is always 0 and says nothing; a command event says what became of the command.
        let status = sample.status.filter(|_| matches!(block.header.group, 13 | 43));
        let (quality, reasons) = match (sample.flags, status) {
            (Some((set, octet)), _) => quality(set, octet),
            (None, Some(0)) => (Quality::Good, QualityReasons::none()),
            // What was commanded and not done is not the state of the output.
            (None, Some(_)) => (Quality::Uncertain, QualityReasons::none()),
            (None, None) if restarted => (Quality::Uncertain, QualityReasons::RESTART),
            (None, None) => (Quality::Good, QualityReasons::none()),
        };
        visit(&Observation {
            address: PointAddress::indexed(table, index),
            value,
            quality,
            reasons,
            source_time: moment(&sample, common).and_then(Timestamp::capture),
            status: status.map(|code| Status {
                code: u32::from(code),
                name: names::control_status(code),
            }),
        });
    }
}

/// When a sample says that it happened.
pub(crate) fn moment(sample: &Sample<'_>, common: Option<Timestamp>) -> Option<Timestamp> {
    match sample.moment? {
        Moment::Absolute(time) => Some(time),
        Moment::Relative(milliseconds) => Some(common?.plus(milliseconds)),
    }
}

/// The common time of occurrence of a group 51 block.
pub(crate) fn common_time(block: &Block<'_>) -> Option<Timestamp> {
    let point = block.points().next()?;
    moment(&sample(block, &point), None)
}

fn control_block(sample: &Sample<'_>) -> Option<ControlBlock> {
    let control = sample.control?;
    Some(ControlBlock {
        code: control.code?,
        count: control.count?,
        on_ms: control.on_ms?,
        off_ms: control.off_ms?,
    })
}

/// How far flags vouch for a value (11.6; site-and-rules 1.3).
fn quality(set: FlagSet, octet: u8) -> (Quality, QualityReasons) {
    let mut quality = Quality::Good;
    let mut reasons = QualityReasons::none();
    let mut note = |holds: bool, grade: Quality, reason: QualityReasons| {
        if holds {
            quality = quality.and(grade);
            reasons = reasons.with(reason);
        }
    };
    let bit = |place: u8| octet >> place & 1 == 1;
    note(!bit(0), Quality::Bad, QualityReasons::OFFLINE);
    note(bit(1), Quality::Uncertain, QualityReasons::RESTART);
    note(bit(2), Quality::Bad, QualityReasons::COMM_LOST);
    note(bit(3), Quality::Uncertain, QualityReasons::REMOTE_FORCED);
    note(bit(4), Quality::Uncertain, QualityReasons::LOCAL_FORCED);
    match set {
        FlagSet::Binary | FlagSet::DoubleBit => note(bit(5), Quality::Uncertain, QualityReasons::CHATTER),
        FlagSet::Analog => {
            note(bit(5), Quality::Uncertain, QualityReasons::OVER_RANGE);
            note(bit(6), Quality::Bad, QualityReasons::REFERENCE_ERROR);
        }
        // The count is right; only a comparison with the last one is not.
        FlagSet::Counter | FlagSet::Statistic => note(bit(6), Quality::Good, QualityReasons::DISCONTINUITY),
        FlagSet::Output => {}
    }
    (quality, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_grade_the_value() {
        for (set, octet, grade, reasons) in [
            (FlagSet::Binary, 0x81, Quality::Good, QualityReasons::none()),
            (FlagSet::Binary, 0x80, Quality::Bad, QualityReasons::OFFLINE),
            (FlagSet::Binary, 0x21, Quality::Uncertain, QualityReasons::CHATTER),
            (
                FlagSet::Analog,
                0x21,
                Quality::Uncertain,
                QualityReasons::OVER_RANGE,
            ),
            (
                FlagSet::Analog,
                0x41,
                Quality::Bad,
                QualityReasons::REFERENCE_ERROR,
            ),
            (FlagSet::Counter, 0x21, Quality::Good, QualityReasons::none()),
            (
                FlagSet::Counter,
                0x41,
                Quality::Good,
                QualityReasons::DISCONTINUITY,
            ),
            (
                FlagSet::Output,
                0x09,
                Quality::Uncertain,
                QualityReasons::REMOTE_FORCED,
            ),
            (
                FlagSet::DoubleBit,
                0xc3,
                Quality::Uncertain,
                QualityReasons::RESTART,
            ),
            (
                FlagSet::Analog,
                0x14,
                Quality::Bad,
                QualityReasons::OFFLINE
                    .with(QualityReasons::COMM_LOST)
                    .with(QualityReasons::LOCAL_FORCED),
            ),
        ] {
            assert_eq!(quality(set, octet), (grade, reasons), "{set:?} {octet:02x}");
        }
    }
}
