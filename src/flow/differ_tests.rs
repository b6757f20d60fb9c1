//! Segments that differ from the stream.

use super::*;

fn conflict(differing: u32) -> Difference {
    Difference::Conflict {
        differing,
        first_frame: 0,
        first_ttl: 0,
    }
}

/// The stream 100.. "abcdef" in pieces, with its SYN.
fn opened(pieces: &[(u32, &[u8])]) -> (Line, Got) {
    let (mut line, mut got) = (Line::default(), Got::default());
    let syn = Segment {
        syn: true,
        ..segment(99, b"", 0)
    };
    push(&mut line, &mut got, &syn);
    for (sequence, bytes) in pieces {
        push(&mut line, &mut got, &segment(*sequence, bytes, 0));
    }
    (line, got)
}

#[test]
fn other_bytes_for_the_same_place_are_handed_on_wherever_they_lie() {
    for from in 0..6_u32 {
        for until in from + 1..=6 {
            let (mut line, mut got) = opened(&[(100, b"ab"), (102, b"cd"), (104, b"ef")]);
            let bytes = &b"ABCDEF"[from as usize..until as usize];
            push(&mut line, &mut got, &segment(100 + from, bytes, 0));
            assert_eq!(got.bytes, b"abcdef", "{from}..{until}");
            // One byte just before the next one may be a keep-alive.
            let alive = (from, until) == (5, 6);
            let expected = if alive {
                vec![]
            } else {
                vec![(conflict(until - from), bytes.to_vec())]
            };
            assert_eq!(got.others, expected, "{from}..{until}");
        }
    }
}

#[test]
fn a_last_byte_that_was_never_acknowledged_is_no_keep_alive() {
    let (mut line, mut got) = opened(&[(100, b"abc")]);
    line.stream.acknowledge(100);
    push(&mut line, &mut got, &segment(102, b"C", 0));
    assert_eq!(got.others, vec![(conflict(1), b"C".to_vec())]);
    line.stream.acknowledge(103);
    push(&mut line, &mut got, &segment(102, b"X", 0));
    assert_eq!(got.others.len(), 1, "all is acknowledged: a keep-alive");
}

#[test]
fn the_same_bytes_in_other_pieces_are_no_conflict() {
    let (mut line, mut got) = opened(&[(100, b"ab"), (102, b"cd"), (104, b"ef")]);
    push(&mut line, &mut got, &segment(100, b"abcdef", 1));
    push(&mut line, &mut got, &segment(101, b"bcd", 1));
    push(&mut line, &mut got, &segment(103, b"defg", 1));
    assert_eq!(got, plain(b"abcdefg"));
    assert_eq!(line.history.counts.repeated, 2);
}

#[test]
fn a_conflict_told_once_is_not_told_again() {
    let (mut line, mut got) = opened(&[(100, b"abcdef")]);
    for _ in 0..5 {
        push(&mut line, &mut got, &segment(100, b"abcxyz", 1));
    }
    assert_eq!(got.others.len(), 1);
    assert_eq!(line.history.counts.conflicts, 1);
}

#[test]
fn segments_that_wait_are_compared_with_each_other() {
    // The same place twice, behind a hole; then a part of each.
    for (first, second) in [
        ((102, b"cdef".as_slice()), (102, b"CDEF".as_slice())),
        ((102, b"cdef"), (103, b"DE")),
        ((103, b"de"), (102, b"CDEF")),
        ((102, b"cd"), (103, b"DEF")),
        ((103, b"def"), (102, b"CD")),
    ] {
        let (mut line, mut got) = opened(&[first, second]);
        assert_eq!(got.bytes, b"");
        push(&mut line, &mut got, &segment(100, b"ab", 0));
        assert_eq!(got.others.len(), 1, "{first:?} {second:?}: {got:?}");
        assert!(matches!(got.others[0].0, Difference::Conflict { .. }));
    }
}

#[test]
fn a_segment_for_a_hole_that_was_given_up_is_handed_on_once() {
    let (mut line, mut got) = opened(&[(100, b"ab"), (104, b"ef")]);
    line.stream.acknowledge(106);
    check(&mut line, &mut got, 1);
    assert_eq!(got.gaps, vec![Some(2)]);
    push(&mut line, &mut got, &segment(102, b"cd", 1));
    push(&mut line, &mut got, &segment(102, b"cd", 1));
    assert_eq!(got.others, vec![(Difference::Late, b"cd".to_vec())]);
    assert_eq!(got.bytes, b"abef");
}

#[test]
fn a_lost_segment_that_comes_late_in_a_capture_of_one_direction_fills_its_hole() {
    let (mut line, mut got) = opened(&[(100, b"ab"), (104, b"ef")]);
    check(&mut line, &mut got, 2);
    assert_eq!(got.gaps, vec![Some(2)]);
    push(&mut line, &mut got, &segment(102, b"cd", 2));
    push(&mut line, &mut got, &segment(106, b"gh", 2));
    assert_eq!(got.others, vec![(Difference::Late, b"cd".to_vec())]);
    assert_eq!((got.bytes.as_slice(), got.gaps.len()), (&b"abefgh"[..], 1));
}

#[test]
fn a_forged_segment_ahead_does_not_move_the_stream_for_good() {
    let (mut line, mut got) = opened(&[(100, b"ab")]);
    line.stream.acknowledge(102);
    push(&mut line, &mut got, &segment(50_000, b"forged", 1));
    for second in 1..30 {
        // As long as the stream goes on the hole is not given up.
        push(
            &mut line,
            &mut got,
            &segment(100 + 2 * second, b"cd", i64::from(second)),
        );
        check(&mut line, &mut got, i64::from(second));
    }
    assert_eq!((got.bytes.len(), got.gaps.len()), (60, 0));
    check(&mut line, &mut got, 60);
    assert_eq!(got.gaps.len(), 1, "after a long pause it is read");
    push(&mut line, &mut got, &segment(160, b"real", 61));
    push(&mut line, &mut got, &segment(164, b"more", 61));
    assert!(
        got.bytes.ends_with(b"realmore"),
        "and the stream goes on where it stood"
    );
}

#[test]
fn bytes_that_were_cut_off_are_a_hole_of_known_size() {
    let (mut line, mut got) = opened(&[]);
    let cut = Segment {
        missing: 4,
        ..segment(100, b"ab", 0)
    };
    push(&mut line, &mut got, &cut);
    push(&mut line, &mut got, &cut);
    push(&mut line, &mut got, &segment(106, b"gh", 0));
    assert_eq!(
        got,
        Got {
            gaps: vec![Some(4)],
            ..plain(b"abgh")
        }
    );
    // A length that is a lie costs nothing: what comes next is taken.
    push(&mut line, &mut got, &Segment { sequence: 108, ..cut });
    push(&mut line, &mut got, &segment(110, b"ijklmnop", 0));
    assert_eq!(got.bytes, b"abghabijklmnop");
}

#[test]
fn the_end_of_a_cut_segment_is_reported_with_the_end_of_the_connection() {
    let (mut line, mut got) = opened(&[]);
    let cut = Segment {
        missing: 4,
        ..segment(100, b"ab", 0)
    };
    push(&mut line, &mut got, &cut);
    let end = Segment {
        fin: true,
        ..segment(106, b"", 0)
    };
    push(&mut line, &mut got, &end);
    assert_eq!(got.gaps, vec![Some(4)]);
    assert!(line.stream.closed);
}

#[test]
fn urgent_data_is_read_with_and_without_its_byte() {
    let (mut line, mut got) = opened(&[]);
    let urgent = Segment {
        urgent: 3,
        ..segment(100, b"abXcd", 0)
    };
    push(&mut line, &mut got, &urgent);
    assert_eq!(got.bytes, b"abXcd");
    assert_eq!(got.others, vec![(Difference::Urgent, b"abcd".to_vec())]);
}

#[test]
fn a_copy_of_a_packet_is_told_from_a_segment_sent_again() {
    let (mut line, mut got) = opened(&[]);
    let first = Segment {
        mark: Mark::Identification(7),
        ..segment(100, b"ab", 0)
    };
    push(&mut line, &mut got, &first);
    push(&mut line, &mut got, &first);
    push(
        &mut line,
        &mut got,
        &Segment {
            mark: Mark::Identification(8),
            ..first
        },
    );
    push(
        &mut line,
        &mut got,
        &Segment {
            at: CaptureTime(SECOND),
            ..first
        },
    );
    push(
        &mut line,
        &mut got,
        &Segment {
            mark: Mark::None,
            ..first
        },
    );
    let counts = line.history.counts;
    assert_eq!((counts.copies, counts.repeated), (1, 3));
}

#[test]
fn data_with_the_syn_is_data() {
    let (mut line, mut got) = (Line::default(), Got::default());
    let syn = Segment {
        syn: true,
        ..segment(u32::MAX, b"ab", 0)
    };
    push(&mut line, &mut got, &syn);
    push(&mut line, &mut got, &syn);
    push(&mut line, &mut got, &segment(2, b"cd", 0));
    assert_eq!(got, plain(b"abcd"));
}

proptest! {
    /// Whatever differs from the stream is handed on, and nothing else, however the stream was cut.
    #[test]
    fn every_differing_segment_is_handed_on(
        bytes in prop::collection::vec(any::<u8>(), 2..200),
        cuts in prop::collection::vec(1_usize..20, 1..20),
        place in any::<prop::sample::Index>(),
        count in 1_usize..40,
        change in any::<Option<(prop::sample::Index, u8)>>(),
        start in any::<u32>(),
    ) {
        let (mut line, mut got) = (Line::default(), Got::default());
        push(&mut line, &mut got, &Segment { syn: true, ..segment(start.wrapping_sub(1), b"", 0) });
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            if at >= bytes.len() { break; }
            let end = (at + cut).min(bytes.len());
            push(&mut line, &mut got, &segment(start.wrapping_add(at as u32), &bytes[at..end], 0));
            at = end;
        }
        let from = place.index(bytes.len());
        let until = (from + count).min(bytes.len());
        let mut again = bytes[from..until].to_vec();
        let mut differs = false;
        if let Some((index, value)) = change {
            let index = index.index(again.len());
            differs = again[index] != value;
            again[index] = value;
        }
        let alive = again.len() == 1 && until == bytes.len();
        push(&mut line, &mut got, &segment(start.wrapping_add(from as u32), &again, 1));
        let expected = if differs && !alive { vec![(conflict(1), again)] } else { vec![] };
        prop_assert_eq!(got, Got { bytes, gaps: vec![], others: expected });
    }
}
