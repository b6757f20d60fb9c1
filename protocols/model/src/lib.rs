//! The words of Tapglass: time, points, values, quality, severity, and what a decoder says happened.
//!
//! This crate depends on nothing, so that decoders, engine and screens share one vocabulary.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod action;
mod point;
mod quality;
mod severity;
pub mod snapshot;
mod time;
mod value;

pub use action::{Action, Outcome};
pub use point::{
    Node, NodeIdentifier, PointAddress, Station, Table, address_text, attribute_from_name, attribute_name,
};
pub use quality::{Quality, QualityReasons};
pub use severity::Severity;
pub use time::{CaptureTime, MILLISECOND, SECOND, TimeError};
pub use value::{ControlBlock, Value};
