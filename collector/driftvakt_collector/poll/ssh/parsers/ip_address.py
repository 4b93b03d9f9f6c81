"""Interfaces and addresses of Linux: ip address.

Example:
    $ ip -d address
    4: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc pfifo_fast master br0 state UP group default qlen 1000
        link/ether 02:fc:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 minmtu 68 maxmtu 65535
        vlan protocol 802.1Q id 20 <REORDER_HDR> numtxqueues 1
        inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0
           valid_lft forever preferred_lft forever
        inet6 2001:db8::5/64 scope global temporary dynamic
"""

import re
from itertools import pairwise

from driftvakt_collector.poll.ssh.parsers.interface import Address, Interface
from driftvakt_collector.poll.ssh.parsers.number import whole

_HEAD = re.compile(r"\d{1,9}: ([^:@\s]{1,64}(?::\w{1,16})?)(?:@(\S{1,64}))?: <([^>]{0,400})>(.*)")
_KINDS = ("bridge", "bond", "vlan", "veth", "tun", "vxlan", "macvlan", "ipvlan", "wireguard", "dummy", "ipip", "gre",
          "sit", "ip6tnl", "vti", "ifb", "vrf", "team")  # fmt: skip
_LINKS = {"ether": "ethernet", "loopback": "loopback"}
_PASSING = frozenset(("temporary", "deprecated", "tentative"))


def parse(text: str) -> list[Interface]:
    """Return the interfaces. type: what `-d` says that was made (bridge, vlan…), else the kind of link."""
    rows: list[Interface] = []
    for line in text.split("\n"):
        head = _HEAD.match(line)
        if head is not None:
            rows.append(_interface(head))
            continue
        words = line.split()
        if not rows or not words:
            continue
        row = rows[-1]
        if words[0].startswith("link/"):
            kind = words[0][5:]
            row.type = row.type or _LINKS.get(kind, kind)
            row.mac = words[1] if kind == "ether" and len(words) > 1 else row.mac
        elif words[0] in ("inet", "inet6") and len(words) > 1:
            row.addresses.append(_address(words))
        elif words[0] in _KINDS:
            row.type = words[0]
    return rows


def _interface(head: re.Match[str]) -> Interface:
    words = head[4].split()
    told: dict[str, str] = dict(zip(words[::2], words[1::2], strict=False))
    below: str = "" if head[2] in (None, "NONE") or head[2].startswith("if") else head[2]
    return Interface(
        head[1], tuple(filter(None, head[3].split(","))), whole(told.get("mtu", "")),
        parent=told.get("master", below), status=told.get("state", "").lower(),
    )  # fmt: skip


def _address(words: list[str]) -> Address:
    # Of a link between two, `inet 10.0.0.1 peer 10.0.0.2/32`, the length stands at the other end.
    address, _, prefix = words[1].partition("/")
    told = dict(pairwise(words[2:]))
    if not prefix:
        prefix = told.get("peer", "").partition("/")[2]
    return Address(
        address, whole(prefix), told.get("scope", ""), told.get("brd", ""), not _PASSING.isdisjoint(words[2:])
    )
