"""The host series of some hosts, in legal family order, joined from lines that were rendered once a report.

Text format 0.0.4 and OpenMetrics 1.0 want each family's samples together. Every host keeps its lines family by family,
so a page is a transposition and a join, at some 5 to 10 million samples a second.
"""

import asyncio
from collections.abc import Iterable, Sequence

from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.fleet.series import SeriesSet, SetError, render
from driftvakt_collector.fleet.state import Fleet
from driftvakt_wire import names

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_SLICE = 200
_SHOWN = (Verdict.OK, Verdict.LATE)

Columns = dict[str, list[Sequence[bytes]]]


class RenderCache:
    """How much memory rendered lines may take. Past it, lines are rendered for each page and not kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def lines(self, host: Host, bound: SeriesSet) -> list[bytes]:
        """Return a host's lines, family by family in the order of `bound.families`."""
        if host.pieces is not None and host.pieces_version == host.version:
            return host.pieces
        pieces = render(bound, host.labels(), host.values)
        if host.pieces is not None:
            self.used -= _size(host.pieces)
            host.pieces = None
        size = _size(pieces)
        if self.used + size <= self.limit:
            host.pieces, host.pieces_version = pieces, host.version
            self.used += size
        return pieces


def _size(pieces: list[bytes]) -> int:
    """Return about what CPython keeps for these: 33 bytes an object, 8 a place in the list, and the text."""
    return sum(map(len, pieces)) + 41 * len(pieces)


async def page(fleet: Fleet, hosts: Iterable[Host], cache: RenderCache, now: float, *, openmetrics: bool) -> bytes:
    """Return the page of these hosts. now: monotonic. Of a silent host only `driftvakt_host_up` is left, and is 0."""
    columns: Columns = {}
    rows: dict[SeriesSet, list[list[bytes]]] = {}
    up: list[bytes] = []
    when: list[bytes] = []
    every: list[bytes] = []
    for index, host in enumerate(hosts):
        block = host.labels().replace("%%", "%")
        shown = fleet.verdict(host, now) in _SHOWN
        up.append(f"driftvakt_host_up{{{block}}} {int(shown)}\n".encode())
        if host.received is not None:
            stamp = f"driftvakt_host_last_report_timestamp_seconds{{{block}}} {host.received_wall!r}\n"
            when.append(stamp.encode())
            every.append(f"driftvakt_host_report_interval_seconds{{{block}}} {host.every!r}\n".encode())
        if shown and host.series is not None:
            rows.setdefault(host.series, []).append(cache.lines(host, host.series))
        if shown and host.info:
            _add_info(columns, host)
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
    for bound, lines in rows.items():
        for family, column in zip(bound.families, zip(*lines, strict=True), strict=True):
            columns.setdefault(family, []).append(column)
    columns["driftvakt_host_up"] = [up]
    columns["driftvakt_host_last_report_timestamp_seconds"] = [when]
    columns["driftvakt_host_report_interval_seconds"] = [every]
    return _join(columns, _custom(rows), openmetrics=openmetrics)


def _add_info(columns: Columns, host: Host) -> None:
    """Add the `*_info` series, whose value is always 1 and whose labels came once, as a section."""
    try:
        bound = SeriesSet("", host.info)
    except SetError:
        return
    for family, piece in zip(bound.families, render(bound, host.labels(), [1.0] * len(bound)), strict=True):
        columns.setdefault(family, []).append((piece,))


def _custom(rows: Iterable[SeriesSet]) -> dict[str, tuple[str, str]]:
    """Return type and help of the families that hosts declared; where two disagree on the type it is untyped."""
    found: dict[str, tuple[str, str]] = {}
    for bound in rows:
        for name, (kind, help_) in bound.custom.items():
            other = found.get(name)
            found[name] = (kind, help_) if other is None or other[0] == kind else (names.UNTYPED, other[1])
    return found


def _join(columns: Columns, custom: dict[str, tuple[str, str]], *, openmetrics: bool) -> bytes:
    parts: list[bytes] = []
    for name in sorted(columns):
        parts.append(header(name, custom.get(name), openmetrics=openmetrics))
        for column in columns[name]:
            parts.extend(column)
    if openmetrics:
        parts.append(b"# EOF\n")
    return b"".join(parts)


def header(name: str, custom: tuple[str, str] | None, *, openmetrics: bool) -> bytes:
    """Return the HELP and TYPE lines of a family. custom: type and help where driftvakt does not declare the name."""
    declared = names.family(name)
    if declared is not None:
        kind, help_ = declared.type, declared.help
    else:
        kind, help_ = custom or (names.UNTYPED, "Read by the agent from a file on the host.")
    if kind == names.INFO:
        kind = names.GAUGE
    shown = name
    if openmetrics:
        if kind == names.COUNTER and declared is not None and name.endswith("_total"):
            shown = name.removesuffix("_total")
        elif kind != names.GAUGE or declared is None:
            kind = "unknown"
    text = help_.replace("\\", "\\\\").replace("\n", "\\n")
    if openmetrics:
        text = text.replace('"', '\\"')
    return f"# HELP {shown} {text}\n# TYPE {shown} {kind}\n".encode()
