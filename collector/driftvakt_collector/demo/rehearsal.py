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
_MAX_LINES = 2000
_MOST_TOGETHER = 25
_PROLOGUE_SECONDS = 15 * 86400.0
"""Nobody's last words are older; see `last_before`."""


class RehearsalError(Exception):
    """The door did not take what it must take; the text says what it answered."""


class Frame(NamedTuple):
    """Lines that come to the door together. at: seconds since the epoch."""

    at: float
    body: bytes


def prologue(voices: Sequence[Voice], begin: float, known: set[str]) -> Iterator[Frame]:
    """Yield the last words of the machines that are off when the past begins, so that it is known since when.

    known: as for `frames`.
    """
    asleep = [(past, voice) for voice in voices if (past := voice.off_since(begin)) is not None]
    asleep.sort(key=lambda one: one[0].end)
    for start in range(0, len(asleep), _MOST_TOGETHER):
        words = [voice.recall(past, known) for past, voice in asleep[start : start + _MOST_TOGETHER]]
        yield Frame(words[-1][0], b"\n".join(line for _, lines in words for line in lines))


def frames(voices: Sequence[Voice], minute: float, known: set[str]) -> Iterator[Frame]:
    """Yield what the voices say in one minute of the past, in slices of ten seconds. minute: when it begins.

    known: digests of the parts that were told, added to here. Nobody can ask for parts while the past goes by, so each
    follows the first report that names it.
    """
    for number in range(_SLICES):
        end = minute + (number + 1) * STEP / _SLICES
        lines: list[bytes] = []
        for voice in voices:
            if int(voice.offset * _SLICES) != number:
                continue
            at = minute + voice.offset * STEP
            voice.turn(at)
            said = voice.take(at)
            for mark in voice.marks() if said else ():
                if mark not in known:
                    known.add(mark)
                    voice.add_parts([mark])
                    said += voice.take(at)
            lines += said
        for start in range(0, len(lines), _MAX_LINES):
            yield Frame(end, b"\n".join(lines[start : start + _MAX_LINES]))


class HandClock:
    """A clock that stands where it was put. The same reading serves as monotonic and as wall clock."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


async def rehearse(config: Config, past: AsyncIterator[Frame], begin: float) -> int:
    """Bring frames through the door of a collector that lives in the past; return how many bytes it took."""
    clock = HandClock(begin - _PROLOGUE_SECONDS)
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
