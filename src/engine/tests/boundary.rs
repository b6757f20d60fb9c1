//! Zones, message security, identities, certificates; and the tests that rules carry.

use super::*;
use crate::engine::rehearse;

const ZONES: &str = r#"
[zone.control]
networks = ["10.0.0.0/24"]
devices = ["plc"]
[zone.office]
networks = ["10.0.0.41/32"]
[[conduit]]
from = "control"
to = "control"
"#;

#[test]
fn what_no_conduit_joins_is_told_once() {
    let tags = "[tag.\"A\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\n";
    let mut stage = Stage::modbus(&format!("{ZONES}{tags}"), "");
    stage.write(HMI, 10, 1);
    stage.wait(5.0);
    assert!(stage.rules().is_empty(), "inside one zone: {:?}", stage.said());
    stage.write(ENGINEER, 10, 1);
    stage.wait(5.0);
    assert_eq!(stage.rules(), ["builtin/conduit"]);
    assert_eq!(
        stage.alarm("builtin/conduit").explanation,
        "10.0.0.41 of zone office talks modbus to zone control, which no conduit allows."
    );
    stage.write(ENGINEER, 10, 2);
    stage.wait(5.0);
    assert_eq!(stage.rules().len(), 1);
}

const BOILER: &str = r#"
[device.boiler]
proto = "opcua"
host = "10.0.0.3"
expect_security = "SignAndEncrypt|Sign"
identity = { firmware = "1.4" }
[principal.dcs]
ip = "10.0.0.20"
certificate = "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13"
[tag."SP"]
at = "boiler/nsu=urn:a;s=SP"
role = "sp"
writers = ["dcs"]
"#;

fn states(stage: &mut Stage, of: Direction, key: &'static str, value: &str) {
    let place = stage.conversation("opcua", HMI, 3);
    let context = Context {
        conversation: &stage.conversations[place],
        mac: None,
        ttl: 0,
        from_client: of == Direction::FromClient,
    };
    stage.engine.identity(&context, of, Station::Server, key, value);
    stage.collect();
}

#[test]
fn a_device_is_held_to_the_security_and_identity_that_the_site_states() {
    let mut stage = Stage::new(site(BOILER, ""));
    states(&mut stage, Direction::FromServer, "security_mode", "Sign");
    states(&mut stage, Direction::FromServer, "firmware", "1.4");
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    states(&mut stage, Direction::FromServer, "security_mode", "None");
    assert_eq!(stage.rules(), ["builtin/security"]);
    states(&mut stage, Direction::FromServer, "firmware", "1.5");
    assert_eq!(stage.rules(), ["builtin/security", "builtin/identity"]);
}

#[test]
fn another_certificate_is_another_writer() {
    let mut stage = Stage::new(site(BOILER, ""));
    let points = Each(vec![Observation::good(
        node(Some("urn:a"), "SP"),
        Value::Double(1.0),
    )]);
    let play = Play {
        protocol: "opcua",
        server: 3,
        station: Station::Server,
        points: Points::Each(&points),
        ..Play::default()
    };
    states(
        &mut stage,
        Direction::FromClient,
        "certificate",
        "000102030405060708090a0b0c0d0e0f10111213",
    );
    stage.does(&play);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    states(
        &mut stage,
        Direction::FromClient,
        "certificate",
        "ff0102030405060708090a0b0c0d0e0f10111213",
    );
    stage.does(&play);
    assert_eq!(stage.rules(), ["SP/writers"]);
    assert!(
        stage
            .alarm("SP/writers")
            .explanation
            .contains("but not dcs's certificate")
    );
}

#[test]
fn rules_carry_their_own_tests() {
    let tags = r#"
    [tag."SP"]
    at = "plc/holding:10"
    type = "u16"
    unit = "ppm"
    role = "sp"
    safe = [50, 200]
    [tag."FLOW"]
    at = "plc/holding:11"
    type = "u16"
    [tag."PUMP"]
    at = "plc/coil:1"
    type = "bool"
    role = "cmd"
    "#;
    let rules = r#"
    [[rule]]
    id = "limits"
    kind = "envelope"
    tag = "SP"
    lo = 50
    hi = "2 * FLOW + 100"
    on = "write"
    severity = "high"
    [[rule.test]]
    name = "factor 100 slip"
    given = { SP = 100, FLOW = 42 }
    event = "write SP = 11100 by hmi"
    expect = "high"
    [[rule.test]]
    name = "exactly at the limit"
    given = { SP = 100, FLOW = 42 }
    event = "write SP = 184 by hmi"
    expect = "none"
    [[rule.test]]
    name = "a stranger makes it worse"
    given = { SP = 100, FLOW = 42 }
    event = "write SP = 185 by stranger"
    expect = "critical"
    [[rule]]
    id = "dry"
    kind = "interlock"
    when = "FLOW < 2"
    then = "PUMP == 0"
    within = "15s"
    severity = "medium"
    [[rule.test]]
    name = "the flow stops and the pump does not"
    given = { FLOW = 42, PUMP = 1 }
    event = "change FLOW = 1"
    expect = "medium"
    [[rule.test]]
    name = "the pump is off"
    given = { FLOW = 42, PUMP = 0 }
    event = "change FLOW = 1"
    expect = "none"
    [[rule]]
    id = "purged"
    kind = "permissive"
    on = "write PUMP == 1"
    require = "held(FLOW > 5, 5m)"
    severity = "high"
    [[rule.test]]
    name = "long enough"
    given = { FLOW = 42 }
    event = "write PUMP = 1 by hmi"
    expect = "none"
    [[rule.test]]
    name = "no flow"
    given = { FLOW = 4 }
    event = "write PUMP = 1 by hmi"
    expect = "high"
    "#;
    let plant = site(&format!("{HEAD}{tags}"), rules);
    let mut played = 0;
    for rule in &plant.rules {
        for test in &rule.tests {
            played += 1;
            let rehearsal = rehearse(&plant, &rule.id, test);
            assert!(
                rehearsal.passed,
                "{}: {:?} instead of {:?}",
                test.name,
                rehearsal.severity(),
                test.expect
            );
        }
    }
    assert_eq!(played, 7);
}

#[test]
fn a_test_of_a_rule_happens_in_the_sites_own_time_and_by_one_who_may() {
    let plant = "[site]\nname = \"p\"\ntimezone = \"America/Denver\"\n[device.plc]\nproto = \"modbus\"\nhost = \"10.0.0.1\"\nunit = 1\nbase = 0\n\
         [principal.spare]\nip = \"10.0.0.21\"\n[principal.hmi]\nip = \"10.0.0.20\"\n\
         [window.day]\nevery = \"Mon-Fri 06:00-18:00\"\n\
         [tag.SP]\nat = \"plc/holding:1\"\ntype = \"u16\"\nwriters = [\"hmi\"]\n";
    let rules = r#"
[[rule]]
id = "by-day"
kind = "schedule"
tag = "SP"
allowed = "window(day)"
severity = "medium"
why = "w"
[[rule.test]]
name = "usual"
event = "write SP = 5"
expect = "none"
[[rule.test]]
name = "a stranger is worse"
event = "write SP = 5 by stranger"
at = "2026-03-03T22:00:00"
expect = "high"
[[rule.test]]
name = "at night"
event = "write SP = 5"
at = "2026-03-03T22:00:00"
expect = "medium"
[[rule.test]]
name = "by day, said in UTC"
event = "write SP = 5"
at = "2026-03-03T22:00:00Z"
expect = "none"
"#;
    let plant = site(plant, rules);
    let mut played = 0;
    for rule in &plant.rules {
        for test in &rule.tests {
            played += 1;
            let rehearsal = rehearse(&plant, &rule.id, test);
            assert!(
                rehearsal.passed,
                "{}: {:?} instead of {:?}",
                test.name,
                rehearsal.severity(),
                test.expect
            );
        }
    }
    assert_eq!(played, 4);
}
