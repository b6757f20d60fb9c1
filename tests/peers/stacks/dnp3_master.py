"""A yadnp3 master (link address 1, outstation 10). Arguments: transport (tcp, udp), its address, port, the outstation's."""

from __future__ import annotations

import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import opendnp3

from said import now, say

ENDS = {"side": "master", "link_src": 1, "link_dst": 10}
CROB, KIND, CLOSE = opendnp3.ControlRelayOutputBlock, opendnp3.OperationType, opendnp3.TripCloseCode
FUNCTION, HEADER = opendnp3.FunctionCode, opendnp3.Header
CONTENT = bytes((place * 37) & 255 for place in range(5000))
CLASSES = [HEADER.AllObjects(60, 2), HEADER.AllObjects(60, 3), HEADER.AllObjects(60, 4)]


class Received(opendnp3.ISOEHandler):
    """Where measurements arrive."""

    def BeginFragment(self, info: object) -> None:
        """Called before the values of a fragment."""

    def EndFragment(self, info: object) -> None:
        """Called after them."""

    def Process(self, info: object, values: object) -> None:
        """Called with values."""

    def OnDeviceAttribute(self, info: object, set_: int, variation: int, value: object) -> None:
        """Called with an attribute."""


class Application(opendnp3.IMasterApplication):
    """Says what the master does by itself."""

    def OnReceiveIIN(self, iin: object) -> None:
        """Called with the indications of each response."""

    def OnTaskStart(self, kind: object, task: object) -> None:
        """Called when a task begins."""

    def OnTaskComplete(self, info: object) -> None:
        """Called when a task is done."""
        if info.result.name == "SUCCESS":
            say("dnp3", "task", side="master", task=info.type.name)

    def OnOpen(self) -> None:
        """Called when the connection is up."""

    def OnClose(self) -> None:
        """Called when it is lost."""

    def AssignClassDuringStartup(self) -> bool:
        """Classes stay as they are."""
        return False

    def Now(self) -> object:
        """The clock."""
        return opendnp3.UTCTimestamp(int(time.time() * 1000))


def outcome(answer: Any) -> dict[str, Any]:
    """What a callback was told, in the words of `tests/said/dnp3.rs`."""
    told: dict[str, Any] = {"summary": getattr(getattr(answer, "summary", None), "name", str(answer))}
    data = getattr(answer, "data", None)
    if isinstance(data, (bytes, bytearray)):
        told["data"] = {"hex": bytes(data).hex(), "len": len(data)}
    points = [point.status.name for point in getattr(answer, "results", None) or []]
    if points:
        told["status"] = points[0]
    return told


def ask(operation: str, act: Callable[[Callable], None], wait: float = 4.0, **members: Any) -> None:
    """Asks for something and waits until it is done."""
    done, told = threading.Event(), {}

    def finished(answer: Any = None) -> None:
        told.update(outcome(answer))
        done.set()

    start = now()
    act(finished)
    done.wait(wait)
    say("dnp3", operation, start, **ENDS, **members, result=told or None)


def order(operation: str, act: Callable[[], None], wait: float, **members: Any) -> None:
    """Asks for something of which no end is told."""
    start = now()
    act()
    time.sleep(wait)
    say("dnp3", operation, start, **ENDS, **members)


def controls(master: Any) -> None:
    """Relays and setpoints, each directly and after a selection."""
    blocks = [
        ("LATCH_ON", CROB(KIND.LATCH_ON)),
        ("LATCH_OFF", CROB(KIND.LATCH_OFF)),
        ("PULSE_ON+TRIP", CROB(KIND.PULSE_ON, CLOSE.TRIP, False, 1, 250, 0)),
        ("PULSE_ON+CLOSE", CROB(KIND.PULSE_ON, CLOSE.CLOSE, False, 2, 300, 100)),
        ("PULSE_OFF", CROB(KIND.PULSE_OFF, CLOSE.NUL, False, 3, 20, 30)),
    ]
    for index, (name, block) in enumerate(blocks):
        times = {"count": block.count, "on_ms": block.onTimeMS, "off_ms": block.offTimeMS}
        members = {"index": index, "crob": name} | times
        ask(f"direct {name}", lambda done, b=block, i=index: master.DirectOperate(b, i, done), fc=5, **members)
        ask(f"select {name}", lambda done, b=block, i=index: master.SelectAndOperate(b, i, done), fc=[3, 4], **members)
    setpoints = [
        ("g41v2", -120, opendnp3.AnalogOutputInt16(-120)),
        ("g41v1", 123_456, opendnp3.AnalogOutputInt32(123_456)),
        ("g41v3", 61.25, opendnp3.AnalogOutputFloat32(61.25)),
        ("g41v4", 3.141592653589793, opendnp3.AnalogOutputDouble64(3.141592653589793)),
    ]
    for index, (name, value, output) in enumerate(setpoints):
        members = {"index": index, "gv": name, "value": value}
        ask(f"direct {name}", lambda done, o=output, i=index: master.DirectOperate(o, i, done), fc=5, **members)
        ask(f"select {name}", lambda done, o=output, i=index: master.SelectAndOperate(o, i, done), fc=[3, 4], **members)
    refused = {"index": 9, "crob": "LATCH_ON"}
    ask("refused", lambda done: master.DirectOperate(CROB(KIND.LATCH_ON), 9, done), fc=5, **refused)
    ask("refused selection", lambda done: master.SelectAndOperate(CROB(KIND.LATCH_ON), 9, done), fc=3, **refused)


def files(master: Any) -> None:
    """Transfer of files."""
    ask("file info", lambda done: master.GetFileInfo("/cfg/relay.set", done), fc=28, file="/cfg/relay.set")
    ask("file read", lambda done: master.ReadFile("/cfg/relay.set", done), 8, fc=[25, 1, 26], file="/cfg/relay.set")
    ask("file login", lambda done: master.AuthenticateFile("admin", "secret", done), fc=29, user="admin")
    some = opendnp3.FilePermissionSet(True, True, False)
    rights = opendnp3.FilePermissions(some, some, some)
    ask(
        "file write", lambda done: master.WriteFile("/fw/relay.bin", CONTENT, rights, done), 8,
        fc=[25, 2, 26], file="/fw/relay.bin", size=len(CONTENT),
    )  # fmt: skip
    ask("file delete", lambda done: master.DeleteFile("/log/trips.txt", done), fc=27, file="/log/trips.txt")


def requests(master: Any, received: Received) -> None:
    """Functions without a command to a point."""

    def perform(operation: str, function: Any, code: int, headers: list, wait: float = 0.4, **members: Any) -> None:
        order(operation, lambda: master.PerformFunction(operation, function, headers), wait, fc=code, **members)

    for group, variation in ((1, 2), (20, 1), (30, 1), (30, 5), (10, 2), (40, 1), (0, 254)):
        name = f"g{group}v{variation}"
        scan = [HEADER.AllObjects(group, variation)]
        order(f"read {name}", lambda s=scan: master.Scan(s, received), 0.3, fc=1, gv=name)
    order("class 1", lambda: master.ScanClasses(opendnp3.ClassField(False, True, False, False), received), 0.4, fc=1)
    freeze = [HEADER.AllObjects(20, 0)]
    order("freeze", lambda: master.Freeze(opendnp3.FreezeType.ImmediateFreeze, freeze), 0.4, fc=7)
    order("freeze and clear", lambda: master.Freeze(opendnp3.FreezeType.FreezeAndClear, freeze), 0.4, fc=9)
    perform("assign class", FUNCTION.ASSIGN_CLASS, 22, [HEADER.AllObjects(60, 3), HEADER.AllObjects(30, 0)])
    perform("block reports", FUNCTION.DISABLE_UNSOLICITED, 21, CLASSES)
    perform("allow reports", FUNCTION.ENABLE_UNSOLICITED, 20, CLASSES, 1.5)
    clock = bytes([50, 1, 7, 1]) + struct.pack("<Q", int(time.time() * 1000) + 3_600_000)[:6]
    perform("set clock", FUNCTION.WRITE, 2, [HEADER.Raw(clock)], gv="g50v1")
    relay = bytes([12, 1, 0x17, 1, 5, 0x41, 1]) + struct.pack("<IIB", 100, 100, 0)
    silent = {"index": 5, "crob": "PULSE_ON+CLOSE", "count": 1, "on_ms": 100, "off_ms": 100}
    # The stack waits for a reply that the function does not have.
    perform("without reply", FUNCTION.DIRECT_OPERATE_NR, 6, [HEADER.Raw(relay)], 2.3, **silent)
    perform("delay", FUNCTION.DELAY_MEASURE, 23, [])
    perform("stop application", FUNCTION.STOP_APPLICATION, 18, [HEADER.AllObjects(90, 1)])
    ask("warm restart", lambda done: master.Restart(opendnp3.RestartType.WARM, done), fc=14)
    ask("cold restart", lambda done: master.Restart(opendnp3.RestartType.COLD, done), fc=13)


def main() -> None:
    """Polls, commands, transfers files and restarts."""
    transport, here, port, there = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    manager = opendnp3.DNP3Manager(1)
    quiet, retry = opendnp3.levels.NOTHING, opendnp3.ChannelRetry.Default()
    own, other = opendnp3.IPEndpoint(here, port), opendnp3.IPEndpoint(there, port)
    if transport == "udp":
        channel = manager.AddUDPChannel("master", quiet, retry, own, other, None)
    else:
        channel = manager.AddTCPClient("master", quiet, retry, [other], "0.0.0.0", None)
    config = opendnp3.MasterStackConfig()
    config.link.LocalAddr, config.link.RemoteAddr = 1, 10
    config.master.responseTimeout = opendnp3.TimeDuration.Seconds(2)
    config.master.timeSyncMode = opendnp3.TimeSyncMode.NonLAN
    received = Received()
    master = channel.AddMaster("master", received, Application(), config)
    master.Enable()
    # Over UDP the start-up poll meets the outstation's first report, and is tried again.
    time.sleep(2.0 if transport == "tcp" else 6.0)
    order("integrity", lambda: master.ScanClasses(opendnp3.ClassField.AllClasses(), received), 1.0, fc=1)
    controls(master)
    if transport == "tcp":
        ask("link status", lambda done: master.CheckLinkStatus(done))
        files(master)
    requests(master, received)
    time.sleep(0.5)
    master.Shutdown()
    manager.Shutdown()


if __name__ == "__main__":
    main()
