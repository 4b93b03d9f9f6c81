"""Network cards and their addresses, by psutil, which asks getifaddrs(3); what they are, by system_profiler.

Example, of SPNetworkDataType:
    {"_name": "Wi-Fi", "interface": "en0", "type": "AirPort", "hardware": "AirPort", "ip_address": ["10.0.1.110"]}

Source: psutil, system_profiler(8).
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, items, text
from driftvakt_agent.sample import NoData

_TYPES = {"ethernet": "ethernet", "airport": "wifi", "ieee80211": "wifi"}
_VIRTUAL = (("lo", "loopback"), ("bridge", "bridge"), ("bond", "bond"), ("vlan", "vlan"), ("utun", "tunnel"),
            ("gif", "tunnel"), ("stf", "tunnel"), ("ipsec", "tunnel"), ("ppp", "tunnel"), ("awdl", "virtual"),
            ("llw", "virtual"), ("ap", "virtual"), ("anpi", "virtual"), ("feth", "virtual"),
            ("vmenet", "virtual"))  # fmt: skip


def take(host: Host) -> Found:
    import psutil

    kinds = services(items(host, "SPNetworkDataType"))
    found = parse(psutil.net_if_addrs(), psutil.net_if_stats(), psutil.AF_LINK, kinds)
    if not found["network_interfaces"]:
        raise NoData("this machine has no network interface")
    return found


def services(found: list[Item]) -> dict[str, str]:
    """Return what kind each interface is, of those that macOS has a network service for."""
    kinds: dict[str, str] = {}
    for one in found:
        kind = _TYPES.get(text(one, "hardware", "type").lower().replace("-", ""))
        if kind and text(one, "interface"):
            kinds[text(one, "interface")] = kind
    return kinds


def parse(
    addresses: Mapping[str, Iterable[Any]], stats: Mapping[str, Any], link: int, kinds: Mapping[str, str]
) -> Found:
    """Return interfaces and addresses. link: the family by which a hardware address is told."""
    interfaces: list[Row] = []
    shown: list[Row] = []
    for name, told in addresses.items():
        mac = next((one.address.lower().replace("-", ":") for one in told if one.family == link), "")
        mtu = getattr(stats.get(name), "mtu", 0)
        interfaces.append({"name": name, "mac": mac, "type": kinds.get(name) or _kind(name), "mtu_bytes": mtu or None})
        for one in told:
            row = None if one.family == link else _address(name, one.address, one.netmask)
            if row is not None:
                shown.append(row)
    return {"network_interfaces": interfaces, "addresses": shown}


def _kind(name: str) -> str:
    bare = name.rstrip("0123456789")
    return next((kind for begin, kind in _VIRTUAL if bare == begin), "ethernet" if bare == "en" else "")


def _address(interface: str, told: str, mask: str | None) -> Row | None:
    """Return an address, None for one that comes and goes by itself."""
    try:
        found = ip_address(told.partition("%")[0])
        bits = f"{int(ip_address(mask)):0{found.max_prefixlen}b}" if mask else ""
    except ValueError:
        return None
    if found.is_link_local:
        return None
    prefix = None if not bits or "01" in bits else bits.count("1")
    scope = "host" if found.is_loopback else "global"
    return {"interface": interface, "address": str(found), "prefix": prefix, "scope": scope}
