//! Incidents: alarms that share a principal or a device within two minutes are one story (site-and-rules 1.7).

use std::net::IpAddr;

use tapglass_model::SECOND;

use crate::plant::clock::{Moment, span};
use crate::site::DeviceId;

/// Alarms further apart belong to different incidents.
const APART: i64 = 120 * SECOND;
/// Addresses that an incident remembers; a flood of invented ones makes it no longer.
const MEMBERS: usize = 64;
/// Incidents that can still grow.
const OPEN: usize = 64;

#[derive(Clone, Debug)]
struct Incident {
    number: u32,
    last: Moment,
    principals: Vec<IpAddr>,
    devices: Vec<DeviceId>,
}

/// The incidents that can still grow.
#[derive(Clone, Debug, Default)]
pub(super) struct Incidents {
    open: Vec<Incident>,
    count: u32,
}

impl Incidents {
    /// The incident of an alarm, and whether the alarm is its first.
    pub(super) fn join(
        &mut self,
        now: Moment,
        principal: Option<IpAddr>,
        devices: &[DeviceId],
    ) -> (u32, bool) {
        self.open.retain(|incident| span(incident.last, now) <= APART);
        let shares = |incident: &Incident| {
            principal.is_some_and(|ip| incident.principals.contains(&ip))
                || devices.iter().any(|device| incident.devices.contains(device))
        };
        let place = self.open.iter().position(shares);
        let (place, first) = match place {
            Some(place) => (place, false),
            None => {
                if self.open.len() == OPEN {
                    self.open.remove(0);
                }
                self.count = self.count.saturating_add(1);
                self.open.push(Incident {
                    number: self.count,
                    last: now,
                    principals: Vec::new(),
                    devices: Vec::new(),
                });
                (self.open.len() - 1, true)
            }
        };
        let incident = &mut self.open[place];
        incident.last = now;
        if let Some(ip) = principal
            && incident.principals.len() < MEMBERS
            && !incident.principals.contains(&ip)
        {
            incident.principals.push(ip);
        }
        for device in devices {
            if incident.devices.len() < MEMBERS && !incident.devices.contains(device) {
                incident.devices.push(*device);
            }
        }
        (incident.number, first)
    }
}
