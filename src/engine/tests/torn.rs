//! Values that are written in parts: certain violations at once, the rest when it is clear what the device holds.

use super::*;

const TAGS: &str = r#"
[tag."F"]
at = "plc/holding:20"
type = "f32"
unit = "bar"
role = "sp"
safe = [0, 200]
step = 500
[tag."WORD"]
at = "plc/holding:40"
type = "u16"
[tag."RUN"]
at = "plc/holding:40.0"
role = "cmd"
[tag."TRIP"]
at = "plc/holding:40.1"
role = "safety"
"#;

fn stage() -> Stage {
    Stage::modbus(TAGS, "")
}

#[test]
fn half_of_a_value_alarms_at_once_when_no_other_half_can_make_it_right() {
    let mut stage = stage();
    // 0x43FA____ is 500 at least, whatever follows.
    stage.write(HMI, 20, 0x43fa);
    assert_eq!(stage.rules(), ["F/envelope"]);
}

#[test]
fn both_halves_in_time_are_one_value() {
    let mut stage = stage();
    stage.polls(3, 20, &[0x42c8, 0x0000]);
    // 0x4347____ is 199 to 199.998, so nothing is certain until the rest is here: 0x4347FFFF is inside.
    stage.write(HMI, 20, 0x4347);
    assert!(stage.said().is_empty(), "{:?}", stage.said());
    stage.write(HMI, 21, 0xffff);
    stage.wait(1.0);
    assert!(stage.said().is_empty(), "{:?}", stage.said());
}

#[test]
fn half_a_value_that_stays_is_judged_as_it_is_and_told() {
    let mut stage = stage();
    // 200.5 is 0x43488000; with the low half of it kept, the high half of 200 makes 200.5.
    stage.polls(3, 20, &[0x42c8, 0x8000]);
    stage.write(HMI, 20, 0x4348);
    assert!(stage.rules().is_empty(), "200 would be right: {:?}", stage.said());
    stage.wait(1.0);
    assert_eq!(stage.rules(), ["F/envelope"], "it did not follow, so it is 200.5");
    let torn = stage
        .raised
        .iter()
        .find(|alarm| alarm.rule == "F/sanity")
        .unwrap();
    assert_eq!(torn.severity, Severity::Low);
    assert!(
        torn.explanation
            .contains("only a part of F, which now is 200.5 bar"),
        "{}",
        torn.explanation
    );
}

#[test]
fn a_masked_write_is_judged_bit_by_bit_even_if_the_register_was_never_seen() {
    let mut stage = stage();
    let mask = |and: u16, or: u16| Play {
        points: Points::Mask {
            register: 40,
            and,
            or,
        },
        ..Play::default()
    };
    // Sets bit 0, keeps all others: no write to TRIP.
    stage.does(&mask(0xfffe, 0x0001));
    let alarms = stage.rules();
    assert!(!alarms.contains(&"TRIP/limit-write"), "{alarms:?}");
    stage.does(&mask(0xfffd, 0x0002));
    assert!(stage.rules().contains(&"TRIP/limit-write"), "{:?}", stage.said());
}

#[test]
fn a_field_that_stays_what_it_is_was_not_written() {
    let mut stage = stage();
    stage.polls(3, 40, &[0x0002]);
    stage.write(HMI, 40, 0x0003);
    assert!(
        stage.rules().is_empty(),
        "only RUN has changed: {:?}",
        stage.said()
    );
    stage.write(HMI, 40, 0x0001);
    assert_eq!(stage.rules(), ["TRIP/limit-write"]);
}

#[test]
fn an_accepted_half_is_what_the_device_holds() {
    let mut stage = stage();
    stage.polls(3, 20, &[0x42c8, 0x0000]);
    stage.write(HMI, 21, 0x8000);
    stage.wait(1.0);
    let view = stage.engine.tags().next().unwrap();
    assert_eq!(view.state.commanded.value.number(), Some(100.25));
}
