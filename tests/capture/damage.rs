//! Damaged captures: read as far as they go, reported, and never a panic, a hang or a large allocation.

use proptest::prelude::*;
use tapglass::capture::{End, Fault, OpenError, open};

use crate::build::{Kept, ORDERS, Order, drain, file, read};
use crate::packed::{gzip, zstd};

/// A small pcap and where each of its frames ends.
fn small_pcap(order: Order) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = order.pcap(0xa1b2_c3d4, 4, 65_535, 1);
    let mut ends = Vec::new();
    for index in 0..4_u8 {
        bytes.extend(order.record(u32::from(index) + 1, 0, &vec![index; 5 + usize::from(index)]));
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// A small pcapng with most kinds of blocks, and where each of its frames ends.
fn small_pcapng(order: Order) -> (Vec<u8>, Vec<usize>) {
    let comment = [order.option(1, b"note"), order.u32(0).to_vec()].concat();
    let names = [order.option(1, b"\x0a\0\0\x01plc\0"), order.u32(0).to_vec()].concat();
    let blocks = [
        (false, order.section()),
        (false, order.interface(1, 0, &order.option(9, &[9]))),
        (false, order.interface(113, 96, &order.option(2, b"eth1"))),
        (true, order.packet(0, 1, b"first", &[])),
        (false, order.block(4, &names)),
        (true, order.packet(1, 2, b"second", &comment)),
        (false, order.block(0x77, b"unknown")),
        (true, order.block(3, &[&order.u32(6)[..], b"simple"].concat())),
        (
            false,
            order.block(
                5,
                &[order.words(&[1, 0, 0]), order.option(5, &order.u64(1))].concat(),
            ),
        ),
        (false, order.block(10, &order.words(&[1, 4, 0x1234_5678]))),
        (true, order.packet(0, 3, b"last", &[])),
    ];
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for (frame, block) in blocks {
        bytes.extend(block);
        if frame {
            ends.push(bytes.len());
        }
    }
    (bytes, ends)
}

#[test]
fn delivers_every_frame_before_a_cut() {
    for order in ORDERS {
        for (bytes, ends) in [small_pcap(order), small_pcapng(order)] {
            let whole = read(&bytes).frames;
            assert_eq!(whole.len(), 4);
            for cut in 0..bytes.len() {
                let part = file(&bytes[..cut]);
                let expected = ends.iter().filter(|&&end| end <= cut).count();
                match open(part.path()) {
                    Ok(source) => {
                        let read = drain(source);
                        assert_eq!(read.frames, whole[..expected], "cut at {cut}");
                        assert!(read.damages.len() <= 1, "cut at {cut}: {:?}", read.damages);
                        if let End::Damaged(damage) = &read.end {
                            assert!(
                                matches!(damage.fault, Fault::CutOff { .. }),
                                "cut at {cut}: {damage}"
                            );
                            assert_eq!(damage.after_frame, expected as u64);
                            assert!(damage.at <= cut as u64);
                        }
                    }
                    Err(error) => assert!(cut < 24 && expected == 0, "cut at {cut}: {error}"),
                }
            }
        }
    }
}

#[test]
fn delivers_what_a_cut_packed_capture_still_holds() {
    // Random bytes, so that each part of the packed file holds as much of the capture.
    let mut state = 1_u32;
    let mut bytes = Order::Little.pcap(0xa1b2_c3d4, 4, 65_535, 1);
    for second in 0..3_000 {
        let frame: Vec<u8> = (0..1_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        bytes.extend(Order::Little.record(second, 0, &frame));
    }
    for packed in [gzip(&bytes), zstd(&bytes)] {
        for part in [3, 5, 9] {
            let cut = packed.len() * part / 10;
            let read = read(&packed[..cut]);
            // A block of 128 KiB is lost at the cut.
            let least = 3_000 * part / 10 - 132;
            assert!(
                read.frames.len() >= least,
                "{} frames of {part} tenths",
                read.frames.len()
            );
            assert!(matches!(read.end, End::Damaged(damage) if matches!(damage.fault, Fault::Read(_))));
        }
    }
}

#[test]
fn finds_the_next_block_after_any_flipped_byte() {
    for order in ORDERS {
        let (bytes, _) = small_pcapng(order);
        let whole = read(&bytes).frames;
        let headers = order.section().len() + order.interface(1, 0, &order.option(9, &[9])).len() * 3;
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut flipped = bytes.clone();
                flipped[at] ^= flip;
                let Ok(source) = open(file(&flipped).path()) else {
                    assert!(at < 4, "only the magic decides, not byte {at}");
                    continue;
                };
                let read = drain(source);
                let same = |frame: &Kept| whole.iter().any(|sound| sound.bytes == frame.bytes);
                let sound = read.frames.iter().filter(|&frame| same(frame)).count();
                // Beyond the descriptions, a flip costs the frame that it hits and no other.
                let least = if at < headers { 0 } else { 3 };
                assert!(
                    sound >= least,
                    "{order:?} byte {at} ^ {flip:#x}: {sound} frames, {:?}",
                    read.damages
                );
            }
        }
    }
}

#[test]
fn reads_on_after_bytes_that_are_missing_or_too_many() {
    let order = Order::Big;
    let packets: Vec<_> = (0..9_u64)
        .map(|stamp| order.packet(0, stamp, &[stamp as u8; 50], &[]))
        .collect();
    let start = [order.section(), order.interface(1, 0, &[])].concat();
    let missing = [
        &start[..],
        &packets[..3].concat(),
        &packets[3][17..],
        &packets[4..].concat(),
    ]
    .concat();
    let read_on = read(&missing);
    assert_eq!(read_on.frames.len(), 8);
    let [damage] = &read_on.damages[..] else {
        panic!("{:?}", read_on.damages)
    };
    assert_eq!(
        (damage.at, damage.after_frame),
        ((start.len() + 3 * packets[0].len()) as u64, 3)
    );
    assert_eq!(damage.passed_over, Some(packets[3].len() as u64 - 17));
    assert_eq!(read_on.end, End::Damaged(damage.clone()));

    let garbage = vec![0x5a; 300_001];
    let more = [
        &start[..],
        &packets[..3].concat(),
        &garbage,
        &packets[3..].concat(),
    ]
    .concat();
    let read_on = read(&more);
    assert_eq!((read_on.frames.len(), read_on.counters.damages), (9, 1));
    assert_eq!(read_on.damages[0].passed_over, Some(300_001));
}

#[test]
fn stops_at_an_impossible_length_in_pcap() {
    for order in ORDERS {
        let mut bytes = order.pcap(0xa1b2_c3d4, 4, 1_500, 1);
        bytes.extend(order.record(1, 0, b"sound"));
        let at = bytes.len() as u64;
        bytes.extend(order.words(&[2, 0, 1_500 + 256 * 1024 + 1, 60]));
        bytes.extend(vec![0; 1_000_000]);
        let read = read(&bytes);
        let End::Damaged(damage) = &read.end else {
            panic!("{:?}", read.end)
        };
        assert_eq!(read.frames.len(), 1);
        assert_eq!(
            damage.to_string(),
            format!(
                "damaged at byte {at}, after frame 1: a frame claims 263645 captured bytes, at most 263644 are \
                 possible here; nothing after that was read; copy the capture again from where it was made and \
                 compare the checksums"
            )
        );
    }
}

#[test]
fn passes_over_frames_of_interfaces_that_are_not_described() {
    let order = Order::Little;
    let frames = [
        order.packet(0, 1, b"a", &[]),
        order.packet(7, 2, b"b", &[]),
        order.packet(0, 3, b"c", &[]),
    ];
    let read = read(&[order.section(), order.interface(1, 0, &[]), frames.concat()].concat());
    assert_eq!(
        read.frames.iter().map(|frame| frame.bytes[0]).collect::<Vec<_>>(),
        [b'a', b'c']
    );
    assert_eq!(
        read.damages[0].fault,
        Fault::NoInterface {
            interface: 7,
            known: 1
        }
    );
}

#[test]
fn counts_more_damages_than_it_keeps() {
    let order = Order::Little;
    let bad = order.packet(9, 1, b"x", &[]);
    let read = read(&[order.section(), bad.repeat(1_000)].concat());
    assert_eq!((read.damages.len(), read.counters.damages), (64, 1_000));
}

#[test]
fn does_not_slow_down_on_blocks_that_only_look_sound() {
    // Each place starts a block of almost 1 MiB whose end does not repeat its length.
    let order = Order::Little;
    let lookalike = order.words(&[6, 1_048_000]).repeat(1_000_000);
    let mut bytes = [order.section(), vec![1; 16], lookalike].concat();
    bytes.extend(order.interface(1, 0, &[]));
    bytes.extend(order.packet(0, 1, b"found", &[]));
    let started = std::time::Instant::now();
    let read = read(&bytes);
    assert_eq!(read.frames.len(), 1);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

/// Reads whatever these bytes are.
fn read_anything(bytes: &[u8]) {
    match open(file(bytes).path()) {
        Ok(source) => {
            let read = drain(source);
            assert!(read.counters.bytes <= 1 << 24);
        }
        Err(error) => assert!(!matches!(error, OpenError::Missing { .. })),
    }
}

#[test]
fn survives_every_flipped_byte() {
    for order in ORDERS {
        let pcap = small_pcap(order).0;
        let packed = [gzip(&pcap), zstd(&pcap)];
        for bytes in [vec![pcap], packed.to_vec()].concat() {
            for at in 0..bytes.len() {
                for flip in [0x01, 0x10, 0x80, 0xff] {
                    let mut flipped = bytes.clone();
                    flipped[at] ^= flip;
                    read_anything(&flipped);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn survives_random_bytes_after_any_header(
        header in 0..6_usize,
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let start = match header {
            0 => Vec::new(),
            1 => Order::Big.pcap(0xa1b2_c3d4, 4, 65_535, 1),
            2 => Order::Little.section(),
            3 => [Order::Big.section(), Order::Big.interface(1, 0, &[])].concat(),
            4 => vec![0x1f, 0x8b, 8, 0],
            _ => vec![0x28, 0xb5, 0x2f, 0xfd],
        };
        read_anything(&[start, bytes].concat());
    }

    #[test]
    fn survives_random_blocks(
        blocks in prop::collection::vec((0..12_u32, prop::collection::vec(any::<u8>(), 0..80)), 0..30),
        big in any::<bool>(),
    ) {
        let order = if big { Order::Big } else { Order::Little };
        let mut bytes = [order.section(), order.interface(1, 0, &[])].concat();
        for (kind, body) in blocks {
            bytes.extend(order.block(kind, &body));
        }
        read_anything(&bytes);
    }
}
