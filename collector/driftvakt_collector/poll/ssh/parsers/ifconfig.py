"""Interfaces and addresses: ifconfig of the BSDs, macOS, AIX, and of Linux in its old and its new form.

Example:
    $ ifconfig -a    (Linux)
    ens33: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
            inet 192.168.71.137  netmask 255.255.255.0  broadcast 192.168.71.255
            inet6 fe80::c1cb:715d:bc3e:b8a0  prefixlen 64  scopeid 0x20<link>
            ether 00:0c:29:3b:58:0e  txqueuelen 1000  (Ethernet)
            RX packets 8061  bytes 1514413 (1.4 MiB)
    $ ifconfig -a    (macOS)
    en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
            ether f0:18:98:03:d9:30
            inet6 fe80::8b7:1281:7499:b504%en0 prefixlen 64 secured scopeid 0x8
            inet 192.168.1.72 netmask 0xffffff00 broadcast 192.168.1.255
            status: active
    $ ifconfig -a    (Linux before 2011, BusyBox)
    ens33     Link encap:Ethernet  HWaddr 00:0c:29:c2:c8:63
              inet addr:192.168.248.129  Bcast:192.168.248.255  Mask:255.255.255.0
              inet6 addr: fe80::c1ca:3dee:39f7:5937/64 Scope:Link
              UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
              RX packets:36 errors:0 dropped:0 overruns:0 frame:0
              RX bytes:5602 (5.6 KB)  TX bytes:13935 (13.9 KB)
"""

import re
from itertools import pairwise

from driftvakt_collector.poll.ssh.parsers.interface import Address, Interface
from driftvakt_collector.poll.ssh.parsers.number import whole

_NEW = re.compile(r"([^\s:]{1,64}(?::\d{1,6})?): flags=[0-9a-fA-F,]{1,40}<([^>]{0,400})>")
_OLD = re.compile(r"(\S{1,64}) +Link encap:(\S{1,40}(?: Loopback)?)")
_SPECIAL = {"HWaddr": "mac", "ether": "mac", "mtu": "mtu", "metric": "metric"}
_WAYS = ("RX", "TX")
_PASSING = frozenset(("temporary", "deprecated", "tentative"))
_KINDS = {"Ethernet": "ethernet", "Local": "loopback", "Local Loopback": "loopback"}


def parse(text: str) -> list[Interface]:
    """Return the interfaces. counters: as `RX packets`."""
    rows: list[Interface] = []
    for line in text.split("\n"):
        new = _NEW.match(line)
        old = _OLD.match(line) if new is None else None
        if new is not None:
            rows.append(Interface(new[1], tuple(filter(None, new[2].split(",")))))
            line = line[new.end() :]
        elif old is not None:
            rows.append(Interface(old[1], type=_KINDS.get(old[2], old[2].lower())))
            line = line[old.end() :]
        elif line[:1].strip():
            continue
        words = line.replace("MTU:", "mtu ").replace("Metric:", "metric ").split()
        if rows and words:
            _take(rows[-1], words, line)
    return rows


def _take(row: Interface, words: list[str], line: str) -> None:
    if words[0] in ("inet", "inet6"):
        address = _address(words, line)
        if address is not None:
            row.addresses.append(address)
        return
    if words[0] in _WAYS or words[0].startswith("collisions:"):
        _count(row, words)
        return
    _set_up(row, words)
    if line.rstrip().endswith(")") and words[0] in ("ether", "loop"):
        kind = line.rpartition("(")[2].rstrip().rstrip(")")
        row.type = _KINDS.get(kind, kind.lower())


def _set_up(row: Interface, words: list[str]) -> None:
    if words[0] == "status:":
        row.status = " ".join(words[1:])
    if words[0] == "UP" and not row.flags:
        row.flags = tuple(one for one in words if one.isupper())
    for at, name in enumerate(words[:-1]):
        kind = _SPECIAL.get(name)
        if kind == "mac" and words[at + 1].count(":") == 5:
            row.mac = words[at + 1].lower()
        elif kind == "mtu":
            row.mtu = whole(words[at + 1])
        elif kind == "metric":
            row.metric = whole(words[at + 1])
    if words[0] == "vlan:" and words[-2:-1] == ["interface:"]:
        row.parent = words[-1]


def _count(row: Interface, words: list[str]) -> None:
    """Take the counters of a line: `RX packets 5  bytes 7`, or `RX packets:5 errors:0`."""
    way = ""
    pairs = iter(" ".join(words).replace(":", " ").split())
    for word in pairs:
        if word in _WAYS:
            way = word
        elif word.isalpha() and word.islower():
            number = whole(next(pairs, ""))
            if number is not None:
                row.counters[f"{way or 'TX'} {word}"] = number


def _address(words: list[str], line: str) -> Address | None:
    if "addr:" in line:
        told = dict(one.partition(":")[::2] for one in words[1:])
        if words[0] == "inet6" and len(words) > 2:
            address, _, prefix = words[2].partition("/")
            return Address(address, whole(prefix), told.get("Scope", "").lower())
        return Address(told.get("addr", ""), prefix_of(told.get("Mask", "")), "", told.get("Bcast", ""))
    if len(words) < 2:
        return None
    address, _, prefix = words[1].partition("/")
    address, _, zone = address.partition("%")
    told = dict(pairwise(words[2:]))
    bits = whole(told.get("prefixlen", "")) if "prefixlen" in told else prefix_of(told.get("netmask", ""))
    scope = told.get("scopeid", "").partition("<")[2].rstrip(">")
    return Address(
        address, whole(prefix) if prefix else bits, scope, told.get("broadcast", ""),
        not _PASSING.isdisjoint(words[2:]), zone,
    )  # fmt: skip


def prefix_of(mask: str) -> int | None:
    """Return how many bits of a mask are set: 255.255.255.0, or 0xffffff00 on a BSD."""
    if mask.startswith("0x") and len(mask) == 10:
        try:
            return int(mask, 16).bit_count()
        except ValueError:
            return None
    parts = [whole(one) for one in mask.split(".")]
    if len(parts) != 4:
        return None
    return sum(one.bit_count() for one in parts if one is not None and 0 <= one < 256)
