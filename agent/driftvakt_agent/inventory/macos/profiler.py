"""What only system_profiler knows: all of it asked in one go, as a property list.

Example, cut short:
    $ system_profiler -xml SPHardwareDataType SPNVMeDataType
    [{"_dataType": "SPHardwareDataType", "_items": [{"machine_model": "MacBookPro18,3", "serial_number": "C02XXXX…"}]},
     {"_dataType": "SPNVMeDataType", "_items": [{"_items": [{"bsd_name": "disk0", "size_in_bytes": 500277790720}]}]}]

Names of keys never change with the language; texts of sizes do (`41,94 GB`), so numbers are taken where there are any.
A list of another system_profiler lacks keys or has more; nothing here insists on one.

Source: system_profiler(8); its plug-ins in /System/Library/SystemProfiler.
"""

import plistlib
import re
import sys
from collections.abc import Iterator, Mapping
from xml.parsers.expat import ExpatError

from driftvakt_agent.host import Host

Item = Mapping[str, object]
Answer = Mapping[str, list[Item]]
"""Items by the name of their data type."""

TYPES = (
    "SPHardwareDataType", "SPMemoryDataType", "SPNVMeDataType", "SPSerialATADataType", "SPParallelATADataType",
    "SPStorageDataType", "SPCardReaderDataType", "SPUSBDataType", "SPPCIDataType", "SPDisplaysDataType",
    "SPPowerDataType", "SPPrintersDataType", "SPNetworkDataType", "SPApplicationsDataType",
    "SPInstallHistoryDataType",
)  # fmt: skip
_SECONDS = 180.0
"""It looks at every program on the disk."""
_MAX_ANSWER = 1 << 25
_MAX_DEPTH = 12
"""USB allows seven hubs behind one another."""
_MAX_ITEMS = 20_000
_EXACT = re.compile(r"\(([\d\s.,'\u00a0\u202f\u2019]+)\s*[^\d\s)]+\)")
"""As `160,04 GB (160 041 885 696 bytes)`, in whatever language."""
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*([KMGT]?)i?(?:Hz|B|T/s)?", re.IGNORECASE)
_TENS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


class ProfilerError(Exception):
    """system_profiler gave no answer in time, or one that can't be read. What is known of the machine stays."""


def items(host: Host, kind: str) -> list[Item]:
    """Return what there is of a data type, none where this Mac has none. It is asked once. Raises ProfilerError."""
    found = host.memory.get("profiler")
    if found is None:
        try:
            found = parse(capture())
        except ProfilerError as e:
            # Each reader that needs it fails alike; none waits for it again.
            found = e
        host.memory["profiler"] = found
    if isinstance(found, ProfilerError):
        raise found
    return list(found.get(kind, ())) if isinstance(found, Mapping) else []


def parse(output: bytes) -> Answer:
    """Return the items of an answer. Raises ProfilerError for what is no property list."""
    if not output.strip():
        return {}
    try:
        told = plistlib.loads(output[:_MAX_ANSWER])
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError, ExpatError) as e:
        raise ProfilerError(f"cannot read what system_profiler said of this machine, {output[:200]!r}: {e}") from e
    found: dict[str, list[Item]] = {}
    for one in told if isinstance(told, list) else []:
        if isinstance(one, dict):
            found.setdefault(str(one.get("_dataType")), []).extend(children(one, "_items"))
    return found


if sys.platform == "darwin":

    def capture() -> bytes:
        """Return what system_profiler prints; nothing where there is none. Raises ProfilerError."""
        import subprocess

        try:
            done = subprocess.run(
                ["/usr/sbin/system_profiler", "-xml", *TYPES], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as e:
            raise ProfilerError(f"system_profiler did not say in {_SECONDS:g} s what this machine is") from e
        except OSError:
            return b""
        if done.returncode != 0:
            raise ProfilerError(f"system_profiler ended with {done.returncode} when it was asked what this machine is")
        return done.stdout

else:

    def capture() -> bytes:
        return b""


def children(one: Item, name: str) -> list[Item]:
    """Return the items in a list of an item."""
    told = one.get(name)
    return [child for child in told if isinstance(child, Mapping)] if isinstance(told, list) else []


def child(one: Item, name: str) -> Item:
    """Return an item within another, one without anything where there is none."""
    told = one.get(name)
    return told if isinstance(told, Mapping) else {}


def every(found: list[Item]) -> Iterator[Item]:
    """Give items and all below them, each before what is below it; bounded in depth and number."""
    waiting = [(one, 0) for one in reversed(found)]
    given = 0
    while waiting and given < _MAX_ITEMS:
        one, depth = waiting.pop()
        given += 1
        yield one
        if depth < _MAX_DEPTH:
            waiting.extend((below, depth + 1) for below in reversed(children(one, "_items")))


def text(one: Item, *names: str) -> str:
    """Return the first of these that is told, as text on one line."""
    for name in names:
        value = one.get(name)
        if value is not None and not isinstance(value, Mapping | list | bytes):
            plain = " ".join(str(value).replace("\0", " ").split())
            if plain:
                return plain
    return ""


def texts(one: Item, name: str) -> list[str]:
    """Return a list of texts; of a text that names several, its parts."""
    value = one.get(name)
    if isinstance(value, list):
        return [" ".join(part.split()) for part in value if isinstance(part, str)]
    return [part.strip() for part in value.split(", ")] if isinstance(value, str) else []


def whole(one: Item, *names: str) -> int | None:
    """Return the first of these that is told, as a number: a number, or the one that a text begins with."""
    for name in names:
        value = one.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        found = re.match(r"\s*(\d{1,18})\b", value) if isinstance(value, str) else None
        if found is not None:
            return int(found[1])
    return None


def identifier(told: str) -> str:
    """Return a number of PCI or USB as four digits, `0x05ac (Apple Inc.)` as 05ac; empty for none."""
    if told == "apple_vendor_id":
        return "05ac"
    found = re.match(r"0x([0-9a-fA-F]{1,4})\b", told)
    return found[1].lower().zfill(4) if found else ""


def size(told: str, step: int) -> int | None:
    """Return bytes. step: 1024 for memory, 1000 for disks. What stands exactly in brackets is taken as it stands."""
    exact = _EXACT.search(told)
    if exact is not None:
        digits = "".join(char for char in exact[1] if char.isascii() and char.isdigit())
        return int(digits) if 0 < len(digits) <= 18 else None
    return _scaled(told, step)


def mhz(told: str) -> int | None:
    """Return the frequency of `2,26 GHz`, or the steps a second of `1067 MT/s`; None for what is no number."""
    found = _scaled(told, 1000)
    return None if found is None or found < 1_000_000 else found // 1_000_000


def _scaled(told: str, step: int) -> int | None:
    found = _NUMBER.match(told.strip())
    if found is None or len(found[1]) > 18 or not found[2]:
        return None
    return round(float(found[1].replace(",", ".")) * float(step ** _TENS[found[2].upper()]))
