//! Rules that follow events over time: sequence, walk, count.

use super::*;

const BURNER: &str = r#"
[tag."FAN"]
at = "plc/discrete:1"
type = "bool"
[tag."BURNER"]
at = "plc/coil:2"
type = "bool"
"#;

const STARTUP: &str = r#"
[[rule]]
id = "startup"
kind = "sequence"
steps = ["change FAN == 1", "write BURNER == 1"]
forbid_first = "write BURNER == 1"
deadline = "30m"
"#;

fn fan(stage: &mut Stage, on: bool) {
    stage.reads_bit(Table::Discrete, 1, on);
    stage.wait(10.0);
}

fn burner(stage: &mut Stage, on: bool) {
    stage.coil(HMI, 2, on);
    stage.wait(10.0);
}

#[test]
fn a_second_start_needs_the_first_step_again() {
    let mut stage = Stage::modbus(BURNER, STARTUP);
    fan(&mut stage, false);
    fan(&mut stage, true);
    burner(&mut stage, true);
    burner(&mut stage, true);
    assert!(stage.rules().is_empty(), "told twice: {:?}", stage.said());
    burner(&mut stage, false);
    fan(&mut stage, true);
    burner(&mut stage, true);
    assert!(stage.rules().is_empty(), "the fan still runs: {:?}", stage.said());
    burner(&mut stage, false);
    fan(&mut stage, false);
    burner(&mut stage, true);
    assert_eq!(stage.rules(), ["startup"], "without the fan");
}

#[test]
fn a_fan_that_stops_under_fire_begins_the_sequence_anew() {
    let mut stage = Stage::modbus(BURNER, STARTUP);
    for on in [false, true] {
        fan(&mut stage, on);
    }
    burner(&mut stage, true);
    fan(&mut stage, false);
    burner(&mut stage, true);
    assert_eq!(stage.rules(), ["startup"]);
}

#[test]
fn a_first_step_that_is_taken_back_is_not_done() {
    let mut stage = Stage::modbus(BURNER, STARTUP);
    for on in [false, true, false] {
        fan(&mut stage, on);
    }
    burner(&mut stage, true);
    assert_eq!(stage.rules(), ["startup"]);
}

const WALK: &str = r#"
[[rule]]
id = "walk"
kind = "walk"
tag = "SP"
max = 50
window = "8h"
"#;
const SETPOINT: &str = "[tag.\"SP\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\n";

#[test]
fn a_walk_in_the_smallest_steps_is_a_walk() {
    for (first, step, minutes) in [(100_u16, 1_i32, 1.0), (400, -1, 1.0), (100, 1, 4.0)] {
        let mut stage = Stage::modbus(SETPOINT, WALK);
        let mut value = i32::from(first);
        for _ in 0..=50 {
            stage.write(HMI, 10, u16::try_from(value).unwrap());
            stage.wait(60.0 * minutes);
            value += step;
        }
        assert!(stage.rules().is_empty(), "exactly fifty: {:?}", stage.said());
        stage.write(HMI, 10, u16::try_from(value).unwrap());
        assert_eq!(stage.rules(), ["walk"], "from {first} by {step}");
    }
}

#[test]
fn what_left_the_window_a_sixteenth_ago_does_not_walk() {
    let mut stage = Stage::modbus(SETPOINT, WALK);
    // Up by one every twelve minutes: 40 in eight hours, and 43 with the sixteenth that is not told apart.
    for value in 100..300 {
        stage.write(HMI, 10, value);
        stage.wait(720.0);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn more_than_the_ring_holds_is_counted_all_the_same() {
    let rules = r#"
    [[rule]]
    id = "many"
    kind = "count"
    on = "write SP"
    max = 100
    window = "10m"
    [[rule]]
    id = "never-so-many"
    kind = "permissive"
    on = "write SP"
    require = "count(write SP, 10m) <= 100"
    "#;
    for (writes, pause, told) in [
        (100, 1.0, false),
        (101, 1.0, true),
        (300, 7.0, false),
        (300, 5.0, true),
    ] {
        let mut stage = Stage::modbus(SETPOINT, rules);
        for value in 0..writes {
            stage.write(HMI, 10, value);
            stage.wait(pause);
        }
        stage.wait(5.0);
        for rule in ["many", "never-so-many"] {
            assert_eq!(
                stage.rules().contains(&rule),
                told,
                "{rule} of {writes}: {:?}",
                stage.said()
            );
        }
    }
}

#[test]
fn repeats_in_a_block_count_where_the_rule_says_so() {
    for (count_same, told) in [(false, false), (true, true)] {
        let rules = format!(
            "[[rule]]\nid = \"often\"\nkind = \"cycle\"\ntag = [\"COIL\", \"BIT\", \"WHOLE\"]\nmax = 3\nwindow = \"10m\"\ncount_same = {count_same}\n"
        );
        let tags = "[tag.\"COIL\"]\nat = \"plc/coil:1\"\ntype = \"bool\"\n\
                    [tag.\"BIT\"]\nat = \"plc/holding:20.3\"\ntype = \"bool\"\n\
                    [tag.\"OTHER\"]\nat = \"plc/holding:20.4\"\ntype = \"bool\"\n\
                    [tag.\"WHOLE\"]\nat = \"plc/holding:21\"\ntype = \"u16\"\n";
        let mut stage = Stage::modbus(tags, &rules);
        for _ in 0..6 {
            stage.does(&Play {
                points: Points::Bits {
                    table: Table::Coil,
                    first: 1,
                    count: 8,
                    bytes: &[1],
                },
                ..Play::default()
            });
            stage.does(&registers(HMI, 20, &[0, 8, 0, 5]));
            stage.wait(5.0);
        }
        for tag in ["COIL", "BIT", "WHOLE"] {
            let named = stage.raised.iter().any(|alarm| alarm.tags == [tag]);
            assert_eq!(named, told, "{tag}: {:?}", stage.said());
        }
    }
}

#[test]
fn a_principal_is_counted_over_all_devices_to_which_it_talks() {
    let (mut plant, mut rules) = (HEAD.to_owned(), String::new());
    for number in 2..10 {
        plant += &format!(
            "[device.sub{number}]\nproto = \"modbus\"\nhost = \"10.0.0.{number}\"\nunit = 1\nbase = 0\n\
             [tag.\"SP{number}\"]\nat = \"sub{number}/holding:20\"\ntype = \"u16\"\n"
        );
    }
    for per in ["principal", "site"] {
        rules += &format!(
            "[[rule]]\nid = \"per-{per}\"\nkind = \"count\"\non = \"write SP*\"\ndistinct = \"device\"\n\
             max = 3\nwindow = \"10m\"\nper = \"{per}\"\n"
        );
    }
    let write = |stage: &mut Stage, client: u8, server: u8| {
        let bytes = 300_u16.to_be_bytes();
        stage.does(&Play {
            server,
            ..registers(client, 20, &bytes)
        });
        stage.wait(10.0);
    };
    let counted = |stage: &Stage| -> Vec<String> {
        let mut rules: Vec<String> = stage.raised.iter().map(|alarm| alarm.rule.clone()).collect();
        rules.retain(|rule| rule.starts_with("per-"));
        rules
    };
    // A stranger has no name: it is its address that is counted.
    for client in [HMI, STRANGER] {
        let mut stage = Stage::new(site(&plant, &rules));
        (2..5).for_each(|server| write(&mut stage, client, server));
        assert!(
            counted(&stage).is_empty(),
            "three are allowed: {:?}",
            stage.said()
        );
        (5..10).for_each(|server| write(&mut stage, client, server));
        assert_eq!(
            counted(&stage),
            ["per-principal", "per-site"],
            "one storm, one alarm"
        );
        let alarm = stage.alarm("per-principal");
        assert_eq!((alarm.count, alarm.tags.len()), (5, 8), "{:?}", alarm.tags);
    }
    let mut stage = Stage::new(site(&plant, &rules));
    for server in 2..10 {
        write(&mut stage, if server % 2 == 0 { HMI } else { ENGINEER }, server);
    }
    assert_eq!(
        counted(&stage),
        ["per-site", "per-principal", "per-principal"],
        "two by four"
    );
}
