//! The temporal operators of rules against an independent monitor, on random formulas and two-valued traces.
//!
//! Values stand from one sample to the next, a second apart, so a window of T seconds reaches back over T samples and the
//! present one: `once(p, 3s)` is `once[0:3](p)` there. An edge is an instant, which a window open at its far end leaves
//! one sample earlier. The monitor knows no unknown: where the past was not watched for long enough nothing is compared.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // a test may fail loudly

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use tapglass::conversation::{Context, Conversation, Party};
use tapglass::engine::{Engine, Options};
use tapglass::model::{Action, CaptureTime, Outcome, SECOND, Station, Table};
use tapglass::proto::{Actor, Function, Operation, Origin, Points};
use tapglass::site::Site;

const FORMULAS: usize = 120;
const TRACES: usize = 6;
const SAMPLES: usize = 60;
const START: i64 = 1_772_524_800 * SECOND;

/// Small numbers that are the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A formula in the language of rules, and in that of the monitor.
struct Formula {
    ours: String,
    theirs: String,
}

fn formula(numbers: &mut Numbers, depth: u32) -> Formula {
    let of = |ours: String, theirs: String| Formula { ours, theirs };
    let tag = |numbers: &mut Numbers| {
        if numbers.below(2) == 0 {
            ("P", "p")
        } else {
            ("Q", "q")
        }
    };
    if depth == 0 || numbers.below(8) == 0 {
        let (ours, theirs) = tag(numbers);
        return of(format!("({ours} == 1)"), format!("({theirs} > 0)"));
    }
    match numbers.below(8) {
        0 => {
            let inner = formula(numbers, depth - 1);
            of(format!("(not {})", inner.ours), format!("(not {})", inner.theirs))
        }
        1 | 2 => {
            let (a, b) = (formula(numbers, depth - 1), formula(numbers, depth - 1));
            let word = if numbers.below(2) == 0 { "and" } else { "or" };
            of(
                format!("({} {word} {})", a.ours, b.ours),
                format!("({} {word} {})", a.theirs, b.theirs),
            )
        }
        3 => {
            let (a, b) = (formula(numbers, depth - 1), formula(numbers, depth - 1));
            of(
                format!("since({}, {})", a.ours, b.ours),
                format!("({} since {})", a.theirs, b.theirs),
            )
        }
        4 => {
            let (ours, theirs) = tag(numbers);
            let seconds = 2 + numbers.below(8);
            let (edge, other) = if numbers.below(2) == 0 {
                ("rose", "rise")
            } else {
                ("fell", "fall")
            };
            of(
                format!("once({edge}({ours} == 1), {seconds}s)"),
                format!("(once[0:{}]({other}({theirs} > 0)))", seconds - 1),
            )
        }
        number => {
            let inner = formula(numbers, depth - 1);
            let seconds = 1 + numbers.below(9);
            let (word, other) = if number % 2 == 0 {
                ("once", "once")
            } else {
                ("held", "historically")
            };
            of(
                format!("{word}({}, {seconds}s)", inner.ours),
                format!("({other}[0:{seconds}]({}))", inner.theirs),
            )
        }
    }
}

/// Two signals; each stays for a while, now longer, now shorter.
fn trace(numbers: &mut Numbers) -> [Vec<bool>; 2] {
    [(); 2].map(|()| {
        let patience = 1 + numbers.below(7);
        let mut value = numbers.below(2) == 0;
        (0..SAMPLES)
            .map(|_| {
                value ^= numbers.below(patience) == 0;
                value
            })
            .collect()
    })
}

/// A plant in which each formula must hold when X is written.
fn site(formulas: &[Formula]) -> Site {
    let mut plant = String::from(
        "[site]\nname = \"traces\"\n[device.plc]\nproto = \"modbus\"\nhost = \"10.0.0.1\"\nunit = 1\nbase = 0\n",
    );
    for (coil, tag) in ["P", "Q", "X"].iter().enumerate() {
        let _ = write!(
            plant,
            "[tag.{tag}]\nat = \"plc/coil:{coil}\"\ntype = \"bool\"\nmax_age = \"1h\"\n"
        );
    }
    let mut rules = String::new();
    for (number, formula) in formulas.iter().enumerate() {
        let _ = write!(
            rules,
            "[[rule]]\nid = \"f{number}\"\nkind = \"permissive\"\non = \"write X == 1\"\nrequire = \"{}\"\nwhy = \"w\"\n",
            formula.ours
        );
    }
    Site::from_files(&[("plant.toml", plant.as_bytes()), ("rules.toml", rules.as_bytes())])
        .unwrap_or_else(|errors| panic!("{errors:?}"))
        .site
}

fn tell(
    engine: &mut Engine,
    conversation: &Conversation,
    action: Action,
    at: i64,
    frame: u64,
    points: Points<'_>,
) {
    let reports = action == Action::Report;
    let context = Context {
        conversation,
        mac: None,
        ttl: 64,
        from_client: !reports,
    };
    engine.advance(CaptureTime(at));
    engine.operation(
        &context,
        &Operation {
            action,
            function: Function { code: 1, name: "f" },
            at: CaptureTime(at),
            frame,
            station: Station::Unit(1),
            actor: Actor::default(),
            outcome: if reports {
                Outcome::Accepted
            } else {
                Outcome::Requested
            },
            transaction: if reports { 0 } else { frame },
            repeats: false,
            sequence: None,
            origin: Origin::Polled,
            points,
            detail: "",
        },
    );
    engine.drain();
}

/// What each formula is at each sample; `None` where it cannot be told.
fn ours(site: &Site, [p, q]: &[Vec<bool>; 2]) -> Vec<Vec<Option<bool>>> {
    let mut engine = Engine::new(site.clone(), Options::default());
    let party = |last, port| Party {
        mac: None,
        ip: IpAddr::from([10, 0, 0, last]),
        port,
    };
    let conversation = Conversation::new(0, "modbus", 6, party(9, 50_000), party(1, 502), Vec::new());
    let counts = |engine: &Engine| -> Vec<[u64; 3]> {
        engine
            .rules()
            .filter(|view| view.info.kind == "permissive")
            .map(|view| {
                [
                    view.coverage.evaluated,
                    view.coverage.unknown,
                    view.coverage.violated,
                ]
            })
            .collect()
    };
    let mut told = vec![Vec::new(); counts(&engine).len()];
    for (sample, (p, q)) in p.iter().zip(q).enumerate() {
        let at = START + sample as i64 * SECOND;
        let frame = sample as u64 * 2 + 1;
        let bits = [u8::from(*p) | u8::from(*q) << 1];
        let read = Points::Bits {
            table: Table::Coil,
            first: 0,
            count: 2,
            bytes: &bits,
        };
        tell(&mut engine, &conversation, Action::Report, at, frame, read);
        let before = counts(&engine);
        let write = Points::Bits {
            table: Table::Coil,
            first: 2,
            count: 1,
            bytes: &[1],
        };
        tell(&mut engine, &conversation, Action::Write, at, frame + 1, write);
        for ((was, is), told) in before.iter().zip(counts(&engine)).zip(&mut told) {
            let [evaluated, unknown, violated] = [0, 1, 2].map(|place| is[place] - was[place]);
            assert_eq!(evaluated, 1, "judged once at each write");
            told.push((unknown == 0).then_some(violated == 0));
        }
    }
    told
}

/// What the monitor says: for each formula, for each trace, for each sample.
fn theirs(python: &Path, formulas: &[Formula], traces: &[[Vec<bool>; 2]]) -> Vec<Vec<Vec<bool>>> {
    let signal =
        |values: &[bool]| -> Vec<i32> { values.iter().map(|value| if *value { 1 } else { -1 }).collect() };
    let asked = json!({
        "formulas": formulas.iter().map(|formula| &formula.theirs).collect::<Vec<_>>(),
        "traces": traces.iter().map(|[p, q]| json!({"p": signal(p), "q": signal(q)})).collect::<Vec<_>>(),
    });
    let mut judge = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/monitor/judge.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    judge
        .stdin
        .take()
        .unwrap()
        .write_all(asked.to_string().as_bytes())
        .unwrap();
    let output = judge.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn temporal_operators_equal_an_independent_monitor() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/monitor-venv/bin/python");
    if !python.exists() {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "in CI the monitor must be there: tests/monitor/install.sh"
        );
        println!("skipped: tests/monitor/install.sh brings the monitor to compare with");
        return;
    }
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let formulas: Vec<Formula> = (0..FORMULAS)
        .map(|number| formula(&mut numbers, 1 + number as u32 % 3))
        .collect();
    let traces: Vec<[Vec<bool>; 2]> = (0..TRACES).map(|_| trace(&mut numbers)).collect();
    let site = site(&formulas);
    let theirs = theirs(&python, &formulas, &traces);
    let (mut compared, mut unknown) = (0_u32, 0_u32);
    for (number, trace) in traces.iter().enumerate() {
        let ours = ours(&site, trace);
        for (place, formula) in formulas.iter().enumerate() {
            for (sample, told) in ours[place].iter().enumerate() {
                let Some(told) = told else {
                    unknown += 1;
                    continue;
                };
                compared += 1;
                assert_eq!(
                    *told, theirs[place][number][sample],
                    "{} at sample {sample} of\nP {:?}\nQ {:?}",
                    formula.ours, trace[0], trace[1]
                );
            }
        }
    }
    println!("{compared} verdicts compared, {unknown} unknown");
    assert!(compared > 20 * unknown, "{compared} compared, {unknown} unknown");
}
