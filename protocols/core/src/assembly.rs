//! Putting messages together that stand in several segments, and taking several out of one.
//!
//! A message that stands whole in one chunk is never copied; only the part that waits for its rest is held.

use alloc::vec::Vec;
use core::ops::Deref;

use crate::{Chunk, Piece};

/// What a decoder makes of the bytes at the front of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The first so many bytes are dealt with: a message, or bytes passed over. At least 1.
    Take(usize),
    /// Nothing can be said before so many bytes are here in total. More than are here now.
    Need(usize),
}

/// The bytes at the front of a stream and where they came from.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    /// The bytes that are here, in order.
    pub bytes: &'a [u8],
    pieces: &'a [Piece],
}

/// The pieces of one message: nearly always one.
pub enum Pieces {
    /// All bytes came in one frame.
    One([Piece; 1]),
    /// The bytes came in several.
    Many(Vec<Piece>),
}

impl Deref for Pieces {
    type Target = [Piece];

    fn deref(&self) -> &[Piece] {
        match self {
            Self::One(piece) => piece,
            Self::Many(pieces) => pieces,
        }
    }
}

impl Window<'_> {
    /// Where the first `length` bytes came from.
    #[must_use]
    pub fn pieces(&self, length: usize) -> Pieces {
        let mut left = u32::try_from(length).unwrap_or(u32::MAX);
        if let Some(first) = self.pieces.first()
            && first.length >= left
        {
            return Pieces::One([Piece {
                length: left,
                ..*first
            }]);
        }
        let mut taken = Vec::new();
        for piece in self.pieces {
            if left == 0 {
                break;
            }
            let part = piece.length.min(left);
            taken.push(Piece {
                length: part,
                ..*piece
            });
            left -= part;
        }
        Pieces::Many(taken)
    }
}

/// The waiting bytes of one direction.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    held: Vec<u8>,
    pieces: Vec<Piece>,
    /// So many bytes in total before it makes sense to look again.
    need: usize,
}

impl Assembly {
    /// Nothing waits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            held: Vec::new(),
            pieces: Vec::new(),
            need: 0,
        }
    }

    /// How many bytes wait for the rest of their message.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.held.len()
    }

    /// The waiting bytes.
    #[must_use]
    pub fn held(&self) -> &[u8] {
        &self.held
    }

    /// Forgets the waiting bytes and says how many there were.
    pub fn clear(&mut self) -> usize {
        let dropped = self.held.len();
        self.held.clear();
        self.pieces.clear();
        self.need = 0;
        // A large message must not keep its memory for the rest of a long conversation.
        if self.held.capacity() > 64 << 10 {
            self.held = Vec::new();
        }
        dropped
    }

    /// Adds a chunk and calls `step` as long as it takes something from the front.
    pub fn feed(&mut self, chunk: &Chunk<'_>, mut step: impl FnMut(Window<'_>) -> Step) {
        let mut rest = chunk.bytes;
        let mut offset = chunk.offset;
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        while !self.held.is_empty() && !rest.is_empty() {
            // Only as much as the waiting message needs is copied; the following ones are read in place.
            let missing = self.need.saturating_sub(self.held.len()).max(1).min(rest.len());
            let (part, after) = rest.split_at(missing);
            self.held.extend_from_slice(part);
            self.pieces.push(Piece {
                frame: chunk.carried_by,
                offset,
                length: narrow(missing),
            });
            offset = offset.saturating_add(narrow(missing));
            rest = after;
            if self.held.len() >= self.need {
                self.run_held(&mut step);
            }
        }
        while !rest.is_empty() {
            let piece = Piece {
                frame: chunk.carried_by,
                offset,
                length: narrow(rest.len()),
            };
            match step(Window {
                bytes: rest,
                pieces: core::slice::from_ref(&piece),
            }) {
                Step::Take(taken) => {
                    let taken = taken.clamp(1, rest.len());
                    offset = offset.saturating_add(narrow(taken));
                    rest = rest.get(taken..).unwrap_or_default();
                }
                Step::Need(total) => {
                    self.held.extend_from_slice(rest);
                    self.pieces.push(piece);
                    self.need = total.max(rest.len() + 1);
                    return;
                }
            }
        }
    }

    /// The stream ends here, or a hole follows: steps through what waits once more, so that a decoder which gives up
    /// an incomplete message can look for whole ones inside it. Says how many bytes were left over and forgets them.
    pub fn finish(&mut self, mut step: impl FnMut(Window<'_>) -> Step) -> usize {
        if !self.held.is_empty() {
            self.run_held(&mut step);
        }
        self.clear()
    }

    /// Steps through what is held until it is empty or waits again.
    fn run_held(&mut self, step: &mut impl FnMut(Window<'_>) -> Step) {
        let mut done = 0;
        while done < self.held.len() {
            let bytes = self.held.get(done..).unwrap_or_default();
            match step(Window {
                bytes,
                pieces: &self.pieces,
            }) {
                Step::Take(taken) => {
                    let taken = taken.clamp(1, bytes.len());
                    done += taken;
                    drop_front(&mut self.pieces, taken);
                }
                Step::Need(total) => {
                    self.need = total.max(bytes.len() + 1);
                    break;
                }
            }
        }
        if done >= self.held.len() {
            self.clear();
        } else {
            self.held.drain(..done);
        }
    }
}

/// Takes `count` bytes away from the front of the pieces.
fn drop_front(pieces: &mut Vec<Piece>, count: usize) {
    let mut left = u32::try_from(count).unwrap_or(u32::MAX);
    let mut whole = 0;
    for piece in pieces.iter_mut() {
        if piece.length <= left {
            left -= piece.length;
            whole += 1;
            if left == 0 {
                break;
            }
        } else {
            piece.offset = piece.offset.saturating_add(left);
            piece.length -= left;
            break;
        }
    }
    pieces.drain(..whole);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Direction;
    use alloc::vec;
    use proptest::prelude::*;
    use tapglass_model::CaptureTime;

    /// Messages of a made-up protocol: a length byte, then so many bytes.
    fn step(window: Window<'_>, found: &mut Vec<(Vec<u8>, Vec<Piece>)>) -> Step {
        let length = 1 + usize::from(window.bytes.first().copied().unwrap_or(0));
        match window.bytes.get(..length) {
            Some(message) => {
                found.push((message.to_vec(), window.pieces(length).to_vec()));
                Step::Take(length)
            }
            None => Step::Need(length),
        }
    }

    #[test]
    fn finishing_steps_once_more_and_counts_what_is_left() {
        let mut assembly = Assembly::new();
        let mut found = vec![];
        // A message of nine bytes of which seven bytes are here; its fifth starts a whole message of two.
        let chunk = Chunk {
            at: CaptureTime(0),
            frame: 7,
            carried_by: 7,
            offset: 0,
            direction: Direction::FromClient,
            bytes: &[9, 1, 2, 3, 1, 8, 5],
        };
        assembly.feed(&chunk, |window| step(window, &mut found));
        assert_eq!((assembly.waiting(), found.len()), (7, 0));
        let mut gives_up = true;
        let left = assembly.finish(|window| {
            if core::mem::take(&mut gives_up) {
                return Step::Take(4);
            }
            step(window, &mut found)
        });
        assert_eq!((left, assembly.waiting()), (1, 0));
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].0[..], found[0].1[0].offset), (&[1, 8][..], 4));
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..12),
            cuts in prop::collection::vec(1_usize..30, 1..60),
        ) {
            let mut stream = vec![];
            for message in &messages {
                stream.push(u8::try_from(message.len()).unwrap_or(0));
                stream.extend_from_slice(message);
            }
            let mut assembly = Assembly::new();
            let mut found = vec![];
            let (mut at, mut frame) = (0, 0);
            while at < stream.len() {
                let end = (at + cuts[frame % cuts.len()]).min(stream.len());
                frame += 1;
                let chunk = Chunk {
                    at: CaptureTime(0),
                    frame: frame as u64,
                    carried_by: frame as u64,
                    offset: at as u32,
                    direction: Direction::FromClient,
                    bytes: &stream[at..end],
                };
                assembly.feed(&chunk, |window| step(window, &mut found));
                at = end;
            }
            prop_assert_eq!(found.len(), messages.len());
            let mut start = 0_u32;
            for ((bytes, pieces), message) in found.iter().zip(&messages) {
                prop_assert_eq!(&bytes[1..], &message[..]);
                let mut next = start;
                for piece in pieces {
                    prop_assert_eq!(piece.offset, next);
                    next += piece.length;
                }
                prop_assert_eq!(next - start, bytes.len() as u32);
                start = next;
            }
            prop_assert_eq!(assembly.waiting(), 0);
        }
    }
}
