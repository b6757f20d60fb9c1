//! Several events of one point in one message, and events that are older than what is known.

use super::*;

const RTU: &str = r#"
[device.rtu]
proto = "dnp3"
host = "10.0.0.2"
master = 1
outstation = 4
[device.boiler]
proto = "opcua"
host = "10.0.0.3"
[tag."CB.CMD"]
at = "rtu/bo:3"
role = "cmd"
feedback = { tag = "CB.POS", within = "5s" }
[tag."CB.POS"]
at = "rtu/bi:3"
role = "fb"
[tag."AMPS"]
at = "rtu/ai:1"
[tag."VALVE"]
at = "boiler/nsu=urn:a;s=V"
"#;

const COUNTS: &str = r#"
[[rule]]
id = "many-changes"
kind = "count"
on = "change CB.POS"
max = 5
window = "10m"
[[rule]]
id = "valve-changes"
kind = "count"
on = "change VALVE"
max = 5
window = "10m"
"#;

const CYCLE: &str = r#"
[[rule]]
id = "no-pumping"
kind = "cycle"
tag = "CB.CMD"
min_gap = "60s"
"#;

fn tell(stage: &mut Stage, origin: Origin, observations: Vec<Observation<'static>>) {
    let points = Each(observations);
    let play = Play {
        protocol: "dnp3",
        server: 2,
        action: Action::Report,
        station: Station::Link {
            master: 1,
            outstation: 4,
        },
        origin,
        points: Points::Each(&points),
        ..Play::default()
    };
    stage.tell(&play, Outcome::Accepted);
}

/// A breaker's position that its device saw so many seconds ago.
fn position(stage: &Stage, table: Table, closed: bool, ago: i64) -> Observation<'static> {
    Observation {
        source_time: Some(CaptureTime(START + stage.now - ago * SECOND)),
        ..Observation::good(at(table, 3), Value::Bool(closed))
    }
}

/// The breaker is polled as open; it is known how late its device reports.
fn begin(rules: &str) -> Stage {
    let mut stage = Stage::new(site(RTU, rules));
    for _ in 0..10 {
        let amps = Observation {
            source_time: Some(CaptureTime(START + stage.now)),
            ..Observation::good(at(Table::AnalogInput, 1), Value::Float(7.0))
        };
        tell(&mut stage, Origin::Event, vec![amps]);
        let positions = [Table::BinaryInput, Table::BinaryOutput]
            .map(|table| Observation::good(at(table, 3), Value::Bool(false)));
        tell(&mut stage, Origin::Polled, positions.to_vec());
        stage.wait(2.0);
    }
    stage.forget();
    stage
}

/// Alternating positions, so many seconds apart, the last of them just now.
fn moves(stage: &Stage, table: Table, count: i64, apart: i64, last: i64) -> Vec<Observation<'static>> {
    (0..count)
        .map(|number| {
            let ago = last + (count - 1 - number) * apart;
            position(stage, table, number % 2 == 0, ago)
        })
        .collect()
}

#[test]
fn every_event_of_a_message_is_judged() {
    for (count, expected) in [(4, false), (5, false), (6, true), (8, true)] {
        let mut stage = begin(COUNTS);
        let events = moves(&stage, Table::BinaryInput, count, 0, 0);
        tell(&mut stage, Origin::Event, events);
        stage.wait(10.0);
        assert_eq!(
            stage.rules().contains(&"many-changes"),
            expected,
            "{count} changes"
        );
        assert!(
            stage.rules().contains(&"CB.POS/uncommanded"),
            "{:?}",
            stage.said()
        );
        assert_eq!(
            stage.observed("CB.POS"),
            Some(if count % 2 == 0 { 0.0 } else { 1.0 })
        );
    }
}

#[test]
fn what_events_are_counted_by_is_their_own_time() {
    // Eight changes in an hour, told in one message, are not eight in ten minutes.
    for (apart, expected) in [(400, false), (60, true)] {
        let mut stage = begin(COUNTS);
        let events = moves(&stage, Table::BinaryInput, 8, apart, 0);
        tell(&mut stage, Origin::Event, events);
        assert_eq!(
            stage.rules().contains(&"many-changes"),
            expected,
            "{apart} s apart"
        );
    }
    for (apart, expected) in [(90, false), (5, true)] {
        let mut stage = begin(CYCLE);
        let on = [1];
        let operate = Play {
            protocol: "dnp3",
            server: 2,
            action: Action::DirectOperate,
            station: Station::Link {
                master: 1,
                outstation: 4,
            },
            points: Points::Bits {
                table: Table::BinaryOutput,
                first: 3,
                count: 1,
                bytes: &on,
            },
            ..Play::default()
        };
        stage.does(&operate);
        stage.wait(400.0);
        stage.forget();
        let events = moves(&stage, Table::BinaryOutput, 4, apart, 0);
        tell(&mut stage, Origin::Event, events);
        assert_eq!(stage.rules().contains(&"no-pumping"), expected, "{apart} s apart");
    }
}

#[test]
fn events_that_a_poll_has_overtaken_are_counted_and_change_nothing() {
    for (count, expected) in [(6, false), (7, true), (9, true)] {
        let mut stage = begin(COUNTS);
        let events = moves(&stage, Table::BinaryInput, count, 1, 6);
        tell(
            &mut stage,
            Origin::Polled,
            vec![Observation::good(at(Table::BinaryInput, 3), Value::Bool(false))],
        );
        tell(&mut stage, Origin::Event, events);
        assert_eq!(
            stage.rules().contains(&"many-changes"),
            expected,
            "of {count} the poll shows one: {:?}",
            stage.said()
        );
        assert_eq!(stage.observed("CB.POS"), Some(0.0), "what was polled is newer");
    }
}

#[test]
fn a_change_that_is_polled_and_then_told_is_one() {
    let mut stage = begin(COUNTS);
    for number in 0..5 {
        let closed = number % 2 == 0;
        let event = position(&stage, Table::BinaryInput, closed, 0);
        stage.wait(2.0);
        tell(
            &mut stage,
            Origin::Polled,
            vec![Observation::good(at(Table::BinaryInput, 3), Value::Bool(closed))],
        );
        stage.wait(2.0);
        tell(&mut stage, Origin::Event, vec![event]);
    }
    assert!(!stage.rules().contains(&"many-changes"), "{:?}", stage.said());
}

#[test]
fn samples_of_one_item_in_one_publish_are_judged_each() {
    for (count, expected) in [(6, false), (7, true)] {
        let mut stage = begin(COUNTS);
        let samples: Vec<Observation<'static>> = (0..count)
            .map(|number| Observation::good(node(Some("urn:a"), "V"), Value::Bool(number % 2 == 0)))
            .collect();
        let points = Each(samples);
        let play = Play {
            protocol: "opcua",
            server: 3,
            action: Action::Report,
            station: Station::Server,
            origin: Origin::Event,
            points: Points::Each(&points),
            ..Play::default()
        };
        stage.tell(&play, Outcome::Accepted);
        assert_eq!(
            stage.rules().contains(&"valve-changes"),
            expected,
            "{count} samples"
        );
    }
}
