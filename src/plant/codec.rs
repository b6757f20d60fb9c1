//! How registers become a value, also when only some of their bits are known (site-and-rules 1.4).

use crate::site::{Bits, DataType, WordOrder};

use super::Interval;

/// Bits with a mask of those that are known; the first register of the canonical order ABCD is the most significant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The bits; unknown ones are 0.
    pub bits: u64,
    /// 1 for each known bit.
    pub known: u64,
}

/// The mask of the `width` lowest bits.
const fn mask(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

impl Word {
    /// A wholly known word.
    #[must_use]
    pub const fn known(bits: u64, width: u32) -> Self {
        Self {
            bits: bits & mask(width),
            known: mask(width),
        }
    }

    /// The smallest completion as an unsigned number.
    const fn least(self) -> u64 {
        self.bits & self.known
    }

    /// The greatest completion of `width` bits as an unsigned number.
    const fn greatest(self, width: u32) -> u64 {
        (self.bits | !self.known) & mask(width)
    }

    /// A masked write (FC 22): (current AND and) OR (or AND NOT and), bit by bit as far as it is known.
    #[must_use]
    pub const fn masked(self, and: u64, or: u64) -> Self {
        Self {
            bits: (self.bits & and) | (or & !and),
            known: (self.known & and) | !and,
        }
    }
}

/// Puts registers, as they follow each other on the wire, into canonical order.
#[must_use]
pub fn assemble(order: WordOrder, registers: &[(u16, u16)]) -> Word {
    let mut word = Word::default();
    let reversed = matches!(order, WordOrder::CDAB | WordOrder::DCBA);
    let swapped = matches!(order, WordOrder::BADC | WordOrder::DCBA) && registers.len() > 1;
    let mut add = |&(bits, known): &(u16, u16)| {
        let (bits, known) = if swapped {
            (bits.swap_bytes(), known.swap_bytes())
        } else {
            (bits, known)
        };
        word.bits = word.bits << 16 | u64::from(bits & known);
        word.known = word.known << 16 | u64::from(known);
    };
    if reversed {
        registers.iter().rev().for_each(&mut add);
    } else {
        registers.iter().for_each(&mut add);
    }
    word
}

/// What a word can be as a number of its type.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    /// The raw number.
    pub raw: Interval,
    /// No completion is a number of this type (a BCD digit above 9).
    pub invalid: bool,
}

/// The raw number of a word.
#[must_use]
pub fn decode(data_type: DataType, bits: Option<Bits>, word: Word) -> Decoded {
    if let Some(Bits { low, high }) = bits {
        let width = u32::from(high.saturating_sub(low)) + 1;
        let field = Word {
            bits: word.bits.checked_shr(u32::from(low)).unwrap_or(0) & mask(width),
            known: word.known.checked_shr(u32::from(low)).unwrap_or(0) & mask(width),
        };
        return number(unsigned(field, width));
    }
    let width = u32::from(data_type.registers()) * 16;
    match data_type {
        DataType::Bool => number(truth(word)),
        DataType::Implied | DataType::U16 | DataType::U32 | DataType::U64 => number(unsigned(word, width)),
        DataType::I16 | DataType::I32 | DataType::I64 => number(signed(word, width)),
        DataType::F32 => number(float::<8, 23>(word)),
        DataType::F64 => number(float::<11, 52>(word)),
        DataType::Bcd16 | DataType::Bcd32 => decimal(word, width),
        DataType::Str => number(Interval::EVERYTHING),
    }
}

const fn number(raw: Interval) -> Decoded {
    Decoded { raw, invalid: false }
}

/// A register that is used as a truth value: 0 is false, everything else true.
fn truth(word: Word) -> Interval {
    if word.least() != 0 {
        Interval::exact(1.0)
    } else if word.known & 0xffff == 0xffff {
        Interval::exact(0.0)
    } else {
        Interval::between(0.0, 1.0)
    }
}

#[allow(clippy::cast_precision_loss)] // a process value above 2^53 does not occur
fn unsigned(word: Word, width: u32) -> Interval {
    Interval::between(word.least() as f64, word.greatest(width) as f64)
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)]
fn signed(word: Word, width: u32) -> Interval {
    let sign = 1 << (width - 1);
    let extend = |bits: u64| ((bits << (64 - width)) as i64 >> (64 - width)) as f64;
    let least = if word.known & sign == 0 {
        word.least() | sign
    } else {
        word.least()
    };
    let greatest = if word.known & sign == 0 {
        word.greatest(width) & !sign
    } else {
        word.greatest(width)
    };
    Interval::between(extend(least), extend(greatest))
}

/// IEEE 754 binary32 or binary64. Of one sign, the order of the bits is the order of the numbers.
fn float<const EXPONENT: u32, const MANTISSA: u32>(word: Word) -> Interval {
    let value = |bits: u64| {
        if EXPONENT == 8 {
            f64::from(f32::from_bits(bits as u32))
        } else {
            f64::from_bits(bits)
        }
    };
    let width = 1 + EXPONENT + MANTISSA;
    if word.known == mask(width) {
        return Interval::exact(value(word.bits));
    }
    let exponent = mask(EXPONENT) << MANTISSA;
    let sign = 1 << (EXPONENT + MANTISSA);
    let least = word.least();
    let greatest = word.greatest(width);
    // With an exponent of ones and any mantissa but 0 it is not a number, and then nothing follows from it.
    if greatest & exponent == exponent && greatest & mask(MANTISSA) != 0 {
        return Interval::EVERYTHING;
    }
    let magnitude = |bits: u64| value(bits & !sign);
    let (small, great) = (magnitude(least), magnitude(greatest));
    match (word.known & sign != 0, word.bits & sign != 0) {
        (true, false) => Interval::between(small, great),
        (true, true) => Interval::between(-great, -small),
        (false, _) => Interval::between(-great, great),
    }
}

/// Binary coded decimal: digits above 9 are no number.
#[allow(clippy::cast_precision_loss)]
fn decimal(word: Word, width: u32) -> Decoded {
    let (mut low, mut high) = (0_u64, 0_u64);
    for position in (0..width / 4).rev() {
        let known = word.known >> (4 * position) & 15;
        let bits = word.bits >> (4 * position) & known;
        let mut digits = (0..10_u64).filter(|digit| digit & known == bits);
        let Some(first) = digits.next() else {
            return Decoded {
                raw: Interval::EVERYTHING,
                invalid: true,
            };
        };
        low = low * 10 + first;
        high = high * 10 + digits.next_back().unwrap_or(first);
    }
    number(Interval::between(low as f64, high as f64))
}
