//! Line and column of a place in a text, found in a moment however large the text is.

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

/// Programs write whole files as one line; letters are not counted that far, bytes are.
const COUNTED: usize = 4_096;

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { text, starts }
    }

    /// Line and column of a byte, both from 1; columns in characters.
    pub(super) fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = offset.saturating_sub(start);
        let column = if before > COUNTED {
            before
        } else {
            self.text
                .get(start..offset)
                .map_or(before, |text| text.chars().count())
        };
        (
            u32::try_from(line).unwrap_or(u32::MAX),
            u32::try_from(column + 1).unwrap_or(u32::MAX),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let lines = Lines::new("ab\nµx\n");
        for (offset, place) in [(0, (1, 1)), (1, (1, 2)), (3, (2, 1)), (5, (2, 2)), (99, (3, 93))] {
            assert_eq!(lines.place(offset), place, "{offset}");
        }
    }
}
