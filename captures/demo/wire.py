"""Finds what clients noted on the wire, with tshark, an independent decoder."""

from __future__ import annotations

import struct
import subprocess
from datetime import datetime
from pathlib import Path

from network import ADDRESS
from points import POINTS

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
PULSE_ON = 1
TRIP_CLOSE = {"open": 2, "close": 1}
CLOCK_SLACK = 0.01  # seconds between what a client notes and what is on the wire


def tshark(capture: Path, wanted: str, *fields: str) -> list[list[str]]:
    """The fields of the frames that match a display filter, with checksums checked."""
    command = ["tshark", "-r", str(capture), "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command += ["-Y", wanted, "-T", "fields", *(part for field in fields for part in ("-e", field))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split("\t") for line in printed.splitlines()]


def value_filter(operation: dict) -> str:
    """A display filter for the point and the value of an operation."""
    if not operation["tag"]:
        return "tcp"
    value, point = operation["value"], POINTS[operation["tag"]]
    if operation["protocol"] == "dnp3":
        return f"dnp3.ctl.op == {PULSE_ON} && dnp3.ctl.trip == {TRIP_CLOSE[value]} && dnp3.al.ctrlstatus == 0"
    if operation["protocol"] == "opcua":
        written = f"opcua.Boolean == {int(value)}" if isinstance(value, bool) else f"opcua.Double == {value}"
        return f'opcua.nodeid.string == "{point.node[1]}" && {written}'
    if operation["operation"] == "write_registers":
        registers = struct.unpack(">2H", struct.pack(">f", value))
        written = " && ".join(f"modbus.regval_uint16 == {register}" for register in registers)
    elif operation["operation"] == "write_coil":
        written = f"modbus.data == {'ff:00' if value else '00:00'}"
    else:
        written = f"modbus.data == {round(value / point.gain).to_bytes(2).hex(':')}"
    return f"modbus.reference_num == {point.index} && {written}"


def request_frames(capture: Path, operation: dict) -> list[int]:
    """Numbers of the frames in which the actor asks for the operation, as Wireshark counts them."""
    begun, done = (datetime.fromisoformat(operation[key]).timestamp() for key in ("time", "done"))
    wanted = (
        f"ip.src == {ADDRESS[operation['actor']]} && {FUNCTION[operation['operation']]} && {value_filter(operation)}"
        f" && frame.time_epoch >= {begun - CLOCK_SLACK:.6f} && frame.time_epoch <= {done + CLOCK_SLACK:.6f}"
    )
    return [int(number) for [number] in tshark(capture, wanted, "frame.number")]
