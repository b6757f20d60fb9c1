//! Protocols of offices and of the network itself, by light evidence.

pub(super) mod dhcp;
pub(super) mod dns;
pub(super) mod http;
pub(super) mod mail;
pub(super) mod netbios;
pub(super) mod ntp;
pub(super) mod rdp;
pub(super) mod rpc;
pub(super) mod smb;
pub(super) mod snmp;
pub(super) mod ssh;
pub(super) mod syslog;
pub(super) mod telnet;
