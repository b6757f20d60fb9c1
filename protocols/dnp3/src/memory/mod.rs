//! What earlier messages of a conversation say that later ones only point to: names of open files, types of data sets.

mod data_sets;
mod files;

use crate::application::{Fragment, function};
use crate::objects::Blocks;
use crate::pairing::Ends;
pub(crate) use data_sets::DataSet;
use data_sets::DataSets;
use files::Files;

/// Open files and data sets of all stations of one conversation. Each part holds so much and forgets the oldest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    files: Files,
    data_sets: DataSets,
}

/// What helps to read one message.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    memory: Option<&'a Memory>,
    ends: Ends,
    is_response: bool,
}

/// Which objects of a fragment concern the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Concerns {
    /// Group 70.
    pub(crate) files: bool,
    /// Groups 85 and 86.
    pub(crate) data_sets: bool,
}

impl<'a> Known<'a> {
    /// Nothing but the message itself.
    pub(crate) const NOTHING: Self = Self {
        memory: None,
        ends: Ends {
            master: 0,
            outstation: 0,
        },
        is_response: false,
    };

    /// What is known between the two, for a message of either.
    pub(crate) const fn new(memory: &'a Memory, ends: Ends, code: u8) -> Self {
        Self {
            memory: Some(memory),
            ends,
            is_response: code >= function::RESPONSE,
        }
    }

    /// The name of an open file.
    pub(crate) fn file_name(&self, handle: u32) -> Option<&'a [u8]> {
        let file = self.memory?.files.get(self.ends, handle)?;
        (!file.name.is_empty()).then_some(file.name.as_slice())
    }

    /// For a block of a directory that is read: the entry that began in the blocks before, and how many octets of this
    /// block belong to it.
    pub(crate) fn listing(&self, handle: u32, block: u32) -> Option<(&'a [u8], usize)> {
        let file = self.memory?.files.get(self.ends, handle)?;
        let listing = file.listing.as_ref().filter(|_| self.is_response)?;
        (listing.block == block).then_some((listing.joined.as_slice(), listing.front))
    }

    /// A data set of the outstation, when its descriptor was seen.
    pub(crate) fn data_set(&self, number: u64) -> Option<DataSet<'a>> {
        self.memory?.data_sets.get(self.ends.outstation, number)
    }
}

impl Memory {
    /// Learns from a request. True when something older was forgotten for it.
    pub(crate) fn request(&mut self, ends: Ends, concerns: Concerns, fragment: &Fragment<'_>) -> bool {
        concerns.data_sets
            && fragment.function == function::WRITE
            && self.data_sets.learn(ends.outstation, fragment)
    }

    /// Learns from a response before it is told, and the request that it answers. True when something older was
    /// forgotten for it.
    pub(crate) fn response(
        &mut self,
        ends: Ends,
        concerns: Concerns,
        fragment: &Fragment<'_>,
        request: Option<&Fragment<'_>>,
    ) -> bool {
        let mut forgot = false;
        if concerns.files {
            if let Some(request) = request.filter(|request| request.function == function::OPEN_FILE) {
                forgot |= self.files.opened(ends, request, fragment);
            }
            forgot |= self.files.blocks(ends, fragment);
        }
        if concerns.data_sets {
            forgot |= self.data_sets.learn(ends.outstation, fragment);
        }
        forgot
    }

    /// Forgets a file when its closing was told.
    pub(crate) fn after_response(
        &mut self,
        ends: Ends,
        concerns: Concerns,
        fragment: &Fragment<'_>,
        request: Option<&Fragment<'_>>,
    ) {
        let ends_it =
            |request: &Fragment<'_>| matches!(request.function, function::CLOSE_FILE | function::ABORT_FILE);
        if concerns.files && request.is_some_and(ends_it) {
            self.files.closed(ends, fragment);
        }
    }
}

/// The whole objects of one group and variation.
fn whole_objects<'a>(
    fragment: &Fragment<'a>,
    group: u8,
    variation: u8,
) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    Blocks::new(fragment.objects, fragment.function)
        .filter(move |block| (block.header.group, block.header.variation) == (group, variation))
        .flat_map(|block| block.points())
        .filter(|point| point.is_whole)
        .map(|point| point.data)
}
