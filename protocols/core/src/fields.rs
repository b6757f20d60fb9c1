//! The decoded tree of a message: the same code that decodes also names each field and its bytes.

use alloc::string::String;
use alloc::vec::Vec;

/// One line of the decoded tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// How deep in the tree, 0 is the root.
    pub depth: u8,
    /// The name, as the specification writes it.
    pub name: String,
    /// The value in words.
    pub text: String,
    /// First byte, counted in the bytes of the message.
    pub start: u32,
    /// How many bytes.
    pub length: u32,
    /// The clause of the standard, such as `MODBUS V1.1b3 6.6`; empty when the parent's holds.
    pub clause: &'static str,
}

/// Collects the fields of one message.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    fields: Vec<Field>,
    depth: u8,
    base: u32,
}

impl Fields {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field at bytes `start..start + length` (counted from the current base).
    pub fn add(
        &mut self,
        name: impl Into<String>,
        text: impl Into<String>,
        start: usize,
        length: usize,
        clause: &'static str,
    ) {
        let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        self.fields.push(Field {
            depth: self.depth,
            name: name.into(),
            text: text.into(),
            start: self.base.saturating_add(narrow(start)),
            length: narrow(length),
            clause,
        });
    }

    /// Adds a field and then what `children` adds, one level deeper.
    pub fn group(
        &mut self,
        name: impl Into<String>,
        text: impl Into<String>,
        start: usize,
        length: usize,
        clause: &'static str,
        children: impl FnOnce(&mut Self),
    ) {
        self.add(name, text, start, length, clause);
        self.deeper();
        children(self);
        self.higher();
    }

    /// What is added from here on belongs to the last field, up to [`Self::higher`]: for those who cannot use
    /// [`Self::group`] because they are told of begin and end one after the other.
    pub fn deeper(&mut self) {
        self.depth = self.depth.saturating_add(1);
    }

    /// Ends what [`Self::deeper`] began.
    pub fn higher(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Counts the starts of what `inner` adds from `start`.
    pub fn at(&mut self, start: usize, inner: impl FnOnce(&mut Self)) {
        let before = self.base;
        self.base = before.saturating_add(u32::try_from(start).unwrap_or(u32::MAX));
        inner(self);
        self.base = before;
    }

    /// The fields in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<Field> {
        self.fields
    }
}
