//! Temporal operators against a model that remembers everything and looks at every moment.

use proptest::prelude::*;

use super::*;
use crate::plant::Truth;

/// Two conditions that can also be unknown, and a command that asks.
const PLANT: &str = r#"
[device.rtu]
proto = "dnp3"
host = "10.0.0.2"
[tag."A"]
at = "rtu/bi:0"
[tag."B"]
at = "rtu/bi:1"
[tag."ASK"]
at = "rtu/bo:5"
"#;

/// A condition of the model.
enum Model {
    A,
    B,
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Once(Box<Self>, usize),
    Held(Box<Self>, usize),
    Since(Box<Self>, Box<Self>),
}

/// One cell of time, half a second long: A and B in it.
type Cell = (Truth, Truth);

impl Model {
    /// Its truth in each cell, the cells before the first being unknown.
    fn over(&self, cells: &[Cell]) -> Vec<Truth> {
        let combine = |a: &Self, b: &Self, with: fn(Truth, Truth) -> Truth| -> Vec<Truth> {
            a.over(cells)
                .into_iter()
                .zip(b.over(cells))
                .map(|(a, b)| with(a, b))
                .collect()
        };
        match self {
            Self::A => cells.iter().map(|cell| cell.0).collect(),
            Self::B => cells.iter().map(|cell| cell.1).collect(),
            Self::Not(a) => a.over(cells).into_iter().map(Truth::not).collect(),
            Self::And(a, b) => combine(a, b, Truth::and),
            Self::Or(a, b) => combine(a, b, Truth::or),
            // In (t - T, t] lie the present cell and the T cells before it, of the first one a part.
            Self::Once(a, length) => {
                let inner = a.over(cells);
                (0..cells.len())
                    .map(|at| {
                        (0..=*length)
                            .map(|back| at.checked_sub(back).map_or(Truth::Unknown, |place| inner[place]))
                            .fold(Truth::False, Truth::or)
                    })
                    .collect()
            }
            Self::Held(a, length) => {
                let inner = a.over(cells);
                (0..cells.len())
                    .map(|at| {
                        (0..=*length)
                            .map(|back| at.checked_sub(back).map_or(Truth::Unknown, |place| inner[place]))
                            .fold(Truth::True, Truth::and)
                    })
                    .collect()
            }
            Self::Since(ever, happened) => {
                let (p, q) = (ever.over(cells), happened.over(cells));
                let mut state = Truth::Unknown;
                p.into_iter()
                    .zip(q)
                    .map(|(p, q)| {
                        state = q.or(p.and(state));
                        state
                    })
                    .collect()
            }
        }
    }
}

fn models() -> Vec<(&'static str, Model)> {
    use Model::{A, And, B, Held, Not, Once, Or, Since};
    fn boxed(model: Model) -> Box<Model> {
        Box::new(model)
    }
    vec![
        ("once(A == 1, 2s)", Once(boxed(A), 4)),
        ("held(A == 1, 2s)", Held(boxed(A), 4)),
        ("once(A == 1, 500ms)", Once(boxed(A), 1)),
        (
            "held(A == 1 or B == 1, 3s)",
            Held(boxed(Or(boxed(A), boxed(B))), 6),
        ),
        ("since(A == 1, B == 1)", Since(boxed(A), boxed(B))),
        (
            "held(once(A == 1, 2s) and not (B == 1), 1s)",
            Held(boxed(And(boxed(Once(boxed(A), 4)), boxed(Not(boxed(B))))), 2),
        ),
        ("once(held(A == 1, 1s), 2s)", Once(boxed(Held(boxed(A), 2)), 4)),
        (
            "since(not once(B == 1, 1s), held(A == 1, 1s))",
            Since(boxed(Not(boxed(Once(boxed(B), 2)))), boxed(Held(boxed(A), 2))),
        ),
        (
            "not held(since(A == 1, B == 1), 1s) or B == 1",
            Or(
                boxed(Not(boxed(Held(boxed(Since(boxed(A), boxed(B))), 2)))),
                boxed(B),
            ),
        ),
    ]
}

fn truth() -> impl Strategy<Value = Truth> {
    prop_oneof![3 => Just(Truth::True), 3 => Just(Truth::False), 1 => Just(Truth::Unknown)]
}

fn point(index: u32, truth: Truth) -> Observation<'static> {
    let reasons = if truth.is_unknown() {
        QualityReasons::OFFLINE
    } else {
        QualityReasons::none()
    };
    flagged(
        at(Table::BinaryInput, index),
        Value::Bool(truth.is_true()),
        reasons,
    )
}

fn verdicts(cells: &[Cell], models: &[(&'static str, Model)]) -> Vec<Vec<Truth>> {
    let rules: String = models
        .iter()
        .enumerate()
        .map(|(number, (text, _))| {
            format!("[[rule]]\nid = \"r{number}\"\nkind = \"permissive\"\non = \"write ASK == 1\"\nrequire = \"{text}\"\n")
        })
        .collect();
    let mut stage = Stage::new(site(PLANT, &rules));
    let mut found = vec![Vec::new(); models.len()];
    let mut before: Option<Cell> = None;
    for cell in cells {
        // What does not change is not always reported.
        let points = Each(match before {
            Some(known) if known == *cell => Vec::new(),
            _ => vec![point(0, cell.0), point(1, cell.1)],
        });
        before = Some(*cell);
        let play = Play {
            protocol: "dnp3",
            server: 2,
            action: Action::Report,
            station: Station::Link {
                master: 1,
                outstation: 4,
            },
            origin: Origin::Event,
            points: Points::Each(&points),
            ..Play::default()
        };
        stage.tell(&play, Outcome::Accepted);
        let counts = |stage: &Stage| -> Vec<(u64, u64)> {
            (0..models.len())
                .map(|number| {
                    let coverage = stage.coverage(&format!("r{number}"));
                    (coverage.unknown, coverage.violated)
                })
                .collect()
        };
        let earlier = counts(&stage);
        let ask = Each(vec![Observation::good(
            at(Table::BinaryOutput, 5),
            Value::Bool(true),
        )]);
        let question = Play {
            action: Action::Write,
            points: Points::Each(&ask),
            ..play
        };
        stage.tell(&question, Outcome::Unacknowledged);
        for ((later, earlier), found) in counts(&stage).into_iter().zip(earlier).zip(&mut found) {
            found.push(if later.0 > earlier.0 {
                Truth::Unknown
            } else if later.1 > earlier.1 {
                Truth::False
            } else {
                Truth::True
            });
        }
        stage.now += SECOND / 2;
        let at = stage.at();
        stage.engine.advance(at);
        stage.collect();
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn operators_agree_with_a_model_that_forgets_nothing(
        cells in prop::collection::vec((truth(), truth()), 1..60),
        runs in prop::collection::vec(1..4_usize, 60),
    ) {
        // Stretches of several cells, as conditions last a while.
        let cells: Vec<Cell> = cells
            .into_iter()
            .zip(runs)
            .flat_map(|(cell, length)| std::iter::repeat_n(cell, length))
            .collect();
        let models = models();
        let found = verdicts(&cells, &models);
        for ((text, model), found) in models.iter().zip(found) {
            prop_assert_eq!(&model.over(&cells), &found, "{}", text);
        }
    }
}
