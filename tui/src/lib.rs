//! The control-room terminal of Tapglass.
//!
//! It shows [`Snapshot`]s and sends [`Command`]s, and knows nothing of packets, protocols or rules. Give [`run`] a
//! [`Source`]; everything below it is pure: [`update`] turns keys into wishes, [`render`] turns a picture into
//! cells, [`screenshot`] turns it into text.
//!
//! [`Snapshot`]: tapglass_model::snapshot::Snapshot
//! [`Command`]: tapglass_model::snapshot::Command
//! [`Source`]: tapglass_model::snapshot::Source
#![forbid(unsafe_code)]

mod app;
mod key;
pub mod keys;
mod lists;
mod model;
mod options;
mod paint;
pub mod sample;
mod screenshot;
pub mod term;
mod text;
mod theme;
mod tree;
mod update;
mod view;

pub use app::run;
pub use key::Key;
pub use model::{Model, Screen, TimeFormat};
pub use options::{ColourChoice, Error, Exit, GlyphChoice, Options, ParseChoiceError};
pub use screenshot::{screenshot, screenshot_with};
pub use theme::{Caps, Colour, Glyphs};
pub use update::{Effect, Message, update};
pub use view::render;
