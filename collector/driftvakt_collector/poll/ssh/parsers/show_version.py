"""What a network device of Cisco's kin is: show version and show inventory.

Example:
    sw-stadshuset>show version
    Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(2)E6, RELEASE SOFTWARE (fc1)
    sw-stadshuset uptime is 1 year, 7 weeks, 3 days, 2 hours, 11 minutes
    cisco WS-C2960X-48TS-L (APM86XXX) processor (revision A0) with 524288K bytes of memory.
    Processor board ID FOC1932X0K1
    sw-stadshuset>show inventory
    NAME: "1", DESCR: "WS-C2960X-48TS-L"
    PID: WS-C2960X-48TS-L  , VID: V03  , SN: FOC1932X0K1
"""

import re
from dataclasses import dataclass

from driftvakt_collector.poll.ssh.parsers.number import whole

_VERSION = re.compile(r"\bVersion ([^\s,]{1,64})")
_UPTIME = re.compile(r"^(\S{1,64}) uptime is (.{1,120})$", re.MULTILINE)
_MODEL = re.compile(r"^[Cc]isco (\S{1,64}) .{0,120}?(?:processor|with \d)", re.MULTILINE)
_NXOS_MODEL = re.compile(r"^ {1,4}cisco (\S.{1,60}?) [Cc]hassis", re.MULTILINE)
_SERIAL = re.compile(r"^ {0,4}Processor [Bb]oard ID (\S{1,32})", re.MULTILINE)
_SPAN = re.compile(r"(\d{1,6}) (year|week|day|hour|minute|second)")
_SECONDS = {"year": 365 * 86400, "week": 7 * 86400, "day": 86400, "hour": 3600, "minute": 60, "second": 1}
_NAME = re.compile(r'NAME: "([^"]{0,120})", {1,4}DESCR: "([^"]{0,200})"')
_PID = re.compile(r"PID: {0,4}([^,]{0,64}), {0,4}VID: {0,4}([^,]{0,32}), {0,4}SN: {0,4}(\S{0,64})")


@dataclass(frozen=True, slots=True)
class Device:
    """uptime: seconds, None where it is not told."""

    title: str
    name: str
    version: str
    model: str
    serial: str
    uptime: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part with a number of its own. hardware: its revision."""

    name: str
    description: str
    model: str
    hardware: str
    serial: str


def parse(text: str) -> Device:
    """Return what the device says of itself; what it does not say is empty."""
    version, up, serial = _VERSION.search(text), _UPTIME.search(text), _SERIAL.search(text)
    model = _MODEL.search(text) or _NXOS_MODEL.search(text)
    seconds = None
    if up is not None:
        seconds = sum((whole(count) or 0) * _SECONDS[unit] for count, unit in _SPAN.findall(up[2]))
    title = next((line.strip() for line in text.split("\n") if "isco" in line), "")
    return Device(
        title, up[1] if up else "", version[1] if version else "", model[1] if model else "",
        serial[1] if serial else "", seconds,
    )  # fmt: skip


def parse_inventory(text: str) -> list[Part]:
    """Return the parts."""
    parts: list[Part] = []
    name = description = ""
    for line in text.split("\n"):
        if (named := _NAME.search(line)) is not None:
            name, description = named[1].strip(), named[2].strip()
        elif (numbered := _PID.search(line)) is not None and name:
            model, hardware, serial = (one.strip() for one in numbered.groups())
            parts.append(Part(name, description, model, hardware, serial))
            name = ""
    return parts
