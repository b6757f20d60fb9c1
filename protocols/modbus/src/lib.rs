//! Passive Modbus decoder: MBAP over TCP and UDP, RTU frames over TCP.
//!
//! Standards: MODBUS Application Protocol V1.1b3 ("AP"), MODBUS Messaging on TCP/IP V1.0b ("TCP"), MODBUS over Serial
//! Line V1.02 ("SL").
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

extern crate alloc;

mod body;
mod describe;
mod lift;
mod names;
mod objects;
mod pdu;
mod pending;
mod probe;
mod rtu;
mod session;
mod wire;

use alloc::boxed::Box;

use tapglass_proto::{Glance, Independent, Limits, Probe, Protocol, Server, Transport};

/// Modbus.
pub struct Modbus;

impl Protocol for Modbus {
    fn name(&self) -> &'static str {
        "modbus"
    }

    fn ports(&self) -> &'static [u16] {
        &[502]
    }

    fn secure_ports(&self) -> &'static [u16] {
        &[802]
    }

    fn glance(&self, bytes: &[u8]) -> Glance {
        probe::glance(bytes)
    }

    fn probe(&self, bytes: &[u8], transport: Transport) -> Probe {
        probe::probe(bytes, transport)
    }

    fn off_port_evidence(&self) -> u8 {
        2
    }

    fn server(&self, limits: Limits) -> Box<dyn Server> {
        Box::new(Independent::new(limits, session::ModbusSession::new))
    }
}
