//! What one object of each group and variation looks like (IEEE 1815-2012 annex A).

/// The shape of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The header says it all: classes, requests.
    Empty,
    /// So many bits for each point, from the least significant.
    Packed(u8),
    /// Fields of fixed size.
    Fixed(Fixed),
    /// A control relay output block or pattern control block, 11 octets.
    Control,
    /// So many octets without further meaning.
    Octets(u8),
    /// A device attribute: type, length, value.
    Attribute,
    /// Fields of its own; the size is fixed or stands before each object.
    Structured(Option<u8>),
    /// Not known, but its size stands before each object.
    Unknown,
}

/// Fields of fixed size, in the order of the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// The first octet.
    pub(crate) lead: Lead,
    /// The association of a security statistic follows.
    pub(crate) association: bool,
    /// The value.
    pub(crate) number: Number,
    /// A control status follows the value.
    pub(crate) status: bool,
    /// The time comes last.
    pub(crate) clock: Clock,
}

/// The first octet of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// None.
    Nothing,
    /// Flags.
    Flags(FlagSet),
    /// A control status in bits 0 to 6.
    Status,
    /// A control status in bits 0 to 6 and the commanded state in bit 7.
    StatusAndState,
}

/// Which meaning the upper three bits of the flags have (11.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlagSet {
    /// CHATTER_FILTER, reserved, STATE.
    Binary,
    /// CHATTER_FILTER, two bits of state.
    DoubleBit,
    /// Reserved, reserved, STATE.
    Output,
    /// ROLLOVER, DISCONTINUITY, reserved.
    Counter,
    /// OVER_RANGE, REFERENCE_ERR, reserved.
    Analog,
    /// Reserved, DISCONTINUITY, reserved.
    Statistic,
}

/// The value of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// None of its own: it is in the flags, or the time is the value.
    Nothing,
    U8,
    U16,
    U32,
    I16,
    I32,
    F32,
    F64,
    /// So many octets of two decimal digits each.
    Decimal(u8),
}

/// The time of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Nothing,
    /// Milliseconds since 1970, 48 bits.
    Absolute,
    /// Milliseconds since the common time of occurrence before it, 16 bits.
    Relative,
    /// Absolute and an interval of 32 bits in milliseconds.
    Interval,
    /// Absolute, an interval of 32 bits and its unit.
    IntervalOf,
}

impl FlagSet {
    /// Names of the bits, least significant first; `STATE` bits are told by the value.
    pub(crate) const fn names(self) -> [Option<&'static str>; 8] {
        let (fifth, sixth, seventh) = match self {
            Self::Binary => (Some("CHATTER_FILTER"), Some("RESERVED"), None),
            Self::DoubleBit => (Some("CHATTER_FILTER"), None, None),
            Self::Output => (Some("RESERVED"), Some("RESERVED"), None),
            Self::Counter => (Some("ROLLOVER"), Some("DISCONTINUITY"), Some("RESERVED")),
            Self::Analog => (Some("OVER_RANGE"), Some("REFERENCE_ERR"), Some("RESERVED")),
            Self::Statistic => (Some("RESERVED"), Some("DISCONTINUITY"), Some("RESERVED")),
        };
        [
            Some("ONLINE"),
            Some("RESTART"),
            Some("COMM_LOST"),
            Some("REMOTE_FORCED"),
            Some("LOCAL_FORCED"),
            fifth,
            sixth,
            seventh,
        ]
    }
}

impl Lead {
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Nothing => 0,
            _ => 1,
        }
    }
}

impl Number {
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
            Self::Decimal(octets) => octets as usize,
        }
    }
}

impl Clock {
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Relative => 2,
            Self::Absolute => 6,
            Self::Interval => 10,
            Self::IntervalOf => 11,
        }
    }
}

impl Fixed {
    const NOTHING: Self = Self {
        lead: Lead::Nothing,
        association: false,
        number: Number::Nothing,
        status: false,
        clock: Clock::Nothing,
    };

    pub(crate) const fn size(self) -> usize {
        self.lead.size()
            + if self.association { 2 } else { 0 }
            + self.number.size()
            + if self.status { 1 } else { 0 }
            + self.clock.size()
    }

    const fn flags(self, set: FlagSet) -> Self {
        Self {
            lead: Lead::Flags(set),
            ..self
        }
    }

    const fn led_by(self, lead: Lead) -> Self {
        Self { lead, ..self }
    }

    const fn number(self, number: Number) -> Self {
        Self { number, ..self }
    }

    const fn at(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    const fn answered(self) -> Self {
        Self { status: true, ..self }
    }

    const fn of_association(self) -> Self {
        Self {
            association: true,
            ..self
        }
    }
}

impl Shape {
    /// How many octets one object takes, where every one takes the same.
    pub(crate) const fn size(self) -> Option<usize> {
        match self {
            Self::Empty => Some(0),
            Self::Fixed(fixed) => Some(fixed.size()),
            Self::Control => Some(11),
            Self::Octets(octets) | Self::Structured(Some(octets)) => Some(octets as usize),
            Self::Packed(_) | Self::Attribute | Self::Structured(None) | Self::Unknown => None,
        }
    }
}

/// The shape of one object with data; `None` when this decoder does not know it.
pub(crate) const fn shape(group: u8, variation: u8) -> Option<Shape> {
    use Clock::{Absolute, Interval, IntervalOf, Relative};
    use FlagSet::{Analog, Binary, Counter, DoubleBit, Output, Statistic};
    const N: Fixed = Fixed::NOTHING;

    Some(match (group, variation) {
        (0, 1..=253 | 255) => Shape::Attribute,
        (1 | 10 | 80, 1) | (12, 3) => Shape::Packed(1),
        (3, 1) => Shape::Packed(2),
        (1, 2) | (2, 1) => Shape::Fixed(N.flags(Binary)),
        (2, 2) => Shape::Fixed(N.flags(Binary).at(Absolute)),
        (2, 3) => Shape::Fixed(N.flags(Binary).at(Relative)),
        (3, 2) | (4, 1) => Shape::Fixed(N.flags(DoubleBit)),
        (4, 2) => Shape::Fixed(N.flags(DoubleBit).at(Absolute)),
        (4, 3) => Shape::Fixed(N.flags(DoubleBit).at(Relative)),
        (10, 2) | (11, 1) => Shape::Fixed(N.flags(Output)),
        (11, 2) => Shape::Fixed(N.flags(Output).at(Absolute)),
        (12, 1 | 2) => Shape::Control,
        (13, 1) => Shape::Fixed(N.led_by(Lead::StatusAndState)),
        (13, 2) => Shape::Fixed(N.led_by(Lead::StatusAndState).at(Absolute)),
        // Variations 3, 4, 7 and 8 of counters are the obsolete delta counters.
        (20..=23, 1 | 3) => Shape::Fixed(N.flags(Counter).number(Number::U32)),
        (20..=23, 2 | 4) => Shape::Fixed(N.flags(Counter).number(Number::U16)),
        (20, 5 | 7) | (21, 9 | 11) => Shape::Fixed(N.number(Number::U32)),
        (20, 6 | 8) | (21, 10 | 12) => Shape::Fixed(N.number(Number::U16)),
        (21..=23, 5 | 7) => Shape::Fixed(N.flags(Counter).number(Number::U32).at(Absolute)),
        (21..=23, 6 | 8) => Shape::Fixed(N.flags(Counter).number(Number::U16).at(Absolute)),
        (30, 3) | (31, 5) => Shape::Fixed(N.number(Number::I32)),
        (30, 4) | (31, 6) => Shape::Fixed(N.number(Number::I16)),
        (30..=33, 1) => Shape::Fixed(N.flags(Analog).number(Number::I32)),
        (30..=33, 2) => Shape::Fixed(N.flags(Analog).number(Number::I16)),
        (30 | 32 | 33, 5) | (31, 7) => Shape::Fixed(N.flags(Analog).number(Number::F32)),
        (30 | 32 | 33, 6) | (31, 8) => Shape::Fixed(N.flags(Analog).number(Number::F64)),
        (31..=33, 3) => Shape::Fixed(N.flags(Analog).number(Number::I32).at(Absolute)),
        (31..=33, 4) => Shape::Fixed(N.flags(Analog).number(Number::I16).at(Absolute)),
        (32 | 33, 7) => Shape::Fixed(N.flags(Analog).number(Number::F32).at(Absolute)),
        (32 | 33, 8) => Shape::Fixed(N.flags(Analog).number(Number::F64).at(Absolute)),
        (34, 1) => Shape::Fixed(N.number(Number::U16)),
        (34, 2) => Shape::Fixed(N.number(Number::U32)),
        (34, 3) => Shape::Fixed(N.number(Number::F32)),
        (40 | 42, 1) => Shape::Fixed(N.flags(Analog).number(Number::I32)),
        (40 | 42, 2) => Shape::Fixed(N.flags(Analog).number(Number::I16)),
        (40, 3) | (42, 5) => Shape::Fixed(N.flags(Analog).number(Number::F32)),
        (40, 4) | (42, 6) => Shape::Fixed(N.flags(Analog).number(Number::F64)),
        (42, 3) => Shape::Fixed(N.flags(Analog).number(Number::I32).at(Absolute)),
        (42, 4) => Shape::Fixed(N.flags(Analog).number(Number::I16).at(Absolute)),
        (42, 7) => Shape::Fixed(N.flags(Analog).number(Number::F32).at(Absolute)),
        (42, 8) => Shape::Fixed(N.flags(Analog).number(Number::F64).at(Absolute)),
        (41, 1) => Shape::Fixed(N.number(Number::I32).answered()),
        (41, 2) => Shape::Fixed(N.number(Number::I16).answered()),
        (41, 3) => Shape::Fixed(N.number(Number::F32).answered()),
        (41, 4) => Shape::Fixed(N.number(Number::F64).answered()),
        (43, 1) => Shape::Fixed(N.led_by(Lead::Status).number(Number::I32)),
        (43, 2) => Shape::Fixed(N.led_by(Lead::Status).number(Number::I16)),
        (43, 3) => Shape::Fixed(N.led_by(Lead::Status).number(Number::I32).at(Absolute)),
        (43, 4) => Shape::Fixed(N.led_by(Lead::Status).number(Number::I16).at(Absolute)),
        (43, 5) => Shape::Fixed(N.led_by(Lead::Status).number(Number::F32)),
        (43, 6) => Shape::Fixed(N.led_by(Lead::Status).number(Number::F64)),
        (43, 7) => Shape::Fixed(N.led_by(Lead::Status).number(Number::F32).at(Absolute)),
        (43, 8) => Shape::Fixed(N.led_by(Lead::Status).number(Number::F64).at(Absolute)),
        (50, 1 | 3) | (51, 1 | 2) => Shape::Fixed(N.at(Absolute)),
        (50, 2) => Shape::Fixed(N.at(Interval)),
        (50, 4) => Shape::Fixed(N.at(IntervalOf)),
        (52, 1 | 2) => Shape::Fixed(N.number(Number::U16)),
        (60, 1..=4) => Shape::Empty,
        (70, 1..=8) | (82 | 85 | 87 | 88 | 90 | 91, 1) | (83, 1 | 2) | (86, 1 | 3) => Shape::Structured(None),
        (81, 1) => Shape::Structured(Some(3)),
        (86, 2) => Shape::Structured(Some(1)),
        (101, 1) => Shape::Fixed(N.number(Number::Decimal(2))),
        (101, 2) => Shape::Fixed(N.number(Number::Decimal(4))),
        (101, 3) => Shape::Fixed(N.number(Number::Decimal(8))),
        (102, 1) => Shape::Fixed(N.number(Number::U8)),
        // The variation of a string is its length, and 0 one of none.
        (110..=113, _) => Shape::Octets(variation),
        (120, 3) => Shape::Structured(Some(6)),
        (120, 4) => Shape::Structured(Some(2)),
        (120, 1..=15) => Shape::Structured(None),
        (121 | 122, 1) => Shape::Fixed(N.flags(Statistic).of_association().number(Number::U32)),
        (122, 2) => Shape::Fixed(
            N.flags(Statistic)
                .of_association()
                .number(Number::U32)
                .at(Absolute),
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_agree_with_annex_a() {
        for ((group, variation), size) in [
            ((1, 2), 1),
            ((2, 2), 7),
            ((2, 3), 3),
            ((4, 2), 7),
            ((11, 2), 7),
            ((12, 1), 11),
            ((12, 2), 11),
            ((13, 2), 7),
            ((20, 1), 5),
            ((20, 6), 2),
            ((21, 5), 11),
            ((21, 6), 9),
            ((21, 10), 2),
            ((22, 6), 9),
            ((23, 5), 11),
            ((30, 1), 5),
            ((30, 4), 2),
            ((30, 6), 9),
            ((31, 3), 11),
            ((31, 8), 9),
            ((32, 8), 15),
            ((33, 4), 9),
            ((34, 3), 4),
            ((40, 4), 9),
            ((41, 1), 5),
            ((41, 4), 9),
            ((42, 7), 11),
            ((43, 8), 15),
            ((50, 1), 6),
            ((50, 2), 10),
            ((50, 4), 11),
            ((51, 2), 6),
            ((52, 1), 2),
            ((60, 2), 0),
            ((101, 3), 8),
            ((102, 1), 1),
            ((111, 9), 9),
            ((120, 3), 6),
            ((121, 1), 7),
            ((122, 2), 13),
        ] {
            let found = shape(group, variation).and_then(Shape::size);
            assert_eq!(found, Some(size), "group {group} variation {variation}");
        }
    }

    #[test]
    fn knows_every_group_of_the_coverage_table() {
        for group in [
            0, 1, 2, 3, 4, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33, 34, 40, 41, 42, 43, 50, 51, 52,
            60, 70, 80, 81, 82, 83, 85, 86, 87, 88, 90, 91, 101, 102, 110, 111, 112, 113, 120, 121, 122,
        ] {
            assert!(shape(group, 1).is_some(), "group {group}");
        }
        assert_eq!(shape(255, 0), None);
        assert_eq!(shape(1, 0), None);
    }
}
