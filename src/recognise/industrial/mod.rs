//! Protocols that control and measure.

pub(super) mod bacnet;
pub(super) mod c1222;
pub(super) mod codesys;
pub(super) mod cotp;
pub(super) mod enip;
pub(super) mod ethercat;
pub(super) mod fins;
pub(super) mod hart;
pub(super) mod iec104;
pub(super) mod mms;
pub(super) mod mqtt;
pub(super) mod nmea;
pub(super) mod opc_websocket;
pub(super) mod rgoose;
pub(super) mod s7comm;
pub(super) mod slmp;
pub(super) mod srtp;
