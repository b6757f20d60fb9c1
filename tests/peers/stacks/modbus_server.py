"""A pymodbus server with three units. Arguments: framing (tcp, rtu, ascii, udp), address, port."""

from __future__ import annotations

import asyncio
import logging
import sys

from pymodbus import FramerType, ModbusDeviceIdentification
from pymodbus.server import StartAsyncTcpServer, StartAsyncUdpServer
from pymodbus.simulator import DataType, SimData, SimDevice

FRAMERS = {"tcp": FramerType.SOCKET, "rtu": FramerType.RTU, "ascii": FramerType.ASCII, "udp": FramerType.SOCKET}
POINTS = 1000


def unit(number: int) -> SimDevice:
    """Bits off, inputs alternating, registers with their own address, inputs with three times theirs."""
    return SimDevice(
        number,
        simdata=(
            [SimData(0, values=[False] * POINTS, datatype=DataType.BITS)],
            [SimData(0, values=[place % 2 == 0 for place in range(POINTS)], datatype=DataType.BITS)],
            [SimData(0, values=list(range(POINTS)), datatype=DataType.REGISTERS)],
            [SimData(0, values=[3 * place for place in range(POINTS)], datatype=DataType.REGISTERS)],
        ),
    )


async def main() -> None:
    """Serves until the process is ended."""
    framing, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    identity = ModbusDeviceIdentification(
        info_name={"VendorName": "Example Controls", "ProductCode": "X-9", "MajorMinorRevision": "1.2.3"}
    )
    serve = StartAsyncUdpServer if framing == "udp" else StartAsyncTcpServer
    await serve(
        context=[unit(1), unit(7), unit(17)],
        identity=identity,
        address=(address, port),
        framer=FRAMERS[framing],
        ignore_missing_devices=True,
    )


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main())
