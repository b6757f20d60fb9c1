//! Rules that judge commands at the request: exact borders, near misses, and what cannot be told.

use super::*;

const TAGS: &str = r#"
[tag."SP"]
at = "plc/holding:10"
type = "u16"
scale = { gain = 0.1, offset = 0.0 }
unit = "degC"
role = "sp"
safe = [40, 95]
step = 5
writers = ["hmi"]
[tag."F"]
at = "plc/holding:20"
type = "f32"
unit = "bar"
role = "sp"
safe = [0.7, 1.4]
[tag."MODE"]
at = "plc/holding:30"
type = "u16"
role = "mode"
states = { 0 = "off", 1 = "manual", 2 = "auto" }
writers = ["hmi", "eng"]
[tag."KP"]
at = "plc/holding:44"
type = "u16"
role = "tuning"
writers = ["eng"]
[tag."PUMP"]
at = "plc/coil:1"
type = "bool"
role = "cmd"
writers = ["hmi"]
[tag."FAN"]
at = "plc/coil:2"
type = "bool"
role = "cmd"
[tag."FLOW"]
at = "plc/holding:60"
type = "u16"
unit = "l/s"
"#;

fn stage(rules: &str) -> Stage {
    Stage::modbus(TAGS, rules)
}

fn float(client: u8, register: u16, value: f32) -> [u8; 4] {
    let _ = (client, register);
    value.to_be_bytes()
}

#[test]
fn a_setpoint_exactly_at_its_limit_is_inside_and_one_step_further_is_not() {
    let mut stage = stage("");
    stage.polls(5, 10, &[900]);
    stage.write(HMI, 10, 950);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.write(HMI, 10, 951);
    assert_eq!(stage.rules(), ["SP/envelope"]);
    let alarm = stage.alarm("SP/envelope");
    assert_eq!(alarm.severity, Severity::High);
    assert_eq!(
        alarm.explanation,
        "hmi (10.0.0.20) wrote SP = 95.1 degC, above the limit of 95 degC, it was 95 degC."
    );
}

#[test]
fn a_binary_fraction_at_its_limit_never_alarms_by_rounding() {
    let mut stage = stage("");
    for value in [0.7_f32, 1.4, 1.0] {
        stage.does(&registers(HMI, 20, &float(HMI, 20, value)));
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.does(&registers(HMI, 20, &1.401_f32.to_be_bytes()));
    assert_eq!(stage.rules(), ["F/envelope"]);
}

#[test]
fn the_alarm_comes_with_the_request_and_is_amended_by_the_answer() {
    let mut stage = stage("");
    stage.polls(5, 10, &[900]);
    let bytes = 990_u16.to_be_bytes();
    let play = registers(HMI, 10, &bytes);
    let transaction = stage.tell(&play, Outcome::Requested);
    assert_eq!(
        stage.rules(),
        ["SP/envelope", "SP/step"],
        "before the PLC answers"
    );
    assert_eq!(stage.alarm("SP/envelope").severity, Severity::High);
    stage.reply(&play, transaction, Outcome::Rejected, 3);
    let alarm = stage.alarm("SP/envelope");
    assert_eq!(
        alarm.severity,
        Severity::Medium,
        "an attempt that was refused is one level lower"
    );
    assert!(
        alarm.explanation.ends_with("; the device refused it."),
        "{}",
        alarm.explanation
    );
    assert!(
        alarm.lines[1].ends_with("refused by the device (a reason)"),
        "{}",
        alarm.lines[1]
    );
    assert_eq!(alarm.frames.len(), 2, "request and answer");
    assert_eq!(
        stage.engine.tags().next().unwrap().state.commanded_at,
        i64::MIN,
        "cmd() is not touched"
    );
}

#[test]
fn a_step_is_measured_from_what_was_read_or_else_from_what_was_accepted() {
    let mut stage = stage("");
    stage.write(HMI, 10, 500);
    assert_eq!(stage.coverage("SP/step").unknown, 1, "nothing to measure from");
    assert!(stage.rules().is_empty());
    stage.write(HMI, 10, 550);
    assert!(
        stage.rules().is_empty(),
        "five degrees are allowed: {:?}",
        stage.said()
    );
    stage.write(HMI, 10, 601);
    assert_eq!(stage.rules(), ["SP/step"]);
    stage.forget();
    stage.polls(3, 10, &[601]);
    stage.wait(130.0);
    stage.polls(3, 10, &[601]);
    stage.write(HMI, 10, 551);
    assert!(
        stage.rules().is_empty(),
        "down by exactly five: {:?}",
        stage.said()
    );
}

#[test]
fn a_slow_poll_is_no_reference_after_an_accepted_write() {
    let mut stage = stage("");
    stage.reads(10, &[500]);
    stage.wait(60.0);
    stage.reads(10, &[500]);
    stage.wait(5.0);
    stage.write(HMI, 10, 540);
    stage.wait(5.0);
    stage.write(HMI, 10, 580);
    assert!(stage.rules().is_empty(), "two steps of four: {:?}", stage.said());
}

#[test]
fn only_accepted_writes_walk() {
    let mut stage =
        stage("[[rule]]\nid = \"walk\"\nkind = \"walk\"\ntag = \"SP\"\nmax = 10\nwindow = \"1h\"\n");
    for value in [500, 540, 580, 600] {
        stage.write(HMI, 10, value);
        stage.wait(60.0);
    }
    assert!(stage.rules().is_empty(), "exactly ten: {:?}", stage.said());
    let bytes = 610_u16.to_be_bytes();
    stage.fails(&registers(HMI, 10, &bytes));
    assert!(stage.rules().is_empty(), "a refused write does not count");
    stage.write(HMI, 10, 601);
    assert_eq!(stage.rules(), ["walk"]);
    stage.forget();
    stage.wait(3_600.0);
    stage.write(HMI, 10, 620);
    assert!(
        stage.rules().is_empty(),
        "the window has passed: {:?}",
        stage.said()
    );
}

#[test]
fn a_value_of_the_list_is_allowed_and_another_is_not() {
    let mut stage = stage("");
    stage.write(HMI, 30, 2);
    assert!(stage.rules().is_empty());
    stage.write(HMI, 30, 3);
    assert_eq!(stage.rules(), ["MODE/domain"]);
}

#[test]
fn writers_are_told_by_all_that_the_site_says_of_them() {
    let mut stage = stage("");
    stage.polls(3, 10, &[500]);
    stage.write(HMI, 10, 510);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    let bytes = 520_u16.to_be_bytes();
    let play = registers(HMI, 10, &bytes);
    stage.does(&Play { ttl: 127, ..play });
    assert!(stage.rules().is_empty(), "behind a router: {:?}", stage.said());
    stage.does(&Play {
        card: Some(77),
        ..play
    });
    assert_eq!(stage.rules(), ["SP/writers"]);
    let alarm = stage.alarm("SP/writers");
    assert!(
        alarm
            .explanation
            .contains("it has the address of hmi, but not hmi's network card"),
        "{}",
        alarm.explanation
    );
    stage.forget();
    stage.wait(130.0);
    stage.does(&Play { ttl: 64, ..play });
    assert_eq!(stage.rules(), ["SP/writers"], "another machine");
    stage.forget();
    stage.write(ENGINEER, 10, 520);
    assert_eq!(stage.rules(), ["SP/writers"], "known, but not on the list");
    stage.forget();
    stage.write(STRANGER, 10, 530);
    assert_eq!(stage.rules(), ["SP/writers"]);
    assert!(
        stage
            .alarm("SP/writers")
            .explanation
            .contains("the site does not know this address")
    );
}

#[test]
fn an_unsafe_value_from_a_stranger_is_one_level_worse() {
    let mut stage = stage("");
    stage.polls(3, 10, &[900]);
    stage.write(STRANGER, 10, 940);
    stage.write(STRANGER, 10, 990);
    assert_eq!(stage.alarm("SP/envelope").severity, Severity::Critical);
    assert_eq!(
        stage.alarm("SP/writers").severity,
        Severity::High,
        "that it is a stranger counts once"
    );
}

#[test]
fn a_stranger_who_writes_what_has_no_tag_is_noticed() {
    let mut stage = stage("");
    stage.write(STRANGER, 300, 1);
    assert_eq!(stage.rules(), ["builtin/writers"]);
    stage.forget();
    stage.write(HMI, 300, 1);
    assert!(stage.rules().is_empty());
    // Reading and asking are not commands.
    let play = Play {
        client: STRANGER,
        action: Action::Identify,
        ..Play::default()
    };
    stage.does(&play);
    assert!(stage.rules().is_empty());
}

#[test]
fn protected_settings_may_be_written_by_those_who_are_listed() {
    let mut stage = stage("");
    stage.write(ENGINEER, 44, 7);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.write(HMI, 44, 7);
    assert_eq!(stage.rules(), ["KP/writers", "KP/limit-write"]);
}

const PERMISSIVE: &str = r#"
[[rule]]
id = "needs-flow"
kind = "permissive"
on = "write PUMP == 1"
require = "FLOW > 5 and good(FLOW)"
severity = "high"
"#;

#[test]
fn a_permissive_is_judged_at_the_request_and_advises_when_it_cannot_tell() {
    let mut stage = stage(PERMISSIVE);
    stage.coil(HMI, 1, true);
    assert!(stage.rules().is_empty());
    assert_eq!(
        stage.said(),
        [("needs-flow".to_owned(), Severity::Low)],
        "never seen"
    );
    stage.forget();
    stage.polls(5, 60, &[6]);
    stage.coil(HMI, 1, true);
    assert!(stage.said().is_empty(), "{:?}", stage.said());
    stage.polls(5, 60, &[5]);
    stage.coil(HMI, 1, false);
    assert!(stage.said().is_empty(), "stopping needs nothing");
    stage.coil(HMI, 1, true);
    assert_eq!(stage.rules(), ["needs-flow"], "five is not more than five");
    stage.forget();
    stage.wait(130.0);
    stage.coil(HMI, 1, true);
    assert!(
        !stage.rules().contains(&"needs-flow"),
        "the flow is stale: not known to be wrong"
    );
    assert_eq!(stage.coverage("needs-flow").unknown, 2);
}

#[test]
fn conditions_see_what_the_same_transaction_writes() {
    let rules = r#"
    [[rule]]
    id = "auto-only"
    kind = "permissive"
    on = "write SP > 0"
    require = "MODE == auto"
    "#;
    let tags = r#"
    [tag."SP"]
    at = "plc/holding:10"
    type = "u16"
    [tag."MODE"]
    at = "plc/holding:11"
    type = "u16"
    states = { 0 = "off", 2 = "auto" }
    "#;
    let mut stage = Stage::modbus(tags, rules);
    stage.polls(3, 10, &[0, 0]);
    stage.does(&registers(HMI, 10, &[0, 5, 0, 2]));
    assert!(
        stage.rules().is_empty(),
        "mode and setpoint in one message: {:?}",
        stage.said()
    );
    stage.does(&registers(HMI, 10, &[0, 5, 0, 0]));
    assert_eq!(stage.rules(), ["auto-only"]);
}

const CYCLE: &str = r#"
[[rule]]
id = "pumping"
kind = "cycle"
tag = "PUMP"
min_gap = "30s"
max = 3
window = "10m"
"#;

#[test]
fn a_command_may_be_reversed_after_the_gap_and_not_before() {
    let mut stage = stage(CYCLE);
    stage.coil(HMI, 1, true);
    stage.wait(30.0);
    stage.coil(HMI, 1, false);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.wait(29.0);
    stage.coil(HMI, 1, false);
    assert!(stage.rules().is_empty(), "the same again is no reversal");
    stage.coil(HMI, 1, true);
    assert_eq!(stage.rules(), ["pumping"]);
}

#[test]
fn commands_that_a_device_refused_were_none() {
    let mut stage = stage(CYCLE);
    stage.coil(HMI, 1, true);
    stage.wait(40.0);
    let off = [0];
    stage.fails(&bits(HMI, 1, &off));
    stage.wait(5.0);
    stage.coil(HMI, 1, true);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn too_many_commands_in_a_window_are_counted() {
    let mut stage = stage(CYCLE);
    for turn in 0..3 {
        stage.coil(HMI, 1, turn % 2 == 0);
        stage.wait(60.0);
    }
    assert!(stage.rules().is_empty(), "three are allowed: {:?}", stage.said());
    stage.coil(HMI, 1, false);
    assert_eq!(stage.rules(), ["pumping"]);
}

#[test]
fn movements_without_a_command_in_sight_count_too() {
    let mut stage = stage(CYCLE);
    stage.reads_bit(Table::Coil, 1, false);
    stage.coil(HMI, 1, true);
    stage.reads_bit(Table::Coil, 1, true);
    stage.wait(5.0);
    assert!(
        stage.rules().is_empty(),
        "the coil follows its command: {:?}",
        stage.said()
    );
    stage.reads_bit(Table::Coil, 1, false);
    assert_eq!(stage.rules(), ["pumping"], "somebody else has switched it");
}

const STORM: &str = r#"
[[rule]]
id = "storm"
kind = "count"
on = "write role cmd == 0"
distinct = "tag"
max = 1
window = "60s"
per = "site"
severity = "high"
[[rule]]
id = "often"
kind = "count"
on = "write role cmd"
max = 2
window = "10s"
per = "principal"
severity = "medium"
"#;

#[test]
fn a_count_of_distinct_tags_does_not_count_one_twice() {
    let mut stage = stage(STORM);
    stage.coil(HMI, 1, false);
    stage.wait(20.0);
    stage.coil(HMI, 1, false);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.wait(60.0);
    stage.coil(HMI, 2, false);
    assert!(stage.rules().is_empty(), "a minute later: {:?}", stage.said());
    stage.wait(59.0);
    stage.coil(HMI, 1, false);
    assert_eq!(stage.rules(), ["storm"]);
    assert_eq!(stage.alarm("storm").tags, ["PUMP", "FAN"]);
}

#[test]
fn principals_are_counted_apart() {
    let mut stage = stage(STORM);
    for client in [HMI, ENGINEER, HMI, ENGINEER] {
        stage.coil(client, 2, true);
        stage.wait(1.0);
    }
    assert!(!stage.rules().contains(&"often"), "{:?}", stage.said());
    stage.coil(HMI, 2, true);
    assert!(stage.rules().contains(&"often"), "{:?}", stage.said());
}

#[test]
fn an_application_retry_is_no_new_command() {
    let mut stage = stage(STORM);
    let on = [1];
    let play = bits(HMI, 2, &on);
    let transaction = stage.tell(&play, Outcome::Requested);
    for _ in 0..5 {
        stage.tell(
            &Play {
                repeats: true,
                ..play
            },
            Outcome::Requested,
        );
    }
    stage.reply(&play, transaction, Outcome::Accepted, 0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_schedule_is_open_in_its_window_only() {
    let tags = format!(
        "{TAGS}\n[window.day]\nevery = \"Mon-Fri 06:00-18:00\"\n[window.night]\nevery = \"Mon-Fri 18:00-06:00\"\n"
    );
    let rules = r#"
    [[rule]]
    id = "by-day"
    kind = "schedule"
    tag = "FAN"
    allowed = "window(day)"
    [[rule]]
    id = "by-night"
    kind = "schedule"
    tag = "PUMP"
    allowed = "window(night)"
    "#;
    // 2026-03-03T08:00:00Z is a Tuesday.
    let mut stage = Stage::modbus(&tags, rules);
    stage.coil(HMI, 2, true);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.coil(HMI, 1, true);
    assert_eq!(stage.rules(), ["by-night"]);
}

#[test]
fn steps_come_in_order_and_in_time() {
    let rules = r#"
    [[rule]]
    id = "startup"
    kind = "sequence"
    steps = ["write FAN == 1", "write PUMP == 1"]
    forbid_first = "write PUMP == 1"
    deadline = "5m"
    "#;
    let mut stage = stage(rules);
    stage.coil(HMI, 1, true);
    assert!(
        stage.rules().is_empty(),
        "the fan may have been on before the capture began"
    );
    stage.coil(HMI, 2, false);
    stage.coil(HMI, 1, true);
    assert_eq!(stage.rules(), ["startup"], "the pump before the fan");
    stage.forget();
    stage.wait(130.0);
    stage.coil(HMI, 2, true);
    stage.wait(60.0);
    stage.coil(HMI, 1, true);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.wait(60.0);
    stage.coil(HMI, 2, true);
    stage.wait(301.0);
    assert_eq!(stage.rules(), ["startup"], "the pump was forgotten");
}

#[test]
fn a_rule_that_is_not_armed_is_not_judged() {
    let rules = format!("{PERMISSIVE}when = \"MODE == auto\"\n");
    let mut stage = stage(&rules);
    stage.polls(3, 60, &[0]);
    stage.polls(3, 30, &[1]);
    stage.coil(HMI, 1, true);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    assert_eq!(stage.coverage("needs-flow").evaluated, 0);
    stage.polls(3, 30, &[2]);
    stage.polls(1, 60, &[0]);
    stage.coil(HMI, 1, true);
    assert_eq!(stage.rules(), ["needs-flow"]);
}

#[test]
fn a_bypass_is_told_when_it_is_set_and_again_when_it_stays() {
    let tags = r#"
    [tag."BYP"]
    at = "plc/coil:5"
    type = "bool"
    role = "bypass"
    max_bypass = "10m"
    writers = ["eng"]
    "#;
    let mut stage = Stage::modbus(tags, "");
    stage.coil(ENGINEER, 5, false);
    assert!(stage.rules().is_empty());
    stage.coil(ENGINEER, 5, true);
    assert_eq!(stage.rules(), ["BYP/bypass"]);
    assert_eq!(stage.alarm("BYP/bypass").severity, Severity::High);
    stage.forget();
    stage.wait(590.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.wait(15.0);
    assert_eq!(stage.rules(), ["BYP/bypass"]);
    assert!(stage.alarm("BYP/bypass").title.contains("stays bypassed"));
    stage.coil(ENGINEER, 5, false);
    stage.wait(70.0);
    assert!(!standing(&stage.alarm("BYP/bypass")), "it is over");
}

#[test]
fn what_is_not_a_number_alarms_by_itself() {
    let mut stage = stage("");
    stage.does(&registers(HMI, 20, &f32::NAN.to_be_bytes()));
    assert_eq!(stage.rules(), ["F/sanity"]);
    assert_eq!(
        stage.coverage("F/envelope").unknown,
        1,
        "nothing follows from a comparison"
    );
    stage.forget();
    stage.does(&registers(HMI, 20, &f32::INFINITY.to_be_bytes()));
    assert!(
        stage.rules().contains(&"F/envelope"),
        "infinity is an ordinary number that is too great"
    );
}
