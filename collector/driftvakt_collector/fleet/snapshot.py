"""The fleet on disk, so that a restart reads a file and the journal's tail instead of an hour of journal.

Written a slice at a time while lines keep coming, so it is no cut in time: it names the journal position from before
it began, and the journal is replayed from there. A line that a slice already had is then a duplicate to the ledger.

Layout: frames of (4-byte big-endian length, msgpack). First a Head, then a frame a host, before it one for its series
set where none was yet, last a Tail with the BLAKE2b of all before it. A file without a right tail is not used.
"""

import asyncio
import hashlib
import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from driftvakt_collector.fleet.gaps import Time
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.fleet.hour import Hour, spark_of
from driftvakt_collector.fleet.ledger import HoleRow, Ledger
from driftvakt_collector.fleet.series import SetError
from driftvakt_collector.fleet.state import Fleet

_SLICE = 250
_LENGTH = struct.Struct(">I")
_FORMAT = 1


class SnapshotError(Exception):
    """The file can't be used; the journal is replayed from its beginning instead."""


class _Head(msgspec.Struct, array_like=True, tag="head"):
    format: int
    position: int
    wall: float


class _Set(msgspec.Struct, array_like=True, tag="set"):
    digest: str
    body: bytes


class _Host(msgspec.Struct, array_like=True, tag="host"):
    origin: str
    ledger: list[tuple[str, int, list[HoleRow]]]
    series: str
    values: bytes
    at: float
    up: float
    every: float
    received: float | None
    silent: bool
    off: bool
    have: dict[str, str]
    want: dict[str, str]
    info: bytes
    hour: bytes
    hour_last: int
    waiting: tuple[str, bytes] | None = None
    mac: str = ""
    via: str = ""
    address: str = ""
    heard: float = 0.0


class _Times(msgspec.Struct, array_like=True, tag="times"):
    relay: str
    cuts: list[tuple[float, float]]


class _Tail(msgspec.Struct, array_like=True, tag="tail"):
    digest: bytes


_Frame = _Head | _Set | _Host | _Times | _Tail
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[_Frame] = msgspec.msgpack.Decoder(_Frame)


class _Writer:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.blake2b(digest_size=16)

    def put(self, frame: msgspec.Struct) -> None:
        body = _encoder.encode(frame)
        block = _LENGTH.pack(len(body)) + body
        self._hash.update(block)
        self._file.write(block)

    def digest(self) -> bytes:
        return self._hash.digest()


async def save(fleet: Fleet, path: Path, position: int, now: float, wall: float) -> None:
    """Write the fleet as of `position` or later. now: monotonic; wall: the same moment since the epoch.

    Raises OSError: the old file then stays as it was.
    """
    part = path.with_suffix(".part")
    with part.open("wb", buffering=1 << 20) as file:
        writer = _Writer(file)
        writer.put(_Head(_FORMAT, position, wall))
        written: set[str] = set()
        for index, host in enumerate(list(fleet.hosts.values())):
            # A set that came to be known after the file was begun is written too: the host's ledger already has the
            # report that names it, so the journal will not bring its values again.
            if host.series is not None and host.series.digest not in written:
                written.add(host.series.digest)
                writer.put(_Set(host.series.digest, host.series.body))
            if host.received is not None or host.ledger.epoch:
                writer.put(_frame(host, fleet.verdict(host, now)))
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        for relay, cuts in fleet.cuts.items():
            writer.put(_Times(relay, [(one.began, one.ended) for one in cuts]))
        tail = _Tail(writer.digest())
        writer.put(tail)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())
    await asyncio.to_thread(_put_in_place, part, path)


def _put_in_place(part: Path, path: Path) -> None:
    if path.exists():
        path.replace(path.with_suffix(".previous"))
    part.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _frame(host: Host, verdict: Verdict) -> _Host:
    series, values = "", b""
    if host.series is not None:
        series, values = host.series.digest, host.values.tobytes()
    hour = host.hour
    return _Host(
        host.origin, host.ledger.dump(), series, values, host.at, host.up, host.every,
        None if host.received is None else host.received_wall, verdict is Verdict.SILENT, host.off, host.have or {},
        host.want or {}, host.info, b"" if hour is None else hour.points.tobytes(), 0 if hour is None else hour.last,
        None if host.waiting is None else (host.waiting[0], host.waiting[1].tobytes()), host.mac, host.via,
        host.address, host.heard,
    )  # fmt: skip


def load(fleet: Fleet, path: Path, now: float, wall: float) -> tuple[int, float]:
    """Give the hosts of `fleet` what the file says of them.

    Return the journal position to replay from, and when the file was written, seconds since the epoch.

    Hosts that are no longer enrolled are left out. Raises SnapshotError, and then has changed nothing.
    """
    position, written = 0, 0.0
    kept: list[object] = []
    # Twice through the file: first to see that it is whole, and for the sets, which may stand behind their hosts; then
    # a host at a time, for all of them at once would take as much memory again as the fleet.
    for body in _bodies(path):
        if _tag(body) == b"host":
            continue
        frame = _decode(path, body)
        if isinstance(frame, _Head):
            position, written = frame.position, frame.wall
        elif isinstance(frame, _Times):
            fleet.cuts[frame.relay] = [Time(*one) for one in frame.cuts]
        elif isinstance(frame, _Set):
            # A release with stricter rules may refuse a set; its hosts are then without values until they report.
            with suppress(SetError):
                kept.append(fleet.sets.add(frame.digest, frame.body))
    for body in _bodies(path):
        frame = _decode(path, body)
        if isinstance(frame, _Host):
            host = fleet.hosts.get(frame.origin)
            if host is not None:
                _restore(fleet, host, frame, now, wall)
    return position, written


def _restore(fleet: Fleet, host: Host, frame: _Host, now: float, wall: float) -> None:
    host.ledger = Ledger.load(frame.ledger)
    bound = fleet.sets.get(frame.series)
    if bound is not None:
        host.series = bound
        host.values = array("d", frame.values)
    host.at, host.up, host.every, host.off = frame.at, frame.up, frame.every, frame.off
    if frame.received is not None:
        # A host that was silent stays silent until it speaks; the others are counted from now on.
        host.received = -1.0 if frame.silent else max(0.0, now - max(0.0, wall - frame.received))
        host.received_wall = host.streak = frame.received
    host.have, host.want, host.info = frame.have or None, frame.want or None, frame.info
    if frame.hour:
        host.hour = Hour()
        host.hour.points = array("f", frame.hour)
        host.hour.last = frame.hour_last
        if host.series is not None:
            host.hour.resume(frame.received or 0.0, spark_of(host.series), host.values)
    if frame.waiting is not None:
        host.waiting = (frame.waiting[0], array("d", frame.waiting[1]))
    host.mac, host.via, host.address = frame.mac, frame.via, frame.address
    host.heard = frame.heard
    host.version += 1


def _tag(body: bytes) -> bytes:
    """Return what kind of frame this is: the text at the beginning of its array (MessagePack specification)."""
    begin = 1 if body[0] & 0xF0 == 0x90 else 3
    return body[begin + 1 : begin + 1 + (body[begin] & 0x1F)]


def _decode(path: Path, body: bytes) -> _Frame:
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise SnapshotError(f"cannot use {path}: {e}") from e


def _bodies(path: Path) -> Iterator[bytes]:
    """Give the frames but the last, which must name what came before it."""
    hashed = hashlib.blake2b(digest_size=16)
    with path.open("rb", buffering=1 << 20) as file:
        first = True
        while True:
            prefix = file.read(_LENGTH.size)
            if len(prefix) < _LENGTH.size:
                raise SnapshotError(f"cannot use {path}: it ends too early")
            body = file.read(_LENGTH.unpack(prefix)[0])
            if len(body) < 8:
                raise SnapshotError(f"cannot use {path}: it holds what is no frame")
            if first:
                head = _decode(path, body)
                if not (isinstance(head, _Head) and head.format == _FORMAT):
                    raise SnapshotError(f"cannot use {path}: it is not a snapshot of this format")
                first = False
            if _tag(body) == b"tail":
                tail = _decode(path, body)
                if not isinstance(tail, _Tail) or tail.digest != hashed.digest():
                    raise SnapshotError(f"cannot use {path}: its digest is wrong")
                return
            hashed.update(prefix)
            hashed.update(body)
            yield body
