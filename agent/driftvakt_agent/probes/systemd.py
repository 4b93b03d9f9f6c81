"""How the units of systemd are, and which of them failed.

Example:
    $ busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager ListUnits
    a(ssssssouso) 1 "ssh.service" "OpenBSD Secure Shell server" "loaded" "active" "running" "" "/org/…" 0 "" "/"

Source: org.freedesktop.systemd1(5); names as node_exporter's systemd collector, but only a unit that failed has a
series of its own: five states times two hundred units would be most of what a quiet machine sends.
"""

import os
from collections.abc import Callable, Iterator, Sequence

from driftvakt_agent.host import Host
from driftvakt_agent.sample import NoData, ProbeError, Sample

STATES = ("active", "activating", "deactivating", "failed", "inactive")
MAX_FAILED = 50
"""Failed units that are named; a machine with more is known by the count."""

_NAME = "org.freedesktop.systemd1"
_MANAGER = "/org/freedesktop/systemd1"
_TYPED = {"service": _NAME + ".Service", "mount": _NAME + ".Mount"}
_UNNAMED = (".automount", ".device", ".scope", ".slice")


class Unit:
    """A line of `systemctl list-units`: name ("ssh.service"), active state, and the path of its object."""

    __slots__ = ("name", "path", "state")

    def __init__(self, name: str, state: str, path: str) -> None:
        self.name = name
        self.state = state
        self.path = path


class Manager:
    """What systemd says: version, state of the system, units, and the type of one of them."""

    def __init__(self, call: Callable[..., Sequence[object]]) -> None:
        self._call = call

    def property(self, path: str, interface: str, name: str) -> str:
        return str(self._call(_NAME, path, "org.freedesktop.DBus.Properties", "Get", interface, name)[0])

    def units(self) -> list[Unit]:
        (rows,) = self._call(_NAME, _MANAGER, _NAME + ".Manager", "ListUnits")
        assert isinstance(rows, list)
        return [Unit(str(row[0]), str(row[3]), str(row[6])) for row in rows]

    def samples(self) -> Iterator[Sample]:
        version = self.property(_MANAGER, _NAME + ".Manager", "Version")
        yield Sample("node_systemd_version", version_number(version), (("version", version),))
        state = self.property(_MANAGER, _NAME + ".Manager", "SystemState")
        yield Sample("node_systemd_system_running", float(state == "running"))
        units = self.units()
        yield from summary(units)
        for unit in failed(units):
            interface = _TYPED.get(unit.name.rpartition(".")[2])
            kind = self.property(unit.path, interface, "Type") if interface else ""
            yield Sample("node_systemd_unit_state", 1, (("name", unit.name), ("state", "failed"), ("type", kind)))


def collect(host: Host) -> Iterator[Sample]:
    if not os.path.isdir(host.root + "/run/systemd/system"):
        raise NoData("systemd does not run here")
    from driftvakt_agent.dbus import Bus, BusError

    bus_socket, private = host.root + "/run/dbus/system_bus_socket", host.root + "/run/systemd/private"
    direct = not os.path.exists(bus_socket)
    if direct and os.geteuid() != 0:
        raise NoData("no D-Bus system bus here, and only root may ask systemd without it")
    try:
        with Bus(private if direct else bus_socket) as bus:
            if not direct:
                bus.hello()
            yield from Manager(bus.call).samples()
    except (OSError, BusError) as e:
        raise ProbeError(f"cannot ask systemd for its units: {e}") from e


def summary(units: list[Unit]) -> Iterator[Sample]:
    """Yield how many units are in each state, also the states that none is in."""
    counts = dict.fromkeys(STATES, 0)
    for unit in units:
        counts[unit.state] = counts.get(unit.state, 0) + 1
    for state in sorted(counts):
        yield Sample("node_systemd_units", counts[state], (("state", state),))


def failed(units: list[Unit]) -> list[Unit]:
    """Return the units that failed and may be named, the first MAX_FAILED by name."""
    # The mount of a home directory is named after its owner, and no name of a user leaves the machine.
    named = [unit for unit in units if unit.state == "failed" and not unit.name.startswith(("home-", "var-home-"))]
    return sorted((unit for unit in named if not unit.name.endswith(_UNNAMED)), key=lambda unit: unit.name)[:MAX_FAILED]


def version_number(version: str) -> float:
    """Return "252.39-1~deb12u1" as 252.39, and 0 where there is no number."""
    digits = version.lstrip("v")
    major = digits[: len(digits) - len(digits.lstrip("0123456789"))]
    minor = digits[len(major) :]
    minor = minor[1 : len(minor) - len(minor[1:].lstrip("0123456789"))] if minor.startswith(".") else ""
    return float(f"{major}.{minor or 0}") if major else 0.0
