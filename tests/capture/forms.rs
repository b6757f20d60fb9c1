//! Every form a capture comes in, written by hand.

use std::io::Write;

use tapglass::capture::End;

use crate::build::{ORDERS, Order, drain, read};
use crate::packed::gzip;

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const KUZNETZOV: u32 = 0xa1b2_cd34;
const SECOND: i64 = 1_000_000_000;

/// Two frames of a capture in microseconds.
pub(crate) fn two(order: Order) -> Vec<u8> {
    let header = order.pcap(MICROSECONDS, 4, 65_535, 1);
    [
        header,
        order.record(10, 5, b"first frame"),
        order.record(11, 999_999, b"second"),
    ]
    .concat()
}

#[test]
fn reads_pcap_in_both_byte_orders_and_resolutions() {
    for order in ORDERS {
        for (magic, unit) in [(MICROSECONDS, 1_000), (NANOSECONDS, 1)] {
            let header = order.pcap(magic, 4, 65_535, 113);
            let file = [
                header,
                order.record(10, 5, b"first"),
                order.record(u32::MAX, 7, b""),
            ]
            .concat();
            let read = read(&file);
            assert_eq!(read.end, End::Complete);
            let [first, second] = &read.frames[..] else {
                panic!("{:?}", read.frames)
            };
            assert_eq!(
                (first.at, first.link, first.wire),
                (10 * SECOND + 5 * unit, 113, 5)
            );
            assert_eq!(first.bytes, b"first");
            assert_eq!(
                (second.at, second.bytes.len()),
                (i64::from(u32::MAX) * SECOND + 7 * unit, 0)
            );
            assert_eq!((read.counters.bytes, read.counters.cut_frames), (5, 0));
            assert_eq!(read.source.interfaces().len(), 1);
        }
    }
}

#[test]
fn reads_the_modified_pcap_whose_records_say_an_interface() {
    for order in ORDERS {
        let mut file = order.pcap(KUZNETZOV, 4, 65_535, 1);
        for frame in [b"one", b"two"] {
            file.extend(order.words(&[1, 2, 3, 3, 7]));
            file.extend([0; 4]);
            file.extend(frame);
        }
        let read = read(&file);
        assert_eq!(read.end, End::Complete);
        assert_eq!(
            read.frames
                .iter()
                .map(|frame| &frame.bytes[..])
                .collect::<Vec<_>>(),
            [b"one", b"two"]
        );
    }
}

#[test]
fn reads_old_pcap_versions_whose_lengths_stand_the_other_way_round() {
    for (minor, captured, wire) in [(2, 3, 9), (3, 3, 9), (4, 3, 9)] {
        let order = Order::Little;
        let mut file = order.pcap(MICROSECONDS, minor, 65_535, 1);
        let lengths = if minor < 4 {
            [wire, captured]
        } else {
            [captured, wire]
        };
        file.extend(order.words(&[1, 2, lengths[0], lengths[1]]));
        file.extend(b"abc");
        let read = read(&file);
        assert_eq!(read.end, End::Complete, "version 2.{minor}");
        assert_eq!((read.frames[0].bytes.len(), read.frames[0].wire), (3, 9));
        assert_eq!(read.counters.cut_frames, 1);
    }
}

#[test]
fn takes_the_frame_check_sequence_off() {
    let order = Order::Big;
    // Link type 1, check sequence of two 16-bit words.
    let header = order.pcap(MICROSECONDS, 4, 65_535, 0x2400_0001);
    let cut = [order.words(&[1, 0, 6, 9]), b"abcdef".to_vec()].concat();
    let whole = read(&[header, order.record(1, 0, b"abcdFCS!"), cut].concat());
    assert_eq!(whole.frames[0].link, 1);
    assert_eq!(
        (&whole.frames[0].bytes[..], whole.frames[0].wire),
        (&b"abcd"[..], 4)
    );
    // Of nine bytes the last four are the sequence: of the six captured, one belongs to it.
    assert_eq!(
        (&whole.frames[1].bytes[..], whole.frames[1].wire),
        (&b"abcde"[..], 5)
    );

    let order = Order::Little;
    let interface = order.interface(1, 0, &order.option(13, &[4]));
    let flags = order.option(2, &order.u32(2 << 5));
    let packets = [
        order.packet(0, 1, b"abcdFCS!", &[]),
        order.packet(0, 2, b"abcdFC", &flags),
    ];
    let read = read(&[order.section(), interface, packets.concat()].concat());
    assert!(
        read.frames.iter().all(|frame| frame.bytes == b"abcd"),
        "{:?}",
        read.frames
    );
}

#[test]
fn reads_pcapng_in_both_byte_orders() {
    for order in ORDERS {
        let options = [
            order.option(2, b"eth7"),
            order.option(3, b"tap"),
            order.u32(0).to_vec(),
        ]
        .concat();
        let packet = order.packet(0, 1_700_000_000_123_456, b"hello", &order.option(1, b"a comment"));
        let read = read(&[order.section(), order.interface(1, 0, &options), packet].concat());
        assert_eq!(read.end, End::Complete);
        assert_eq!(read.frames[0].at, 1_700_000_000_123_456_000);
        assert_eq!(
            (&read.frames[0].bytes[..], read.frames[0].link),
            (&b"hello"[..], 1)
        );
        let interface = &read.source.interfaces()[0];
        assert_eq!(
            (interface.name.as_deref(), interface.description.as_deref()),
            (Some("eth7"), Some("tap"))
        );
    }
}

#[test]
fn reads_time_stamps_of_every_resolution() {
    for (resolution, stamp, nanoseconds) in [
        (0, 5, 5 * SECOND),
        (3, 5_001, 5 * SECOND + 1_000_000),
        (6, 1, 1_000),
        (9, 1, 1),
        (12, 1_234_567, 1_234),
        (127, u64::MAX, 0),
        (0x80, 7, 7 * SECOND),
        (0x81, 3, 3 * SECOND / 2),
        (0x80 | 32, (5 << 32) + (1 << 31), 5 * SECOND + SECOND / 2),
        (0x80 | 63, u64::MAX, 2 * SECOND - 1),
        (0xff, u64::MAX, 0),
        (6, u64::MAX, i64::MAX),
        (0, u64::MAX, i64::MAX),
    ] {
        let order = Order::Big;
        let interface = order.interface(1, 0, &order.option(9, &[resolution]));
        let read = read(&[order.section(), interface, order.packet(0, stamp, b"x", &[])].concat());
        assert_eq!(read.frames[0].at, nanoseconds, "resolution {resolution:#x}");
    }
}

#[test]
fn adds_the_time_offset() {
    let order = Order::Little;
    for seconds in [1_700_000_000_i64, -3, i64::MIN, i64::MAX] {
        let interface = order.interface(1, 0, &order.option(14, &order.u64(seconds as u64)));
        let read = read(&[order.section(), interface, order.packet(0, 2, b"x", &[])].concat());
        assert_eq!(
            read.frames[0].at,
            seconds.saturating_mul(SECOND).saturating_add(2_000)
        );
    }
}

#[test]
fn numbers_interfaces_on_across_sections_of_any_byte_order() {
    let (big, little) = (Order::Big, Order::Little);
    let nanoseconds = little.option(9, &[9]);
    let file = [
        big.section(),
        big.interface(1, 0, &[]),
        big.interface(113, 0, &[]),
        big.packet(1, 1, b"a", &[]),
        big.packet(0, 2, b"b", &[]),
        little.section(),
        little.interface(101, 0, &nanoseconds),
        little.packet(0, 3, b"c", &[]),
        // Described after frames of the others, as a capture that gains an interface has it.
        little.interface(276, 0, &[]),
        little.packet(1, 4, b"d", &[]),
    ];
    let read = read(&file.concat());
    assert_eq!(read.end, End::Complete);
    let seen: Vec<_> = read
        .frames
        .iter()
        .map(|frame| (frame.interface, frame.link, frame.at))
        .collect();
    assert_eq!(
        seen,
        [(1, 113, 1_000), (0, 1, 2_000), (2, 101, 3), (3, 276, 4_000)]
    );
    assert_eq!(
        read.source
            .interfaces()
            .iter()
            .map(|known| known.section)
            .collect::<Vec<_>>(),
        [1, 1, 2, 2]
    );
}

#[test]
fn reads_simple_and_old_packet_blocks() {
    for order in ORDERS {
        let simple = order.block(3, &[&order.u32(9)[..], b"simpl"].concat());
        let mut old = [order.u16(0), order.u16(3)].concat();
        old.extend(order.words(&[0, 77, 3, 8]));
        old.extend(b"old\0");
        old.extend(order.option(2, &order.u32(0)));
        let blocks = [
            order.section(),
            order.interface(1, 5, &[]),
            order.block(2, &old),
            simple,
        ]
        .concat();
        let read = read(&blocks);
        assert_eq!(read.end, End::Complete);
        let [old, simple] = &read.frames[..] else {
            panic!("{:?}", read.frames)
        };
        assert_eq!((&old.bytes[..], old.wire, old.at), (&b"old"[..], 8, 77_000));
        // No time of its own: that of the frame before.
        assert_eq!(
            (&simple.bytes[..], simple.wire, simple.at),
            (&b"simpl"[..], 9, 77_000)
        );
        let counters = read.counters;
        assert_eq!(
            (
                counters.untimed_frames,
                counters.dropped_by_kernel,
                counters.cut_frames
            ),
            (1, 3, 2)
        );
    }
}

#[test]
fn counts_the_drops_that_a_capture_admits() {
    let order = Order::Big;
    let statistics = |interface: u32, by_interface: u64, by_kernel: u64| {
        let counts = [
            order.option(5, &order.u64(by_interface)),
            order.option(7, &order.u64(by_kernel)),
        ];
        order.block(5, &[order.words(&[interface, 0, 0]), counts.concat()].concat())
    };
    let dropped = order.option(4, &order.u64(2));
    let interface = order.interface(1, 0, &[]);
    let mut blocks = [
        order.section(),
        interface.clone(),
        interface,
        order.packet(0, 1, b"x", &dropped),
    ]
    .concat();
    assert_eq!(read(&blocks).counters.dropped_by_kernel, 2);
    // Each counts from the start of the capture: the last one stands, and holds what the frames said.
    blocks.extend([statistics(0, 3, 10), statistics(1, 0, 7), statistics(0, 4, 11)].concat());
    let read = read(&blocks);
    assert_eq!(read.end, End::Complete);
    assert_eq!(
        (
            read.counters.dropped_by_kernel,
            read.counters.dropped_by_interface
        ),
        (18, 4)
    );
}

#[test]
fn keeps_secrets_and_names() {
    for order in ORDERS {
        let secrets = [order.words(&[0x544c_534b, 5]), b"KEYS!".to_vec()].concat();
        let mut names = order.option(1, b"\x0a\x00\x00\x01plc-7\0second\0");
        names.extend(order.option(2, b"\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01hmi\0"));
        names.extend(order.option(9, b"unknown"));
        names.extend(order.u32(0));
        let read = read(&[order.section(), order.block(10, &secrets), order.block(4, &names)].concat());
        assert_eq!(read.end, End::Complete);
        let [secrets] = read.source.secrets() else {
            panic!()
        };
        assert_eq!((secrets.kind, &secrets.bytes[..]), (0x544c_534b, &b"KEYS!"[..]));
        assert!(
            !format!("{secrets:?}").contains("KEYS"),
            "key material must not be printed"
        );
        let names: Vec<_> = read
            .source
            .names()
            .iter()
            .map(|name| format!("{} {}", name.address, name.name))
            .collect();
        assert_eq!(names, ["10.0.0.1 plc-7", "fe80::1 hmi"]);
    }
}

#[test]
fn numbers_frames_as_wireshark_does_beside_foreign_blocks() {
    let order = Order::Little;
    let journal = order.block(9, b"MESSAGE=hello from the journal of a host");
    let blocks = [
        order.section(),
        order.interface(1, 0, &[]),
        order.block(0x7777, b"unknown"),
        order.packet(0, 1, b"a", &[]),
        order.block(0xbad, &[1, 2, 3, 4, 5, 6, 7, 8]),
        order.packet(0, 2, b"b", &[]),
        journal,
        order.packet(0, 3, b"c", &[]),
    ];
    let read = read(&blocks.concat());
    assert_eq!(read.end, End::Complete);
    assert_eq!(
        read.frames.iter().map(|frame| frame.number).collect::<Vec<_>>(),
        [1, 3, 5]
    );
    assert_eq!((read.counters.frames, read.counters.unknown_blocks), (3, 3));
}

#[test]
fn passes_times_that_run_backwards_through() {
    let order = Order::Little;
    let header = order.pcap(MICROSECONDS, 4, 65_535, 1);
    let records = [9, 3, 7].map(|seconds| order.record(seconds, 0, b"x"));
    let read = read(&[header, records.concat()].concat());
    assert_eq!(
        read.frames
            .iter()
            .map(|frame| frame.at / SECOND)
            .collect::<Vec<_>>(),
        [9, 3, 7]
    );
}

#[cfg(unix)]
#[test]
fn reads_from_a_named_pipe() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    for (packed, bytes) in [(false, two(Order::Big)), (true, gzip(&two(Order::Big)))] {
        let writer = std::thread::spawn({
            let path = path.clone();
            move || {
                let mut pipe = std::fs::File::create(path).unwrap();
                let (start, end) = bytes.split_at(bytes.len() - 3);
                pipe.write_all(start).unwrap();
                // Longer than the silence after which a pipe's reader is told.
                std::thread::sleep(std::time::Duration::from_millis(250));
                pipe.write_all(end).unwrap();
            }
        });
        let read = drain(tapglass::capture::open(&path).unwrap());
        writer.join().unwrap();
        assert_eq!((read.end, read.frames.len()), (End::Complete, 2));
        assert_eq!(read.counters.input_size, None);
        assert!(
            packed || (1..=4).contains(&read.idle),
            "silence was told {} times",
            read.idle
        );
    }
}

#[test]
fn reads_captures_larger_than_its_buffer() {
    let order = Order::Little;
    let mut file = order.pcap(NANOSECONDS, 4, 262_144, 1);
    let mut expected = 0;
    for index in 0..2_000_u32 {
        let length = index * 977 % 3_000;
        file.extend(order.record(index, 0, &vec![index as u8; length as usize]));
        expected += u64::from(length);
    }
    file.extend(order.record(9_999, 0, &vec![7; 500_000]));
    let read = read(&file);
    assert_eq!(read.end, End::Complete);
    assert_eq!(
        (read.frames.len(), read.counters.bytes),
        (2_001, expected + 500_000)
    );
    assert!(read.frames.iter().take(2_000).enumerate().all(|(index, frame)| {
        frame.bytes.iter().all(|&byte| byte == index as u8) && frame.at == index as i64 * SECOND
    }));
}
