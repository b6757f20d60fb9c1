//! Reading captures: every form, damaged ones, and those of others.

#[path = "capture/build.rs"]
mod build;
#[path = "capture/corpus.rs"]
mod corpus;
