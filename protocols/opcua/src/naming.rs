//! What people call the nodes of a server: display names and browse paths, learned from what clients browse and read.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use core::fmt::{self, Write as _};

use tapglass_model::NodeIdentifier;

use crate::types::{NodeId, StoredNode};

/// A longer name is no name that anybody could read in a list.
const LONGEST_NAME: usize = 512;
/// Bytes of names and identifiers that are kept for each node that may be remembered, all of them together.
const BYTES_EACH: usize = 128;
/// Steps of a path that are followed; hierarchies may hold loops.
const MOST_STEPS: usize = 24;

/// The nodes that every address space begins with (OPC 10000-5 8.2).
const ROOTS: [(u32, &str); 5] = [
    (84, "/Root"),
    (85, "/Objects"),
    (86, "/Types"),
    (87, "/Views"),
    (2253, "/Objects/Server"),
];

/// What is known of one node.
#[derive(Clone, Debug)]
struct Named {
    node: StoredNode,
    display: Box<str>,
    /// The steps that lead to it from `parent`, each behind a slash.
    steps: Box<str>,
    parent: Option<StoredNode>,
}

impl Named {
    /// Bytes that it takes beside a fixed size.
    fn weight(&self) -> usize {
        let parent = self.parent.as_ref().map_or(0, |parent| parent.lend().weight());
        self.node.lend().weight() + self.display.len() + self.steps.len() + parent
    }
}

/// The names of one server's nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeNames {
    /// By a digest of the node, which keeps comparing cheap; a node that shares its digest with another has no name.
    nodes: BTreeMap<u64, Named>,
    /// Their digests, the oldest first.
    order: VecDeque<u64>,
    /// Bytes of their names and identifiers.
    bytes: usize,
    /// Some were forgotten because there are too many.
    full: bool,
    /// That was said.
    told: bool,
}

/// A digest of namespace and identifier, eight bytes at a time: it is made for every value that is shown.
fn digest(node: NodeId<'_>) -> u64 {
    let step = |digest: u64, word: u64| (digest.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let start = step(0, u64::from(node.namespace));
    let words = |start: u64, bytes: &[u8]| {
        let (words, rest) = bytes.as_chunks::<8>();
        let all = words
            .iter()
            .fold(start, |digest, word| step(digest, u64::from_le_bytes(*word)));
        let rest = rest.iter().fold(0, |rest, byte| rest << 8 | u64::from(*byte));
        step(step(all, rest), bytes.len() as u64)
    };
    let kind = |place| step(start, place);
    match node.identifier {
        NodeIdentifier::Numeric(id) => step(kind(0), u64::from(id)),
        NodeIdentifier::Text(text) => words(kind(1), text.as_bytes()),
        NodeIdentifier::Guid(guid) => words(kind(2), &guid),
        NodeIdentifier::Opaque(bytes) => words(kind(3), bytes),
    }
}

impl NodeNames {
    pub(crate) const fn new() -> Self {
        Self {
            nodes: BTreeMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            full: false,
            told: false,
        }
    }

    fn get(&self, node: NodeId<'_>) -> Option<&Named> {
        if self.nodes.is_empty() {
            return None;
        }
        self.nodes
            .get(&digest(node))
            .filter(|named| named.node.lend() == node)
    }

    /// Changes the entry of a node, which is made when it is not known. The oldest entries make room for it.
    fn change(&mut self, node: NodeId<'_>, most: usize, change: impl FnOnce(&mut Named)) {
        let key = digest(node);
        let known = self.nodes.contains_key(&key);
        let named = self.nodes.entry(key).or_insert_with(|| Named {
            node: node.into(),
            display: Box::default(),
            steps: Box::default(),
            parent: None,
        });
        if named.node.lend() != node {
            return;
        }
        let before = if known { named.weight() } else { 0 };
        change(named);
        self.bytes = (self.bytes + named.weight()).saturating_sub(before);
        if !known {
            self.order.push_back(key);
        }
        while self.nodes.len() > most || self.bytes > most.saturating_mul(BYTES_EACH) {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            if let Some(named) = self.nodes.remove(&oldest) {
                self.bytes = self.bytes.saturating_sub(named.weight());
                self.full = true;
            }
        }
    }

    /// Learns what a node is called; at most `most` nodes are remembered.
    pub(crate) fn display(&mut self, node: NodeId<'_>, name: &str, most: usize) {
        if name.is_empty() || name.len() > LONGEST_NAME {
            return;
        }
        self.change(node, most, |named| {
            if &*named.display != name {
                named.display = name.into();
            }
        });
    }

    /// Learns the steps that lead to a node from `parent`, which is null where only the last step is known.
    pub(crate) fn place(&mut self, node: NodeId<'_>, steps: &str, parent: NodeId<'_>, most: usize) {
        if steps.len() < 2 || steps.len() > LONGEST_NAME || node == parent {
            return;
        }
        self.change(node, most, |named| {
            // The first place stays: a node may hang in several.
            if named.steps.is_empty() || (named.parent.is_none() && !parent.is_null()) {
                named.steps = steps.into();
                named.parent = (!parent.is_null()).then(|| parent.into());
            }
        });
    }

    /// Forgets a node that was deleted.
    pub(crate) fn forget(&mut self, node: NodeId<'_>) {
        if self.get(node).is_none() {
            return;
        }
        let key = digest(node);
        if let Some(named) = self.nodes.remove(&key) {
            self.bytes = self.bytes.saturating_sub(named.weight());
        }
        // Deleting nodes is rare, and one that comes back must not be forgotten for its earlier life.
        self.order.retain(|known| *known != key);
    }

    /// Forgets everything: indexes of namespaces mean something else now.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.order.clear();
        self.bytes = 0;
    }

    /// The display name of a node and the path to it, each where it is known.
    pub(crate) fn names(&self, node: NodeId<'_>) -> (Option<&str>, Option<Path<'_>>) {
        let Some(named) = self.get(node) else {
            return (None, None);
        };
        let display = Some(&*named.display).filter(|name| !name.is_empty());
        (display, self.path_of(named))
    }

    /// The display name of a node.
    pub(crate) fn display_name(&self, node: NodeId<'_>) -> Option<&str> {
        self.get(node)
            .map(|named| &*named.display)
            .filter(|name| !name.is_empty())
    }

    /// The path to a node, from as far up as is known; `None` where nobody saw where it hangs.
    fn path_of<'a>(&'a self, mut named: &'a Named) -> Option<Path<'a>> {
        let mut steps = [""; MOST_STEPS];
        let mut count = 0;
        let mut root = None;
        for place in &mut steps {
            *place = &named.steps;
            count += 1;
            let Some(parent) = named.parent.as_ref().map(StoredNode::lend) else {
                break;
            };
            root = parent
                .standard_id()
                .and_then(|id| ROOTS.iter().find(|(known, _)| *known == id));
            match self.get(parent) {
                Some(above) if root.is_none() => named = above,
                _ => break,
            }
        }
        if named.parent.is_none() && count == 1 {
            return None;
        }
        Some(Path {
            root: root.map_or("", |(_, root)| root),
            steps,
            count,
        })
    }

    /// True once, when names were forgotten because there are too many.
    pub(crate) fn take_full(&mut self) -> bool {
        self.full && !core::mem::replace(&mut self.told, true)
    }
}

/// A path to a node.
pub(crate) struct Path<'a> {
    root: &'static str,
    /// The last step first.
    steps: [&'a str; MOST_STEPS],
    count: usize,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.root)?;
        let mut steps = self.steps.iter().take(self.count).rev();
        steps.try_for_each(|step| f.write_str(step))
    }
}

/// A step of a path as OPC 10000-4 annex A.2 writes it: `/2:Boiler`.
pub(crate) fn step(out: &mut String, inverse: bool, namespace: u16, name: &[u8]) {
    out.push_str(if inverse { "<!" } else { "/" });
    if namespace != 0 {
        let _ = write!(out, "{namespace}:");
    }
    out.push_str(&String::from_utf8_lossy(name));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn node(id: u32) -> NodeId<'static> {
        NodeId {
            namespace: 2,
            identifier: NodeIdentifier::Numeric(id),
        }
    }

    #[test]
    fn paths_lead_from_the_root_as_far_as_it_is_known() {
        let mut names = NodeNames::new();
        names.place(node(2), "/2:SP", node(1), 10);
        assert_eq!(names.names(node(2)).1.unwrap().to_string(), "/2:SP");
        names.place(node(1), "/2:Boiler", NodeId::standard(85), 10);
        assert_eq!(
            names.names(node(2)).1.unwrap().to_string(),
            "/Objects/2:Boiler/2:SP"
        );
        assert!(names.names(node(3)).1.is_none());
        // what is only named hangs nowhere
        names.display(node(3), "Third", 10);
        assert_eq!(
            (names.names(node(3)).1.is_none(), names.display_name(node(3))),
            (true, Some("Third"))
        );
    }

    #[test]
    fn loops_end_and_limits_hold() {
        let mut names = NodeNames::new();
        names.place(node(1), "/A", node(2), 2);
        names.place(node(2), "/B", node(1), 2);
        assert!(names.names(node(1)).1.is_some());
        assert!(!names.take_full());
        names.display(node(3), "a third", 2);
        assert_eq!(names.display_name(node(3)), Some("a third"));
        assert!(names.names(node(1)).1.is_none());
        assert_eq!((names.take_full(), names.take_full()), (true, false));
        // Names that are too long together are forgotten although few nodes are known.
        let mut names = NodeNames::new();
        for id in 0..10 {
            names.display(node(id), &"n".repeat(LONGEST_NAME), 10);
        }
        assert_eq!(names.bytes, 2 * LONGEST_NAME);
        assert!(names.display_name(node(9)).is_some() && names.display_name(node(7)).is_none());
        names.forget(node(9));
        assert_eq!(names.bytes, LONGEST_NAME);
        names.clear();
        assert_eq!(names.bytes, 0);
    }
}
