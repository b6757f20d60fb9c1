//! How long a data unit is by its own function and counts, whatever a header around it says.

use tapglass_proto::Direction;

/// Longest data unit of the public functions: 253 bytes (AP 4.1).
pub(crate) const LONGEST: usize = 253;

/// Length of a data unit, function code included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// So many bytes.
    Exactly(usize),
    /// It is known once so many bytes are here.
    Needs(usize),
    /// The function does not tell.
    Unknown,
}

/// The length that a data unit gives itself when `from` sent it (AP 6).
pub(crate) fn own(unit: &[u8], from: Direction) -> Own {
    let request = from == Direction::FromClient;
    let Some(&code) = unit.first() else {
        return Own::Needs(1);
    };
    // At which byte the count stands and what it is added to.
    let counted = |at: usize, fixed: usize| {
        unit.get(at).map_or(Own::Needs(at + 1), |count| {
            Own::Exactly(fixed + usize::from(*count))
        })
    };
    match (code, request) {
        (0x80..=0xff, _) => Own::Exactly(2),
        (1..=4, true) | (5 | 6, _) | (15 | 16, false) => Own::Exactly(5),
        (1..=4 | 12 | 17 | 23, false) | (20 | 21, _) => counted(1, 2),
        (7 | 11 | 12 | 17, true) => Own::Exactly(1),
        (7, false) => Own::Exactly(2),
        (8, _) => match (unit.get(1), unit.get(2)) {
            // Return Query Data gives back whatever was sent (AP 6.8).
            (Some(0), Some(0)) => Own::Unknown,
            (Some(_), Some(_)) => Own::Exactly(5),
            _ => Own::Needs(3),
        },
        (11, false) => Own::Exactly(5),
        (15 | 16, true) => counted(5, 6),
        (22, _) => Own::Exactly(7),
        (23, true) => counted(9, 10),
        (24, true) => Own::Exactly(3),
        (24, false) => match (unit.get(1), unit.get(2)) {
            (Some(&high), Some(&low)) => Own::Exactly(3 + usize::from(u16::from_be_bytes([high, low]))),
            _ => Own::Needs(3),
        },
        (43, _) => match unit.get(1) {
            None => Own::Needs(2),
            Some(14) if request => Own::Exactly(4),
            Some(14) => identification(unit),
            Some(_) => Own::Unknown,
        },
        _ => Own::Unknown,
    }
}

/// Length of an answer of 43/14: its objects one behind the other (AP 6.21).
fn identification(unit: &[u8]) -> Own {
    let Some(&objects) = unit.get(6) else {
        return Own::Needs(7);
    };
    let mut at = 7;
    for _ in 0..objects {
        match unit.get(at + 1) {
            Some(&length) => at += 2 + usize::from(length),
            None => return Own::Needs(at + 2),
        }
    }
    Own::Exactly(at)
}

/// Does a data unit of `length` bytes that starts with `unit` have a shape that its function allows, in either direction?
/// As long as a count is not here, nothing speaks against it.
pub(crate) fn fits(unit: &[u8], length: usize) -> bool {
    let Some(&code) = unit.first() else {
        return length > 0;
    };
    let either = [Direction::FromClient, Direction::FromServer]
        .into_iter()
        .any(|from| match own(unit, from) {
            Own::Exactly(own) => own == length,
            Own::Needs(need) => need <= length && unit.len() < length,
            Own::Unknown => false,
        });
    either
        || match code {
            8 => length >= 5 && length % 2 == 1 && unit.get(1).is_none_or(|high| *high == 0),
            43 => length >= 2 && unit.get(1).is_none_or(|kind| *kind == 13),
            90 => length >= 3,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_the_functions() {
        let (client, server) = (Direction::FromClient, Direction::FromServer);
        let cases: [(&[u8], Direction, Own); 24] = [
            (&[], client, Own::Needs(1)),
            (&[3, 0, 0, 0, 1], client, Own::Exactly(5)),
            (&[3], server, Own::Needs(2)),
            (&[3, 4], server, Own::Exactly(6)),
            (&[5], client, Own::Exactly(5)),
            (&[7], client, Own::Exactly(1)),
            (&[7], server, Own::Exactly(2)),
            (&[8, 0, 0], client, Own::Unknown),
            (&[8, 0, 4], client, Own::Exactly(5)),
            (&[11], server, Own::Exactly(5)),
            (&[12], client, Own::Exactly(1)),
            (&[12, 9], server, Own::Exactly(11)),
            (&[16, 0, 1, 0, 2], client, Own::Needs(6)),
            (&[16, 0, 1, 0, 2, 4], client, Own::Exactly(10)),
            (&[16, 0, 1, 0, 2], server, Own::Exactly(5)),
            (&[20, 14], client, Own::Exactly(16)),
            (&[22], server, Own::Exactly(7)),
            (&[23, 0, 0, 0, 1, 0, 0, 0, 1, 2], client, Own::Exactly(12)),
            (&[24, 0, 6], server, Own::Exactly(9)),
            (&[43, 14], client, Own::Exactly(4)),
            (
                &[43, 14, 1, 1, 0, 0, 2, 0, 1, b'a', 1, 0],
                server,
                Own::Exactly(12),
            ),
            (&[43, 14, 1, 1, 0, 0, 2, 0, 1, b'a'], server, Own::Needs(12)),
            (&[43, 13], client, Own::Unknown),
            (&[0x83], server, Own::Exactly(2)),
        ];
        for (unit, from, length) in cases {
            assert_eq!(own(unit, from), length, "{unit:?}");
        }
    }
}
