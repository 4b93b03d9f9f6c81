"""What an upstream answered, line by line."""

from typing import NamedTuple

import msgspec

FINAL = frozenset((400, 409, 413, 415, 422))
"""Statuses that no repetition can change."""
STRANGER = frozenset((401, 403))


class Verdict(NamedTuple):
    """status: 200 taken, else as refused. reason: the upstream's, empty when it was taken."""

    status: int
    reason: str = ""


TAKEN = Verdict(200)


class _Answer(msgspec.Struct):
    accepted: int
    lines: list[list[object]] = []
    want: dict[str, list[str]] = {}
    next: float = 0.0
    backlog: float = 0.0


class Reply(NamedTuple):
    """verdicts: one a line. want, next, backlog: what the upstream asks for, 0 where it says nothing."""

    verdicts: list[Verdict]
    want: dict[str, list[str]]
    next: float
    backlog: float


_decoder = msgspec.json.Decoder(_Answer)
_REASON = 300
_LONGEST = 3600.0
_MAX_WANT = 64


def read(body: bytes, count: int) -> Reply | None:
    """Return what was said of `count` lines; None where nothing was said of lines, or by no collector."""
    try:
        told = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    verdicts = [TAKEN] * count
    for line in told.lines:
        if len(line) < 2 or type(line[0]) is not int or not 0 <= line[0] < count:
            return None
        if line[1] == "rejected":
            status = line[2] if len(line) > 2 and type(line[2]) is int else 503
            # A status that we do not know is none to lose a line by.
            known = status in FINAL or status in STRANGER or status == 429
            verdicts[line[0]] = Verdict(status if known else 503, str(line[3])[:_REASON] if len(line) > 3 else "")
    want = {origin: marks[:_MAX_WANT] for origin, marks in told.want.items()}
    return Reply(verdicts, want, _within(told.next), _within(told.backlog))


def error_of(body: bytes) -> str:
    """Return why a whole body was refused."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "the answer is not a collector's"
    return str(told.get("error", ""))[:_REASON] if isinstance(told, dict) else "the answer is not a collector's"


def _within(seconds: float) -> float:
    return seconds if 0 < seconds <= _LONGEST else 0.0
