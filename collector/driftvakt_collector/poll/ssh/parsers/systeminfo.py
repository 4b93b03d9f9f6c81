"""What a Windows is: systeminfo, in English as its server edition is mostly set up.

Example:
    > systeminfo
    Host Name:                 DESKTOP-WIN01
    System Manufacturer:       VMware, Inc.
    Processor(s):              1 Processor(s) Installed.
                               [01]: Intel64 Family 6 Model 158 Stepping 13 GenuineIntel ~2400 Mhz
    Total Physical Memory:     2,047 MB
    Network Card(s):           1 NIC(s) Installed.
                               [01]: Intel(R) 82574L Gigabit Network Connection
                                     Connection Name: Ethernet0
                                     DHCP Enabled:    Yes
                                     IP address(es)
                                     [01]: 192.168.133.3
"""

import re
from dataclasses import dataclass, field

from driftvakt_collector.poll.ssh.parsers.number import whole

_ITEM = re.compile(r"\[(\d{1,4})\]: (.*)")
_LISTS = ("Processor(s)", "Hotfix(s)", "Network Card(s)")
_INDENT = 27


@dataclass(slots=True)
class Card:
    """A network card. told: Connection Name, Status, DHCP Enabled, DHCP Server."""

    name: str
    told: dict[str, str] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """told: what has one value, by its name. hyper_v: what the last lines say of it."""

    told: dict[str, str]
    processors: list[str]
    hotfixes: list[str]
    cards: list[Card]
    hyper_v: dict[str, str]


def parse(text: str) -> SystemInfo:
    """Return what systeminfo says."""
    found = SystemInfo({}, [], [], [], {})
    name = ""
    for line in text.split("\n"):
        if line[:1].strip():
            # A name has a colon in it: `Virtual Memory: Max Size:  2,687 MB`.
            cut = line.rfind(":", 0, _INDENT)
            name, value = (line[:cut].strip(), line[cut + 1 :].strip()) if cut > 0 else ("", "")
            if name == "Hyper-V Requirements":
                _pair(found.hyper_v, value)
            elif name and name not in _LISTS:
                found.told[name] = value
        elif line.strip():
            _more(found, name, line.strip(), len(line) - len(line.lstrip()))
    return found


def megabytes(text: str) -> int | None:
    """Return bytes of "2,047 MB"; by the country the thousands are parted by a comma, a dot or a blank."""
    number = whole("".join(one for one in text.removesuffix("MB") if one.isdecimal()))
    return number * (1 << 20) if number is not None and text.endswith("MB") else None


def _more(found: SystemInfo, name: str, text: str, indent: int) -> None:
    item = _ITEM.fullmatch(text)
    value = item[2].strip() if item else text
    if name == "Processor(s)" and item:
        found.processors.append(value)
    elif name == "Hotfix(s)" and item:
        found.hotfixes.append(value)
    elif name == "Network Card(s)" and item and indent <= _INDENT:
        found.cards.append(Card(value))
    elif name == "Network Card(s)" and item and found.cards:
        found.cards[-1].addresses.append(value)
    elif name == "Network Card(s)" and found.cards:
        _pair(found.cards[-1].told, text)
    elif name == "Hyper-V Requirements":
        _pair(found.hyper_v, text)


def _pair(told: dict[str, str], text: str) -> None:
    name, colon, value = text.partition(":")
    if colon and value.strip():
        told[name.strip()] = value.strip()
