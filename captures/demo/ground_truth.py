"""Writes what is known about the capture: `truth.json` (each attack, for tests) and `ORIGIN.toml` (for people)."""

from __future__ import annotations

import gzip
import hashlib
import json
import platform
import subprocess
from pathlib import Path

from network import HOSTS
from operations import timestamp
from requirements import pinned
from story import DEMO, Attack
from wire import request_frames

HERE = Path(__file__).parent
TRUTH = HERE / "truth.json"
ORIGIN = HERE / "ORIGIN.toml"


def attack_record(attack: Attack, operations: list[dict]) -> dict:
    """One attack with the times at which its operations really began and were done."""
    own = [operation for operation in operations if operation["attack"] == attack.name]
    return {
        "name": attack.name,
        "summary": attack.summary,
        "onset": own[0]["time"],
        "end": own[-1]["done"],
        "actor": attack.actor,
        "device": attack.device,
        "tags": list(attack.tags),
        "expected": [{"tag": tag, "kind": kind} for tag, kind in attack.expected],
        "consequences": [{"about": about, "kind": kind} for about, kind in attack.consequences],
    }


def write(capture: Path, operations_file: Path, beginning: float) -> None:
    """Writes both files for a capture that has just been made."""
    operations = [json.loads(line) for line in operations_file.read_text().splitlines()]
    start = timestamp(int(beginning * 1_000_000_000))
    attacks = [attack_record(attack, operations) for attack in DEMO.attacks]
    for attack in attacks:
        own = [operation for operation in operations if operation["attack"] == attack["name"]]
        attack["frames"] = sorted(number for operation in own for number in request_frames(capture, operation))
    truth = {
        "capture": capture.name,
        "start": start,
        "duration_s": DEMO.length,
        "benign_until": attacks[0]["onset"],
        "unlisted_hosts": {host.name: host.address for host in HOSTS if host.name == "rogue"},
        "attacks": attacks,
    }
    TRUTH.write_text(json.dumps(truth, indent=1) + "\n")
    ORIGIN.write_text(origin(capture, start, attacks))


def origin(capture: Path, start: str, attacks: list[dict]) -> str:
    """The text of ORIGIN.toml."""
    content = capture.read_bytes()
    raw = gzip.decompress(content)
    tcpdump = subprocess.run(["tcpdump", "--version"], capture_output=True, text=True, check=True).stdout
    stacks = {**pinned(), "python": platform.python_version(), "tcpdump": tcpdump.split()[2]}
    lines = [
        "# Where the demo capture comes from. Written by make.py.",
        "",
        f"file = {json.dumps(capture.name)}",
        'source = "made for this project by make.py in this directory; nobody\'s plant"',
        'licence = "MIT OR Apache-2.0"',
        f'sha256 = "{hashlib.sha256(content).hexdigest()}"',
        f'sha256_uncompressed = "{hashlib.sha256(raw).hexdigest()}"',
        f"bytes = {len(content)}",
        f"bytes_uncompressed = {len(raw)}",
        f'started = "{start}"',
        f"duration_s = {DEMO.length}",
        'how = """Independent protocol stacks in Linux network namespaces on one bridge, captured at a mirror port'
        " with offloads off. The servers run a small simulation of the process. No packet was made or changed by"
        ' Tapglass or by hand."""',
        "",
        "[stacks]",
        *(f"{json.dumps(name)} = {json.dumps(version)}" for name, version in stacks.items()),
        "",
        "[hosts]",
        *(f'{host.name} = {{ ip = "{host.address}", mac = "{host.mac}" }}' for host in HOSTS),
    ]
    for attack in attacks:
        lines += [
            "",
            "[[attack]]",
            *(f"{key} = {json.dumps(attack[key])}" for key in ("name", "onset", "actor", "device", "tags", "summary")),
            f"expected = {json.dumps([each['tag'] + '/' + each['kind'] for each in attack['expected']])}",
        ]
    return "\n".join(lines) + "\n"
