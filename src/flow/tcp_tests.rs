use super::*;
use proptest::prelude::*;

/// Collects what a stream delivers: bytes, how many bytes each gap missed, and what differs.
#[derive(Default, Debug, PartialEq)]
struct Got {
    bytes: Vec<u8>,
    gaps: Vec<Option<u64>>,
    others: Vec<(Difference, Vec<u8>)>,
}

/// One direction with its memory.
#[derive(Default)]
struct Line {
    stream: Stream,
    history: History,
}

impl Got {
    fn take(&mut self, delivery: Delivery<'_>) {
        match delivery {
            Delivery::Data { bytes, .. } => self.bytes.extend_from_slice(bytes),
            Delivery::Gap { missing, .. } => self.gaps.push(missing),
            Delivery::Other(other) => self.others.push((other.difference, other.bytes.clone())),
        }
    }
}

fn segment(sequence: u32, bytes: &[u8], second: i64) -> Segment<'_> {
    Segment {
        sequence,
        syn: false,
        fin: false,
        urgent: 0,
        bytes,
        missing: 0,
        at: CaptureTime(second * SECOND),
        frame: second.unsigned_abs(),
        offset: 0,
        sender: Sender::default(),
        mark: Mark::None,
    }
}

fn push(line: &mut Line, got: &mut Got, segment: &Segment<'_>) {
    let limits = FlowLimits::default();
    line.stream
        .push(segment, &limits, &mut line.history, &mut |delivery| {
            got.take(delivery)
        });
}

fn check(line: &mut Line, got: &mut Got, second: i64) {
    let now = CaptureTime(second * SECOND);
    line.stream
        .check(now, true, &mut line.history, &mut |delivery| got.take(delivery));
}

/// What comes out when nothing is missing and nothing differs.
fn plain(bytes: &[u8]) -> Got {
    Got {
        bytes: bytes.to_vec(),
        ..Got::default()
    }
}

#[test]
fn swapped_segments_come_out_in_order() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(
        &mut line,
        &mut got,
        &Segment {
            syn: true,
            ..segment(99, b"", 0)
        },
    );
    push(&mut line, &mut got, &segment(103, b"def", 0));
    push(&mut line, &mut got, &segment(100, b"abc", 0));
    assert_eq!(got, plain(b"abcdef"));
}

#[test]
fn a_sequence_number_wraps() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(u32::MAX - 1, b"ab", 0));
    push(&mut line, &mut got, &segment(2, b"e", 0));
    push(&mut line, &mut got, &segment(0, b"cd", 0));
    assert_eq!(got, plain(b"abcde"));
}

#[test]
fn a_retransmission_with_more_adds_only_the_rest() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(10, b"abc", 0));
    push(&mut line, &mut got, &segment(10, b"abc", 0));
    push(&mut line, &mut got, &segment(11, b"bcde", 0));
    assert_eq!(got, plain(b"abcde"));
    assert_eq!(line.history.counts.repeated, 1);
}

#[test]
fn a_keep_alive_brings_nothing() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(10, b"abc", 0));
    push(&mut line, &mut got, &segment(12, b"\0", 0));
    push(&mut line, &mut got, &segment(13, b"d", 0));
    assert_eq!(got, plain(b"abcd"));
}

#[test]
fn a_hole_that_the_receiver_has_acknowledged_is_skipped_soon() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(10, b"abc", 0));
    push(&mut line, &mut got, &segment(18, b"ij", 1));
    assert_eq!(got.gaps, vec![], "the missing segment may still come");
    line.stream.acknowledge(20);
    check(&mut line, &mut got, 2);
    assert_eq!(
        got,
        Got {
            gaps: vec![Some(5)],
            ..plain(b"abcij")
        }
    );
}

#[test]
fn a_hole_that_is_not_acknowledged_waits_for_the_retransmission() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(10, b"abc", 0));
    line.stream.acknowledge(13);
    push(&mut line, &mut got, &segment(18, b"ij", 1));
    check(&mut line, &mut got, 4);
    assert_eq!(got.gaps, vec![]);
    push(&mut line, &mut got, &segment(13, b"defgh", 5));
    assert_eq!(got, plain(b"abcdefghij"));
}

#[test]
fn a_jump_that_the_receiver_confirms_is_a_gap_of_unknown_size() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(10, b"abc", 0));
    line.stream.acknowledge(1_000_000_000);
    push(&mut line, &mut got, &segment(1_000_000_000, b"xyz", 1));
    assert_eq!(
        got,
        Got {
            gaps: vec![None],
            ..plain(b"abcxyz")
        }
    );
}

#[test]
fn a_jump_that_nothing_confirms_stands_beside_the_stream_until_it_goes_on() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(10, b"abc", 0));
    push(&mut line, &mut got, &segment(1_000_000_000, b"xyz", 1));
    push(&mut line, &mut got, &segment(13, b"def", 1));
    push(&mut line, &mut got, &segment(2_000_000_000, b"uvw", 1));
    push(&mut line, &mut got, &segment(2_000_000_003, b"rst", 1));
    assert_eq!(
        got,
        Got {
            bytes: b"abcdefrst".to_vec(),
            gaps: vec![None],
            others: vec![
                (Difference::Astray, b"xyz".to_vec()),
                (Difference::Astray, b"uvw".to_vec())
            ],
        }
    );
}

#[test]
fn the_end_comes_after_the_last_byte() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(10, b"a", 0));
    push(
        &mut line,
        &mut got,
        &Segment {
            fin: true,
            ..segment(12, b"c", 0)
        },
    );
    assert!(!line.stream.closed);
    push(&mut line, &mut got, &segment(11, b"b", 0));
    assert!(line.stream.closed);
    assert_eq!(got.bytes, b"abc");
}

proptest! {
    /// However a stream is cut, repeated and shuffled within a window, its bytes come out once and in order.
    #[test]
    fn equals_the_naive_stream(
        stream_bytes in prop::collection::vec(any::<u8>(), 1..400),
        cuts in prop::collection::vec((1_usize..40, any::<u8>()), 1..60),
        start in any::<u32>(),
    ) {
        let mut pieces = vec![];
        let mut at = 0;
        for (length, order) in cuts.iter().cycle() {
            if at >= stream_bytes.len() { break; }
            let end = (at + length).min(stream_bytes.len());
            // Some pieces reach back into the one before.
            let from = at.saturating_sub(usize::from(order % 5));
            pieces.push((from, end, *order));
            at = end;
        }
        // Swap neighbours where the order byte says so, and repeat some.
        let mut sent = vec![];
        for piece in &pieces {
            sent.push(*piece);
            if piece.2 % 7 == 0 { sent.push(*piece); }
        }
        for index in 1..sent.len() {
            if sent[index].2 % 3 == 0 { sent.swap(index - 1, index); }
        }
        let (mut line, mut got) = (Line::default(), Got::default());
        push(&mut line, &mut got, &Segment { syn: true, ..segment(start.wrapping_sub(1), b"", 0) });
        for (from, end, _) in sent {
            let sequence = start.wrapping_add(from as u32);
            push(&mut line, &mut got, &segment(sequence, &stream_bytes[from..end], 0));
        }
        prop_assert_eq!(got, plain(&stream_bytes));
    }
}

#[test]
fn a_reset_far_from_the_stream_is_not_the_senders() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(&mut line, &mut got, &segment(10, b"abc", 0));
    assert!(line.stream.accepts_reset(13));
    assert!(!line.stream.accepts_reset(12), "behind what was sent");
    assert!(
        !line.stream.accepts_reset(13 + (32 << 20)),
        "far out of the window"
    );
}

#[test]
fn a_second_syn_before_any_data_does_not_move_the_stream() {
    let (mut line, mut got) = (Line::default(), Got::default());
    push(
        &mut line,
        &mut got,
        &Segment {
            syn: true,
            ..segment(99, b"", 0)
        },
    );
    push(
        &mut line,
        &mut got,
        &Segment {
            syn: true,
            ..segment(100_099, b"", 0)
        },
    );
    push(&mut line, &mut got, &segment(100, b"abc", 0));
    assert_eq!(got.bytes, b"abc");
    assert_eq!(line.stream.asked, Some(100_100));
}

#[path = "differ_tests.rs"]
mod differ;
