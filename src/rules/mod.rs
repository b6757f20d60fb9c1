//! Rules: conditions over the process image, three-valued, evaluated when what they read changes.

pub mod built_in;
pub(crate) mod compile;
pub mod condition;
pub mod coverage;
pub mod detections;
pub mod evaluate;
pub mod exposed;
pub mod index;
pub mod info;
pub mod judge;
pub mod kinds;
pub mod monitor;
mod operate;
pub mod past;
pub mod pattern;
pub mod program;
pub mod set;
pub mod tally;
mod temporal;
pub mod timer;
pub mod trace;
pub mod verdict;
pub mod windows;
pub mod write;
