//! Points without a tag, for the screens: what every device reports, within bounds.

use std::collections::BTreeMap;
use std::net::IpAddr;

use tapglass_model::{PointAddress, Station, Table, address_text};
use tapglass_proto::{Observation, Operation, Points};

use crate::conversation::Context;
use crate::plant::clock::Moment;

/// Points that are remembered in all.
const POINTS: usize = 200_000;

/// One point without a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct RawPoint {
    /// Canonical address.
    pub address: String,
    /// Last value, where it is a number.
    pub value: Option<f64>,
    /// The engine's moment at which it was last seen.
    pub seen: Moment,
}

/// One table of one station.
#[derive(Clone, Debug, Default)]
struct Dense {
    first: u32,
    values: Vec<Option<f64>>,
    seen: Vec<Moment>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct RawPoints {
    dense: BTreeMap<(IpAddr, Station, Table), Dense>,
    nodes: BTreeMap<(IpAddr, String), (Option<f64>, Moment)>,
    count: usize,
}

impl RawPoints {
    /// Takes a report.
    pub(super) fn report(&mut self, context: &Context<'_>, operation: &Operation<'_>, now: Moment) {
        let server = context.conversation.server.ip;
        let station = operation.station;
        match operation.points {
            Points::None | Points::Mask { .. } | Points::Range { .. } => {}
            Points::Registers { table, first, bytes } => {
                let values = bytes
                    .chunks_exact(2)
                    .map(|word| f64::from(u16::from_be_bytes([word[0], word[1]])));
                self.block(server, station, table, u32::from(first), values, now);
            }
            Points::Bits {
                table,
                first,
                count,
                bytes,
            } => {
                let values = (0..usize::from(count))
                    .map_while(|bit| bytes.get(bit / 8).map(|byte| f64::from(byte >> (bit % 8) & 1)));
                self.block(server, station, table, u32::from(first), values, now);
            }
            Points::Each(points) => points.each(&mut |observation: &Observation<'_>| {
                let value = observation.value.number();
                match observation.address {
                    PointAddress::Indexed { table, index, .. } => {
                        self.one(server, station, table, index, value, now);
                    }
                    node @ PointAddress::Node { .. } => {
                        let key = (server, address_text(&node));
                        if let Some(known) = self.nodes.get_mut(&key) {
                            *known = (value, now);
                        } else if self.count < POINTS {
                            self.count += 1;
                            self.nodes.insert(key, (value, now));
                        }
                    }
                }
            }),
        }
    }

    fn block(
        &mut self,
        server: IpAddr,
        station: Station,
        table: Table,
        first: u32,
        values: impl Iterator<Item = f64>,
        now: Moment,
    ) {
        for (index, value) in (first..).zip(values) {
            self.one(server, station, table, index, Some(value), now);
        }
    }

    fn one(
        &mut self,
        server: IpAddr,
        station: Station,
        table: Table,
        index: u32,
        value: Option<f64>,
        now: Moment,
    ) {
        let dense = self
            .dense
            .entry((server, station, table))
            .or_insert_with(|| Dense {
                first: index,
                ..Dense::default()
            });
        if dense.values.is_empty() {
            dense.first = index;
        }
        if index < dense.first {
            let missing = (dense.first - index) as usize;
            if self.count + missing > POINTS {
                return;
            }
            self.count += missing;
            dense.values.splice(0..0, std::iter::repeat_n(None, missing));
            dense.seen.splice(0..0, std::iter::repeat_n(Moment::MIN, missing));
            dense.first = index;
        }
        let place = (index - dense.first) as usize;
        if place >= dense.values.len() {
            let missing = place + 1 - dense.values.len();
            if self.count + missing > POINTS {
                return;
            }
            self.count += missing;
            dense.values.resize(place + 1, None);
            dense.seen.resize(place + 1, Moment::MIN);
        }
        dense.values[place] = value;
        dense.seen[place] = now;
    }

    /// Calls `visit` with each point, by server and station.
    pub(super) fn each(&self, visit: &mut dyn FnMut(IpAddr, Station, RawPoint)) {
        for ((server, station, table), dense) in &self.dense {
            for ((index, value), seen) in (dense.first..).zip(&dense.values).zip(&dense.seen) {
                if *seen == Moment::MIN {
                    continue;
                }
                visit(
                    *server,
                    *station,
                    RawPoint {
                        address: format!("{}:{index}", table.name()),
                        value: *value,
                        seen: *seen,
                    },
                );
            }
        }
        for ((server, address), (value, seen)) in &self.nodes {
            visit(
                *server,
                Station::Server,
                RawPoint {
                    address: address.clone(),
                    value: *value,
                    seen: *seen,
                },
            );
        }
    }
}
