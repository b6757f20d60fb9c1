//! What outlives a connection to a server: its sessions, its subscriptions with what they watch, its namespaces.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use tapglass_proto::{Actor, Limits};

use crate::custom::CustomTypes;
use crate::naming::NodeNames;
use crate::types::{ExpandedNodeId, NodeId, StoredNode};

/// Sessions that are remembered. A server has some tens; what was never closed is forgotten, the oldest first.
const MOST_SESSIONS: usize = 1_024;

/// Points from which browsing goes on that are remembered, and their longest. Servers allow some tens.
const MOST_CONTINUATIONS: usize = 256;
const LONGEST_CONTINUATION: usize = 1_024;

/// Registered nodes of a session that are remembered. They stand in order in one list, which must stay short.
const MOST_ALIASES: usize = 10_000;

/// A session of a client with the server, wherever its messages come from.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    token: StoredNode,
    /// The public id.
    pub(crate) id: Option<Box<str>>,
    /// URI of the client's application.
    pub(crate) application: Option<Box<str>>,
    /// Name of the user, or how the client logged on.
    pub(crate) user: Option<Box<str>>,
    /// Other names that the server gave to nodes, with these nodes, sorted by name (OPC 10000-4 5.9.5).
    aliases: Vec<(StoredNode, StoredNode)>,
}

impl Session {
    /// True when nothing but its token is known.
    fn is_nameless(&self) -> bool {
        self.id.is_none() && self.application.is_none() && self.user.is_none()
    }
}

/// One watched attribute.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The node.
    pub(crate) node: StoredNode,
    /// Its attribute.
    pub(crate) attribute: u32,
    /// Names of the fields of its events, in the order of the filter.
    pub(crate) fields: Box<[Box<str>]>,
}

/// A subscription, which sends what changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subscription {
    /// The session that it belongs to.
    pub(crate) owner: Option<u32>,
    /// Everything since its creation was seen, so that every handle must be known.
    pub(crate) complete: bool,
    /// It was said that some of its notifications have no name.
    pub(crate) told: bool,
    /// By client handle, which is all that notifications carry.
    pub(crate) items: BTreeMap<u32, Item>,
    /// From the server's number to the client handle.
    handles: BTreeMap<u32, u32>,
}

impl Subscription {
    /// The item of the server's number.
    pub(crate) fn item(&self, id: u32) -> Option<&Item> {
        self.items.get(self.handles.get(&id)?)
    }
}

/// Everything that is remembered of one server.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    limits: Limits,
    namespaces: Vec<Box<str>>,
    /// The server's own application URI, which namespace 1 has by definition (OPC 10000-5 6.3.1).
    own_uri: Option<Box<str>>,
    sessions: BTreeMap<u32, Session>,
    next_session: u32,
    subscriptions: BTreeMap<u32, Subscription>,
    items: usize,
    /// Items that were forgotten because there were too many, since last asked.
    forgotten: usize,
    /// Nodes whose browsing stopped at a limit, by the point from which it goes on; the oldest first.
    continuations: VecDeque<(Box<[u8]>, StoredNode)>,
    /// What people call the nodes.
    pub(crate) names: NodeNames,
    /// Data types that the server defined.
    pub(crate) types: CustomTypes,
}

impl Memory {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            namespaces: Vec::new(),
            own_uri: None,
            sessions: BTreeMap::new(),
            next_session: 0,
            subscriptions: BTreeMap::new(),
            items: 0,
            forgotten: 0,
            continuations: VecDeque::new(),
            names: NodeNames::new(),
            types: CustomTypes::new(),
        }
    }

    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    /// The URI of a namespace, where it is known. Namespace 0 is the same everywhere and needs none.
    pub(crate) fn uri(&self, namespace: u16) -> Option<&str> {
        match (namespace, self.namespaces.get(usize::from(namespace))) {
            (0, _) => None,
            (_, Some(uri)) => Some(uri),
            (1, None) => self.own_uri.as_deref(),
            _ => None,
        }
    }

    /// Replaces the namespace array.
    pub(crate) fn set_namespaces<'a>(&mut self, uris: impl Iterator<Item = &'a str>) {
        let before = core::mem::take(&mut self.namespaces);
        self.namespaces
            .extend(uris.take(usize::from(u16::MAX)).map(Box::from));
        // A namespace that is added at the end changes nothing; one that moves makes other nodes of the same numbers.
        if !self.namespaces.starts_with(&before) {
            self.names.clear();
            self.types = CustomTypes::new();
        }
    }

    /// The node by the server's own index; `None` for a node of another server or of a namespace that is not known.
    pub(crate) fn local<'a>(&self, node: ExpandedNodeId<'a>) -> Option<NodeId<'a>> {
        if node.server != 0 {
            return None;
        }
        let Some(uri) = node.uri else {
            return Some(node.node);
        };
        let namespace = self.namespaces.iter().position(|known| **known == *uri)?;
        Some(NodeId {
            namespace: u16::try_from(namespace).ok()?,
            ..node.node
        })
    }

    /// Remembers that browsing a node goes on from that point.
    pub(crate) fn continues(&mut self, point: &[u8], node: NodeId<'_>) {
        if point.len().max(node.weight()) > LONGEST_CONTINUATION {
            return;
        }
        self.continuations.retain(|(known, _)| **known != *point);
        if self.continuations.len() >= MOST_CONTINUATIONS {
            self.continuations.pop_front();
        }
        self.continuations.push_back((point.into(), node.into()));
    }

    /// The node that is browsed further from that point.
    pub(crate) fn continued(&self, point: &[u8]) -> Option<NodeId<'_>> {
        let mut known = self.continuations.iter();
        known
            .find(|(known, _)| **known == *point)
            .map(|(_, node)| node.lend())
    }

    pub(crate) fn set_own_uri(&mut self, uri: &str) {
        if self.own_uri.as_deref() != Some(uri) {
            self.own_uri = Some(uri.into());
        }
    }

    /// The session of an authentication token; `likely` is looked at first.
    pub(crate) fn session_of(&self, token: NodeId<'_>, likely: Option<u32>) -> Option<u32> {
        if let Some(key) = likely
            && self
                .session(Some(key))
                .is_some_and(|session| session.token.lend() == token)
        {
            return Some(key);
        }
        let mut sessions = self.sessions.iter();
        sessions
            .find(|(_, session)| session.token.lend() == token)
            .map(|(key, _)| *key)
    }

    pub(crate) fn session(&self, key: Option<u32>) -> Option<&Session> {
        self.sessions.get(&key?)
    }

    pub(crate) fn session_mut(&mut self, key: Option<u32>) -> Option<&mut Session> {
        self.sessions.get_mut(&key?)
    }

    /// Remembers a new session.
    pub(crate) fn add_session(&mut self, token: NodeId<'_>) -> u32 {
        // A server that starts anew may give the same token to another client.
        self.sessions.retain(|_, session| session.token.lend() != token);
        if self.sessions.len() >= MOST_SESSIONS {
            let nameless = self.sessions.iter().find(|(_, session)| session.is_nameless());
            let oldest = nameless.or_else(|| self.sessions.iter().next());
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.sessions.remove(&oldest);
            }
        }
        let key = self.next_session;
        self.next_session = key.wrapping_add(1);
        let session = Session {
            token: token.into(),
            id: None,
            application: None,
            user: None,
            aliases: Vec::new(),
        };
        self.sessions.insert(key, session);
        key
    }

    /// Forgets a session, and its subscriptions when they end with it.
    pub(crate) fn remove_session(&mut self, key: u32, with_subscriptions: Subscriptions) {
        self.sessions.remove(&key);
        if with_subscriptions == Subscriptions::Deleted {
            let items = &mut self.items;
            self.subscriptions.retain(|_, subscription| {
                let stays = subscription.owner != Some(key);
                if !stays {
                    *items = items.saturating_sub(subscription.items.len());
                }
                stays
            });
        }
    }

    /// Forgets a session of which only a token is known: the server says that there is none.
    pub(crate) fn forget_nameless(&mut self, key: Option<u32>) {
        if let Some(key) = key
            && self.sessions.get(&key).is_some_and(Session::is_nameless)
        {
            self.sessions.remove(&key);
        }
    }

    /// Who acts in a session.
    pub(crate) fn actor(&self, session: Option<u32>) -> Actor<'_> {
        let session = self.session(session);
        Actor {
            link: None,
            application: session.and_then(|session| session.application.as_deref()),
            user: session.and_then(|session| session.user.as_deref()),
        }
    }

    /// Remembers that the server calls `node` by another name in this session.
    pub(crate) fn add_alias(&mut self, session: Option<u32>, node: NodeId<'_>, alias: NodeId<'_>) {
        let Some(session) = self.session_mut(session) else {
            return;
        };
        let place = session
            .aliases
            .binary_search_by(|(known, _)| known.lend().cmp(&alias));
        match place {
            Ok(place) if node == alias => {
                session.aliases.remove(place);
            }
            Ok(place) => {
                if let Some(known) = session.aliases.get_mut(place) {
                    known.1 = node.into();
                }
            }
            Err(place) if node != alias && session.aliases.len() < MOST_ALIASES => {
                session.aliases.insert(place, (alias.into(), node.into()));
            }
            Err(_) => {}
        }
    }

    /// Forgets another name of a node.
    pub(crate) fn remove_alias(&mut self, session: Option<u32>, alias: NodeId<'_>) {
        self.add_alias(session, alias, alias);
    }

    /// The node that a name of this session means.
    pub(crate) fn resolve<'a>(&'a self, session: Option<u32>, node: NodeId<'a>) -> NodeId<'a> {
        let Some(session) = self.session(session) else {
            return node;
        };
        let place = session
            .aliases
            .binary_search_by(|(known, _)| known.lend().cmp(&node));
        place
            .ok()
            .and_then(|place| session.aliases.get(place))
            .map_or(node, |(_, node)| node.lend())
    }

    pub(crate) fn subscription(&self, id: u32) -> Option<&Subscription> {
        self.subscriptions.get(&id)
    }

    /// The subscription of a number, made when it was not known.
    pub(crate) fn subscription_mut(&mut self, id: u32) -> &mut Subscription {
        self.make_room(id);
        self.subscriptions.entry(id).or_default()
    }

    /// Keeps one subscription more from exceeding the limit.
    fn make_room(&mut self, id: u32) {
        if self.subscriptions.len() >= self.limits.remembered && !self.subscriptions.contains_key(&id) {
            self.forget_oldest();
        }
    }

    /// Whole subscriptions go, the lowest number first, which is the oldest in nearly every server.
    fn forget_oldest(&mut self) {
        if let Some((_, removed)) = self.subscriptions.pop_first() {
            self.items = self.items.saturating_sub(removed.items.len());
            self.forgotten += removed.items.len();
        }
    }

    /// Starts a subscription anew.
    pub(crate) fn add_subscription(&mut self, id: u32, owner: Option<u32>) {
        self.remove_subscription(id);
        self.make_room(id);
        let subscription = Subscription {
            owner,
            complete: true,
            ..Subscription::default()
        };
        self.subscriptions.insert(id, subscription);
    }

    pub(crate) fn remove_subscription(&mut self, id: u32) {
        if let Some(removed) = self.subscriptions.remove(&id) {
            self.items = self.items.saturating_sub(removed.items.len());
        }
    }

    /// Some requests may have been missed: handles that are not known are no surprise any more.
    pub(crate) fn doubt(&mut self) {
        for subscription in self.subscriptions.values_mut() {
            subscription.complete = false;
        }
    }

    /// Remembers what a client handle stands for.
    pub(crate) fn add_item(&mut self, subscription: u32, handle: u32, item: Item) {
        while self.items >= self.limits.remembered && self.items > 0 {
            self.forget_oldest();
        }
        let place = self.subscription_mut(subscription);
        if place.items.insert(handle, item).is_none() {
            self.items += 1;
        }
    }

    /// Remembers the server's number of an item.
    pub(crate) fn number_item(&mut self, subscription: u32, handle: u32, id: u32) {
        let most = self.limits.remembered;
        if let Some(subscription) = self.subscriptions.get_mut(&subscription)
            && subscription.handles.len() < most
        {
            subscription.handles.insert(id, handle);
        }
    }

    /// Gives an item another client handle.
    pub(crate) fn rename_item(&mut self, subscription: u32, id: u32, handle: u32) {
        let Some(subscription) = self.subscriptions.get_mut(&subscription) else {
            return;
        };
        let Some(before) = subscription.handles.insert(id, handle) else {
            subscription.handles.remove(&id);
            return;
        };
        if before != handle
            && let Some(item) = subscription.items.remove(&before)
            && subscription.items.insert(handle, item).is_some()
        {
            self.items = self.items.saturating_sub(1);
        }
    }

    /// Forgets an item.
    pub(crate) fn remove_item(&mut self, subscription: u32, id: u32) {
        if let Some(subscription) = self.subscriptions.get_mut(&subscription)
            && let Some(handle) = subscription.handles.remove(&id)
            && subscription.items.remove(&handle).is_some()
        {
            self.items = self.items.saturating_sub(1);
        }
    }

    /// How many items were forgotten since this was last asked.
    pub(crate) fn take_forgotten(&mut self) -> usize {
        core::mem::take(&mut self.forgotten)
    }
}

/// What becomes of a session's subscriptions (OPC 10000-4 5.7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subscriptions {
    /// They end with it.
    Deleted,
    /// They wait for another session.
    Kept,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: u32) -> Item {
        Item {
            node: NodeId::standard(id).into(),
            attribute: 13,
            fields: Box::new([]),
        }
    }

    #[test]
    fn remembers_no_more_items_than_the_limit() {
        let mut memory = Memory::new(Limits {
            remembered: 10,
            ..Limits::default()
        });
        for subscription in 0..5 {
            for handle in 0..4 {
                memory.add_item(subscription, handle, item(handle));
            }
        }
        assert!(memory.items <= 10);
        assert_eq!(memory.take_forgotten(), 12);
        // the newest are still there
        assert!(memory.subscription(4).unwrap().items.contains_key(&3));
    }

    #[test]
    fn an_item_keeps_its_node_when_its_handle_changes() {
        let mut memory = Memory::new(Limits::default());
        memory.add_item(1, 7, item(2258));
        memory.number_item(1, 7, 500);
        memory.rename_item(1, 500, 8);
        let subscription = memory.subscription(1).unwrap();
        assert!(!subscription.items.contains_key(&7));
        assert_eq!(
            subscription.item(500).unwrap().node.lend(),
            NodeId::standard(2258)
        );
        memory.remove_item(1, 500);
        assert_eq!(memory.items, 0);
    }

    #[test]
    fn namespace_one_is_the_servers_own_until_the_array_is_known() {
        let mut memory = Memory::new(Limits::default());
        memory.set_own_uri("urn:server");
        assert_eq!(memory.uri(1), Some("urn:server"));
        assert_eq!(memory.uri(2), None);
        memory.set_namespaces(["http://opcfoundation.org/UA/", "urn:a", "urn:b"].into_iter());
        assert_eq!(
            (memory.uri(0), memory.uri(1), memory.uri(2)),
            (None, Some("urn:a"), Some("urn:b"))
        );
    }
}
