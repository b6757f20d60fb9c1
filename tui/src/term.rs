//! The terminal itself: bytes out, bytes in, what it can do, and giving it back in one piece.
//!
//! Written by hand because of four things that were measured with the usual layer in between: arrow keys fell
//! apart on slow lines, `NO_COLOR` erased bold and reverse, the sixteen basic colours were sent in a form that
//! terminals with sixteen colours do not know, and a serial line reports a size of 0x0.

mod input;
mod output;
mod probe;
mod restore;
mod session;
mod signals;
mod tty;

pub use input::Parser;
pub use output::Painter;
pub use probe::{capabilities, size_from_environment};
pub(crate) use restore::stray_panics;
pub(crate) use session::Session;
pub(crate) use signals::{Event, Signals};
