"""The process behind the servers: a tank, a feeder bay and a boiler with pH dosing, simple but consistent.

Each part keeps its commands (what clients write) and its measurements (what clients read) as plain attributes and
moves on with `advance(seconds)`. Figures carry a little noise, so that a live display moves as it does in a plant.
"""

from __future__ import annotations

import random


def approach(value: float, target: float, seconds: float, time_constant: float) -> float:
    """First-order lag: where `value` is after `seconds` on its way to `target`."""
    return value + (target - value) * min(1.0, seconds / time_constant)


def stroke(position: float, open_wanted: bool, seconds: float, travel_time: float) -> float:
    """Position (0 closed, 1 open) of a motorised valve that needs `travel_time` seconds from end to end."""
    step = seconds / travel_time
    return min(1.0, position + step) if open_wanted else max(0.0, position - step)


def limited(value: float, low: float, high: float) -> float:
    """`value`, kept between `low` and `high`."""
    return max(low, min(high, value))


class WaterTank:
    """Break tank of the water works: inlet valve MV101, level controller, outlet pump P101 through valve MV102."""

    AREA_M2 = 3.0
    INLET_MAXIMUM = 12.0  # l/s
    OVERFLOW_MM = 1000.0
    PUMP_FULL_FLOW = 10.0  # l/s at 100 % speed
    SHUT_OFF_HEAD = 7.5  # bar at 100 % speed against a closed valve

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.level_setpoint = 780.0
        self.speed_setpoint = 65.0
        self.chlorine_setpoint = 0.6
        self.high_limit = 900.0
        self.inlet_open = True
        self.outlet_open = True
        self.pump_on = True
        self.level = 780.0
        self.inlet_position = 1.0
        self.outlet_position = 1.0
        self.speed = 65.0
        self.flow_in = 6.5
        self.flow_out = 6.5
        self.pressure = 2.75
        self.chlorine = 0.6

    def advance(self, seconds: float) -> None:
        """Moves valves, pump, flows, level, pressure and chlorine on by `seconds`."""
        self.inlet_position = stroke(self.inlet_position, self.inlet_open, seconds, 4.0)
        self.outlet_position = stroke(self.outlet_position, self.outlet_open, seconds, 4.0)
        self.speed = approach(self.speed, self.speed_setpoint if self.pump_on else 0.0, seconds, 2.5)
        demand = self.PUMP_FULL_FLOW * self.speed / 100.0
        wanted = limited(demand + 0.25 * (self.level_setpoint - self.level), 0.0, self.INLET_MAXIMUM)
        self.flow_in = approach(self.flow_in, wanted * self.inlet_position, seconds, 1.5)
        self.flow_out = approach(self.flow_out, demand * self.outlet_position, seconds, 1.0)
        head = self.SHUT_OFF_HEAD * (self.speed / 100.0) ** 2
        loss = 0.0 if self.outlet_position < 0.05 else 0.01 * self.flow_out**2
        closed = 1.0 + 0.15 * (1.0 - self.outlet_position)
        self.pressure = approach(self.pressure, max(0.0, head * closed - loss), seconds, 1.5)
        overflow = max(0.0, self.level - self.OVERFLOW_MM) * 0.8
        self.level = max(0.0, self.level + (self.flow_in - self.flow_out - overflow) / self.AREA_M2 * seconds)
        self.chlorine = approach(self.chlorine, self.chlorine_setpoint, seconds, 25.0)

    @property
    def high_alarm(self) -> bool:
        """LAH101: the high-level alarm of the controller itself, against the limit that is set in it."""
        return self.level > self.high_limit

    def noisy(self, value: float, deviation: float) -> float:
        """A measurement of `value` by an instrument with that much noise; never below zero."""
        return max(0.0, value + self.random.gauss(0.0, deviation))


class FeederBay:
    """Bay of breaker CB12: current flows while it is closed, with an inrush that grows when it is closed again soon."""

    LOAD = 240.0  # A

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.closed = False
        self.inrush = 0.0
        self.stress = 0.0
        self.energy = 48210.0
        self.voltage = 11.05
        self.current = 0.0

    def command(self, close: bool) -> None:
        """Opens or closes the breaker."""
        if close and not self.closed:
            self.inrush = 70.0 + 190.0 * self.stress
            self.stress += 1.0
        self.closed = close

    def advance(self, seconds: float) -> None:
        """Moves current, voltage and energy on by `seconds`."""
        self.inrush = approach(self.inrush, 0.0, seconds, 4.0)
        self.stress = approach(self.stress, 0.0, seconds, 60.0)
        load = self.LOAD + self.inrush + self.random.gauss(0.0, 0.8)
        self.current = load if self.closed else 0.0
        dip = 0.00035 * self.current
        self.voltage = 11.05 - dip + self.random.gauss(0.0, 0.005)
        self.energy += self.current * 11.0 * 1.73 * seconds / 3600.0


class Skid:
    """Heating boiler with combustion fan, and pH dosing of its make-up water."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.acidity_setpoint = 7.4
        self.dosing_on = True
        self.fan_on = False
        self.burner_on = False
        self.fan_speed = 0.0
        self.flame = 0.0
        self.acidity = 7.4
        self.make_up_flow = 20.0
        self.temperature = 62.0
        self.flue_gas = 64.0
        self.carbon_monoxide = 12.0

    def advance(self, seconds: float) -> None:
        """Moves fan, flame, temperatures, carbon monoxide and pH on by `seconds`."""
        self.fan_speed = stroke(self.fan_speed, self.fan_on, seconds, 2.0)
        self.flame = stroke(self.flame, self.burner_on, seconds, 1.0)
        starved = self.flame * (1.0 - self.fan_speed)
        self.carbon_monoxide = approach(self.carbon_monoxide, 12.0 + 2400.0 * starved, seconds, 20.0)
        self.flue_gas = approach(self.flue_gas, 64.0 + 120.0 * self.flame + 420.0 * starved, seconds, 22.0)
        self.temperature += (0.12 * self.flame - 0.01) * seconds
        self.make_up_flow = approach(self.make_up_flow, 20.0, seconds, 5.0)
        if self.dosing_on:
            self.acidity = approach(self.acidity, self.acidity_setpoint, seconds, 9.0)

    @property
    def fan_running(self) -> bool:
        """Whether the fan has come up to speed."""
        return self.fan_speed > 0.5

    @property
    def burner_running(self) -> bool:
        """Whether the flame is established."""
        return self.flame > 0.5

    def noisy(self, value: float, deviation: float) -> float:
        """A measurement of `value` by an instrument with that much noise."""
        return value + self.random.gauss(0.0, deviation)
