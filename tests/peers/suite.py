"""Independent stacks, two at a time, on a segment that is tapped.

    suite.py up                 makes the segment; prints where to listen as JSON
    suite.py run EXCHANGE       runs one exchange; prints what the client says that it did, as a JSON list
    suite.py down               removes everything; harmless when there is nothing
    suite.py list               prints the exchanges that can run here, and why others cannot

Needs root and what `tests/peers/install.sh` installs. Exit status 77 says that this machine cannot run it, with the
reasons on standard error. A second run side by side needs its own `--prefix`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).resolve().parent
STACKS = PEERS / "stacks"
DEMO = PEERS.parents[1] / "captures" / "demo"
sys.dont_write_bytecode = True
sys.path.insert(0, str(DEMO))

import requirements  # noqa: E402  (the demo's modules, found by the line above)
from network import ADDRESS, Segment  # noqa: E402

CANNOT_RUN_HERE = 77
SERVER, CLIENT = "plc1", "hmi1"
READY_WITHIN = 60.0  # seconds; OPC UA servers build their address space first
OVER_WITHIN = 120.0  # seconds
HERE, THERE = ADDRESS[SERVER], ADDRESS[CLIENT]


@dataclass(frozen=True)
class Exchange:
    """A server and a client: their command lines, and where the server listens."""

    server: tuple[str, ...]
    client: tuple[str, ...]
    port: int
    udp: bool = False


def modbus(framing: str, port: int) -> Exchange:
    """pymodbus at both ends."""
    where = (framing, HERE, str(port))
    return Exchange(("modbus_server.py", *where), ("modbus_client.py", *where), port, framing == "udp")


def dnp3(transport: str) -> Exchange:
    """yadnp3 at both ends."""
    server = ("dnp3_outstation.py", transport, HERE, "20000", THERE)
    return Exchange(server, ("dnp3_master.py", transport, THERE, "20000", HERE), 20_000, transport == "udp")


PYMODBUS = ("modbus_server.py", "tcp", HERE, "502")
LIBMODBUS = ("libmodbus_server", HERE, "502")
ASYNCUA = ("opcua_server.py", HERE, "4840")
NODE_OPCUA = ("node_opcua_server.mjs", HERE, "4840")
EXCHANGES = {
    "modbus_tcp": modbus("tcp", 502),
    "modbus_udp": modbus("udp", 502),
    "modbus_rtu": modbus("rtu", 5020),
    "modbus_ascii": modbus("ascii", 5021),
    "modbus_libmodbus_pymodbus": Exchange(PYMODBUS, ("libmodbus_client", HERE, "502"), 502),
    "modbus_pymodbus_libmodbus": Exchange(LIBMODBUS, ("modbus_client.py", "tcp", HERE, "502"), 502),
    "modbus_serial_libmodbus": Exchange(LIBMODBUS, ("node_modbus.mjs", "modbus-serial", HERE, "502"), 502),
    "modbus_pipeline": Exchange(LIBMODBUS, ("node_modbus.mjs", "jsmodbus", HERE, "502"), 502),
    "dnp3_tcp": dnp3("tcp"),
    "dnp3_udp": dnp3("udp"),
    "opcua_asyncua": Exchange(ASYNCUA, ("opcua_client.py", HERE, "4840"), 4_840),
    "opcua_node_asyncua": Exchange(ASYNCUA, ("node_opcua_client.mjs", HERE, "4840", "/boiler/", "None", "2"), 4_840),
    "opcua_node": Exchange(NODE_OPCUA, ("node_opcua_client.mjs", HERE, "4840", "/UA/plant", "None", "1"), 4_840),
    "opcua_sign": Exchange(NODE_OPCUA, ("node_opcua_client.mjs", HERE, "4840", "/UA/plant", "Sign", "1"), 4_840),
}


def installed() -> Path:
    """Where `install.sh` puts programs and packages for Node.js."""
    return Path(os.environ.get("PEERS_OTHERS", PEERS.parents[1] / "target" / "peers"))


def command(line: tuple[str, ...]) -> list[str]:
    """The command that runs a stack."""
    program, *arguments = line
    if program.endswith(".py"):
        return [sys.executable, "-B", str(STACKS / program), *arguments]
    if program.endswith(".mjs"):
        # Node.js of the version that the stacks need; that of the system may be older.
        ours = sorted(installed().glob("node_modules/node-linux-*/bin/node"))
        return [str(ours[0]) if ours else "node", str(STACKS / program), *arguments]
    return [str(installed() / program), *arguments]


def missing(exchange: Exchange) -> str | None:
    """Why an exchange cannot run here."""
    for program, *_ in (exchange.server, exchange.client):
        if program.endswith(".mjs") and not (installed() / "node_modules").is_dir():
            return f"no packages for Node.js in {installed()}"
        if "." not in program and not (installed() / program).exists():
            return f"no {program} in {installed()}"
    return None


def end(process: subprocess.Popen) -> None:
    """Ends one process that we started."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(segment: Segment, exchange: Exchange, server: subprocess.Popen) -> None:
    """Waits until the server listens, without sending it anything."""
    deadline = time.monotonic() + READY_WITHIN
    # A datagram socket that has its other end does not listen.
    which = "-Huna" if exchange.udp else "-Hltn"
    look = segment.inside(segment.namespace(SERVER), "ss", which, f"sport = :{exchange.port}")
    while not subprocess.run(look, capture_output=True, check=True).stdout.strip():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"nothing listens on port {exchange.port}")
        time.sleep(0.1)


def run(segment: Segment, exchange: Exchange) -> list[dict]:
    """Runs server and client; gives what both say, in order."""
    with tempfile.TemporaryDirectory() as folder:
        said, log = Path(folder) / "said.jsonl", Path(folder) / "log"
        said.touch()
        environment = os.environ | {"SAID": str(said), "PEERS_NODE": str(installed())}

        def start(host: str, line: tuple[str, ...]) -> subprocess.Popen:
            inside = segment.inside(segment.namespace(host), *command(line))
            return subprocess.Popen(inside, stdout=output, stderr=output, env=environment)

        with log.open("w") as output:
            server = start(SERVER, exchange.server)
            try:
                wait_for(segment, exchange, server)
                client = start(CLIENT, exchange.client)
                try:
                    if client.wait(OVER_WITHIN) != 0:
                        raise RuntimeError(f"the client ended with {client.returncode}")
                finally:
                    end(client)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                sys.exit(f"{error}\n{log.read_text()[-4000:]}")
            finally:
                end(server)
        return [json.loads(line) for line in said.read_text().splitlines()]


def main() -> None:
    """Carries out one command."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("command", choices=("up", "run", "down", "list"))
    arguments.add_argument("exchange", nargs="?", choices=EXCHANGES)
    arguments.add_argument("--prefix", default="peers", help="beginning of all names, at most 8 characters")
    options = arguments.parse_args()
    if complaints := requirements.missing((*requirements.COMMANDS, "ss")):
        print("\n".join(complaints), file=sys.stderr)
        sys.exit(CANNOT_RUN_HERE)
    segment = Segment(options.prefix)
    if options.command == "list":
        print(json.dumps({name: missing(exchange) for name, exchange in EXCHANGES.items()}, indent=1))
    elif options.command == "down":
        segment.down()
    elif options.command == "up":
        segment.up()
        print(json.dumps({"interface": segment.tap_interface, "namespace": segment.tap_namespace}))
    elif options.exchange is None:
        arguments.error("run needs an exchange")
    else:
        if why := missing(EXCHANGES[options.exchange]):
            print(why, file=sys.stderr)
            sys.exit(CANNOT_RUN_HERE)
        print(json.dumps(run(segment, EXCHANGES[options.exchange])))


if __name__ == "__main__":
    main()
