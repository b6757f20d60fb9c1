"""An asyncua client: reads, writes, calls, subscriptions, and messages of many chunks. Arguments: address, port."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable
from typing import Any

from asyncua import Client, ua

from opcua_server import URI
from said import now, say


class Changes:
    """Counts what is published."""

    def __init__(self) -> None:
        self.number = 0

    def datachange_notification(self, node: object, value: object, data: object) -> None:
        """Called with each value."""
        self.number += 1


async def perform(operation: str, act: Awaitable[Any], **members: Any) -> Any:
    """Does something and says what it was and what came back."""
    start, answer = now(), None
    try:
        answer = await act
        told = str(answer)[:300]
    except ua.UaError as error:
        told = f"{type(error).__name__}: {error}"[:200]
    say("opcua", operation, start, side="client", **members, result=told)
    return answer


async def main() -> None:
    """One session."""
    client = Client(f"opc.tcp://{sys.argv[1]}:{sys.argv[2]}/boiler/", timeout=20)
    await perform("find servers", client.connect_and_find_servers())
    await perform("get endpoints", client.connect_and_get_server_endpoints())
    async with client:
        namespace = await client.get_namespace_index(URI)

        def name(of: str) -> str:
            return f"ns={namespace};s=Boiler1.{of}"

        def node(of: str) -> Any:
            return client.get_node(ua.NodeId(f"Boiler1.{of}", namespace))

        async def write(of: str, value: Any, kind: Any = None, **members: Any) -> None:
            members = members or {"value": value}
            written = ua.Variant(value, kind) if kind else value
            await perform(f"write {of}", node(of).write_value(written), service="Write", node=name(of), **members)

        boiler = client.get_node(ua.NodeId("Boiler1", namespace))
        await perform("browse", client.nodes.objects.get_children(), service="Browse")
        await perform("browse boiler", boiler.get_children(), service="Browse")
        for of in ("Temperature", "Pressure", "Setpoint", "Valve", "Mode", "Count", "Recipe", "Profile"):
            await perform(f"read {of}", node(of).read_value(), service="Read", node=name(of))
        several = ["Temperature", "Pressure", "Mode"]
        await perform("read three", client.read_values([node(of) for of in several]), service="Read", nodes=several)
        await perform("read nothing", node("Nope").read_value(), service="Read", node=name("Nope"))
        for value in (186.0, 187.5, -40.25):
            await write("Setpoint", value)
        await write("Valve", True)
        await write("Mode", 0, ua.VariantType.Int32)
        await write("Count", 65_535, ua.VariantType.UInt16)
        await write("Recipe", "pickled \N{SNOWMAN}")
        await write("Profile", [1.5 * place for place in range(16)])
        await write("Valve", "yes")
        await write("Nope", 1.0)
        two = [node("Setpoint"), node("Valve")]
        await perform(
            "write two", client.write_values(two, [190.0, False]),
            service="Write", nodes=["Setpoint", "Valve"], values=[190.0, False],
        )  # fmt: skip
        changes = Changes()
        made = client.create_subscription(100, changes)
        subscription = await perform("subscribe", made, service="CreateSubscription")
        watched = [node("Temperature"), node("Pressure"), node("Setpoint")]
        await perform("monitor", subscription.subscribe_data_change(watched), service="CreateMonitoredItems")
        await asyncio.sleep(1.5)
        await write("Setpoint", 181.0)
        await asyncio.sleep(0.6)
        await perform("unsubscribe", subscription.delete(), service="DeleteSubscriptions")
        say("opcua", "notifications", side="client", data_changes=changes.number)
        arguments = (ua.Variant(7, ua.VariantType.Int32), ua.Variant("operator", ua.VariantType.String))
        method = ua.NodeId("Boiler1.Reset", namespace)
        await perform(
            "call", boiler.call_method(method, *arguments), service="Call", method="Reset", args=[7, "operator"]
        )
        trip = ua.NodeId("Boiler1.Trip", namespace)
        await perform("call trip", boiler.call_method(trip), service="Call", method="Trip", args=[])
        await perform("read much", node("Big").read_value(), service="Read", node=name("Big"))
        await write("Big", [2.0 * place for place in range(30_000)], value_len=30_000)
        await write("Firmware", bytes(range(256)) * 600, ua.VariantType.ByteString, value_len=153_600)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main())
