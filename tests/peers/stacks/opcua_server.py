"""An asyncua server with variables and methods. Arguments: address, port."""

from __future__ import annotations

import asyncio
import logging
import sys

from asyncua import Server, ua, uamethod

URI = "urn:example:boiler"
VARIABLES = (
    ("Temperature", 180.0, ua.VariantType.Double),
    ("Pressure", 8.25, ua.VariantType.Float),
    ("Setpoint", 185.0, ua.VariantType.Double),
    ("Valve", False, ua.VariantType.Boolean),
    ("Mode", 2, ua.VariantType.Int32),
    ("Count", 7, ua.VariantType.UInt16),
    ("Recipe", "A", ua.VariantType.String),
    ("Profile", [float(place) for place in range(16)], ua.VariantType.Double),
    ("Big", [float(place) for place in range(30_000)], ua.VariantType.Double),
    ("Firmware", bytes(1000), ua.VariantType.ByteString),
)


@uamethod
def reset(parent: object, number: int, reason: str) -> tuple[int, str]:
    """Gives back what it was called with."""
    return number + 1, f"reset:{reason}"


@uamethod
def trip(parent: object) -> bool:
    """Takes nothing."""
    return True


async def main() -> None:
    """Serves until the process is ended; two variables move."""
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://{sys.argv[1]}:{sys.argv[2]}/boiler/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    namespace = await server.register_namespace(URI)
    boiler = await server.nodes.objects.add_object(ua.NodeId("Boiler1", namespace), "Boiler1")
    nodes = {}
    for name, value, kind in VARIABLES:
        nodes[name] = await boiler.add_variable(ua.NodeId(f"Boiler1.{name}", namespace), name, value, kind)
        await nodes[name].set_writable()
    words = [ua.VariantType.Int32, ua.VariantType.String]
    await boiler.add_method(ua.NodeId("Boiler1.Reset", namespace), "Reset", reset, words, words)
    truth = [ua.VariantType.Boolean]
    await boiler.add_method(ua.NodeId("Boiler1.Trip", namespace), "Trip", trip, [], truth)
    async with server:
        number = 0
        while True:
            await asyncio.sleep(0.25)
            number += 1
            await nodes["Temperature"].write_value(180.0 + number % 9)
            await nodes["Pressure"].write_value(ua.Variant(8.25 + number % 4, ua.VariantType.Float))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main())
