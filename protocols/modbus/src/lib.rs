//! Passive Modbus decoder: MBAP, RTU and ASCII frames over TCP and UDP.
//!
//! Standards: MODBUS Application Protocol V1.1b3 ("AP"), MODBUS Messaging on TCP/IP V1.0b ("TCP"), MODBUS over Serial
//! Line V1.02 ("SL").
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

extern crate alloc;

mod ascii;
mod body;
mod describe;
mod emit;
mod framing;
mod lift;
mod members;
mod names;
mod objects;
mod oddity;
mod pdu;
mod pending;
mod probe;
mod rtu;
mod session;
mod shape;
mod umas;
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
