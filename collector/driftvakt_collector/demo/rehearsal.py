"""The last hour, lived through before the doors open, so that the first page that anybody opens has an hour of graphs.

The collector is built as always, but with a clock that is moved by hand, and every line of the last hour comes through
its door at the moment when it would have come: checked, journalled, applied. Then it is stopped, writes its snapshot,
and `serve` starts it with the world's clock the way it starts after any restart. Nothing in the collector knows of it.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_collector.demo.voice import Voice

STEP = 60.0
"""Seconds between two reports of the past: the graphs have a point a minute."""
_SLICES = 6
_MAX_LINES = 4000


class RehearsalError(Exception):
    """The door did not take what it must take; the text says what it answered."""


class Frame(NamedTuple):
    """Lines that come to the door together. at: seconds since the epoch."""

    at: float
    body: bytes


def frames(voices: Sequence[Voice], minute: float) -> Iterator[Frame]:
    """Yield what the voices say in one minute of the past, in slices of ten seconds. minute: when it begins."""
    for number in range(_SLICES):
        end = minute + (number + 1) * STEP / _SLICES
        lines: list[bytes] = []
        for voice in voices:
            if int(voice.offset * _SLICES) == number:
                at = minute + voice.offset * STEP
                voice.turn(at)
                lines += voice.take(at)
        for start in range(0, len(lines), _MAX_LINES):
            yield Frame(end, b"\n".join(lines[start : start + _MAX_LINES]))


def introductions(voices: Sequence[Voice], at: float) -> Iterator[Frame]:
    """Yield the parts of all voices, so that nobody has to ask for them while the past goes by."""
    lines: list[bytes] = []
    for voice in voices:
        voice.add_parts()
        lines += voice.take(at)
        if len(lines) >= _MAX_LINES:
            yield Frame(at, b"\n".join(lines))
            lines = []
    if lines:
        yield Frame(at, b"\n".join(lines))


class HandClock:
    """A clock that stands where it was put. The same reading serves as monotonic and as wall clock."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


async def rehearse(config: Config, past: AsyncIterator[Frame], begin: float) -> int:
    """Bring frames through the door of a collector that lives in the past; return how many bytes it took."""
    clock = HandClock(begin)
    app = App(config, clock, clock)
    size = 0
    app.journal.start()
    try:
        async for frame in past:
            clock.at = frame.at
            await _post(app, frame.body)
            size += len(frame.body)
    finally:
        await app.stop()
    return size


async def _post(app: App, body: bytes) -> None:
    """Post a body the way a server would."""
    answered: list[int] = []
    text: list[bytes] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        if message["type"] == "http.response.start":
            answered.append(message["status"])
        else:
            text.append(message.get("body", b""))

    headers = [(b"content-length", b"%d" % len(body))]
    await app({"type": "http", "method": "POST", "path": "/v1/records", "headers": headers}, receive, send)
    if answered != [200]:
        raise RehearsalError(f"the door answered {answered} to lines of the past: {b''.join(text)[:300]!r}")
