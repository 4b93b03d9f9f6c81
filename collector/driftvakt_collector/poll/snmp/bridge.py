"""From what a device told to the part that says behind which port it sees which address, and where its way out is."""

from collections.abc import Callable, Iterator, Mapping

from driftvakt_collector.fleet.topology.part import Forwarding, Seen
from driftvakt_collector.poll.snmp.driver import Value
from driftvakt_collector.poll.snmp.modules.ip import DEFAULT
from driftvakt_collector.poll.snmp.text import mac_of, text_of
from driftvakt_collector.poll.snmp.visit import Rows

_MOST_PORTS = 8192


def forwarding(rows: Rows, ours: Callable[[str], bool] | None = None) -> Forwarding | None:
    """Return what a visit with facts tells, None for a device that knows neither.

    ours: says if a MAC is that of a thing we know; others are left out then. None takes all.
    """
    bridge = mac_of(rows.get("bridge", {}).get("", {}).get("dot1dBaseBridgeAddress"))
    seen = tuple(one for one in _seen(rows) if ours is None or ours(one.mac))
    gateway = _gateway(rows)
    return Forwarding(bridge, seen, gateway) if bridge or seen or gateway else None


def _seen(rows: Rows) -> Iterator[Seen]:
    """The table by VLAN where there is one, for it has all that the other has."""
    names = _ports(rows)
    for index, row in rows.get("dot1qTpFdbTable", {}).items():
        vlan, _, address = index.partition(".")
        yield from _entry(address, row.get("dot1qTpFdbPort"), int(vlan) if vlan.isdecimal() else 0, names)
    if not rows.get("dot1qTpFdbTable"):
        for address, row in rows.get("dot1dTpFdbTable", {}).items():
            yield from _entry(address, row.get("dot1dTpFdbPort"), 0, names)


def _entry(address: str, port: Value | None, vlan: int, names: Mapping[int, str]) -> Iterator[Seen]:
    mac = _mac(address)
    # Port 0 is the bridge itself, or one that it has not learnt (RFC 4188, dot1dTpFdbPort).
    if mac and isinstance(port, int) and port > 0:
        yield Seen(mac, names.get(port, str(port)), vlan if 0 < vlan < 4096 else 0)


def _ports(rows: Rows) -> dict[int, str]:
    """Return what each port of the bridge is called as an interface."""
    short, long = rows.get("ifXTable", {}), rows.get("ifTable", {})
    found: dict[int, str] = {}
    for port, row in rows.get("dot1dBasePortTable", {}).items():
        index = str(row.get("dot1dBasePortIfIndex", ""))
        name = text_of(short.get(index, {}).get("ifName", b"")) or text_of(long.get(index, {}).get("ifDescr", b""))
        if port.isdecimal() and name and len(found) < _MOST_PORTS:
            found[int(port)] = name
    return found


def _gateway(rows: Rows) -> str:
    """Return the default router's address, the newest of the tables that tell of it first; empty where none does."""
    for index in rows.get("inetCidrRouteTable", {}):
        # 1.4.0.0.0.0.0, the policy as an OID with its length before it, then the next hop: 1.4.10.20.0.1.
        numbers = index.split(".")
        if len(numbers) > 6 and numbers[-6:-4] == ["1", "4"] and _is_router(hop := ".".join(numbers[-4:])):
            return hop
    for table, column in (("ipCidrRouteTable", "ipCidrRouteNextHop"), ("ipRouteTable", "ipRouteNextHop")):
        for index, row in rows.get(table, {}).items():
            hop = str(row.get(column, ""))
            if index.startswith(DEFAULT) and _is_router(hop):
                return hop
    return ""


def _is_router(address: str) -> bool:
    parts = address.split(".")
    return (
        len(parts) == 4
        and all(part.isdecimal() and int(part) < 256 for part in parts)
        and address != DEFAULT
        and parts[0] != "127"
    )


def _mac(address: str) -> str:
    numbers = address.split(".")
    if len(numbers) != 6 or not all(one.isdecimal() and int(one) < 256 for one in numbers):
        return ""
    return mac_of(bytes(map(int, numbers)))
