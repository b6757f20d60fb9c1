//! The first pass: which devices answer, who asks them, and which points come by.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use tapglass_model::{Action, CaptureTime, PointAddress, Station, Table, Value};
use tapglass_proto::{
    Anomaly, Answer, Blind, Direction, Message, Observation, Operation, Origin, Points, Wants,
};

use super::clients::Client;
use super::points::Point;
use super::registers::Registers;
use crate::conversation::Context;
use crate::pipeline::Handler;

/// Points remembered; further ones are counted and said to be missing.
const POINTS: usize = 200_000;
/// Devices and clients remembered.
const STATIONS: usize = 20_000;
/// The attribute of an OPC UA node that is its value (OPC 10000-6 A.1).
const VALUE: u32 = 13;

/// Where a device is: protocol, address, port, and which station behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `modbus`, `dnp3`, `opcua`.
    pub protocol: &'static str,
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
    /// Unit id or link address.
    pub station: Station,
}

/// A point of a device that is not a register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// By table and index.
    Indexed(Table, u32),
    /// By the text of its node.
    Node(String),
}

/// A device.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// Its registers.
    pub registers: BTreeMap<Table, Registers>,
    /// Its other points.
    pub points: BTreeMap<Key, Point>,
    /// What it says of itself.
    pub identity: BTreeMap<&'static str, String>,
    /// DNP3 masters that talk to it.
    pub masters: BTreeSet<u16>,
    /// Values that it reported.
    pub reports: u64,
}

/// Everything found.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The devices.
    pub devices: BTreeMap<Place, Device>,
    /// The clients.
    pub clients: BTreeMap<IpAddr, Client>,
    /// First and last time.
    pub time: Option<(CaptureTime, CaptureTime)>,
    /// Frames read.
    pub frames: u64,
    /// Points, devices and clients for which there was no room.
    pub left_out: u64,
    /// Blind spots met.
    pub blind: u64,
    points: usize,
}

impl Discovery {
    /// The device of a message; one that is new only while there is room.
    fn device(&mut self, context: &Context<'_>, station: Station) -> Option<&mut Device> {
        let ends = context.conversation;
        let (station, master) = match station {
            // A link has a master at its other end; several may ask one outstation.
            Station::Link { master, outstation } => (
                Station::Link {
                    master: 0,
                    outstation,
                },
                Some(master),
            ),
            other => (other, None),
        };
        let place = Place {
            protocol: ends.protocol,
            ip: ends.server.ip,
            port: ends.server.port,
            station,
        };
        if self.devices.len() >= STATIONS && !self.devices.contains_key(&place) {
            self.left_out += 1;
            return None;
        }
        let device = self.devices.entry(place).or_default();
        if let Some(master) = master
            && device.masters.len() < 16
        {
            device.masters.insert(master);
        }
        Some(device)
    }

    fn client(&mut self, ip: IpAddr) -> Option<&mut Client> {
        if self.clients.len() >= STATIONS && !self.clients.contains_key(&ip) {
            self.left_out += 1;
            return None;
        }
        Some(self.clients.entry(ip).or_default())
    }
}

/// How many more points there is room for.
struct Room<'a> {
    points: &'a mut usize,
    left_out: &'a mut u64,
}

impl Room<'_> {
    fn point<'d>(&mut self, device: &'d mut Device, key: Key) -> Option<&'d mut Point> {
        if !device.points.contains_key(&key) {
            if *self.points >= POINTS {
                *self.left_out += 1;
                return None;
            }
            *self.points += 1;
        }
        Some(device.points.entry(key).or_default())
    }
}

/// The key of an observation that is one whole value.
fn key_of(observation: &Observation<'_>) -> Option<Key> {
    match observation.address {
        PointAddress::Indexed {
            table,
            index,
            bit: None,
        } => Some(Key::Indexed(table, index)),
        PointAddress::Node {
            node,
            attribute: VALUE,
        } => Some(Key::Node(node.to_string())),
        _ => None,
    }
}

fn take(device: &mut Device, operation: &Operation<'_>, reports: bool, room: &mut Room<'_>) {
    let event = operation.origin == Origin::Event;
    match operation.points {
        // What was asked for and refused tells nothing of what is there.
        Points::None | Points::Range { .. } => {}
        Points::Registers { table, first, bytes } => {
            let registers = device.registers.entry(table).or_default();
            if reports {
                registers.read(first, bytes);
            } else {
                registers.write(first, bytes);
            }
        }
        Points::Mask { register, .. } => {
            device
                .registers
                .entry(Table::Holding)
                .or_default()
                .write(register, &[0, 0]);
        }
        Points::Bits {
            table,
            first,
            count,
            bytes,
        } => {
            for place in 0..count {
                let Some(byte) = bytes.get(usize::from(place / 8)) else {
                    break;
                };
                let value = Value::Bool(byte >> (place % 8) & 1 == 1);
                let index = u32::from(first) + u32::from(place);
                let Some(point) = room.point(device, Key::Indexed(table, index)) else {
                    continue;
                };
                if reports {
                    point.reported(&value, event);
                } else {
                    point.written(&Observation::good(PointAddress::indexed(table, index), value));
                }
            }
        }
        Points::Each(points) => points.each(&mut |observation| {
            let Some(key) = key_of(observation) else {
                return;
            };
            if let Some(point) = room.point(device, key) {
                if reports {
                    point.reported(&observation.value, event);
                } else {
                    point.written(observation);
                }
            }
        }),
    }
}

impl Handler for Discovery {
    fn wants(&self) -> Wants {
        Wants {
            messages: false,
            operations: true,
        }
    }

    fn frame(&mut self, at: CaptureTime, _number: u64) {
        self.frames += 1;
        self.time = Some(match self.time {
            None => (at, at),
            Some((first, last)) => (first.min(at), last.max(at)),
        });
    }

    fn message(&mut self, _context: &Context<'_>, _message: &Message<'_>) {}

    fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        let reports = operation.action == Action::Report;
        let commands = operation.action.commands() || operation.action == Action::Select;
        if let Some(client) = self.client(context.conversation.client.ip) {
            client.seen(context, &operation.actor);
            if reports {
                client.reads += 1;
            } else if commands {
                client.writes += 1;
            }
        }
        if !reports && !commands {
            return;
        }
        // A broadcast names no device.
        if operation.station == Station::Unit(0) && !reports {
            return;
        }
        let (mut points, mut left_out) = (self.points, 0);
        if let Some(device) = self.device(context, operation.station) {
            device.reports += u64::from(reports);
            let mut room = Room {
                points: &mut points,
                left_out: &mut left_out,
            };
            take(device, operation, reports, &mut room);
        }
        self.points = points;
        self.left_out += left_out;
    }

    fn answer(&mut self, _context: &Context<'_>, _answer: &Answer<'_>) {}

    fn anomaly(&mut self, _context: &Context<'_>, _anomaly: &Anomaly<'_>) {}

    fn blind(&mut self, _context: &Context<'_>, _blind: &Blind<'_>) {
        self.blind += 1;
    }

    fn unseen(&mut self, _blind: &Blind<'_>) {
        self.blind += 1;
    }

    fn identity(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        match of {
            Direction::FromServer => {
                if let Some(device) = self.device(context, station)
                    && device.identity.len() < 32
                {
                    device.identity.insert(key, value.to_owned());
                }
            }
            Direction::FromClient => {
                if let Some(client) = self.client(context.conversation.client.ip) {
                    let of = match key {
                        "application_uri" => &mut client.applications,
                        "user" => &mut client.users,
                        _ => return,
                    };
                    if of.len() < 8 {
                        of.insert(value.to_owned());
                    }
                }
            }
        }
    }
}
