"""A yadnp3 outstation (link address 10, master 1). Arguments: transport (tcp, udp), its address, port, the master's address."""

from __future__ import annotations

import sys
import time

import opendnp3

from said import say

POINTS = 10
REFUSED = 9  # index of the point that takes no command
FILES = {"/cfg/relay.set": bytes(range(256)) * 24, "/log/trips.txt": b"51P at noon\n" * 40}


def described(command: object) -> dict:
    """A command in the words of `tests/said/dnp3.rs`."""
    if isinstance(command, opendnp3.ControlRelayOutputBlock):
        return {
            "crob_op": command.opType.name,
            "tcc": command.tcc.name,
            "count": command.count,
            "on_ms": command.onTimeMS,
            "off_ms": command.offTimeMS,
            "clear": command.clear,
        }
    return {"value": command.value}


class Commands(opendnp3.ICommandHandler):
    """Carries out everything but commands to one point."""

    def Begin(self) -> None:
        """Called before the first command of a request."""

    def End(self) -> None:
        """Called after the last one."""

    def _answer(self, what: str, command: object, index: int, **more: str) -> opendnp3.CommandStatus:
        say("dnp3", f"outstation.{what}", side="outstation", index=index, **described(command), **more)
        return opendnp3.CommandStatus.NOT_SUPPORTED if index == REFUSED else opendnp3.CommandStatus.SUCCESS

    def Select(self, command: object, index: int) -> opendnp3.CommandStatus:
        """Answers a SELECT."""
        return self._answer("select", command, index)

    def Operate(self, command: object, index: int, handler: object, how: object) -> opendnp3.CommandStatus:
        """Carries out an OPERATE or DIRECT_OPERATE."""
        return self._answer("operate", command, index, how=how.name)


class Application(opendnp3.IOutstationApplication):
    """Takes the time and restarts."""

    def SupportsWriteAbsoluteTime(self) -> bool:
        """The clock can be set."""
        return True

    def WriteAbsoluteTime(self, time_: object) -> bool:
        """The clock is set."""
        say("dnp3", "outstation.write_time", side="outstation", ms=time_.msSinceEpoch)
        return True

    def SupportsAssignClass(self) -> bool:
        """Classes can be assigned."""
        return True

    def RecordClassAssignment(self, *what: object) -> None:
        """Classes are assigned."""
        say("dnp3", "outstation.assign_class", side="outstation")

    def GetApplicationIIN(self) -> opendnp3.ApplicationIIN:
        """No trouble."""
        return opendnp3.ApplicationIIN()

    def ColdRestartSupport(self) -> opendnp3.RestartMode:
        """Seconds."""
        return opendnp3.RestartMode.SUPPORTED_DELAY_COARSE

    def WarmRestartSupport(self) -> opendnp3.RestartMode:
        """Milliseconds."""
        return opendnp3.RestartMode.SUPPORTED_DELAY_FINE

    def ColdRestart(self) -> int:
        """Says that it restarts."""
        say("dnp3", "outstation.cold_restart", side="outstation")
        return 2

    def WarmRestart(self) -> int:
        """Says that it restarts."""
        say("dnp3", "outstation.warm_restart", side="outstation")
        return 300

    def Now(self) -> opendnp3.DNPTime:
        """The clock."""
        return opendnp3.DNPTime(int(time.time() * 1000))


class Files(opendnp3.IFileHandler):
    """A few files in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.files = dict(FILES)
        self.open: dict[int, list] = {}

    def GetFileInfo(self, name: str) -> object:
        """Name and size."""
        answer = opendnp3.FileCommandResult()
        answer.status = opendnp3.FileStatus.NOT_EXIST
        if name in self.files:
            answer.status = opendnp3.FileStatus.SUCCESS
            answer.info.fileName = name
            answer.info.type = opendnp3.FileType.SIMPLE_FILE
            answer.info.size = len(self.files[name])
            answer.info.timeOfCreation = 1_790_000_000_000
        return answer

    def OpenFile(self, name: str, key: int, rights: object, mode: object, block: int, request: int) -> object:
        """Opens a file for reading or writing."""
        answer = opendnp3.FileOpenResult()
        if mode == opendnp3.FileMode.READ and name not in self.files:
            answer.status = opendnp3.FileStatus.NOT_EXIST
            return answer
        handle = len(self.open) + 1
        self.open[handle] = [name, mode, block, b""]
        answer.status, answer.fileHandle, answer.maxBlockSize = opendnp3.FileStatus.SUCCESS, handle, block
        answer.fileSize = len(self.files.get(name, b"")) if mode == opendnp3.FileMode.READ else 0
        return answer

    def ReadBlock(self, handle: int, number: int) -> object:
        """A block of an open file."""
        name, _, block, _ = self.open[handle]
        answer = opendnp3.FileBlockResult()
        answer.status = opendnp3.FileStatus.SUCCESS
        answer.data = list(self.files[name][number * block : (number + 1) * block])
        answer.lastBlock = (number + 1) * block >= len(self.files[name])
        return answer

    def WriteBlock(self, handle: int, number: int, last: bool, data: object) -> object:
        """A block for an open file."""
        self.open[handle][3] += bytes(data)
        return opendnp3.FileStatus.SUCCESS

    def CloseFile(self, handle: int, request: int) -> object:
        """Keeps what was written."""
        name, mode, _, written = self.open[handle]
        if mode != opendnp3.FileMode.READ:
            self.files[name] = written
        return opendnp3.FileStatus.SUCCESS

    def DeleteFile(self, name: str) -> object:
        """Removes a file."""
        there = self.files.pop(name, None) is not None
        return opendnp3.FileStatus.SUCCESS if there else opendnp3.FileStatus.NOT_EXIST

    def AbortFile(self, handle: int) -> None:
        """Forgets an open file."""

    def AuthenticateFile(self, user: str, password: str) -> object:
        """One user may."""
        answer = opendnp3.OutstationFileAuthResult()
        known = (user, password) == ("admin", "secret")
        answer.status = opendnp3.FileStatus.SUCCESS if known else opendnp3.FileStatus.PERMISSION_DENIED
        answer.authKey = 12_345 if known else 0
        return answer


def main() -> None:
    """Serves points that move, until the process is ended."""
    transport, here, port, there = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    manager = opendnp3.DNP3Manager(1)
    quiet, retry = opendnp3.levels.NOTHING, opendnp3.ChannelRetry.Default()
    own, other = opendnp3.IPEndpoint(here, port), opendnp3.IPEndpoint(there, port)
    if transport == "udp":
        channel = manager.AddUDPChannel("outstation", quiet, retry, own, other, None)
    else:
        channel = manager.AddTCPServer("outstation", quiet, opendnp3.ServerAcceptMode.CloseExisting, own, None)
    # All points of a response must fit into one datagram: the stack does not put several together.
    points = 1 if transport == "udp" else POINTS
    config = opendnp3.OutstationStackConfig(opendnp3.DatabaseConfig(points))
    config.outstation.params.allowUnsolicited = True
    config.outstation.eventBufferConfig = opendnp3.EventBufferConfig.AllTypes(100)
    config.link.LocalAddr, config.link.RemoteAddr = 10, 1
    outstation = channel.AddOutstation("outstation", Commands(), Application(), config, fileHandler=Files())
    outstation.Enable()
    number = 0
    while True:
        time.sleep(0.4)
        update, at, online = opendnp3.UpdateBuilder(), opendnp3.DNPTime(int(time.time() * 1000)), opendnp3.Flags(1)
        update.Update(opendnp3.Analog(1000 + 7 * number, online, at), number % min(points, 4))
        update.Update(opendnp3.Binary(number % 2 == 0, online, at), number % min(points, 3))
        update.Update(opendnp3.Counter(number * 7, online, at), 0)
        outstation.Apply(update.Build())
        number += 1


if __name__ == "__main__":
    main()
