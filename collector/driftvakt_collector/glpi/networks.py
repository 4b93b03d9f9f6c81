"""GLPI's `networks`: a row an interface and address, where we have a row an interface and a row an address."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, ip_address

from driftvakt_collector.glpi import Row, kinds
from driftvakt_collector.glpi.kinds import text, whole
from driftvakt_collector.store.section import Cell

INTERFACES = ("name", "mac", "type", "driver", "mtu_bytes", "parent", "bus_address")
ADDRESSES = ("interface", "address", "prefix", "scope")
_NO_MAC = "00:00:00:00:00:00"
_IN = {"aggregate": "bond", "alias": "vlan", "dialup": "tunnel"}
_OUT = {"ethernet": "ethernet", "wifi": "wifi", "bridge": "bridge", "loopback": "loopback", "bond": "aggregate",
        "vlan": "alias"}  # fmt: skip


def read(rows: Iterable[Mapping[str, object]]) -> tuple[list[Row], list[Row]]:
    """Return our interfaces and addresses."""
    interfaces: dict[str, Row] = {}
    addresses: dict[tuple[str, str], Row] = {}
    for row in rows:
        name = text(row.get("description"))
        if name is None:
            continue
        fresh: dict[str, Cell] = {
            "name": name,
            "mac": mac if (mac := kinds.LOWER.read(row.get("mac"))) != _NO_MAC else None,
            "type": _kind(row),
            "driver": text(row.get("driver")),
            "mtu_bytes": whole(row.get("mtu")),
            "parent": text(row.get("base")),
            "bus_address": kinds.PCI.read(row.get("pcislot")),
        }
        known = interfaces.get(name, {})
        interfaces[name] = {
            column: cell if known.get(column) is None else known[column] for column, cell in fresh.items()
        }
        for place, mask in (("ipaddress", "ipmask"), ("ipaddress6", "ipmask6")):
            found = _address(name, text(row.get(place)), text(row.get(mask)))
            if found is not None:
                addresses[name, str(found["address"])] = found
    return list(interfaces.values()), list(addresses.values())


def write(interfaces: Iterable[Row], addresses: Iterable[Row]) -> Iterator[dict[str, object]]:
    """Give GLPI's rows: one for each address, and one for an interface without any."""
    by_name: dict[str, list[Row]] = {}
    for row in addresses:
        by_name.setdefault(str(row.get("interface")), []).append(row)
    for interface in interfaces:
        name = text(interface.get("name"))
        if name is None:
            continue
        kind = text(interface.get("type")) or ""
        told: dict[str, object | None] = {
            "description": name,
            "mac": text(interface.get("mac")) or (_NO_MAC if kind == "loopback" else None),
            "type": _OUT.get(kind),
            "virtualdev": kind not in ("ethernet", "wifi"),
            "driver": text(interface.get("driver")),
            "mtu": interface.get("mtu_bytes"),
            "base": text(interface.get("parent")),
            "pcislot": text(interface.get("bus_address")),
        }
        plain = {key: value for key, value in told.items() if value is not None}
        held = [shown for row in by_name.get(name, []) if (shown := _shown(row))]
        yield from ({**plain, **shown} for shown in held or [{}])


def _kind(row: Mapping[str, object]) -> str | None:
    told = kinds.LOWER.read(row.get("type"))
    word = _IN.get(told, told) if isinstance(told, str) else None
    return "virtual" if kinds.flag(row.get("virtualdev")) and (word or "") in ("", "ethernet") else word


def _address(interface: str, address: str | None, mask: str | None) -> Row | None:
    """Return our row, None for what is no address."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    scope = "host" if found.is_loopback else "link" if found.is_link_local else "global"
    return {"interface": interface, "address": str(found), "prefix": _prefix(found.version, mask), "scope": scope}


def _prefix(version: int, mask: str | None) -> int | None:
    """Return the length of a mask: 255.255.255.0, ffff:ffff:: or the number itself."""
    if mask is None:
        return None
    if mask.isdecimal():
        return int(mask) if int(mask) <= (32 if version == 4 else 128) else None
    try:
        bits = f"{int(ip_address(mask)):0{32 if version == 4 else 128}b}"
    except ValueError:
        return None
    return None if "01" in bits else bits.count("1")


def _shown(row: Row) -> dict[str, object]:
    try:
        found = ip_address(str(row.get("address")))
    except ValueError:
        return {}
    prefix = row.get("prefix")
    told = int(prefix) if isinstance(prefix, int) and 0 <= prefix <= found.max_prefixlen else None
    shown: dict[str, object]
    if found.version == 4:
        mask = None if told is None else str(IPv4Network((0, told)).netmask)
        shown = {"ipaddress": str(found), "ipmask": mask}
        return {key: one for key, one in shown.items() if one}
    ones = None if told is None else ((1 << told) - 1) << (128 - told)
    shown = {"ipaddress6": str(found), "ipmask6": None if ones is None else str(ip_address(ones.to_bytes(16, "big")))}
    return {key: one for key, one in shown.items() if one}
