"""A plant network segment in network namespaces: hosts on one switch, and a mirror port that sees every frame.

The switch is a bridge that forgets addresses at once (`ageing_time 0`), so it floods, and the port of the tap
receives each frame exactly once. Offloads are off: checksums are real and no segment is larger than the MTU.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Host:
    """One host of the segment: its name, its address and the MAC address of its network card."""

    name: str
    address: str
    mac: str


HOSTS = (
    Host("plc1", "10.20.1.10", "02:00:0a:14:01:0a"),
    Host("rtu4", "10.20.1.14", "02:00:0a:14:01:0e"),
    Host("hmi1", "10.20.1.20", "02:00:0a:14:01:14"),
    Host("eng1", "10.20.1.21", "02:00:0a:14:01:15"),
    Host("srv2", "10.20.1.30", "02:00:0a:14:01:1e"),
    Host("rogue", "10.20.1.66", "02:00:0a:14:01:42"),
)
ADDRESS = {host.name: host.address for host in HOSTS}
NAMESPACE_SETTINGS = (
    "net.ipv6.conf.all.disable_ipv6=1",
    "net.ipv6.conf.default.disable_ipv6=1",
    "net.ipv4.tcp_early_retrans=0",
)
OFFLOADS = ("tx", "tso", "gso", "gro")


def ip(*arguments: str) -> str:
    """Runs `ip` and returns what it printed."""
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


class Segment:
    """The segment of the demo plant, all names beginning with `prefix` so that two can stand side by side."""

    def __init__(self, prefix: str, tap_in_root: bool = False) -> None:
        self.prefix = prefix
        self.switch = f"{prefix}-switch"
        self.tap_namespace = None if tap_in_root else f"{prefix}-tap"
        self.tap_interface = f"{prefix}-tap0"

    def namespace(self, host: str) -> str:
        """Name of the namespace of a host."""
        return f"{self.prefix}-{host}"

    def inside(self, namespace: str | None, *command: str) -> list[str]:
        """The command line that runs `command` in a namespace; None is the namespace of the caller."""
        return list(command) if namespace is None else ["ip", "netns", "exec", namespace, *command]

    def run_inside(self, namespace: str | None, *command: str) -> None:
        """Runs a command in a namespace and fails when it fails."""
        subprocess.run(self.inside(namespace, *command), check=True, stdout=subprocess.DEVNULL)

    def up(self) -> None:
        """Makes the namespaces, the switch and the mirror port."""
        self.down()
        self._namespace(self.switch)
        ip("-n", self.switch, "link", "add", "br0", "type", "bridge", "ageing_time", "0", "mcast_snooping", "0")
        ip("-n", self.switch, "link", "set", "br0", "up")
        for host in HOSTS:
            namespace = self.namespace(host.name)
            self._namespace(namespace)
            self._plug(namespace, "eth0", f"p-{host.name}", host.mac)
            ip("-n", namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
            ip("-n", namespace, "link", "set", "eth0", "up")
        if self.tap_namespace:
            self._namespace(self.tap_namespace)
        self._plug(self.tap_namespace, self.tap_interface, "p-tap", None)
        # Without an address and without IPv6 the kernel itself has nothing to send here.
        self.run_inside(self.tap_namespace, "sysctl", "-qw", f"net.ipv6.conf.{self.tap_interface}.disable_ipv6=1")
        ip(*self._in(self.tap_namespace), "link", "set", self.tap_interface, "arp", "off")
        ip(*self._in(self.tap_namespace), "link", "set", self.tap_interface, "promisc", "on", "up")

    def down(self) -> None:
        """Removes everything that `up` made; nothing happens when it is not there."""
        there = {line.split()[0] for line in ip("netns", "list").splitlines() if line}
        hosts = [self.namespace(host.name) for host in HOSTS]
        for namespace in [self.switch, self.tap_namespace, *hosts]:
            if namespace in there:
                if namespace in hosts:
                    self._end_processes(namespace)
                ip("netns", "delete", namespace)
        # A pair dies with its namespace, but a moment later; the end in the root namespace must not linger.
        if self.tap_namespace is None:
            subprocess.run(["ip", "link", "delete", self.tap_interface], capture_output=True, check=False)

    def is_up(self) -> bool:
        """Whether the switch of this segment exists."""
        return any(line.split()[0] == self.switch for line in ip("netns", "list").splitlines() if line)

    def tap_counters(self) -> dict[str, int]:
        """Frames received and sent by the tapped interface, as the kernel counts them."""
        [link] = json.loads(ip(*self._in(self.tap_namespace), "-s", "-j", "link", "show", "dev", self.tap_interface))
        return {"rx_packets": link["stats64"]["rx"]["packets"], "tx_packets": link["stats64"]["tx"]["packets"]}

    @staticmethod
    def _end_processes(namespace: str) -> None:
        """Ends the stacks that an interrupted run left behind on a host of ours."""
        for process in ip("netns", "pids", namespace).split():
            os.kill(int(process), signal.SIGTERM)

    def _in(self, namespace: str | None) -> list[str]:
        return [] if namespace is None else ["-n", namespace]

    def _namespace(self, name: str) -> None:
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
        # No tail loss probes: on a link this short they repeat segments whose answer only takes its time.
        self.run_inside(name, "sysctl", "-qw", *NAMESPACE_SETTINGS)

    def _plug(self, namespace: str | None, interface: str, port: str, mac: str | None) -> None:
        """Joins a host's interface to a port of the switch by a veth pair."""
        temporary = f"{self.prefix}-new"
        ip("-n", self.switch, "link", "add", port, "type", "veth", "peer", "name", temporary)
        ip("-n", self.switch, "link", "set", temporary, "netns", namespace or str(os.getpid()))
        ip(*self._in(namespace), "link", "set", temporary, "name", interface)
        if mac:
            ip(*self._in(namespace), "link", "set", interface, "address", mac)
        for where, device in ((namespace, interface), (self.switch, port)):
            for offload in OFFLOADS:
                self.run_inside(where, "ethtool", "-K", device, offload, "off")
        ip("-n", self.switch, "link", "set", port, "master", "br0")
        ip("-n", self.switch, "link", "set", port, "up")
