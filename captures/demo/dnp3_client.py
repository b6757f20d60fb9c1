"""A yadnp3 master (link address 1) of RTU-4: polls events, takes unsolicited responses, operates the breaker."""

from __future__ import annotations

import asyncio
import threading

import opendnp3

from network import ADDRESS
from points import POINTS
from story import Step

EVENTS_EACH = 5.0  # seconds between polls of the event classes
INTEGRITY_EACH = 30.0  # seconds between polls of everything
CODES = {"open": opendnp3.TripCloseCode.TRIP, "close": opendnp3.TripCloseCode.CLOSE}
PULSE_MS = 250


class Received(opendnp3.ISOEHandler):
    """Where measurements arrive; the demo only wants them on the wire."""

    def BeginFragment(self, info: object) -> None:
        """Called before the values of a fragment."""

    def EndFragment(self, info: object) -> None:
        """Called after the values of a fragment."""

    def Process(self, info: object, values: object) -> None:
        """Called with values."""

    def OnDeviceAttribute(self, info: object, set_: int, variation: int, value: object) -> None:
        """Called with a device attribute."""


class Application(opendnp3.IMasterApplication):
    """Nothing beyond the defaults."""

    def OnReceiveIIN(self, iin: object) -> None:
        """Called with the internal indications of each response."""

    def OnTaskStart(self, kind: object, task: object) -> None:
        """Called when a task begins."""

    def OnTaskComplete(self, info: object) -> None:
        """Called when a task is done."""

    def OnOpen(self) -> None:
        """Called when the connection is up."""

    def OnClose(self) -> None:
        """Called when the connection is lost."""

    def AssignClassDuringStartup(self) -> bool:
        """Classes are as the outstation has them."""
        return False


class Client:
    """The association of HMI-1 with RTU-4."""

    def __init__(self) -> None:
        self.received = Received()
        self.application = Application()
        self.manager = opendnp3.DNP3Manager(1)
        channel = self.manager.AddTCPClient(
            "rtu4",
            opendnp3.levels.NOTHING,
            opendnp3.ChannelRetry.Default(),
            [opendnp3.IPEndpoint(ADDRESS["rtu4"], 20000)],
            ADDRESS["hmi1"],
            None,
        )
        config = opendnp3.MasterStackConfig()
        config.link.LocalAddr = 1
        config.link.RemoteAddr = 4
        config.master.disableUnsolOnStartup = False
        self.master = channel.AddMaster("rtu4", self.received, self.application, config)

    async def open(self) -> None:
        """Starts the association: connection, integrity poll, unsolicited responses allowed."""
        self.master.Enable()

    async def close(self) -> None:
        """Ends the association."""
        await asyncio.to_thread(self._shut_down)

    def _shut_down(self) -> None:
        self.master.Shutdown()
        self.manager.Shutdown()

    async def poll(self) -> None:
        """Polls the event classes and now and then everything, until cancelled."""
        rounds = 0
        while True:
            await asyncio.sleep(EVENTS_EACH)
            rounds += 1
            everything = rounds % round(INTEGRITY_EACH / EVENTS_EACH) == 0
            classes = opendnp3.ClassField.AllClasses() if everything else opendnp3.ClassField.AllEventClasses()
            self.master.ScanClasses(classes, self.received)

    async def perform(self, step: Step) -> tuple[str, str]:
        """Operates the breaker; returns the point and what RTU-4 answered."""
        point = POINTS[step.tag]
        return point.address, await asyncio.to_thread(self._operate, step.operation, point.index, str(step.value))

    def _operate(self, operation: str, index: int, wanted: str) -> str:
        done = threading.Event()
        outcome: list[str] = []

        def finished(result: opendnp3.ICommandTaskResult) -> None:
            outcome.extend(each.status.name for each in result.to_list())
            outcome.append(result.summary.name)
            done.set()

        control = opendnp3.ControlRelayOutputBlock(
            opendnp3.OperationType.PULSE_ON, CODES[wanted], False, 1, PULSE_MS, 0
        )
        act = self.master.SelectAndOperate if operation == "select_operate" else self.master.DirectOperate
        act(control, index, finished)
        if not done.wait(5.0):
            return "no answer"
        return "accepted" if outcome[:-1] == ["SUCCESS"] else " ".join(outcome)
