"""A pymodbus client of PLC-1: polls all four tables each second and carries out the steps of a session."""

from __future__ import annotations

import asyncio
import struct

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.pdu import ModbusPDU

from network import ADDRESS
from points import POINTS
from story import Step

UNIT = 1


class Client:
    """One connection to PLC-1. Requests go one after the other: the server answers only the first of several."""

    def __init__(self) -> None:
        self.client = AsyncModbusTcpClient(ADDRESS["plc1"], port=502, timeout=2, retries=0)
        self.turn = asyncio.Lock()

    async def open(self) -> None:
        """Connects; fails when PLC-1 does not answer."""
        if not await self.client.connect():
            raise ConnectionError("PLC-1 does not answer")

    async def close(self) -> None:
        """Disconnects."""
        self.client.close()

    async def poll(self) -> None:
        """Reads everything once a second, until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            async with self.turn:
                await self.client.read_input_registers(0, count=11, device_id=UNIT)
                await self.client.read_holding_registers(0, count=21, device_id=UNIT)
                await self.client.read_coils(0, count=3, device_id=UNIT)
                await self.client.read_discrete_inputs(0, count=9, device_id=UNIT)
            due += 1.0
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def perform(self, step: Step) -> tuple[str, str]:
        """Carries out one step; returns the address that it concerned and what PLC-1 answered."""
        async with self.turn:
            if step.operation == "identify":
                return "", self._result(await self.client.read_device_information(read_code=1, device_id=UNIT))
            if step.operation == "read_registers":
                answer = await self.client.read_holding_registers(0, count=21, device_id=UNIT)
                return "holding:0", self._result(answer)
            point = POINTS[step.tag]
            if step.operation == "write_coil":
                answer = await self.client.write_coil(point.index, bool(step.value), device_id=UNIT)
            elif step.operation == "write_register":
                answer = await self.client.write_register(point.index, round(step.value / point.gain), device_id=UNIT)
            elif step.operation == "write_registers":
                registers = list(struct.unpack(">2H", struct.pack(">f", step.value)))
                answer = await self.client.write_registers(point.index, registers, device_id=UNIT)
            else:
                raise ValueError(step.operation)
            return point.address, self._result(answer)

    @staticmethod
    def _result(answer: ModbusPDU) -> str:
        return f"exception {answer.exception_code}" if answer.isError() else "accepted"
