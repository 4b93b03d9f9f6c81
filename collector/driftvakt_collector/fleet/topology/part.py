"""The part `forwarding` of a host: which MAC its bridge sees behind which port (RFC 4188, RFC 4363).

It changes all the time, so it is no section of the inventory and has no history: only the newest is kept. A poller
sends it as any section, under its digest; the intake keeps what it does not know by name as a part.
    {"bridge":"00:1b:a9:0b:a7:52","rows":[["3c:52:82:11:22:33","Gi1/0/7",100]],"gateway":"10.20.0.1"}

`gateway` is the address of the default router, where that is known; a host that is no bridge may tell it alone.
"""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

import msgspec

NAME = "forwarding"
MAX_ROWS = 20_000
MAX_BODY = 1 << 20
"""The largest body, in bytes: as that of a section."""
_Text = Annotated[str, msgspec.Meta(max_length=255)]
_Mac = Annotated[str, msgspec.Meta(max_length=17)]
_encode = msgspec.json.Encoder().encode


class PartError(ValueError):
    """The body is no such part; the text says why."""


class Seen(NamedTuple):
    """An entry of a forwarding table. vlan: 0 where the bridge does not tell."""

    mac: _Mac
    port: _Text
    vlan: int = 0


class Forwarding(NamedTuple):
    """bridge: the bridge's own MAC, empty where it is not told. gateway: address of the default router, or empty."""

    bridge: str = ""
    rows: tuple[Seen, ...] = ()
    gateway: str = ""


class _Body(msgspec.Struct):
    bridge: _Text = ""
    rows: list[Seen] = []
    gateway: _Text = ""


_decoder = msgspec.json.Decoder(_Body)


def write(told: Forwarding) -> bytes:
    """Return the body. Rows are in one order, so that the same table has the same digest; those over the bounds go."""
    rows = sorted(set(told.rows))[:MAX_ROWS]
    body = _encode(_Body(told.bridge, rows, told.gateway))
    while len(body) > MAX_BODY:
        rows = rows[: len(rows) * MAX_BODY // len(body) - 1]
        body = _encode(_Body(told.bridge, rows, told.gateway))
    return body


def read(body: bytes) -> Forwarding:
    """Return what a body tells. Raises PartError for what is no such part, or larger than we take."""
    if len(body) > MAX_BODY:
        raise PartError(f"a forwarding table is at most {MAX_BODY} bytes")
    try:
        told = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise PartError(f"it is no forwarding table: {e}") from e
    if len(told.rows) > MAX_ROWS:
        raise PartError(f"a forwarding table has at most {MAX_ROWS} rows")
    return Forwarding(told.bridge, shared(told.rows), told.gateway)


def shared(rows: Iterable[Seen]) -> tuple[Seen, ...]:
    """Return rows in which equal names of ports are one text: a table names forty-eight ports in thousands of rows."""
    known: dict[str, str] = {}
    return tuple(Seen(one.mac, known.setdefault(one.port, one.port), one.vlan) for one in rows)
