"""What one host says that bears on who is connected to whom, as plain facts.

A device tells its neighbours by LLDP (IEEE 802.1AB) and CDP, and behind which port it sees which address by the
forwarding table of its bridge (RFC 4188, RFC 4363). All of it is a stranger's text: it is bounded here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from sys import intern
from typing import NamedTuple

from driftvakt_collector.fleet.topology.part import Forwarding, Seen
from driftvakt_collector.store.section import Body, Cell, rows_of

SECTIONS = ("neighbours", "network_interfaces", "addresses")
"""The sections that it is taken from."""
BRIDGES = frozenset({"switch", "access point", "wireless controller"})
"""Classes of what others hang behind, also where it tells no forwarding table."""
ROUTERS = frozenset({"router", "firewall"})
ENDS = frozenset({"workstation", "laptop", "printer", "ups", "pdu", "sensor", "camera", "management"})
"""Classes behind which nothing hangs, whatever they tell of themselves."""
_MOST_NEIGHBOURS = 2000
_MOST_CARDS = 4096
_MOST_ADDRESSES = 256
_MOST_TEXT = 255
_SHARED = ("0.", "127.", "169.254.", "fe80:")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_PLAIN_MAC = re.compile(r"[0-9a-f]{12}")


class Near(NamedTuple):
    """A neighbour as a host tells of it. port: the host's own. chassis: a MAC in lower case, or a name."""

    port: str
    chassis: str
    their_port: str
    name: str = ""
    protocol: str = "lldp"
    address: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a host is and tells. cards: MAC and name of each interface. chassis: what else it calls itself by.

    addresses: its own, and the one that it is asked at. forwarding: behind which port it sees which MAC. gateway: its
    default router's address, empty where that is not known. supplier: the supplier delivers it, and not we ourselves.
    """

    origin: str
    name: str = ""
    site: str = ""
    zone: str = ""
    class_: str = ""
    cards: tuple[tuple[str, str], ...] = ()
    addresses: tuple[str, ...] = ()
    chassis: tuple[str, ...] = ()
    neighbours: tuple[Near, ...] = ()
    forwarding: tuple[Seen, ...] = ()
    gateway: str = ""
    supplier: bool = False

    @property
    def bridges(self) -> bool:
        """Say if others hang behind it."""
        return bool(self.forwarding) or self.class_ in BRIDGES

    @property
    def is_end(self) -> bool:
        """Say if nothing hangs behind it."""
        return self.class_ in ENDS

    @property
    def carries(self) -> bool:
        """Say if it belongs to the network itself, and is no end of it."""
        return self.bridges or self.class_ in ROUTERS


class Told(NamedTuple):
    """What a host's sections and its part say, without who it is."""

    cards: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]
    chassis: tuple[str, ...]
    neighbours: tuple[Near, ...]
    forwarding: tuple[Seen, ...]
    gateway: str


def of_sections(sections: Mapping[str, Body], part: Forwarding | None = None, asked: str = "") -> Told:
    """Return what a host tells. asked: the address that it is asked at, empty for one with an agent."""
    addresses = [asked, *(_text(row.get("address")).partition("/")[0] for row in _rows(sections, "addresses"))]
    bridge = mac(part.bridge) if part is not None else ""
    return Told(
        cards=tuple(islice(_cards(_rows(sections, "network_interfaces")), _MOST_CARDS)),
        addresses=tuple(dict.fromkeys(islice((one for one in addresses if is_own(one)), _MOST_ADDRESSES))),
        chassis=(bridge,) if bridge else (),
        neighbours=tuple(islice(_neighbours(_rows(sections, "neighbours")), _MOST_NEIGHBOURS)),
        forwarding=() if part is None else tuple(_seen(part.rows)),
        gateway="" if part is None else part.gateway,
    )


def mac(text: str) -> str:
    """Return a MAC as 00:1b:a9:0b:a7:52, however it was written; empty for what is none, or for a group's."""
    found = text.strip().lower()
    if not _MAC.fullmatch(found):
        plain = found.replace(":", "").replace("-", "").replace(".", "")
        if not _PLAIN_MAC.fullmatch(plain):
            return ""
        found = ":".join(plain[at : at + 2] for at in range(0, 12, 2))
    # The lowest bit of the first octet says that it is a group's (IEEE 802, 8.2).
    return "" if int(found[1], 16) & 1 or found == "00:00:00:00:00:00" else found


def is_own(address: str) -> bool:
    """Say if an address can be one host's alone: those of the host itself and of its link say nothing elsewhere."""
    return address.lower() not in ("", "::", "::1") and not address.lower().startswith(_SHARED)


def _rows(sections: Mapping[str, Body], name: str) -> Iterable[dict[str, Cell]]:
    return rows_of(sections[name]) if name in sections else ()


def _cards(rows: Iterable[dict[str, Cell]]) -> Iterator[tuple[str, str]]:
    for row in rows:
        found = mac(_text(row.get("mac")))
        if found:
            # Tens of thousands of machines have an eth0: it is kept once.
            yield found, intern(_text(row.get("name")))


def _seen(rows: Iterable[Seen]) -> Iterator[Seen]:
    for row in rows:
        found = mac(row.mac)
        if found:
            yield row if found == row.mac else row._replace(mac=found)


def _neighbours(rows: Iterable[dict[str, Cell]]) -> Iterator[Near]:
    for row in rows:
        chassis, name = _text(row.get("chassis")), _text(row.get("name"))
        if chassis or name:
            protocol = "cdp" if row.get("protocol") == "cdp" else "lldp"
            yield Near(
                _text(row.get("port")), mac(chassis) or chassis or name, _text(row.get("their_port")), name, protocol,
                _text(row.get("address")),
            )  # fmt: skip


def _text(cell: Cell) -> str:
    return cell[:_MOST_TEXT].strip() if isinstance(cell, str) else ""
