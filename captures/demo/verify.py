"""Checks the demo capture with tshark, an independent decoder: python3 captures/demo/verify.py

Every packet once, both directions complete, nothing malformed, checksums right, link type Ethernet, and each
operation that a client noted found on the wire at its time, with its value.
"""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

from network import HOSTS
from points import POINTS

HERE = Path(__file__).parent
CAPTURE = HERE / "waterworks.pcap.gz"
OPERATIONS = HERE / "operations.jsonl"
ADDRESS = {host.name: host.address for host in HOSTS}
LINK_TYPE_ETHERNET = 1
FUNCTION = {
    "write_coil": "modbus.func_code == 5",
    "write_register": "modbus.func_code == 6",
    "write_registers": "modbus.func_code == 16",
    "identify": "modbus.func_code == 43",
    "read_registers": "modbus.func_code == 3",
    "select_operate": "dnp3.al.func in {3, 4}",
    "direct_operate": "dnp3.al.func == 5",
    "write": "opcua.servicenodeid.numeric == 673",
}
CODE = {"open": 0x81, "close": 0x41}


def tshark(wanted: str, *fields: str) -> list[list[str]]:
    """The fields of the frames that match a display filter, with checksums checked."""
    command = ["tshark", "-r", str(CAPTURE), "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command += ["-Y", wanted, "-T", "fields", *(part for field in fields for part in ("-e", field))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split("\t") for line in printed.splitlines()]


def frames(content: bytes) -> list[bytes]:
    """The frames of a pcap file as they are."""
    found, position = [], 24
    while position < len(content):
        length = struct.unpack_from("<I", content, position + 8)[0]
        found.append(content[position + 16 : position + 16 + length])
        position += 16 + length
    return found


def value_on_wire(operation: dict) -> str:
    """A display filter for the value of an operation."""
    value, point = operation["value"], POINTS.get(operation["tag"])
    if operation["operation"] == "write_coil":
        return f"modbus.reference_num == {point.index} && modbus.data == {'ff:00' if value else '00:00'}"
    if operation["operation"] == "write_register":
        raw = round(value / point.gain).to_bytes(2)
        return f"modbus.reference_num == {point.index} && modbus.data == {raw.hex(':')}"
    if operation["operation"] == "write_registers":
        high, low = struct.unpack(">2H", struct.pack(">f", value))
        return f"modbus.reference_num == {point.index} && modbus.regval_uint16 == {high} && modbus.regval_uint16 == {low}"
    if operation["protocol"] == "dnp3":
        return f"dnp3.ctl.op == {CODE[value] & 0x0F} && dnp3.al.ctrlstatus == 0 && dnp3.ctl.trip == {CODE[value] >> 6}"
    if operation["protocol"] == "opcua":
        written = f"opcua.Boolean == {int(value)}" if isinstance(value, bool) else f"opcua.Double == {value}"
        return f'opcua.nodeid.string == "{point.node[1]}" && {written}'
    return "tcp"


def check_operation(operation: dict) -> str | None:
    """None when the operation is on the wire, else what is missing."""
    begun, done = (datetime.fromisoformat(operation[key]).timestamp() for key in ("time", "done"))
    wanted = (
        f"ip.src == {ADDRESS[operation['actor']]} && {FUNCTION[operation['operation']]} && {value_on_wire(operation)}"
        f" && frame.time_epoch >= {begun - 0.01:.6f} && frame.time_epoch <= {done + 0.01:.6f}"
    )
    expected = 2 if operation["operation"] == "select_operate" else 1
    found = len(tshark(wanted, "frame.number"))
    if found != expected:
        return f"{operation['operation']} {operation['tag']} = {operation['value']}: {found} on the wire, not {expected}"
    return None if operation["result"] == "accepted" else f"{operation['tag']}: {operation['result']}"


def complaints() -> list[str]:
    """Everything that is wrong with the capture."""
    content = gzip.decompress(CAPTURE.read_bytes())
    wrong = []
    if struct.unpack_from("<I", content, 20)[0] != LINK_TYPE_ETHERNET:
        wrong.append("link type is not Ethernet")
    repeated = [frame for frame, times in Counter(frames(content)).items() if times > 1 and frame[12:14] != b"\x08\x06"]
    if repeated:
        wrong.append(f"{len(repeated)} frames are there more than once")
    for name, wanted in {
        "malformed": "_ws.malformed",
        "retransmitted, lost or out of order": "tcp.analysis.flags && !tcp.analysis.keep_alive && !tcp.analysis.keep_alive_ack",
        "bad checksum": "tcp.checksum.status == 0 || ip.checksum.status == 0",
        "longer than the MTU": "frame.len > 1514",
        "other than ARP, Modbus, DNP3, OPC UA over TCP": "!arp && !(tcp.port in {502, 20000, 4840})",
        "IPv6": "ipv6",
        "time to live not 64": "ip && ip.ttl != 64",
        "Modbus exception": "modbus.exception_code",
        "DNP3 checksum or header error": "dnp3.hdr.CRC.incorrect || dnp3.data_chunk.CRC.incorrect",
        "OPC UA fault": "opcua.servicenodeid.numeric == 397",
        "reset": "tcp.flags.reset == 1",
    }.items():
        if found := tshark(wanted, "frame.number"):
            wrong.append(f"{name}: frames {', '.join(number for [number] in found[:10])} ({len(found)})")
    for request, answer in tshark("modbus && !modbus.response_time", "modbus.func_code", "tcp.srcport"):
        if answer == "502":
            wrong.append(f"Modbus response without its request, function {request}")
    return wrong + [found for line in OPERATIONS.read_text().splitlines() if (found := check_operation(json.loads(line)))]


def main() -> None:
    """Prints what is wrong, or a summary."""
    if wrong := complaints():
        sys.exit("\n".join(wrong))
    for protocol in ("frame", "modbus", "dnp3", "opcua", "arp"):
        print(f"{protocol:8} {len(tshark(protocol, 'frame.number'))} frames")
    print(f"complete and sound; {len(OPERATIONS.read_text().splitlines())} operations found on the wire")


if __name__ == "__main__":
    main()
