//! What follows a command: answers, feedback, movements that nobody commanded.

use super::*;

const TAGS: &str = r#"
[tag."SP"]
at = "plc/holding:10"
type = "u16"
role = "sp"
feedback = { tag = "SPRB", within = "10s", tol = 1 }
[tag."SPRB"]
at = "plc/holding:11"
type = "u16"
[tag."PUMP"]
at = "plc/coil:1"
type = "bool"
role = "cmd"
feedback = { tag = "RUN", within = "8s" }
[tag."RUN"]
at = "plc/discrete:1"
type = "bool"
role = "fb"
"#;

fn stage() -> Stage {
    Stage::modbus(TAGS, "")
}

#[test]
fn a_command_that_is_followed_in_time_is_quiet() {
    let mut stage = stage();
    stage.polls(5, 10, &[100, 100]);
    stage.write(HMI, 10, 120);
    stage.polls(9, 10, &[120, 100]);
    stage.polls(20, 10, &[120, 119]);
    assert!(
        stage.said().is_empty(),
        "within the tolerance: {:?}",
        stage.said()
    );
}

#[test]
fn a_command_that_is_not_followed_alarms_when_its_time_is_over_and_returns_when_it_is() {
    let mut stage = stage();
    stage.polls(5, 10, &[100, 100]);
    stage.write(HMI, 10, 120);
    stage.polls(10, 10, &[120, 118]);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(2, 10, &[120, 118]);
    assert_eq!(stage.rules(), ["SP/feedback"]);
    let alarm = stage.alarm("SP/feedback");
    assert_eq!(alarm.tags, ["SP", "SPRB"]);
    stage.polls(2, 10, &[120, 120]);
    assert!(!standing(&stage.alarm("SP/feedback")));
}

#[test]
fn a_newer_command_takes_the_place_of_the_one_before() {
    let mut stage = stage();
    stage.polls(5, 10, &[100, 100]);
    stage.write(HMI, 10, 120);
    stage.polls(5, 10, &[120, 100]);
    stage.write(HMI, 10, 100);
    stage.polls(15, 10, &[100, 100]);
    assert!(stage.said().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_slow_poll_is_waited_for() {
    let mut stage = stage();
    for _ in 0..4 {
        stage.reads(10, &[100, 100]);
        stage.wait(60.0);
    }
    stage.write(HMI, 10, 120);
    stage.wait(59.0);
    assert!(
        stage.rules().is_empty(),
        "nobody has looked yet: {:?}",
        stage.said()
    );
    stage.reads(10, &[120, 120]);
    stage.wait(60.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn without_any_answer_in_the_capture_nothing_is_concluded() {
    let mut stage = stage();
    let bytes = 120_u16.to_be_bytes();
    stage.tell(&registers(HMI, 10, &bytes), Outcome::Requested);
    stage.wait(3.0);
    let view = stage.engine.tags().next().unwrap();
    assert_eq!(view.state.commanded.value.number(), Some(120.0));
    assert_eq!(view.state.commanded.quality, Quality::Uncertain);
    stage.wait(600.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_broadcast_is_taken_and_not_waited_for() {
    let mut stage = stage();
    let bytes = 120_u16.to_be_bytes();
    let play = Play {
        station: Station::Unit(0),
        ..registers(HMI, 10, &bytes)
    };
    stage.tell(&play, Outcome::Unacknowledged);
    let view = stage.engine.tags().next().unwrap();
    assert_eq!(view.state.commanded.value.number(), Some(120.0));
    assert_eq!(view.state.commanded.quality, Quality::Uncertain);
}

#[test]
fn a_late_refusal_is_still_heard() {
    let mut stage = Stage::modbus(
        "[tag.\"SP\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\nrole = \"sp\"\nsafe = [0, 10]\n",
        "",
    );
    let bytes = 99_u16.to_be_bytes();
    let play = registers(HMI, 10, &bytes);
    let transaction = stage.tell(&play, Outcome::Requested);
    stage.wait(5.0);
    assert!(stage.alarm("SP/envelope").lines[1].ends_with("no answer seen"));
    stage.reply(&play, transaction, Outcome::Rejected, 4);
    assert_eq!(stage.alarm("SP/envelope").severity, Severity::Medium);
}

#[test]
fn an_echo_that_differs_is_told() {
    let mut stage = stage();
    let bytes = 120_u16.to_be_bytes();
    let play = registers(HMI, 10, &bytes);
    let transaction = stage.tell(&play, Outcome::Requested);
    stage.answer_with(&play, transaction, Outcome::Accepted, 0, true, &[]);
    assert_eq!(stage.rules(), ["builtin/sanity"]);
}

#[test]
fn each_point_has_its_own_outcome() {
    let mut stage = Stage::modbus(
        r#"
        [tag."A"]
        at = "plc/holding:10"
        type = "u16"
        [tag."B"]
        at = "plc/holding:11"
        type = "u16"
        "#,
        "",
    );
    let status = Status {
        code: 0x8074_0000,
        name: "BadTypeMismatch",
    };
    let play = registers(HMI, 10, &[0, 1, 0, 2]);
    let transaction = stage.tell(&play, Outcome::Requested);
    stage.answer_with(
        &play,
        transaction,
        Outcome::Accepted,
        0,
        false,
        &[(Outcome::Accepted, status), (Outcome::Rejected, status)],
    );
    let commanded: Vec<Option<f64>> = stage
        .engine
        .tags()
        .map(|view| view.state.commanded.value.number())
        .collect();
    assert_eq!(commanded, [Some(1.0), None]);
}

fn running(stage: &mut Stage, seconds: u32, on: bool) {
    for _ in 0..seconds {
        stage.reads_bit(Table::Discrete, 1, on);
        stage.wait(1.0);
    }
}

#[test]
fn a_movement_after_its_command_is_expected_and_one_without_is_not() {
    let mut stage = stage();
    running(&mut stage, 10, false);
    stage.coil(HMI, 1, true);
    running(&mut stage, 60, true);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    running(&mut stage, 5, false);
    assert!(
        stage.rules().is_empty(),
        "an explanation may come a little later: {:?}",
        stage.said()
    );
    running(&mut stage, 2, false);
    assert_eq!(stage.rules(), ["RUN/uncommanded"]);
}

#[test]
fn the_first_value_after_a_pause_is_no_movement() {
    let mut stage = stage();
    running(&mut stage, 10, false);
    stage.wait(60.0);
    running(&mut stage, 10, true);
    assert!(
        stage.rules().is_empty(),
        "it was unknown before: {:?}",
        stage.said()
    );
}

#[test]
fn a_slow_poll_sees_a_movement_long_after_its_command() {
    let mut stage = stage();
    for _ in 0..4 {
        stage.reads_bit(Table::Discrete, 1, false);
        stage.wait(60.0);
    }
    stage.reads_bit(Table::Discrete, 1, false);
    stage.wait(2.0);
    stage.coil(HMI, 1, true);
    stage.wait(58.0);
    stage.reads_bit(Table::Discrete, 1, true);
    stage.wait(10.0);
    assert!(!stage.rules().contains(&"RUN/uncommanded"), "{:?}", stage.said());
}

const BREAKERS: &str = r#"
[device.rtu]
proto = "dnp3"
host = "10.0.0.2"
master = 1
outstation = 4
[principal.ems]
ip = "10.0.0.20"
[tag."CB.CMD"]
at = "rtu/bo:3"
role = "cmd"
crob = { open = ["TRIP", "LATCH_OFF"], close = ["CLOSE", "LATCH_ON"] }
sbo = "required"
feedback = { tag = "CB.POS", within = "5s", map = { open = "open", close = "closed" } }
[tag."CB.POS"]
at = "rtu/dbi:3"
role = "fb"
states = { 0 = "travel", 1 = "open", 2 = "closed", 3 = "fault" }
[tag."AMPS"]
at = "rtu/ai:7"
unit = "A"
[tag."RTU.LOCAL"]
at = "rtu/bi:15"
"#;

const UNLESS: &str = r#"
[[rule]]
id = "uncommanded"
kind = "uncommanded"
tag = "CB.POS"
window = "10s"
unless = "once(AMPS > 1200, 10s)"
"#;

/// The outstation speaks, or is spoken to.
fn rtu<'a>(action: Action, points: &'a Each<'a>) -> Play<'a> {
    Play {
        protocol: "dnp3",
        server: 2,
        action,
        station: Station::Link {
            master: 1,
            outstation: 4,
        },
        origin: Origin::Event,
        points: Points::Each(points),
        ..Play::default()
    }
}

fn breakers(rules: &str) -> Stage {
    let mut stage = Stage::new(site(BREAKERS, rules));
    event(&mut stage, Table::DoubleBitInput, 3, Value::DoubleBit(2));
    event(&mut stage, Table::AnalogInput, 7, Value::Float(200.0));
    event(&mut stage, Table::BinaryInput, 15, Value::Bool(false));
    alive(&mut stage, 20);
    stage
}

fn event(stage: &mut Stage, table: Table, index: u32, value: Value<'static>) {
    let points = Each(vec![Observation::good(at(table, index), value)]);
    stage.tell(&rtu(Action::Report, &points), Outcome::Accepted);
}

/// Polls that bring nothing new.
fn alive(stage: &mut Stage, polls: u32) {
    let empty = Each(Vec::new());
    for _ in 0..polls {
        stage.wait(2.0);
        stage.tell(&rtu(Action::Report, &empty), Outcome::Accepted);
    }
}

fn control(code: u8) -> Value<'static> {
    Value::Control(tapglass_model::ControlBlock {
        code,
        count: 1,
        on_ms: 100,
        off_ms: 0,
    })
}

/// Trip/close code in the upper bits, pulse on in the lower.
const TRIP: u8 = 0x81;
const CLOSE: u8 = 0x41;

fn operate(stage: &mut Stage, action: Action, index: u32, code: u8, sequence: u8) {
    let points = Each(vec![Observation::good(
        at(Table::BinaryOutput, index),
        control(code),
    )]);
    let play = Play {
        sequence: Some(sequence),
        ..rtu(action, &points)
    };
    stage.does(&play);
}

#[test]
fn select_and_operate_that_belong_together_are_quiet() {
    let mut stage = breakers("");
    operate(&mut stage, Action::Select, 3, TRIP, 15);
    operate(&mut stage, Action::Operate, 3, TRIP, 0);
    event(&mut stage, Table::DoubleBitInput, 3, Value::DoubleBit(1));
    alive(&mut stage, 10);
    assert!(stage.said().is_empty(), "{:?}", stage.said());
}

#[test]
fn each_way_to_pass_over_the_select_is_told() {
    type Wrong = fn(&mut Stage);
    let cases: [(&str, Wrong); 5] = [
        ("directly, without select", |stage| {
            operate(stage, Action::DirectOperate, 3, TRIP, 1);
        }),
        ("without select", |stage| {
            operate(stage, Action::Operate, 3, TRIP, 1)
        }),
        ("differently from what was selected", |stage| {
            operate(stage, Action::Select, 3, TRIP, 1);
            operate(stage, Action::Operate, 3, CLOSE, 2);
        }),
        ("out of sequence with its select", |stage| {
            operate(stage, Action::Select, 3, TRIP, 1);
            operate(stage, Action::Operate, 3, TRIP, 4);
        }),
        ("after its select had expired", |stage| {
            operate(stage, Action::Select, 3, TRIP, 1);
            stage.wait(11.0);
            operate(stage, Action::Operate, 3, TRIP, 2);
        }),
    ];
    for (words, wrong) in cases {
        let mut stage = breakers("");
        wrong(&mut stage);
        assert_eq!(stage.rules(), ["CB.CMD/sbo"], "{words}");
        assert!(stage.alarm("CB.CMD/sbo").explanation.contains(words), "{words}");
    }
}

#[test]
fn a_select_is_spent_by_its_operate() {
    let mut stage = breakers("");
    operate(&mut stage, Action::Select, 3, TRIP, 1);
    operate(&mut stage, Action::Operate, 3, TRIP, 2);
    operate(&mut stage, Action::Operate, 3, TRIP, 2);
    assert_eq!(stage.rules(), ["CB.CMD/sbo"]);
}

#[test]
fn a_select_whose_place_another_takes_is_an_orphan() {
    let rules = "[[rule]]\nid = \"orphans\"\nkind = \"sbo\"\ntag = \"CB.CMD\"\norphans = 2\n";
    let select = |stage: &mut Stage, times: u8, each: fn(u8) -> u8| {
        for time in 0..times {
            operate(stage, Action::Select, 3, TRIP, each(time));
            stage.wait(20.0);
        }
        stage.wait(200.0);
        stage.raised.retain(|alarm| alarm.rule == "orphans");
    };
    let mut stage = breakers(rules);
    select(&mut stage, 2, |time| time);
    assert!(stage.said().is_empty(), "two are allowed: {:?}", stage.said());
    let mut stage = breakers(rules);
    select(&mut stage, 10, |_| 1);
    assert!(
        stage.said().is_empty(),
        "the same once more is no other: {:?}",
        stage.said()
    );
    let mut stage = breakers(rules);
    select(&mut stage, 10, |time| time);
    assert_eq!(stage.said().first(), Some(&("orphans".to_owned(), Severity::Low)));
}

#[test]
fn a_select_commands_nothing() {
    let mut stage = breakers("");
    operate(&mut stage, Action::Select, 3, TRIP, 1);
    assert_eq!(stage.engine.tags().next().unwrap().state.commanded_at, i64::MIN);
    alive(&mut stage, 10);
    assert!(
        stage.rules().is_empty(),
        "no feedback is expected: {:?}",
        stage.said()
    );
}

#[test]
fn no_report_means_no_change_as_long_as_the_association_lives() {
    let mut stage = breakers("");
    operate(&mut stage, Action::Select, 3, TRIP, 1);
    operate(&mut stage, Action::Operate, 3, TRIP, 2);
    alive(&mut stage, 2);
    assert!(stage.rules().is_empty());
    alive(&mut stage, 2);
    assert_eq!(
        stage.rules(),
        ["CB.CMD/feedback"],
        "it said success and did nothing"
    );
    assert!(
        stage
            .alarm("CB.CMD/feedback")
            .explanation
            .contains("CB.CMD = open was accepted, but CB.POS did not become open within 5 s"),
        "{}",
        stage.alarm("CB.CMD/feedback").explanation
    );
}

#[test]
fn a_report_that_may_be_in_a_gap_is_not_missed() {
    let mut stage = breakers("");
    operate(&mut stage, Action::Select, 3, TRIP, 1);
    operate(&mut stage, Action::Operate, 3, TRIP, 2);
    alive(&mut stage, 1);
    stage.blind_to("dnp3", 2, Some(Direction::FromServer), 1.0);
    alive(&mut stage, 10);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    assert_eq!(stage.coverage("CB.CMD/feedback").unknown, 1);
}

#[test]
fn a_breaker_may_move_with_a_fault_current_that_is_reported_a_little_later() {
    let mut stage = breakers(UNLESS);
    event(&mut stage, Table::DoubleBitInput, 3, Value::DoubleBit(1));
    stage.wait(1.0);
    event(&mut stage, Table::AnalogInput, 7, Value::Float(2_400.0));
    alive(&mut stage, 5);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_breaker_that_moves_by_itself_is_told() {
    let mut stage = breakers(UNLESS);
    event(&mut stage, Table::DoubleBitInput, 3, Value::DoubleBit(1));
    alive(&mut stage, 3);
    assert_eq!(stage.rules(), ["uncommanded"]);
}

#[test]
fn a_device_that_is_switched_to_local_may_be_operated_by_hand() {
    let mut stage = breakers(UNLESS);
    event(&mut stage, Table::BinaryInput, 15, Value::Bool(true));
    alive(&mut stage, 3);
    event(&mut stage, Table::DoubleBitInput, 3, Value::DoubleBit(1));
    alive(&mut stage, 5);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn another_master_of_the_same_outstation_is_bound_too() {
    let mut stage = breakers("");
    let points = Each(vec![Observation::good(at(Table::BinaryOutput, 3), control(TRIP))]);
    let play = Play {
        client: STRANGER,
        station: Station::Link {
            master: 77,
            outstation: 4,
        },
        sequence: Some(1),
        ..rtu(Action::DirectOperate, &points)
    };
    stage.does(&play);
    assert!(stage.rules().contains(&"CB.CMD/sbo"), "{:?}", stage.said());
    assert!(stage.rules().contains(&"builtin/writers"), "{:?}", stage.said());
}
