//! Values of Modbus messages.

use serde_json::Value;

use super::Adder;

pub(super) fn compare(truth: &Value, found: &Value, to: &mut Adder<'_>) {
    let partial = truth["partial"] == true;
    let (expected, got) = (&truth["modbus"], &found["modbus"]);
    let numbers = [
        "transaction",
        "unit",
        "address",
        "quantity",
        "and_mask",
        "or_mask",
        "read_address",
        "read_quantity",
        "write_address",
        "subfunction",
        "mei",
        "exception",
    ];
    to.numbers(&numbers, expected, got);
    for member in ["values", "write_values"] {
        if let Some(list) = expected[member].as_array() {
            to.list(member, list, &got[member], partial);
        }
    }
    if let Some(data) = expected["data"].as_str() {
        to.add(
            "data",
            got["data"].as_str() == Some(data),
            &expected["data"],
            &got["data"],
        );
    }
    let none = Vec::new();
    let records = expected["records"].as_array().unwrap_or(&none);
    for (place, record) in records.iter().enumerate() {
        let got = &got["records"][place];
        for member in ["file", "record", "length"] {
            if !record[member].is_null() {
                to.number(&format!("records.{member}"), &record[member], &got[member]);
            }
        }
        if let Some(values) = record["values"].as_array() {
            to.list("records.values", values, &got["values"], partial);
        }
    }
    let objects = expected["objects"].as_array().unwrap_or(&none);
    for (place, object) in objects.iter().enumerate() {
        let got = &got["objects"][place];
        to.number("objects.id", &object["id"], &got["id"]);
        // Text that is not UTF-8 lost its bytes in the truth.
        if let Some(value) = object["value"]
            .as_str()
            .filter(|value| !value.contains('\u{fffd}'))
        {
            to.add(
                "objects.value",
                got["value"].as_str() == Some(value),
                &object["value"],
                &got["value"],
            );
        }
    }
    if !truth["response_to"].is_null() {
        to.number("response_to", &truth["response_to"], &found["response_to"]);
    }
}
