//! Differences in which the bytes show that the oracle is wrong. A difference that is gone must go from here too.

/// Some frames of a capture in which one member differs, and the evidence.
pub(crate) struct Explained {
    pub(crate) capture: &'static str,
    pub(crate) frames: &'static [u64],
    pub(crate) member: &'static str,
    #[allow(dead_code)] // for people
    pub(crate) evidence: &'static str,
}

/// tshark 4.0 dissects no objects for these functions of DNP3.
const NO_OBJECTS: &str = "dnp3.objects.length";
/// tshark 4.0 stops inside arrays above 10,000 elements and goes on reading at the wrong place.
const LONG_ARRAY: &str = "the array has 30 75 00 00 = 30000 elements, of which the oracle passes over none: it takes their \
     number for the status (30000), or for the ticks of a time (30000 of 100 ns after 1601)";

pub(crate) const EXPLAINED: &[Explained] = &[
    Explained {
        capture: "zeek-fuzz-72.pcap",
        frames: &[6],
        member: "missing",
        evidence: "a fuzzed length field: 00 04 where eight bytes follow, after a hole; nothing but the oracle's habit of \
                   resuming at a segment makes it a message",
    },
    Explained {
        capture: "zeek-fuzz-72.pcap",
        frames: &[7],
        member: "extra",
        evidence: "a sound request (length 6, 6 bytes follow) in the stream's next segment; the oracle is still inside the \
                   fuzzed length of frame 6",
    },
    Explained {
        capture: "iti-modbus_test.pcap",
        frames: &[70],
        member: "modbus.response_to",
        evidence: "the response 01 f8 .. 06 00 04 09 c4 echoes address 4 and value 2500 of frame 68; frame 69 carries two \
                   more requests with the same transaction, for value 0 and for address 5",
    },
    Explained {
        capture: "modbus_rtu_over_tcp_pymodbus.pcap",
        frames: &[56],
        member: "modbus.write_values.length",
        evidence: "the oracle does not read the body of function 23 in RTU frames",
    },
    Explained {
        capture: "modbus_rtu_over_tcp_pymodbus.pcap",
        frames: &[57, 92],
        member: "modbus.values.length",
        evidence: "the oracle does not read the bodies of functions 23 and 24 in RTU frames",
    },
    Explained {
        capture: "modbus_rtu_over_tcp_pymodbus.pcap",
        frames: &[72, 74, 76, 78],
        member: "extra",
        evidence: "requests of 4 bytes (unit, function 7, 11, 12 or 17, CRC), which the oracle skips",
    },
    Explained {
        capture: "dnp3_udp_yadnp3.pcap",
        frames: &[2],
        member: "missing",
        evidence: "an ICMP port-unreachable message that quotes the datagram of frame 1; the oracle dissects the quotation",
    },
    Explained {
        capture: "iti-auth_change_session_keys.pcap",
        frames: &[4, 5, 6, 7],
        member: NO_OBJECTS,
        evidence: "functions 32 and 131: 78 04 07 01 .. is group 120 variation 4, count 1, as in every such frame",
    },
    Explained {
        capture: "iti-auth_control_challenge_response.pcap",
        frames: &[2, 3],
        member: NO_OBJECTS,
        evidence: "functions 131 and 32: 78 01 5b 01 0c 00 .. is group 120 variation 1, one object of 12 octets",
    },
    Explained {
        capture: "quickdraw-dnp3_test_data_part1.pcap",
        frames: &[163, 166, 174, 176],
        member: NO_OBJECTS,
        evidence: "function 18: 3c 02 06, 01 07 06 and 3c 04 ed stand behind the function code",
    },
    Explained {
        capture: "zeek-dnp3.pcap",
        frames: &[163, 166, 174, 176],
        member: NO_OBJECTS,
        evidence: "function 18: 3c 02 06, 01 07 06 and 3c 04 ed stand behind the function code",
    },
    Explained {
        capture: "dnp3_tcp_yadnp3.pcap",
        frames: &[146],
        member: NO_OBJECTS,
        evidence: "function 22: 3c 03 06 1e 00 06 is class 2 for group 30, which the outstation says it assigned",
    },
    Explained {
        capture: "dnp3_tcp_yadnp3.pcap",
        frames: &[176, 218, 220],
        member: NO_OBJECTS,
        evidence: "functions 28 and 29: 46 07 5b 01 23 00 .. and 46 02 5b 01 16 00 .. are group 70 with one object",
    },
    Explained {
        capture: "dnp3_tcp_yadnp3.pcap",
        frames: &[287, 290],
        member: NO_OBJECTS,
        evidence: "functions 18 and 15: 5a 01 06 is group 90 variation 1",
    },
    Explained {
        capture: "opcua_asyncua_none.pcap",
        frames: &[337, 513],
        member: "opcua.items.status",
        evidence: LONG_ARRAY,
    },
    Explained {
        capture: "opcua_asyncua_to_node_none.pcap",
        frames: &[489],
        member: "opcua.items.status",
        evidence: LONG_ARRAY,
    },
    Explained {
        capture: "opcua_asyncua_to_node_none.pcap",
        frames: &[308],
        member: "opcua.items.source_time",
        evidence: LONG_ARRAY,
    },
    Explained {
        capture: "opcua_node_sign.pcap",
        frames: &[324],
        member: "opcua.items.source_time",
        evidence: LONG_ARRAY,
    },
    Explained {
        capture: "opcua_node_user_none.pcap",
        frames: &[290],
        member: "opcua.items.source_time",
        evidence: LONG_ARRAY,
    },
    Explained {
        capture: "opcua_node_to_asyncua_none.pcap",
        frames: &[280],
        member: "opcua.items.status",
        evidence: LONG_ARRAY,
    },
    Explained {
        capture: "opcua_rust_none.pcap",
        frames: &[283],
        member: "opcua.items.status",
        evidence: LONG_ARRAY,
    },
];
