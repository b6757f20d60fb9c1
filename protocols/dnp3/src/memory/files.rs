//! Open files: each has a handle from its opening to its closing, and every block names only that.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::whole_objects;
use crate::application::Fragment;
use crate::objects::directory::{Entry, entry};
use crate::pairing::Ends;

/// The most files that are open at once between all stations of a conversation; outstations allow one or a few.
const MOST: usize = 64;
/// The longest name that is kept, and the longest directory entry that may be spread over blocks.
const LONGEST: usize = 1_024;

/// One open file.
#[derive(Clone, Debug)]
pub(super) struct OpenFile {
    ends: Ends,
    handle: u32,
    /// Its name; empty when its opening was not seen.
    pub(super) name: Vec<u8>,
    /// What is known of a directory that is being read.
    pub(super) listing: Option<Listing>,
}

/// A directory that is being read block by block.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    /// The block that was read last.
    pub(super) block: u32,
    /// The entry that began before that block, joined with its end.
    pub(super) joined: Vec<u8>,
    /// How many octets of the block belong to it.
    pub(super) front: usize,
    /// The entry that the block leaves unfinished.
    carry: Vec<u8>,
}

/// The open files of one conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Files(VecDeque<OpenFile>);

impl Files {
    pub(super) fn get(&self, ends: Ends, handle: u32) -> Option<&OpenFile> {
        self.0
            .iter()
            .find(|file| file.ends == ends && file.handle == handle)
    }

    /// A response to OPEN_FILE gives the handle to the name in the request.
    pub(super) fn opened(&mut self, ends: Ends, request: &Fragment<'_>, response: &Fragment<'_>) -> bool {
        let names = whole_objects(request, 70, 3);
        let mut forgot = false;
        for (command, status) in names.zip(whole_objects(response, 70, 4)) {
            // Handle, size, block size, request and status, which is 0 when the file is open.
            if let Some(&[a, b, c, d, .., 0]) = status.first_chunk::<13>()
                && let Some(name) = name(command)
            {
                let handle = u32::from_le_bytes([a, b, c, d]);
                let name = name.get(..name.len().min(LONGEST)).unwrap_or_default();
                forgot |= self.open(ends, handle, name);
            }
        }
        forgot
    }

    fn open(&mut self, ends: Ends, handle: u32, name: &[u8]) -> bool {
        self.close(ends, handle);
        let forgot = self.0.len() >= MOST && self.0.pop_front().is_some();
        self.0.push_back(OpenFile {
            ends,
            handle,
            name: name.to_vec(),
            listing: None,
        });
        forgot
    }

    fn close(&mut self, ends: Ends, handle: u32) {
        self.0.retain(|file| file.ends != ends || file.handle != handle);
    }

    /// A response to CLOSE_FILE or ABORT_FILE that went well.
    pub(super) fn closed(&mut self, ends: Ends, response: &Fragment<'_>) {
        let closed = whole_objects(response, 70, 4).filter_map(|status| match status.first_chunk::<13>() {
            Some(&[a, b, c, d, .., 0]) => Some(u32::from_le_bytes([a, b, c, d])),
            _ => None,
        });
        for handle in closed {
            self.close(ends, handle);
        }
    }

    /// Follows the blocks that are read, in case that they are of a directory.
    pub(super) fn blocks(&mut self, ends: Ends, response: &Fragment<'_>) -> bool {
        let mut forgot = false;
        for object in whole_objects(response, 70, 5) {
            let Some((&[a, b, c, d, e, f, g, h], data)) = object.split_first_chunk::<8>() else {
                continue;
            };
            let handle = u32::from_le_bytes([a, b, c, d]);
            let block = u32::from_le_bytes([e, f, g, h]) & 0x7fff_ffff;
            // The first block tells what a file is whose opening was not seen.
            if block == 0 && self.get(ends, handle).is_none() && matches!(entry(data), Entry::Whole(_)) {
                forgot |= self.open(ends, handle, &[]);
            }
            let file = self
                .0
                .iter_mut()
                .find(|file| file.ends == ends && file.handle == handle);
            if let Some(file) = file {
                file.read(block, data);
            }
        }
        forgot
    }
}

impl OpenFile {
    fn read(&mut self, block: u32, data: &[u8]) {
        let before = self.listing.take();
        self.listing = match (block, before) {
            (0, _) if matches!(entry(data), Entry::Whole(_)) => Listing::default().follow(0, data),
            // The same block again.
            (_, Some(before)) if before.block == block => Some(before),
            (_, Some(before)) if before.block.wrapping_add(1) == block => before.follow(block, data),
            _ => None,
        };
    }
}

impl Listing {
    /// What is known after one more block; `None` when it is not made of entries.
    fn follow(self, block: u32, data: &[u8]) -> Option<Self> {
        let mut joined = self.carry;
        let mut front = 0;
        // First the length of the entry that has begun, then the rest of it.
        while !joined.is_empty() {
            let missing = match entry(&joined) {
                Entry::Whole(_) => break,
                Entry::Cut(need) if need <= LONGEST => need - joined.len(),
                Entry::Cut(_) | Entry::Other => return None,
            };
            let rest = data.get(front..).unwrap_or_default();
            let taken = rest.get(..missing.min(rest.len())).unwrap_or_default();
            if taken.is_empty() {
                break;
            }
            joined.extend_from_slice(taken);
            front += taken.len();
        }
        let mut at = front;
        let carry = loop {
            let rest = data.get(at..).unwrap_or_default();
            match entry(rest) {
                Entry::Whole(length) => at += length,
                Entry::Cut(need) if need <= LONGEST => break rest.to_vec(),
                Entry::Cut(_) | Entry::Other => return None,
            }
        };
        let is_joined = matches!(entry(&joined), Entry::Whole(_));
        Some(Self {
            block,
            carry: if is_joined || joined.is_empty() {
                carry
            } else {
                joined.clone()
            },
            joined,
            front,
        })
    }
}

/// The name in an OPEN_FILE command: its offset and size come first.
fn name(command: &[u8]) -> Option<&[u8]> {
    let &[a, b, c, d] = command.first_chunk::<4>()?;
    let start = usize::from(u16::from_le_bytes([a, b]));
    command.get(start..start + usize::from(u16::from_le_bytes([c, d])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: Ends = Ends {
        master: 1,
        outstation: 10,
    };

    /// An entry of 20 octets and its name.
    fn one(name: &str) -> Vec<u8> {
        let mut bytes = alloc::vec![20, 0, u8::try_from(name.len()).unwrap(), 0, 1, 0];
        bytes.resize(20, 0);
        bytes.extend(name.bytes());
        bytes
    }

    #[test]
    fn an_entry_may_be_cut_anywhere() {
        let data = [one("first"), one("second"), one("third")].concat();
        for cut in 25..data.len() {
            let mut file = OpenFile {
                ends: ENDS,
                handle: 7,
                name: Vec::new(),
                listing: None,
            };
            file.read(0, &data[..cut]);
            file.read(1, &data[cut..]);
            let listing = file.listing.unwrap();
            let whole = if cut >= 51 { 51 } else { 25 };
            let expected: &[u8] = match cut {
                25 | 51 => &[],
                26..51 => &data[25..51],
                _ => &data[51..],
            };
            assert_eq!(listing.joined, expected, "cut at {cut}");
            assert_eq!(listing.front, expected.len().saturating_sub(cut - whole), "{cut}");
            assert!(listing.carry.is_empty());
        }
    }

    #[test]
    fn blocks_of_one_octet_make_an_entry_too() {
        let data = [one("first"), one("second")].concat();
        let mut file = OpenFile {
            ends: ENDS,
            handle: 7,
            name: Vec::new(),
            listing: None,
        };
        file.read(0, &data[..25]);
        for (nth, octet) in data[25..].iter().enumerate() {
            file.read(nth as u32 + 1, &[*octet]);
        }
        let listing = file.listing.unwrap();
        assert_eq!(listing.joined, one("second"));
        assert_eq!(listing.front, 1);
    }

    #[test]
    fn the_oldest_file_makes_room() {
        let mut files = Files::default();
        for handle in 0..64 {
            assert!(!files.open(ENDS, handle, b"a"));
        }
        assert!(files.open(ENDS, 64, b"b"));
        assert!(files.get(ENDS, 0).is_none());
        assert_eq!(files.get(ENDS, 64).unwrap().name, b"b");
        files.close(ENDS, 64);
        assert!(files.get(ENDS, 64).is_none());
    }
}
