//! OPC UA inside a WebSocket (OPC 10000-6 7.5.2): named by the sub-protocol of the upgrade.

use super::super::bytes::contains;
use super::super::{Likeness, Recogniser};

/// How far into the request or answer its header is searched.
const HEADER: usize = 2048;

pub(in super::super) static OPC_WEBSOCKET: Recogniser = Recogniser {
    name: "opcua_websocket",
    title: "OPC UA over WebSocket",
    industrial: true,
    ports: &[],
    test: |look| {
        let http = look.bytes.starts_with(b"GET ") || look.bytes.starts_with(b"HTTP/1.1 101");
        let named = http && look.tcp() && contains(look.bytes, b"opcua+", HEADER);
        Likeness::Is.when(named)
    },
};
