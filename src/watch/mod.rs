//! What is kept for people: who talks, the last frames decoded, and the picture that the screens show.

mod census;
mod frames;
mod headers;

pub use census::{Census, Device, Talk};
pub use frames::{Frames, protocol_name};
