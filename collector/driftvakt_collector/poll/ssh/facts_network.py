"""Interfaces, their addresses, and what listens."""

import ipaddress
from collections.abc import Iterator, Mapping

from driftvakt_collector.poll.ssh.health import GUESTS, Told
from driftvakt_collector.poll.ssh.parsers import ifconfig, ip_address, ipconfig, netstat, ss
from driftvakt_collector.poll.ssh.parsers.interface import Address, Interface
from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.store.section import Cell

_VIRTUAL = ("veth", "dummy", "ifb", "macvlan", "ipvlan", "vrf")
_TUNNEL = ("tun", "vxlan", "wireguard", "ipip", "gre", "sit", "ip6tnl", "vti", "none")
_WINDOWS = {"Ethernet": "ethernet", "Wireless LAN": "wifi", "Tunnel": "tunnel", "PPP": "tunnel"}
_BY_NAME = (("lo", "loopback"), ("wl", "wifi"), ("bridge", "bridge"), ("vlan", "vlan"), ("lagg", "bond"),
            ("utun", "tunnel"), ("gif", "tunnel"), ("stf", "tunnel"), ("tun", "tunnel"))  # fmt: skip
_NO_MAC = "00:00:00:00:00:00"
_PASSING = 32768
"""UDP ports from here on are of whoever asked something a moment ago."""


def interfaces(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the interfaces, not the ends of containers and guests."""
    for one in _found(told):
        yield {
            "name": one.name,
            "mac": "" if one.mac == _NO_MAC else one.mac.lower(),
            "type": _kind(one),
            "mtu_bytes": one.mtu,
            "parent": one.parent,
        }


def addresses(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the addresses that last."""
    for interface in _found(told):
        for one in interface.addresses:
            try:
                parsed = ipaddress.ip_address(one.address)
            except ValueError:
                continue
            if not one.passing:
                scope = "host" if parsed.is_loopback else "link" if parsed.is_link_local else "global"
                yield {
                    "interface": interface.name,
                    "address": str(parsed),
                    "prefix": one.prefix if one.prefix is not None and 0 <= one.prefix <= 128 else None,
                    "scope": one.scope if one.scope in ("global", "link", "host", "site") else scope,
                }


def listening(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the ports that something listens on."""
    # Any address: of ss before iproute2 4.15 that is a star for IPv4, later for a socket that takes both families.
    any_ = "::" if "0.0.0.0" in told.get("ss", "") else "0.0.0.0"  # noqa: S104
    found = [(one, any_) for one in ss.parse(told.get("ss", ""))]
    for name in ("netstat", "netstat_windows"):
        found += [
            (one, "::" if one.protocol.endswith("6") else "0.0.0.0")  # noqa: S104
            for one in netstat.parse(told.get(name, ""))
        ]
    for one, star in found:
        port, protocol = whole(one.port), one.protocol[:3]
        if not one.listens or port is None or not 0 < port < 65536 or (protocol == "udp" and port >= _PASSING):
            continue
        address = one.address.partition("%")[0].strip("[]")
        yield {"protocol": protocol, "address": star if address in ("*", "") else address, "port": port}


def _found(told: Told) -> list[Interface]:
    found = ip_address.parse(told.get("ip_address", "")) or ifconfig.parse(told.get("ifconfig", ""))
    found = found or _of_windows(told.get("ipconfig", ""))
    return [one for one in found if not one.name.startswith(GUESTS)]


def _kind(one: Interface) -> str:
    if one.type == "ethernet" and one.name.startswith("wl"):
        return "wifi"
    if one.type in _VIRTUAL:
        return "virtual"
    if one.type in _TUNNEL:
        return "tunnel"
    if one.type == "team":
        return "bond"
    by_name = next((kind for begin, kind in _BY_NAME if one.name.startswith(begin)), "")
    return one.type or by_name or ("ethernet" if one.mac else "other")


def _of_windows(text: str) -> list[Interface]:
    rows = []
    for one in ipconfig.parse(text)[1]:
        row = Interface(one.name, mac=one.first("Physical Address").replace("-", ":").lower())
        row.mac = row.mac if row.mac.count(":") == 5 else ""
        row.type = _WINDOWS.get(one.kind, "virtual")
        masks = [ifconfig.prefix_of(mask) for mask in one.told.get("Subnet Mask", ())]
        four = [ipconfig.address(value)[0] for value in one.told.get("IPv4 Address", ())]
        row.addresses += [Address(address, masks[at] if at < len(masks) else None) for at, address in enumerate(four)]
        for name in ("IPv6 Address", "Link-local IPv6 Address"):
            row.addresses += [Address(ipconfig.address(value)[0]) for value in one.told.get(name, ())]
        rows.append(row)
    return rows
