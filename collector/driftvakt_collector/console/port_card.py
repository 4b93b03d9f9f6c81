"""The card of the interfaces of a device that is asked by SNMP."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from driftvakt_collector.console import quantity
from driftvakt_collector.console.card import Card, Cell, Maker, number, table
from driftvakt_collector.console.readings import Readings

_UP, _DOWN = 1, 2
_STATES = {3: "testing", 4: "unknown", 5: "dormant", 6: "not present", 7: "down, for what it runs on"}
"""ifOperStatus (RFC 2863), those that are neither up nor down."""
_NO_SPEED = 4294967295.0
"""Of ifSpeed: more than it can say."""
_MANY = 1e-4
"""Share of packets with errors from which a line is not as it should be: a good one has none in a million."""
_PACKETS = ("Ucast", "Multicast", "Broadcast", "NUcast")


@dataclass(frozen=True)
class Port:
    """An interface. state: its word; up: it works. received, sent: bytes; speed: bytes a second; None: not told."""

    name: str
    alias: str
    state: str
    up: bool
    off: bool
    speed: float | None
    received: float | None
    sent: float | None
    errors: float | None
    discards: float | None
    packets: float

    @property
    def faulty(self) -> bool:
        """Say if so many packets had errors that somebody should look at the line."""
        return bool(self.errors) and self.errors is not None and self.errors > _MANY * (self.packets + self.errors)


def ports_of(readings: Readings) -> Iterator[Port]:
    """Give the interfaces in the device's own order, without loopbacks."""
    names = ("ifOperStatus", "ifAdminStatus", "ifHCInOctets", "ifInOctets")
    known = {one.label("ifIndex"): one for one in chain.from_iterable(map(readings.all, names))}
    inward = {one.label("ifIndex") for one in readings.all("ifType_info", ifType="softwareLoopback")}
    for index, one in known.items():
        if index not in inward:
            name = one.label("ifName") or one.label("ifDescr") or f"interface {index}"
            yield _port(readings, index, name, one.label("ifAlias"))


def _port(readings: Readings, index: str, name: str, alias: str) -> Port:
    def one(*names: str) -> float | None:
        return next((value for name in names if (value := readings.one(name, ifIndex=index)) is not None), None)

    def both(what: str) -> float | None:
        told = [value for way in ("In", "Out") if (value := one(f"if{way}{what}")) is not None]
        return sum(told) if told else None

    admin, oper = one("ifAdminStatus"), one("ifOperStatus")
    state = _STATES.get(int(oper or 0), "")
    off = admin == _DOWN
    if oper == _UP:
        state = "up"
    elif off:
        state = "switched off"
    elif oper == _DOWN:
        state = "down"
    return Port(
        name=name,
        alias=alias if alias != name else "",
        state=state or quantity.NONE,
        up=oper == _UP,
        off=off,
        speed=_speed(one("ifHighSpeed"), one("ifSpeed")),
        received=one("ifHCInOctets", "ifInOctets"),
        sent=one("ifHCOutOctets", "ifOutOctets"),
        errors=both("Errors"),
        discards=both("Discards"),
        packets=sum(
            one(f"ifHC{way}{kind}Pkts", f"if{way}{kind}Pkts") or 0.0 for way in ("In", "Out") for kind in _PACKETS
        ),
    )


def _speed(millions: float | None, plain: float | None) -> float | None:
    """Return bytes a second of a line's bits a second, None where they are not told."""
    if millions:
        return millions * 1e6 / 8
    return plain / 8 if plain and plain != _NO_SPEED else None


def ports(readings: Readings, _up: float = 0.0) -> Card | None:
    found = sorted(ports_of(readings), key=lambda one: (not one.faulty, not one.up, one.off))
    rows = [
        [
            Cell(one.name, note=one.alias),
            Cell(one.state, "ok" if one.up else "muted"),
            number(quantity.bit_rate(one.speed) if one.up else quantity.NONE),
            number(quantity.size(one.received)),
            number(quantity.size(one.sent)),
            number(_count(one.errors), "warn" if one.faulty else ""),
            number(_count(one.discards)),
        ]
        for one in found
    ]
    columns = ("Interface", "State", "Speed", "Received", "Sent", "Errors", "Discards")
    up = sum(one.up for one in found)
    note = f"{up} of {len(found)} are up. Counted by the device itself, mostly since it was started."
    return table("ports", "Interfaces", columns, rows, note, wide=True)


def _count(value: float | None) -> str:
    return quantity.NONE if value is None else quantity.digits(value)


CARDS: tuple[Maker, ...] = (ports,)
