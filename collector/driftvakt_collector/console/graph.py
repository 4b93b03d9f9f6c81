"""Points of an hour as SVG paths, with the axis and the words that belong to them.

Paths live in a box of 59 by 100 that the page stretches; texts stand beside it in HTML, so that they never stretch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10

from driftvakt_collector.console import quantity
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.fleet.hour import POINTS, STEP

Points = Sequence[float | None]
HEIGHT = 100.0
_LABELS = (0, 15, 30, 45, 59)


@dataclass(frozen=True)
class Line:
    """A line of a graph. path, area: SVG path data, empty without a point. kind: what its colour says."""

    name: str
    kind: str
    path: str
    area: str
    least: str
    most: str
    latest: str


@dataclass(frozen=True)
class Minute:
    """The values of a minute, for whoever points at it. place: from the left of the box."""

    place: float
    text: str


@dataclass(frozen=True)
class Graph:
    """A graph of an hour. levels: texts beside the top, the middle and the bottom. times: (place in percent, text)."""

    key: str
    title: str
    note: str
    lines: Sequence[Line]
    levels: Sequence[str]
    times: Sequence[str]
    minutes: Sequence[Minute]
    described: str

    @property
    def empty(self) -> bool:
        """Say if there is nothing to draw."""
        return not any(line.path for line in self.lines)


@dataclass(frozen=True)
class Spark:
    """A graph in a row of a list: no axis, 0 to 1."""

    path: str
    area: str
    described: str


def graph(
    key: str,
    title: str,
    lines: Sequence[tuple[str, str, Points]],
    write: Callable[[float | None], str],
    times: Sequence[str],
    *,
    note: str = "",
    top: float | None = None,
) -> Graph:
    """Return the graph of named lines (name, kind, points).

    write: gives a value its unit. times: what each minute is called (`times_of`). top: fixed upper end.
    """
    lines = [(name, kind, finite(points)) for name, kind, points in lines]
    highest = max((one for _, _, points in lines for one in points if one is not None), default=0.0)
    end = round_up(highest) if top is None else top
    drawn = [_line(name, kind, points, end, write) for name, kind, points in lines]
    minutes = [
        Minute(max(0.0, place - 0.5), f"{times[place]}  {_values(place, lines, write)}") for place in range(POINTS)
    ]
    words = "; ".join(
        f"{one.name or title}: now {one.latest}, lowest {one.least}, highest {one.most}" if one.path else "no values"
        for one in drawn
    )
    gaps = sum(all(points[place] is None for _, _, points in lines) for place in range(POINTS))
    missing = f"; nothing came in {quantity.counted(gaps, 'minute')}" if gaps and any(one.path for one in drawn) else ""
    return Graph(
        key=key,
        title=title,
        note=note,
        lines=drawn,
        levels=[write(end), write(end / 2), write(0.0)],
        times=[times[place] for place in _LABELS],
        minutes=minutes,
        described=f"{title}, the last hour. {words}{missing}.",
    )


def times_of(wall: float, clock: Clock) -> list[str]:
    """Return what the minutes of the hour that ends now are called."""
    return [clock.moment((wall // STEP - POINTS + 1 + place) * STEP, wall).text for place in range(POINTS)]


def spark(points: Points) -> Spark:
    """Return the small graph of shares of 1."""
    points = finite(points)
    known = [one for one in points if one is not None]
    if not known:
        return Spark("", "", "no values in the last hour")
    path, area = paths(points, 1.0)
    return Spark(path, area, f"CPU, the last hour: {quantity.percent(min(known))} to {quantity.percent(max(known))}")


def finite(points: Points) -> Points:
    """Return the points with a gap for what is too large for the 4 bytes that it was kept in."""
    return [one if one is not None and isfinite(one) else None for one in points]


def paths(points: Points, top: float) -> tuple[str, str]:
    """Return the line and the area under it. A missing point is a gap; one alone is a dot."""
    line: list[str] = []
    area: list[str] = []
    for start, run in runs(points):
        heights = [f"{HEIGHT - min(max(one / top, 0.0), 1.0) * HEIGHT:.4g}" for one in run]
        steps = "".join(f"L{start + place} {height}" for place, height in enumerate(heights) if place)
        line.append(f"M{start} {heights[0]}{steps or 'h0'}")
        if steps:
            area.append(f"M{start} {HEIGHT:g}L{start} {heights[0]}{steps}V{HEIGHT:g}z")
    return "".join(line), "".join(area)


def runs(points: Points) -> list[tuple[int, list[float]]]:
    """Return the stretches without a gap, each with the place of its first point."""
    found: list[tuple[int, list[float]]] = []
    open_ = False
    for place, one in enumerate(points):
        if one is None:
            open_ = False
        elif open_:
            found[-1][1].append(one)
        else:
            found.append((place, [one]))
            open_ = True
    return found


def round_up(value: float) -> float:
    """Return the end of an axis that holds the value: 1, 2, 4, 5 or 8 times a power of ten, and never 0."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** floor(log10(value))
    return next((step * power for step in (1, 2, 4, 5, 8) if value <= step * power), 10 * power)


def _line(name: str, kind: str, points: Points, end: float, write: Callable[[float | None], str]) -> Line:
    known = [one for one in points if one is not None]
    path, area = paths(points, end)
    latest = next((one for one in reversed(points[-3:]) if one is not None), None)
    least, most = (min(known), max(known)) if known else (None, None)
    return Line(name, kind, path, area, write(least), write(most), write(latest))


def _values(place: int, lines: Sequence[tuple[str, str, Points]], write: Callable[[float | None], str]) -> str:
    texts = [f"{name} {write(points[place])}".strip() for name, _, points in lines if points[place] is not None]
    return ", ".join(texts) or "nothing came"
