//! Commands that are repeated, refused, contrary or not in the capture: what they excuse and what they do not.

use super::*;

const TAGS: &str = r#"
[tag."SP"]
at = "plc/holding:10"
type = "u16"
role = "sp"
feedback = { tag = "SPRB", within = "10s", tol = 1 }
[tag."SPRB"]
at = "plc/holding:11"
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
"#;

fn stage() -> Stage {
    let mut stage = Stage::modbus(TAGS, "");
    stage.polls(5, 10, &[100, 100]);
    stage
}

#[test]
fn a_cyclic_writer_gets_no_more_time_and_clears_no_alarm() {
    let mut stage = stage();
    for second in 0..40 {
        stage.write(HMI, 10, 120);
        stage.polls(1, 10, &[120, 100]);
        if second < 8 {
            assert!(stage.rules().is_empty(), "{:?}", stage.said());
        }
    }
    assert_eq!(stage.rules(), ["SP/feedback"]);
    assert!(
        standing(&stage.alarm("SP/feedback")),
        "each repeat finds it as it was"
    );
    stage.write(HMI, 10, 120);
    stage.polls(3, 10, &[120, 120]);
    assert!(!standing(&stage.alarm("SP/feedback")), "it came after all");
}

#[test]
fn another_command_begins_its_own_time() {
    let mut stage = stage();
    for value in [120, 130, 140, 150] {
        stage.write(HMI, 10, value);
        stage.polls(6, 10, &[value, 100]);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(8, 10, &[150, 100]);
    assert_eq!(stage.rules(), ["SP/feedback"]);
    stage.write(HMI, 10, 100);
    stage.polls(3, 10, &[100, 100]);
    assert!(!standing(&stage.alarm("SP/feedback")));
}

fn runs(stage: &mut Stage, seconds: u32, on: bool) {
    for _ in 0..seconds {
        stage.reads_bit(Table::Discrete, 1, on);
        stage.wait(1.0);
    }
}

#[test]
fn only_an_accepted_command_to_the_new_state_explains_a_movement() {
    type Before = fn(&mut Stage);
    let cases: [(&str, bool, Before); 5] = [
        ("accepted", true, |stage| stage.coil(HMI, 1, true)),
        ("never answered", true, |stage| {
            stage.tell(&bits(HMI, 1, &[1]), Outcome::Requested);
        }),
        ("refused", false, |stage| stage.fails(&bits(HMI, 1, &[1]))),
        ("contrary", false, |stage| stage.coil(HMI, 1, false)),
        ("none", false, |_| {}),
    ];
    for (name, explained, before) in cases {
        let mut stage = stage();
        stage.coil(HMI, 1, false);
        runs(&mut stage, 20, false);
        before(&mut stage);
        runs(&mut stage, 10, true);
        let told = stage.rules().contains(&"RUN/uncommanded");
        assert_eq!(told, !explained, "{name}: {:?}", stage.said());
    }
}

#[test]
fn a_writer_that_repeats_what_is_so_explains_no_movement() {
    let mut stage = stage();
    // Both coils of a block, every two seconds, as they are.
    let both = |stage: &mut Stage| {
        stage.does(&Play {
            points: Points::Bits {
                table: Table::Coil,
                first: 1,
                count: 2,
                bytes: &[1],
            },
            ..Play::default()
        });
    };
    for _ in 0..10 {
        both(&mut stage);
        runs(&mut stage, 2, true);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    for _ in 0..5 {
        both(&mut stage);
        runs(&mut stage, 2, false);
    }
    assert!(stage.rules().contains(&"RUN/uncommanded"), "{:?}", stage.said());
}

#[test]
fn the_local_switch_of_one_pump_excuses_no_other() {
    let pump = |name: &str, coil: u16| {
        format!(
            "[tag.\"{name}.CMD\"]\nat = \"plc/coil:{coil}\"\ntype = \"bool\"\nrole = \"cmd\"\n\
             feedback = {{ tag = \"{name}.RUN\", within = \"8s\" }}\n\
             [tag.\"{name}.RUN\"]\nat = \"plc/discrete:{coil}\"\ntype = \"bool\"\nrole = \"fb\"\n"
        )
    };
    let switch = |name: &str| format!("[tag.\"{name}\"]\nat = \"plc/discrete:90\"\ntype = \"bool\"\n");
    let cases = [
        ("P1.LOCAL", true, false),
        ("P2.LOCAL", false, true),
        ("P1_LOCAL", true, false),
        ("PANEL.LOCAL", true, true),
        ("PLC.LOCAL", true, true),
        ("LOCAL", true, true),
    ];
    for (name, first, second) in cases {
        let tags = format!("{}{}{}", pump("P1", 1), pump("P2", 2), switch(name));
        let mut stage = Stage::modbus(&tags, "");
        for on in [false, true] {
            for _ in 0..15 {
                stage.reads_bit(Table::Discrete, 90, true);
                stage.reads_bit(Table::Discrete, 1, on);
                stage.reads_bit(Table::Discrete, 2, on);
                stage.wait(1.0);
            }
        }
        for (rule, excused) in [("P1.RUN/uncommanded", first), ("P2.RUN/uncommanded", second)] {
            assert_eq!(!stage.rules().contains(&rule), excused, "{name}: {rule}");
        }
    }
}

#[test]
fn a_bypass_that_nobody_wrote_here_is_told_when_it_is_seen() {
    let tags = "[tag.\"A.BYP\"]\nat = \"plc/coil:5\"\ntype = \"bool\"\nrole = \"bypass\"\n\
                [tag.\"B.BYP\"]\nat = \"plc/coil:6\"\ntype = \"bool\"\nrole = \"bypass\"\n";
    let seen = |stage: &mut Stage, first: bool, second: bool| {
        for _ in 0..5 {
            stage.reads_bit(Table::Coil, 5, first);
            stage.reads_bit(Table::Coil, 6, second);
            stage.wait(1.0);
        }
    };
    let mut stage = Stage::modbus(tags, "");
    seen(&mut stage, false, false);
    assert!(stage.said().is_empty(), "{:?}", stage.said());
    seen(&mut stage, true, false);
    assert_eq!(stage.said(), [("A.BYP/bypass".to_owned(), Severity::High)]);
    let alarm = stage.alarm("A.BYP/bypass");
    assert!(
        alarm
            .explanation
            .starts_with("The bypass A.BYP is seen to be set"),
        "{}",
        alarm.explanation
    );
    stage.forget();
    seen(&mut stage, true, true);
    assert_eq!(
        stage.said(),
        [("B.BYP/bypass".to_owned(), Severity::Critical)],
        "both at a time"
    );
    // What is written and then read back is told once, by the write.
    let mut stage = Stage::modbus(tags, "");
    seen(&mut stage, false, false);
    stage.coil(HMI, 5, true);
    seen(&mut stage, true, false);
    assert_eq!(stage.rules(), ["A.BYP/bypass"]);
    // What was refused and then seen is not.
    let mut stage = Stage::modbus(tags, "");
    seen(&mut stage, false, false);
    stage.fails(&bits(HMI, 5, &[1]));
    stage.forget();
    seen(&mut stage, true, false);
    assert_eq!(stage.rules(), ["A.BYP/bypass"]);
}
