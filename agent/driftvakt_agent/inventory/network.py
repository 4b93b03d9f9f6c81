"""Network interfaces and their addresses.

Example:
    $ ls /sys/class/net/eth0
    address  device  ifindex  mtu  operstate  type …
    $ readlink /sys/class/net/eth0/device/driver
    ../../../../bus/virtio/drivers/virtio_net

Source: Documentation/ABI/testing/sysfs-class-net and include/uapi/linux/if_addr.h of the kernel, rtnetlink(7).
"""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

from driftvakt_agent import netlink
from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row

_RTM_NEWADDR, _RTM_GETADDR = 20, 22
_ADDRESS, _LOCAL = 1, 2
_TEMPORARY = 0x01
"""Of IPv6: an address that the host makes up for a while."""
_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host"}
_TYPES = {"1": "ethernet", "772": "loopback", "776": "tunnel", "768": "tunnel", "778": "tunnel", "65534": "tunnel"}
_OF_GUESTS = ("veth", "vnet", "tap", "cali", "lxc")
"""Ends of containers and guests, made anew at each of their starts: no change of the machine."""
_ALL_ZEROS = "00:00:00:00:00:00"


def take(host: Host) -> Found:
    interfaces = [row for name in _names(host) if (row := _interface(host, name)) is not None]
    addresses: list[Row] = []
    with suppress(OSError):
        # Of the machine itself, not of a tree: there are no addresses in /sys.
        lasting = {number: name for number, name in socket.if_nameindex() if not name.startswith(_OF_GUESTS)}
        answer = netlink.dump(netlink.ROUTE, _RTM_GETADDR, struct.pack("=B7x", socket.AF_UNSPEC))
        addresses = list(parse(answer, lasting))
    return {"network_interfaces": interfaces, "addresses": addresses}


def _names(host: Host) -> list[str]:
    try:
        return sorted(name for name in os.listdir(f"{host.sys}/class/net") if not name.startswith(_OF_GUESTS))
    except OSError:
        return []


def _interface(host: Host, name: str) -> Row | None:
    path = f"{host.sys}/class/net/{name}"
    kind = _sys(path, "type")
    if not kind:
        # bonding_masters is a file among the folders.
        return None
    mac = _sys(path, "address").lower()
    permanent = _sys(path, "bonding_slave/perm_hwaddr").lower()
    device = os.path.realpath(f"{path}/device") if os.path.exists(f"{path}/device") else ""
    return {
        "name": name,
        "mac": "" if mac == _ALL_ZEROS else mac,
        "permanent_mac": permanent if permanent != mac else "",
        "type": _kind(path, kind),
        "driver": os.path.basename(os.path.realpath(f"{path}/device/driver")) if device else "",
        "mtu_bytes": int(mtu) if (mtu := _sys(path, "mtu")).isdecimal() else None,
        "parent": _parent(path),
        "bus_address": next((part for part in reversed(device.split("/")) if part.count(":") == 2), ""),
    }


def _kind(path: str, number: str) -> str:
    for folder, kind in (("wireless", "wifi"), ("phy80211", "wifi"), ("bridge", "bridge"), ("bonding", "bond")):
        if os.path.isdir(f"{path}/{folder}"):
            return kind
    told = dict(line.partition("=")[::2] for line in _sys(path, "uevent").split("\n"))
    if told.get("DEVTYPE") in ("vlan", "wlan", "bridge", "bond"):
        return "wifi" if told["DEVTYPE"] == "wlan" else told["DEVTYPE"]
    if _TYPES.get(number) == "ethernet" and not os.path.exists(f"{path}/device"):
        return "virtual"
    return _TYPES.get(number, "other")


def _parent(path: str) -> str:
    """Return the bridge or bond that an interface belongs to, else what it stands on."""
    with suppress(OSError):
        return os.path.basename(os.readlink(f"{path}/master"))
    with suppress(OSError):
        return next((one[6:] for one in sorted(os.listdir(path)) if one.startswith("lower_")), "")
    return ""


def parse(data: bytes, names: dict[int, str]) -> Iterator[Row]:
    """Give the addresses of an answer. names: of the interfaces, by their numbers."""
    for kind, body in netlink.messages(data):
        if kind != _RTM_NEWADDR or len(body) < 8:
            continue
        family, prefix, flags, scope, index = struct.unpack_from("=BBBBI", body)
        if family not in (socket.AF_INET, socket.AF_INET6) or (family == socket.AF_INET6 and flags & _TEMPORARY):
            continue
        told = dict(netlink.attributes(body[8:]))
        raw = told.get(_LOCAL) or told.get(_ADDRESS, b"")
        if len(raw) != (4 if family == socket.AF_INET else 16) or index not in names:
            continue
        yield {
            "interface": names[index],
            "address": socket.inet_ntop(family, raw),
            "prefix": prefix,
            "scope": _SCOPES.get(scope, str(scope)),
        }


def _sys(path: str, file: str) -> str:
    try:
        return read_text(f"{path}/{file}").strip()
    except OSError:
        return ""
