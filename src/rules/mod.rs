//! Rules: conditions over the process image, three-valued, evaluated when what they read changes.

pub mod condition;
pub mod evaluate;
pub mod kinds;
pub mod monitor;
pub mod pattern;
pub mod program;
pub mod trace;
pub mod verdict;
pub mod windows;
pub mod write;
