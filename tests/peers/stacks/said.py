"""What a client says that it did: one JSON line for each operation, with the time just before and just after it.

The file is named by the environment variable SAID; `tests/said/` in Rust reads it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

now: Callable[[], int] = time.time_ns


def say(protocol: str, operation: str, start: int | None = None, **members: Any) -> None:
    """Adds a line."""
    end = now()
    line = {"t_start_ns": start or end, "t_end_ns": end, "proto": protocol, "op": operation} | members
    with open(os.environ["SAID"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
