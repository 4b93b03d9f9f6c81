"""Leases of a DHCP server, as dnsmasq, ISC dhcpd and Kea keep them: who is in the network, and since when.

    1732600000 aa:bb:cc:dd:ee:ff 10.0.0.5 pc0815 01:aa:bb:cc:dd:ee:ff                        dnsmasq
    lease 10.0.0.5 { starts 4 2026/11/26 06:00:00; hardware ethernet aa:bb:…; client-hostname "pc0815"; }   ISC
    address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,…             Kea

Sources: dnsmasq(8), dhcpd.leases(5), Kea's administrator manual, "Memfile".
"""

import csv
import io
import re
from calendar import timegm
from collections.abc import Iterator
from time import strptime

from driftvakt_collector.service.coverage.entry import Entry, tidy
from driftvakt_collector.service.coverage.reading.base import ListRead

_DNSMASQ = re.compile(r"(\d{1,11}) ((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}) (\S+) (\S+)")
_ISC = re.compile(r"^lease[ \t]+([0-9A-Fa-f.:]{2,45})[ \t]*\{", re.M)
_MAX_LINES, _MAX_LINE, _DIGITS = 100, 500, 11
_KEA = ("address,hwaddr,", "address,duid,")
_COMMA = "&#x2c"
"""How Kea writes one within a column."""
_MAC = re.compile(r"hardware\s+\S+\s+([0-9a-fA-F:]{17})\s*;")
_NAME = re.compile(r'client-hostname\s+"([^"\n]{1,255})"\s*;')
_STARTS = re.compile(r"starts\s+\d\s+(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)")
_ACTIVE = re.compile(r"binding\s+state\s+(\w+)")


def is_one(text: str) -> bool:
    """Say if it begins like one of the three."""
    head = "\n".join(line for line in text[:20_000].splitlines() if line and not line.startswith("#"))
    return head.startswith(_KEA) or _DNSMASQ.match(head) is not None or _ISC.search(text[:200_000]) is not None


def read(text: str) -> ListRead:
    """Return who holds a lease."""
    if text.startswith(_KEA):
        found = list(_kea(text))
    elif _ISC.search(text) is not None:
        found = list(_isc(text))
    else:
        found = list(_dnsmasq(text))
    return ListRead([entry for entry in found if entry.keys], [])


def _dnsmasq(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        told = _DNSMASQ.match(line)
        if told is not None:
            name = told.group(4)
            # The moment is when it ends; when it began is not kept.
            yield Entry(name="" if name == "*" else tidy(name), mac=told.group(2))


def _isc(text: str) -> Iterator[Entry]:
    # Line by line: a pattern over a whole lease takes the square of a file that has no end of one.
    # The file is a log: what stands last of an address holds.
    held: dict[str, Entry] = {}
    address, lines = "", None
    for line in text.splitlines():
        begins = _ISC.match(line)
        if begins:
            address, lines = begins.group(1), list[str]()
            continue
        if lines is None or not line.startswith("}"):
            if lines is not None and len(lines) < _MAX_LINES:
                lines.append(line[:_MAX_LINE])
            continue
        body, lines = "\n".join(lines), None
        held.pop(address, None)
        mac, name, began, state = (one.search(body) for one in (_MAC, _NAME, _STARTS, _ACTIVE))
        if mac is None or (state is not None and state.group(1) in ("free", "backup", "expired", "released")):
            continue
        at = _moment(began.group(1)) if began else 0.0
        held[address] = Entry(name=tidy(name.group(1)) if name else "", mac=mac.group(1), at=at)
    yield from held.values()


def _kea(text: str) -> Iterator[Entry]:
    # A log too; a lease that was given back is written once more, with a lifetime of 0.
    held: dict[str, Entry] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        address = row.get("address") or ""
        held.pop(address, None)
        ends, lasts = row.get("expire") or "", row.get("valid_lifetime") or ""
        if row.get("state") not in (None, "", "0") or lasts == "0":
            continue
        known = _is_number(ends) and _is_number(lasts)
        at = float(int(ends) - int(lasts)) if known else 0.0
        name = (row.get("hostname") or "").replace(_COMMA, ",")
        held[address] = Entry(name=tidy(name.rstrip(".")), mac=tidy(row.get("hwaddr") or ""), at=max(0.0, at))
    yield from held.values()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS


def _moment(text: str) -> float:
    try:
        return float(timegm(strptime(text, "%Y/%m/%d %H:%M:%S")))
    except ValueError:
        return 0.0
