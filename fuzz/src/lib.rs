//! The harnesses of the fuzz targets.

pub mod harness;
