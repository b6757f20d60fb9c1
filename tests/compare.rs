//! The list of tags held against traffic.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a test may fail loudly

use std::net::{IpAddr, Ipv4Addr};

use tapglass::conversation::{Context, Conversation, Party};
use tapglass::model::{Action, CaptureTime, Outcome, PointAddress, Station, Table, Value};
use tapglass::pipeline::Handler as _;
use tapglass::proto::{Actor, EachPoint, Function, Observation, Operation, Origin, Points};
use tapglass::site::Site;
use tapglass::watch::tag_list::{Compared, TagList, address_of};

const PLANT: &str = r#"
[device.plc3]
proto = "modbus"
host = "10.1.5.33"
unit = 1
base = 1
[device.plc4]
proto = "modbus"
host = "10.1.5.34"
unit = 1
[device.rtu]
proto = "dnp3"
host = "10.1.5.40"
outstation = 4
[principal.hmi1]
ip = "10.1.5.20"
[tag.A]
at = "plc3/40101"
type = "u16"
[tag.B]
at = "plc3/40103"
type = "f32"
[tag.C]
at = "plc3/40120"
type = "f32"
[tag.D]
at = "plc3/coil:5"
[tag.E]
at = "plc4/holding:0"
type = "u16"
[tag.F]
at = "rtu/ai:7"
[tag.G]
at = "rtu/ai:9"
"#;

fn conversation(number: u32, protocol: &'static str, client: u8, server: u8) -> Conversation {
    let party = |last| Party {
        mac: None,
        ip: IpAddr::V4(Ipv4Addr::new(10, 1, 5, last)),
        port: 502,
    };
    Conversation::new(number, protocol, 6, party(client), party(server), Vec::new())
}

fn hear(
    list: &mut TagList,
    conversation: &Conversation,
    station: Station,
    action: Action,
    points: Points<'_>,
) {
    let context = Context {
        conversation,
        mac: None,
        ttl: 64,
        from_client: false,
    };
    list.operation(
        &context,
        &Operation {
            action,
            function: Function {
                code: 3,
                name: "test",
            },
            at: CaptureTime(0),
            frame: 1,
            station,
            actor: Actor::default(),
            outcome: Outcome::Accepted,
            transaction: 0,
            repeats: false,
            sequence: None,
            origin: Origin::Polled,
            points,
            detail: "",
        },
    );
}

struct Analogs(&'static [u32]);

impl EachPoint for Analogs {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        for index in self.0 {
            let address = PointAddress::indexed(Table::AnalogInput, *index);
            visit(&Observation::good(address, Value::Unsigned(1)));
        }
    }
}

/// Registers of a block.
fn block(first: u16, bytes: &[u8]) -> Points<'_> {
    Points::Registers {
        table: Table::Holding,
        first,
        bytes,
    }
}

fn heard(play: impl FnOnce(&mut TagList)) -> (TagList, Compared) {
    let site = match Site::from_files(&[("plant.toml", PLANT.as_bytes())]) {
        Ok(loaded) => loaded.site,
        Err(errors) => panic!("{errors}"),
    };
    let mut list = TagList::new(site);
    play(&mut list);
    let compared = list.compare();
    (list, compared)
}

/// Both halves as short lines.
fn lines((list, compared): &(TagList, Compared)) -> (Vec<String>, Vec<String>) {
    let unseen = compared
        .unseen
        .iter()
        .map(|unseen| format!("{} {}", address_of(list.site(), unseen.tag), unseen.why))
        .collect();
    let unlisted = compared
        .unlisted
        .iter()
        .map(|one| {
            format!(
                "{:?} {} r{} w{} c{}",
                one.of,
                one.points,
                one.uses.read,
                one.uses.written,
                one.uses.clients.len()
            )
        })
        .collect();
    (unseen, unlisted)
}

#[test]
fn what_is_read_and_not_listed_is_told_in_ranges_and_what_is_listed_and_not_read_by_name() {
    let compared = heard(|list| {
        let (hmi, other) = (
            conversation(1, "modbus", 20, 33),
            conversation(2, "modbus", 99, 33),
        );
        let unit = Station::Unit(1);
        for _ in 0..5 {
            // Registers 40101 to 40110: A and B are whole in it.
            hear(list, &hmi, unit, Action::Report, block(100, &[0; 20]));
        }
        // The first register of C only.
        hear(list, &hmi, unit, Action::Report, block(119, &[0; 2]));
        hear(list, &other, unit, Action::Write, block(200, &[0; 4]));
        hear(
            list,
            &other,
            unit,
            Action::Report,
            Points::Bits {
                table: Table::Coil,
                first: 0,
                count: 8,
                bytes: &[0],
            },
        );
        // Another unit behind the same host.
        hear(list, &hmi, Station::Unit(7), Action::Report, block(0, &[0; 2]));
        let dnp3 = conversation(3, "dnp3", 20, 40);
        let link = Station::Link {
            master: 1,
            outstation: 4,
        };
        hear(
            list,
            &dnp3,
            link,
            Action::Report,
            Points::Each(&Analogs(&[6, 7, 8])),
        );
        // What is no access to points does not count.
        hear(list, &dnp3, link, Action::Restart, Points::None);
    });
    let (unseen, unlisted) = lines(&compared);
    assert_eq!(
        unseen,
        [
            "plc3/holding:120 only a part of its registers is polled",
            "plc4/holding:0 nothing of the device was seen",
            "rtu/ai:9 never polled",
        ]
    );
    assert_eq!(
        unlisted,
        [
            "Known(DeviceId(0)) coil:1..4 r1 w0 c1",
            "Known(DeviceId(0)) coil:6..8 r1 w0 c1",
            "Known(DeviceId(0)) holding:102 r5 w0 c1",
            "Known(DeviceId(0)) holding:105..110 r5 w0 c1",
            "Known(DeviceId(0)) holding:201..202 r0 w1 c1",
            "Known(DeviceId(2)) ai:6 r1 w0 c1",
            "Known(DeviceId(2)) ai:8 r1 w0 c1",
            "Stranger(\"modbus\", 10.1.5.33, Unit(7)) holding:0 r1 w0 c1",
        ]
    );
    assert_eq!(compared.1.seen, 4);
}

#[test]
fn ranges_break_where_the_clients_differ_and_join_where_blocks_meet() {
    let compared = heard(|list| {
        let (one, two) = (
            conversation(1, "modbus", 20, 33),
            conversation(2, "modbus", 21, 33),
        );
        let unit = Station::Unit(1);
        hear(list, &one, unit, Action::Report, block(300, &[0; 20]));
        hear(list, &one, unit, Action::Report, block(310, &[0; 20]));
        hear(list, &two, unit, Action::Report, block(315, &[0; 20]));
    });
    let (_, unlisted) = lines(&compared);
    assert_eq!(
        unlisted,
        [
            "Known(DeviceId(0)) holding:301..315 r1 w0 c1",
            "Known(DeviceId(0)) holding:316..320 r1 w0 c2",
            "Known(DeviceId(0)) holding:321..325 r1 w0 c1",
        ]
    );
}

#[test]
fn nothing_heard_is_said_of_every_device() {
    let compared = heard(|_| ());
    assert_eq!(compared.1.seen, 0);
    assert_eq!(compared.1.unseen.len(), 7);
    assert!(compared.1.unlisted.is_empty());
    assert!(
        compared
            .1
            .unseen
            .iter()
            .all(|unseen| unseen.why == "nothing of the device was seen")
    );
}

/// A capture beside the repository and its site; `None` where they are not there.
#[test]
fn the_command_compares_a_site_with_captures() {
    let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios");
    if !shared.is_dir() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "the scenarios are missing: this test must run here"
        );
        println!("skipped: the scenarios are missing");
        return;
    }
    for plant in ["dosing", "feeder", "boiler"] {
        let run = |json: bool| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tapglass"));
            command
                .args(["rules", "compare", "--site"])
                .arg(shared.join("sites").join(plant).join("site"))
                .arg(shared.join(format!("{plant}-ordinary-1/capture.pcap.gz")));
            if json {
                command.arg("--json");
            }
            let output = command.output().expect("the program runs");
            (
                output.status.code(),
                String::from_utf8(output.stdout).expect("UTF-8"),
            )
        };
        let (code, text) = run(false);
        assert!(matches!(code, Some(0 | 3)), "{plant}: {code:?} {text}");
        // An ordinary day polls what the site lists.
        let first = text.lines().next().expect("a line");
        let numbers: Vec<u32> = first.split(' ').filter_map(|word| word.parse().ok()).collect();
        assert!(
            numbers[1] > 20 && numbers[0] * 10 >= numbers[1] * 8,
            "{plant}: {text}"
        );
        let (again, lines) = run(true);
        assert_eq!(again, code);
        for line in lines.lines() {
            let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert!(matches!(
                record["record"].as_str(),
                Some("tag_not_seen" | "points_not_listed")
            ));
        }
    }
}
