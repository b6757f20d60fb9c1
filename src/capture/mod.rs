//! Where frames come from: capture files, standard input, a live interface.
//!
//! Every source is a [`Source`]: [`open`] reads a file, [`stdin`] a stream. Nothing here knows a protocol
//! above the frame, and nothing here sends.

mod error;
mod file;
pub mod filter;
mod frame;
pub mod live;
mod source;
pub mod write;

pub use error::OpenError;
pub use file::{
    FileSource, Interface, MAX_FRAME_BEYOND_SNAP, Mark, Name, Secrets, bundled, open, read, resume,
    resume_bundled, stdin,
};
pub use frame::{Frame, LinkType};
pub use source::{Counters, Damage, End, Fault, Next, Source};
