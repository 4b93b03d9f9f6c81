"""Who is known by which address and name, zone by zone. What two hosts claim is nobody's: it decides nothing."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple

from driftvakt_collector.fleet.topology.evidence import Evidence, Near, mac

_SEVERAL = "\0"
"""Stands where more than one host is known by the same."""


class Match(NamedTuple):
    """Whom a neighbour is. origin: empty where it is nobody that we know. why: what stood in the way, empty mostly."""

    origin: str
    why: str = ""


class Roll:
    """Built once from all evidence, then asked."""

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        self._macs: dict[tuple[str, str], str] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._short: dict[tuple[str, str], str] = {}
        self._addresses: dict[tuple[str, str], str] = {}
        for one in evidence:
            zone, origin = one.zone, one.origin
            for address, _ in one.cards:
                _add(self._macs, (zone, address), origin)
            for chassis in one.chassis:
                _add(self._macs, (zone, chassis), origin)
            name = folded(one.name)
            if name:
                _add(self._names, (zone, name), origin)
                _add(self._short, (zone, short(name)), origin)
            for address in one.addresses:
                _add(self._addresses, (zone, address), origin)

    def by_mac(self, zone: str, address: str) -> str:
        """Return whose MAC it is, empty for nobody's and for one that several have."""
        found = self._macs.get((zone, address), "")
        return "" if found == _SEVERAL else found

    def by_address(self, zone: str, address: str) -> str:
        """Return whose network address it is, empty for nobody's and for one that several have."""
        found = self._addresses.get((zone, address), "")
        return "" if found == _SEVERAL else found

    def find(self, zone: str, near: Near) -> Match:
        """Return whom a host of this zone tells of: by chassis, then by name, then by address. Never across zones."""
        # Some put a serial number in brackets behind the name that they tell by CDP.
        chassis = folded(near.chassis.partition("(")[0])
        name = folded(near.name) or chassis
        bare = short(name)
        several = ""
        for what, known, key in (
            ("chassis address", self._macs, mac(near.chassis)),
            ("name", self._names, name),
            ("name", self._names, chassis),
            # One side says the name with its domain, the other without; two domains are two things.
            ("name", self._short if bare == name else self._names, bare),
            ("address", self._addresses, near.address),
        ):
            found = known.get((zone, key), "") if key else ""
            if found and found != _SEVERAL:
                return Match(found)
            if found and not several:
                several = f"more than one host here has its {what}"
        return Match("", several)


def folded(name: str) -> str:
    """Return a name as it is compared."""
    return name.strip().rstrip(".").casefold()


def short(name: str) -> str:
    """Return a name without its domain. An address has none."""
    try:
        ip_address(name)
    except ValueError:
        return name.partition(".")[0]
    return name


def _add(known: dict[tuple[str, str], str], key: tuple[str, str], origin: str) -> None:
    if known.setdefault(key, origin) != origin:
        known[key] = _SEVERAL
