//! The life of alarms: repetition, return, incidents, people, bounds, text.

use super::*;

const TAGS: &str = r#"
[tag."SP"]
at = "plc/holding:10"
type = "u16"
unit = "ppm"
role = "sp"
safe = [50, 200]
step = 25
writers = ["hmi"]
why = "More lye than this makes the water caustic."
check = "Look at the pH after the contact tank."
feedback = { tag = "SPRB", within = "10s", tol = 1 }
[tag."SPRB"]
at = "plc/holding:11"
type = "u16"
unit = "ppm"
role = "pv"
[tag."TRIP"]
at = "plc/holding:30"
type = "u16"
role = "safety"
"#;

fn stage() -> Stage {
    let mut stage = Stage::modbus(TAGS, "");
    stage.polls(10, 10, &[100, 100]);
    stage
}

#[test]
fn the_four_lines_say_who_why_and_what_to_check() {
    let mut stage = stage();
    stage.write(HMI, 10, 11_100);
    let alarm = stage.alarm("SP/envelope");
    assert_eq!(
        alarm.lines,
        [
            "HIGH     08:02:10  SP written 11 100 ppm   limit 50..200, was 100 ppm   [SP/envelope / envelope]",
            " who   hmi (10.0.0.20) -> plc unit 1, holding:10, a function, accepted by the device",
            " why   hmi (10.0.0.20) wrote SP = 11 100 ppm, above the limit of 200 ppm, it was 100 ppm. More lye than this makes the water caustic.",
            " check Look at the pH after the contact tank. SPRB = 100 ppm (1 s old), SP = 100 ppm (1 s old)",
        ]
    );
    assert_eq!(alarm.techniques, ["T0836", "T0831"]);
    assert_eq!(alarm.response[2], "If not, set SP back to 100 ppm.");
}

#[test]
fn a_repetition_is_counted_and_told_when_it_doubles() {
    let mut stage = stage();
    for value in 300..316 {
        stage.write(HMI, 10, value);
        stage.wait(1.0);
    }
    let alarm = stage.alarm("SP/envelope");
    assert_eq!(alarm.count, 16);
    assert_eq!(alarm.extremes, Some((300.0, 315.0)));
    let told = stage
        .all
        .iter()
        .filter(|(change, alarm)| *change == Change::Repeated && alarm.rule == "SP/envelope")
        .count();
    assert_eq!(told, 4, "at 2, 4, 8 and 16");
    assert_eq!(
        stage
            .raised
            .iter()
            .filter(|alarm| alarm.rule == "SP/envelope")
            .count(),
        1
    );
}

#[test]
fn an_event_that_comes_again_after_two_minutes_is_a_new_alarm() {
    let mut stage = stage();
    stage.write(HMI, 10, 300);
    stage.wait(121.0);
    assert!(!standing(&stage.alarm("SP/envelope")));
    stage.write(HMI, 10, 301);
    let ids: Vec<String> = stage
        .engine
        .alarms()
        .filter(|alarm| alarm.rule == "SP/envelope")
        .map(|alarm| alarm.id())
        .collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn different_principals_are_different_alarms_of_one_incident() {
    let mut stage = stage();
    stage.write(HMI, 10, 300);
    stage.write(STRANGER, 10, 300);
    let envelopes: Vec<_> = stage
        .engine
        .alarms()
        .filter(|alarm| alarm.rule == "SP/envelope")
        .cloned()
        .collect();
    assert_eq!(envelopes.len(), 2);
    assert_eq!(envelopes[0].incident, envelopes[1].incident, "the same device");
    let first: Vec<bool> = stage.engine.alarms().map(|alarm| alarm.first_out).collect();
    assert_eq!(first.iter().filter(|first| **first).count(), 1);
    assert!(first[0]);
    stage.wait(300.0);
    stage.write(HMI, 10, 300);
    let last = stage.alarm("SP/envelope");
    assert_ne!(last.incident, envelopes[0].incident, "much later");
}

#[test]
fn what_was_written_and_what_the_process_did_support_each_other() {
    let mut stage = stage();
    stage.write(HMI, 10, 300);
    assert_eq!(stage.alarm("SP/envelope").severity, Severity::High);
    stage.polls(12, 10, &[300, 100]);
    assert_eq!(stage.rules(), ["SP/envelope", "SP/step", "SP/feedback"]);
    assert_eq!(stage.alarm("SP/envelope").severity, Severity::Critical);
    assert_eq!(stage.alarm("SP/feedback").severity, Severity::High);
}

#[test]
fn a_critical_alarm_stays_until_somebody_has_seen_it() {
    let mut stage = stage();
    stage.write(HMI, 30, 1);
    let alarm = stage.alarm("TRIP/limit-write");
    assert_eq!(alarm.severity, Severity::Critical);
    stage.wait(600.0);
    assert!(standing(&stage.alarm("TRIP/limit-write")));
    assert!(stage.engine.acknowledge(alarm.number));
    assert_eq!(stage.alarm("TRIP/limit-write").state, State::Normal);
    assert!(!stage.engine.acknowledge(1), "there is no such alarm");
}

#[test]
fn a_shelved_alarm_comes_back_by_itself() {
    let mut stage = stage();
    stage.write(HMI, 30, 1);
    let number = stage.alarm("TRIP/limit-write").number;
    let until = stage.at().plus(100 * 3_600 * SECOND);
    assert!(stage.engine.shelve(number, until, "test of the trip, JK"));
    let alarm = stage.alarm("TRIP/limit-write");
    assert_eq!(alarm.state, State::Shelved);
    assert_eq!(
        alarm.shelf.as_ref().unwrap().until,
        stage.at().plus(8 * 3_600 * SECOND),
        "eight hours at most"
    );
    stage.wait(8.0 * 3_600.0 + 2.0);
    assert_eq!(stage.alarm("TRIP/limit-write").state, State::Returned);
}

#[test]
fn a_flood_is_counted() {
    let mut stage = stage();
    for client in 60..72 {
        stage.write(client, 10, 300);
    }
    let load = stage.engine.load();
    assert!(load.flood);
    assert!(load.ten_minutes > 10);
    stage.wait(700.0);
    assert!(!stage.engine.load().flood);
}

#[test]
fn the_book_is_bounded_and_keeps_what_matters() {
    let mut stage = stage();
    stage.write(HMI, 30, 1);
    for round in 0..5_200_u32 {
        let client = 100 + u8::try_from(round % 100).unwrap();
        let bytes = 300_u16.to_be_bytes();
        stage.does(&registers(client, 10, &bytes));
        if round % 100 == 99 {
            stage.wait(121.0);
        }
        stage.forget();
    }
    assert!(stage.engine.alarms().count() <= 10_000);
    assert!(stage.engine.load().forgotten > 0);
    assert!(
        standing(&stage.alarm("TRIP/limit-write")),
        "the critical one is still there"
    );
}

#[test]
fn a_rule_that_is_disarmed_suppresses_its_standing_alarm() {
    let rules = r#"
    [[rule]]
    id = "level"
    kind = "envelope"
    tag = "SPRB"
    lo = 50
    on = "observation"
    when = "TRIP == 0"
    "#;
    let mut stage = Stage::modbus(TAGS, rules);
    for _ in 0..5 {
        stage.reads(30, &[0]);
        stage.reads(10, &[100, 20]);
        stage.wait(1.0);
    }
    assert_eq!(stage.rules(), ["level"]);
    stage.reads(30, &[1]);
    stage.reads(10, &[100, 20]);
    assert_eq!(stage.alarm("level").state, State::Suppressed);
}

#[test]
fn what_was_accepted_is_not_played_down_by_a_later_refusal() {
    let mut stage = stage();
    stage.write(HMI, 10, 11_100);
    assert_eq!(stage.alarm("SP/envelope").severity, Severity::High);
    stage.fails(&registers(HMI, 10, &60_000_u16.to_be_bytes()));
    let alarm = stage.alarm("SP/envelope");
    assert_eq!((alarm.severity, alarm.count), (Severity::High, 2));
    assert_eq!(alarm.operation.as_ref().unwrap().outcome, Outcome::Accepted);
    assert!(!alarm.explanation.contains("refused"), "{}", alarm.explanation);
    // The other way round the first attempt is lowered, and an accepted one raises it again.
    let mut stage = self::stage();
    stage.fails(&registers(HMI, 10, &11_100_u16.to_be_bytes()));
    assert_eq!(stage.alarm("SP/envelope").severity, Severity::Medium);
    stage.write(HMI, 10, 11_100);
    assert_eq!(stage.alarm("SP/envelope").severity, Severity::High);
}

#[test]
fn that_a_command_was_accepted_is_told() {
    let mut stage = stage();
    stage.write(HMI, 10, 300);
    let last = stage
        .all
        .iter()
        .rev()
        .find(|(_, alarm)| alarm.rule == "SP/envelope")
        .unwrap();
    assert_eq!(last.0, Change::Amended);
    assert_eq!(last.1.operation.as_ref().unwrap().outcome, Outcome::Accepted);
}

#[test]
fn a_warning_does_not_swallow_the_violation_of_its_rule() {
    let tags = "[tag.LT]\nat = \"plc/holding:10\"\ntype = \"u16\"\nunit = \"mm\"\n";
    let rules = "[[rule]]\nid = \"high\"\nkind = \"envelope\"\ntag = \"LT\"\nlo = \"0\"\nhi = \"900\"\non = \"observation\"\npredict = \"5m\"\nseverity = \"critical\"\nwhy = \"It overflows.\"\n";
    let mut stage = Stage::modbus(tags, rules);
    for level in (700..960).step_by(2) {
        stage.reads(10, &[level]);
        stage.wait(1.0);
    }
    let said = stage.said();
    assert_eq!(
        said.first(),
        Some(&("high".to_owned(), Severity::Low)),
        "{said:?}"
    );
    assert_eq!(
        said.last(),
        Some(&("high".to_owned(), Severity::Critical)),
        "{said:?}"
    );
}

#[test]
fn what_gets_worse_within_an_episode_is_told_and_raised() {
    let mut book = crate::alarm::Book::default();
    let mut stage = stage();
    stage.write(HMI, 10, 300);
    let alarm = stage.alarm("SP/envelope").as_ref().clone();
    let key = crate::alarm::Key {
        rule: 0,
        tag: None,
        principal: None,
        device: None,
        place: None,
        nature: crate::alarm::Nature::Violation,
    };
    let mut out = Vec::new();
    let place = book.raise(
        key,
        Alarm {
            arithmetic: crate::alarm::Arithmetic {
                base: Severity::Low,
                ..alarm.arithmetic
            },
            ..alarm
        },
        &mut out,
    );
    out.clear();
    let again = crate::alarm::Again {
        severity: Some(Severity::High),
        ..crate::alarm::Again::default()
    };
    for _ in 0..2 {
        book.repeat(place, 1, CaptureTime(1), again, &mut out);
    }
    // The third is as bad as the second, and repetitions alone are told at two, four, eight.
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].alarm.severity, Severity::High);
    assert_eq!(book.list().next().unwrap().count, 3);
}

#[test]
fn what_is_put_away_stays_away_when_it_happens_again() {
    let mut stage = stage();
    stage.write(HMI, 10, 300);
    let number = stage.alarm("SP/envelope").number;
    let until = stage.at().plus(3_600 * SECOND);
    assert!(stage.engine.shelve(number, until, "AB: trial run"));
    stage.wait(300.0);
    stage.write(HMI, 10, 300);
    let again = stage.alarm("SP/envelope");
    assert_ne!(again.number, number);
    assert_eq!(again.state, State::Shelved);
    // Its hour is over.
    stage.wait(3_600.0);
    stage.write(HMI, 10, 300);
    assert_eq!(stage.alarm("SP/envelope").state, State::Unacknowledged);
    // Somebody else's command is another alarm, whatever is put away.
    let mut stage = self::stage();
    stage.write(HMI, 10, 300);
    let number = stage.alarm("SP/envelope").number;
    stage
        .engine
        .shelve(number, stage.at().plus(3_600 * SECOND), "AB: trial run");
    stage.write(STRANGER, 10, 300);
    assert_eq!(stage.alarm("SP/envelope").state, State::Unacknowledged);
}

#[test]
fn a_critical_condition_that_is_gone_and_seen_is_over() {
    let tags = "[tag.LT]\nat = \"plc/holding:10\"\ntype = \"u16\"\n";
    let rules = "[[rule]]\nid = \"high\"\nkind = \"envelope\"\ntag = \"LT\"\nlo = \"0\"\nhi = \"900\"\non = \"observation\"\nseverity = \"critical\"\nwhy = \"It overflows.\"\n";
    let mut stage = Stage::modbus(tags, rules);
    stage.polls(5, 10, &[950]);
    stage.polls(200, 10, &[500]);
    let alarm = stage.alarm("high");
    assert_eq!(alarm.state, State::Unacknowledged, "nobody has seen it");
    assert!(stage.engine.acknowledge(alarm.number));
    assert_eq!(stage.alarm("high").state, State::Normal);
}
