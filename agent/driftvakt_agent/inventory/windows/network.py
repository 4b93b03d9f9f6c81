"""Network cards and their addresses, by psutil, which asks GetAdaptersAddresses."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

_WIFI = ("wi-fi", "wifi", "wlan", "wireless")
_VIRTUAL = ("vethernet", "virtual", "vpn", "tap-", "hyper-v", "vmware", "teredo", "isatap")


def take(_host: Host) -> Found:
    import psutil

    found = parse(psutil.net_if_addrs(), psutil.net_if_stats(), psutil.AF_LINK)
    if not found["network_interfaces"]:
        raise NoData("this machine has no network interface")
    return found


def parse(addresses: Mapping[str, Iterable[Any]], stats: Mapping[str, Any], link: int) -> Found:
    """Return interfaces and addresses. link: the family by which a hardware address is told."""
    interfaces: list[Row] = []
    shown: list[Row] = []
    for name, told in addresses.items():
        mac = next((one.address.lower().replace("-", ":") for one in told if one.family == link), "")
        mtu = getattr(stats.get(name), "mtu", 0)
        interfaces.append({"name": name, "mac": mac, "type": _kind(name, mac), "mtu_bytes": mtu or None})
        for one in told:
            row = None if one.family == link else _address(name, one.address, one.netmask)
            if row is not None:
                shown.append(row)
    return {"network_interfaces": interfaces, "addresses": shown}


def _kind(name: str, mac: str) -> str:
    low = name.lower()
    if "loopback" in low:
        return "loopback"
    if any(word in low for word in _VIRTUAL):
        return "virtual"
    return "wifi" if any(word in low for word in _WIFI) else "ethernet" if mac else "tunnel"


def _address(interface: str, text: str, mask: str | None) -> Row | None:
    """Return an address, None for one that comes and goes by itself: of the link, or of a lease that failed."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if found.is_link_local:
        return None
    prefix = None
    if mask and "." in mask:
        bits = f"{int(ip_address(mask)):032b}"
        prefix = None if "01" in bits else bits.count("1")
    scope = "host" if found.is_loopback else "global"
    return {"interface": interface, "address": str(found), "prefix": prefix, "scope": scope}
