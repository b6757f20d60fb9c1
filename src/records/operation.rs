//! The `operation` record: what was done to one point of the process (records.md section 4).

use std::net::IpAddr;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Its name in the site file.
    pub name: Option<String>,
    /// Network card that sent the request.
    pub mac: Option<[u8; 6]>,
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
    /// DNP3 link address.
    pub link: Option<u16>,
    /// OPC UA application.
    pub application: Option<String>,
    /// OPC UA user.
    pub user: Option<String>,
}

/// What is acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name in the site file.
    pub name: Option<String>,
    /// Network card.
    pub mac: Option<[u8; 6]>,
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
    /// Modbus unit id.
    pub unit: Option<u8>,
    /// DNP3 link address.
    pub link: Option<u16>,
}

/// One operation on one point.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    /// Frame that completed the message.
    pub frame: u64,
}
