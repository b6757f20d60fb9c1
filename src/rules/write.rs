//! A command as the rules see it: one transaction with all its tags.

use std::sync::Arc;

use tapglass_model::{Action, Outcome};

use crate::plant::clock::Moment;
use crate::plant::pairs::PairId;
use crate::plant::principals::Who;
use crate::plant::reading::Reading;
use crate::records::operation::{Actor, Target};
use crate::site::{DeviceId, TagId};

/// One tag that a command touches.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// The tag.
    pub tag: TagId,
    /// The place of its point in the request, from 0.
    pub position: u32,
    /// What it would become.
    pub reading: Reading,
    /// What it was.
    pub before: Reading,
    /// Only a part of it is written, and the rest may follow.
    pub torn: bool,
    /// It counts as a command of this tag: it stands alone, or it differs from what the tag is.
    pub counts: bool,
}

/// One command: a transaction, whatever number of points it has.
#[derive(Clone, Debug)]
pub struct Write {
    /// When.
    pub at: Moment,
    /// Frame that completed the request.
    pub frame: u64,
    /// What is done.
    pub action: Action,
    /// Code and name of the function or service.
    pub function: (u32, String),
    /// Who acts.
    pub who: Who,
    /// Who acts, for people and records.
    pub actor: Arc<Actor>,
    /// What is acted on, for people and records.
    pub target: Arc<Target>,
    /// The client and server.
    pub pair: PairId,
    /// The devices; several for a broadcast.
    pub devices: Vec<DeviceId>,
    /// The tags in order of the message.
    pub tags: Vec<Written>,
    /// Fields of bits that are written as they are, where a rule counts that too; for all others they are not written.
    pub repeated: Vec<Written>,
    /// Points that have no tag.
    pub untagged: u32,
    /// `Requested` when an answer is expected.
    pub outcome: Outcome,
    /// DNP3 application sequence number.
    pub sequence: Option<u8>,
    /// The same points with the same parameters have the same fingerprint.
    pub fingerprint: u64,
    /// What else a person should know.
    pub detail: String,
}

impl Write {
    /// What it does to a tag.
    #[must_use]
    pub fn of(&self, tag: TagId) -> Option<&Written> {
        self.tags.iter().find(|written| written.tag == tag)
    }

    /// The same, or that it is written as it is.
    #[must_use]
    pub fn of_or_repeated(&self, tag: TagId) -> Option<&Written> {
        self.of(tag)
            .or_else(|| self.repeated.iter().find(|written| written.tag == tag))
    }
}
