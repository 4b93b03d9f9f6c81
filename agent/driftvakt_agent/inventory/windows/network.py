r"""Network cards and their addresses, by psutil, which asks GetAdaptersAddresses; what they are, by the registry.

Example:
    HKLM\SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\{3988…}\Connection
        Name           Ethernet
        PnpInstanceID  PCI\VEN_1022&DEV_2000&SUBSYS_20001022&REV_10\4&47B7341&0&0088
        MediaSubType   2                       (1 by cable, 2 by radio, 7 Bluetooth; not on every card)

Source: psutil; NETCON_MEDIATYPE and NETCON_SUBMEDIATYPE of netcon.h.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.devices import TREE, pci_address
from driftvakt_agent.inventory.windows.keys import Children, Values, text
from driftvakt_agent.sample import NoData

CONNECTIONS = r"SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"
_BY_RADIO = 2
_CARDS = ("PCI\\", "USB\\", "SD\\", "PCMCIA\\")
_WIFI = ("wi-fi", "wifi", "wlan", "wireless")
_VIRTUAL = ("vethernet", "virtual", "vpn", "tap-", "hyper-v", "vmware", "teredo", "isatap")


def take(_host: Host) -> Found:
    import psutil

    found = parse(psutil.net_if_addrs(), psutil.net_if_stats(), psutil.AF_LINK)
    if not found["network_interfaces"]:
        raise NoData("this machine has no network interface")
    known = connections(keys.machine)
    for row in found["network_interfaces"]:
        row.update(known.get(str(row["name"]), {}))
    return found


def connections(children: Children) -> dict[str, Row]:
    """Return what the registry knows of the interfaces, by their names: kind, driver and place."""
    found: dict[str, Row] = {}
    for key, _ in children(CONNECTIONS):
        for name, values in children(rf"{CONNECTIONS}\{key}"):
            title = text(values.get("Name"))
            if name == "Connection" and title:
                found[title] = connection(values, children)
    return found


def connection(values: Values, children: Children) -> Row:
    place = text(values.get("PnpInstanceID"))
    device = keys.values(rf"{TREE}\{place}", children) if place else {}
    row: Row = {"driver": text(device.get("Service")), "bus_address": pci_address(device)}
    if not place.upper().startswith(_CARDS):
        return row
    radio = values.get("MediaSubType") == _BY_RADIO
    # The name alone can't tell: whoever sets the machine up may call a card as they like.
    return {**row, "type": "wifi" if radio else "ethernet"} if "MediaSubType" in values else row


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
