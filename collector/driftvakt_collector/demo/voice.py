"""The agent of one asset: what it says and when it says nothing. Signs as a real one does."""

import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from driftvakt_collector.demo import facts, programs, sheet, stock
from driftvakt_collector.demo.asset import Asset
from driftvakt_collector.demo.pace import Pace
from driftvakt_collector.demo.session import Session, is_cut, last_before, session
from driftvakt_collector.demo.sheet import Sheets
from driftvakt_collector.demo.work import Weather
from driftvakt_wire import RELEASE, encode
from driftvakt_wire.envelope import sign

_BACKLOG = 1000


@dataclass(frozen=True)
class Air:
    """What all voices share. every: seconds between two reports. epoch: of their lines, new for each run."""

    weather: Weather
    pace: Pace
    sheets: Sheets
    every: float
    epoch: str


class Voice:
    """One agent. `turn` puts what there is to say in line, `take` hands over what can be sent now.

    offset: its own place in each interval, from 0 to 1. since: when it begins to be listened to; a machine that runs
    at that moment does not say that it starts.
    """

    __slots__ = ("_air", "_key", "_level", "_lines", "_marks", "_seq", "_session", "asset", "offset")

    def __init__(self, asset: Asset, key: bytes, air: Air, since: float) -> None:
        self.asset = asset
        self.offset = zlib.crc32(asset.origin.encode()) % 1000 / 1000
        self._air = air
        self._key = key
        self._seq = 0
        self._lines: deque[bytes] = deque(maxlen=_BACKLOG)
        self._marks = {"info": facts.info(asset).digest}
        self._level: int | None = None
        self._session = session(asset, air.pace.day(since))

    def tell_inventory(self, at: float) -> None:
        """Tell from now on what the machine is and what is on it; the collector asks for what it lacks of that."""
        self._level = programs.level(self.asset, self._air.pace.day(at))
        self._marks |= stock.marks(self.asset, self._level)

    def turn(self, at: float) -> None:
        """Say what there is to say at `at`: a start, a report, a goodbye, or nothing."""
        air, before = self._air, self._session
        day = air.pace.day(at)
        if before is None or not before.boot <= day < before.end:
            self._session = session(self.asset, day)
            if self._session != before:
                self._change(before, self._session)
        if self._session is not None:
            self._patch(day)
            self._add(self._report(self._session, day, at))

    def take(self, at: float) -> list[bytes]:
        """Return the lines that get through now, newest first, as an agent sends them; none while the line is cut."""
        if not self._lines or is_cut(self.asset, self._air.pace.day(at)):
            return []
        lines = list(reversed(self._lines))
        self._lines.clear()
        return lines

    def off_since(self, before: float) -> Session | None:
        """Return the last session of a machine that was off when it was first listened to; None where it ran."""
        return None if self._session else last_before(self.asset, self._air.pace.day(before))

    def recall(self, past: Session, known: set[str]) -> tuple[float, list[bytes]]:
        """Return when a session ended, and what was said at last.

        known: digests of the parts that were told already; the others are told, and added.
        """
        end = self._air.pace.at(past.end)
        self._add(self._report(past, past.end, end))
        self.add_parts(set(self.marks()) - known)
        known.update(self.marks())
        if past.clean:
            self._add(encode.goodbye(round(end, 3), "stopped"))
        lines = list(self._lines)
        self._lines.clear()
        return end, lines

    def give_back(self, lines: Iterable[bytes]) -> None:
        """Keep lines that `take` gave and that did not arrive."""
        self._lines.extendleft(lines)

    def marks(self) -> tuple[str, ...]:
        """Return the digests that its reports name."""
        return self._air.sheets.of(self.asset).digest, *self._marks.values()

    def add_parts(self, digests: Iterable[str]) -> None:
        """Put the parts in line that the collector asked for."""
        wanted = set(digests)
        set_ = self._air.sheets.of(self.asset)
        if set_.digest in wanted:
            self._add(encode.series(*set_))
        if self._marks["info"] in wanted:
            self._add(encode.section("info", *facts.info(self.asset)))
        if self._level is not None and wanted.intersection(self._marks.values()):
            for name, one in stock.parts(self.asset, self._level):
                if one.digest in wanted:
                    self._add(encode.section(name, *one))

    def _patch(self, day: float) -> None:
        """Get the patches whose time has come."""
        if self._level is not None and self._level != (now := programs.level(self.asset, day)):
            self._level = now
            self._marks[stock.PACKAGES] = stock.packages(self.asset, now).digest

    def _change(self, before: Session | None, now: Session | None) -> None:
        pace = self._air.pace
        if before is not None:
            # What was not sent when it went off is lost: agents keep their backlog in memory.
            cut = is_cut(self.asset, before.end)
            if cut or not before.clean:
                self._lines.clear()
            if before.clean and not cut:
                self._add(encode.goodbye(round(pace.at(before.end), 3), "stopped"))
        if now is not None:
            self._add(encode.event(round(pace.at(now.boot), 3), "agent.start", f"driftvakt-agent {RELEASE}"))

    def _report(self, now: Session, day: float, at: float) -> bytes:
        air = self._air
        work = air.weather.work(self.asset, now, day, at, air.pace.speed)
        values = sheet.values(self.asset, work, len(self._lines))
        set_ = air.sheets.of(self.asset).digest
        return encode.report(round(at, 3), round(work.up, 3), air.every, set_, values, self._marks)

    def _add(self, record: bytes) -> None:
        self._seq += 1
        asset = self.asset
        self._lines.append(sign(self._key, asset.origin, 1, self._air.epoch, self._seq, record))
