//! Expressions as a whole: what they become, and that their text says the same again.

use proptest::prelude::*;

use super::super::{
    Comparison, Event, EventKind, Expression, Loaded, Name, Operator, Role, Site, Slot, TagId, TagSet,
};
use super::{parse_event, parse_expression, parse_test_action};

const PLANT: &str = r#"
[device.plc]
proto = "modbus"

[device.rtu]
proto = "dnp3"

[principal.hmi1]
ip = "10.0.0.20"

[tag.LIT101]
at = "plc/holding:0"
type = "u16"
unit = "mm"

[tag."LIC101.SP"]
at = "plc/holding:1"
type = "u16"
unit = "mm"
role = "sp"

[tag."LIT-102"]
at = "plc/holding:2"
type = "u16"
unit = "mm"

[tag.auto]
at = "plc/holding:3"
type = "u16"
unit = "mm"

[tag.role]
at = "plc/holding:4"
type = "u16"
unit = "mm"

[tag."P1.CMD"]
at = "plc/coil:0"
role = "cmd"

[tag."CB.CMD"]
at = "rtu/bo:0"
role = "cmd"
crob = { open = ["TRIP"], close = ["CLOSE"] }

[tag."CB.POS"]
at = "rtu/dbi:0"
states = { 0 = "travel", 1 = "open", 2 = "closed" }

[tag.MODE1]
at = "plc/holding:10"
type = "u16"
states = { 0 = "manual", 1 = "auto", 2 = "in" }

[tag.TT1]
at = "plc/holding:11"
type = "i16"
unit = "degC"

[tag.TT2]
at = "plc/holding:12"
type = "i16"
unit = "degC"

[tag.FIT1]
at = "plc/holding:20"
type = "f32"
unit = "m3/h"

[window.DAY]
every = "daily 06:00-18:00"

[mode.RUN]
when = "MODE1 == auto"

[mode."NIGHT SHIFT"]
when = "not mode(RUN)"
"#;

/// The site with one rule whose condition this is.
fn with(condition: &str) -> Result<Loaded, String> {
    let text = format!(
        "{PLANT}\n[[rule]]\nid = \"x\"\nkind = \"interlock\"\nwhen = '''{condition}'''\nthen = true\nwithin = \"5s\"\n"
    );
    Site::from_files(&[("plant.toml", text.as_bytes())]).map_err(|errors| errors.to_string())
}

fn condition(loaded: &Loaded) -> &Expression {
    let rule = loaded
        .site
        .rules
        .iter()
        .find(|rule| rule.id == "x")
        .expect("the rule is there");
    match &rule.kind {
        super::super::RuleKind::Interlock { condition, .. } => condition,
        other => panic!("{other:?}"),
    }
}

/// What a condition is read as, printed again with all its parentheses where they are needed.
fn read(text: &str) -> String {
    match with(text) {
        Ok(loaded) => condition(&loaded).text(&loaded.site),
        Err(error) => format!("! {error}"),
    }
}

#[test]
fn conditions_are_read_as_the_grammar_says() {
    for (text, expected) in [
        (
            "LIT101 > 5 and LIT101 < 9 or good(LIT101)",
            "LIT101 > 5 and LIT101 < 9 or good(LIT101)",
        ),
        (
            "good(LIT101) and (good(TT1) or good(TT2))",
            "good(LIT101) and (good(TT1) or good(TT2))",
        ),
        ("not good(LIT101) and good(TT1)", "not good(LIT101) and good(TT1)"),
        ("not LIT101 > 5", "not LIT101 > 5"),
        (
            "good(TT1) -> good(TT2) or good(LIT101)",
            "good(TT1) -> good(TT2) or good(LIT101)",
        ),
        ("LIT101 + 2 * 3 - 1 > 5", "LIT101 + 2 * 3 - 1 > 5"),
        ("(LIT101 + 2) * 3 > 5", "(LIT101 + 2) * 3 > 5"),
        ("LIT101 - (2 - 1) > 5", "LIT101 - (2 - 1) > 5"),
        ("-LIT101 > -5", "-LIT101 > -5"),
        ("- 5 < LIT101", "-5 < LIT101"),
        ("LIT101 in [-5, 900]", "LIT101 in [-5, 900]"),
        ("LIT101 > 500 mm", "LIT101 > 500"),
        ("'LIT-102' > 5", "'LIT-102' > 5"),
        ("\"LIT-102\" > 5", "'LIT-102' > 5"),
        ("MODE1 == auto", "MODE1 == auto"),
        ("auto == MODE1", "auto == MODE1"),
        ("MODE1 == 'auto'", "MODE1 == 'auto'"),
        ("auto > 5", "'auto' > 5"),
        ("obs(CB.CMD) == close", "obs(CB.CMD) == close"),
        ("CB.POS != closed", "CB.POS != closed"),
        ("TT1 - TT2 > 5 K", "TT1 - TT2 > 5"),
        ("TT1 - TT2 > 5 degC", "TT1 - TT2 > 5"),
        ("TT1 < TT2 - 2 K", "TT1 < TT2 - 2"),
        ("TT1 > 90 °C", "TT1 > 90"),
        ("FIT1 > 3 m³/h", "FIT1 > 3"),
        ("age(LIT101) < 5m", "age(LIT101) < 300"),
        ("age(LIT101) < 5 min", "age(LIT101) < 300"),
        ("age(LIT101) < 250ms", "age(LIT101) < 0.25"),
        ("rate(LIT101) > 2 mm/s", "rate(LIT101) > 2"),
        ("abs(rate(TT1)) > 2 K/s", "abs(rate(TT1)) > 2"),
        ("held(LIT101 > 5, 5m)", "held(LIT101 > 5, 5m)"),
        ("held(LIT101 > 5, 90s)", "held(LIT101 > 5, 90s)"),
        (
            "max(LIT101, 8h) - min(LIT101, 8h) > 5 mm",
            "max(LIT101, 8h) - min(LIT101, 8h) > 5",
        ),
        ("changed(LIT101, 5m)", "changed(LIT101, 5m)"),
        (
            "since(LIT101 > 5, rose(P1.CMD == 1))",
            "since(LIT101 > 5, rose(P1.CMD == 1))",
        ),
        (
            "count(write P1.CMD == 1, 10m) > 3",
            "count(write P1.CMD == 1, 10m) > 3",
        ),
        (
            "count(operate role cmd == open, 10m) > 3",
            "count(operate role cmd == open, 10m) > 3",
        ),
        (
            "count(change 'LIT-102', 10m) > 3",
            "count(change 'LIT-102', 10m) > 3",
        ),
        (
            "count(write L*1*, 10m) > 3",
            "count(write [LIT101, LIC101.SP, 'LIT-102'], 10m) > 3",
        ),
        ("mode(RUN) and window(DAY)", "mode(RUN) and window(DAY)"),
        ("mode('NIGHT SHIFT')", "mode('NIGHT SHIFT')"),
        ("true", "true"),
        ("2 * LIT101 > 3 bar", "2 * LIT101 > 3"),
        ("LIT101 / FIT1 > 2", "LIT101 / FIT1 > 2"),
        ("FIT1 * 2 > 3 l/s", "FIT1 * 2 > 3"),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_meant_is_refused() {
    for (text, expected) in [
        ("LIT101 > 0.5 m", "write `500 mm`"),
        ("LIT101 > 5 bar", "in bar"),
        ("LIT101 > TT1", "in degC"),
        ("LIT101 - TT1 > 5", "in degC"),
        ("LIT101 in [0 m, 5 m]", "write `5000 mm`"),
        ("TT1 > 90 degF", "write `32.2222 degC`"),
        ("P1.CMD == 1 bar", "does not say the unit"),
        ("MODE1 == of", "is not a state"),
        ("LIT-102 > 5", "is quoted: `'LIT-102'`"),
        ("5", "this is a quantity"),
        ("LIT101", "this is a quantity"),
        ("good(LIT101) > 1", "this is a condition"),
        ("count(write role bypass, 5m) > 1", "no tag has the role"),
        ("mode(STOP)", "there is no mode"),
        ("LIT101 ** 2 > 5", "expected a tag"),
        ("LIT101 > 5;", "not part of the language"),
        ("LIT101 > 1e999", "not a number"),
    ] {
        let found = read(text);
        assert!(
            found.starts_with('!') && found.contains(expected),
            "{text}: {found}"
        );
    }
}

#[test]
fn every_temporal_operator_has_its_slot() {
    let loaded =
        with("held(once(LIT101 > 5, 5s), 5s) and rose(rate(LIT101) > 1) or max(LIT101, 5s) > 1").unwrap();
    let mut slots = Vec::new();
    condition(&loaded).walk(&mut |node| match node {
        Expression::Held(.., Slot(slot))
        | Expression::Once(.., Slot(slot))
        | Expression::Rose(_, Slot(slot))
        | Expression::Rate(_, Slot(slot))
        | Expression::Maximum(.., Slot(slot)) => slots.push(*slot),
        _ => {}
    });
    slots.sort_unstable();
    assert_eq!(slots, [0, 1, 2, 3, 4]);
    assert_eq!(loaded.site.slots, 5);
    let cost = condition(&loaded).cost();
    assert_eq!((cost.constant, cost.windows), (4, 1));
}

/// An expression without the numbers of its slots, which depend on what was read before.
fn shape(expression: &Expression) -> String {
    let debug = format!("{expression:?}");
    let mut parts = debug.split("Slot(");
    let mut shape = parts.next().unwrap_or("").to_owned();
    for part in parts {
        shape.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    shape
}

// Places of the tags in the site above.
const MILLIMETRES: [u32; 5] = [0, 1, 2, 3, 4];
const ANY: u32 = 12;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-4_000_i32..4_000).prop_map(|quarters| f64::from(quarters) / 4.0),
        prop::sample::select(vec![0.1, 1e-7, 1e21, 123_456_789.125, 0.333_333_333_333_333_3]),
    ]
}

fn time() -> impl Strategy<Value = i64> {
    (1_i64..10_000_000).prop_map(|milliseconds| milliseconds * 1_000_000)
}

fn quantity() -> impl Strategy<Value = Expression> {
    let tag = || prop::sample::select(MILLIMETRES.to_vec()).prop_map(TagId);
    let slot = Slot(0);
    let leaf = prop_oneof![
        number().prop_map(Expression::Number),
        tag().prop_map(Expression::Tag),
        tag().prop_map(Expression::Commanded),
        tag().prop_map(Expression::Observed),
        tag().prop_map(Expression::Previous),
        (tag(), time()).prop_map(move |(tag, time)| Expression::Minimum(tag, time, slot)),
        (tag(), time()).prop_map(move |(tag, time)| Expression::Maximum(tag, time, slot)),
        (tag(), time()).prop_map(move |(tag, time)| Expression::Average(tag, time, slot)),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(left, right, add)| {
                let operator = if add { Operator::Add } else { Operator::Subtract };
                Expression::Arithmetic(operator, left.into(), right.into())
            }),
            (inner.clone(), number(), any::<bool>()).prop_map(|(left, right, multiply)| {
                let operator = if multiply {
                    Operator::Multiply
                } else {
                    Operator::Divide
                };
                Expression::Arithmetic(operator, left.into(), Expression::Number(right).into())
            }),
            inner.clone().prop_map(|inner| Expression::Absolute(inner.into())),
            // A minus before a number is part of the number.
            inner.prop_map(|inner| match inner {
                Expression::Number(number) => Expression::Number(-number),
                other => Expression::Negative(other.into()),
            }),
        ]
    })
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

fn event() -> impl Strategy<Value = Event> {
    let kind = prop::sample::select(vec![
        EventKind::Write,
        EventKind::Operate,
        EventKind::Select,
        EventKind::Change,
    ]);
    let tags = prop_oneof![
        (0..ANY).prop_map(|tag| TagSet::Tags(vec![TagId(tag)])),
        Just(TagSet::Tags(vec![TagId(0), TagId(2), TagId(5)])),
        Just(TagSet::Role(Role::Command, vec![TagId(5), TagId(6)])),
        Just(TagSet::Role(Role::Setpoint, vec![TagId(1)])),
    ];
    (kind, tags, prop::option::of((comparison(), number()))).prop_map(|(kind, tags, value)| {
        // A number that is the state of one tag of a role would be printed as the state, which other tags do not have.
        let value = value.map(|(comparison, number)| (comparison, vec![number + 0.5; tags.tags().len()]));
        Event { kind, tags, value }
    })
}

fn truth() -> impl Strategy<Value = Expression> {
    let tag = || (0..ANY).prop_map(TagId);
    let slot = Slot(0);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Expression::Truth),
        tag().prop_map(Expression::Good),
        tag().prop_map(Expression::Forced),
        (tag(), time()).prop_map(move |(tag, time)| Expression::Changed(tag, time, slot)),
        Just(Expression::Mode(Name {
            name: "RUN".into(),
            index: 0
        })),
        Just(Expression::Mode(Name {
            name: "NIGHT SHIFT".into(),
            index: 1
        })),
        Just(Expression::Window(Name {
            name: "DAY".into(),
            index: 0
        })),
        (comparison(), quantity(), quantity()).prop_map(|(sign, left, right)| Expression::Compare(
            sign,
            left.into(),
            right.into()
        )),
        (comparison(), 0_u32..4, any::<bool>()).prop_map(|(sign, state, swapped)| {
            let tag: Box<Expression> = Expression::Tag(TagId(8)).into();
            let number: Box<Expression> = Expression::Number(f64::from(state)).into();
            if swapped {
                Expression::Compare(sign, number, tag)
            } else {
                Expression::Compare(sign, tag, number)
            }
        }),
        (comparison(), 0_u32..3).prop_map(|(sign, state)| Expression::Compare(
            sign,
            Expression::Observed(TagId(6)).into(),
            Expression::Number(f64::from(state)).into()
        )),
        (tag(), number()).prop_map(|(tag, number)| Expression::Compare(
            Comparison::Less,
            Expression::Age(tag).into(),
            Expression::Number(number).into()
        )),
        (tag(), number()).prop_map(move |(tag, number)| Expression::Compare(
            Comparison::Greater,
            Expression::Rate(tag, slot).into(),
            Expression::Number(number).into()
        )),
        (event(), time(), number()).prop_map(move |(event, time, number)| Expression::Compare(
            Comparison::Greater,
            Expression::Count(event, time, slot).into(),
            Expression::Number(number).into()
        )),
        (quantity(), number(), number()).prop_map(|(inner, one, other)| Expression::Within(
            inner.into(),
            one.min(other),
            one.max(other)
        )),
    ];
    leaf.prop_recursive(5, 40, 2, move |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            inner.clone().prop_map(|inner| Expression::Not(inner.into())),
            two.clone()
                .prop_map(|(left, right)| Expression::And(left.into(), right.into())),
            two.clone()
                .prop_map(|(left, right)| Expression::Or(left.into(), right.into())),
            two.clone()
                .prop_map(|(left, right)| Expression::Implies(left.into(), right.into())),
            two.prop_map(move |(left, right)| Expression::Since(left.into(), right.into(), slot)),
            (inner.clone(), time()).prop_map(move |(inner, time)| Expression::Once(inner.into(), time, slot)),
            (inner.clone(), time()).prop_map(move |(inner, time)| Expression::Held(inner.into(), time, slot)),
            inner
                .clone()
                .prop_map(move |inner| Expression::Rose(inner.into(), slot)),
            inner.prop_map(move |inner| Expression::Fell(inner.into(), slot)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_text_of_an_expression_reads_as_the_expression(expression in truth()) {
        let empty = with("true").unwrap();
        let text = expression.text(&empty.site);
        match with(&text) {
            Ok(loaded) => prop_assert_eq!(shape(condition(&loaded)), shape(&expression), "{}", text),
            Err(error) => prop_assert!(false, "{text}\n{error}"),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = parse_expression(&text);
        let _ = parse_event(&text);
        let _ = parse_test_action(&text);
    }

    #[test]
    fn no_sequence_of_words_makes_the_parser_panic(words in prop::collection::vec(prop::sample::select(vec![
        "LIT101", "'LIT-102'", "\"", "'", "5", "0.5", "0x1F", "1e3", "mm", "l/s", "5m", "(", ")", "[", "]", ",", "->", "-",
        "+", "*", "/", "<", "<=", "==", "!=", "=", "and", "or", "not", "in", "true", "held(", "once(", "count(", "write ",
        "role ", "cmd", "max(", "mode(", "by ", "µ", "°C", " ", ".",
    ]), 0..40)) {
        let text = words.concat();
        let _ = parse_expression(&text);
        let _ = parse_event(&text);
        let _ = parse_test_action(&text);
        let _ = with(&text);
    }
}
