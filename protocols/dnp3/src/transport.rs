//! The transport function: application fragments put together from segments (IEEE 1815-2012 clause 8).
//!
//! Several masters and outstations can share one connection, so each source, destination and direction has its own
//! series of segments. Only series that are not complete are held.

use alloc::vec::Vec;

use tapglass_proto::Piece;

/// Sequence numbers run from 0 to 63 and wrap (8.2.2.3).
const SEQUENCE: u8 = 0x3f;
/// The most series that are held at once; more than one connection ever carries in good order.
const MOST_SERIES: usize = 256;

/// The transport header octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Octet(pub(crate) u8);

impl Octet {
    /// FIN: the last segment of a fragment.
    pub(crate) const fn is_final(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// FIR: the first segment of a fragment.
    pub(crate) const fn is_first(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// SEQUENCE.
    pub(crate) const fn sequence(self) -> u8 {
        self.0 & SEQUENCE
    }

    const fn follows(self, before: u8) -> bool {
        self.sequence() == before.wrapping_add(1) & SEQUENCE
    }
}

/// Whose series a segment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    /// Link source.
    pub(crate) source: u16,
    /// Link destination.
    pub(crate) destination: u16,
    /// The DIR bit.
    pub(crate) from_master: bool,
}

/// One segment as it came.
#[derive(Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(crate) series: Series,
    pub(crate) octet: Octet,
    /// The part of the fragment.
    pub(crate) data: &'a [u8],
    /// The link frame that carried it.
    pub(crate) frame: &'a [u8],
    pub(crate) pieces: &'a [Piece],
}

/// A fragment of which segments have come.
#[derive(Clone, Debug)]
pub(crate) struct Partial {
    series: Series,
    /// Which stream of the connection carries it.
    pub(crate) side: usize,
    /// Sequence number of its first segment.
    pub(crate) first: u8,
    last: u8,
    last_length: usize,
    /// How many segments have come.
    pub(crate) segments: u32,
    /// The fragment so far.
    pub(crate) data: Vec<u8>,
    /// The link frames so far.
    pub(crate) frames: Vec<u8>,
    /// Where the link frames stood.
    pub(crate) pieces: Vec<Piece>,
}

/// What became of a segment.
#[derive(Debug)]
pub(crate) enum Placed {
    /// More is to come.
    Held,
    /// The fragment is complete.
    Complete(Partial),
    /// The same segment came before; nothing is lost by leaving it out.
    Repeated,
    /// It continues a series of which nothing is held.
    WithoutFirst,
    /// Its sequence number does not follow: the series and the segment are given up.
    OutOfSequence(Partial),
}

/// The series of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reassembly {
    open: Vec<Partial>,
    /// The last fragment that was completed from several segments, to know its last segment when it comes twice.
    finished: Option<(Series, u8, usize)>,
    /// A finished one whose memory is used again.
    spare: Option<Partial>,
}

impl Reassembly {
    /// Takes out what is held of a series; a new first segment ends it.
    pub(crate) fn interrupt(&mut self, series: Series) -> Option<Partial> {
        let position = self.open.iter().position(|partial| partial.series == series)?;
        Some(self.open.remove(position))
    }

    /// Takes out everything that one stream carries.
    pub(crate) fn take_side(&mut self, side: usize) -> Option<Partial> {
        let position = self.open.iter().position(|partial| partial.side == side)?;
        Some(self.open.remove(position))
    }

    /// Takes out the oldest series when a new one or `more` bytes would pass the limits.
    pub(crate) fn make_room(&mut self, more: usize, message_bytes: usize) -> Option<Partial> {
        let held: usize = self.open.iter().map(|partial| partial.frames.len()).sum();
        (self.open.len() >= MOST_SERIES || held.saturating_add(more) > message_bytes)
            .then(|| (!self.open.is_empty()).then(|| self.open.remove(0)))
            .flatten()
    }

    /// True when nothing is held: then a whole fragment in one segment needs no look at this table.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Begins a series with its first segment.
    pub(crate) fn begin(&mut self, segment: &Segment<'_>, side: usize) {
        let mut partial = self.spare.take().unwrap_or_else(|| Partial {
            series: segment.series,
            side,
            first: 0,
            last: 0,
            last_length: 0,
            segments: 0,
            data: Vec::new(),
            frames: Vec::new(),
            pieces: Vec::new(),
        });
        partial.series = segment.series;
        partial.side = side;
        partial.first = segment.octet.sequence();
        partial.segments = 0;
        partial.data.clear();
        partial.frames.clear();
        partial.pieces.clear();
        partial.append(segment);
        self.open.push(partial);
    }

    /// Adds a segment that is not the first.
    pub(crate) fn add(&mut self, segment: &Segment<'_>) -> Placed {
        let Some(position) = self
            .open
            .iter()
            .position(|partial| partial.series == segment.series)
        else {
            let again = (segment.series, segment.octet.sequence(), segment.data.len());
            return if self.finished == Some(again) {
                Placed::Repeated
            } else {
                Placed::WithoutFirst
            };
        };
        let Some(partial) = self.open.get_mut(position) else {
            return Placed::WithoutFirst;
        };
        if segment.octet.follows(partial.last) {
            partial.append(segment);
            if !segment.octet.is_final() {
                return Placed::Held;
            }
            self.finished = Some((segment.series, segment.octet.sequence(), segment.data.len()));
            return Placed::Complete(self.open.remove(position));
        }
        if partial.repeats(segment) {
            return Placed::Repeated;
        }
        Placed::OutOfSequence(self.open.remove(position))
    }

    /// True when a first segment is the one that the open series began with, come again.
    pub(crate) fn begins_again(&self, segment: &Segment<'_>) -> bool {
        !segment.octet.is_final()
            && self.open.iter().any(|partial| {
                partial.series == segment.series && partial.segments == 1 && partial.repeats(segment)
            })
    }

    /// Takes a finished fragment back, so that its memory serves the next one.
    pub(crate) fn recycle(&mut self, partial: Partial) {
        // A very long fragment must not keep its memory for the rest of the conversation.
        if partial.frames.capacity() <= 64 << 10 {
            self.spare = Some(partial);
        }
    }
}

impl Partial {
    fn append(&mut self, segment: &Segment<'_>) {
        self.data.extend_from_slice(segment.data);
        self.frames.extend_from_slice(segment.frame);
        self.pieces.extend_from_slice(segment.pieces);
        self.last = segment.octet.sequence();
        self.last_length = segment.data.len();
        self.segments = self.segments.saturating_add(1);
    }

    fn repeats(&self, segment: &Segment<'_>) -> bool {
        segment.octet.sequence() == self.last
            && segment.data.len() == self.last_length
            && self.data.ends_with(segment.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: Series = Series {
        source: 4,
        destination: 3,
        from_master: false,
    };

    fn segment(octet: u8, data: &[u8]) -> Segment<'_> {
        Segment {
            series: SERIES,
            octet: Octet(octet),
            data,
            frame: data,
            pieces: &[],
        }
    }

    #[test]
    fn joins_across_the_wrap_of_the_sequence() {
        let mut reassembly = Reassembly::default();
        // 7f = FIR, sequence 63; 00 = sequence 0; 81 = FIN, sequence 1.
        reassembly.begin(&segment(0x7f, b"ab"), 0);
        assert!(matches!(reassembly.add(&segment(0x00, b"cd")), Placed::Held));
        let Placed::Complete(partial) = reassembly.add(&segment(0x81, b"e")) else {
            panic!("complete");
        };
        assert_eq!(partial.data, b"abcde");
        assert_eq!((partial.first, partial.segments), (63, 3));
        assert!(reassembly.is_empty());
    }

    #[test]
    fn a_segment_that_comes_twice_changes_nothing() {
        let mut reassembly = Reassembly::default();
        reassembly.begin(&segment(0x45, b"ab"), 0);
        assert!(reassembly.begins_again(&segment(0x45, b"ab")));
        assert!(matches!(reassembly.add(&segment(0x06, b"cd")), Placed::Held));
        assert!(matches!(reassembly.add(&segment(0x06, b"cd")), Placed::Repeated));
        let Placed::Complete(partial) = reassembly.add(&segment(0x87, b"e")) else {
            panic!("complete");
        };
        assert_eq!(partial.data, b"abcde");
        assert!(matches!(reassembly.add(&segment(0x87, b"e")), Placed::Repeated));
        assert!(matches!(
            reassembly.add(&segment(0x88, b"e")),
            Placed::WithoutFirst
        ));
    }

    #[test]
    fn a_hole_in_the_sequence_gives_the_series_up() {
        let mut reassembly = Reassembly::default();
        reassembly.begin(&segment(0x45, b"ab"), 0);
        assert!(matches!(
            reassembly.add(&segment(0x87, b"e")),
            Placed::OutOfSequence(_)
        ));
        assert!(reassembly.is_empty());
    }

    #[test]
    fn the_oldest_series_makes_room() {
        let mut reassembly = Reassembly::default();
        for source in 0..MOST_SERIES {
            let mut one = segment(0x40, b"ab");
            one.series.source = u16::try_from(source).unwrap();
            assert!(reassembly.make_room(2, 1 << 20).is_none());
            reassembly.begin(&one, 0);
        }
        assert_eq!(reassembly.make_room(2, 1 << 20).unwrap().series.source, 0);
        assert_eq!(reassembly.make_room(200, 500).unwrap().series.source, 1);
    }
}
