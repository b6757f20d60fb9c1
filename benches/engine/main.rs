//! `cargo bench --bench engine`: what one observation, one touched rule, one command and one quiet frame cost, and how
//! much memory a large site takes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark may fail loudly

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use tapglass::conversation::{Context, Conversation, Party};
use tapglass::engine::{Engine, Options};
use tapglass::model::{
    Action, CaptureTime, Node, NodeIdentifier, Outcome, PointAddress, SECOND, Station, Table, Value,
};
use tapglass::proto::{
    Actor, Answer, Direction, EachPoint, Function, Observation, Operation, Origin, Points,
};
use tapglass::site::Site;

const START: i64 = 1_772_524_800 * SECOND;

fn site(plant: &str, rules: &str) -> Site {
    Site::from_files(&[("plant.toml", plant.as_bytes()), ("rules.toml", rules.as_bytes())])
        .unwrap_or_else(|errors| panic!("{errors:?}"))
        .site
}

fn conversation(number: u32, protocol: &'static str, server: u8) -> Conversation {
    let party = |last: u8, port| Party {
        mac: Some([2, 0, 0, 0, 0, last]),
        ip: std::net::IpAddr::from([10, 0, 0, last]),
        port,
    };
    Conversation::new(
        number,
        protocol,
        6,
        party(20, 50_000),
        party(server, 502),
        Vec::new(),
    )
}

fn operation<'a>(action: Action, at: i64, frame: u64, station: Station, points: Points<'a>) -> Operation<'a> {
    Operation {
        action,
        function: Function { code: 3, name: "f" },
        at: CaptureTime(at),
        frame,
        station,
        actor: Actor::default(),
        outcome: if action == Action::Report {
            Outcome::Accepted
        } else {
            Outcome::Requested
        },
        transaction: if action == Action::Report { 0 } else { frame },
        repeats: false,
        sequence: None,
        origin: Origin::Polled,
        points,
        detail: "",
    }
}

struct Bench {
    engine: Engine,
    conversation: Conversation,
    now: i64,
    frame: u64,
}

impl Bench {
    fn new(site: Site, protocol: &'static str) -> Self {
        Self {
            engine: Engine::new(site, Options::default()),
            conversation: conversation(0, protocol, 1),
            now: START,
            frame: 0,
        }
    }

    fn tell(&mut self, action: Action, station: Station, points: Points<'_>) {
        self.frame += 1;
        let from_client = action != Action::Report;
        let context = Context {
            conversation: &self.conversation,
            mac: None,
            ttl: 128,
            from_client,
        };
        let operation = operation(action, self.now, self.frame, station, points);
        self.engine.operation(&context, &operation);
        if from_client {
            self.engine.answer(
                &context,
                &Answer {
                    transaction: self.frame,
                    at: CaptureTime(self.now),
                    frame: self.frame,
                    outcome: Outcome::Accepted,
                    status: None,
                    each: &[],
                    echo_differs: false,
                },
            );
        }
    }

    fn judged(&self) -> u64 {
        self.engine.rules().map(|view| view.coverage.evaluated).sum()
    }
}

/// Nanoseconds of one round, the best of five runs.
fn measure(rounds: u32, mut round: impl FnMut(u32)) -> f64 {
    let mut best = f64::INFINITY;
    for run in 0..5 {
        let start = Instant::now();
        for number in 0..rounds {
            round(run * rounds + number);
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(rounds));
    }
    best
}

const TAGS: u32 = 30;

fn plc() -> String {
    let mut plant = String::from(
        "[site]\nname = \"bench\"\n[device.plc]\nproto = \"modbus\"\nhost = \"10.0.0.1\"\nunit = 1\nbase = 0\n\
         [principal.hmi]\nip = \"10.0.0.20\"\n",
    );
    for tag in 0..TAGS {
        let _ = write!(
            plant,
            "[tag.\"T{tag}\"]\nat = \"plc/holding:{}\"\ntype = \"f32\"\nunit = \"bar\"\nrole = \"pv\"\nrange = [0, 100]\nsafe = [0, 90]\nrate = 1000\n",
            tag * 2
        );
    }
    plant.push_str(
        "[tag.\"SP\"]\nat = \"plc/holding:200\"\ntype = \"f32\"\nunit = \"bar\"\nrole = \"sp\"\nsafe = [0, 90]\nstep = 50\nwriters = [\"hmi\"]\n",
    );
    plant
}

fn rules() -> String {
    let mut rules = String::new();
    for tag in 0..TAGS {
        let next = (tag + 1) % TAGS;
        let _ = write!(
            rules,
            "[[rule]]\nid = \"i{tag}\"\nkind = \"interlock\"\nwhen = \"T{tag} > 80 and held(T{next} > 10, 5s)\"\nthen = \"T{next} > 20 or once(T{tag} < 1, 10s)\"\nwithin = \"5s\"\n"
        );
    }
    rules
}

fn block(value: impl FnMut(u32) -> f32) -> Vec<u8> {
    let mut value = value;
    (0..TAGS).flat_map(|tag| value(tag).to_be_bytes()).collect()
}

fn holding(bytes: &[u8]) -> Points<'_> {
    Points::Registers {
        table: Table::Holding,
        first: 0,
        bytes,
    }
}

fn polls() {
    let mut bench = Bench::new(site(&plc(), &rules()), "modbus");
    let bytes = block(|tag| 30.0 + tag as f32);
    let still = measure(100_000, |_| {
        bench.now += SECOND / 10;
        bench.tell(Action::Report, Station::Unit(1), holding(&bytes));
    });
    println!(
        "poll of {TAGS} values, none changed: {still:8.1} ns, {:6.2} ns a value",
        still / f64::from(TAGS)
    );

    let before = bench.judged();
    let rounds = 20_000;
    let mut noise = 1_u32;
    let moving = measure(rounds, |_| {
        bench.now += SECOND / 10;
        let bytes = block(|_| {
            noise = noise.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            30.0 + (noise >> 16) as f32 / 65_536.0
        });
        bench.tell(Action::Report, Station::Unit(1), holding(&bytes));
        black_box(bench.engine.has_output());
    });
    #[allow(clippy::cast_precision_loss)]
    let judged = (bench.judged() - before) as f64 / (5.0 * f64::from(rounds));
    println!(
        "poll of {TAGS} values, all changed:  {moving:8.1} ns, {:6.2} ns a value, {judged:.0} rules judged: {:6.2} ns a rule",
        moving / f64::from(TAGS),
        moving / judged
    );
}

fn quiet_frames() {
    let mut bench = Bench::new(site(&plc(), &rules()), "modbus");
    let bytes = block(|tag| 30.0 + tag as f32);
    bench.tell(
        Action::Report,
        Station::Unit(1),
        Points::Registers {
            table: Table::Holding,
            first: 0,
            bytes: &bytes,
        },
    );
    let frame = measure(1_000_000, |_| {
        bench.now += 1_000;
        bench.engine.advance(CaptureTime(bench.now));
    });
    println!("frame without anything:             {frame:8.2} ns");
    let message = measure(1_000_000, |_| {
        bench.now += 1_000;
        let context = Context {
            conversation: &bench.conversation,
            mac: None,
            ttl: 64,
            from_client: true,
        };
        bench.engine.message(
            &context,
            Direction::FromClient,
            Some(Station::Unit(1)),
            CaptureTime(bench.now),
        );
    });
    println!("message without operations:         {message:8.2} ns");
}

fn commands() {
    let mut bench = Bench::new(site(&plc(), &rules()), "modbus");
    let write = measure(50_000, |round| {
        bench.now += SECOND;
        let bytes = (20.0 + (round % 7) as f32).to_be_bytes();
        bench.tell(
            Action::Write,
            Station::Unit(1),
            Points::Registers {
                table: Table::Holding,
                first: 200,
                bytes: &bytes,
            },
        );
        black_box(bench.engine.has_output());
    });
    println!("command with its answer:            {write:8.1} ns");
}

/// Points by node.
struct Nodes(Vec<(String, f64)>);

impl EachPoint for Nodes {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        for (name, value) in &self.0 {
            visit(&Observation::good(
                PointAddress::value_of(Node {
                    namespace: 2,
                    uri: Some("urn:bench"),
                    identifier: NodeIdentifier::Text(name),
                }),
                Value::Double(*value),
            ));
        }
    }
}

fn nodes() {
    let mut plant =
        String::from("[site]\nname = \"bench\"\n[device.s]\nproto = \"opcua\"\nhost = \"10.0.0.1\"\n");
    for tag in 0..TAGS {
        let _ = write!(
            plant,
            "[tag.\"N{tag}\"]\nat = \"s/nsu=urn:bench;s=Unit.{tag}.PV\"\nrole = \"pv\"\nsafe = [0, 90]\n"
        );
    }
    let mut bench = Bench::new(site(&plant, ""), "opcua");
    let points = Nodes((0..TAGS).map(|tag| (format!("Unit.{tag}.PV"), 40.0)).collect());
    let still = measure(50_000, |_| {
        bench.now += SECOND / 10;
        bench.tell(Action::Report, Station::Server, Points::Each(&points));
    });
    println!(
        "publish of {TAGS} nodes, none changed: {still:7.1} ns, {:6.2} ns a value",
        still / f64::from(TAGS)
    );
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

fn large() {
    let mut plant = String::from("[site]\nname = \"bench\"\n[principal.hmi]\nip = \"10.0.0.20\"\n");
    let mut written = String::new();
    for device in 0..20 {
        let _ = write!(
            plant,
            "[device.d{device}]\nproto = \"modbus\"\nhost = \"10.0.1.{device}\"\nunit = 1\nbase = 0\n"
        );
    }
    for tag in 0..20_000_u32 {
        let (device, register) = (tag / 1_000, tag % 1_000 * 2);
        let role = match tag % 4 {
            0 => "role = \"pv\"\nsafe = [0, 90]\n",
            1 => "role = \"sp\"\nsafe = [0, 90]\nstep = 5\n",
            _ => "",
        };
        let _ = write!(
            plant,
            "[tag.\"T{tag}\"]\nat = \"d{device}/holding:{register}\"\ntype = \"f32\"\n{role}"
        );
    }
    for rule in 0..5_000_u32 {
        let _ = write!(
            written,
            "[[rule]]\nid = \"r{rule}\"\nkind = \"interlock\"\nwhen = \"T{} > 80\"\nthen = \"held(T{} > 10, 5s)\"\nwithin = \"5s\"\n",
            rule * 4,
            rule * 4 + 2
        );
    }
    let before = resident();
    let site = site(&plant, &written);
    drop((plant, written));
    let loaded = resident();
    let start = Instant::now();
    let mut bench = Bench::new(site, "modbus");
    let built = start.elapsed().as_secs_f64();
    let rules = bench.engine.rules().count();
    let conversations: Vec<Conversation> = (0..20)
        .map(|device| {
            let mut found = conversation(device + 1, "modbus", 1);
            found.server.ip = std::net::IpAddr::from([10, 0, 1, u8::try_from(device).unwrap()]);
            found
        })
        .collect();
    let start = Instant::now();
    let rounds = 40_u32;
    for round in 0..rounds {
        bench.now += SECOND;
        for conversation in &conversations {
            for part in 0..20_u16 {
                bench.frame += 1;
                let bytes: Vec<u8> = (0..50_u32)
                    .flat_map(|tag| (30.0 + (round * tag % 17) as f32).to_be_bytes())
                    .collect();
                let context = Context {
                    conversation,
                    mac: None,
                    ttl: 64,
                    from_client: false,
                };
                let points = Points::Registers {
                    table: Table::Holding,
                    first: part * 100,
                    bytes: &bytes,
                };
                bench.engine.operation(
                    &context,
                    &operation(Action::Report, bench.now, bench.frame, Station::Unit(1), points),
                );
            }
        }
        bench.engine.drain().for_each(drop);
    }
    let spent = start.elapsed().as_secs_f64();
    println!(
        "20,000 tags, {rules} rules: site {:.0} MB, engine {:.0} MB after {rounds} polls of all; built in {:.2} s, {:.0} ns a value",
        loaded - before,
        resident() - loaded,
        built,
        spent * 1e9 / f64::from(rounds) / 20_000.0
    );
}

fn main() {
    quiet_frames();
    polls();
    nodes();
    commands();
    large();
}
