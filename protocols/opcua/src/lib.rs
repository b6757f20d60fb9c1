//! Passive decoder of OPC UA binary over TCP: from Hello to Close, services, sessions and subscriptions.
//!
//! Bytes are read where they stand. A message is checked once from end to end; records, operations and the field tree
//! are read from the same bytes only when somebody asks for them.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

extern crate alloc;

mod agreed;
mod application;
mod body;
mod certificate;
mod channel;
mod chunks;
mod context;
mod custom;
mod decrypt;
mod describe;
mod exchange;
mod fault;
mod frame;
mod r#gen;
mod grammar;
mod hidden;
mod learn;
mod lift;
mod memory;
mod names;
mod naming;
mod pending;
mod probe;
mod search;
mod security;
mod server;
mod services;
mod session;
mod standard;
mod tell;
mod types;
mod whole;
mod x509;

use alloc::boxed::Box;

use tapglass_proto::{Glance, Limits, Probe, Protocol, Server, Transport};

/// OPC UA binary over TCP (OPC 10000-6 7.2).
#[derive(Clone, Copy, Debug, Default)]
pub struct OpcUa;

impl Protocol for OpcUa {
    fn name(&self) -> &'static str {
        "opcua"
    }

    fn ports(&self) -> &'static [u16] {
        &[4840]
    }

    fn secure_ports(&self) -> &'static [u16] {
        &[4843]
    }

    fn first_bytes(&self) -> Option<&'static [u8]> {
        Some(probe::FIRST)
    }

    fn glance(&self, bytes: &[u8]) -> Glance {
        probe::glance(bytes)
    }

    fn probe(&self, bytes: &[u8], transport: Transport) -> Probe {
        probe::probe(bytes, transport)
    }

    fn server(&self, limits: Limits) -> Box<dyn Server> {
        Box::new(server::OpcUaServer::new(limits))
    }
}
