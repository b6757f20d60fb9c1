//! The process image: points, what was commanded, what is observed, and how fresh it is.

pub mod account;
pub mod bind;
pub mod blind;
pub mod clock;
pub mod codec;
pub mod device_clock;
pub mod history;
pub mod image;
mod interval;
pub mod learn;
mod nodes;
pub mod pairs;
pub mod principals;
pub mod reading;
pub mod tags;
mod truth;

pub use interval::Interval;
pub use truth::Truth;
