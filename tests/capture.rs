//! Reading captures: every form, damaged ones, and those of others; and writing them.
// Helpers of tests fail as loudly as the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "capture/build.rs"]
mod build;
#[path = "capture/corpus.rs"]
mod corpus;
#[path = "capture/damage.rs"]
mod damage;
#[path = "capture/filters.rs"]
mod filters;
#[path = "capture/forms.rs"]
mod forms;
#[path = "capture/packed.rs"]
mod packed;
#[path = "capture/refusals.rs"]
mod refusals;
#[path = "capture/writing.rs"]
mod writing;
