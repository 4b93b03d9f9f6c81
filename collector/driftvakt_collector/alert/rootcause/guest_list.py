"""Which host is a guest of which other, by what hypervisors list and what hosts say of themselves. Pure.

A list is a stranger's word, and whoever is believed takes alerts away: where a hypervisor is silent, its guests page
nobody. So only servers and hypervisors are asked, in their own zone alone, and what is not clear is no guest.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from sys import intern
from typing import NamedTuple

from driftvakt_collector.fleet.host import POLLER, SERVICE, Host
from driftvakt_collector.fleet.identity.evidence import CONTAINERS
from driftvakt_collector.fleet.identity.keys import UUID, clean
from driftvakt_collector.store.hosts import REVOKED
from driftvakt_collector.store.section import Body, Cell, rows_of

SECTIONS = ("virtual_machines", "system", "operating_system")
"""The sections that it is taken from."""
HOMES = frozenset({"server", "hypervisor"})
"""Classes whose lists count. A workstation with VirtualBox is no reason to be silent about a server."""
MOST_MACHINES = 2000
"""Machines that are taken of one list."""
LATER = 600.0
"""Seconds after the last word of a hypervisor; a machine that was heard later than that runs elsewhere."""
_THINGS = frozenset({
    "printer", "ups", "pdu", "sensor", "camera", "phone", "management", "access point", "switch", SERVICE, POLLER,
})  # fmt: skip
"""Classes that are no machine's."""
_APPLICATIONS = frozenset({"docker", "podman"})
"""What runs in these is no host of ours, though it may have the name of one: grafana, web."""
_CONTAINERS = frozenset({"lxc", "nspawn"})
_OWN_NUMBERS = frozenset({"hyper-v"})
"""What numbers its machines by itself: the UUID of their firmware is another."""
_INTERVALS = 3
_MOST_TEXT = 255


class Machine(NamedTuple):
    """A line of a list. name: in small letters. uuid: as `fleet.identity.keys` writes it, empty for none."""

    name: str
    kind: str
    uuid: str


class Told(NamedTuple):
    """What a host says. uuid: of its firmware. hostname: in small letters. machines: its list.

    virtual: what it runs on, empty for a machine of its own and where that is not known.
    """

    uuid: str = ""
    hostname: str = ""
    virtual: str = ""
    machines: tuple[Machine, ...] = ()


NOTHING = Told()


def of_sections(sections: Mapping[str, Body]) -> Told:
    """Return what a host's sections say."""
    system, os = (next(iter(_rows(sections, name)), {}) for name in ("system", "operating_system"))
    machines = tuple(_machines(islice(_rows(sections, "virtual_machines"), MOST_MACHINES)))
    return Told(_uuid(system.get("uuid")), _name(os.get("hostname")), _text(os.get("virtual")), machines)


def match(hosts: Iterable[Host], told: Mapping[str, Told]) -> dict[str, str]:
    """Return the hypervisor of each guest, by origin. Whom two hypervisors claim is nobody's guest."""
    known = [host for host in hosts if host.state != REVOKED]
    homes = [host for host in known if host.trusted and host.class_ in HOMES and _told(host, told).machines]
    zones = {host.zone for host in homes}
    lists = _Candidates((host for host in known if host.zone in zones), told)
    by_uuid: dict[str, set[str]] = {}
    by_name: dict[str, set[str]] = {}
    for home in homes:
        for machine in _told(home, told).machines:
            guest, is_certain = lists.find(home.zone, machine)
            if guest is not None and guest is not home and not _runs_elsewhere(guest, home):
                (by_uuid if is_certain else by_name).setdefault(guest.origin, set()).add(home.origin)
    return {guest: next(iter(found)) for guest, found in (by_name | by_uuid).items() if len(found) == 1}


class _Candidates:
    """Hosts that may be guests, by zone and UUID, and by zone and the first part of their names."""

    def __init__(self, hosts: Iterable[Host], told: Mapping[str, Told]) -> None:
        self._told = told
        self._by_uuid: dict[tuple[str, str], list[Host]] = {}
        self._by_name: dict[tuple[str, str], list[Host]] = {}
        for host in hosts:
            said = _told(host, told)
            # An agent knows whether it runs on a machine of its own. Of what is asked from outside nobody knows.
            if host.class_ in _THINGS or not (host.keeper or said.virtual):
                continue
            if said.uuid and said.virtual not in CONTAINERS:
                # A container sees the UUID of the machine under it.
                self._by_uuid.setdefault((host.zone, said.uuid), []).append(host)
            for name in {_short(one) for one in self._names(host)}:
                self._by_name.setdefault((host.zone, name), []).append(host)

    def find(self, zone: str, machine: Machine) -> tuple[Host | None, bool]:
        """Return the one host that a machine is, None where there is none or more than one, and if its UUID says so."""
        same = self._by_uuid.get((zone, machine.uuid), []) if machine.uuid else []
        if len(same) == 1:
            return same[0], True
        # Copies of a machine have one UUID; of these the name tells.
        named = [one for one in self._by_name.get((zone, _short(machine.name)), ()) if self._fits(one, machine)]
        found = [one for one in named if one in same] if same else named
        return (found[0], bool(same)) if len(found) == 1 else (None, False)

    def _fits(self, host: Host, machine: Machine) -> bool:
        """Say if a host may be this machine by its name: one of both may be without its domain."""
        said = _told(host, self._told)
        if (said.virtual in CONTAINERS) is not (machine.kind in _CONTAINERS):
            return False
        if machine.uuid and said.uuid not in ("", machine.uuid) and machine.kind not in _OWN_NUMBERS:
            return False
        short = _short(machine.name)
        return any(name in (machine.name, short) or machine.name == short for name in self._names(host))

    def _names(self, host: Host) -> set[str]:
        return {host.name.casefold(), _told(host, self._told).hostname} - {""}


def _told(host: Host, told: Mapping[str, Told]) -> Told:
    return told.get(host.origin, NOTHING)


def _runs_elsewhere(guest: Host, home: Host) -> bool:
    """Say if a machine was heard long after its hypervisor: others took it over, or only our way there is broken."""
    return guest.received_wall > home.received_wall + max(LATER, _INTERVALS * home.every)


def _short(name: str) -> str:
    return name.partition(".")[0] or name


def _machines(rows: Iterable[Mapping[str, Cell]]) -> Iterator[Machine]:
    for row in rows:
        name, kind, uuid = _name(row.get("name")), _text(row.get("kind")), _uuid(row.get("uuid"))
        if kind not in _APPLICATIONS and (name or uuid):
            yield Machine(name, intern(kind), uuid)


def _rows(sections: Mapping[str, Body], name: str) -> Iterator[dict[str, Cell]]:
    return rows_of(sections[name]) if name in sections else iter(())


def _uuid(cell: Cell) -> str:
    key = clean(UUID, _text(cell))
    return "" if key is None else key.value


def _name(cell: Cell) -> str:
    return _text(cell).strip().casefold()


def _text(cell: Cell) -> str:
    return cell[:_MOST_TEXT] if isinstance(cell, str) else ""
