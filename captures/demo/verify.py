"""Checks the demo capture with tshark, an independent decoder: python3 captures/demo/verify.py

Every packet once, both directions complete, nothing malformed, checksums right, link type Ethernet, and each
operation that a client noted found on the wire at its time, with its value, accepted by the device.
"""

from __future__ import annotations

import gzip
import json
import struct
import sys
from collections import Counter
from pathlib import Path

from wire import request_frames, tshark

HERE = Path(__file__).parent
CAPTURE = HERE / "waterworks.pcap.gz"
OPERATIONS = HERE / "operations.jsonl"
LINK_TYPE_ETHERNET = 1
ARP = b"\x08\x06"
KEEP_ALIVE = "(tcp.analysis.keep_alive || tcp.analysis.keep_alive_ack)"
UNWANTED = {
    "malformed": "_ws.malformed",
    "retransmitted, lost or out of order": f"tcp.analysis.flags && !{KEEP_ALIVE}",
    "bad checksum": "tcp.checksum.status == 0 || ip.checksum.status == 0",
    "longer than the MTU": "frame.len > 1514",
    "other than ARP, Modbus, DNP3, OPC UA over TCP": "!arp && !(tcp.port in {502, 20000, 4840})",
    "time to live not 64": "ip && ip.ttl != 64",
    "Modbus exception": "modbus.exception_code",
    "DNP3 checksum wrong": "dnp3.hdr.CRC.incorrect || dnp3.data_chunk.CRC.incorrect",
    "OPC UA fault": "opcua.servicenodeid.numeric == 397",
    "reset": "tcp.flags.reset == 1",
}


def frames(content: bytes) -> list[bytes]:
    """The frames of a pcap file as they are."""
    found, position = [], 24
    while position < len(content):
        length = struct.unpack_from("<I", content, position + 8)[0]
        found.append(content[position + 16 : position + 16 + length])
        position += 16 + length
    return found


def check_operation(operation: dict) -> str | None:
    """None when the operation is on the wire and was accepted, else what is wrong."""
    what = f"{operation['operation']} {operation['tag']} = {operation['value']}"
    expected = 2 if operation["operation"] == "select_operate" else 1
    found = len(request_frames(CAPTURE, operation))
    if found != expected:
        return f"{what}: {found} on the wire, not {expected}"
    return None if operation["result"] == "accepted" else f"{what}: {operation['result']}"


def complaints(operations: list[dict]) -> list[str]:
    """Everything that is wrong with the capture."""
    content = gzip.decompress(CAPTURE.read_bytes())
    wrong = []
    if struct.unpack_from("<I", content, 20)[0] != LINK_TYPE_ETHERNET:
        wrong.append("link type is not Ethernet")
    repeated = [frame for frame, times in Counter(frames(content)).items() if times > 1 and frame[12:14] != ARP]
    if repeated:
        wrong.append(f"{len(repeated)} frames are there more than once")
    for name, wanted in UNWANTED.items():
        if found := tshark(CAPTURE, wanted, "frame.number"):
            wrong.append(f"{name}: {len(found)} frames, first {found[0][0]}")
    requests = len(tshark(CAPTURE, "modbus && tcp.dstport == 502", "frame.number"))
    answered = len(tshark(CAPTURE, "modbus.response_time", "frame.number"))
    if requests != answered:
        wrong.append(f"{requests} Modbus requests, {answered} responses that belong to one")
    return wrong + [found for operation in operations if (found := check_operation(operation))]


def main() -> None:
    """Prints what is wrong, or a summary."""
    operations = [json.loads(line) for line in OPERATIONS.read_text().splitlines()]
    if wrong := complaints(operations):
        sys.exit("\n".join(wrong))
    for protocol in ("frame", "modbus", "dnp3", "opcua", "arp"):
        print(f"{protocol:8} {len(tshark(CAPTURE, protocol, 'frame.number'))} frames")
    print(f"complete and sound; {len(operations)} operations found on the wire")


if __name__ == "__main__":
    main()
