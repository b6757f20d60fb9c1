//! Devices that fall silent: behind a gateway, one by one, and many at once.

use super::*;

/// Three units behind one gateway, the second with a rule of its own.
const GATEWAY: &str = r#"
[device.second]
proto = "modbus"
host = "10.0.0.1"
unit = 2
base = 0
[device.third]
proto = "modbus"
host = "10.0.0.1"
unit = 3
base = 0
[tag."T1"]
at = "plc/holding:1"
type = "u16"
[tag."T2"]
at = "second/holding:1"
type = "u16"
[tag."T3"]
at = "third/holding:1"
type = "u16"
"#;

const SECOND_IS_SILENT: &str = r#"
[[rule]]
id = "second-silent"
kind = "silence"
device = "second"
max = "10s"
"#;

/// A unit behind the gateway reports its register.
fn answers(stage: &mut Stage, unit: u8) {
    let bytes = 7_u16.to_be_bytes();
    let play = Play {
        action: Action::Report,
        station: Station::Unit(unit),
        ttl: 64,
        ..registers(HMI, 1, &bytes)
    };
    stage.tell(&play, Outcome::Accepted);
}

/// A message of the pair without any operation.
fn says(stage: &mut Stage, from: Direction, station: Option<Station>) {
    let place = stage.conversation("modbus", HMI, 1);
    let context = Context {
        conversation: &stage.conversations[place],
        mac: None,
        ttl: 64,
        from_client: from == Direction::FromClient,
    };
    let at = CaptureTime(START + stage.now);
    stage.engine.message(&context, from, station, at);
    stage.collect();
}

/// Seconds in which these units answer and the others are asked in vain: the gateway says so, or nobody says anything.
fn polls(stage: &mut Stage, seconds: u32, units: &[u8], gateway_speaks: bool) {
    for _ in 0..seconds {
        for unit in 1..=3 {
            if units.contains(&unit) {
                answers(stage, unit);
                continue;
            }
            says(stage, Direction::FromClient, Some(Station::Unit(unit)));
            if gateway_speaks {
                says(stage, Direction::FromServer, None);
            }
        }
        stage.wait(1.0);
    }
}

#[test]
fn a_device_behind_a_gateway_falls_silent_by_itself() {
    for gateway_speaks in [false, true] {
        let mut stage = Stage::modbus(GATEWAY, SECOND_IS_SILENT);
        polls(&mut stage, 60, &[1, 2, 3], gateway_speaks);
        polls(&mut stage, 9, &[1, 3], gateway_speaks);
        assert!(stage.rules().is_empty(), "{:?}", stage.said());
        polls(&mut stage, 3, &[1, 3], gateway_speaks);
        assert_eq!(stage.rules(), ["second-silent"], "its own limit");
        assert_eq!(stage.alarm("second-silent").asset, "second");
        polls(&mut stage, 120, &[1], gateway_speaks);
        assert_eq!(
            stage.rules(),
            ["second-silent", "builtin/silence"],
            "each once, however long the others go on"
        );
        assert_eq!(stage.alarm("builtin/silence").asset, "third");
        assert!(standing(&stage.alarm("second-silent")));
        polls(&mut stage, 1, &[1, 2], gateway_speaks);
        assert!(!standing(&stage.alarm("second-silent")), "it is heard again");
        assert!(standing(&stage.alarm("builtin/silence")), "and the third is not");
        stage.forget();
        polls(&mut stage, 20, &[1, 2], gateway_speaks);
        polls(&mut stage, 45, &[1], gateway_speaks);
        assert_eq!(stage.rules(), ["second-silent"], "and again");
    }
}

#[test]
fn a_gateway_that_answers_for_its_only_device_is_not_the_device() {
    let mut stage = Stage::modbus("[tag.\"T1\"]\nat = \"plc/holding:1\"\ntype = \"u16\"\n", "");
    for _ in 0..60 {
        answers(&mut stage, 1);
        stage.wait(1.0);
    }
    for _ in 0..120 {
        says(&mut stage, Direction::FromClient, Some(Station::Unit(1)));
        says(&mut stage, Direction::FromServer, None);
        stage.wait(1.0);
    }
    assert_eq!(stage.rules(), ["builtin/silence"]);
    assert!(standing(&stage.alarm("builtin/silence")));
}

#[test]
fn units_that_the_site_does_not_know_do_not_speak_for_one_that_it_knows() {
    let mut stage = Stage::modbus("[tag.\"T1\"]\nat = \"plc/holding:1\"\ntype = \"u16\"\n", "");
    for _ in 0..60 {
        answers(&mut stage, 1);
        answers(&mut stage, 9);
        stage.wait(1.0);
    }
    for _ in 0..20 {
        answers(&mut stage, 9);
        stage.wait(1.0);
    }
    assert_eq!(stage.rules(), ["builtin/silence"]);
}

#[test]
fn devices_that_answer_in_turn_at_their_own_pace_are_all_heard() {
    let mut stage = Stage::modbus(GATEWAY, "");
    for second in 0..600 {
        answers(&mut stage, 1);
        if second % 10 == 0 {
            answers(&mut stage, 2);
        }
        if second % 60 == 0 {
            answers(&mut stage, 3);
        }
        stage.wait(1.0);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

/// Five substations, each behind its own address.
fn substations() -> String {
    (101..=105)
        .map(|last| {
            format!(
                "[device.d{last}]\nproto = \"modbus\"\nhost = \"10.0.0.{last}\"\nunit = 1\nbase = 0\n\
                 [tag.T{last}]\nat = \"d{last}/holding:1\"\ntype = \"u16\"\n"
            )
        })
        .collect()
}

fn substation_answers(stage: &mut Stage, last: u8) {
    let bytes = 7_u16.to_be_bytes();
    let play = Play {
        action: Action::Report,
        server: last,
        ttl: 64,
        ..registers(HMI, 1, &bytes)
    };
    stage.tell(&play, Outcome::Accepted);
}

/// All answer for a minute; then each falls silent, some seconds after the one before.
fn fall_silent_in_turn(stage: &mut Stage, apart: u32) {
    for second in 0..(60 + 5 * apart + 20) {
        for (number, last) in (0_u32..).zip(101..=105) {
            if second < 60 + number * apart {
                substation_answers(stage, last);
            }
        }
        stage.wait(1.0);
    }
}

#[test]
fn many_devices_that_fall_silent_are_one_alarm_of_the_site() {
    let mut stage = Stage::modbus(&substations(), "");
    fall_silent_in_turn(&mut stage, 2);
    let severities: Vec<Severity> = stage.said().iter().map(|said| said.1).collect();
    let (medium, high) = (Severity::Medium, Severity::High);
    assert_eq!(
        severities,
        [medium, medium, high],
        "two by themselves, then one for all"
    );
    let alarm = stage.alarm("builtin/silence");
    assert_eq!(alarm.severity, Severity::High);
    assert_eq!(alarm.devices.len(), 5);
    assert_eq!(alarm.title, "5 devices are not heard of");
    assert!(
        alarm.explanation.ends_with("d101, d102, d103, d104, d105."),
        "{}",
        alarm.explanation
    );
    for last in 101..=105 {
        assert!(standing(&stage.alarm("builtin/silence")), "not all are back");
        substation_answers(&mut stage, last);
    }
    assert!(
        !stage.engine.alarms().any(|alarm| standing(alarm)),
        "all are back"
    );
}

#[test]
fn a_rule_says_how_many_are_many() {
    let rule = |stations: u32| {
        format!(
            "[[rule]]\nid = \"substations\"\nkind = \"silence\"\nmax = \"10s\"\nstations = {stations}\n\
             device = [\"d101\", \"d102\", \"d103\", \"d104\", \"d105\"]\n"
        )
    };
    for (stations, apart, expected) in [(2, 2, 2), (4, 2, 4), (5, 2, 5), (6, 2, 5), (2, 70, 5)] {
        let mut stage = Stage::modbus(&substations(), &rule(stations));
        fall_silent_in_turn(&mut stage, apart);
        let said = stage.said();
        assert_eq!(
            said.len(),
            expected,
            "{stations} stations, {apart} s apart: {said:?}"
        );
        let many = said.iter().filter(|said| said.1 == Severity::High).count();
        assert_eq!(many, usize::from(expected == stations as usize), "{said:?}");
    }
}
