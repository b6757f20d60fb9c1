"""An asyncua client of SRV-2 without message security: subscribes to all variables, and writes."""

from __future__ import annotations

import asyncio

from asyncua import Client as Connection
from asyncua import ua

from network import ADDRESS
from points import POINTS
from story import Step

PUBLISH_MS = 1000
BOOLEAN = {tag for tag in POINTS if tag.endswith((".CMD", ".RUN"))}


class Client:
    """One session of an actor with SRV-2."""

    def __init__(self, actor: str) -> None:
        self.connection = Connection(f"opc.tcp://{ADDRESS['srv2']}:4840/skid2", timeout=5, watchdog_intervall=10)
        self.connection.application_uri = f"urn:waterworks:{actor}:client"
        self.connection.name = self.connection.description = f"{actor} client"
        self.namespace = 0

    def datachange_notification(self, node: object, value: object, data: object) -> None:
        """Called with each value that the server publishes; the demo only wants it on the wire."""

    async def open(self) -> None:
        """Opens channel and session."""
        await self.connection.connect()
        uri, _ = POINTS["AIT202"].node
        self.namespace = await self.connection.get_namespace_index(uri)

    async def close(self) -> None:
        """Closes session and channel."""
        await self.connection.disconnect()

    def _node(self, tag: str) -> ua.NodeId:
        return ua.NodeId(POINTS[tag].node[1], self.namespace)

    async def poll(self) -> None:
        """Reads every variable once, then has changes published, until cancelled."""
        nodes = [self.connection.get_node(self._node(tag)) for tag, point in POINTS.items() if point.device == "srv2"]
        await self.connection.read_values(nodes)
        subscription = await self.connection.create_subscription(PUBLISH_MS, self)
        await subscription.subscribe_data_change(nodes)
        await asyncio.Event().wait()

    async def perform(self, step: Step) -> tuple[str, str]:
        """Writes one variable; returns its address and what SRV-2 answered."""
        kind = ua.VariantType.Boolean if step.tag in BOOLEAN else ua.VariantType.Double
        node = self.connection.get_node(self._node(step.tag))
        try:
            await node.write_value(ua.DataValue(ua.Variant(step.value, kind)))
        except ua.UaStatusCodeError as error:
            return POINTS[step.tag].address, type(error).__name__
        return POINTS[step.tag].address, "accepted"
