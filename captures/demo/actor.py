"""One host of the plant that acts: keeps the sessions of an actor and carries out its steps of a story.

Arguments: actor, story, start of the story in seconds since 1970, path of the operations record.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from pathlib import Path
from typing import Protocol

from operations import Log
from story import STORIES, Session, Step


class Client(Protocol):
    """What the clients of the three protocols have in common."""

    async def open(self) -> None:
        """Connects."""

    async def close(self) -> None:
        """Disconnects."""

    async def poll(self) -> None:
        """Reads all the time, until cancelled."""

    async def perform(self, step: Step) -> tuple[str, str]:
        """Carries out one step; returns the address that it concerned and the answer."""


def client_for(actor: str, protocol: str) -> Client:
    """A client of the protocol; its stack is loaded only where it is used."""
    if protocol == "modbus":
        import modbus_client

        return modbus_client.Client()
    if protocol == "dnp3":
        import dnp3_client

        return dnp3_client.Client()
    import opcua_client

    return opcua_client.Client(actor)


async def until(start: float, at: float) -> None:
    """Waits until `at` seconds after the start of the story."""
    await asyncio.sleep(max(0.0, start + at - time.time()))


async def keep(session: Session, steps: list[Step], start: float, log: Log) -> None:
    """Opens a session in time, carries out its steps, and closes it."""
    client = client_for(session.actor, session.protocol)
    await until(start, session.opens)
    await client.open()
    polling = asyncio.create_task(client.poll()) if session.poll else None
    for step in steps:
        await until(start, step.at)
        started = time.time_ns()
        address, result = await client.perform(step)
        log.write(started, step, address, result)
    await until(start, session.closes)
    if polling:
        if polling.done():
            polling.result()  # a poll that ended did so by failing
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    await client.close()


async def main(actor: str, story_name: str, start: float, record: Path) -> None:
    """Keeps all sessions of the actor side by side."""
    story = STORIES[story_name]
    log = Log(record)
    async with asyncio.TaskGroup() as group:
        for session in story.sessions:
            if session.actor == actor:
                steps = [
                    step
                    for step in story.steps
                    if step.actor == actor
                    and step.protocol == session.protocol
                    and session.opens <= step.at <= session.closes
                ]
                group.create_task(keep(session, steps, start, log))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), Path(sys.argv[4])))
