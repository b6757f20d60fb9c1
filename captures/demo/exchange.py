"""Runs a story on a segment: starts the servers in their namespaces, then the actors, and waits until all is over."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from network import Segment
from story import STORIES

HERE = Path(__file__).parent
SERVERS = {"plc1": 502, "rtu4": 20000, "srv2": 4840}
SERVERS_READY_WITHIN = 60.0  # seconds; asyncua builds its address space first
ACTORS_LOAD_IN = 6.0  # seconds that the actors have for loading their stacks before the story starts


def end(process: subprocess.Popen) -> None:
    """Ends one process that we started."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start(segment: Segment, host: str, output: IO, *arguments: str) -> subprocess.Popen:
    """Starts one of the scripts beside this file on a host of the segment."""
    command = segment.inside(segment.namespace(host), sys.executable, "-B", *arguments)
    return subprocess.Popen(command, cwd=HERE, stdout=output, stderr=output)


def wait_for_port(segment: Segment, host: str, port: int, server: subprocess.Popen) -> None:
    """Waits until a server listens, without sending it anything."""
    deadline = time.monotonic() + SERVERS_READY_WITHIN
    command = segment.inside(segment.namespace(host), "ss", "-Hltn", f"sport = :{port}")
    while not subprocess.run(command, capture_output=True, check=True).stdout.strip():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{host} does not listen on port {port}")
        time.sleep(0.1)


@contextmanager
def servers(segment: Segment, output: IO) -> Iterator[None]:
    """The three servers, running and listening."""
    running: list[subprocess.Popen] = []
    try:
        for host in SERVERS:
            running.append(start(segment, host, output, f"{host}.py"))
        for (host, port), server in zip(SERVERS.items(), running, strict=True):
            wait_for_port(segment, host, port, server)
        yield
    finally:
        for server in running:
            end(server)


def play(segment: Segment, story_name: str, record: Path, output: IO) -> float:
    """Lets the actors of a story act, and returns when it started (seconds since 1970). Fails when an actor fails."""
    story = STORIES[story_name]
    actors = sorted({session.actor for session in story.sessions})
    beginning = time.time() + ACTORS_LOAD_IN
    running = {
        actor: start(segment, actor, output, "actor.py", actor, story_name, str(beginning), str(record.resolve()))
        for actor in actors
    }
    try:
        for actor, process in running.items():
            status = process.wait(ACTORS_LOAD_IN + story.length + 30.0)
            if status != 0:
                raise RuntimeError(f"{actor} ended with status {status}")
    finally:
        for process in running.values():
            if process.poll() is None:
                end(process)
    return beginning
