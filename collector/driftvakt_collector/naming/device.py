"""What a device is, by what its SNMP agent says of itself: who made it, what runs on it, and what kind of thing it is.

    1.3.6.1.4.1.11.2.3.9.1   "HP ETHERNET MULTI-ENVIRONMENT,…,PID:HP Color LaserJet Pro M252dw"   HP, jetdirect, printer
    1.3.6.1.4.1.9.1.2664     "Cisco IOS Software [IOSXE], Catalyst L3 Switch Software (CA…"       Cisco, iosxe, switch
    1.3.6.1.4.1.8072.3.2.10  "TrueNAS-11.2-U7 (b088e78e8d). Hardware: amd64 Intel(R) Xeon(R)…"    iXsystems, truenas

sysObjectID begins with its maker's number (IANA, enterprise numbers). Many agents are net-snmp, and have its number:
then the description alone tells. A rule with words goes before one without, a longer number before a shorter one.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from driftvakt_collector.naming.devices import DETAILS, NUMBERS, WORDS
from driftvakt_collector.naming.text import tidy

CLASSES = (
    "switch", "router", "firewall", "access point", "wireless controller", "load balancer", "printer", "ups", "pdu",
    "sensor", "camera", "phone", "conference", "clock", "storage", "server", "hypervisor", "management", "encoder",
    "appliance",
)  # fmt: skip
"""What a device may be: `Device.class_`, empty where nobody knows."""
_ENTERPRISES = "1.3.6.1.4.1."
_INTERNET = "1.3.6.1."
_GENERAL = ("0", "8072", "2021", "99999")
"""Numbers of agents that others build on (net-snmp), and of nobody: they say nothing of the device."""
_APART = re.compile(r"(?<=\d) (?=\d)")
_MAX = 400


class Device(NamedTuple):
    """vendor, os, model, version: empty where nobody says. os: a short name in lower case."""

    vendor: str = ""
    os: str = ""
    class_: str = ""
    model: str = ""
    version: str = ""


class _Rule(NamedTuple):
    words: re.Pattern[str] | None
    device: Device


@lru_cache(maxsize=10_000)
def device(object_id: str, descr: str) -> Device:
    """Return what a device is. object_id: sysObjectID in dotted numbers. descr: sysDescr as text."""
    number, words = object_id[:_MAX].strip().lstrip("."), " ".join(descr[: 4 * _MAX].split())[:_MAX]
    rule = _rule(number, words, _NUMBERS, _WORDS)
    found = rule.device if rule is not None else Device()
    told = next((fits for one in _DETAILS.get(found.os, ()) if (fits := one.search(words))), None)
    if told is None:
        return found
    groups = told.groupdict()
    # Some write the parts of a release apart: V 17 12 4.
    version = _APART.sub(".", groups.get("version") or "")
    return found._replace(model=tidy(groups.get("model") or ""), version=tidy(version))


def _rule(number: str, words: str, numbers: Mapping[str, Sequence[_Rule]], general: Sequence[_Rule]) -> _Rule | None:
    """Return the rule that holds for a device, the nearest first, if any does."""
    own = number.removeprefix(_ENTERPRISES)
    # What stands outside the tree of numbers (0.0, which RFC 2578 has for "none") is nobody's.
    parts = own.split(".")[:12] if number.startswith(_INTERNET) else []
    if own == number or parts[0] in _GENERAL:
        found = _first(general, words)
        if found is not None:
            return found
    near = [rule for length in range(len(parts), 0, -1) for rule in numbers.get(".".join(parts[:length]), ())]
    bare = next((rule for rule in near if rule.words is None), None)
    return _first(near, words.lower()) or bare or _first(general, words)


def _first(rules: Sequence[_Rule], words: str) -> _Rule | None:
    return next((rule for rule in rules if rule.words is not None and rule.words.search(words)), None)


def _numbers(table: str) -> dict[str, list[_Rule]]:
    found: dict[str, list[_Rule]] = {}
    for line in table.strip().splitlines():
        number, vendor, os, class_, words = (part.strip() for part in line.split(";", 4))
        # Held against a text in lower case: an expression that ignores case is far slower.
        pattern = re.compile(words.lower()) if words else None
        found.setdefault(number, []).append(_Rule(pattern, Device(vendor, os, class_)))
    return found


def _words(table: str) -> list[_Rule]:
    found = []
    for line in table.strip().splitlines():
        words, vendor, os, class_ = (part.strip() for part in line.rsplit(";", 3))
        found.append(_Rule(re.compile(words), Device(vendor, os, class_)))
    return found


def _details(table: str) -> dict[str, list[re.Pattern[str]]]:
    found: dict[str, list[re.Pattern[str]]] = {}
    for line in table.strip().splitlines():
        systems, _, pattern = line.partition("; ")
        for os in systems.split():
            found.setdefault(os, []).append(re.compile(pattern))
    return found


_NUMBERS = _numbers(NUMBERS)
_WORDS = _words(WORDS)
_DETAILS = _details(DETAILS)
