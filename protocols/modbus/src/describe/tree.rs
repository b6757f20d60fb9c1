//! Adding fields that are counted in a data unit to a tree that is counted in the message.

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use tapglass_proto::Fields;

/// Bytes of data that are spelled out.
const SHOWN: usize = 32;

/// Places are counted from the function code; in ASCII frames each byte is two characters.
pub(super) struct Tree<'a> {
    out: &'a mut Fields,
    base: usize,
    each: usize,
}

impl<'a> Tree<'a> {
    /// The data unit starts at `base`, each of its bytes takes `each` bytes of the message.
    pub(super) const fn new(out: &'a mut Fields, base: usize, each: usize) -> Self {
        Self { out, base, each }
    }

    pub(super) fn add(
        &mut self,
        name: impl Into<String>,
        text: impl Into<String>,
        start: usize,
        length: usize,
        clause: &'static str,
    ) {
        let start = self.base + start * self.each;
        self.out.add(name, text, start, length * self.each, clause);
    }

    /// A field with fields of its own.
    pub(super) fn group(
        &mut self,
        name: impl Into<String>,
        text: impl Into<String>,
        (start, length): (usize, usize),
        clause: &'static str,
        children: impl FnOnce(&mut Tree<'_>),
    ) {
        let (base, each) = (self.base, self.each);
        self.out
            .group(name, text, base + start * each, length * each, clause, |out| {
                children(&mut Tree { out, base, each });
            });
    }

    /// A 16-bit number, if it was there.
    pub(super) fn word(&mut self, name: &str, value: Option<u16>, at: usize, clause: &'static str) {
        if let Some(value) = value {
            self.add(name, format!("{value}  {value:#06x}"), at, 2, clause);
        }
    }

    /// A mask, if it was there.
    pub(super) fn mask(&mut self, name: &str, value: Option<u16>, at: usize, clause: &'static str) {
        if let Some(value) = value {
            self.add(name, format!("{value:#06x}  {value:016b}"), at, 2, clause);
        }
    }

    /// One byte with a text, if it was there.
    pub(super) fn byte(
        &mut self,
        name: &str,
        value: Option<u8>,
        text: &str,
        at: usize,
        clause: &'static str,
    ) {
        if let Some(value) = value {
            let text = if text.is_empty() {
                format!("{value}")
            } else {
                format!("{value}  {text}")
            };
            self.add(name, text, at, 1, clause);
        }
    }

    /// Bytes without a layout, if there are any.
    pub(super) fn data(&mut self, name: &str, bytes: &[u8], at: usize, clause: &'static str) {
        if bytes.is_empty() {
            return;
        }
        let mut text = format!("{} bytes: ", bytes.len());
        for byte in bytes.iter().take(SHOWN) {
            let _ = write!(text, "{byte:02x}");
        }
        if bytes.len() > SHOWN {
            text.push_str(" ...");
        }
        self.add(name, text, at, bytes.len(), clause);
    }
}
