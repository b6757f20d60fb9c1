//! What was not seen is no evidence: gaps, silence of the whole capture, clocks that are set.

use super::*;

const TAGS: &str = r#"
[tag."P"]
at = "plc/holding:10"
type = "u16"
role = "pv"
safe = [10, 20]
[tag."VALVE"]
at = "plc/holding:12"
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
[tag."HB"]
at = "plc/holding:13"
type = "u16"
role = "heartbeat"
"#;

const RELIEF: &str = r#"
[[rule]]
id = "relief"
kind = "interlock"
when = "P > 18"
then = "VALVE == 1"
within = "4s"
"#;

fn stage() -> Stage {
    let mut stage = Stage::modbus(TAGS, RELIEF);
    for second in 0..60 {
        stage.reads(10, &[15]);
        stage.reads(12, &[0, second]);
        stage.reads_bit(Table::Discrete, 1, false);
        stage.wait(1.0);
    }
    stage
}

#[test]
fn nothing_is_concluded_from_a_silence_of_the_whole_capture() {
    let mut stage = stage();
    stage.reads(10, &[19]);
    stage.reads(12, &[0, 60]);
    let on = [1];
    stage.does(&bits(HMI, 1, &on));
    stage.silence(300.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.reads(10, &[15]);
    stage.reads(12, &[0, 360]);
    stage.reads_bit(Table::Discrete, 1, true);
    stage.wait(5.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_capture_that_is_often_quiet_is_not_blind() {
    let mut stage = Stage::modbus(TAGS, "");
    for beat in 0..30 {
        stage.reads(13, &[beat]);
        stage.silence(60.0);
    }
    stage.reads(13, &[30]);
    for _ in 0..12 {
        // The heart stands still, and it is looked at.
        stage.silence(60.0);
        stage.reads(13, &[30]);
    }
    assert!(stage.rules().contains(&"HB/silence"), "{:?}", stage.said());
}

#[test]
fn a_movement_may_have_been_commanded_in_a_gap() {
    let mut stage = stage();
    stage.blind(Some(Direction::FromClient), 2.0);
    stage.reads_bit(Table::Discrete, 1, true);
    stage.wait(4.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    assert_eq!(stage.coverage("RUN/uncommanded").unknown, 1);
    for _ in 0..30 {
        stage.reads_bit(Table::Discrete, 1, true);
        stage.wait(1.0);
    }
    stage.reads_bit(Table::Discrete, 1, false);
    stage.wait(10.0);
    assert!(
        stage.rules().contains(&"RUN/uncommanded"),
        "the gap is long over: {:?}",
        stage.said()
    );
}

#[test]
fn a_value_that_is_polled_again_decides_whatever_was_lost_before() {
    let mut stage = stage();
    stage.coil(HMI, 1, true);
    stage.wait(3.0);
    stage.blind(Some(Direction::FromServer), 1.0);
    for _ in 0..20 {
        stage.reads_bit(Table::Discrete, 1, false);
        stage.wait(1.0);
    }
    assert!(stage.rules().contains(&"PUMP/feedback"), "{:?}", stage.said());
}

#[test]
fn without_requests_in_the_capture_no_movement_is_uncommanded() {
    let mut stage = Stage::modbus(TAGS, "");
    stage.requests = false;
    for second in 0..60 {
        stage.reads_bit(Table::Discrete, 1, second % 20 < 10);
        stage.wait(1.0);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    assert!(stage.coverage("RUN/uncommanded").unknown > 0);
}

#[test]
fn a_capture_that_begins_with_the_movement_cannot_have_seen_its_command() {
    let site = site(&format!("{HEAD}{TAGS}"), "");
    let mut stage = Stage::with(site, Options::default());
    stage.engine = Engine::new(stage.engine.site().clone(), Options::default());
    stage.reads_bit(Table::Discrete, 1, false);
    // The request direction is heard, so only the start can explain it.
    let ask = Play {
        action: Action::Identify,
        ..Play::default()
    };
    stage.tell(&ask, Outcome::Unacknowledged);
    stage.wait(1.0);
    stage.reads_bit(Table::Discrete, 1, true);
    stage.wait(10.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_time() {
    let mut stage = stage();
    stage.now -= 3_600 * SECOND;
    for second in 60..80 {
        stage.reads(10, &[19]);
        stage.reads(12, &[0, second]);
        stage.wait(1.0);
    }
    assert_eq!(stage.rules(), ["relief"], "four seconds pass as before");
    let alarm = stage.alarm("relief");
    let (from, to) = (CaptureTime(START - 3_600 * SECOND), CaptureTime(START));
    assert!(
        alarm.first_time > from && alarm.first_time < to,
        "the capture's own clock is shown"
    );
}

#[test]
fn a_short_step_of_the_clock_is_no_silence() {
    let mut stage = stage();
    stage.now -= 1_400_000_000;
    for second in 60..90 {
        stage.reads(10, &[15]);
        stage.reads(12, &[0, second]);
        stage.wait(1.0);
    }
    stage.silence(2.1);
    for second in 90..120 {
        stage.reads(10, &[15]);
        stage.reads(12, &[0, second]);
        stage.wait(1.0);
    }
    assert!(stage.said().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_pause_of_a_gap_is_no_silence() {
    let mut stage = stage();
    stage.wait(5.0);
    stage.blind(None, 5.0);
    stage.wait(4.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn encrypted_traffic_makes_rules_blind_and_says_so() {
    let plant = r#"
    [device.boiler]
    proto = "opcua"
    host = "10.0.0.3"
    [tag."L"]
    at = "boiler/nsu=urn:a;s=L"
    role = "pv"
    safe = [25, 75]
    "#;
    let mut stage = Stage::new(site(plant, ""));
    let place = stage.conversation("opcua", HMI, 3);
    let play = Play {
        protocol: "opcua",
        server: 3,
        action: Action::Login,
        station: Station::Server,
        ..Play::default()
    };
    stage.tell(&play, Outcome::Unacknowledged);
    let context = Context {
        conversation: &stage.conversations[place],
        mac: None,
        ttl: 0,
        from_client: true,
    };
    let at = CaptureTime(START + stage.now);
    stage.engine.blind(
        Some(&context),
        &Blind {
            from: at,
            until: at,
            frame: 1,
            direction: None,
            bytes: None,
            reason: BlindReason::Encrypted,
            text: format_args!("sealed"),
        },
    );
    let view = stage
        .engine
        .rules()
        .find(|view| view.info.id == "L/envelope")
        .unwrap();
    assert_eq!(view.state, crate::rules::coverage::RuleState::Blind);
}

#[test]
fn what_waited_for_a_missing_segment_does_not_set_the_clock_or_overwrite_what_is_newer() {
    let mut stage = stage();
    let late = stage.now;
    stage.wait(10.0);
    stage.reads(10, &[17]);
    stage.reads(12, &[1, 70]);
    // The historian's answer of ten seconds ago is delivered only now.
    let bytes = 12_u16.to_be_bytes();
    let play = Play {
        client: 30,
        action: Action::Report,
        points: Points::Registers {
            table: Table::Holding,
            first: 10,
            bytes: &bytes,
        },
        ..Play::default()
    };
    let now = std::mem::replace(&mut stage.now, late);
    stage.tell(&play, Outcome::Accepted);
    stage.now = now;
    assert_eq!(stage.observed("P"), Some(17.0));
    assert_eq!(stage.engine.now(), stage.at());
    stage.wait(1.0);
    assert_eq!(stage.engine.now(), stage.at(), "time goes on as before");
}
