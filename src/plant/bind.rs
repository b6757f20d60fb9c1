//! Which device and which tags an operation is about.

use std::net::IpAddr;

use hashbrown::HashMap;

use tapglass_model::{Station, Table};

use super::image::Registers;
use super::nodes::Nodes;
use super::reading::Coding;
use crate::site::{Address, Device, DeviceId, Protocol, Site, TagId};

/// Hashing that gives the same order of everything on every run.
pub type Hasher = foldhash::fast::FixedState;

/// A tag in a table of registers.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its first register.
    pub start: u16,
    /// One past its last register.
    pub end: u16,
    /// The tag.
    pub tag: TagId,
}

/// The registers of one table of a device, with the tags on them.
#[derive(Clone, Debug)]
pub struct RegisterTable {
    /// What they hold.
    pub image: Registers,
    /// Tags by their first register.
    entries: Box<[Entry]>,
    /// Registers of the longest tag: how far before a block a tag can start and still reach into it.
    longest: u16,
}

impl RegisterTable {
    fn new(mut entries: Vec<Entry>) -> Option<Self> {
        entries.sort_by_key(|entry| (entry.start, entry.tag));
        let first = entries.first()?.start;
        let last = entries.iter().map(|entry| entry.end.saturating_sub(1)).max()?;
        let longest = entries.iter().map(|entry| entry.end - entry.start).max()?;
        Some(Self {
            image: Registers::new(first, last),
            entries: entries.into_boxed_slice(),
            longest,
        })
    }

    /// The tags of which at least one register is in `first .. first + count`.
    pub fn covered(&self, first: u16, count: u16) -> impl Iterator<Item = Entry> {
        let end = first.saturating_add(count);
        let from = first.saturating_sub(self.longest.saturating_sub(1));
        let start = self.entries.partition_point(|entry| entry.start < from);
        self.entries[start..]
            .iter()
            .take_while(move |entry| entry.start < end)
            .filter(move |entry| entry.end > first)
            .copied()
    }

    /// The registers of a tag with the masks of their known bits; those in `unknown` or beyond are given as not known.
    #[must_use]
    pub fn registers(&self, entry: Entry) -> ([(u16, u16); 4], usize) {
        let mut registers = [(0, 0); 4];
        let count = usize::from(entry.end - entry.start).min(4);
        for (register, place) in (entry.start..entry.end).zip(&mut registers) {
            *place = self.image.register(register);
        }
        (registers, count)
    }
}

/// Points of one table by their index.
#[derive(Clone, Debug, Default)]
pub struct PointTable {
    /// Index and tag, in order.
    points: Box<[(u32, TagId)]>,
    /// For each index up to the last: the place of the first point that is not before it. Empty for far indexes.
    places: Box<[u32]>,
}

/// Indexes beyond this are found by search; nobody has a million points in one table.
const DENSE: u32 = 1 << 16;

impl PointTable {
    fn new(mut points: Vec<(u32, TagId)>) -> Self {
        points.sort_unstable();
        let mut places = Vec::new();
        if let Some(&(last, _)) = points.last()
            && last < DENSE
        {
            let mut place = 0;
            for index in 0..=last {
                places.push(u32::try_from(place).unwrap_or(u32::MAX));
                while points.get(place).is_some_and(|point| point.0 <= index) {
                    place += 1;
                }
            }
        }
        Self {
            points: points.into_boxed_slice(),
            places: places.into_boxed_slice(),
        }
    }

    /// The tags of `first .. first + count`, each with its index.
    pub fn covered(&self, first: u32, count: u32) -> impl Iterator<Item = (u32, TagId)> {
        let start = if self.places.is_empty() {
            self.points.partition_point(|point| point.0 < first)
        } else {
            self.places
                .get(first as usize)
                .map_or(self.points.len(), |place| *place as usize)
        };
        let end = first.saturating_add(count);
        self.points[start..]
            .iter()
            .take_while(move |point| point.0 < end)
            .copied()
    }
}

/// Where the points of one device are.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Input and holding registers.
    registers: [Option<Box<RegisterTable>>; 2],
    /// Everything else that is counted, by table.
    points: Box<[PointTable]>,
    /// OPC UA nodes.
    pub nodes: Nodes,
    /// The tags of this device.
    pub tags: Box<[TagId]>,
}

impl Tables {
    /// Registers of a table, when it has tags.
    #[must_use]
    pub fn registers(&self, table: Table) -> Option<&RegisterTable> {
        match table {
            Table::Input => self.registers[0].as_deref(),
            Table::Holding => self.registers[1].as_deref(),
            _ => None,
        }
    }

    /// The same, to change it.
    pub fn registers_mut(&mut self, table: Table) -> Option<&mut RegisterTable> {
        match table {
            Table::Input => self.registers[0].as_deref_mut(),
            Table::Holding => self.registers[1].as_deref_mut(),
            _ => None,
        }
    }

    /// Points of a table.
    #[must_use]
    pub fn points(&self, table: Table) -> Option<&PointTable> {
        self.points.get(table as usize)
    }

    /// Nothing is known of the registers any more.
    pub fn forget(&mut self) {
        for table in self.registers.iter_mut().flatten() {
            table.image.forget();
        }
    }
}

/// Where everything of a site is.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    /// The tables of each device.
    pub devices: Vec<Tables>,
    hosts: HashMap<IpAddr, Vec<DeviceId>, Hasher>,
    anywhere: Vec<DeviceId>,
}

impl Binding {
    /// Binds the tags of a site.
    #[must_use]
    pub fn new(site: &Site, codings: &[Coding]) -> Self {
        let mut devices = Vec::with_capacity(site.devices.len());
        let mut hosts: HashMap<IpAddr, Vec<DeviceId>, Hasher> = HashMap::default();
        let mut anywhere = Vec::new();
        let mut tags = vec![Vec::new(); site.devices.len()];
        for (number, tag) in (0..).zip(&site.tags) {
            if let Some(list) = tags.get_mut(tag.device.0 as usize) {
                list.push(TagId(number));
            }
        }
        for ((number, device), tags) in (0..).zip(&site.devices).zip(tags) {
            devices.push(tables(site, codings, tags));
            match device.host {
                Some(host) => hosts.entry(host).or_default().push(DeviceId(number)),
                None => anywhere.push(DeviceId(number)),
            }
        }
        Self {
            devices,
            hosts,
            anywhere,
        }
    }

    /// The devices that a message to `station` behind `server` is for: usually one, none when the site does not know
    /// it, several for a broadcast.
    #[must_use]
    pub fn find(
        &self,
        site: &Site,
        protocol: &str,
        server: IpAddr,
        port: u16,
        station: Station,
    ) -> Vec<DeviceId> {
        let at_host = self.hosts.get(&server).map_or(&[][..], Vec::as_slice);
        let known = |id: &&DeviceId| {
            site.devices
                .get(id.0 as usize)
                .is_some_and(|device| device.protocol.name() == protocol)
        };
        let here: Vec<DeviceId> = at_host.iter().filter(known).copied().collect();
        // A broadcast reaches every unit behind the gateway (MODBUS over serial line V1.02 2.1).
        if station == Station::Unit(0) && !here.is_empty() {
            return here;
        }
        let mut best: Option<(u8, DeviceId)> = None;
        for id in here.iter().chain(self.anywhere.iter().filter(known)) {
            let Some(device) = site.devices.get(id.0 as usize) else {
                continue;
            };
            let Some(mut fit) = fits(device, station) else {
                continue;
            };
            fit += u8::from(device.host.is_some()) * 8 + u8::from(device.port == Some(port)) * 4;
            if best.is_none_or(|(before, _)| fit > before) {
                best = Some((fit, *id));
            }
        }
        if let Some((_, id)) = best {
            return vec![id];
        }
        // Unit 255 means the device itself on TCP (MODBUS Messaging on TCP/IP V1.0b 4.4.2), whatever the site calls it.
        match (station, here.as_slice()) {
            (Station::Unit(255), [only]) => vec![*only],
            _ => Vec::new(),
        }
    }
}

/// How well a device fits a station; `None` when it does not.
fn fits(device: &Device, station: Station) -> Option<u8> {
    match (device.protocol, station) {
        (Protocol::Modbus, Station::Unit(unit)) => match device.station.unit {
            Some(expected) => (expected == unit).then_some(2),
            None => Some(0),
        },
        // Any master is bound: one that the site does not name must not slip past the tags of the outstation.
        (Protocol::Dnp3, Station::Link { master, outstation }) => match device.station.outstation {
            Some(expected) => {
                (expected == outstation).then_some(2 + u8::from(device.station.master == Some(master)))
            }
            None => Some(u8::from(device.station.master == Some(master))),
        },
        (Protocol::OpcUa, Station::Server) => Some(0),
        _ => None,
    }
}

fn tables(site: &Site, codings: &[Coding], tags: Vec<TagId>) -> Tables {
    let mut registers = [Vec::new(), Vec::new()];
    let mut points = vec![Vec::new(); Table::ALL.len()];
    let mut nodes = Nodes::default();
    for id in &tags {
        let (Some(tag), Some(coding)) = (site.tags.get(id.0 as usize), codings.get(id.0 as usize)) else {
            continue;
        };
        match &tag.address {
            Address::Indexed { table, index } => match table {
                Table::Input | Table::Holding => {
                    // Text takes registers that the site does not count; its first stands for it.
                    let count = coding.registers().max(1);
                    let Ok(start) = u16::try_from(*index) else {
                        continue;
                    };
                    let entry = Entry {
                        start,
                        end: start.saturating_add(count),
                        tag: *id,
                    };
                    registers[usize::from(*table == Table::Holding)].push(entry);
                }
                table => {
                    if let Some(list) = points.get_mut(*table as usize) {
                        list.push((*index, *id));
                    }
                }
            },
            Address::Node { node, attribute } => nodes.add(node, *attribute, *id),
        }
    }
    let [input, holding] = registers;
    Tables {
        registers: [
            RegisterTable::new(input).map(Box::new),
            RegisterTable::new(holding).map(Box::new),
        ],
        points: points.into_iter().map(PointTable::new).collect(),
        nodes,
        tags: tags.into_boxed_slice(),
    }
}
