//! Devices, principals, zones and time windows.

use std::net::IpAddr;

use super::{Location, WordOrder};

/// The protocol of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Modbus.
    Modbus,
    /// DNP3.
    Dnp3,
    /// OPC UA.
    OpcUa,
    /// No protocol of a wire: the exports of a historian, whose columns are the points.
    Historian,
}

impl Protocol {
    /// The word of site files and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Modbus => "modbus",
            Self::Dnp3 => "dnp3",
            Self::OpcUa => "opcua",
            Self::Historian => "historian",
        }
    }
}

/// Which station behind the host; `None` matches any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StationSpec {
    /// Modbus unit id.
    pub unit: Option<u8>,
    /// DNP3 master link address.
    pub master: Option<u16>,
    /// DNP3 outstation link address.
    pub outstation: Option<u16>,
}

/// A device that is watched.
#[derive(Clone, Debug)]
pub struct Device {
    /// Name in the site file.
    pub name: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its address; `None` matches any host (a capture of a serial line behind changing gateways).
    pub host: Option<IpAddr>,
    /// Port, a hint: content decides.
    pub port: Option<u16>,
    /// `tcp`, `udp`, `rtu_over_tcp`, `ascii_over_tcp`, a hint too.
    pub transport: Option<String>,
    /// Which station behind that host.
    pub station: StationSpec,
    /// Addresses are counted from 0 (wire address) or 1 (reference number).
    pub base: u8,
    /// Order of the registers of 32-bit and longer values, unless a tag says otherwise.
    pub order: WordOrder,
    /// Zone by name.
    pub zone: Option<String>,
    /// OPC UA message security that must be in use, such as `SignAndEncrypt|Sign`.
    pub expect_security: Vec<String>,
    /// Identity that it must state: vendor, product, firmware.
    pub identity: Vec<(String, String)>,
    /// Expected poll period, nanoseconds.
    pub poll: Option<i64>,
    /// Where it is written.
    pub location: Location,
}

/// Somebody who may be allowed to write. What is not given is not compared.
#[derive(Clone, Debug, Default)]
pub struct Principal {
    /// Name in the site file.
    pub name: String,
    /// Addresses.
    pub ips: Vec<IpAddr>,
    /// Network card.
    pub mac: Option<[u8; 6]>,
    /// Initial time to live: 128 also matches 127 behind a router.
    pub ttl: Option<u8>,
    /// DNP3 link address.
    pub link: Option<u16>,
    /// OPC UA application URI.
    pub application_uri: Option<String>,
    /// OPC UA user.
    pub user: Option<String>,
    /// OPC UA certificate thumbprint, SHA-1.
    pub certificate: Option<[u8; 20]>,
    /// `hmi`, `scada`, `engineering`, `historian`.
    pub kind: Option<String>,
    /// Where it is written.
    pub location: Location,
}

/// A zone of the network.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Name.
    pub name: String,
    /// Networks as address and prefix length.
    pub networks: Vec<(IpAddr, u8)>,
}

/// Traffic that is allowed between two zones; what no conduit allows is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conduit {
    /// Zone of the one who asks.
    pub from: String,
    /// Zone of the one who answers.
    pub to: String,
    /// Allowed protocols; empty is every protocol.
    pub protocols: Vec<Protocol>,
}

/// What holds for every rule that does not say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Violated for so long before it alarms, nanoseconds.
    pub on_delay: Option<i64>,
    /// Good for so long before it returns, nanoseconds.
    pub off_delay: Option<i64>,
    /// Alarms an hour and console that the plant is designed for.
    pub budget: Option<u32>,
}

/// A span of time in which something is allowed or expected.
#[derive(Clone, Debug)]
pub struct Window {
    /// Name, used as `window(NAME)`.
    pub name: String,
    /// One span, nanoseconds since the epoch.
    pub once: Option<(i64, i64)>,
    /// Weekdays (bit 0 is Monday) with start and end as nanoseconds since local midnight; an end before the start is on the
    /// next day.
    pub every: Option<(u8, i64, i64)>,
}

impl Window {
    /// A window is empty when it never applies.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.once.is_none() && self.every.is_none()
    }
}
