//! The process image: binding, quality, freshness, event time.

use super::*;
use crate::site::{Address, DataType, DeviceId, Location, Tag, TagId, WordOrder};

/// A tag by hand.
pub(super) fn tag(name: &str, data_type: DataType) -> Tag {
    Tag {
        name: name.to_owned(),
        device: DeviceId(0),
        address: Address::Indexed {
            table: Table::Holding,
            index: 0,
        },
        data_type,
        order: WordOrder::ABCD,
        bits: None,
        scale: crate::site::Scale::default(),
        unit: String::new(),
        role: None,
        safe: None,
        range: None,
        step: None,
        rate: None,
        deadband: None,
        resolution: None,
        invalid: Vec::new(),
        max_age: None,
        writers: None,
        feedback: None,
        states: Vec::new(),
        crob: crate::site::CrobStates::default(),
        sbo_required: false,
        max_bypass: None,
        area: String::new(),
        description: String::new(),
        check: String::new(),
        why: String::new(),
        location: Location::default(),
    }
}

fn fresh(stage: &Stage, name: &str) -> bool {
    let id = stage
        .engine
        .site()
        .tags
        .iter()
        .position(|known| known.name == name)
        .unwrap();
    stage
        .engine
        .tag(TagId(u32::try_from(id).unwrap()))
        .unwrap()
        .why
        .is_none()
}

#[test]
fn a_poll_updates_only_the_tags_that_it_covers_whole() {
    let mut stage = Stage::modbus(
        r#"
        [tag."A"]
        at = "plc/holding:10"
        type = "u16"
        [tag."B"]
        at = "plc/holding:11"
        type = "f32"
        [tag."C"]
        at = "plc/holding:13"
        type = "i16"
        "#,
        "",
    );
    stage.reads(10, &[7, 0x42f6]);
    assert_eq!(stage.observed("A"), Some(7.0));
    assert_eq!(stage.observed("B"), None, "half of it was read");
    stage.reads(11, &[0x42f6, 0xe979, 0xffff]);
    assert_eq!(stage.observed("B"), Some(f64::from(123.456_f32)));
    assert_eq!(stage.observed("C"), Some(-1.0));
}

#[test]
fn another_unit_behind_the_same_address_is_another_device() {
    let mut stage = Stage::modbus("[tag.\"A\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\n", "");
    let bytes = [0, 5];
    let play = Play {
        action: Action::Report,
        station: Station::Unit(2),
        points: Points::Registers {
            table: Table::Holding,
            first: 10,
            bytes: &bytes,
        },
        ..Play::default()
    };
    stage.tell(&play, Outcome::Accepted);
    assert_eq!(stage.observed("A"), None);
    // Unit 255 is the device itself when there is only one.
    let play = Play {
        station: Station::Unit(255),
        ..play
    };
    stage.tell(&play, Outcome::Accepted);
    assert_eq!(stage.observed("A"), Some(5.0));
}

#[test]
fn polled_values_become_stale_after_three_periods_and_a_second() {
    let mut stage = Stage::modbus("[tag.\"A\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\n", "");
    stage.polls(20, 10, &[5]);
    stage.wait(3.9);
    assert!(fresh(&stage, "A"), "five seconds at least");
    stage.wait(1.2);
    assert!(!fresh(&stage, "A"));
    for _ in 0..12 {
        stage.reads(10, &[5]);
        stage.wait(10.0);
    }
    stage.wait(15.0);
    assert!(fresh(&stage, "A"), "a slower poll is learned");
}

#[test]
fn sentinels_and_raw_ranges_decide_on_quality() {
    let mut stage = Stage::modbus(
        r#"
        [tag."A"]
        at = "plc/holding:10"
        type = "u16"
        invalid = [32768]
        scale = { raw = [0, 27648], eu = [0, 100] }
        "#,
        "",
    );
    let quality = |stage: &Stage| stage.engine.tags().next().unwrap().state.observed.quality;
    stage.reads(10, &[13_824]);
    assert_eq!(stage.observed("A"), Some(50.0));
    assert_eq!(quality(&stage), Quality::Good);
    stage.reads(10, &[32_768]);
    assert_eq!(quality(&stage), Quality::Bad);
    stage.reads(10, &[30_000]);
    assert_eq!(quality(&stage), Quality::Uncertain, "out of its raw range");
}

const RTU: &str = r#"
[device.rtu]
proto = "dnp3"
host = "10.0.0.2"
master = 1
outstation = 4
[principal.ems]
ip = "10.0.0.20"
[tag."P"]
at = "rtu/ai:1"
unit = "bar"
[tag."S"]
at = "rtu/bi:0"
"#;

fn outstation<'a>(origin: Origin, points: &'a Each<'a>) -> Play<'a> {
    Play {
        protocol: "dnp3",
        server: 2,
        action: Action::Report,
        station: Station::Link {
            master: 1,
            outstation: 4,
        },
        origin,
        points: Points::Each(points),
        ..Play::default()
    }
}

fn stamped(index: u32, value: f32, seconds: f64) -> Observation<'static> {
    #[allow(clippy::cast_possible_truncation)]
    let source = CaptureTime(START + (seconds * SECOND as f64) as i64);
    Observation {
        source_time: Some(source),
        ..Observation::good(at(Table::AnalogInput, index), Value::Float(value))
    }
}

#[test]
fn a_buffered_event_never_overwrites_what_is_newer() {
    let mut stage = Stage::new(site(RTU, ""));
    let event = |stage: &mut Stage, value: f32, seconds: f64| {
        let points = Each(vec![stamped(1, value, seconds)]);
        stage.tell(&outstation(Origin::Event, &points), Outcome::Accepted);
    };
    for second in 0..5 {
        event(&mut stage, 1.0 + second as f32, 120.0 + f64::from(second));
        stage.wait(1.0);
    }
    event(&mut stage, 9.0, 124.5);
    event(&mut stage, 3.0, 123.0);
    assert_eq!(
        stage.observed("P"),
        Some(9.0),
        "an event with an older time of its own"
    );
    stage.wait(30.0);
    let points = Each(vec![Observation::good(
        at(Table::AnalogInput, 1),
        Value::Float(20.0),
    )]);
    stage.tell(&outstation(Origin::Polled, &points), Outcome::Accepted);
    event(&mut stage, 15.0, 140.0);
    assert_eq!(stage.observed("P"), Some(20.0), "read after that event happened");
}

#[test]
fn times_from_before_the_clock_was_set_are_not_compared() {
    let mut stage = Stage::new(site(RTU, ""));
    let event = |stage: &mut Stage, value: f32, seconds: f64| {
        let points = Each(vec![stamped(1, value, seconds)]);
        stage.tell(&outstation(Origin::Event, &points), Outcome::Accepted);
    };
    for second in 0..4 {
        event(&mut stage, 1.0, 165.0 + f64::from(second));
        stage.wait(1.0);
    }
    let set = Play {
        protocol: "dnp3",
        server: 2,
        action: Action::SetTime,
        station: Station::Link {
            master: 1,
            outstation: 4,
        },
        ..Play::default()
    };
    stage.does(&set);
    event(&mut stage, 2.0, 125.0);
    assert_eq!(stage.observed("P"), Some(2.0));
}

#[test]
fn what_is_reported_by_exception_holds_as_long_as_its_association_lives() {
    let mut stage = Stage::new(site(RTU, ""));
    let points = Each(vec![Observation::good(
        at(Table::BinaryInput, 0),
        Value::Bool(true),
    )]);
    stage.tell(&outstation(Origin::Event, &points), Outcome::Accepted);
    // Empty answers to event polls keep it alive for an hour.
    let empty = Each(Vec::new());
    for _ in 0..1800 {
        stage.wait(2.0);
        stage.tell(&outstation(Origin::Event, &empty), Outcome::Accepted);
    }
    assert!(fresh(&stage, "S"));
    stage.wait(10.0);
    assert!(!fresh(&stage, "S"), "nothing is heard any more");
}

#[test]
fn flags_decide_on_quality() {
    let mut stage = Stage::new(site(RTU, ""));
    for (reasons, expected) in [
        (QualityReasons::none(), Quality::Good),
        (QualityReasons::OFFLINE, Quality::Bad),
        (QualityReasons::LOCAL_FORCED, Quality::Uncertain),
        (QualityReasons::COMM_LOST, Quality::Bad),
    ] {
        let points = Each(vec![flagged(
            at(Table::AnalogInput, 1),
            Value::Float(1.0),
            reasons,
        )]);
        stage.tell(&outstation(Origin::Polled, &points), Outcome::Accepted);
        assert_eq!(
            stage.engine.tags().next().unwrap().state.observed.quality,
            expected,
            "{reasons}"
        );
    }
}

const OPC: &str = r#"
[device.boiler]
proto = "opcua"
host = "10.0.0.3"
[tag."L"]
at = "boiler/nsu=urn:a;s=L"
[tag."M"]
at = "boiler/nsu=urn:b;s=M"
[tag."N"]
at = "boiler/nsu=urn:c;s=M"
[tag."X"]
at = "boiler/ns=2;s=X"
"#;

#[test]
fn nodes_are_found_by_uri_and_without_one_only_when_nothing_else_fits() {
    let mut stage = Stage::new(site(OPC, ""));
    let read = |stage: &mut Stage, address: PointAddress<'_>, value: f64| {
        let points = Each(vec![Observation::good(address, Value::Double(value))]);
        let play = Play {
            protocol: "opcua",
            server: 3,
            action: Action::Report,
            station: Station::Server,
            points: Points::Each(&points),
            ..Play::default()
        };
        stage.tell(&play, Outcome::Accepted);
    };
    read(&mut stage, node(None, "L"), 1.0);
    assert_eq!(
        stage.observed("L"),
        Some(1.0),
        "the only one with this identifier"
    );
    read(&mut stage, node(Some("urn:other"), "L"), 2.0);
    assert_eq!(stage.observed("L"), Some(1.0), "another namespace");
    read(&mut stage, node(None, "M"), 3.0);
    assert_eq!(
        (stage.observed("M"), stage.observed("N")),
        (None, None),
        "it could be either"
    );
    read(&mut stage, node(Some("urn:c"), "M"), 4.0);
    assert_eq!((stage.observed("M"), stage.observed("N")), (None, Some(4.0)));
    read(&mut stage, node(Some("urn:a"), "X"), 5.0);
    assert_eq!(stage.observed("X"), Some(5.0), "the site gave the index");
}
