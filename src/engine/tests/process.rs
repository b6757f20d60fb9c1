//! Rules over observed values and time: delays, deadbands, temporal conditions.

use super::*;

const TAGS: &str = r#"
[tag."P"]
at = "plc/holding:10"
type = "u16"
unit = "bar"
role = "pv"
safe = [10, 20]
range = [0, 100]
[tag."Q"]
at = "plc/holding:11"
type = "u16"
unit = "bar"
[tag."VALVE"]
at = "plc/holding:12"
type = "u16"
"#;

fn stage(rules: &str) -> Stage {
    let mut stage = Stage::modbus(TAGS, rules);
    stage.polls(10, 10, &[15, 15, 0]);
    stage
}

#[test]
fn one_odd_sample_is_no_alarm_and_two_are() {
    let mut stage = stage("");
    stage.polls(1, 10, &[21, 15, 0]);
    stage.polls(3, 10, &[20, 15, 0]);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(2, 10, &[21, 15, 0]);
    stage.wait(1.0);
    assert_eq!(stage.rules(), ["P/envelope"]);
}

#[test]
fn an_alarm_returns_only_inside_its_deadband_and_after_a_minute() {
    let mut stage = stage("");
    stage.polls(5, 10, &[25, 15, 0]);
    assert_eq!(stage.rules(), ["P/envelope"]);
    stage.polls(90, 10, &[20, 15, 0]);
    assert!(
        standing(&stage.alarm("P/envelope")),
        "at the limit is not inside by one percent"
    );
    stage.polls(58, 10, &[19, 15, 0]);
    assert!(standing(&stage.alarm("P/envelope")));
    stage.polls(5, 10, &[19, 15, 0]);
    assert!(!standing(&stage.alarm("P/envelope")));
    assert_eq!(stage.rules(), ["P/envelope"], "once");
}

#[test]
fn the_deadband_is_on_the_side_that_was_passed_and_leaves_room_inside() {
    let tags = |deadband: u32| {
        format!(
            "[tag.\"T\"]\nat = \"plc/holding:13\"\ntype = \"u16\"\nrole = \"pv\"\nsafe = [10, 20]\ndeadband = {deadband}\n"
        )
    };
    // Deadband, the value that alarms, one that does not clear it, one that does.
    for (deadband, odd, near, good) in [(2, 22, 19, 11), (2, 8, 11, 19), (50, 22, 18, 17), (50, 8, 12, 13)] {
        let mut stage = Stage::modbus(&tags(deadband), "");
        stage.polls(5, 13, &[15]);
        stage.polls(5, 13, &[odd]);
        assert_eq!(stage.rules(), ["T/envelope"]);
        stage.polls(90, 13, &[near]);
        assert!(standing(&stage.alarm("T/envelope")), "{near} after {odd}");
        stage.polls(90, 13, &[good]);
        assert!(!standing(&stage.alarm("T/envelope")), "{good} after {odd}");
    }
}

#[test]
fn a_stale_value_neither_raises_nor_clears() {
    let mut stage = stage("");
    stage.polls(1, 10, &[25, 15, 0]);
    stage.wait(600.0);
    assert!(
        stage.rules().contains(&"P/envelope"),
        "the second look would have come"
    );
    assert!(standing(&stage.alarm("P/envelope")), "nothing is known of it now");
}

const RELIEF: &str = r#"
[[rule]]
id = "relief"
kind = "interlock"
when = "P > 18"
then = "VALVE == 1"
within = "5s"
severity = "critical"
"#;

#[test]
fn an_interlock_gives_exactly_its_time() {
    let mut stage = stage(RELIEF);
    stage.polls(5, 10, &[19, 15, 0]);
    stage.polls(5, 10, &[19, 15, 1]);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(3, 10, &[15, 15, 0]);
    stage.polls(6, 10, &[19, 15, 0]);
    stage.wait(0.5);
    assert_eq!(stage.rules(), ["relief"]);
    assert_eq!(stage.alarm("relief").tags, ["VALVE", "P"]);
}

#[test]
fn an_interlock_begins_anew_when_its_condition_breaks() {
    let mut stage = stage(RELIEF);
    for _ in 0..5 {
        stage.polls(4, 10, &[19, 15, 0]);
        stage.polls(1, 10, &[18, 15, 0]);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn what_was_met_and_breaks_for_one_sample_is_no_violation() {
    let mut stage = stage(RELIEF);
    stage.polls(3, 10, &[19, 15, 0]);
    stage.polls(10, 10, &[19, 15, 1]);
    stage.polls(1, 10, &[19, 15, 0]);
    stage.polls(5, 10, &[19, 15, 1]);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(4, 10, &[19, 15, 0]);
    assert_eq!(stage.rules(), ["relief"]);
}

#[test]
fn a_valve_that_is_polled_slowly_is_looked_at_before_it_is_blamed() {
    let mut stage = stage(RELIEF);
    for _ in 0..5 {
        stage.reads(12, &[0]);
        for _ in 0..30 {
            stage.reads(10, &[15, 15]);
            stage.wait(1.0);
        }
    }
    stage.reads(12, &[0]);
    for _ in 0..29 {
        stage.reads(10, &[19, 15]);
        stage.wait(1.0);
    }
    assert!(
        stage.rules().is_empty(),
        "nobody has looked since: {:?}",
        stage.said()
    );
    stage.reads(12, &[1]);
    stage.wait(5.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

const MIRROR: &str = r#"
[[rule]]
id = "agree"
kind = "mirror"
a = "P"
b = "Q"
tol = 2
for = "10s"
"#;

#[test]
fn two_measurements_may_differ_by_the_tolerance_and_for_a_while() {
    let mut stage = stage(MIRROR);
    stage.polls(60, 10, &[17, 15, 0]);
    assert!(
        stage.rules().is_empty(),
        "exactly the tolerance: {:?}",
        stage.said()
    );
    stage.polls(9, 10, &[18, 15, 0]);
    stage.polls(1, 10, &[17, 15, 0]);
    stage.polls(9, 10, &[18, 15, 0]);
    assert!(stage.rules().is_empty(), "not long enough: {:?}", stage.said());
    stage.polls(4, 10, &[18, 15, 0]);
    assert_eq!(stage.rules(), ["agree"]);
    assert_eq!(stage.alarm("agree").tags, ["P", "Q"]);
}

#[test]
fn two_polls_at_different_times_do_not_differ() {
    let mut stage = stage(MIRROR);
    // A ramp that both follow, each seen every half minute, a quarter minute apart.
    for step in 0..20_u16 {
        stage.reads(10, &[15 + step % 5 * 3]);
        stage.wait(15.0);
        stage.reads(11, &[15 + step % 5 * 3]);
        stage.wait(15.0);
    }
    assert!(!stage.rules().contains(&"agree"), "{:?}", stage.said());
}

#[test]
fn a_balance_must_be_off_for_its_time() {
    let rules = r#"
    [[rule]]
    id = "mass"
    kind = "balance"
    residual = "P - Q - 2 * rate(VALVE)"
    limit = 3
    for = "20s"
    "#;
    let mut stage = stage(rules);
    stage.polls(60, 10, &[18, 15, 7]);
    assert!(stage.rules().is_empty(), "exactly the limit: {:?}", stage.said());
    stage.polls(18, 10, &[19, 15, 7]);
    stage.polls(2, 10, &[18, 15, 7]);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(24, 10, &[19, 15, 7]);
    assert_eq!(stage.rules(), ["mass"]);
}

#[test]
fn a_sum_of_deviations_needs_no_further_time_and_follows_what_is_usual() {
    // Even noise of two, then a quarter more than usual: far below the limit.
    let noise = |turn: u32| [498_u16, 500, 502, 500][turn as usize % 4];
    let play = |cusum: &str, shift: &dyn Fn(u32) -> u16| {
        let rules = format!(
            "[[rule]]\nid = \"drift\"\nkind = \"balance\"\nresidual = \"P - 500\"\nlimit = 100\nfor = \"1h\"\ncusum = {cusum}\n"
        );
        let tags = "[tag.\"P\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\n";
        let mut stage = Stage::modbus(tags, &rules);
        for turn in 0..120 {
            stage.polls(1, 10, &[noise(turn)]);
        }
        for turn in 0..240 {
            stage.polls(1, 10, &[noise(turn) + shift(turn)]);
        }
        stage.rules().contains(&"drift")
    };
    assert!(!play("{ k = 0.5, h = 12 }", &|_| 0));
    assert!(play("{ k = 0.5, h = 12 }", &|_| 2), "long before an hour is over");
    assert!(play("{ k = 0.5, h = 12, bias = \"7d\" }", &|turn| turn as u16 / 40));
    assert!(
        !play("{ k = 0.5, h = 12, bias = \"20s\" }", &|turn| turn as u16 / 40),
        "what moves slower than the bias is usual"
    );
}

#[test]
fn a_residual_that_never_moved_is_known_no_better_than_its_resolution() {
    let rules = "[[rule]]\nid = \"drift\"\nkind = \"balance\"\nresidual = \"P - 500\"\nlimit = 100\nfor = \"1h\"\ncusum = { k = 1.5, h = 12 }\n";
    let mut stage = Stage::modbus("[tag.\"P\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\n", rules);
    stage.polls(100, 10, &[500]);
    stage.polls(100, 10, &[501]);
    assert!(stage.rules().is_empty(), "one bit: {:?}", stage.said());
    stage.polls(20, 10, &[504]);
    assert_eq!(stage.rules(), ["drift"]);
}

#[test]
fn two_pairs_too_fast_are_a_rate_and_one_is_not() {
    let tags =
        format!("{TAGS}\n[tag.\"R\"]\nat = \"plc/holding:13\"\ntype = \"u16\"\nrole = \"pv\"\nrate = 2.0\n");
    let mut stage = Stage::modbus(&tags, "");
    let mut plays = |values: &[u16]| {
        for value in values {
            stage.reads(13, &[*value]);
            stage.wait(1.0);
        }
        let rules: Vec<String> = stage.rules().iter().map(|rule| (*rule).to_owned()).collect();
        stage.forget();
        rules
    };
    assert!(
        plays(&[10, 12, 14, 16, 18]).is_empty(),
        "two a second are allowed"
    );
    assert!(
        plays(&[18, 24, 24, 24, 24, 24, 30, 30, 30, 30, 30, 30]).is_empty(),
        "single jumps"
    );
    assert_eq!(plays(&[36, 42, 48]), ["R/rate"]);
    assert!(plays(&[48; 200]).is_empty());
    // Taken every two seconds by the device and read every second: three a second, and two.
    assert_eq!(plays(&[54, 54, 60, 60, 66, 66]), ["R/rate"]);
    assert!(plays(&[66; 200]).is_empty());
    assert!(plays(&[66, 70, 70, 74, 74, 78, 78]).is_empty());
}

#[test]
fn a_lively_measurement_that_stands_still_is_frozen() {
    let tags = "[tag.\"T\"]\nat = \"plc/holding:13\"\ntype = \"u16\"\nunit = \"bar\"\nrole = \"pv\"\n";
    // Without a driver that proves it moves, the role only notes it; the engineer makes an alarm of it.
    let mut stage = Stage::modbus(tags, "[[rule]]\nid = \"T/frozen\"\nseverity = \"medium\"\n");
    let mut noise = 1_u32;
    for _ in 0..120 {
        noise = noise.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        stage.reads(13, &[1000 + u16::try_from(noise >> 16 & 63).unwrap()]);
        stage.wait(1.0);
    }
    stage.polls(80, 13, &[1010]);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(20, 13, &[1010]);
    assert_eq!(stage.rules(), ["T/frozen"]);
}

#[test]
fn a_measurement_that_only_flickers_may_come_to_rest() {
    let tags = "[tag.\"T\"]\nat = \"plc/holding:13\"\ntype = \"u16\"\nrole = \"pv\"\n";
    let mut stage = Stage::modbus(tags, "[[rule]]\nid = \"still\"\nkind = \"frozen\"\ntag = \"T\"\n");
    for second in 0..200_u16 {
        stage.reads(13, &[100 + second * 7 % 3 % 2]);
        stage.wait(1.0);
    }
    stage.polls(300, 13, &[100]);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_measurement_that_repeats_its_past_is_a_replay() {
    let tags = "[tag.\"T\"]\nat = \"plc/holding:13\"\ntype = \"u16\"\nrole = \"pv\"\n";
    let mut stage = Stage::modbus(tags, "");
    let mut noise = 7_u32;
    let mut past = Vec::new();
    for _ in 0..200 {
        noise = noise.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let value = 2000 + u16::try_from(noise >> 16 & 255).unwrap();
        past.push(value);
        stage.reads(13, &[value]);
        stage.wait(1.0);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    for value in &past[40..80] {
        stage.reads(13, &[*value]);
        stage.wait(1.0);
    }
    assert_eq!(stage.rules(), ["T/replay"]);
}

#[test]
fn a_periodic_signal_is_no_replay() {
    let tags = "[tag.\"T\"]\nat = \"plc/holding:13\"\ntype = \"u16\"\nrole = \"pv\"\n";
    let mut stage = Stage::modbus(tags, "");
    for second in 0..600_u16 {
        stage.reads(13, &[100 + second % 20]);
        stage.wait(1.0);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_heart_that_stops_is_told_whether_it_is_polled_or_not() {
    let tags = "[tag.\"HB\"]\nat = \"plc/holding:13\"\ntype = \"u16\"\nrole = \"heartbeat\"\n";
    let mut stage = Stage::modbus(tags, "");
    for beat in 0..60 {
        stage.reads(13, &[beat]);
        stage.wait(1.0);
    }
    stage.polls(5, 13, &[59]);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(5, 13, &[59]);
    assert_eq!(stage.rules(), ["HB/silence"]);
    assert!(stage.alarm("HB/silence").title.contains("does not beat"));
}

const LIT: &str = r#"
[[rule]]
id = "purged"
kind = "permissive"
on = "write VALVE == 1"
require = "held(Q > 10, 30s)"
"#;

#[test]
fn held_needs_the_whole_time_and_says_so_when_it_was_not_watched() {
    let mut stage = stage(LIT);
    stage.polls(15, 10, &[15, 15, 0]);
    stage.write(HMI, 12, 1);
    assert!(stage.rules().is_empty());
    assert_eq!(stage.coverage("purged").unknown, 1, "25 seconds were watched");
    stage.polls(10, 10, &[15, 15, 0]);
    stage.write(HMI, 12, 1);
    assert_eq!(stage.coverage("purged").unknown, 1);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.polls(1, 10, &[15, 10, 0]);
    stage.polls(29, 10, &[15, 11, 0]);
    stage.write(HMI, 12, 1);
    assert_eq!(
        stage.rules(),
        ["purged"],
        "one sample was too low 29.01 seconds ago"
    );
    stage.forget();
    stage.wait(0.98);
    stage.polls(2, 10, &[15, 11, 0]);
    stage.write(HMI, 12, 1);
    assert!(stage.rules().is_empty(), "now it is 30: {:?}", stage.said());
}

#[test]
fn a_refused_read_leaves_no_value_until_the_next_good_one() {
    let tags = r#"
    [tag."FLOW"]
    at = "plc/holding:10"
    type = "u16"
    role = "pv"
    [tag."LEVEL"]
    at = "plc/holding:11"
    type = "u16"
    [tag."READY"]
    at = "plc/discrete:1"
    type = "bool"
    [tag."PUMP"]
    at = "plc/coil:1"
    type = "bool"
    role = "cmd"
    "#;
    let rules = r#"
    [[rule]]
    id = "pump-needs-flow"
    kind = "permissive"
    on = "write PUMP == 1"
    require = "FLOW > 5 and READY == 1"
    on_unknown = "alarm"
    "#;
    let mut stage = Stage::modbus(tags, rules);
    let quality = |stage: &Stage, tag: usize| stage.engine.tags().nth(tag).unwrap().state.observed.quality;
    let polls = |stage: &mut Stage| {
        for _ in 0..3 {
            stage.reads(10, &[42, 7]);
            stage.reads_bit(Table::Discrete, 1, true);
            stage.wait(1.0);
        }
    };
    let start = |stage: &mut Stage| {
        stage.coil(HMI, 1, true);
        stage.wait(1.0);
        let said = stage.rules().len();
        stage.forget();
        said
    };
    polls(&mut stage);
    assert_eq!(start(&mut stage), 0, "all is known");
    polls(&mut stage);
    stage.refuses(STRANGER, Table::Holding, 0, 60);
    stage.refuses(STRANGER, Table::Discrete, 0, 60);
    assert_eq!(
        quality(&stage, 0),
        Quality::Good,
        "who asks for too much blinds nobody"
    );
    assert_eq!(start(&mut stage), 0);
    for (table, first, count) in [
        (Table::Holding, 10, 1),
        (Table::Holding, 0, 11),
        (Table::Discrete, 1, 1),
    ] {
        // The alarm of the round before is over.
        stage.wait(130.0);
        polls(&mut stage);
        stage.forget();
        stage.refuses(HMI, table, first, count);
        assert_eq!(quality(&stage, 0) == Quality::Bad, table == Table::Holding);
        assert_eq!(quality(&stage, 2) == Quality::Bad, table == Table::Discrete);
        assert_eq!(quality(&stage, 1), Quality::Good, "not asked for");
        assert_eq!(start(&mut stage), 1, "{table:?} {first}");
        polls(&mut stage);
        assert_eq!(quality(&stage, 0), Quality::Good, "the same value as before");
        assert_eq!(start(&mut stage), 0, "read again");
    }
}

#[test]
fn a_window_that_opens_is_noticed_without_any_new_value() {
    let tags = format!("{TAGS}\n[window.night]\nevery = \"Tue 08:10-09:00\"\n");
    let rules = r#"
    [[rule]]
    id = "closed-by-night"
    kind = "interlock"
    when = "window(night)"
    then = "VALVE == 0"
    within = "1s"
    "#;
    let mut stage = Stage::modbus(&tags, rules);
    stage.polls(460, 10, &[15, 15, 1]);
    assert!(stage.rules().is_empty(), "08:09:40: {:?}", stage.said());
    stage.polls(30, 10, &[15, 15, 1]);
    assert_eq!(stage.rules(), ["closed-by-night"]);
}

#[test]
fn a_client_that_stops_asking_is_missed_and_one_that_takes_leave_is_not() {
    let mut stage = Stage::modbus(TAGS, "");
    stage.polls(60, 10, &[15, 15, 0]);
    stage.wait(5.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    stage.wait(3.0);
    assert_eq!(stage.rules(), ["builtin/silence"]);
    stage.reads(10, &[15, 15, 0]);
    assert!(!standing(&stage.alarm("builtin/silence")), "it is heard again");

    let mut stage = Stage::modbus(TAGS, "");
    stage.polls(60, 10, &[15, 15, 0]);
    let at = stage.at();
    stage.engine.conversation_closed(0, true, at);
    stage.wait(600.0);
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
}
