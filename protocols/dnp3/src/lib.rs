//! Passive decoder of DNP3 (IEEE 1815-2012) over TCP and UDP.
//!
//! Bytes and capture time go in; messages, operations, anomalies and blind spots come out. It sends nothing, holds no
//! clock and no socket, and takes any bytes without a panic. See the README of this folder for what is covered.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

extern crate alloc;

mod answer;
mod application;
mod body;
mod check;
mod crc;
mod describe;
mod exchange;
mod frames;
mod lift;
mod link;
mod memory;
mod names;
mod objects;
mod pairing;
mod points;
mod probe;
mod session;
mod transport;
mod words;

use alloc::boxed::Box;

use tapglass_proto::{Glance, Independent, Limits, Probe, Protocol, Server, Transport};

pub use session::Dnp3Session;

/// DNP3 for the registry.
pub struct Dnp3;

/// The one instance that a registry needs.
pub static DNP3: Dnp3 = Dnp3;

impl Protocol for Dnp3 {
    fn name(&self) -> &'static str {
        "dnp3"
    }

    fn ports(&self) -> &'static [u16] {
        &[20_000]
    }

    fn secure_ports(&self) -> &'static [u16] {
        &[19_999]
    }

    fn first_bytes(&self) -> Option<&'static [u8]> {
        Some(&probe::FIRST)
    }

    fn glance(&self, bytes: &[u8]) -> Glance {
        probe::glance(bytes)
    }

    fn probe(&self, bytes: &[u8], transport: Transport) -> Probe {
        probe::probe(bytes, transport)
    }

    fn server(&self, limits: Limits) -> Box<dyn Server> {
        Box::new(Independent::new(limits, Dnp3Session::new))
    }
}
