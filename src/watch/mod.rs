//! What is kept for people: who talks, the last frames decoded, and the picture that the screens show.

mod both;
mod census;
mod frames;
mod headers;
mod log;
mod picture;
mod reason;
pub mod tag_list;
mod watcher;

pub use both::Both;
pub use census::{Beside, Census, Device, Talk, Wanted, weakness_text};
pub use frames::{Frames, protocol_name};
pub use log::WriteLog;
pub use picture::alarms::line as alarm_line;
pub use picture::{Subject, picture};
pub use reason::reason;
pub use watcher::{Counts, Nobody, Tap, Watcher, site_name};
