//! How registers make values: the reading in which consecutive samples move least is most likely the right one
//! (site-and-rules 1.9).

use std::collections::BTreeMap;

use super::registers::Registers;
use crate::plant::codec::{self, Word};
use crate::site::{DataType, WordOrder};

/// Orders that are tried, the most usual first.
pub(super) const ORDERS: [WordOrder; 4] =
    [WordOrder::ABCD, WordOrder::CDAB, WordOrder::BADC, WordOrder::DCBA];
/// A measurement outside these sizes is not believed.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 1e-4..=1e8;
/// Samples that say something.
const FEW: usize = 4;

/// What a register, or two, hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Guess {
    /// First register.
    pub register: u16,
    /// How it becomes a value.
    pub data_type: DataType,
    /// In which order.
    pub order: WordOrder,
    /// Why, for a person.
    pub evidence: String,
}

/// What speaks for two registers being one number of single precision.
#[derive(Clone, Copy, Debug)]
struct Single {
    order: WordOrder,
    /// Share of the samples that are plausible numbers.
    plausible: f64,
    /// Middle size of a step relative to the size of the values; 0 when it never moves.
    jump: f64,
    /// Every value is a short decimal fraction, as people enter them.
    short: bool,
    /// It moved.
    moves: bool,
}

/// The text of an order.
#[must_use]
pub(super) const fn order_name(order: WordOrder) -> &'static str {
    match order {
        WordOrder::ABCD => "ABCD",
        WordOrder::CDAB => "CDAB",
        WordOrder::BADC => "BADC",
        WordOrder::DCBA => "DCBA",
    }
}

fn single(order: WordOrder, pairs: &[[u16; 2]]) -> Single {
    let values: Vec<f64> = pairs
        .iter()
        .map(|pair| number(DataType::F32, order, *pair))
        .collect();
    let plausible = values
        .iter()
        .filter(|value| **value == 0.0 || PLAUSIBLE.contains(&value.abs()))
        .count();
    #[allow(clippy::cast_possible_truncation)] // they were single precision
    let short = values
        .iter()
        .all(|value| value.is_finite() && digits(*value as f32) <= 5);
    Single {
        order,
        plausible: ratio(plausible, values.len()),
        jump: middle_jump(&values),
        short,
        moves: values
            .windows(2)
            .any(|pair| pair[0].to_bits() != pair[1].to_bits()),
    }
}

/// Decimal digits that a person would have to enter for exactly this number.
fn digits(value: f32) -> usize {
    format!("{value:e}")
        .split('e')
        .next()
        .unwrap_or("")
        .bytes()
        .filter(u8::is_ascii_digit)
        .count()
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// The value of registers in an order.
fn number(data_type: DataType, order: WordOrder, pair: [u16; 2]) -> f64 {
    let word: Word = codec::assemble(order, &[(pair[0], 0xffff), (pair[1], 0xffff)]);
    let decoded = codec::decode(data_type, None, word);
    decoded.raw.number().unwrap_or(f64::NAN)
}

/// The middle one of the steps that are no standstill, relative to the middle size of the values.
fn middle_jump(values: &[f64]) -> f64 {
    let mut steps: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .filter(|step| *step != 0.0)
        .collect();
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    let (step, size) = (middle(&mut steps), middle(&mut sizes));
    if step == 0.0 {
        0.0
    } else if step.is_finite() && size > 0.0 {
        step / size
    } else {
        f64::INFINITY
    }
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Guesses every register of a table.
#[must_use]
pub(super) fn guess(registers: &Registers) -> Vec<Guess> {
    let order = usual_order(registers);
    let mut guesses = Vec::new();
    let mut taken = BTreeMap::new();
    for register in registers.list.keys().copied() {
        if taken.contains_key(&register) {
            continue;
        }
        let two = pair_allowed(registers, register)
            .then(|| two(registers, register, order))
            .flatten();
        match two {
            Some(found) => {
                taken.insert(register + 1, ());
                guesses.push(found);
            }
            None => guesses.push(one(registers, register)),
        }
    }
    guesses
}

/// Two registers can be one value when no block ends between them and both are used alike.
fn pair_allowed(registers: &Registers, first: u16) -> bool {
    let Some(second) = first.checked_add(1) else {
        return false;
    };
    let (Some(a), Some(b)) = (registers.list.get(&first), registers.list.get(&second)) else {
        return false;
    };
    let cut = registers.starts.contains(&second) || registers.ends.contains(&second);
    // A write of the first alone, or from the second on, shows two values.
    let apart = registers
        .written
        .iter()
        .any(|(start, count)| *start == second || start.saturating_add(*count) == second);
    !cut && !apart && a.reads == b.reads
}

fn written_as_pair(registers: &Registers, first: u16) -> bool {
    registers.written.contains(&(first, 2))
}

/// The order in which most moving pairs of a table are smooth numbers of single precision.
fn usual_order(registers: &Registers) -> Option<WordOrder> {
    let mut votes = [0_u32; ORDERS.len()];
    for first in registers.list.keys().copied() {
        if !pair_allowed(registers, first) {
            continue;
        }
        let pairs = registers.pairs(first);
        if let Some(best) = smooth(&pairs)
            && let Some(place) = ORDERS.iter().position(|order| *order == best.order)
            && let Some(vote) = votes.get_mut(place)
        {
            *vote += 1;
        }
    }
    let most = *votes.iter().max()?;
    (most > 0)
        .then(|| votes.iter().position(|vote| *vote == most))
        .flatten()
        .and_then(|place| ORDERS.get(place).copied())
}

/// The order in which a moving pair is a smooth number, when only one is much smoother than the words by themselves.
fn smooth(pairs: &[[u16; 2]]) -> Option<Single> {
    if pairs.len() < FEW {
        return None;
    }
    let mut tried: Vec<Single> = ORDERS
        .iter()
        .map(|order| single(*order, pairs))
        .filter(|tried| tried.plausible >= 1.0 && tried.moves)
        .collect();
    tried.sort_by(|a, b| a.jump.total_cmp(&b.jump));
    let best = *tried.first()?;
    // The low word of a fraction is noise; that of two whole numbers is not.
    let noisy = [0, 1].into_iter().any(|place| {
        let words: Vec<f64> = pairs.iter().map(|pair| f64::from(pair[place])).collect();
        let mut steps: Vec<f64> = words
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .filter(|step| *step != 0.0)
            .collect();
        middle(&mut steps) > 1_000.0
    });
    (noisy && best.jump < 0.3).then_some(best)
}

fn two(registers: &Registers, first: u16, usual: Option<WordOrder>) -> Option<Guess> {
    let pairs = registers.pairs(first);
    let as_pair = written_as_pair(registers, first);
    let samples = pairs.len();
    if let Some(best) = smooth(&pairs) {
        let others = ORDERS
            .iter()
            .filter(|order| **order != best.order)
            .map(|order| single(*order, &pairs))
            .filter(|tried| tried.plausible >= 1.0)
            .map(|tried| tried.jump)
            .fold(f64::INFINITY, f64::min);
        let others = if others.is_finite() {
            format!("next best order {}", percent(others))
        } else {
            "in no other order plausible".to_owned()
        };
        return Some(Guess {
            register: first,
            data_type: DataType::F32,
            order: best.order,
            evidence: format!(
                "f32 {}: middle step {} of the value, {others}; {samples} samples",
                order_name(best.order),
                percent(best.jump)
            ),
        });
    }
    // A setting that stands still: a short decimal fraction in the order of its neighbours.
    let orders: Vec<WordOrder> = usual.into_iter().chain(ORDERS).collect();
    let settled = orders.iter().map(|order| single(*order, &pairs)).find(|tried| {
        !pairs.is_empty()
            && tried.plausible >= 1.0
            && tried.short
            && pairs.iter().any(|pair| *pair != [0, 0])
            // Small whole numbers are not plausible fractions; large ones may be, so the order must be known.
            && (usual == Some(tried.order) || as_pair)
    });
    if let Some(settled) = settled {
        return Some(Guess {
            register: first,
            data_type: DataType::F32,
            order: settled.order,
            evidence: format!(
                "f32 {}: always a short decimal fraction{}; {samples} samples",
                order_name(settled.order),
                if as_pair { ", written as two registers" } else { "" }
            ),
        });
    }
    counter(&pairs, usual, as_pair).map(|(order, why)| Guess {
        register: first,
        data_type: DataType::U32,
        order,
        evidence: format!("u32 {}: {why}; {samples} samples", order_name(order)),
    })
}

/// Two words of which one carries into the other.
fn counter(pairs: &[[u16; 2]], usual: Option<WordOrder>, as_pair: bool) -> Option<(WordOrder, String)> {
    for order in usual.into_iter().chain(ORDERS) {
        let values: Vec<f64> = pairs
            .iter()
            .map(|pair| number(DataType::U32, order, *pair))
            .collect();
        let (high, low) = match order {
            WordOrder::ABCD | WordOrder::BADC => (0, 1),
            WordOrder::CDAB | WordOrder::DCBA => (1, 0),
        };
        let carries = pairs
            .windows(2)
            .filter(|pair| pair[0][high] != pair[1][high] && pair[1][low] < pair[0][low])
            .count();
        let rises = values.windows(2).all(|pair| pair[1] >= pair[0]);
        if rises && carries > 0 && middle_jump(&values) < 0.1 {
            return Some((
                order,
                format!("counts up with {carries} carries between its words"),
            ));
        }
    }
    (as_pair && pairs.iter().all(|pair| pair.contains(&0))).then(|| {
        (
            usual.unwrap_or_default(),
            "written as two registers, one of them always 0".to_owned(),
        )
    })
}

fn one(registers: &Registers, register: u16) -> Guess {
    let words: Vec<u16> = registers
        .list
        .get(&register)
        .map(|entry| entry.samples.iter().map(|sample| sample.1).collect())
        .unwrap_or_default();
    let steps = |values: &[f64]| {
        values
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f64::max)
    };
    let unsigned: Vec<f64> = words.iter().map(|word| f64::from(*word)).collect();
    let signed: Vec<f64> = words
        .iter()
        .map(|word| f64::from(i16::from_be_bytes(word.to_be_bytes())))
        .collect();
    let negative = signed.iter().any(|value| *value < 0.0);
    let (far, near) = (steps(&unsigned), steps(&signed));
    let around_zero = negative && signed.iter().all(|value| value.abs() < 16_384.0);
    if negative && (near * 8.0 < far || around_zero && far > 32_768.0) {
        return Guess {
            register,
            data_type: DataType::I16,
            order: WordOrder::ABCD,
            evidence: format!(
                "i16: passes through 0 with steps of at most {near}; {} samples",
                words.len()
            ),
        };
    }
    Guess {
        register,
        data_type: DataType::U16,
        order: WordOrder::ABCD,
        evidence: if words.is_empty() {
            "u16: only written".to_owned()
        } else {
            format!("u16: nothing speaks for a longer type; {} samples", words.len())
        },
    }
}

fn percent(share: f64) -> String {
    if share.is_finite() {
        format!("{:.2} %", share * 100.0)
    } else {
        "without end".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(value: f32, order: WordOrder) -> [u8; 4] {
        let [a, b, c, d] = value.to_be_bytes();
        match order {
            WordOrder::ABCD => [a, b, c, d],
            WordOrder::CDAB => [c, d, a, b],
            WordOrder::BADC => [b, a, d, c],
            WordOrder::DCBA => [d, c, b, a],
        }
    }

    proptest! {
        #[test]
        fn a_noisy_measurement_shows_its_order(
            order in 0_usize..4, level in 1.0_f32..5_000.0, noise in proptest::collection::vec(-0.01_f32..0.01, 40)
        ) {
            let order = ORDERS[order];
            let mut registers = Registers::default();
            for share in noise {
                let mut block = words(level * (1.0 + share), order).to_vec();
                block.extend(100_u16.to_be_bytes());
                registers.read(10, &block);
            }
            let guesses = guess(&registers);
            prop_assert_eq!(guesses.len(), 2);
            prop_assert_eq!((guesses[0].data_type, guesses[0].order), (DataType::F32, order));
            prop_assert_eq!(guesses[1].data_type, DataType::U16);
        }

        #[test]
        fn neighbouring_whole_numbers_are_not_joined(
            values in proptest::collection::vec((200_u16..260, 15_000_u16..15_060), 40)
        ) {
            let mut registers = Registers::default();
            for (a, b) in values {
                registers.read(0, &[a.to_be_bytes(), b.to_be_bytes()].concat());
            }
            prop_assert!(guess(&registers).iter().all(|guess| guess.data_type == DataType::U16));
        }
    }

    #[test]
    fn cases() {
        // Reports of one block, what is found.
        type Case = (&'static str, Vec<Vec<u16>>, Vec<DataType>);
        let cases: [Case; 4] = [
            (
                "counter with carries",
                (0..40).map(|n: u16| vec![n / 4 + 1, (n % 4) * 16_000]).collect(),
                vec![DataType::U32],
            ),
            (
                "around zero",
                (0..40).map(|n: i16| vec![(n % 7 - 3).cast_unsigned()]).collect(),
                vec![DataType::I16],
            ),
            (
                "small settings",
                (0..10).map(|_| vec![1, 100, 0, 5]).collect(),
                vec![DataType::U16; 4],
            ),
            ("nothing at all", vec![], vec![]),
        ];
        for (name, reports, expected) in cases {
            let mut registers = Registers::default();
            for report in reports {
                let bytes: Vec<u8> = report.iter().flat_map(|word| word.to_be_bytes()).collect();
                registers.read(100, &bytes);
            }
            let found: Vec<DataType> = guess(&registers).iter().map(|guess| guess.data_type).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_setting_of_two_registers_takes_the_order_of_its_neighbours() {
        let mut registers = Registers::default();
        for step in 0..40_u8 {
            let mut block = words(20.0 + f32::from(step % 7) * 0.037, WordOrder::CDAB).to_vec();
            block.extend(words(0.8, WordOrder::CDAB));
            registers.read(0, &block);
        }
        let found: Vec<_> = guess(&registers)
            .iter()
            .map(|guess| (guess.register, guess.order))
            .collect();
        assert_eq!(found, [(0, WordOrder::CDAB), (2, WordOrder::CDAB)]);
    }
}
