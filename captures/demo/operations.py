"""The record of what each client says that it did: one JSON line for each operation, in `operations.jsonl`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from story import Step


def timestamp(nanoseconds: int) -> str:
    """RFC 3339 in UTC with nanoseconds."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


class Log:
    """Appends the operations of one client process; lines of several processes do not mix."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("a", buffering=1)

    def write(self, started: int, step: Step, address: str, result: str) -> None:
        """Notes one step that began at `started` (nanoseconds since 1970) and has its result now."""
        record = {
            "time": timestamp(started),
            "done": timestamp(time.time_ns()),
            "actor": step.actor,
            "protocol": step.protocol,
            "operation": step.operation,
            "tag": step.tag,
            "point": address,
            "value": step.value,
            "result": result,
            "attack": step.attack,
        }
        self.file.write(json.dumps(record) + "\n")
