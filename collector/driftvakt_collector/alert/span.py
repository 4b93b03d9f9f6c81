"""Stretches of time: half open, in seconds since the epoch. Joined, cut out of each other, added up."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """From `begin` on, up to and without `end`."""

    begin: float
    end: float

    def holds(self, at: float) -> bool:
        """Say if a moment is in it."""
        return self.begin <= at < self.end

    def meets(self, other: "Span") -> bool:
        """Say if they have time in common."""
        return self.begin < other.end and other.begin < self.end


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the same time in order, where spans that meet or touch are one; those without any length are none."""
    found: list[Span] = []
    for span in sorted(one for one in spans if one.begin < one.end):
        if found and span.begin <= found[-1].end:
            found[-1] = Span(found[-1].begin, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def within(spans: Iterable[Span], frame: Span) -> tuple[Span, ...]:
    """Return what of them lies in a frame."""
    cut = (Span(max(one.begin, frame.begin), min(one.end, frame.end)) for one in spans)
    return tuple(one for one in cut if one.begin < one.end)


def without(spans: Iterable[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans with the holes cut out, in order."""
    left = list(joined(spans))
    for hole in holes:
        kept: list[Span] = []
        for one in left:
            if one.meets(hole):
                kept += [Span(one.begin, min(one.end, hole.begin)), Span(max(one.begin, hole.end), one.end)]
            else:
                kept.append(one)
        left = [one for one in kept if one.begin < one.end]
    return tuple(left)


def seconds(spans: Iterable[Span]) -> float:
    """Return their length, of spans that do not meet."""
    return sum(one.end - one.begin for one in spans)
