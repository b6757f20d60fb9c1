//! From ordinary captures to a site that a person reviews: who talks, which points there are, what is usual of them.
//!
//! Two passes over the same captures. The first finds devices, clients and points, and guesses how registers make values.
//! The second runs the engine over the points found, with rules that watch instead of judging, so that what is learned is
//! the same quantity that is checked later. Nothing that is learned becomes a safe limit.

pub mod baseline;
mod clients;
mod discover;
mod follows;
mod grid;
mod guess;
pub mod historian;
mod linear;
mod listen;
mod points;
mod registers;
mod solve;
mod text;
mod write;

pub use discover::Discovery;
pub use linear::{Balance, balances};
pub use listen::{Learner, Stretches, watch};
pub use write::{Files, Learning, site_files};
