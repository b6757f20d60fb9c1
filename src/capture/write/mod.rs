//! Writing captures: pcapng for evidence, pcap for programs that read nothing else.

mod pcap;
mod pcapng;

pub use pcap::PcapWriter;
pub use pcapng::{InterfaceDescription, PcapngWriter, Section};
