"""A pymodbus client that uses every function it has. Arguments: framing (tcp, rtu, ascii, udp), address, port."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable
from typing import Any

from pymodbus.client import AsyncModbusTcpClient, AsyncModbusUdpClient
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.file_message import FileRecord

from modbus_server import FRAMERS
from said import now, say

BITS = {1, 2}


def result(function: int, answer: ModbusPDU, members: dict[str, Any]) -> dict[str, Any]:
    """The outcome in the words of `tests/said/modbus.rs`."""
    if answer.isError():
        return {"exception_code": answer.exception_code}
    told: dict[str, Any] = {"ok": True}
    if function in BITS:
        told["bits"] = [int(bit) for bit in answer.bits[: members["count"]]]
    elif getattr(answer, "registers", None):
        told["registers"] = list(answer.registers)
    return told


async def perform(operation: str, function: int, unit: int, request: Awaitable[ModbusPDU], **members: Any) -> None:
    """Sends a request, and says what it was and what came back."""
    start = now()
    try:
        outcome: Any = result(function, await request, members)
    except Exception as error:  # noqa: BLE001 (whatever the stack raises is its answer)
        outcome = {"error": type(error).__name__}
    say("modbus", operation, start, fc=function, unit=unit, **members, result=outcome)


async def main() -> None:
    """One connection, all functions, several units, and what a server must refuse."""
    framing, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    kind = AsyncModbusUdpClient if framing == "udp" else AsyncModbusTcpClient
    client = kind(address, port=port, framer=FRAMERS[framing], timeout=2, retries=0)
    if not await client.connect():
        sys.exit("the server does not answer")
    for unit in (1, 7, 17):
        at = {"device_id": unit}
        for count in (1, 8, 9, 250):
            await perform("read coils", 1, unit, client.read_coils(3, count=count, **at), address=3, count=count)
        await perform("read inputs", 2, unit, client.read_discrete_inputs(10, count=13, **at), address=10, count=13)
        for count in (1, 7, 125):
            await perform("read", 3, unit, client.read_holding_registers(90, count=count, **at), address=90, count=count)
        await perform("read input", 4, unit, client.read_input_registers(5, count=60, **at), address=5, count=60)
        for state in (True, False, True):
            await perform("write coil", 5, unit, client.write_coil(11, state, **at), address=11, values=[int(state)])
        for value in (0, 1, 450, 65_535):
            await perform("write register", 6, unit, client.write_register(40, value, **at), address=40, values=[value])
        bits = [True, False, True, True, False, False, True, False, True]
        await perform(
            "write coils", 15, unit, client.write_coils(20, bits, **at), address=20, values=[int(bit) for bit in bits]
        )
        for values in ([7], [17_071, 0], list(range(500, 623))):
            await perform(
                "write registers", 16, unit, client.write_registers(200, values, **at), address=200, values=values
            )
        await perform(
            "mask", 22, unit, client.mask_write_register(address=40, and_mask=0xFF0F, or_mask=0x50, **at),
            address=40, and_mask=0xFF0F, or_mask=0x50,
        )  # fmt: skip
        await perform(
            "read and write", 23, unit,
            client.readwrite_registers(read_address=0, read_count=6, write_address=70, values=[1, 2, 3], **at),
            address=70, values=[1, 2, 3], read_address=0, read_count=6,
        )  # fmt: skip
        await perform("read back", 3, unit, client.read_holding_registers(70, count=3, **at), address=70, count=3)
        # What a server refuses.
        far = client.read_holding_registers(60_000, count=10, **at)
        await perform("illegal read", 3, unit, far, address=60_000, count=10)
        await perform("illegal write", 6, unit, client.write_register(50_000, 1, **at), address=50_000, values=[1])
    one = {"device_id": 1}
    await perform("exception status", 7, 1, client.read_exception_status(**one))
    await perform("echo", 8, 1, client.diag_query_data(b"\x12\x34", **one), sub=0)
    await perform("restart communications", 8, 1, client.diag_restart_communication(True, **one), sub=1)
    await perform("clear counters", 8, 1, client.diag_clear_counters(**one), sub=10)
    await perform("event counter", 11, 1, client.diag_get_comm_event_counter(**one))
    await perform("event log", 12, 1, client.diag_get_comm_event_log(**one))
    await perform("server id", 17, 1, client.report_device_id(**one))
    record = FileRecord(file_number=4, record_number=7, record_data=b"\x06\xaf\x04\xbe\x10\x0d")
    await perform("write file", 21, 1, client.write_file_record([record], **one), file=4, record=7)
    for code in (1, 2, 3):
        await perform("identify", 43, 1, client.read_device_information(read_code=code, object_id=0, **one))
    await perform("no such unit", 3, 99, client.read_holding_registers(0, count=1, device_id=99), address=0, count=1)
    client.close()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main())
