//! Which protocol a conversation speaks, found by content: the three that are decoded wherever and whenever they begin,
//! others by name, and nothing where there is nothing.

#![allow(clippy::unwrap_used)] // a test may fail loudly

#[path = "support/mod.rs"]
mod support;

#[path = "recognition/chance.rs"]
mod chance;
#[path = "recognition/evasion.rs"]
mod evasion;
#[path = "recognition/hints.rs"]
mod hints;
#[path = "recognition/others.rs"]
mod others;
#[path = "recognition/secure.rs"]
mod secure;
#[path = "recognition/talk.rs"]
mod talk;
