//! Readers of the parts of a site, one file for each.

pub(super) mod baseline;
pub(super) mod device;
pub(super) mod document;
pub(super) mod feedback;
mod kinds;
pub(super) mod mode;
pub(super) mod principal;
pub(super) mod rule;
mod rule_reader;
pub(super) mod rule_test;
pub(super) mod site;
pub(super) mod tag;
mod tag_check;
pub(super) mod tag_rows;
mod tag_values;
pub(super) mod window;
pub(super) mod zone;
