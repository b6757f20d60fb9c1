//! Whatever comes, nothing panics, and the same input gives the same output.

use proptest::prelude::*;

use super::*;

/// A plant in which every kind of rule has something to do.
const PLANT: &str = r#"
[tag."SP"]
at = "plc/holding:10"
type = "f32"
order = "CDAB"
unit = "bar"
role = "sp"
safe = [0, 100]
step = 5
writers = ["hmi"]
feedback = { tag = "PV", within = "2s", tol = 1 }
[tag."PV"]
at = "plc/holding:12"
type = "f32"
order = "CDAB"
unit = "bar"
role = "pv"
safe = [10, 90]
rate = 2
[tag."BIG"]
at = "plc/holding:14"
type = "f64"
[tag."BCD"]
at = "plc/holding:18"
type = "bcd32"
role = "limit"
[tag."WORD"]
at = "plc/holding:20"
type = "u16"
[tag."BIT"]
at = "plc/holding:20.3"
role = "cmd"
[tag."FIELD"]
at = "plc/holding:20"
type = "u16"
bits = "4..7"
role = "mode"
states = { 0 = "off", 1 = "manual", 2 = "auto" }
[tag."PUMP"]
at = "plc/coil:1"
type = "bool"
role = "cmd"
feedback = { tag = "RUN", within = "2s" }
[tag."RUN"]
at = "plc/discrete:1"
type = "bool"
role = "fb"
[tag."HB"]
at = "plc/input:1"
type = "u16"
role = "heartbeat"
[tag."BYP"]
at = "plc/coil:3"
type = "bool"
role = "bypass"
max_bypass = "10s"
[window.day]
every = "Mon-Sun 06:00-18:00"
[mode.run]
when = "RUN == 1 or once(PUMP == 1, 5s)"
"#;

const RULES: &str = r#"
[[rule]]
id = "walk"
kind = "walk"
tag = "SP"
max = 3
window = "1m"
[[rule]]
id = "permissive"
kind = "permissive"
on = "write PUMP == 1"
require = "held(PV > 10, 3s) and not changed(WORD, 2s) and rate(PV) < 5"
[[rule]]
id = "interlock"
kind = "interlock"
when = "PV > 50 and mode(run)"
then = "since(RUN == 1, PUMP == 1) or age(PV) > 3 s"
within = "2s"
[[rule]]
id = "mirror"
kind = "mirror"
a = "SP"
b = "PV"
tol = 2
for = "2s"
[[rule]]
id = "balance"
kind = "balance"
residual = "SP - PV + avg(PV, 10s) - min(PV, 5s) + max(SP, 5s)"
limit = 10
for = "2s"
cusum = { k = 0.5, h = 5 }
[[rule]]
id = "cycle"
kind = "cycle"
tag = "PUMP"
min_gap = "3s"
max = 3
window = "20s"
[[rule]]
id = "storm"
kind = "count"
on = "write role cmd"
distinct = "tag"
max = 1
window = "5s"
per = "principal"
[[rule]]
id = "changes"
kind = "count"
on = "change RUN"
max = 2
window = "10s"
per = "site"
[[rule]]
id = "sequence"
kind = "sequence"
steps = ["change RUN == 1", "write SP > 10"]
forbid_first = "write SP > 10"
deadline = "5s"
[[rule]]
id = "schedule"
kind = "schedule"
tag = "SP"
window = "day"
[[rule]]
id = "often"
kind = "permissive"
on = "write SP"
require = "count(write PUMP, 10s) < 2 and prev(PV) < 80 and not rose(RUN == 1)"
"#;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Event {
    Write { client: u8, first: u16, words: Vec<u16> },
    Mask { register: u16, and: u16, or: u16 },
    Coil { client: u8, coil: u16, on: bool },
    Read { table: u8, first: u16, words: Vec<u16> },
    ReadBit { index: u16, on: bool },
    Other { client: u8, action: u8 },
    Answer { back: u64, outcome: u8, echo: bool },
    Wait { tenths: i64 },
    Blind { from_client: bool, tenths: i64 },
    BlindAll { tenths: i64 },
    Close { orderly: bool },
}

fn word() -> impl Strategy<Value = u16> {
    prop_oneof![
        Just(0_u16),
        Just(0x42c8),
        Just(0x4120),
        Just(0x7fc0),
        Just(0xff80),
        Just(0x7f80),
        0..20_u16,
        any::<u16>()
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let client = || prop_oneof![Just(HMI), Just(ENGINEER), Just(STRANGER)];
    prop_oneof![
        3 => (client(), 8..22_u16, prop::collection::vec(word(), 1..6))
            .prop_map(|(client, first, words)| Event::Write { client, first, words }),
        1 => (8..22_u16, any::<u16>(), any::<u16>()).prop_map(|(register, and, or)| Event::Mask { register, and, or }),
        2 => (client(), 0..4_u16, any::<bool>()).prop_map(|(client, coil, on)| Event::Coil { client, coil, on }),
        5 => (0..2_u8, prop_oneof![Just(10_u16), Just(12), Just(8), 0..70_u16], prop::collection::vec(word(), 1..12))
            .prop_map(|(table, first, words)| Event::Read { table, first, words }),
        2 => (0..3_u16, any::<bool>()).prop_map(|(index, on)| Event::ReadBit { index, on }),
        1 => (client(), 0..8_u8).prop_map(|(client, action)| Event::Other { client, action }),
        3 => (0..3_u64, 0..4_u8, any::<bool>()).prop_map(|(back, outcome, echo)| Event::Answer { back, outcome, echo }),
        4 => (-30..200_i64).prop_map(|tenths| Event::Wait { tenths }),
        1 => (any::<bool>(), 0..50_i64).prop_map(|(from_client, tenths)| Event::Blind { from_client, tenths }),
        1 => (0..50_i64).prop_map(|tenths| Event::BlindAll { tenths }),
        1 => any::<bool>().prop_map(|orderly| Event::Close { orderly }),
    ]
}

const TENTH: i64 = SECOND / 10;

fn happen(stage: &mut Stage, event: &Event) {
    match event {
        Event::Write { client, first, words } => {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            stage.tell(&registers(*client, *first, &bytes), Outcome::Requested);
        }
        Event::Mask { register, and, or } => {
            let play = Play {
                points: Points::Mask {
                    register: *register,
                    and: *and,
                    or: *or,
                },
                ..Play::default()
            };
            stage.tell(&play, Outcome::Requested);
        }
        Event::Coil { client, coil, on } => {
            let byte = [u8::from(*on)];
            stage.tell(&bits(*client, *coil, &byte), Outcome::Requested);
        }
        Event::Read { table, first, words } => {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            let play = Play {
                action: Action::Report,
                points: Points::Registers {
                    table: if *table == 0 { Table::Holding } else { Table::Input },
                    first: *first,
                    bytes: &bytes,
                },
                ..Play::default()
            };
            stage.tell(&play, Outcome::Accepted);
        }
        Event::ReadBit { index, on } => stage.reads_bit(Table::Discrete, *index, *on),
        Event::Other { client, action } => {
            let actions = [
                Action::Restart,
                Action::Stop,
                Action::BlockReporting,
                Action::AllowReporting,
                Action::SetTime,
                Action::Call,
                Action::Select,
                Action::Operate,
            ];
            let play = Play {
                client: *client,
                action: actions[usize::from(*action)],
                sequence: Some(*action),
                ..Play::default()
            };
            stage.tell(&play, Outcome::Requested);
        }
        Event::Answer { back, outcome, echo } => {
            let outcome = [
                Outcome::Accepted,
                Outcome::Rejected,
                Outcome::Pending,
                Outcome::Accepted,
            ][usize::from(*outcome)];
            let transaction = stage.transaction.saturating_sub(*back);
            stage.answer_with(&Play::default(), transaction, outcome, 2, *echo, &[]);
        }
        Event::Wait { tenths } => {
            stage.now += tenths * TENTH;
            let at = stage.at();
            stage.engine.advance(at);
            stage.collect();
        }
        Event::Blind { from_client, tenths } => {
            let direction = if *from_client {
                Direction::FromClient
            } else {
                Direction::FromServer
            };
            #[allow(clippy::cast_precision_loss)]
            stage.blind(Some(direction), *tenths as f64 / 10.0);
        }
        Event::BlindAll { tenths } => {
            let until = stage.at();
            stage.engine.blind(
                None,
                &Blind {
                    from: until.plus(-tenths * TENTH),
                    until,
                    frame: 0,
                    direction: None,
                    bytes: None,
                    reason: BlindReason::CaptureDrop,
                    text: format_args!("dropped"),
                },
            );
        }
        Event::Close { orderly } => {
            let at = stage.at();
            stage.engine.conversation_closed(0, *orderly, at);
        }
    }
}

/// Everything that came out, and everything that can be read afterwards.
fn played(events: &[Event]) -> String {
    let mut stage = Stage::with(
        site(&format!("{HEAD}{PLANT}"), RULES),
        Options {
            commands: false,
            operations: true,
            raw_points: true,
            trend: 16,
        },
    );
    for event in events {
        happen(&mut stage, event);
    }
    let at = stage.at();
    stage.engine.finish(at);
    stage.collect();
    let rules: Vec<String> = stage
        .engine
        .rules()
        .map(|view| format!("{} {:?} {:?}", view.info.id, view.state, view.coverage))
        .collect();
    let tags: Vec<String> = stage
        .engine
        .tags()
        .map(|view| format!("{:?}", view.state))
        .collect();
    format!("{:#?}\n{:#?}\n{rules:#?}\n{tags:#?}", stage.all, stage.records)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_same_operations_give_the_same_alarms(events in prop::collection::vec(event(), 1..120)) {
        let first = played(&events);
        prop_assert_eq!(first, played(&events));
    }
}
