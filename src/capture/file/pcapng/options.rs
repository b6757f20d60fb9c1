//! The options at the end of a block.

use super::Fault;
use super::block::Body;

/// Walks over the options of a block; an option that goes beyond the block is a fault, the last thing given.
pub(super) struct Options<'a> {
    body: Body<'a>,
    at: usize,
    block: &'static str,
}

impl<'a> Options<'a> {
    /// The options in all of `body`, which belongs to the block named `block`.
    pub(super) fn new(body: Body<'a>, block: &'static str) -> Self {
        Self { body, at: 0, block }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<(u16, Body<'a>), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.body.len() {
            return None;
        }
        let end = match (self.body.u16(self.at), self.body.u16(self.at + 2)) {
            (Some(0), Some(_)) => return None,
            (Some(_), Some(length)) => self.at + 4 + usize::from(length),
            _ => usize::MAX,
        };
        if end > self.body.len() {
            self.at = self.body.len();
            return Some(Err(Fault::Options { block: self.block }));
        }
        let code = self.body.u16(self.at).unwrap_or_default();
        let value = self.body.slice(self.at + 4, end);
        self.at = end.next_multiple_of(4);
        Some(Ok((code, value)))
    }
}
