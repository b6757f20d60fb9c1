"""The points of the plant, read from the site files beside this one, so that stacks and site can never disagree."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path

SITE = Path(__file__).parent / "site"


@dataclass(frozen=True)
class Point:
    """One tag of the site: the device and the address that it stands for, and how its raw value is scaled."""

    tag: str
    device: str
    address: str
    type: str
    gain: float

    @property
    def table(self) -> str:
        """Modbus table or DNP3 point type: `holding`, `coil`, `ai`, `dbi`, ..."""
        return self.address.partition(":")[0]

    @property
    def index(self) -> int:
        """Modbus address on the wire, or DNP3 index."""
        return int(self.address.partition(":")[2])

    @property
    def node(self) -> tuple[str, str]:
        """OPC UA namespace URI and string identifier."""
        namespace, _, identifier = self.address.partition(";s=")
        return namespace.removeprefix("nsu="), identifier


def load() -> dict[str, Point]:
    """All points of the site by tag name."""
    plant = tomllib.loads((SITE / "plant.toml").read_text())
    tags: dict[str, dict] = dict(plant["tag"])
    with (SITE / plant["site"]["tags_csv"]).open(newline="") as file:
        tags.update({row["tag"]: row for row in csv.DictReader(file)})
    points = {}
    for name, fields in tags.items():
        device, _, address = fields["at"].partition("/")
        gain = (fields.get("scale") or {}).get("gain", 1.0)
        points[name] = Point(name, device, address, fields.get("type") or "", gain)
    return points


POINTS = load()
