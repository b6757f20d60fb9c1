//! Records: what Tapglass says to other programs (one JSON object a line).

pub mod alarm;
pub mod operation;
