"""Makes the capture of this directory: an encrypted OPC UA conversation that brings its keys along.

    python captures/secure/make.py     with the interpreter that tests/peers/install.sh prints; needs root; 10 s
"""

from __future__ import annotations

import gzip
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXCHANGE = HERE.parents[1] / "tests" / "peers" / "secure.py"
NAMESPACE = f"tgsecure{os.getpid() % 10_000}"
# Type of a block of secrets that holds an OPC UA key log.
KEY_LOG = 0x55414B4C


def record(folder: Path) -> None:
    """Runs the exchange in a namespace of its own and captures its loopback."""
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    try:
        subprocess.run(["ip", "-n", NAMESPACE, "link", "set", "lo", "up"], check=True)
        inside = ["ip", "netns", "exec", NAMESPACE]
        with subprocess.Popen(
            [*inside, "tcpdump", "-i", "lo", "-U", "-n", "-Z", "root", "-w", folder / "lo.pcap"]
        ) as tcpdump:
            time.sleep(1)
            said = subprocess.run(
                [*inside, sys.executable, EXCHANGE, "--brief", folder / "keys.txt"], check=True, capture_output=True
            )
            time.sleep(1)
            tcpdump.send_signal(signal.SIGINT)
    finally:
        subprocess.run(["ip", "netns", "delete", NAMESPACE], check=True)
    (folder / "said.json").write_bytes(said.stdout)


def block(kind: int, body: bytes) -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def secrets(lines: list[str]) -> bytes:
    """A block with keys."""
    text = "".join(lines).encode()
    return block(10, struct.pack("<II", KEY_LOG, len(text)) + text)


def pack(pcap: bytes, keys: str) -> bytes:
    """The frames as pcapng, the keys of each token in a block before its first message."""
    waiting: dict[int, list[str]] = {}
    for line in keys.splitlines(keepends=True):
        waiting.setdefault(int(line.split(":")[0].split("_")[3]), []).append(line)
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 262_144))
    at = 24
    while at < len(pcap):
        seconds, micros, size, length = struct.unpack_from("<IIII", pcap, at)
        frame = pcap[at + 16 : at + 16 + size]
        at += 16 + size
        message = frame.find(b"MSGF")
        if message >= 0:
            (token,) = struct.unpack_from("<I", frame, message + 12)
            if token in waiting:
                out += secrets(waiting.pop(token))
        when = seconds * 1_000_000 + micros
        out += block(6, struct.pack("<IIIII", 0, when >> 32, when & 0xFFFFFFFF, size, length) + frame)
    return out


def main() -> None:
    """Records, packs, and leaves the files in this directory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record(folder)
        keys = (folder / "keys.txt").read_text()
        packed = pack((folder / "lo.pcap").read_bytes(), keys)
        (HERE / "basic256sha256.pcapng.gz").write_bytes(gzip.compress(packed, mtime=0))
        (HERE / "keys.txt").write_text(keys)
        (HERE / "said.json").write_bytes((folder / "said.json").read_bytes())


if __name__ == "__main__":
    main()
