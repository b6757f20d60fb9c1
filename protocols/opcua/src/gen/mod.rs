//! Generated tables.

mod encodings;
mod status_codes;

pub(crate) use encodings::ENCODINGS;
pub(crate) use status_codes::STATUS_CODES;
