"""Says what is missing for making captures: commands, Python packages of the pinned versions, permission."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from pathlib import Path

COMMANDS = ("ip", "ethtool", "sysctl", "tcpdump")
PINS = Path(__file__).parent / "requirements.txt"


def pinned() -> dict[str, str]:
    """Package and version of each pinned stack."""
    lines = (line.strip() for line in PINS.read_text().splitlines())
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def missing(commands: tuple[str, ...] = COMMANDS) -> list[str]:
    """What has to be put right before anything can run, one sentence each."""
    complaints = [f"command not found: {command}" for command in commands if not shutil.which(command)]
    for package, version in pinned().items():
        try:
            installed = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            installed = "nothing"
        if installed != version:
            complaints.append(f"Python package {package} {version} needed, {installed} installed")
    if os.geteuid() != 0:
        complaints.append("network namespaces need root")
    return complaints


def insist(commands: tuple[str, ...] = COMMANDS) -> None:
    """Ends the program with a list when something is missing."""
    complaints = missing(commands)
    if complaints:
        hint = "tests/peers/install.sh installs the commands and a Python environment, and prints its interpreter."
        sys.exit("\n".join([*complaints, hint]))
