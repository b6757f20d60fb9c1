use super::*;
use crate::flow::FlowLimits;
use proptest::prelude::*;

/// Collects what a stream delivers: bytes, and how many bytes each gap missed.
#[derive(Default, Debug, PartialEq)]
struct Got {
    bytes: Vec<u8>,
    gaps: Vec<Option<u64>>,
}

impl Got {
    fn take(&mut self, delivery: Delivery<'_>) {
        match delivery {
            Delivery::Data { bytes, .. } => self.bytes.extend_from_slice(bytes),
            Delivery::Gap { missing, .. } => self.gaps.push(missing),
        }
    }
}

fn segment(sequence: u32, bytes: &[u8], second: i64) -> Segment<'_> {
    Segment {
        sequence,
        syn: false,
        fin: false,
        bytes,
        at: CaptureTime(second * SECOND),
        frame: second.unsigned_abs(),
        offset: 0,
        sender: Sender::default(),
    }
}

fn push(stream: &mut Stream, got: &mut Got, segment: &Segment<'_>) {
    stream.push(segment, &FlowLimits::default(), &mut |delivery| {
        got.take(delivery)
    });
}

#[test]
fn swapped_segments_come_out_in_order() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(
        &mut stream,
        &mut got,
        &Segment {
            syn: true,
            ..segment(99, b"", 0)
        },
    );
    push(&mut stream, &mut got, &segment(103, b"def", 0));
    push(&mut stream, &mut got, &segment(100, b"abc", 0));
    assert_eq!(
        got,
        Got {
            bytes: b"abcdef".to_vec(),
            gaps: vec![]
        }
    );
}

#[test]
fn a_sequence_number_wraps() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(&mut stream, &mut got, &segment(u32::MAX - 1, b"ab", 0));
    push(&mut stream, &mut got, &segment(2, b"e", 0));
    push(&mut stream, &mut got, &segment(0, b"cd", 0));
    assert_eq!(
        got,
        Got {
            bytes: b"abcde".to_vec(),
            gaps: vec![]
        }
    );
}

#[test]
fn a_retransmission_with_more_adds_only_the_rest() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(&mut stream, &mut got, &segment(10, b"abc", 0));
    push(&mut stream, &mut got, &segment(10, b"abc", 0));
    push(&mut stream, &mut got, &segment(11, b"bcde", 0));
    assert_eq!(
        got,
        Got {
            bytes: b"abcde".to_vec(),
            gaps: vec![]
        }
    );
    assert_eq!(stream.repeated, 1);
}

#[test]
fn a_keep_alive_brings_nothing() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(&mut stream, &mut got, &segment(10, b"abc", 0));
    push(&mut stream, &mut got, &segment(12, b"\0", 0));
    push(&mut stream, &mut got, &segment(13, b"d", 0));
    assert_eq!(
        got,
        Got {
            bytes: b"abcd".to_vec(),
            gaps: vec![]
        }
    );
}

#[test]
fn a_hole_that_the_receiver_has_acknowledged_is_skipped_soon() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(&mut stream, &mut got, &segment(10, b"abc", 0));
    push(&mut stream, &mut got, &segment(18, b"ij", 1));
    assert_eq!(got.gaps, vec![], "the missing segment may still come");
    stream.acknowledge(20);
    stream.check(CaptureTime(2 * SECOND), true, &mut |delivery| got.take(delivery));
    assert_eq!(
        got,
        Got {
            bytes: b"abcij".to_vec(),
            gaps: vec![Some(5)]
        }
    );
}

#[test]
fn a_hole_that_is_not_acknowledged_waits_for_the_retransmission() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(&mut stream, &mut got, &segment(10, b"abc", 0));
    stream.acknowledge(13);
    push(&mut stream, &mut got, &segment(18, b"ij", 1));
    stream.check(CaptureTime(4 * SECOND), true, &mut |delivery| got.take(delivery));
    assert_eq!(got.gaps, vec![]);
    push(&mut stream, &mut got, &segment(13, b"defgh", 5));
    assert_eq!(
        got,
        Got {
            bytes: b"abcdefghij".to_vec(),
            gaps: vec![]
        }
    );
}

#[test]
fn a_jump_is_a_gap_of_unknown_size() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(&mut stream, &mut got, &segment(10, b"abc", 0));
    push(&mut stream, &mut got, &segment(1_000_000_000, b"xyz", 1));
    assert_eq!(
        got,
        Got {
            bytes: b"abcxyz".to_vec(),
            gaps: vec![None]
        }
    );
}

#[test]
fn the_end_comes_after_the_last_byte() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(&mut stream, &mut got, &segment(10, b"a", 0));
    push(
        &mut stream,
        &mut got,
        &Segment {
            fin: true,
            ..segment(12, b"c", 0)
        },
    );
    assert!(!stream.closed);
    push(&mut stream, &mut got, &segment(11, b"b", 0));
    assert!(stream.closed);
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
        let (mut stream, mut got) = (Stream::default(), Got::default());
        push(&mut stream, &mut got, &Segment { syn: true, ..segment(start.wrapping_sub(1), b"", 0) });
        for (from, end, _) in sent {
            let sequence = start.wrapping_add(from as u32);
            push(&mut stream, &mut got, &segment(sequence, &stream_bytes[from..end], 0));
        }
        prop_assert_eq!(got, Got { bytes: stream_bytes, gaps: vec![] });
    }
}

#[test]
fn a_reset_far_from_the_stream_is_not_the_senders() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(&mut stream, &mut got, &segment(10, b"abc", 0));
    assert!(stream.accepts_reset(13));
    assert!(!stream.accepts_reset(12), "behind what was sent");
    assert!(!stream.accepts_reset(13 + (32 << 20)), "far out of the window");
}

#[test]
fn a_second_syn_before_any_data_does_not_move_the_stream() {
    let (mut stream, mut got) = (Stream::default(), Got::default());
    push(
        &mut stream,
        &mut got,
        &Segment {
            syn: true,
            ..segment(99, b"", 0)
        },
    );
    push(
        &mut stream,
        &mut got,
        &Segment {
            syn: true,
            ..segment(100_099, b"", 0)
        },
    );
    push(&mut stream, &mut got, &segment(100, b"abc", 0));
    assert_eq!(got.bytes, b"abc");
    assert_eq!(stream.asked, Some(100_100));
}
