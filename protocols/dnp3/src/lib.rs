//! Passive decoder of DNP3 (IEEE 1815-2012) over TCP and UDP.
//!
//! Bytes and capture time go in; messages, operations, anomalies and blind spots come out. It sends nothing, holds no
//! clock and no socket, and takes any bytes without a panic. See the README of this folder for what is covered.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

extern crate alloc;

mod application;
mod crc;
mod link;
mod names;
mod objects;
mod transport;
