//! What every protocol decoder of Tapglass is built from: a bounded cursor, chunks of a stream, messages,
//! operations, and the two traits that the engine drives.
//!
//! A decoder is sans-IO: bytes and capture time go in, messages and operations come out. It holds no clock, socket,
//! file or thread; `no_std` keeps them from being named at all.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

extern crate alloc;

mod assembly;
mod chunk;
mod cursor;
mod fields;
pub mod json;
mod keys;
mod limits;
mod message;
mod operation;
mod protocol;
mod sink;

pub use assembly::{Assembly, Pieces, Step, Window};
pub use chunk::{Chunk, Direction, Transport};
pub use cursor::{Cursor, Short};
pub use fields::{Field, Fields};
pub use keys::{KeySet, Keys, SideKey};
pub use limits::Limits;
pub use message::{Anomaly, Blind, BlindReason, Body, Function, Marks, Message, MessageKind, Piece, Status};
pub use operation::{Actor, Answer, EachPoint, Observation, Operation, Origin, Points};
pub use protocol::{Glance, Independent, Probe, Protocol, Server, Session, SessionId, Verdict};
pub use sink::{Sink, Wants};
pub use tapglass_model as model;
