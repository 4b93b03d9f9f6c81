"""The host series of some hosts, in legal family order, joined from lines that were rendered once a report.

Text format 0.0.4 and OpenMetrics 1.0 want each family's samples together. Every host keeps its lines family by family,
so a page is a transposition and a join, at some 5 to 10 million samples a second.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from driftvakt_collector.fleet.gaps import Gap
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.fleet.series import OURS, Labels, SeriesSet, SetError, escape, render, shown
from driftvakt_collector.fleet.state import Fleet
from driftvakt_wire import names

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
log = logging.getLogger(__name__)

_SLICE = 200
_MAX_SHAPES = 64
"""How many shapes of `info` a set remembers; hosts of one set have a few."""
_SHOWN = (Verdict.OK, Verdict.LATE)

Columns = dict[str, list[Sequence[bytes]]]


class _Lines(NamedTuple):
    """A host's lines: one piece a family, in the order of `families`, which equal hosts share."""

    families: tuple[str, ...]
    pieces: list[bytes]


_NO_INFO = _Lines((), [])


Usual = Callable[[Host], Sequence[tuple[str, Labels, float]]]
"""Gives what rules take for usual of a host now: rule, labels of the series, value."""


class RenderCache:
    """How much memory rendered lines may take. Past it, lines are rendered for each page and not kept."""

    def __init__(
        self, limit: int, gaps: Callable[[Host], list[Gap]] | None = None, usual: Usual | None = None
    ) -> None:  # fmt: skip
        """gaps: what is missing of a host (Fleet.gaps). usual: what rules take for usual of one."""
        self.limit = limit
        self.used = 0
        self.usual = usual
        self._gaps = gaps

    def lines(self, host: Host, bound: SeriesSet) -> _Lines:
        """Return the lines of a host that reports."""
        info = self._info(host)
        if host.pieces is None or host.pieces_version != host.version:
            self._render(host, bound, info.pieces)
            if host.pieces is None:
                return _Lines(self._joined(bound, info), self._pieces(host, bound, info.pieces))
        return _Lines(self._joined(bound, info), host.pieces)

    def _render(self, host: Host, bound: SeriesSet, info: list[bytes]) -> None:
        """Render, and keep it where there is room."""
        if host.pieces is not None:
            self.used -= _size(host.pieces)
            host.pieces = None
        pieces = self._pieces(host, bound, info)
        size = _size(pieces)
        if self.used + size <= self.limit:
            host.pieces, host.pieces_version = pieces, host.version
            self.used += size

    def ours(self, host: Host, *, is_up: bool) -> list[bytes]:
        """Return what the collector itself says of a host, in the order of OURS."""
        block = host.labels().replace("%%", "%")
        when = every = b""
        if host.received is not None:
            when = f"{OURS[1]}{{{block}}} {host.received_wall!r}\n".encode()
            every = f"{OURS[2]}{{{block}}} {host.every!r}\n".encode()
        usual = self._usual(host, block) if is_up else b""
        return [f"{OURS[0]}{{{block}}} {int(is_up)}\n".encode(), when, every, self._missing(host, block), usual]

    def _usual(self, host: Host, block: str) -> bytes:
        if self.usual is None:
            return b""
        lines = []
        for rule, labels, value in self.usual(host):
            own = "".join(f',{key}="{escape(text)}"' for key, text in shown(labels))
            lines.append(f'{OURS[4]}{{{block}{own},rule="{escape(rule)}"}} {value!r}\n')
        return "".join(lines).encode("utf-8", "replace")

    def _missing(self, host: Host, block: str) -> bytes:
        if self._gaps is None or host.ledger.whole():
            return b""
        causes: Counter[str] = Counter()
        for gap in self._gaps(host):
            causes[gap.cause] += gap.lines
        lines = (f'{OURS[3]}{{cause="{cause}",{block}}} {count}\n' for cause, count in sorted(causes.items()))
        return "".join(lines).encode()

    def _pieces(self, host: Host, bound: SeriesSet, info: list[bytes]) -> list[bytes]:
        return [*render(bound, host.labels(), host.values), *info, *self.ours(host, is_up=True)]

    def _info(self, host: Host) -> _Lines:
        """Return the `*_info` series, whose value is always 1 and whose labels came once, as a section."""
        if not host.info:
            return _NO_INFO
        if host.info_lines is None:
            try:
                bound = SeriesSet("", host.info)
            except SetError:
                host.info_lines = _NO_INFO
            else:
                pieces = render(bound, host.labels(), [1.0] * len(bound))
                host.info_lines = (bound.families, pieces)
        return _Lines(*host.info_lines)

    def _joined(self, bound: SeriesSet, info: _Lines) -> tuple[str, ...]:
        """Return the families of a host's lines; the same object for equal hosts, which makes grouping them cheap."""
        found = bound.joined.get(info.families)
        if found is None:
            if len(bound.joined) >= _MAX_SHAPES:
                bound.joined.clear()
            found = bound.joined[info.families] = (*bound.families, *info.families, *OURS)
        return found


def _size(pieces: list[bytes]) -> int:
    """Return about what CPython keeps for these: 33 bytes an object, 8 a place in the list, and the text."""
    return sum(map(len, pieces)) + 41 * len(pieces)


async def page(fleet: Fleet, hosts: Iterable[Host], cache: RenderCache, now: float, *, openmetrics: bool) -> bytes:
    """Return the page of these hosts. now: monotonic. Of a silent host only `driftvakt_host_up` is left, and is 0."""
    rows: dict[tuple[str, ...], list[list[bytes]]] = {OURS: []}
    used: set[SeriesSet] = set()
    for index, host in enumerate(hosts):
        if host.series is not None and fleet.verdict(host, now) in _SHOWN:
            families, pieces = cache.lines(host, host.series)
            if len(families) != len(pieces):
                log.error("the lines of %s do not match their families; the host is left out", host.origin)
                continue
            used.add(host.series)
            found = rows.get(families)
            if found is None:
                rows[families] = [pieces]
            else:
                found.append(pieces)
        else:
            rows[OURS].append(cache.ours(host, is_up=fleet.verdict(host, now) in _SHOWN))
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
    columns: Columns = {}
    for families, lines in rows.items():
        for family, column in zip(families, zip(*lines, strict=True), strict=bool(lines)):
            columns.setdefault(family, []).append(column)
    return _join(columns, _custom(used), openmetrics=openmetrics)


def _custom(rows: Iterable[SeriesSet]) -> dict[str, tuple[str, str]]:
    """Return type and help of the families that hosts declared; where two disagree on the type it is untyped."""
    found: dict[str, tuple[str, str]] = {}
    for bound in sorted(rows, key=lambda one: one.digest):
        for name, (kind, help_) in bound.custom.items():
            other = found.get(name)
            found[name] = (kind, help_) if other is None or other[0] == kind else (names.UNTYPED, other[1])
    return found


def _join(columns: Columns, custom: dict[str, tuple[str, str]], *, openmetrics: bool) -> bytes:
    parts: list[bytes] = []
    for name in sorted(columns):
        base = name.removesuffix("_total")
        free = base not in columns and f"{base}_created" not in columns
        parts.append(header(name, custom.get(name), openmetrics=openmetrics, free=free))
        for column in columns[name]:
            parts.extend(column)
    if openmetrics:
        parts.append(b"# EOF\n")
    return b"".join(parts)


def header(name: str, custom: tuple[str, str] | None, *, openmetrics: bool, free: bool = True) -> bytes:
    """Return the HELP and TYPE lines of a family. custom: type and help where driftvakt does not declare the name.

    free: no other family has a name that OpenMetrics reserves for a counter that is called this without `_total`.
    """
    declared = names.family(name)
    if declared is not None:
        kind, help_ = declared.type, declared.help
    else:
        kind, help_ = custom or (names.UNTYPED, "Read by the agent from a file on the host.")
    if kind == names.INFO:
        kind = names.GAUGE
    shown = name
    if openmetrics:
        if kind == names.COUNTER and declared is not None and name.endswith("_total") and free:
            shown = name.removesuffix("_total")
        elif kind != names.GAUGE or declared is None:
            kind = "unknown"
    text = help_.replace("\\", "\\\\").replace("\n", "\\n").replace("\0", "\ufffd")
    if openmetrics:
        text = text.replace('"', '\\"')
    return f"# HELP {shown} {text}\n# TYPE {shown} {kind}\n".encode()
