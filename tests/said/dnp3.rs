//! DNP3: `fc` (one, or several in order), `link_src`, `link_dst`, `index`, `crob` (`PULSE_ON+TRIP`), `value`, `gv`
//! (`g41v2`), `file`, `size`, `user`; `result` with `summary`, `status` (of the point), `data`; `side` `outstation` says
//! what the other end was told to do; `task` is what the master did by itself.

use serde_json::Value;

use super::{Heard, Window, each, same, text};

/// A task is said when it is over.
const TASK: i128 = 15_000_000_000;
/// What the master is asked to do without waiting for a result is done when it is free.
const QUEUED: i128 = 3_000_000_000;

pub(super) fn compare(said: &Value, heard: &mut Heard, differ: &mut impl FnMut(String)) {
    match (text(&said["side"]), text(&said["op"])) {
        ("outstation", _) => outstation(said, heard, differ),
        (_, "summary") => {}
        (_, "task") => task(said, heard, differ),
        (_, "link status") => {
            let asked = |message: &Value| {
                message["kind"] == "link"
                    && text(&message["dnp3"]["link"]["function"]).contains("LINK_STATUS")
            };
            if heard.claim(Window::of(said), asked).is_none() {
                differ("no link status frame".to_owned());
            }
        }
        _ => master(said, heard, differ),
    }
}

fn request_of(function: i64) -> impl Fn(&Value) -> bool {
    move |message| message["kind"] == "request" && message["function"]["code"].as_i64() == Some(function)
}

fn task(said: &Value, heard: &Heard, differ: &mut impl FnMut(String)) {
    let function = match text(&said["task"]) {
        "DISABLE_UNSOLICITED" => 21,
        "ENABLE_UNSOLICITED" => 20,
        "CLEAR_RESTART" => 2,
        "STARTUP_INTEGRITY_POLL" => 1,
        _ => return,
    };
    let over = Window::of(said);
    let window = Window(over.0 - TASK, over.1);
    let found = heard
        .messages
        .iter()
        .any(|message| window.has(message) && request_of(function)(message));
    if !found {
        differ(format!("no request of function {function} before it"));
    }
}

fn master(said: &Value, heard: &mut Heard, differ: &mut impl FnMut(String)) {
    let mut window = Window::of(said);
    if said["result"].is_null() {
        window.1 += QUEUED;
    }
    for function in each(&said["fc"]) {
        let function = function.as_i64().unwrap();
        let fits = |message: &Value| {
            request_of(function)(message) && request_differs(said, function, message).is_empty()
        };
        let Some(request) = heard.claim(window, fits) else {
            if said["result"] == false {
                continue;
            }
            let near: Vec<String> = heard
                .unclaimed()
                .filter(|message| window.has(message) && request_of(function)(message))
                .flat_map(|message| request_differs(said, function, message))
                .collect();
            return differ(format!("no such request of function {function}: {near:?}"));
        };
        let answer = heard.answer(&request, |_| true);
        let succeeded = said["result"]["summary"] == "SUCCESS";
        // Function 6 wants no answer.
        if succeeded && function != 6 && answer.is_none() {
            differ(format!(
                "the response to frame {} was not found",
                request["frame"]
            ));
        }
        if let (Some(status), Some(answer)) = (said["result"]["status"].as_str(), &answer) {
            let heard = &answer["dnp3"]["objects"][0]["points"][0]["status"]["name"];
            if heard != status {
                differ(format!("the point's status is {status}, and heard {heard}"));
            }
        }
        if matches!(function, 3..=6) && !said["index"].is_null() {
            control(said, function, &request, heard, differ);
        }
    }
    file(said, window, heard, differ);
}

fn request_differs(said: &Value, function: i64, request: &Value) -> Vec<String> {
    let body = &request["dnp3"];
    let mut differences = Vec::new();
    for (of, name) in [("link_src", "source"), ("link_dst", "destination")] {
        if !said[of].is_null() && !same(&said[of], &body[name]) {
            differences.push(format!("{of} {} is {}", said[of], body[name]));
        }
    }
    let object = &body["objects"][0];
    let named = said["gv"].as_str().and_then(|name| {
        let (group, variation) = name.strip_prefix('g')?.split_once('v')?;
        Some((group.parse::<u64>().ok()?, variation.parse::<u64>().ok()?))
    });
    let heard = (object["group"].as_u64(), object["variation"].as_u64());
    if let Some((group, variation)) = named
        && heard != (Some(group), Some(variation))
    {
        differences.push(format!("{} is {object}", said["gv"]));
    }
    if !matches!(function, 3..=6) || said["index"].is_null() {
        return differences;
    }
    let point = &object["points"][0];
    if !same(&said["index"], &point["index"]) {
        differences.push(format!("index {} is {}", said["index"], point["index"]));
    }
    if let Some(crob) = said["crob"].as_str()
        && !same_crob(crob, &point["control_code"])
    {
        differences.push(format!("{crob} is {}", point["control_code"]));
    }
    for member in ["value", "count", "on_ms", "off_ms"] {
        if !said[member].is_null() && !same(&said[member], &point[member]) {
            differences.push(format!("{member} {} is {}", said[member], point[member]));
        }
    }
    differences
}

/// `PULSE_ON+TRIP` or `LATCH_ON`.
fn same_crob(said: &str, heard: &Value) -> bool {
    let (operation, trip_close) = said.split_once('+').unwrap_or((said, "NUL"));
    heard["operation"] == operation && heard["trip_close"] == trip_close
}

/// A control has an operation record with its point, its value and its outcome.
fn control(said: &Value, function: i64, request: &Value, heard: &Heard, differ: &mut impl FnMut(String)) {
    let action = match function {
        3 => "select",
        4 => "operate",
        6 => "direct_operate_no_reply",
        _ => "direct_operate",
    };
    let kind = if said["crob"].is_null() { "ao" } else { "bo" };
    let point = format!("{kind}:{}", said["index"]);
    let outcome = match (said["result"]["status"].as_str(), function) {
        (_, 6) => Some("unacknowledged"),
        (Some("SUCCESS"), _) => Some("accepted"),
        (Some(_), _) => Some("rejected"),
        // The summary tells that an answer came, not what it said of the point.
        (None, _) => None,
    };
    let found = heard.operations_of(request).any(|operation| {
        operation["action"] == action
            && operation["point"] == point.as_str()
            && (said["value"].is_null() || same(&said["value"], &operation["raw"]))
            && outcome.is_none_or(|outcome| operation["outcome"] == outcome)
    });
    if !found {
        let records: Vec<&Value> = heard.operations_of(request).collect();
        differ(format!(
            "no operation record: {action} {point}, {outcome:?}: {records:?}"
        ));
    }
}

/// Name and content of a file that was transferred.
fn file(said: &Value, window: Window, heard: &Heard, differ: &mut impl FnMut(String)) {
    let Some(name) = said["file"].as_str() else { return };
    let points = |kind: &'static str| {
        heard
            .messages
            .iter()
            .filter(move |message| window.has(message) && message["kind"] == kind)
            .flat_map(|message| each(&message["dnp3"]["objects"]))
            .filter(|object| object["group"] == 70)
            .flat_map(|object| each(&object["points"]))
    };
    if !points("request").any(|point| point["file_name"] == name) {
        differ(format!("no request names {name}"));
    }
    let content = |kind| points(kind).map(|point| text(&point["data"])).collect::<String>();
    if let Some(data) = said["result"]["data"]["hex"].as_str() {
        let heard = content("response");
        let length = said["result"]["data"]["len"].as_u64();
        let whole = length.is_none_or(|length| heard.len() as u64 == 2 * length);
        if !heard.starts_with(data) || !whole || data.is_empty() {
            differ(format!(
                "{} octets of {name} are not the {length:?} that were read",
                heard.len() / 2
            ));
        }
    }
    if let Some(size) = said["size"].as_u64()
        && content("request").len() as u64 != 2 * size
    {
        differ(format!(
            "{} octets of {name} instead of {size}",
            content("request").len() / 2
        ));
    }
}

/// What the outstation was told to do came in a request shortly before.
fn outstation(said: &Value, heard: &Heard, differ: &mut impl FnMut(String)) {
    let at = Window::of(said);
    let window = Window(at.0 - TASK, at.1);
    let what = text(&said["op"]).trim_start_matches("outstation.");
    let functions: &[i64] = match (what, text(&said["how"])) {
        ("select", _) => &[3],
        ("operate", "SelectBeforeOperate") => &[4],
        ("operate", "DirectOperate") => &[5, 6],
        ("write_time", _) => &[2],
        ("warm_restart", _) => &[14],
        ("cold_restart", _) => &[13],
        ("assign_class", _) => &[22],
        _ => return,
    };
    let told = |message: &&Value| {
        let point = &message["dnp3"]["objects"][0]["points"][0];
        let numbers = ["index", "value", "count", "on_ms", "off_ms"];
        let numbers = numbers
            .iter()
            .all(|member| said[member].is_null() || same(&said[member], &point[member]));
        let crob = said["crob_op"].is_null()
            || point["control_code"]["operation"] == said["crob_op"]
                && point["control_code"]["trip_close"] == said["tcc"]
                && point["control_code"]["clear"] == said["clear"];
        let time = said["ms"].is_null()
            || super::time_of(&point["time"]).or_else(|| super::time_of(&point["value"]))
                == said["ms"].as_i64().map(|ms| i128::from(ms) * 1_000_000);
        functions.iter().any(|function| request_of(*function)(message)) && numbers && crob && time
    };
    if !heard
        .messages
        .iter()
        .filter(|message| window.has(message))
        .any(|message| told(&message))
    {
        differ(format!("no request told it so: {said}"));
    }
}
