//! Reading bytes with checked access: past the end is an answer, never a panic.

use core::fmt;

/// Too few bytes: what was being read, where, and how much was missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// The field, named as the specification names it.
    pub field: &'static str,
    /// Offset of the field in the cursor's bytes.
    pub at: usize,
    /// How many bytes the field needs.
    pub need: usize,
    /// How many bytes were left.
    pub have: usize,
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            at,
            need,
            have,
        } = self;
        write!(f, "{field} at byte {at} needs {need} bytes, {have} left")
    }
}

/// A position in bytes that only moves forward.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

macro_rules! number {
    ($($big:ident $little:ident $type:ty;)*) => {$(
        #[doc = concat!("Reads a big-endian ", stringify!($type), ".\n\n# Errors\nWhen too few bytes are left.")]
        #[inline]
        pub fn $big(&mut self, field: &'static str) -> Result<$type, Short> {
            Ok(<$type>::from_be_bytes(self.array(field)?))
        }

        #[doc = concat!("Reads a little-endian ", stringify!($type), ".\n\n# Errors\nWhen too few bytes are left.")]
        #[inline]
        pub fn $little(&mut self, field: &'static str) -> Result<$type, Short> {
            Ok(<$type>::from_le_bytes(self.array(field)?))
        }
    )*};
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Offset of the next byte.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// True at the end.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// All bytes that are left, without moving.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The bytes from `start` to the present position.
    #[must_use]
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The next byte without moving.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Takes `count` bytes.
    ///
    /// # Errors
    /// When fewer are left; the position does not move then.
    #[inline]
    pub fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], Short> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(taken) => {
                self.at += count;
                Ok(taken)
            }
            None => Err(Short {
                field,
                at: self.at,
                need: count,
                have: self.left(),
            }),
        }
    }

    /// Takes an array of bytes.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Short> {
        let short = Short {
            field,
            at: self.at,
            need: N,
            have: self.left(),
        };
        let taken = self.take(N, field)?;
        <[u8; N]>::try_from(taken).map_err(|_| short)
    }

    /// Reads one byte.
    ///
    /// # Errors
    /// At the end.
    #[inline]
    pub fn u8(&mut self, field: &'static str) -> Result<u8, Short> {
        let [byte] = self.array(field)?;
        Ok(byte)
    }

    number! {
        u16_be u16_le u16;
        u32_be u32_le u32;
        u64_be u64_le u64;
        i16_be i16_le i16;
        i32_be i32_le i32;
        i64_be i64_le i64;
        f32_be f32_le f32;
        f64_be f64_le f64;
    }
}
