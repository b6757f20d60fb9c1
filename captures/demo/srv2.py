"""SRV-2: an asyncua server (no message security) whose variables are the boiler and the pH dosing. Arguments: none."""

from __future__ import annotations

import asyncio
import logging

from asyncua import Server, ua
from asyncua.common.node import Node

from network import ADDRESS
from plant import Skid
from points import POINTS

TICK = 0.5  # seconds between steps of the process
COMMANDS = {"AIC202.SP": "acidity_setpoint", "P202.CMD": "dosing_on", "FAN1.CMD": "fan_on", "BURNER1.CMD": "burner_on"}


def measurements(skid: Skid) -> dict[str, float | bool]:
    """The figures of the skid by tag."""
    return {
        "AIT202": round(skid.noisy(skid.acidity, 0.012), 3),
        "FIT202": round(skid.noisy(skid.make_up_flow, 0.15), 2),
        "P202.RUN": skid.dosing_on,
        "FAN1.RUN": skid.fan_running,
        "BURNER1.RUN": skid.burner_running,
        "TIT301": round(skid.noisy(skid.temperature, 0.04), 2),
        "TT302": round(skid.noisy(skid.flue_gas, 0.25), 1),
        "CO302": round(max(0.0, skid.noisy(skid.carbon_monoxide, 0.8)), 1),
    }


async def add_variables(server: Server, skid: Skid) -> dict[str, Node]:
    """Makes one variable for each tag of the server; commands are writable."""
    uri, _ = POINTS["AIT202"].node
    namespace = await server.register_namespace(uri)
    folder = await server.nodes.objects.add_object(ua.NodeId("Skid2", namespace), "Skid2")
    start = {tag: getattr(skid, attribute) for tag, attribute in COMMANDS.items()} | measurements(skid)
    variables = {}
    for tag, value in start.items():
        kind = ua.VariantType.Boolean if isinstance(value, bool) else ua.VariantType.Double
        identifier = POINTS[tag].node[1]
        node = await folder.add_variable(ua.NodeId(identifier, namespace), identifier, value, kind)
        if tag in COMMANDS:
            await node.set_writable()
        variables[tag] = node
    return variables


async def main() -> None:
    """Serves the skid until the process is ended."""
    skid = Skid(seed=202)
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://{ADDRESS['srv2']}:4840/skid2")
    server.set_server_name("Skid 2")
    await server.set_application_uri("urn:waterworks:srv2")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    variables = await add_variables(server, skid)
    async with server:
        while True:
            await asyncio.sleep(TICK)
            for tag, attribute in COMMANDS.items():
                setattr(skid, attribute, await variables[tag].read_value())
            skid.advance(TICK)
            for tag, value in measurements(skid).items():
                await variables[tag].write_value(value)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main())
