//! Records: what is written is what the schema says.

use serde_json::Value as Json;

use super::*;
use crate::records::Captures;
use crate::records::alarm::write_alarm;
use crate::records::schema::schema;

const TAGS: &str = r#"
[tag."SP"]
at = "plc/holding:10"
type = "f32"
unit = "bar"
role = "sp"
safe = [0, 10]
[tag."RUN"]
at = "plc/coil:3"
type = "bool"
"#;

fn lines(bytes: &[u8]) -> Vec<Json> {
    String::from_utf8(bytes.to_vec())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn hold(record: &str, lines: &[Json]) {
    let schema = serde_json::to_value(schema(record).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in lines {
        let errors: Vec<String> = validator
            .iter_errors(line)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?} in {line:#}");
    }
}

fn play() -> Stage {
    let plant = site(&format!("{HEAD}{TAGS}"), "");
    let mut stage = Stage::with(
        plant,
        Options {
            operations: true,
            ..Options::default()
        },
    );
    stage.reads(9, &[7, 0x4100, 0x0000, 9]);
    stage.does(&registers(HMI, 10, &20.0_f32.to_be_bytes()));
    let bytes = f32::NAN.to_be_bytes();
    stage.fails(&registers(STRANGER, 10, &bytes));
    stage.coil(HMI, 3, true);
    let play = Play {
        points: Points::Mask {
            register: 10,
            and: 0xff00,
            or: 1,
        },
        ..Play::default()
    };
    stage.tell(&play, Outcome::Requested);
    let play = Play {
        action: Action::Restart,
        ..Play::default()
    };
    stage.does(&play);
    stage.wait(10.0);
    stage
}

#[test]
fn operations_hold_against_their_schema_and_say_what_was_done() {
    let stage = play();
    let captures = Captures::new(vec!["test.pcap".to_owned()]);
    let mut bytes = Vec::new();
    stage
        .records
        .iter()
        .for_each(|record| record.write(&mut bytes, &captures));
    let lines = lines(&bytes);
    hold("operation", &lines);
    let reported: Vec<(&str, &Json)> = lines
        .iter()
        .filter(|line| line["action"] == "report")
        .map(|line| (line["point"].as_str().unwrap(), &line["value"]))
        .collect();
    assert_eq!(
        reported,
        [
            ("holding:10", &Json::from(8.0)),
            ("holding:9", &Json::from(7.0)),
            ("holding:12", &Json::from(9.0))
        ]
    );
    let write = lines.iter().find(|line| line["action"] == "write").unwrap();
    assert_eq!(write["tag"], "SP");
    assert_eq!(write["value"], 20.0);
    assert_eq!(write["previous"]["value"], 8.0);
    assert_eq!(write["outcome"], "accepted");
    assert_eq!(write["frames"].as_array().unwrap().len(), 2);
    assert_eq!(write["actor"]["name"], "hmi");
    assert_eq!(write["target"]["unit"], 1);
    let refused = lines.iter().find(|line| line["outcome"] == "rejected").unwrap();
    assert_eq!(refused["value"], "NaN");
    assert_eq!(refused["status"]["code"], 4);
    let coil = lines.iter().find(|line| line["tag"] == "RUN").unwrap();
    assert_eq!(coil["value"], true);
    let unanswered = lines.iter().find(|line| line["outcome"] == "unanswered").unwrap();
    assert_eq!(unanswered["raw"]["and_mask"], 0xff00);
}

#[test]
fn alarms_hold_against_their_schema_with_members_in_a_fixed_order() {
    let mut stage = play();
    stage.polls(30, 200, &[1]);
    stage.wait(60.0);
    let captures = Captures::new(vec!["test.pcap".to_owned()]);
    let mut bytes = Vec::new();
    for alarm in stage.engine.alarms() {
        write_alarm(&mut bytes, &captures, alarm);
    }
    let lines = lines(&bytes);
    assert!(lines.len() >= 4);
    hold("alarm", &lines);
    let envelope = lines.iter().find(|line| line["rule"] == "SP/envelope").unwrap();
    assert_eq!(envelope["limit"], Json::from(vec![0.0, 10.0]));
    assert_eq!(envelope["operation"]["outcome"], "accepted");
    assert_eq!(envelope["frames"], Json::from(vec![2, 3]));
    let text = String::from_utf8(bytes.clone()).unwrap();
    let line = text.lines().next().unwrap();
    let place = |key: &str| {
        line.find(&format!("\"{key}\":"))
            .unwrap_or_else(|| panic!("{key} in {line}"))
    };
    let order = [
        "record",
        "time",
        "capture",
        "frames",
        "flow",
        "id",
        "rule",
        "title",
        "severity",
        "state",
        "first_time",
        "last_time",
        "count",
        "asset",
        "tags",
        "explanation",
        "consequence",
        "response",
        "techniques",
        "requirements",
    ];
    assert!(
        order.windows(2).all(|pair| place(pair[0]) < place(pair[1])),
        "{line}"
    );
}

#[test]
fn alarm_ids_are_the_same_on_every_run_and_differ_from_each_other() {
    let ids = || -> Vec<String> { play().engine.alarms().map(|alarm| alarm.id()).collect() };
    let first = ids();
    assert_eq!(first, ids());
    let mut unique = first.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), first.len());
}
