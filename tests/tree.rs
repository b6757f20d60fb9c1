//! The decoded tree and the record come from the same bytes: every range lies where it must, and the two never disagree.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use tapglass::conversation::Context;
use tapglass::flow::FlowLimits;
use tapglass::input::Input;
use tapglass::pipeline::{Handler, Pipeline};
use tapglass::proto::{Anomaly, Answer, Blind, Field, Fields, Limits, Message, Operation, Wants};
use tapglass::records::{Captures, frame_number, write_message};

/// What is compared, and what differs.
#[derive(Default)]
struct Judge {
    captures: Captures,
    capture: String,
    scratch: Vec<u8>,
    trees: u64,
    compared: BTreeMap<&'static str, u64>,
    differences: Vec<String>,
}

impl Judge {
    fn differs(&mut self, message: &Message<'_>, what: String) {
        if self.differences.len() < 40 {
            self.differences.push(format!(
                "{} frame {}: {what}",
                self.capture,
                frame_number(message.frame)
            ));
        }
    }

    fn same(
        &mut self,
        what: &'static str,
        message: &Message<'_>,
        holds: bool,
        detail: impl FnOnce() -> String,
    ) {
        *self.compared.entry(what).or_default() += 1;
        if !holds {
            self.differs(message, format!("{what}: {}", detail()));
        }
    }

    /// Each range lies inside the message, and inside the range of what it is a part of.
    fn ranges(&mut self, message: &Message<'_>, tree: &[Field]) {
        let mut parents: Vec<(u32, u32, &str)> = Vec::new();
        for field in tree {
            let depth = usize::from(field.depth);
            let end = field.start.saturating_add(field.length);
            if depth > parents.len() {
                self.differs(
                    message,
                    format!("{} is two steps deeper than what is before it", field.name),
                );
            }
            parents.truncate(depth);
            if end as usize > message.bytes.len() {
                self.differs(
                    message,
                    format!("{} ends at {end} of {}", field.name, message.bytes.len()),
                );
            }
            if let Some((start, until, name)) = parents.last()
                && (field.start < *start || end > *until)
            {
                self.differs(
                    message,
                    format!(
                        "{} {}..{end} is outside of {name} {start}..{until}",
                        field.name, field.start
                    ),
                );
            }
            parents.push((field.start, end, &field.name));
        }
    }

    fn modbus(&mut self, message: &Message<'_>, record: &Value, tree: &[Field]) {
        let body = &record["modbus"];
        let code = record["function"]["code"].as_u64().unwrap();
        let shown = numbers(tree, |name| name == "Function");
        self.same(
            "modbus function",
            message,
            shown.first().is_some_and(|shown| shown & 0x7f == code & 0x7f),
            || format!("{code} and {shown:?}"),
        );
        for (member, part) in [
            ("address", "ddress"),
            ("quantity", "uantity"),
            ("write_address", "Write"),
            ("and_mask", "AND"),
            ("or_mask", "OR"),
        ] {
            // A response repeats the address of its request, which stands in no byte of it.
            let Some(value) = body[member].as_u64().filter(|_| record["kind"] == "request") else {
                continue;
            };
            let shown = numbers(tree, |name| {
                name.contains(part) || name.to_lowercase().contains(&part.to_lowercase())
            });
            if shown.is_empty() && member == "quantity" {
                // One coil or register: the quantity is not on the wire.
                continue;
            }
            self.same("modbus members", message, shown.contains(&value), || {
                format!("{member} {value} and {shown:?}")
            });
        }
        for member in ["values", "write_values"] {
            let values: Vec<u64> = list(&body[member]).iter().filter_map(Value::as_u64).collect();
            let shown = numbers(tree, |name| name.starts_with("Register ") && name.ends_with(')'));
            // Long lists are cut in the tree.
            if !values.is_empty() && !shown.is_empty() {
                let count = values.len().min(shown.len());
                self.same(
                    "modbus values",
                    message,
                    values[..count] == shown[..count],
                    || format!("{values:?} and {shown:?}"),
                );
            }
        }
    }

    fn dnp3(&mut self, message: &Message<'_>, record: &Value, tree: &[Field]) {
        let objects = list(&record["dnp3"]["objects"]);
        let heads: Vec<(usize, &Field)> = tree
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name.starts_with("Group ") && field.name.contains(" variation "))
            .collect();
        let named: Vec<String> = objects
            .iter()
            .map(|object| format!("Group {} variation {}", object["group"], object["variation"]))
            .collect();
        let shown: Vec<&str> = heads.iter().map(|(_, field)| field.name.as_str()).collect();
        self.same("dnp3 objects", message, shown == named, || {
            format!("{named:?} and {shown:?}")
        });
        for (object, (at, head)) in objects.iter().zip(&heads) {
            let inside: Vec<&Field> = tree[at + 1..]
                .iter()
                .take_while(|field| field.depth > head.depth)
                .collect();
            let places: Vec<(u64, &str)> = inside
                .iter()
                .filter(|field| field.depth == head.depth + 1)
                .filter_map(|field| Some((field.name.rsplit_once(':')?.1.parse().ok()?, field.text.as_str())))
                .collect();
            let points = list(&object["points"]);
            if places.is_empty() {
                continue;
            }
            for (point, (index, text)) in points.iter().zip(&places) {
                let Some(wanted) = point["index"].as_u64() else {
                    continue;
                };
                self.same("dnp3 indices", message, wanted == *index, || {
                    format!("{wanted} and {index}")
                });
                let value = &point["value"];
                if let Some(value) = value.as_i64().filter(|_| !value.is_boolean()) {
                    let shown: Vec<i64> = text
                        .split(|c: char| !(c.is_ascii_digit() || c == '-'))
                        .filter_map(|word| word.parse().ok())
                        .collect();
                    self.same(
                        "dnp3 values",
                        message,
                        shown.is_empty() || shown.contains(&value),
                        || format!("{value} and {text:?}"),
                    );
                }
            }
        }
    }

    fn opcua(&mut self, message: &Message<'_>, record: &Value, tree: &[Field]) {
        let body = &record["opcua"];
        if body["encrypted"] == true {
            return;
        }
        let service = record["function"]["code"].as_u64();
        if let Some(code) = service {
            let shown: Vec<&str> = tree
                .iter()
                .filter(|field| field.name == "TypeId")
                .map(|field| field.text.as_str())
                .collect();
            self.same(
                "opcua service",
                message,
                shown.iter().any(|text| text.contains(&code.to_string())),
                || format!("{code} and {shown:?}"),
            );
        }
        for item in list(&body["items"]) {
            // In an answer the node is that of the request.
            let node = item["node"].as_str().filter(|_| record["kind"] == "request");
            if let Some(node) = node {
                let shown = tree.iter().any(|field| field.text.contains(node));
                self.same("opcua nodes", message, shown, || {
                    format!("{node} is not in the tree")
                });
            }
            let value = &item["value"];
            let words = || tree.iter().flat_map(|field| field.text.split(' '));
            let shown = match value {
                Value::Number(number) => {
                    let number = number.as_f64().unwrap();
                    words().any(|word| word.parse() == Ok(number))
                }
                Value::Bool(bit) => words().any(|word| word == bit.to_string()),
                Value::String(text) if item["type"] == "String" && text.len() < 40 => {
                    tree.iter().any(|field| field.text.contains(text.as_str()))
                }
                _ => continue,
            };
            self.same("opcua values", message, shown, || {
                format!("{value} is not in the tree")
            });
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The numbers that the texts of some fields begin with.
fn numbers(tree: &[Field], named: impl Fn(&str) -> bool) -> Vec<u64> {
    tree.iter()
        .filter(|field| named(&field.name))
        .filter_map(|field| {
            if let Some(digits) = field.text.strip_prefix("0x") {
                let digits = digits.split(|c: char| !c.is_ascii_hexdigit()).next()?;
                return u64::from_str_radix(digits, 16).ok();
            }
            let digits = field.text.split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse().ok()
        })
        .collect()
}

impl Handler for Judge {
    fn wants(&self) -> Wants {
        Wants {
            messages: true,
            operations: false,
        }
    }

    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let mut fields = Fields::new();
        message.body.fields(&mut fields);
        let tree = fields.into_vec();
        self.trees += 1;
        self.scratch.clear();
        write_message(&mut self.scratch, &self.captures, context, message);
        let record: Value = serde_json::from_slice(&self.scratch).unwrap();
        self.ranges(message, &tree);
        // What is odd is told by its anomaly; its parts may be missing on either side.
        if !message.anomalies.is_empty() {
            return;
        }
        match context.conversation.protocol {
            "modbus" => self.modbus(message, &record, &tree),
            "dnp3" => self.dnp3(message, &record, &tree),
            _ => self.opcua(message, &record, &tree),
        }
    }

    fn operation(&mut self, _: &Context<'_>, _: &Operation<'_>) {}
    fn answer(&mut self, _: &Context<'_>, _: &Answer<'_>) {}
    fn anomaly(&mut self, _: &Context<'_>, _: &Anomaly<'_>) {}
    fn blind(&mut self, _: &Context<'_>, _: &Blind<'_>) {}
}

#[test]
fn trees_stay_inside_their_messages_and_agree_with_the_records() {
    let Some(folder) = support::shared("captures") else {
        return;
    };
    let mut judge = Judge::default();
    for path in support::captures_with_truth(&folder) {
        judge.capture = path.file_name().unwrap().to_string_lossy().into_owned();
        judge.captures = Captures::new(vec![judge.capture.clone()]);
        let mut input = Input::open(&[path]).unwrap();
        let mut pipeline = Pipeline::new(Vec::new(), FlowLimits::default(), Limits::default());
        input.each(|frame| {
            pipeline.frame(frame, &mut judge);
            true
        });
        pipeline.finish(&mut judge);
    }
    println!("{} trees; compared {:?}", judge.trees, judge.compared);
    assert!(judge.differences.is_empty(), "{}", judge.differences.join("\n"));
    // Nothing is equal because nothing was compared.
    for what in [
        "modbus function",
        "modbus members",
        "modbus values",
        "dnp3 objects",
        "dnp3 indices",
        "dnp3 values",
        "opcua service",
        "opcua nodes",
        "opcua values",
    ] {
        let count = judge.compared.get(what).copied().unwrap_or(0);
        assert!(count > 50, "{what} was compared {count} times");
    }
}

#[test]
fn a_field_stands_in_its_frame_where_the_record_says() {
    let Some(folder) = support::shared("captures/peers") else {
        return;
    };
    // Requests that are cut over segments, so that a message has several frames.
    let path = folder.join("modbus_segments_libmodbus.pcap");
    let mut source = tapglass::capture::open(&path).unwrap();
    let mut frames = Vec::new();
    while let tapglass::capture::Next::Frame(frame) = tapglass::capture::Source::next(&mut source) {
        frames.push(frame.bytes.to_vec());
    }
    let output = support::tapglass(&["decode", "--records", "fields", path.to_str().unwrap()]);
    let (mut checked, mut later) = (0, 0);
    for record in support::json_lines(&output.stdout) {
        let last = record["frame"].as_u64().unwrap();
        for field in list(&record["fields"])
            .iter()
            .filter(|field| field["name"] == "Unit id")
        {
            let frame = field["frame"].as_u64().unwrap();
            let offset = usize::try_from(field["offset"].as_u64().unwrap()).unwrap();
            let byte = frames[usize::try_from(frame).unwrap() - 1][offset];
            assert_eq!(
                field["text"].as_str().unwrap().split(' ').next(),
                Some(byte.to_string().as_str())
            );
            checked += 1;
            later += u32::from(frame < last);
        }
    }
    assert!(
        checked > 10 && later > 0,
        "{checked} checked, {later} in an earlier frame"
    );
}
