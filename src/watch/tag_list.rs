//! The list of tags held against traffic: what is in the list and never seen, what is seen and not in the list.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hashbrown::HashMap;

use tapglass_model::{Action, PointAddress, Station, Table, address_text};
use tapglass_proto::{Anomaly, Answer, Blind, Message, Observation, Operation, Points, Wants};

use crate::conversation::Context;
use crate::pipeline::Handler;
use crate::plant::bind::{Binding, Hasher};
use crate::plant::reading::Coding;
use crate::site::{Address, DeviceId, Site, TagId};

/// Blocks of points that are told apart; pollers ask for the same ones again and again.
const MOST_BLOCKS: usize = 200_000;
/// The attribute that is a node's value (OPC 10000-6, A.1).
const VALUE: u32 = 13;
/// Clients that are remembered for one block.
const MOST_CLIENTS: usize = 16;

/// A device of the site, or a station that the site does not know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// In the site.
    Known(DeviceId),
    /// Not in the site: protocol, server, station.
    Stranger(&'static str, IpAddr, Station),
}

/// Points that are asked for together, or a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Block {
    /// Consecutive points of a table.
    Range(Table, u32, u32),
    /// A node that has a tag.
    Tag(TagId),
    /// Another node, by its address.
    Node(String),
}

/// How often, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Times that the values were seen on the wire.
    pub read: u64,
    /// Times that they were written or commanded.
    pub written: u64,
    /// The clients.
    pub clients: BTreeSet<IpAddr>,
}

impl Uses {
    fn add(&mut self, written: bool, client: IpAddr) {
        if written {
            self.written += 1;
        } else {
            self.read += 1;
        }
        if self.clients.len() < MOST_CLIENTS {
            self.clients.insert(client);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.read = self.read.max(other.read);
        self.written = self.written.max(other.written);
        for client in &other.clients {
            if self.clients.len() < MOST_CLIENTS {
                self.clients.insert(*client);
            }
        }
    }
}

/// Listens to operations and remembers which points they are about.
pub struct TagList {
    site: Site,
    binding: Binding,
    uses: HashMap<(Whose, Block), Uses, Hasher>,
    /// Blocks that found no place.
    left_out: u64,
    /// Devices of a station of a conversation, found once.
    found: HashMap<(u32, Station), Vec<Whose>, Hasher>,
    /// Servers of which something was not seen, with the first reason.
    blind: BTreeMap<IpAddr, &'static str>,
}

/// A tag that was never seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The tag.
    pub tag: TagId,
    /// Why, as far as the traffic tells.
    pub why: &'static str,
}

/// Points that are seen and not in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    /// Of which device.
    pub of: Whose,
    /// `holding:100..120` as the device counts, or a node.
    pub points: String,
    /// How many points.
    pub count: u32,
    /// How often the most used of them, and by whom.
    pub uses: Uses,
}

/// What came of the comparison.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Tags that were seen.
    pub seen: u64,
    /// Tags that were not, in the order of the site.
    pub unseen: Vec<Unseen>,
    /// Points without a tag, by device and address.
    pub unlisted: Vec<Unlisted>,
    /// Blocks that were not told apart any more.
    pub left_out: u64,
}

impl TagList {
    /// Holds the tags of a site.
    #[must_use]
    pub fn new(site: Site) -> Self {
        let codings: Vec<Coding> = site.tags.iter().map(Coding::new).collect();
        Self {
            binding: Binding::new(&site, &codings),
            site,
            uses: HashMap::default(),
            left_out: 0,
            found: HashMap::default(),
            blind: BTreeMap::new(),
        }
    }

    /// The site.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    fn whose(&mut self, context: &Context<'_>, station: Station) -> Vec<Whose> {
        let conversation = context.conversation;
        let (binding, site) = (&self.binding, &self.site);
        let (server, protocol) = (conversation.server, conversation.protocol);
        // Conversations end; what was found for them is not needed for ever.
        if self.found.len() > MOST_BLOCKS {
            self.found.clear();
        }
        self.found
            .entry((conversation.number, station))
            .or_insert_with(|| {
                let known = binding.find(site, protocol, server.ip, server.port, station);
                if known.is_empty() {
                    vec![Whose::Stranger(protocol, server.ip, station)]
                } else {
                    known.into_iter().map(Whose::Known).collect()
                }
            })
            .clone()
    }

    fn used(&mut self, of: &[Whose], block: &Block, written: bool, client: IpAddr) {
        for whose in of {
            let key = (whose.clone(), block.clone());
            if let Some(uses) = self.uses.get_mut(&key) {
                uses.add(written, client);
            } else if self.uses.len() < MOST_BLOCKS {
                self.uses.entry(key).or_default().add(written, client);
            } else {
                self.left_out += 1;
            }
        }
    }

    /// Compares.
    #[must_use]
    pub fn compare(&self) -> Compared {
        let mut seen: BTreeSet<TagId> = BTreeSet::new();
        let mut partly: BTreeSet<TagId> = BTreeSet::new();
        let mut heard: BTreeSet<DeviceId> = BTreeSet::new();
        let mut loose: BTreeMap<(Whose, Table), BTreeMap<u32, Uses>> = BTreeMap::new();
        let mut unlisted = Vec::new();
        let mut blocks: Vec<(&(Whose, Block), &Uses)> = self.uses.iter().collect();
        blocks.sort_by_key(|(key, _)| *key);
        for ((of, block), uses) in blocks {
            if let Whose::Known(device) = of {
                heard.insert(*device);
            }
            match block {
                Block::Range(table, first, count) => {
                    let mut covered = vec![false; *count as usize];
                    self.covered(of, *table, *first, *count, &mut |tag, start, end| {
                        for index in start.max(*first)..end.min(first + count) {
                            if let Some(place) = covered.get_mut((index - first) as usize) {
                                *place = true;
                            }
                        }
                        // A value of which only a part is read is no value.
                        if start >= *first && end <= first + count {
                            seen.insert(tag);
                        } else {
                            partly.insert(tag);
                        }
                    });
                    for (index, _) in (*first..).zip(&covered).filter(|(_, covered)| !**covered) {
                        loose
                            .entry((of.clone(), *table))
                            .or_default()
                            .entry(index)
                            .or_default()
                            .merge(uses);
                    }
                }
                Block::Tag(tag) => {
                    seen.insert(*tag);
                }
                Block::Node(address) => unlisted.push(Unlisted {
                    of: of.clone(),
                    points: address.clone(),
                    count: 1,
                    uses: uses.clone(),
                }),
            }
        }
        for ((of, table), points) in &loose {
            self.ranges(of, *table, points, &mut unlisted);
        }
        unlisted.sort_by(|one, other| one.of.cmp(&other.of));
        let unseen = self
            .site
            .tag_ids()
            .filter(|(id, _)| !seen.contains(id))
            .map(|(id, tag)| Unseen {
                tag: id,
                why: self.why(tag.device, heard.contains(&tag.device), partly.contains(&id)),
            })
            .collect();
        Compared {
            seen: seen.len() as u64,
            unseen,
            unlisted,
            left_out: self.left_out,
        }
    }

    fn why(&self, device: DeviceId, heard: bool, partly: bool) -> &'static str {
        let host = self
            .site
            .devices
            .get(device.0 as usize)
            .and_then(|device| device.host);
        let blind = host.and_then(|host| self.blind.get(&host)).copied();
        match (partly, heard, blind) {
            (true, ..) => "only a part of its registers is polled",
            (_, true, None) => "never polled",
            (_, true, Some(_)) => {
                "never polled, as far as was seen: some of the device's traffic could not be read"
            }
            (_, false, Some(_)) => "the device's traffic could not be read",
            (_, false, None) => "nothing of the device was seen",
        }
    }

    /// Calls `visit` with each tag that has a part in a range: the tag, its first point, and the one after its last.
    fn covered(
        &self,
        of: &Whose,
        table: Table,
        first: u32,
        count: u32,
        visit: &mut dyn FnMut(TagId, u32, u32),
    ) {
        let Whose::Known(device) = of else {
            return;
        };
        let Some(tables) = self.binding.devices.get(device.0 as usize) else {
            return;
        };
        if matches!(table, Table::Input | Table::Holding) {
            let (Some(registers), Ok(first)) = (tables.registers(table), u16::try_from(first)) else {
                return;
            };
            for entry in registers.covered(first, u16::try_from(count).unwrap_or(u16::MAX)) {
                visit(entry.tag, u32::from(entry.start), u32::from(entry.end));
            }
        } else if let Some(points) = tables.points(table) {
            for (index, tag) in points.covered(first, count) {
                visit(tag, index, index + 1);
            }
        }
    }

    /// Neighbours that the same clients use alike are one range.
    fn ranges(&self, of: &Whose, table: Table, points: &BTreeMap<u32, Uses>, out: &mut Vec<Unlisted>) {
        let base = match of {
            Whose::Known(device) if table.is_modbus() => self
                .site
                .devices
                .get(device.0 as usize)
                .map_or(0, |device| u32::from(device.base)),
            _ => 0,
        };
        let mut open: Option<(u32, u32, Uses)> = None;
        let mut close = |range: Option<(u32, u32, Uses)>| {
            if let Some((first, last, uses)) = range {
                let name = table.name();
                let points = if first == last {
                    format!("{name}:{}", first + base)
                } else {
                    format!("{name}:{}..{}", first + base, last + base)
                };
                out.push(Unlisted {
                    of: of.clone(),
                    points,
                    count: last - first + 1,
                    uses,
                });
            }
        };
        for (index, uses) in points {
            let alike = open.as_ref().is_some_and(|(_, last, before)| {
                last + 1 == *index
                    && before.clients == uses.clients
                    && (before.written > 0) == (uses.written > 0)
            });
            if alike && let Some((_, last, before)) = &mut open {
                *last = *index;
                before.merge(uses);
            } else {
                close(open.replace((*index, *index, uses.clone())));
            }
        }
        close(open);
    }

    /// Whether an operation is about points that somebody reads or writes.
    fn kind(action: Action) -> Option<bool> {
        match action {
            Action::Report => Some(false),
            Action::Write
            | Action::Select
            | Action::Operate
            | Action::DirectOperate
            | Action::DirectOperateNoReply => Some(true),
            _ => None,
        }
    }

    fn each(&mut self, of: &[Whose], observation: &Observation<'_>, written: bool, client: IpAddr) {
        match observation.address {
            PointAddress::Indexed { table, index, .. } => {
                self.used(of, &Block::Range(table, index, 1), written, client);
            }
            PointAddress::Node { node, attribute, .. } => {
                for whose in of {
                    let mut tags = Vec::new();
                    if let Whose::Known(device) = whose
                        && let Some(tables) = self.binding.devices.get(device.0 as usize)
                    {
                        tables.nodes.find(&node, attribute, &mut |tag| tags.push(tag));
                    }
                    let of = std::slice::from_ref(whose);
                    // Namespace 0 is the server's own; attributes other than the value describe a node.
                    if tags.is_empty() && node.namespace != 0 && attribute == VALUE {
                        let text = address_text(&observation.address);
                        self.used(of, &Block::Node(text), written, client);
                    }
                    for tag in tags {
                        self.used(of, &Block::Tag(tag), written, client);
                    }
                }
            }
        }
    }
}

impl Handler for TagList {
    fn wants(&self) -> Wants {
        Wants {
            messages: false,
            operations: true,
        }
    }

    fn message(&mut self, _: &Context<'_>, _: &Message<'_>) {}

    fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        let Some(written) = Self::kind(operation.action) else {
            return;
        };
        let of = self.whose(context, operation.station);
        let client = context.conversation.client.ip;
        match operation.points {
            // What was asked for and refused tells nothing of what is there.
            Points::None | Points::Range { .. } => {}
            Points::Registers { table, first, bytes } => {
                let count = u32::try_from(bytes.len() / 2).unwrap_or(0);
                self.used(
                    &of,
                    &Block::Range(table, u32::from(first), count),
                    written,
                    client,
                );
            }
            Points::Bits {
                table, first, count, ..
            } => {
                let block = Block::Range(table, u32::from(first), u32::from(count));
                self.used(&of, &block, written, client);
            }
            Points::Mask { register, .. } => {
                let block = Block::Range(Table::Holding, u32::from(register), 1);
                self.used(&of, &block, written, client);
            }
            Points::Each(points) => points.each(&mut |observation| {
                self.each(&of, observation, written, client);
            }),
        }
    }

    fn answer(&mut self, _: &Context<'_>, _: &Answer<'_>) {}

    fn anomaly(&mut self, _: &Context<'_>, _: &Anomaly<'_>) {}

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        self.blind
            .entry(context.conversation.server.ip)
            .or_insert(blind.reason.name());
    }
}

/// The address of a tag as its device counts.
#[must_use]
pub fn address_of(site: &Site, tag: TagId) -> String {
    let Some(tag) = site.tag(tag) else {
        return String::new();
    };
    let device = site.devices.get(tag.device.0 as usize);
    let name = device.map_or("", |device| device.name.as_str());
    match &tag.address {
        Address::Indexed { table, index } => {
            let base = device.map_or(0, |device| u32::from(device.base));
            let base = if table.is_modbus() { base } else { 0 };
            format!("{name}/{}:{}", table.name(), index + base)
        }
        Address::Node { .. } => name.to_owned(),
    }
}
