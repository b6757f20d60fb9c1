//! Alarms from the picture of devices and conversations, and states that chatter.

use super::*;
use crate::recognise::{Ends, Secret, Seen, Traffic};

/// The ids of everything that was raised, with severities.
fn all(stage: &Stage) -> Vec<(String, Severity)> {
    stage.said()
}

fn told(rule: &str, severity: Severity) -> (String, Severity) {
    (format!("builtin/{rule}"), severity)
}

fn ip(text: &str) -> std::net::IpAddr {
    text.parse().unwrap()
}

#[test]
fn who_is_not_on_the_list_is_told_once() {
    let mut stage = Stage::modbus("", "");
    stage.write(HMI, 10, 1);
    stage.wait(5.0);
    assert!(all(&stage).is_empty(), "{:?}", stage.said());
    let play = Play {
        action: Action::Report,
        client: STRANGER,
        ..Play::default()
    };
    stage.tell(&play, Outcome::Accepted);
    stage.wait(5.0);
    assert_eq!(all(&stage), [told("new-device", Severity::Medium)]);
    let alarm = stage.alarm("builtin/new-device");
    assert_eq!(
        alarm.explanation,
        "10.0.0.99 asks with modbus, and is not on the site's list."
    );
    assert_eq!(alarm.actor.as_ref().unwrap().ip, ip("10.0.0.99"));
    stage.wait(600.0);
    stage.tell(&play, Outcome::Accepted);
    stage.wait(5.0);
    assert_eq!(all(&stage).len(), 1, "once is enough: {:?}", stage.said());
}

#[test]
fn a_device_that_nobody_lists_must_answer_to_be_told() {
    let mut stage = Stage::modbus("", "");
    let play = Play {
        server: 7,
        ..Play::default()
    };
    stage.tell(&play, Outcome::Requested);
    stage.wait(5.0);
    assert!(all(&stage).is_empty(), "nobody is there: {:?}", stage.said());
    let play = Play {
        server: 8,
        action: Action::Report,
        ..Play::default()
    };
    stage.tell(&play, Outcome::Accepted);
    stage.engine.finish(stage.at());
    stage.collect();
    assert_eq!(
        all(&stage),
        [told("new-device", Severity::Medium)],
        "also at the end of a capture"
    );
}

#[test]
fn without_a_list_nobody_is_new() {
    let mut stage = Stage::new(Site::default());
    let play = Play {
        action: Action::Report,
        client: STRANGER,
        ..Play::default()
    };
    stage.tell(&play, Outcome::Accepted);
    stage.wait(5.0);
    assert!(all(&stage).is_empty(), "{:?}", stage.said());
}

/// A conversation of two addresses, with one report in it.
fn meets(stage: &mut Stage, client: &str, server: &str, port: u16) {
    let party = |address: &str, port| Party {
        mac: None,
        ip: ip(address),
        port,
    };
    let number = u32::try_from(stage.conversations.len()).unwrap();
    stage.conversations.push(Conversation::new(
        number,
        "modbus",
        6,
        party(client, 50_000),
        party(server, port),
        Vec::new(),
    ));
    let at = stage.at();
    let context = Context {
        conversation: stage.conversations.last().unwrap(),
        mac: None,
        ttl: 64,
        from_client: true,
    };
    stage
        .engine
        .message(&context, Direction::FromClient, Some(Station::Server), at);
    stage
        .engine
        .message(&context, Direction::FromServer, Some(Station::Server), at);
    stage.wait(3.0);
}

#[test]
fn public_addresses_ports_and_relays_are_judged() {
    let site_of_plc = || site(HEAD, "");
    let with_port = || site(&HEAD.replace("unit = 1", "unit = 1\nport = 502"), "");
    let public = |severity| vec![told("public-address", severity)];
    for (what, site, talks, expected) in [
        (
            "a public client",
            Site::default(),
            &[("81.2.69.160", "10.0.0.1", 502)][..],
            public(Severity::Medium),
        ),
        (
            "a plant that uses public addresses inside",
            Site::default(),
            &[("141.2.1.1", "141.2.9.9", 502)],
            public(Severity::Low),
        ),
        (
            "documentation addresses are not public",
            Site::default(),
            &[("192.0.2.1", "198.51.100.9", 502)],
            vec![],
        ),
        (
            "another port than the site's",
            with_port(),
            &[("10.0.0.20", "10.0.0.1", 5020)],
            vec![told("new-port", Severity::Low)],
        ),
        (
            "the site says no port",
            site_of_plc(),
            &[("10.0.0.20", "10.0.0.1", 5020)],
            vec![],
        ),
        (
            "a device that asks another",
            site_of_plc(),
            &[("10.0.0.20", "10.0.0.1", 502), ("10.0.0.1", "10.0.0.20", 502)],
            vec![told("relay", Severity::Medium)],
        ),
        (
            "a relay without a site",
            Site::default(),
            &[("10.0.0.5", "10.0.0.6", 502), ("10.0.0.6", "10.0.0.7", 502)],
            vec![told("relay", Severity::Low)],
        ),
        (
            "a port from which nobody sends",
            Site::default(),
            &[("10.0.0.5", "10.0.0.6", 0)],
            vec![told("illegal-address", Severity::Low)],
        ),
    ] {
        let mut stage = Stage::new(site);
        for (client, server, port) in talks {
            meets(&mut stage, client, server, *port);
        }
        assert_eq!(all(&stage), expected, "{what}");
    }
}

#[test]
fn logons_that_others_can_use_are_told() {
    for (key, value, expected) in [
        (
            "user_password",
            "in_clear",
            Some(told("cleartext-logon", Severity::Low)),
        ),
        ("user_password", "encrypted", None),
        ("user", "Admin", Some(told("default-logon", Severity::Low))),
        ("user", "meier", None),
        ("user", "anonymous", None),
    ] {
        let mut stage = Stage::new(Site::default());
        let place = stage.conversation("opcua", HMI, 3);
        let context = Context {
            conversation: &stage.conversations[place],
            mac: None,
            ttl: 0,
            from_client: true,
        };
        stage
            .engine
            .identity(&context, Direction::FromClient, Station::Server, key, value);
        stage.collect();
        assert_eq!(
            all(&stage),
            expected.into_iter().collect::<Vec<_>>(),
            "{key} {value}"
        );
    }
}

#[test]
fn a_stranger_without_a_name_may_look_and_is_told_when_it_commands() {
    let mut stage = Stage::modbus("", "");
    let points = Each(vec![Observation::good(
        node(Some("urn:a"), "SP"),
        Value::Double(1.0),
    )]);
    let play = Play {
        protocol: "opcua",
        client: STRANGER,
        server: 3,
        station: Station::Server,
        user: Some("anonymous"),
        action: Action::Browse,
        points: Points::Each(&points),
        ..Play::default()
    };
    stage.does(&play);
    assert!(all(&stage).is_empty(), "{:?}", stage.said());
    let play = Play {
        action: Action::Write,
        ..play
    };
    stage.does(&Play { client: HMI, ..play });
    assert!(all(&stage).is_empty(), "the site lists it: {:?}", stage.said());
    stage.does(&play);
    stage.does(&play);
    assert_eq!(all(&stage), [told("default-logon", Severity::Low)]);
}

#[test]
fn two_machines_with_one_address_are_worse_than_one_that_was_replaced() {
    let mut stage = Stage::modbus("", "");
    stage.write(HMI, 10, 1);
    stage.wait(5.0);
    let other = Play {
        card: Some(77),
        action: Action::Browse,
        ..Play::default()
    };
    stage.tell(&other, Outcome::Requested);
    assert_eq!(all(&stage), [told("address-conflict", Severity::Low)]);
    stage.wait(5.0);
    stage.write(HMI, 10, 1);
    let alarm = stage.alarm("builtin/address-conflict");
    assert_eq!(alarm.severity, Severity::Medium);
    assert_eq!(
        alarm.explanation,
        "10.0.0.20 is used by the network cards 02:00:00:00:00:4d and 02:00:00:00:00:14 in turn."
    );
    assert_eq!(all(&stage).len(), 1, "one alarm that grew: {:?}", stage.said());
}

/// Tries to connect, one address or port after the other, one each second.
fn tries(stage: &mut Stage, count: u8, of: impl Fn(u8) -> (std::net::IpAddr, u16), seconds: f64) {
    for number in 0..count {
        let (to, port) = of(number);
        let at = stage.at();
        stage
            .engine
            .connects(ip("10.0.0.99"), to, port, at, u64::from(number));
        stage.wait(seconds);
    }
}

#[test]
fn a_search_for_devices_or_ports_is_told() {
    let address = |last: u8| std::net::IpAddr::from([10, 0, 3, last]);
    let plc = ip("10.0.0.1");
    for (what, count, of, seconds, expected) in [
        (
            "ten that do not answer, and one that could not yet",
            11,
            &(|number| (address(number), 502_u16)) as &dyn Fn(u8) -> (std::net::IpAddr, u16),
            1.0,
            vec![told("scan", Severity::Medium)],
        ),
        ("one less", 10, &|number| (address(number), 502), 1.0, vec![]),
        ("too slow", 30, &|number| (address(number), 502), 20.0, vec![]),
        (
            "no port of control",
            30,
            &|number| (address(number), 443),
            1.0,
            vec![],
        ),
        (
            "the same again and again",
            60,
            &|_| (address(1), 502),
            1.0,
            vec![],
        ),
        (
            "the ports of a device",
            25,
            &|number| (plc, 1_000 + u16::from(number)),
            1.0,
            vec![told("scan", Severity::Medium)],
        ),
        (
            "the ports of an ordinary computer",
            40,
            &|number| (address(1), 1_000 + u16::from(number)),
            1.0,
            vec![],
        ),
    ] {
        let mut stage = Stage::modbus("", "");
        tries(&mut stage, count, of, seconds);
        assert_eq!(all(&stage), expected, "{what}");
    }
}

#[test]
fn a_master_that_starts_is_no_search() {
    let mut stage = Stage::new(Site::default());
    for number in 0..40 {
        let at = stage.at();
        let to = format!("10.0.3.{number}");
        stage.engine.connects(ip("10.0.0.20"), ip(&to), 502, at, 1);
        meets(&mut stage, "10.0.0.20", &to, 502);
    }
    assert!(all(&stage).is_empty(), "{:?}", stage.said());
}

fn seen(protocol: &'static str, client: &str, server: &str, port: u16, secret: Option<Secret>) -> Seen {
    let party = |address: &str, port| Party {
        mac: None,
        ip: ip(address),
        port,
    };
    let ends = Conversation::new(
        900,
        protocol,
        6,
        party(client, 50_000),
        party(server, port),
        Vec::new(),
    );
    Seen {
        protocol,
        title: protocol,
        ends: Ends::Network(Box::new(ends)),
        seen: (CaptureTime(START), CaptureTime(START)),
        frame: 1,
        traffic: Traffic::default(),
        tls: None,
        industrial: matches!(protocol, "s7comm" | "enip" | "bacnet"),
        secret,
    }
}

#[test]
fn sessions_of_management_with_devices_are_told() {
    let ssh = |client, server| seen("ssh", client, server, 22, None);
    for (what, talks, expected) in [
        (
            "a device opens a session",
            vec![ssh("10.0.0.1", "10.0.0.41")],
            vec![told("remote-access", Severity::Medium)],
        ),
        (
            "a stranger opens one to it",
            vec![ssh("10.0.0.99", "10.0.0.1")],
            vec![told("remote-access", Severity::Medium)],
        ),
        ("somebody's work", vec![ssh("10.0.0.41", "10.0.0.1")], vec![]),
        (
            "somebody's work with a readable password",
            vec![seen("ftp", "10.0.0.41", "10.0.0.1", 21, Some(Secret::Password))],
            vec![
                told("file-transfer", Severity::Low),
                told("remote-access", Severity::Low),
            ],
        ),
        ("two computers", vec![ssh("10.0.0.41", "10.0.0.20")], vec![]),
        (
            "a browser at the port of Modbus",
            vec![seen("http", "10.0.0.41", "10.0.0.60", 502, None)],
            vec![told("foreign-protocol", Severity::Low)],
        ),
        (
            "three protocols of control from a listed client",
            vec![
                seen("s7comm", "10.0.0.41", "10.0.0.60", 102, None),
                seen("enip", "10.0.0.41", "10.0.0.60", 44_818, None),
                seen("bacnet", "10.0.0.41", "10.0.0.60", 47_808, None),
            ],
            vec![],
        ),
        (
            "three protocols of control from a stranger",
            vec![
                seen("s7comm", "10.0.0.99", "10.0.0.60", 102, None),
                seen("enip", "10.0.0.99", "10.0.0.60", 44_818, None),
                seen("bacnet", "10.0.0.99", "10.0.0.60", 47_808, None),
            ],
            vec![told("many-protocols", Severity::Medium)],
        ),
    ] {
        let mut stage = Stage::modbus("", "");
        for talk in talks {
            stage.engine.recognised(&talk);
        }
        stage.collect();
        assert_eq!(all(&stage), expected, "{what}");
    }
}

const VALVE: &str = r#"
[tag."V.FB"]
at = "plc/discrete:1"
type = "bool"
role = "fb"
"#;

/// Lets the feedback change every so many seconds.
fn chatters(stage: &mut Stage, changes: u32, seconds: f64) {
    for change in 0..=changes {
        stage.reads_bit(Table::Discrete, 1, change % 2 == 0);
        stage.wait(seconds);
    }
}

#[test]
fn a_feedback_that_changes_to_and_fro_is_told() {
    let rule = "[[rule]]\nid = \"twice\"\nkind = \"chatter\"\ntag = \"V.FB\"\nmax = 2\nwindow = \"10s\"\n";
    for (what, rules, changes, seconds, expected) in [
        ("ten in a minute", "", 10, 1.0, vec![]),
        ("eleven", "", 11, 1.0, vec!["V.FB/chatter"]),
        ("eleven in two minutes", "", 11, 11.0, vec![]),
        (
            "a written rule stands for that of the role",
            rule,
            3,
            1.0,
            vec!["twice"],
        ),
        ("as many as the rule allows", rule, 2, 1.0, vec![]),
        ("not within its window", rule, 3, 5.0, vec![]),
    ] {
        let mut stage = Stage::modbus(VALVE, rules);
        chatters(&mut stage, changes, seconds);
        assert_eq!(stage.rules(), expected, "{what}");
    }
    let mut stage = Stage::modbus(VALVE, "");
    chatters(&mut stage, 11, 1.0);
    assert_eq!(
        stage.alarm("V.FB/chatter").explanation,
        "V.FB changed its state 11 times within 60 s, now to 0; 10 times are allowed."
    );
}

#[test]
fn what_was_not_readable_in_between_has_not_changed() {
    let mut stage = Stage::modbus(VALVE, "");
    for _ in 0..20 {
        stage.reads_bit(Table::Discrete, 1, true);
        stage.wait(2.0);
    }
    assert!(stage.rules().is_empty(), "{:?}", stage.said());
    assert_eq!(stage.coverage("V.FB/chatter").violated, 0);
}
