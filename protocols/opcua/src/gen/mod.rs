//! Generated tables.

mod status_codes;
mod structures;

pub(crate) use status_codes::STATUS_CODES;
pub(crate) use structures::*;
