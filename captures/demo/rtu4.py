"""RTU-4: a yadnp3 outstation (link address 4, master 1) whose points are the feeder bay. Arguments: none."""

from __future__ import annotations

import time

import opendnp3

from network import ADDRESS
from plant import FeederBay
from points import POINTS

ONLINE = opendnp3.Flags(1)
TICK = 0.5  # seconds between steps of the process
ANALOGS = {"BUS1.V": 3, "FDR12.AMPS": 12}  # tag -> raw change that makes an event


class Commands(opendnp3.ICommandHandler):
    """Accepts controls of the breaker and refuses everything else."""

    def __init__(self, bay: FeederBay) -> None:
        super().__init__()
        self.bay = bay

    def Begin(self) -> None:
        """Called before the first control of a request."""

    def End(self) -> None:
        """Called after the last control of a request."""

    def Select(self, control: object, index: int) -> opendnp3.CommandStatus:
        """Answers a SELECT."""
        breaker = isinstance(control, opendnp3.ControlRelayOutputBlock) and index == POINTS["CB12.CMD"].index
        return opendnp3.CommandStatus.SUCCESS if breaker else opendnp3.CommandStatus.NOT_SUPPORTED

    def Operate(self, control: object, index: int, handler: object, how: object) -> opendnp3.CommandStatus:
        """Carries out an OPERATE or a DIRECT_OPERATE."""
        status = self.Select(control, index)
        if status == opendnp3.CommandStatus.SUCCESS:
            self.bay.command(control.tcc == opendnp3.TripCloseCode.CLOSE)
        return status


class Application(opendnp3.IOutstationApplication):
    """Nothing beyond the defaults: no time writing, no class assignment."""

    def SupportsWriteAbsoluteTime(self) -> bool:
        """The bay has a clock of its own."""
        return False

    def SupportsAssignClass(self) -> bool:
        """Classes are fixed."""
        return False

    def GetApplicationIIN(self) -> opendnp3.ApplicationIIN:
        """No trouble, not in local."""
        return opendnp3.ApplicationIIN()

    def ColdRestartSupport(self) -> opendnp3.RestartMode:
        """Not by DNP3."""
        return opendnp3.RestartMode.UNSUPPORTED

    def WarmRestartSupport(self) -> opendnp3.RestartMode:
        """Not by DNP3."""
        return opendnp3.RestartMode.UNSUPPORTED

    def Now(self) -> opendnp3.DNPTime:
        """The clock of the bay."""
        return opendnp3.DNPTime(int(time.time() * 1000))


class Reporter:
    """Gives the figures of the bay to the outstation; analog figures only when they moved by their deadband."""

    def __init__(self, bay: FeederBay) -> None:
        self.bay = bay
        self.reported: dict[str, int] = {}
        self.seconds = 0.0

    def measurements(self) -> opendnp3.UpdateBuilder:
        """What has changed since the last call."""
        update = opendnp3.UpdateBuilder()
        now = opendnp3.DNPTime(int(time.time() * 1000))
        position = opendnp3.DoubleBit.DETERMINED_ON if self.bay.closed else opendnp3.DoubleBit.DETERMINED_OFF
        update.Update(self._double(position, now), POINTS["CB12.POS"].index)
        status = opendnp3.BinaryOutputStatus(self.bay.closed)
        status.flags = opendnp3.Flags(1 | self.bay.closed << 7)
        update.Update(status, POINTS["CB12.CMD"].index)
        update.Update(opendnp3.Counter(int(self.bay.energy), ONLINE, now), POINTS["FDR12.KWH"].index)
        for tag, value in (("BUS1.V", self.bay.voltage), ("FDR12.AMPS", self.bay.current)):
            raw = round(value / POINTS[tag].gain)
            if tag not in self.reported or abs(raw - self.reported[tag]) >= ANALOGS[tag]:
                self.reported[tag] = raw
                update.Update(opendnp3.Analog(raw, ONLINE, now), POINTS[tag].index)
        return update

    @staticmethod
    def _double(position: opendnp3.DoubleBit, now: opendnp3.DNPTime) -> opendnp3.DoubleBitBinary:
        measurement = opendnp3.DoubleBitBinary(position)
        measurement.flags = opendnp3.Flags(1 | position.value << 6)
        measurement.time = now
        return measurement


def database() -> opendnp3.DatabaseConfig:
    """Two points of each type that the bay has; the second one is a spare, except for the analog inputs."""
    config = opendnp3.DatabaseConfig(2)
    for unused in ("analog_output_status", "binary_input", "frozen_counter", "octet_string", "time_and_interval"):
        setattr(config, unused, {})
    return config


def main() -> None:
    """Serves the bay until the process is ended."""
    bay = FeederBay(seed=12)
    bay.advance(0.0)
    manager = opendnp3.DNP3Manager(1)
    channel = manager.AddTCPServer(
        "rtu4",
        opendnp3.levels.NOTHING,
        opendnp3.ServerAcceptMode.CloseExisting,
        opendnp3.IPEndpoint(ADDRESS["rtu4"], 20000),
        None,
    )
    config = opendnp3.OutstationStackConfig(database())
    config.outstation.params.allowUnsolicited = True
    config.outstation.eventBufferConfig = opendnp3.EventBufferConfig.AllTypes(100)
    config.link.LocalAddr = 4
    config.link.RemoteAddr = 1
    outstation = channel.AddOutstation("rtu4", Commands(bay), Application(), config)
    reporter = Reporter(bay)
    outstation.Apply(reporter.measurements().Build())  # true figures before the first poll
    outstation.Enable()
    while True:
        time.sleep(TICK)
        bay.advance(TICK)
        outstation.Apply(reporter.measurements().Build())


if __name__ == "__main__":
    main()
