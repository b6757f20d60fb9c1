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
