//! The objects of a fragment: one block for each object header, one point for each object.
//!
//! Both are read from the bytes each time they are walked, so nothing grows with a count that the bytes do not back.

pub(crate) mod attribute;
pub(crate) mod data_set;
pub(crate) mod directory;
pub(crate) mod file;
pub(crate) mod header;
pub(crate) mod layout;
pub(crate) mod sample;
mod security;
pub(crate) mod structured;
pub(crate) mod time;

use tapglass_proto::{Cursor, Short};

use crate::application::function;
use header::{Fault, Header, Prefix, Range};
use layout::{Shape, shape};

/// One object header and the objects behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub(crate) header: Header,
    /// Where the header starts, counted in the objects of the fragment.
    pub(crate) at: usize,
    /// What each object looks like; `None` in an unknown one and where the header stands alone.
    pub(crate) shape: Option<Shape>,
    /// Where the objects start.
    pub(crate) data_at: usize,
    /// The objects, as far as they are here.
    pub(crate) data: &'a [u8],
    /// The standard knows no such group or variation, or this decoder does not.
    pub(crate) is_unknown: bool,
}

/// Why the walk ended before the end of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// An object header is cut off.
    Header(Short),
    /// The qualifier is reserved, or does not fit the object.
    Qualifier(u8),
    /// Nobody knows how long the objects are.
    Object(u8, u8),
    /// The range ends before it starts.
    Reversed,
    /// Fewer octets than the range promises.
    Truncated(Short),
}

/// Walks the object headers of a fragment.
#[derive(Clone, Debug)]
pub(crate) struct Blocks<'a> {
    bytes: &'a [u8],
    at: usize,
    function: u8,
    problem: Option<Problem>,
}

impl<'a> Blocks<'a> {
    /// The objects of a fragment with `function`, which decides whether data follow the headers.
    pub(crate) const fn new(bytes: &'a [u8], function: u8) -> Self {
        Self {
            bytes,
            at: 0,
            function,
            problem: None,
        }
    }

    /// The same from one block on, which starts at `at`.
    pub(crate) const fn from(bytes: &'a [u8], function: u8, at: usize) -> Self {
        Self {
            bytes,
            at,
            function,
            problem: None,
        }
    }

    /// Why the walk ended early.
    pub(crate) const fn problem(&self) -> Option<Problem> {
        self.problem
    }

    /// What could not be decoded, when the walk has ended, and where it starts.
    pub(crate) fn rest(&self) -> (usize, &'a [u8]) {
        (self.at, self.bytes.get(self.at..).unwrap_or_default())
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        if self.problem.is_some() || self.at >= self.bytes.len() {
            return None;
        }
        let at = self.at;
        let mut cursor = Cursor::new(self.bytes.get(at..).unwrap_or_default());
        let (header, fault) = header::read(&mut cursor);
        self.problem = fault.map(|fault| match (fault, header) {
            (Fault::Qualifier, Some(header)) => Problem::Qualifier(header.qualifier),
            (Fault::Short(short), _) => Problem::Header(short),
            (Fault::Qualifier, None) => Problem::Reversed,
        });
        let header = header?;
        let data_at = at + cursor.position();
        self.at = data_at;
        let mut block = Block {
            header,
            at,
            shape: None,
            data_at,
            data: &[],
            is_unknown: !is_known(header.group, header.variation),
        };
        if self.problem.is_some() {
            return Some(block);
        }
        if carries_data(self.function, &header) {
            block.shape = match (shape(header.group, header.variation), header.prefix) {
                (Some(shape), _) => Some(shape),
                (None, Prefix::Size(_)) => Some(Shape::Unknown),
                (None, _) => {
                    block.is_unknown = true;
                    self.problem = Some(Problem::Object(header.group, header.variation));
                    return Some(block);
                }
            };
        }
        match extent(&block, cursor.rest()) {
            Ok(length) => {
                block.data = cursor.rest().get(..length).unwrap_or_default();
                self.at = data_at + length;
            }
            Err((problem, whole)) => {
                if matches!(problem, Problem::Truncated(_)) {
                    block.data = cursor.rest();
                }
                self.problem = Some(problem);
                self.at = data_at + whole;
            }
        }
        Some(block)
    }
}

/// Do objects follow such a header, or does it only name points (4.2.2.7, and the functions of 4.4)?
fn carries_data(code: u8, header: &Header) -> bool {
    if header.range == Range::All {
        return false;
    }
    // A size before each object speaks for itself: file blocks in a READ, application names in a STOP_APPL.
    if matches!(header.prefix, Prefix::Size(_)) {
        return true;
    }
    match header.group {
        60 => return false,
        // Who asks and how to check it stands around the objects of any request (7.5.4, aggressive mode).
        120 => return true,
        _ => {}
    }
    match code {
        function::WRITE
        | function::SELECT
        | function::OPERATE
        | function::DIRECT_OPERATE
        | function::DIRECT_OPERATE_NR
        | function::AUTHENTICATE_REQ
        | function::AUTH_REQ_NO_ACK
        | function::RESPONSE.. => true,
        // When to freeze; which counters is said by headers alone.
        function::FREEZE_AT_TIME | function::FREEZE_AT_TIME_NR => header.group == 50,
        _ => false,
    }
}

/// True when the standard has such an object; variation 0 asks for whatever the outstation likes best.
fn is_known(group: u8, variation: u8) -> bool {
    shape(group, variation).is_some()
        || (group, variation) == (0, 254)
        || (variation == 0 && group != 0 && shape(group, 1).is_some())
}

/// How many octets the objects of a block take at the front of `rest`; else what is wrong and how many octets are good.
fn extent(block: &Block<'_>, rest: &[u8]) -> Result<usize, (Problem, usize)> {
    let header = &block.header;
    let count = header.range.count();
    let Some(shape) = block.shape else {
        // Only indices, if anything.
        return constant(header.prefix.size(), count, rest);
    };
    if header.range.is_reversed() {
        return Err((Problem::Reversed, 0));
    }
    match (shape, header.prefix, shape.size()) {
        (Shape::Packed(bits), Prefix::Nothing, _) => {
            let need = (count.saturating_mul(u64::from(bits))).div_ceil(8);
            let need = usize::try_from(need).unwrap_or(usize::MAX);
            if need <= rest.len() {
                Ok(need)
            } else {
                Err((truncated("packed points", need, rest.len()), rest.len()))
            }
        }
        (Shape::Packed(_), ..) | (Shape::Structured(None), Prefix::Nothing | Prefix::Index(_), _) => {
            Err((Problem::Qualifier(header.qualifier), 0))
        }
        (_, Prefix::Nothing | Prefix::Index(_), Some(size)) => {
            constant(header.prefix.size() + size, count, rest)
        }
        _ => varying(block, shape, count, rest),
    }
}

fn constant(each: usize, count: u64, rest: &[u8]) -> Result<usize, (Problem, usize)> {
    let need = usize::try_from(count.saturating_mul(each as u64)).unwrap_or(usize::MAX);
    if need <= rest.len() {
        return Ok(need);
    }
    let whole = rest.len().checked_div(each).unwrap_or(0).saturating_mul(each);
    Err((truncated("objects", need, rest.len()), whole))
}

/// Walks objects that say their own size. Each takes at least one octet, so the bytes bound the walk.
fn varying(block: &Block<'_>, shape: Shape, count: u64, rest: &[u8]) -> Result<usize, (Problem, usize)> {
    let mut cursor = Cursor::new(rest);
    for _ in 0..count {
        let start = cursor.position();
        match object(&mut cursor, block.header.prefix, shape) {
            Ok(object) if object.is_whole => {}
            Ok(object) => {
                return Err((truncated("object", object.need, object.data.len()), start));
            }
            Err(short) => return Err((Problem::Truncated(short), start)),
        }
    }
    Ok(cursor.position())
}

const fn truncated(field: &'static str, need: usize, have: usize) -> Problem {
    Problem::Truncated(Short {
        field,
        at: 0,
        need,
        have,
    })
}

/// One object behind its prefix.
struct Object<'a> {
    index: Option<u32>,
    size: Option<u32>,
    data: &'a [u8],
    need: usize,
    is_whole: bool,
}

/// Takes one object; what is left of a cut one is taken too.
fn object<'a>(cursor: &mut Cursor<'a>, prefix: Prefix, shape: Shape) -> Result<Object<'a>, Short> {
    let number = |cursor: &mut Cursor<'a>, octets, field| -> Result<u32, Short> {
        Ok(match octets {
            1 => u32::from(cursor.u8(field)?),
            2 => u32::from(cursor.u16_le(field)?),
            _ => cursor.u32_le(field)?,
        })
    };
    let (index, size) = match prefix {
        Prefix::Nothing => (None, None),
        Prefix::Index(octets) => (Some(number(cursor, octets, "index")?), None),
        Prefix::Size(octets) => (None, Some(number(cursor, octets, "object size")?)),
    };
    let need = match size.map(|size| size as usize).or(shape.size()) {
        Some(size) => size,
        // An attribute: type, length, value.
        None => match cursor.rest() {
            [kind, length, ..] => attribute::value_length(*kind, *length) + 2,
            _ => 2,
        },
    };
    let data = cursor.rest();
    match cursor.take(need, "object") {
        Ok(data) => Ok(Object {
            index,
            size,
            data,
            need,
            is_whole: true,
        }),
        Err(_) => {
            let _ = cursor.take(data.len(), "object");
            Ok(Object {
                index,
                size,
                data,
                need,
                is_whole: false,
            })
        }
    }
}

/// One object of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point<'a> {
    /// Its index, from its prefix, from the range, or counted from 0. Objects with a size before them have none.
    pub(crate) index: Option<u32>,
    /// Where it starts with its prefix, counted in the objects of the fragment.
    pub(crate) at: usize,
    /// How long its prefix is.
    pub(crate) prefix: usize,
    /// What its prefix says of its size.
    pub(crate) size: Option<u32>,
    /// Its octets without the prefix; for packed points the octet that holds it.
    pub(crate) data: &'a [u8],
    /// Of packed points, the first bit in that octet.
    pub(crate) bit: u8,
    /// False for the last one of a block that is cut off.
    pub(crate) is_whole: bool,
}

impl<'a> Point<'a> {
    /// Octets behind the members of an object that its prefix makes longer than it is.
    pub(crate) fn rest(&self, block: &Block<'_>) -> &'a [u8] {
        match (self.size, block.shape.and_then(Shape::size)) {
            (Some(_), Some(size)) => self.data.get(size..).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Walks the objects of a block.
#[derive(Clone, Debug)]
pub(crate) struct Points<'a> {
    block: Block<'a>,
    cursor: Cursor<'a>,
    nth: u64,
    count: u64,
    /// Octets of prefix and object where every one has the same and there are any: the way of nearly all points.
    each: Option<(usize, usize)>,
}

impl<'a> Block<'a> {
    /// Its objects, also one at the end that is cut off.
    pub(crate) fn points(&self) -> Points<'a> {
        let size = match (self.header.prefix, self.shape) {
            (Prefix::Size(_), _) => None,
            (_, None) => Some(0),
            (_, Some(shape)) => shape.size(),
        };
        let prefix = self.header.prefix.size();
        Points {
            block: *self,
            cursor: Cursor::new(self.data),
            nth: 0,
            count: self.header.range.count(),
            each: size.filter(|size| prefix + size > 0).map(|size| (prefix, size)),
        }
    }

    /// True when points are written one by one: they have data, or an index each.
    pub(crate) fn lists_points(&self) -> bool {
        self.shape.is_some() || matches!(self.header.prefix, Prefix::Index(_))
    }
}

impl<'a> Iterator for Points<'a> {
    type Item = Point<'a>;

    #[inline]
    fn next(&mut self) -> Option<Point<'a>> {
        if self.nth >= self.count {
            return None;
        }
        if let Some((prefix, size)) = self.each {
            let start = self.cursor.position();
            if let Ok(octets) = self.cursor.take(prefix + size, "object") {
                let (before, data) = octets.split_at_checked(prefix)?;
                let index = match *before {
                    [] => self.counted(),
                    [a] => Some(u32::from(a)),
                    [a, b] => Some(u32::from(u16::from_le_bytes([a, b]))),
                    [a, b, c, d] => Some(u32::from_le_bytes([a, b, c, d])),
                    _ => None,
                };
                self.nth += 1;
                return Some(Point {
                    index,
                    at: self.block.data_at + start,
                    prefix,
                    size: None,
                    data,
                    bit: 0,
                    is_whole: true,
                });
            }
        }
        self.next_of_any_shape()
    }
}

impl<'a> Points<'a> {
    /// The index by the range, or counted from 0.
    fn counted(&self) -> Option<u32> {
        let first = match self.block.header.range {
            Range::Span { start, .. } => u64::from(start),
            _ => 0,
        };
        u32::try_from(first + self.nth).ok()
    }

    /// Packed points, objects that say their own size, and one that is cut off.
    fn next_of_any_shape(&mut self) -> Option<Point<'a>> {
        let nth = self.nth;
        let counted = self.counted();
        self.nth += 1;
        if let Some(Shape::Packed(bits)) = self.block.shape {
            let position = nth.checked_mul(u64::from(bits))?;
            let octet = usize::try_from(position / 8).ok()?;
            return Some(Point {
                index: counted,
                at: self.block.data_at + octet,
                prefix: 0,
                size: None,
                data: self.block.data.get(octet..=octet)?,
                bit: u8::try_from(position % 8).unwrap_or(0),
                is_whole: true,
            });
        }
        if self.cursor.is_empty() {
            return None;
        }
        let index = match self.block.header.prefix {
            Prefix::Size(_) if !matches!(self.block.header.range, Range::Span { .. }) => None,
            Prefix::Index(_) => None,
            _ => counted,
        };
        let start = self.cursor.position();
        let at = self.block.data_at + start;
        let prefix = self.block.header.prefix;
        let shape = self.block.shape.unwrap_or(Shape::Empty);
        match object(&mut self.cursor, prefix, shape) {
            Ok(object) => Some(Point {
                index: object.index.or(index),
                at,
                prefix: prefix.size(),
                size: object.size,
                data: object.data,
                bit: 0,
                is_whole: object.is_whole,
            }),
            // Not even its prefix is whole.
            Err(_) => {
                self.nth = self.count;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
