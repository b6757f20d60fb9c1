//! XML as a tree: bounded, without entities of its own.

use roxmltree::{Document, Node, ParsingOptions};

use super::ImportError;
use super::lines::Lines;

/// NodeSet2 of large companion specifications have half a million.
const MOST_NODES: u32 = 4_000_000;
/// Elements inside elements; the deepest of these formats has ten.
const DEEPEST: usize = 64;

/// Parses a text.
pub(super) fn parse(text: &str) -> Result<Document<'_>, ImportError> {
    depth(text)?;
    let options = ParsingOptions {
        // A document type declares entities, which may expand without end.
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| {
        let place = error.pos();
        ImportError::new(
            Some((place.row, place.col)),
            format!("this is not readable XML: {error}; export it again"),
        )
    })
}

/// Counts tags before anything is built of them: whoever reads the tree must not be led down without end.
fn depth(text: &str) -> Result<(), ImportError> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or("");
        let skip = |end: &str| rest.find(end).map_or(rest.len(), |place| place + end.len());
        if rest.starts_with("<!--") {
            at = start + skip("-->");
        } else if rest.starts_with("<![CDATA[") {
            at = start + skip("]]>");
        } else if rest.starts_with("<?") {
            at = start + skip("?>");
        } else {
            let length = tag_length(rest.as_bytes());
            let closes = bytes.get(start + length.saturating_sub(2)) == Some(&b'/');
            if rest.starts_with("</") {
                depth = depth.saturating_sub(1);
            } else if !closes && !rest.starts_with("<!") {
                depth += 1;
            }
            if depth > DEEPEST {
                let line = text.get(..start).unwrap_or("").matches('\n').count() + 1;
                return Err(ImportError::new(
                    Some((u32::try_from(line).unwrap_or(u32::MAX), 1)),
                    format!("elements are nested deeper than {DEEPEST}; no list of points is"),
                ));
            }
            at = start + length;
        }
    }
    Ok(())
}

/// The bytes of a tag, with its brackets; a bracket in a quoted value does not end it.
fn tag_length(tag: &[u8]) -> usize {
    let mut quote = None;
    for (place, byte) in tag.iter().enumerate() {
        match (quote, *byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'>') => return place + 1,
            (None, _) => {}
        }
    }
    tag.len()
}

/// Where elements begin. The tree finds lines too, but counts them from the top of the document for each element.
pub(super) struct Places<'a>(Lines<'a>);

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(Lines::new(text))
    }

    /// Where an element begins.
    pub(super) fn of(&self, node: Node<'_, '_>) -> (u32, u32) {
        self.0.place(node.range().start)
    }
}

/// The first child element of this name, whatever its namespace: those of the formats differ from edition to edition.
pub(super) fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children()
        .find(|child| child.is_element() && child.tag_name().name() == name)
}

/// The text of a child, without blanks around it; empty where there is none.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    child(node, name)
        .and_then(|child| child.text())
        .unwrap_or("")
        .trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(100_000);
        let entities = "<!DOCTYPE a [<!ENTITY b \"x\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        let quoted = format!("<a b='c>'>{}</a>", "<d/>".repeat(200));
        for (text, readable) in [
            ("<a><b/></a>", true),
            ("<a><!-- <b><c> --><![CDATA[<d><e>]]></a>", true),
            (quoted.as_str(), true),
            (entities, false),
            (deep.as_str(), false),
            ("<a>", false),
            ("", false),
        ] {
            assert_eq!(
                parse(text).is_ok(),
                readable,
                "{}",
                text.get(..60).unwrap_or(text)
            );
        }
    }
}
