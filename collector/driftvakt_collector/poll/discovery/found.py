"""What a relay found in a network, as it tells the collector; there it is hostile text: bounded, and looked at."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network

import msgspec

from driftvakt_collector.poll.discovery.sweep import Find, Told

KIND = "found"
MAX_ADDRESSES = 2048
"""Of a network that a relay looks through, a /21: what is found is told in one piece."""
_MOST_TEXT = 255
_MOST_DOORS = 64
"""Cards and addresses of one thing that are told."""
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class FoundError(ValueError):
    """It is no report of a look through a network; the text says why."""


class _Thing(msgspec.Struct, omit_defaults=True):
    credential: str
    name: str = ""
    class_: str = msgspec.field(name="class", default="")
    vendor: str = ""
    model: str = ""
    serial: str = ""
    macs: list[str] = []
    addresses: list[str] = []


class _Find(msgspec.Struct, omit_defaults=True):
    address: str
    mac: str = ""
    told: _Thing | None = None


class Found(msgspec.Struct, omit_defaults=True):
    """began: of the sweep, as the collector asked for it. said: why it brought nothing, empty where it did."""

    network: str
    began: float
    kind: str = KIND
    said: str = ""
    finds: list[_Find] = []


_decoder = msgspec.json.Decoder(Found)


def write(network: str, began: float, finds: Iterable[Find], said: str = "") -> bytes:
    """Return the report of a look through a network."""
    told = [
        _Find(find.address, find.mac, None if find.told is None else _thing(find.told)) for find in finds
    ][:MAX_ADDRESSES]  # fmt: skip
    return msgspec.json.encode(Found(network, began, KIND, said[:1000], told))


def read(body: bytes) -> Found:
    """Read a report. Raises FoundError."""
    try:
        found = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise FoundError(f"it is no report of a network: {e}") from e
    if found.kind != KIND or len(found.finds) > MAX_ADDRESSES:
        raise FoundError("it is no report of a network, or of one that is too large")
    return found


def finds_of(found: Found, network: IPv4Network) -> Sequence[Find]:
    """Return what was found inside a network; what is told of elsewhere, or twice, is left out."""
    finds: dict[str, Find] = {}
    for one in found.finds:
        address = _address(one.address)
        if address is not None and address in network:
            finds.setdefault(str(address), Find(str(address), _mac(one.mac), _told(one.told)))
    return list(finds.values())


def _thing(told: Told) -> _Thing:
    return _Thing(
        _cut(told.credential), _cut(told.name), told.class_, _cut(told.vendor), _cut(told.model), _cut(told.serial),
        sorted(told.macs)[:_MOST_DOORS], sorted(told.addresses)[:_MOST_DOORS],
    )  # fmt: skip


def _told(thing: _Thing | None) -> Told | None:
    if thing is None:
        return None
    macs = (mac for one in thing.macs[:_MOST_DOORS] if (mac := _mac(one)))
    addresses = (str(at) for one in thing.addresses[:_MOST_DOORS] if (at := _address(one)) is not None)
    return Told(
        _cut(thing.credential), _cut(thing.name), thing.class_, _cut(thing.vendor), _cut(thing.model),
        _cut(thing.serial), frozenset(macs), frozenset(addresses),
    )  # fmt: skip


def _cut(text: str) -> str:
    return text[:_MOST_TEXT]


def _mac(text: str) -> str:
    return text if _MAC.fullmatch(text) else ""


def _address(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except ValueError:
        return None
