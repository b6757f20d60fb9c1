"""A live exchange of real stacks for the end-to-end test; the demo's hosts, servers and site, and a short story.

    live.py up [--tap-in-root]   makes the segment; prints where to listen as JSON
    live.py run                  runs the exchange (about 25 s); prints what was done and what should be raised
    live.py counters             prints the frames that the tapped interface has received and sent
    live.py down                 removes everything; harmless when there is nothing

Needs root and the stacks that `tests/peers/install.sh` installs; the interpreter that it prints runs this script.
Exit status 77 says that this machine cannot run it, with the reasons on standard error: the test is to be skipped.
Sites and rules are those of `captures/demo/site`. A second run side by side needs its own `--prefix`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "captures" / "demo"
sys.dont_write_bytecode = True
sys.path.insert(0, str(DEMO))

import requirements  # noqa: E402  (the demo's modules, found by the line above)
from exchange import play, servers  # noqa: E402
from ground_truth import attack_record  # noqa: E402
from network import Segment  # noqa: E402
from operations import timestamp  # noqa: E402
from story import LIVE  # noqa: E402

CANNOT_RUN_HERE = 77


def describe(segment: Segment) -> dict:
    """Where to listen, and with which site."""
    return {
        "interface": segment.tap_interface,
        "namespace": segment.tap_namespace,
        "site": str(DEMO / "site"),
        "counters": segment.tap_counters(),
    }


def run(segment: Segment) -> dict:
    """Runs the exchange on a segment that is up."""
    before = segment.tap_counters()
    with tempfile.TemporaryDirectory() as folder:
        record, log = Path(folder) / "operations.jsonl", Path(folder) / "stacks.log"
        try:
            with log.open("w") as output, servers(segment, output):
                beginning = play(segment, "live", record, output)
        except RuntimeError as error:
            sys.exit(f"{error}\n{log.read_text()}")
        operations = [json.loads(line) for line in sorted(record.read_text().splitlines())]
    return {
        "started": timestamp(int(beginning * 1_000_000_000)),
        "operations": operations,
        "attacks": [attack_record(attack, operations) for attack in LIVE.attacks],
        "counters_before": before,
        "counters_after": segment.tap_counters(),
    }


def main() -> None:
    """Carries out one command."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("command", choices=("up", "run", "counters", "down"))
    arguments.add_argument("--prefix", default="taplive", help="beginning of all names, at most 8 characters")
    arguments.add_argument("--tap-in-root", action="store_true", help="with up: the tapped interface stays outside")
    options = arguments.parse_args()
    if complaints := requirements.missing((*requirements.COMMANDS, "ss")):
        print("\n".join(complaints), file=sys.stderr)
        sys.exit(CANNOT_RUN_HERE)
    in_root = options.tap_in_root or Path(f"/sys/class/net/{options.prefix}-tap0").exists()
    segment = Segment(options.prefix, tap_in_root=in_root)
    if options.command == "down":
        segment.down()
        return
    if options.command == "up":
        segment.up()
        answer = describe(segment)
    elif not segment.is_up():
        sys.exit(f"segment {options.prefix} is not up: run `live.py up` first")
    else:
        answer = run(segment) if options.command == "run" else segment.tap_counters()
    print(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
