//! The texts that an engineer wrote, and where in them a thing stands.

use std::ops::Range;

/// A file of a site as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name, relative to the site.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A stretch of one file, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// Place in [`Sources`].
    pub(super) file: usize,
    /// First byte.
    pub(super) start: usize,
    /// Byte after the last one.
    pub(super) end: usize,
}

/// Every file that was read, in the order of reading.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    files: Vec<SourceFile>,
    /// Byte offsets at which the lines of each file start.
    lines: Vec<Vec<usize>>,
}

impl Sources {
    /// Adds a file and tells its place.
    pub(super) fn add(&mut self, name: String, text: String) -> usize {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        self.lines.push(starts);
        self.files.push(SourceFile { name, text });
        self.files.len() - 1
    }

    /// The files.
    pub(super) fn into_files(self) -> Vec<SourceFile> {
        self.files
    }

    /// The name of a file.
    pub(super) fn name(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |file| file.name.as_str())
    }

    /// Whether a file is a spreadsheet, whose cells are written in another way than values of TOML.
    pub(super) fn is_sheet(&self, file: usize) -> bool {
        self.lowercase_name(file).ends_with(".csv")
    }

    fn lowercase_name(&self, file: usize) -> String {
        self.name(file).to_lowercase()
    }

    /// The text of a file.
    pub(super) fn text(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |file| file.text.as_str())
    }

    /// The text of a span.
    pub(super) fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start..span.end).unwrap_or("")
    }

    /// Line and column (in characters) of the start of a span, both from 1.
    pub(super) fn position(&self, span: Span) -> (u32, u32) {
        let Some(starts) = self.lines.get(span.file) else {
            return (0, 0);
        };
        let line = starts.partition_point(|start| *start <= span.start).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let column = self
            .text(span.file)
            .get(start..span.start)
            .map_or(0, |before| before.chars().count());
        (
            u32::try_from(line).unwrap_or(u32::MAX),
            u32::try_from(column + 1).unwrap_or(u32::MAX),
        )
    }

    /// How positions in the decoded text of a string map to its place in the file.
    pub(super) fn inside(&self, span: Span, decoded: &str) -> Inside {
        let raw = self.slice(span);
        let offsets = if raw == decoded {
            Some((0..=decoded.len()).collect())
        } else {
            string_offsets(raw).filter(|offsets| offsets.len() == decoded.len() + 1)
        };
        Inside { span, offsets }
    }
}

/// Map from positions in a decoded string to positions in its file.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    span: Span,
    /// For each decoded byte, and for the end, its offset in the span; `None` when it could not be followed.
    offsets: Option<Vec<usize>>,
}

impl Inside {
    /// Where a range of the decoded text stands in the file.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let Some(offsets) = &self.offsets else {
            return self.span;
        };
        let at = |position: usize| {
            let last = offsets.last().copied().unwrap_or(0);
            self.span.start + offsets.get(position).copied().unwrap_or(last)
        };
        let start = at(range.start);
        Span {
            file: self.span.file,
            start,
            end: at(range.end).max(start),
        }
    }
}

/// Offsets of the decoded bytes of a TOML string, with one more for its end.
fn string_offsets(raw: &str) -> Option<Vec<usize>> {
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let triple = if quote == '"' { "\"\"\"" } else { "'''" };
    let width = if raw.len() >= 6 && raw.starts_with(triple) {
        3
    } else {
        1
    };
    let end = raw.len().checked_sub(width)?;
    let mut at = width;
    if width == 3 {
        // A newline directly after the opening quotes is not part of the text (TOML 1.0, strings).
        let rest = raw.get(at..)?;
        at += if rest.starts_with("\r\n") {
            2
        } else {
            usize::from(rest.starts_with('\n'))
        };
    }
    let mut offsets = Vec::with_capacity(raw.len());
    while at < end {
        let rest = raw.get(at..end)?;
        let c = rest.chars().next()?;
        let (consumed, produced) = if c == '\\' && quote == '"' {
            escape(rest)?
        } else {
            (c.len_utf8(), c.len_utf8())
        };
        for byte in 0..produced {
            offsets.push(at + byte.min(consumed - 1));
        }
        at += consumed;
    }
    offsets.push(end);
    Some(offsets)
}

/// Length of an escape sequence in the file and of what it stands for.
fn escape(rest: &str) -> Option<(usize, usize)> {
    let digits = match rest.chars().nth(1)? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'b' | 't' | 'n' | 'f' | 'r' | 'e' | '"' | '\\' => return Some((2, 1)),
        // A line-ending backslash swallows an unknown amount of white space.
        _ => return None,
    };
    let code = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
    Some((2 + digits, char::from_u32(code)?.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("plant.toml".into(), "a = 1\nµb = 2\n".into());
        let at = |start| {
            sources.position(Span {
                file,
                start,
                end: start,
            })
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(4), (1, 5));
        assert_eq!(at(6), (2, 1));
        assert_eq!(at(8), (2, 2), "the micro sign is two bytes and one character");
        assert_eq!(at(14), (3, 1));
    }

    #[test]
    fn positions_inside_strings_follow_escapes() {
        for (raw, decoded, position, expected) in [
            (r#""A > 5""#, "A > 5", 2, 3),
            (r#""\"A-1\" > 5""#, "\"A-1\" > 5", 0, 1),
            (r#""\"A-1\" > 5""#, "\"A-1\" > 5", 6, 9),
            ("'''\nA'''", "A", 0, 4),
            ("\"\\u00b5m\"", "µm", 2, 7),
        ] {
            let mut sources = Sources::default();
            let file = sources.add("x".into(), raw.into());
            let inside = sources.inside(
                Span {
                    file,
                    start: 0,
                    end: raw.len(),
                },
                decoded,
            );
            assert_eq!(inside.span(position..position + 1).start, expected, "{raw}");
        }
    }
}
