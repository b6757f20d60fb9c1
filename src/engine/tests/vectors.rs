//! The 43 vectors that stand beside the specification of rules.

use std::path::Path;

use serde_json::Value as Json;

use tapglass_model::{Quality, QualityReasons};

use crate::plant::codec::{Word, assemble, decode};
use crate::plant::reading::{Coding, quality_of};
use crate::plant::{Interval, Truth};
use crate::rules::trace::Trace;
use crate::site::{DataType, Scale, WordOrder};

fn hexadecimal(text: &str) -> u64 {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

fn text<'a>(vector: &'a Json, key: &str) -> &'a str {
    vector[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} in {vector}"))
}

fn number(json: &Json) -> f64 {
    match json.as_str() {
        Some("-inf") => f64::NEG_INFINITY,
        Some("+inf") => f64::INFINITY,
        _ => json.as_f64().unwrap(),
    }
}

fn truth(json: &Json) -> Truth {
    match json.as_str().unwrap() {
        "true" => Truth::True,
        "false" => Truth::False,
        "unknown" => Truth::Unknown,
        other => panic!("{other}"),
    }
}

fn order(vector: &Json) -> WordOrder {
    match text(vector, "order") {
        "ABCD" => WordOrder::ABCD,
        "CDAB" => WordOrder::CDAB,
        "BADC" => WordOrder::BADC,
        "DCBA" => WordOrder::DCBA,
        other => panic!("{other}"),
    }
}

fn whole(vector: &Json, data_type: DataType) {
    let registers: Vec<(u16, u16)> = vector["regs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| {
            (
                u16::try_from(hexadecimal(word.as_str().unwrap())).unwrap(),
                0xffff,
            )
        })
        .collect();
    let decoded = decode(data_type, None, assemble(order(vector), &registers));
    assert_eq!(decoded.raw.number(), vector["value"].as_f64(), "{vector}");
}

fn masked_write(vector: &Json) {
    let mask = |key| hexadecimal(text(vector, key));
    let (and, or) = (mask("and_mask"), mask("or_mask"));
    if let Some(current) = vector["current"].as_str() {
        let result = Word::known(hexadecimal(current), 16).masked(and, or);
        assert_eq!(result.bits & 0xffff, mask("result"), "{vector}");
        return;
    }
    let result = Word::default().masked(and & 0xffff, or);
    assert_eq!(result.known & 0xffff, mask("known_mask"), "{vector}");
    assert_eq!(result.bits & 0xffff, mask("known_bits"), "{vector}");
    let range = decode(
        DataType::U16,
        None,
        Word {
            bits: result.bits & 0xffff,
            known: result.known & 0xffff,
        },
    )
    .raw;
    assert_eq!(
        [range.low, range.high],
        [number(&vector["range"][0]), number(&vector["range"][1])],
        "{vector}"
    );
}

fn torn(vector: &Json, data_type: DataType) {
    let known = text(vector, "known").replace("0x", "");
    let halves: Vec<(u16, u16)> = [&known[..4], &known[4..]]
        .iter()
        .map(|half| match *half {
            "____" => (0, 0),
            digits => (u16::try_from(hexadecimal(digits)).unwrap(), 0xffff),
        })
        .collect();
    let range = decode(data_type, None, assemble(WordOrder::ABCD, &halves)).raw;
    assert_eq!(
        [range.low, range.high],
        [number(&vector["interval"][0]), number(&vector["interval"][1])],
        "{vector}"
    );
    if let Some(possible) = vector["nan_possible"].as_bool() {
        assert_eq!(range.nan, possible, "{vector}");
    }
    if let Some(envelope) = vector["envelope"].as_array() {
        let inside = range.inside(number(&envelope[0]), number(&envelope[1]), 0.0);
        assert_eq!(inside, truth(&vector["inside"]), "{vector}");
    } else if !vector["inside"].is_null() {
        assert_eq!(
            range.inside(0.0, 200.0, 0.0),
            truth(&vector["inside"]),
            "{vector}"
        );
    }
}

fn scaled(vector: &Json) {
    let pair = |key: &str| (number(&vector[key][0]), number(&vector[key][1]));
    let (raw, eu) = (pair("raw_range"), pair("eu_range"));
    let gain = (eu.1 - eu.0) / (raw.1 - raw.0);
    let mut tag = super::plant::tag("T", DataType::I32);
    tag.scale = Scale {
        gain,
        offset: eu.0 - raw.0 * gain,
        raw: Some(raw),
    };
    let coding = Coding::new(&tag);
    #[allow(clippy::cast_possible_truncation)]
    let bits = (number(&vector["raw"]) as i32).cast_unsigned();
    let reading = coding.word_read(Word::known(u64::from(bits), 32));
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs().max(1.0);
    assert!(
        close(reading.value.number().unwrap(), number(&vector["value"])),
        "{vector}: {reading:?}"
    );
    assert!(
        close(reading.tolerance, number(&vector["half_lsb"])),
        "{vector}: {reading:?}"
    );
    assert_eq!(
        reading.reasons.contains(QualityReasons::OVER_RANGE),
        vector["over_range"].as_bool().unwrap(),
        "{vector}"
    );
}

/// The flags of DNP3 analog objects as the reasons that a decoder gives (IEEE 1815-2012 11.6).
fn flags(vector: &Json) {
    let flags = hexadecimal(text(vector, "flags"));
    let mut reasons = QualityReasons::none();
    for (bit, reason) in [
        (1, QualityReasons::RESTART),
        (2, QualityReasons::COMM_LOST),
        (3, QualityReasons::REMOTE_FORCED),
        (4, QualityReasons::LOCAL_FORCED),
        (5, QualityReasons::OVER_RANGE),
        (6, QualityReasons::REFERENCE_ERROR),
    ] {
        if flags >> bit & 1 != 0 {
            reasons = reasons.with(reason);
        }
    }
    if flags & 1 == 0 {
        reasons = reasons.with(QualityReasons::OFFLINE);
    }
    let expected = text(vector, "quality");
    let quality = quality_of(reasons);
    assert!(expected.starts_with(quality.name()), "{vector}: {quality:?}");
    assert_eq!(expected.ends_with("_forced"), reasons.is_forced(), "{vector}");
}

/// The severity bits of OPC UA status codes (OPC 10000-4 7.39).
fn status(vector: &Json) {
    let code = hexadecimal(text(vector, "status"));
    let quality = match code >> 30 {
        0 => Quality::Good,
        1 => Quality::Uncertain,
        _ => Quality::Bad,
    };
    // The overflow bit counts only with the info type "data value".
    let overflow = code >> 7 & 1 != 0 && code >> 10 & 3 == 1;
    let mut expected = quality.name().to_owned();
    if overflow {
        expected.push_str("_overflow");
    }
    assert_eq!(text(vector, "quality"), expected, "{vector}");
}

fn temporal(vector: &Json, ask: fn(&Trace, Truth, i64, i64) -> Truth) {
    let duration = vector["T"].as_i64().unwrap();
    let mut trace: Option<Trace> = None;
    let points = vector["trace"].as_array().unwrap();
    for (point, verdict) in points.iter().zip(vector["verdicts"].as_array().unwrap()) {
        let (at, now) = (point[0].as_i64().unwrap(), truth(&point[1]));
        let trace = trace.get_or_insert_with(|| Trace::new(now));
        assert_eq!(ask(trace, now, duration, at), truth(verdict), "{vector} at {at}");
        trace.set(now, at);
    }
}

fn since(vector: &Json) {
    let mut state = Truth::False;
    let points = vector["trace"].as_array().unwrap();
    for (point, verdict) in points.iter().zip(vector["verdicts"].as_array().unwrap()) {
        let (p, q) = (truth(&point[1]), truth(&point[2]));
        state = q.or(p.and(state));
        assert_eq!(state, truth(verdict), "{vector} at {point}");
    }
}

#[test]
fn every_vector_of_the_specification_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/design/semantics-vectors.json");
    let Ok(bytes) = std::fs::read(&path) else {
        assert!(
            std::env::var("CI").is_err(),
            "{} is missing, and it must not be",
            path.display()
        );
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let vectors: Json = serde_json::from_slice(&bytes).unwrap();
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 43);
    for vector in vectors {
        match text(vector, "test") {
            "float32_order" => whole(vector, DataType::F32),
            "int32_order" => whole(vector, DataType::I32),
            "fc22_known" | "fc22_unknown_current" => masked_write(vector),
            "torn_float_high_known" | "torn_float_low_known" => torn(vector, DataType::F32),
            "torn_u32_high_known" => torn(vector, DataType::U32),
            "linear_scale" => scaled(vector),
            "dnp3_analog_flags" => flags(vector),
            "opcua_status" => status(vector),
            "kleene" => {
                let (a, b) = (truth(&vector["a"]), truth(&vector["b"]));
                assert_eq!(a.and(b), truth(&vector["and"]), "{vector}");
                assert_eq!(a.or(b), truth(&vector["or"]), "{vector}");
                assert_eq!(a.implies(b), truth(&vector["implies"]), "{vector}");
            }
            "once" => temporal(vector, |trace, now, duration, at| trace.once(now, duration, at).0),
            "held" => temporal(vector, |trace, now, duration, at| trace.held(now, duration, at).0),
            "since_unbounded" => since(vector),
            other => panic!("nobody knows the test {other}"),
        }
    }
}

#[test]
fn equality_of_scaled_values_allows_for_half_a_step() {
    let a = Interval::exact(653.0 * 0.1);
    let equal = |tolerance| a.compare(crate::site::Comparison::Equal, Interval::exact(65.3), tolerance);
    assert_eq!(equal(0.05), Truth::True);
    assert_eq!(
        Interval::exact(65.4).compare(crate::site::Comparison::Equal, Interval::exact(65.3), 0.05),
        Truth::False
    );
}
