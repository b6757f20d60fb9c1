//! Filters: what they mean, against tcpdump, and what is said about those that are not understood.

use std::process::Command;

use proptest::prelude::*;
use tapglass::capture::filter::Filter;
use tapglass::capture::{LinkType, Next, Source, open};

use crate::build::shared;

/// Frames of a capture that a filter wants.
fn wanted(path: &std::path::Path, filter: &Filter) -> usize {
    let mut source = open(path).unwrap();
    let mut wanted = 0;
    loop {
        match source.next() {
            Next::Frame(frame) => {
                let program = filter.program(frame.link_type, 0).unwrap();
                wanted += usize::from(program.accepts(frame.bytes));
            }
            Next::Idle => {}
            Next::End(_) => return wanted,
        }
    }
}

#[test]
fn wants_what_tcpdump_wants() {
    let Some(captures) = shared("captures") else {
        return;
    };
    if Command::new("tcpdump").arg("--version").output().is_err() {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "tcpdump is missing"
        );
        println!("skipped: tcpdump is not installed");
        return;
    }
    let mut matched = 0;
    for name in [
        "modbus/iti-ModbusTCP.pcap",
        "modbus/zeek-modbus-eit.pcap",
        "other/iti-GOOSE_DEMO.pcap",
        "other/iti-JavaRMI_and_IEC_Misc.pcap",
        "other/iti-090813_diverse.pcap",
        "other/ipal-mqtt.pcap",
    ] {
        for text in [
            "port 502",
            "tcp port 502 or 20000",
            "not port 502",
            "tcp",
            "udp or arp",
            "udp and not portrange 100-200",
            "src portrange 500-600 or dst port 80",
            "ip6 or icmp or icmp6",
            "host 192.168.1.10 or 10.0.0.1",
            "net 192.168.0.0/16 and tcp",
            "src net 10.0.0.0/8 or not net 128.0.0.0/1",
            "host fe80::1 or net fe80::/10",
            "!(tcp || udp) && ip",
            "tcp or udp and port 53",
            "not tcp and not udp or port 102",
            "ether host ff:ff:ff:ff:ff:ff or ether src 00:00:00:00:00:00",
        ] {
            let path = captures.join(name);
            let mut tcpdump = Command::new("tcpdump");
            // tcpdump does not look through VLAN tags unless it is told to.
            let both = format!("({text}) or (vlan and ({text}))");
            let output = tcpdump
                .args(["-n", "--count", "-r"])
                .arg(&path)
                .arg(&both)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let expected = said
                .split_whitespace()
                .next()
                .and_then(|count| count.parse().ok());
            let wanted = wanted(&path, &text.parse().unwrap());
            assert_eq!(
                Some(wanted),
                expected,
                "{name}: {text}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            matched += wanted;
        }
    }
    assert!(matched > 10_000, "{matched} frames are too few to say something");
}

/// A TCP segment from port 1025 to port 502 with what stands before its IP header.
fn segment(before: &[u8]) -> Vec<u8> {
    let mut frame = before.to_vec();
    frame.extend([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    frame.extend([4, 1, 1, 0xf6]);
    frame.extend([0; 16]);
    frame
}

#[test]
fn looks_through_tags_and_other_link_layers() {
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let ethernet = |kinds: &[u8]| segment(&[&mac[..], kinds].concat());
    let sll = segment(&[&[0; 14][..], &[8, 0]].concat());
    let sll2 = segment(&[&[8, 0][..], &[0; 18]].concat());
    let filter: Filter = "tcp dst port 502 and src host 10.0.0.1".parse().unwrap();
    let other: Filter = "tcp src port 502 or src 10.0.0.2".parse().unwrap();
    for (link_type, frame) in [
        (LinkType::ETHERNET, ethernet(&[8, 0])),
        (LinkType::ETHERNET, ethernet(&[0x81, 0, 0, 7, 8, 0])),
        (
            LinkType::ETHERNET,
            ethernet(&[0x88, 0xa8, 0, 9, 0x81, 0, 0, 7, 8, 0]),
        ),
        (LinkType::LINUX_SLL, sll),
        (LinkType::LINUX_SLL2, sll2),
        (LinkType::RAW, segment(&[])),
    ] {
        assert!(
            filter.program(link_type, 0).unwrap().accepts(&frame),
            "{link_type:?} {frame:02x?}"
        );
        assert!(
            !other.program(link_type, 0).unwrap().accepts(&frame),
            "{link_type:?} {frame:02x?}"
        );
    }
    let mac: Filter = "ether dst 02:00:00:00:00:02".parse().unwrap();
    assert!(
        mac.program(LinkType::ETHERNET, 0)
            .unwrap()
            .accepts(&ethernet(&[8, 0]))
    );
    assert!(!mac.program(LinkType::RAW, 0).unwrap().accepts(&segment(&[])));
    assert_eq!(
        mac.program(LinkType(147), 0).unwrap_err().to_string(),
        "frames of link type 147 cannot be filtered; leave the filter out"
    );
}

#[test]
fn says_where_a_filter_is_not_understood() {
    let refusal = |text: &str| text.parse::<Filter>().unwrap_err().to_string();
    let end = "; what tapglass does not know, tcpdump can filter: tcpdump -i INTERFACE -U -w - 'FILTER' | tapglass \
               live -";
    for (text, middle) in [
        ("port", "a port number is expected at character 5, not the end"),
        (
            "port 70000",
            "a port number is expected at character 6, not `70000`",
        ),
        (
            "tcp port 502 udp",
            "`and`, `or` or the end is expected at character 14, not `udp`",
        ),
        (
            "host plc-1",
            "an IP address (names are not looked up) is expected at character 6, not `plc-1`",
        ),
        ("(port 1", "`)` is expected at character 8, not the end"),
        (
            "net 10.0.0.1/8",
            "a network such as 10.0.0.0/8 is expected at character 5, not `10.0.0.1/8`",
        ),
        (
            "portrange 9-3",
            "a range of ports such as 2404-2405 is expected at character 11, not `9-3`",
        ),
        (
            "ether host 1:2",
            "a MAC address such as 02:00:00:00:00:01 is expected at character 12, not `1:2`",
        ),
        (
            "tcp src 5",
            "`port` or `portrange` is expected at character 9, not `5`",
        ),
    ] {
        assert_eq!(refusal(text), format!("filter `{text}`: {middle}{end}"));
    }
    for text in ["vlan 7", "", "not", "and", "502", "port 502 or vlan"] {
        assert!(
            refusal(text).contains("`host`, `net`, `port`"),
            "{text}: {}",
            refusal(text)
        );
    }
    assert!(refusal(&"(".repeat(10_000)).contains("too long"));
    assert!(refusal(&"not ".repeat(200)).contains("too long"));
    let many: Filter = (0..400)
        .map(|port| format!("port {port}"))
        .collect::<Vec<_>>()
        .join(" or ")
        .parse()
        .unwrap();
    assert!(
        many.program(LinkType::ETHERNET, 0)
            .unwrap_err()
            .to_string()
            .contains("too long")
    );
}

proptest! {
    #[test]
    fn survives_any_text_and_frame(
        words in prop::collection::vec("not|and|or|port|host|net|tcp|src|[()]|[0-9:./-]{1,9}|\\PC{1,4}", 0..12),
        frame in prop::collection::vec(any::<u8>(), 0..90),
    ) {
        if let Ok(filter) = words.join(" ").parse::<Filter>() {
            for link_type in [LinkType::ETHERNET, LinkType::RAW] {
                let _ = filter.program(link_type, 0).unwrap().accepts(&frame);
            }
        }
    }
}
