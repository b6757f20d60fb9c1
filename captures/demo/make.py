"""Makes the demo capture anew: python3 captures/demo/make.py [--keep-log FILE]

Runs the story with real stacks in network namespaces (needs root), captures at the mirror port, and writes
`waterworks.pcap.gz`, `operations.jsonl`, `truth.json` and `ORIGIN.toml`. Takes about three and a half minutes.
Installs nothing; says what is missing.
"""

from __future__ import annotations

import argparse
import gzip
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requirements
from exchange import HERE, end, play, servers
from network import Segment

CAPTURE = HERE / "waterworks.pcap.gz"
OPERATIONS = HERE / "operations.jsonl"


def capture(segment: Segment, file: Path, log: Path) -> subprocess.Popen:
    """Starts tcpdump at the mirror port and waits until it listens."""
    with log.open("w") as output:
        process = subprocess.Popen(
            segment.inside(
                segment.tap_namespace,
                *("tcpdump", "-i", segment.tap_interface, "-s", "0", "-B", "8192", "-Z", "root"),
                *("--time-stamp-precision", "nano", "-w", str(file)),
            ),
            stderr=output,
        )
    for _ in range(100):
        if "listening on" in log.read_text():
            return process
        time.sleep(0.1)
    end(process)
    raise RuntimeError(f"tcpdump does not start: {log.read_text()}")


def finish(process: subprocess.Popen, log: Path) -> None:
    """Ends tcpdump as Ctrl-C would, so that it writes everything, and insists that nothing was dropped."""
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    process.wait(10)
    if "\n0 packets dropped by kernel" not in log.read_text():
        raise RuntimeError(f"the capture is not complete: {log.read_text()}")


def main() -> None:
    """Makes everything that is committed beside this file."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--keep-log", type=Path, help="where the output of the stacks goes")
    options = arguments.parse_args()
    requirements.insist((*requirements.COMMANDS, "ss", "tshark"))
    import ground_truth
    import verify

    segment = Segment("tapdemo")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        log = options.keep_log or scratch / "stacks.log"
        raw, record, tcpdump_log = scratch / "raw.pcap", scratch / "operations.jsonl", scratch / "tcpdump.log"
        try:
            segment.up()
            with log.open("w") as output, servers(segment, output):
                tcpdump = capture(segment, raw, tcpdump_log)
                try:
                    beginning = play(segment, "demo", record, output)
                    finish(tcpdump, tcpdump_log)
                finally:
                    if tcpdump.poll() is None:
                        end(tcpdump)
        except RuntimeError as error:
            sys.exit(f"{error}\n{log.read_text() if log.exists() else ''}")
        finally:
            segment.down()
        OPERATIONS.write_text("".join(sorted(record.read_text().splitlines(keepends=True))))
        CAPTURE.write_bytes(gzip.compress(raw.read_bytes(), 9, mtime=0))
    ground_truth.write(CAPTURE, OPERATIONS, beginning)
    verify.main()


if __name__ == "__main__":
    main()
