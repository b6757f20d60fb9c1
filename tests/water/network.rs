//! A small drinking-water network: a source, two tanks, pumps switched by levels, a day of demand with noise.

use std::fmt::Write as _;

/// Random numbers that are the same on every machine (xorshift64*).
struct Chance(u64);

impl Chance {
    #[allow(clippy::cast_precision_loss)]
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, mean 0 and deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// What is done to the network or to what is seen of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Attack {
    /// Tank 1's level reads low: its pump never stops, and the tank runs over.
    LowReading,
    /// Pump 2 runs at a lower speed.
    SlowPump,
    /// The pump that stands by is switched on.
    StandBy,
    /// The levels that switch pump 1 are moved, while level, flow and status repeat those of days ago.
    Concealed,
    /// Tank 2's level is shifted, more each hour.
    Drift,
}

/// Names of the columns.
pub(crate) const COLUMNS: [&str; 14] = [
    "L_T1", "L_T2", "F_PU1", "S_PU1", "F_PU2", "S_PU2", "F_PU3", "S_PU3", "P_IN1", "P_OUT1", "P_IN2",
    "P_OUT2", "F_DIST1", "F_DIST2",
];

struct Network {
    chance: Chance,
    levels: [f64; 2],
    running: [bool; 2],
    hour: usize,
    demand_noise: [f64; 2],
}

/// Half of an hour's water, as metres in a tank, for each litre a second.
const AREA: [f64; 2] = [0.012, 0.02];
/// Levels at which the pumps start and stop.
const SWITCH: [(f64, f64); 2] = [(1.5, 4.5), (1.2, 3.8)];

impl Network {
    fn demand(&mut self) -> [f64; 2] {
        const DAY: [f64; 24] = [
            0.5, 0.42, 0.4, 0.4, 0.45, 0.6, 0.95, 1.35, 1.4, 1.25, 1.15, 1.1, 1.15, 1.1, 1.0, 0.98, 1.05,
            1.2, 1.4, 1.5, 1.35, 1.1, 0.85, 0.65,
        ];
        let (hour, weekend) = (self.hour % 24, self.hour / 24 % 7 >= 5);
        let [a, b] = &mut self.demand_noise;
        *a = 0.7 * *a + 0.3 * self.chance.normal();
        *b = 0.7 * *b + 0.3 * self.chance.normal();
        let shape = DAY[hour] * if weekend { 1.08 } else { 1.0 };
        [44.0 * shape * (1.0 + 0.04 * *a), 27.0 * shape * (1.0 + 0.05 * *b)]
    }

    /// One hour; returns what is measured, in the order of [`COLUMNS`].
    fn step(&mut self, attack: Option<(Attack, usize)>) -> [f64; 14] {
        let demand = self.demand();
        let what = attack.map(|attack| attack.0);
        let mut switch = SWITCH;
        if what == Some(Attack::Concealed) {
            switch[0] = (0.4, 1.4);
        }
        for (tank, (start, stop)) in switch.iter().enumerate() {
            let seen = if tank == 0 && what == Some(Attack::LowReading) {
                1.0
            } else {
                self.levels[tank]
            };
            if seen <= *start {
                self.running[tank] = true;
            } else if seen >= *stop {
                self.running[tank] = false;
            }
        }
        let speed = if what == Some(Attack::SlowPump) { 0.8 } else { 1.0 };
        let third = what == Some(Attack::StandBy);
        // A pump moves less against a fuller tank; two of them share a pipe.
        let flow = |running: bool, level: f64, most: f64| if running { most - 1.6 * level } else { 0.0 };
        let flows = [
            flow(self.running[0], self.levels[0], 84.0) - if third { 9.0 } else { 0.0 },
            flow(self.running[1], self.levels[1], 56.0) * speed,
            if third { 31.0 } else { 0.0 },
        ];
        let flows = [if self.running[0] { flows[0] } else { 0.0 }, flows[1], flows[2]];
        let inflow = [flows[0] + flows[2], flows[1]];
        for tank in 0..2 {
            let change = (inflow[tank] - demand[tank]) * AREA[tank];
            self.levels[tank] = (self.levels[tank] + change).clamp(0.0, [5.5, 4.6][tank]);
        }
        self.hour += 1;
        let noise = |chance: &mut Chance, size: f64| size * chance.normal();
        let flag = |on: bool| f64::from(u8::from(on));
        let mut row = [
            self.levels[0],
            self.levels[1],
            flows[0],
            flag(self.running[0]),
            flows[1],
            flag(self.running[1]),
            flows[2],
            flag(third),
            32.0 - 0.05 * inflow[0] + noise(&mut self.chance, 0.02),
            32.0 + 0.42 * inflow[0] + 1.9 * self.levels[0] + noise(&mut self.chance, 0.05),
            27.0 - 0.06 * inflow[1] + noise(&mut self.chance, 0.02),
            27.0 + 0.55 * inflow[1] * speed + 1.7 * self.levels[1] + noise(&mut self.chance, 0.05),
            demand[0] + noise(&mut self.chance, 0.3),
            demand[1] + noise(&mut self.chance, 0.3),
        ];
        match attack {
            Some((Attack::LowReading, _)) => row[0] = 1.0,
            #[allow(clippy::cast_precision_loss)]
            Some((Attack::Drift, hours)) => row[1] += 0.15 * (1.0 + hours as f64),
            _ => {}
        }
        row
    }
}

/// Attacks of the test: hour of begin, length, kind.
pub(crate) const ATTACKS: [(usize, usize, Attack); 6] = [
    (240, 60, Attack::LowReading),
    (500, 70, Attack::SlowPump),
    (760, 30, Attack::StandBy),
    (980, 80, Attack::Concealed),
    (1_300, 50, Attack::Drift),
    (1_600, 60, Attack::Concealed),
];

/// An export of so many hours, with a last column that says when it is attacked.
pub(crate) fn export(seed: u64, hours: usize, attacks: &[(usize, usize, Attack)]) -> String {
    let mut network = Network {
        chance: Chance(seed),
        levels: [3.0, 2.5],
        running: [false, false],
        hour: 0,
        demand_noise: [0.0; 2],
    };
    let mut rows: Vec<[f64; 14]> = Vec::new();
    let mut out = format!("DATETIME,{},ATTACK\n", COLUMNS.join(","));
    for hour in 0..hours {
        let attack = attacks
            .iter()
            .find(|(begin, length, _)| (*begin..begin + length).contains(&hour))
            .map(|(begin, _, kind)| (*kind, hour - begin));
        let mut row = network.step(attack);
        if let Some((Attack::Concealed, _)) = attack
            && let Some(past) = hour.checked_sub(168).and_then(|past| rows.get(past))
        {
            // Level, flow and status of the pump's tank are those of a week ago; the pressures are forgotten.
            for column in [0, 2, 3] {
                row[column] = past[column];
            }
        }
        rows.push(row);
        let (day, of_day) = (hour / 24, hour % 24);
        let date = jiff::civil::date(2020, 1, 1)
            .checked_add(jiff::Span::new().days(i64::try_from(day).unwrap()))
            .unwrap();
        let _ = write!(
            out,
            "{:02}/{:02}/{} {of_day:02}:00",
            date.day(),
            date.month(),
            date.year()
        );
        for value in row {
            let _ = write!(out, ",{value:.2}");
        }
        let _ = writeln!(out, ",{}", u8::from(attack.is_some()));
    }
    out
}
