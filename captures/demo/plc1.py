"""PLC-1: a pymodbus server whose registers are the water tank. Arguments: none."""

from __future__ import annotations

import asyncio
import logging
import struct
import time

from pymodbus import ModbusDeviceIdentification
from pymodbus.server import StartAsyncTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from network import ADDRESS
from plant import WaterTank
from points import POINTS

IDENTITY = ModbusDeviceIdentification(
    info_name={
        "VendorName": "Example Controls",
        "ProductCode": "WC-210",
        "MajorMinorRevision": "3.4.1",
        "ProductName": "Water works controller",
        "ModelName": "WC-210",
    }
)
TABLES = {"coil": (1, 5, 15), "discrete": (2,), "holding": (3, 6, 16), "input": (4,)}
TABLE_OF_FUNCTION = {function: table for table, functions in TABLES.items() for function in functions}
REGISTERS = 32


class Controller:
    """The registers of the controller on one side, the tank on the other."""

    def __init__(self) -> None:
        self.tank = WaterTank(seed=101)
        self.moved = time.monotonic()
        self.holding = [0] * REGISTERS
        for tag, value in (
            ("LIT101.SP", self.tank.level_setpoint),
            ("P101.SPD.SP", self.tank.speed_setpoint),
            ("CL2.SP", self.tank.chlorine_setpoint),
            ("LAH101.LIM", self.tank.high_limit),
        ):
            self.put(self.holding, tag, value)

    @staticmethod
    def put(registers: list[int], tag: str, value: float) -> None:
        """Places a measurement at its address, scaled and in the order of its type."""
        point = POINTS[tag]
        raw = struct.pack(">f", value) if point.type == "f32" else struct.pack(">H", round(value / point.gain))
        registers[point.index : point.index + len(raw) // 2] = struct.unpack(f">{len(raw) // 2}H", raw)

    @staticmethod
    def take(registers: list[int], tag: str) -> float:
        """The value that stands at the address of a tag."""
        point = POINTS[tag]
        if point.type == "f32":
            return struct.unpack(">f", struct.pack(">2H", *registers[point.index : point.index + 2]))[0]
        return registers[point.index] * point.gain

    async def access(
        self, function: int, start: int, address: int, count: int, registers: list[int], values: list | None
    ) -> None:
        """Called for each request: moves the plant on, then takes what is written or puts what is read."""
        now = time.monotonic()
        self.tank.advance(now - self.moved)
        self.moved = now
        table = TABLE_OF_FUNCTION[function]
        if values is None:
            self.refresh(table, registers)
        elif table == "coil":
            for offset, state in enumerate(values):
                self.command(address + offset, bool(state))
        else:
            self.holding[address : address + len(values)] = values
            self.tank.level_setpoint = self.take(self.holding, "LIT101.SP")
            self.tank.speed_setpoint = self.take(self.holding, "P101.SPD.SP")
            self.tank.chlorine_setpoint = self.take(self.holding, "CL2.SP")
            self.tank.high_limit = self.take(self.holding, "LAH101.LIM")

    def command(self, coil: int, state: bool) -> None:
        """Carries out a written coil."""
        if coil == POINTS["MV101.CMD"].index:
            self.tank.inlet_open = state
        elif coil == POINTS["MV102.CMD"].index:
            self.tank.outlet_open = state
        elif coil == POINTS["P101.CMD"].index:
            self.tank.pump_on = state

    def refresh(self, table: str, registers: list[int]) -> None:
        """Puts today's figures where they are read."""
        tank = self.tank
        if table == "input":
            self.put(registers, "LIT101", tank.noisy(tank.level, 0.3))
            self.put(registers, "FIT101", tank.noisy(tank.flow_in, 0.04))
            self.put(registers, "FIT102", tank.noisy(tank.flow_out, 0.04))
            self.put(registers, "PIT102", tank.noisy(tank.pressure, 0.01))
            self.put(registers, "AIT201", tank.noisy(tank.chlorine, 0.004))
            self.put(registers, "P101.SPD", tank.speed)
        elif table == "discrete":
            states = {
                "MV101.OPEN": tank.inlet_position > 0.95,
                "MV102.OPEN": tank.outlet_position > 0.95,
                "P101.RUN": tank.speed > 5.0,
                "LAH101.ALM": tank.high_alarm,
            }
            registers[0] = sum(1 << POINTS[tag].index for tag, state in states.items() if state)


async def main() -> None:
    """Serves unit 1 until the process is ended."""
    controller = Controller()
    coils = [False] * 16
    for tag in ("MV101.CMD", "MV102.CMD", "P101.CMD"):
        coils[POINTS[tag].index] = True
    device = SimDevice(
        1,
        simdata=(
            [SimData(0, values=coils, datatype=DataType.BITS)],
            [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [SimData(0, values=list(controller.holding), datatype=DataType.REGISTERS)],
            [SimData(0, values=[0] * REGISTERS, datatype=DataType.REGISTERS)],
        ),
        action=controller.access,
    )
    await StartAsyncTcpServer(context=[device], identity=IDENTITY, address=(ADDRESS["plc1"], 502))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main())
