//! Engine of Tapglass: from frames to alarms. It never sends a packet.
#![deny(unsafe_code)]

pub mod alarm;
pub mod capture;
pub mod cli;
pub mod conversation;
pub mod engine;
pub mod flow;
pub mod import;
pub mod input;
pub mod keys;
pub mod learn;
pub mod link;
pub mod live;
pub mod pipeline;
pub mod plant;
pub mod recognise;
pub mod records;
pub mod registry;
pub mod replay;
pub mod rules;
pub mod site;
pub mod watch;

pub use tapglass_model as model;
pub use tapglass_proto as proto;
