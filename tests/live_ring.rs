//! The live ring on a pair of virtual cables in a network namespace of its own.
//!
//! Needs root and iproute2; says so and passes where they are missing, except in CI.
// Helpers of tests fail as loudly as the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(target_os = "linux")]

#[path = "live/wire.rs"]
mod wire;

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tapglass::capture::live::{LiveError, Options, Ring, interfaces};
use tapglass::capture::{Counters, End, LinkType, Next, Source};

use wire::{Ordinary, Sender, Wire, ethernet};

/// A ring of the default kind that is soon done with waiting.
fn options() -> Options {
    Options {
        poll: Duration::from_millis(20),
        ..Options::default()
    }
}

/// What a frame was: time, length on the wire, bytes.
type Seen = (i64, u32, Vec<u8>);

/// Reads until `count` frames came, at most five seconds.
fn read(ring: &mut Ring, count: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    let started = Instant::now();
    while seen.len() < count && started.elapsed() < Duration::from_secs(5) {
        match ring.next() {
            Next::Frame(frame) => {
                assert_eq!(frame.number, seen.len() as u64 + 1);
                assert_eq!(frame.link_type, LinkType::ETHERNET);
                seen.push((frame.at.0, frame.wire_length, frame.bytes.to_vec()));
            }
            Next::Idle => {}
            Next::End(end) => panic!("{end:?}"),
        }
    }
    seen
}

/// Reads to the end.
fn drain(ring: &mut Ring) -> (u64, End) {
    let mut frames = 0;
    let started = Instant::now();
    loop {
        match ring.next() {
            Next::Frame(_) => frames += 1,
            Next::Idle => assert!(started.elapsed() < Duration::from_secs(5)),
            Next::End(end) => return (frames, end),
        }
    }
}

/// Nothing more arrives.
fn assert_silent(ring: &mut Ring) {
    let until = Instant::now() + Duration::from_millis(150);
    while Instant::now() < until {
        match ring.next() {
            Next::Idle => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn sees_every_frame_in_order_and_sends_nothing() {
    let Some(wire) = Wire::new() else { return };
    let before = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos() as i64;
    let mut ring = Ring::open("tap", &options()).unwrap();
    assert_eq!((ring.interface(), ring.link_type()), ("tap", LinkType::ETHERNET));
    let sender = Sender::new("src");
    // To nobody in particular: a tap sees what is addressed to others.
    let frames: Vec<_> = (0..3_000_u32)
        .map(|number| ethernet(0x0800, &number.to_be_bytes().repeat(4 + number as usize % 350)))
        .collect();
    for frame in &frames {
        sender.send(frame);
    }
    let seen = read(&mut ring, frames.len());
    assert_eq!(seen.len(), frames.len());
    for (seen, sent) in seen.iter().zip(&frames) {
        assert_eq!((&seen.2, seen.1 as usize), (sent, sent.len()));
    }
    assert!(seen.is_sorted_by_key(|seen| seen.0));
    let took = seen.last().unwrap().0 - before;
    assert!(
        seen[0].0 >= before && took < 20_000_000_000,
        "times are those of the kernel's clock"
    );
    assert_silent(&mut ring);
    let bytes = frames.iter().map(|frame| frame.len() as u64).sum();
    let counters = ring.counters();
    assert_eq!(
        (counters.frames, counters.bytes, counters.dropped_by_kernel),
        (3_000, bytes, 0)
    );
    assert_eq!(wire.count("tap", "rx_packets"), 3_000);
    assert_eq!(wire.count("tap", "tx_packets"), 0, "a tap never sends");
    assert!(wire.show("tap").contains("promiscuity 1"));
    drop(ring);
    assert!(wire.show("tap").contains("promiscuity 0"));
}

#[test]
fn puts_vlan_tags_back() {
    let Some(_wire) = Wire::new() else { return };
    let mut ring = Ring::open("tap", &options()).unwrap();
    let sender = Sender::new("src");
    let inner = [&0x0800_u16.to_be_bytes()[..], &[7; 60]].concat();
    let tagged = ethernet(0x8100, &[&0x6ffe_u16.to_be_bytes()[..], &inner].concat());
    let twice_inner = [
        &0x2005_u16.to_be_bytes()[..],
        &0x8100_u16.to_be_bytes(),
        &7_u16.to_be_bytes(),
        &inner,
    ];
    let twice = ethernet(0x88a8, &twice_inner.concat());
    let plain = ethernet(0x0800, &[9; 60]);
    for frame in [&tagged, &plain, &twice] {
        sender.send(frame);
    }
    let seen = read(&mut ring, 3);
    assert_eq!(
        seen.iter().map(|seen| &seen.2).collect::<Vec<_>>(),
        [&tagged, &plain, &twice]
    );
    assert_eq!(seen[0].1 as usize, tagged.len());
    assert_eq!(ring.counters().cut_frames, 0);
}

#[test]
fn cuts_frames_at_the_snap_length() {
    let Some(_wire) = Wire::new() else { return };
    let mut ring = Ring::open(
        "tap",
        &Options {
            snap_length: 40,
            ..options()
        },
    )
    .unwrap();
    let sender = Sender::new("src");
    let frame = ethernet(0x0800, &[9; 500]);
    sender.send(&frame);
    let seen = read(&mut ring, 1);
    assert_eq!((&seen[0].2[..], seen[0].1 as usize), (&frame[..40], frame.len()));
    assert_eq!(ring.counters().cut_frames, 1);
}

#[test]
fn lets_the_kernel_filter() {
    let Some(_wire) = Wire::new() else { return };
    let filter = "port 502 and not host 10.0.0.9".parse().unwrap();
    let mut ring = Ring::open(
        "tap",
        &Options {
            filter: Some(filter),
            ..options()
        },
    )
    .unwrap();
    let sender = Sender::new("src");
    let udp = |host: u8, port: u16, tag: &[u8]| {
        let ip = [
            0x45, 0, 0, 36, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, host, 10, 0, 0, 2,
        ];
        let ports = [
            &port.to_be_bytes()[..],
            &4_000_u16.to_be_bytes(),
            &[0, 16, 0, 0],
            &[host; 30],
        ]
        .concat();
        ethernet(
            if tag.is_empty() { 0x0800 } else { 0x8100 },
            &[tag, &ip, &ports].concat(),
        )
    };
    let tag = [0, 5, 8, 0];
    let frames = [
        udp(1, 502, &[]),
        udp(9, 502, &[]),
        udp(1, 503, &[]),
        udp(3, 502, &tag),
        udp(9, 502, &tag),
    ];
    for frame in &frames {
        sender.send(frame);
    }
    let seen: Vec<_> = read(&mut ring, 2).into_iter().map(|seen| seen.2).collect();
    assert_eq!(seen, [frames[0].clone(), frames[3].clone()]);
    assert_silent(&mut ring);
    assert_eq!(
        ring.counters().dropped_by_kernel,
        0,
        "what is not wanted is not lost"
    );
}

#[test]
fn counts_what_a_ring_that_is_too_small_drops() {
    let Some(_wire) = Wire::new() else { return };
    let small = Options {
        block_size: 16 * 1024,
        blocks: 2,
        ..options()
    };
    let mut ring = Ring::open("tap", &small).unwrap();
    let sender = Sender::new("src");
    let frame = ethernet(0x0800, &[9; 200]);
    for _ in 0..5_000 {
        sender.send(&frame);
    }
    let stop = small.stop;
    stop.store(true, Ordering::Relaxed);
    let (frames, end) = drain(&mut ring);
    assert_eq!(end, End::Stopped);
    let Counters {
        dropped_by_kernel,
        freezes,
        ..
    } = ring.counters();
    assert!(
        (1..1_000).contains(&frames),
        "{frames} frames in a ring of 32 KiB"
    );
    assert_eq!(
        frames + dropped_by_kernel,
        5_000,
        "every frame is given or counted"
    );
    assert!(freezes > 0);
    assert_eq!(
        ring.counters().dropped_by_kernel,
        dropped_by_kernel,
        "counted once"
    );
}

#[test]
fn tells_silence_within_the_poll_time_and_does_not_spin() {
    let Some(_wire) = Wire::new() else { return };
    let mut ring = Ring::open("tap", &Options::default()).unwrap();
    assert_eq!(ring.peek_time(), None);
    for _ in 0..3 {
        let started = Instant::now();
        assert!(matches!(ring.next(), Next::Idle));
        let waited = started.elapsed();
        assert!((60..1_000).contains(&waited.as_millis()), "{waited:?}");
    }
    let sender = Sender::new("src");
    sender.send(&ethernet(0x0800, &[1; 60]));
    let started = Instant::now();
    while ring.peek_time().is_none() {
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "a lone frame must not wait for a full block"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    let peeked = ring.peek_time();
    let Next::Frame(frame) = ring.next() else { panic!() };
    assert_eq!(peeked, Some(frame.at));
}

#[test]
fn stops_when_it_is_told_to_after_what_has_arrived() {
    let Some(_wire) = Wire::new() else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let mut ring = Ring::open(
        "tap",
        &Options {
            stop: stop.clone(),
            ..Options::default()
        },
    )
    .unwrap();
    let sender = Sender::new("src");
    for _ in 0..10 {
        sender.send(&ethernet(0x0800, &[1; 60]));
    }
    stop.store(true, Ordering::Relaxed);
    let started = Instant::now();
    assert_eq!(drain(&mut ring), (10, End::Stopped));
    assert!(started.elapsed() < Duration::from_secs(1));
    assert!(matches!(ring.next(), Next::End(End::Stopped)));
}

#[test]
fn sees_each_packet_of_the_loopback_interface_once() {
    let Some(wire) = Wire::new() else { return };
    wire.ip(&["link", "set", "lo", "up"]);
    let mut ring = Ring::open("lo", &options()).unwrap();
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    for number in 0..20_u8 {
        sender
            .send_to(&[number; 30], receiver.local_addr().unwrap())
            .unwrap();
    }
    let seen = read(&mut ring, 20);
    assert!(
        seen.iter()
            .enumerate()
            .all(|(number, seen)| seen.2.ends_with(&[number as u8; 30]))
    );
    assert_silent(&mut ring);
}

#[test]
fn sees_both_directions_of_an_interface_that_is_not_a_tap() {
    let Some(_wire) = Wire::new() else { return };
    let mut ring = Ring::open("tap", &options()).unwrap();
    let (from, to) = (ethernet(0x0800, &[1; 60]), ethernet(0x0800, &[2; 60]));
    Sender::new("tap").send(&from);
    Sender::new("src").send(&to);
    assert_eq!(
        read(&mut ring, 2)
            .into_iter()
            .map(|seen| seen.2)
            .collect::<Vec<_>>(),
        [from, to]
    );
}

#[test]
fn says_that_its_interface_went_down_or_disappeared() {
    let Some(wire) = Wire::new() else { return };
    for (command, text) in [
        (
            &["link", "set", "tap", "down"][..],
            "interface tap went down; switch it on (ip link set tap up) and capture it again",
        ),
        (
            &["link", "delete", "tap"],
            "interface tap disappeared; capture it again when it is back",
        ),
    ] {
        wire.ip(&["link", "set", "tap", "up"]);
        let mut ring = Ring::open("tap", &options()).unwrap();
        Sender::new("src").send(&ethernet(0x0800, &[1; 60]));
        wire.ip(command);
        assert_eq!(
            drain(&mut ring),
            (1, End::Lost(text.to_owned())),
            "the frame before comes first"
        );
    }
}

#[test]
fn refuses_what_it_cannot_capture_and_says_the_mend() {
    let Some(wire) = Wire::new() else { return };
    let refusal = |interface: &str| Ring::open(interface, &options()).err().unwrap();
    // The kernel notices a link with some delay.
    let state = |name: &str| {
        interfaces()
            .unwrap()
            .into_iter()
            .find(|state| state.name == name)
            .unwrap()
    };
    let wait_for_carrier = |expected: bool| {
        let started = Instant::now();
        while ["src", "tap"].iter().any(|name| state(name).carrier != expected) {
            assert!(started.elapsed() < Duration::from_secs(10), "{:?}", interfaces());
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    wait_for_carrier(true);
    let missing = refusal("eth99").to_string();
    assert!(
        missing.starts_with("no interface `eth99` on this machine; it has "),
        "{missing}"
    );
    for known in ["lo (down)", "src (up)", "tap (up)"] {
        assert!(missing.contains(known), "{missing}");
    }
    for odd in ["", "any", "a name that is much too long", "zero\0byte"] {
        assert!(matches!(refusal(odd), LiveError::Missing { .. }), "{odd}");
    }
    assert!(
        refusal("zero\0byte")
            .to_string()
            .starts_with("no interface `zero\\0byte`")
    );
    assert_eq!(
        refusal("lo").to_string(),
        "interface lo is down; switch it on: ip link set lo up"
    );
    let odd_size = Options {
        block_size: 1_000,
        ..options()
    };
    let memory = Ring::open("tap", &odd_size).err().unwrap();
    assert!(matches!(memory, LiveError::Memory { .. }), "{memory}");
    wire.ip(&["link", "set", "src", "down"]);
    wait_for_carrier(false);
    assert!(!state("src").up && state("tap").up && state("lo").loopback);
    assert_eq!(state("tap").hardware, 1);

    let _ordinary = Ordinary::user();
    let program = std::env::current_exe().unwrap();
    assert_eq!(
        refusal("tap").to_string(),
        format!(
            "no permission to capture on tap; allow it once with: sudo setcap cap_net_raw+ep {}",
            program.display()
        )
    );
}
