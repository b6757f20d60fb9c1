//! OPC UA nodes that have tags: found by identifier, told apart by namespace.

use std::hash::BuildHasher;

use hashbrown::HashTable;

use tapglass_model::{Node, NodeIdentifier};

use super::bind::Hasher;
use crate::site::{OwnedNode, TagId};

/// One node with a tag.
#[derive(Clone, Debug)]
struct Entry {
    node: OwnedNode,
    attribute: u32,
    tag: TagId,
}

/// The nodes of one server.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    table: HashTable<Entry>,
    hasher: Hasher,
}

impl Nodes {
    fn hash(&self, identifier: &NodeIdentifier<'_>, attribute: u32) -> u64 {
        self.hasher.hash_one((identifier, attribute))
    }

    /// Adds the node of a tag.
    pub fn add(&mut self, node: &OwnedNode, attribute: u32, tag: TagId) {
        let hash = self.hash(&node.identifier(), attribute);
        let hasher = self.hasher.clone();
        self.table.insert_unique(
            hash,
            Entry {
                node: node.clone(),
                attribute,
                tag,
            },
            |entry| hasher.hash_one((entry.node.identifier(), entry.attribute)),
        );
    }

    /// Calls `visit` with each tag on a node.
    ///
    /// The namespace's URI decides where both sides know it. As long as the server's NamespaceArray was not seen, a
    /// node is taken for a tag's only when no other tag of this server has the same identifier.
    pub fn find(&self, node: &Node<'_>, attribute: u32, visit: &mut dyn FnMut(TagId)) {
        let hash = self.hash(&node.identifier, attribute);
        let same = || {
            self.table
                .iter_hash(hash)
                .filter(|entry| entry.attribute == attribute && entry.node.identifier() == node.identifier)
        };
        for entry in same() {
            let matches = match (&entry.node.uri, node.uri) {
                (Some(expected), Some(uri)) => expected == uri,
                (Some(expected), None) => {
                    // Namespace 0 is always that of OPC UA itself (OPC 10000-3 8.2.2).
                    (node.namespace != 0 || expected == "http://opcfoundation.org/UA/")
                        && same().all(|other| other.node.uri == entry.node.uri)
                }
                (None, _) => entry.node.namespace.unwrap_or(0) == node.namespace,
            };
            if matches {
                visit(entry.tag);
            }
        }
    }
}
