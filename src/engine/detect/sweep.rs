//! Units behind a gateway that are asked and do not answer: somebody looks for devices (Modbus).

use tapglass_model::Station;

/// Silent units before it is a sweep. A gateway with some devices switched off is ordinary.
pub(super) const SILENT: u32 = 8;

/// Exceptions of a gateway that speaks for a unit which does not answer (AP 7).
pub(super) const UNREACHABLE: [u32; 2] = [10, 11];

/// The units of one conversation, a bit for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Units {
    asked: [u64; 4],
    answered: [u64; 4],
}

const fn bit(unit: u8) -> (usize, u64) {
    ((unit >> 6) as usize, 1 << (unit & 63))
}

impl Units {
    /// A unit is asked; true when it is so for the first time.
    pub(super) fn ask(&mut self, station: Option<Station>) -> bool {
        let Some(Station::Unit(unit)) = station else {
            return false;
        };
        let (word, bit) = bit(unit);
        let new = self.asked[word] & bit == 0;
        self.asked[word] |= bit;
        new
    }

    /// A unit answers.
    pub(super) fn answer(&mut self, station: Option<Station>) {
        if let Some(Station::Unit(unit)) = station {
            let (word, bit) = bit(unit);
            self.answered[word] |= bit;
        }
    }

    /// How many were asked and never answered.
    pub(super) fn silent(&self) -> u32 {
        self.asked
            .iter()
            .zip(&self.answered)
            .map(|(asked, answered)| (asked & !answered).count_ones())
            .sum()
    }

    /// Forgets who did not answer.
    pub(super) fn forgive(&mut self) {
        self.asked = self.answered;
    }
}
