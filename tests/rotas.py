"""Rotas for tests, and who is on duty by them found by painting a year half an hour at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from driftvakt_collector.alert.oncall.changes import ChangeKind, DutyChange
from driftvakt_collector.alert.oncall.days import is_red
from driftvakt_collector.alert.oncall.hours import ALWAYS, Window, read_hours
from driftvakt_collector.alert.oncall.rota import DateLine, Layer, Rota

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PEOPLE = ("anna", "bo", "cecilia", "david", "eva")
SLOT = 1800
YEAR = 2026
"""Spring forward on 29 March, back on 25 October; Easter 5 April; Christmas Day on a Friday."""


def at(text: str, zone: ZoneInfo = STOCKHOLM) -> float:
    """Return a moment that is written as on the wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@dataclass(frozen=True)
class Slots:
    """Each half hour of the year and some days around it. wall: what the clock shows. first: when it shows it first."""

    times: tuple[int, ...]
    wall: tuple[tuple[date, int], ...]
    first: dict[tuple[date, int], int]

    def index(self, day: date, minutes: int) -> int:
        """Return the number of the slot that begins when a clock first shows a time; what never comes is an hour on."""
        day, minutes = day + timedelta(days=minutes // 1440), minutes % 1440
        if (day, minutes) in self.first:
            return self.first[day, minutes]
        if (day, minutes + 60) in self.first:
            return self.first[day, minutes + 60]
        return -1 if day < date(YEAR, 1, 1) else len(self.times)


@cache
def slots(zone: ZoneInfo) -> Slots:
    begin = int(datetime(YEAR - 1, 12, 20, tzinfo=zone).timestamp())
    end = int(datetime(YEAR + 1, 1, 10, tzinfo=zone).timestamp())
    times = tuple(range(begin, end, SLOT))
    wall, first = [], {}
    for number, time in enumerate(times):
        reading = datetime.fromtimestamp(time, zone)
        told = (reading.date(), reading.hour * 60 + reading.minute)
        wall.append(told)
        first.setdefault(told, number)
    return Slots(times, tuple(wall), first)


def days() -> Iterable[date]:
    day = date(YEAR - 1, 12, 20)
    while day < date(YEAR + 1, 1, 10):
        yield day
        day += timedelta(days=1)


def painted(hours: Sequence[Window], rota: Rota) -> list[bool]:
    """Return for each slot whether it is within hours."""
    table = slots(rota.zone)
    result = [False] * len(table.times)
    for window in hours:
        inside = [False] * len(table.times)
        for day in days():
            red = rota.is_red(day)
            begins = day.weekday() in window.days
            if window.red is True:
                begins = begins or red
            elif window.red is False:
                begins = begins and not red
            if begins:
                first = table.index(day, window.begin)
                last = table.index(day + timedelta(days=window.over), window.until)
                for number in range(max(0, first), max(0, last)):
                    inside[number] = True
        for number, one in enumerate(inside):
            result[number] = result[number] or one is not window.outside
    return result


def turns(layer: Layer, rota: Rota) -> list[int | None]:
    """Return for each slot the number of the turn, by going from hand-over to hand-over."""
    table = slots(rota.zone)
    result: list[int | None] = [None] * len(table.times)
    begin, number = layer.start, 0
    while begin < date(YEAR + 1, 1, 10):
        first = table.index(begin, layer.minute)
        last = table.index(begin + timedelta(days=layer.days), layer.minute)
        for slot in range(max(0, first), max(0, last)):
            result[slot] = number
        begin, number = begin + timedelta(days=layer.days), number + 1
    if layer.until is not None:
        for slot in range(max(0, table.index(layer.until, layer.minute)), len(result)):
            result[slot] = None
    return result


def plan(rota: Rota, changes: Sequence[DutyChange]) -> list[dict[int, str]]:
    """Return for each slot who is on duty on each level; nobody is the empty text."""
    table = slots(rota.zone)
    layers = [(layer, painted(layer.hours, rota), turns(layer, rota)) for layer in rota.layers]
    levels = sorted({layer.level for layer in rota.layers} | {line.level for line in rota.dates})
    result = []
    for number, time in enumerate(table.times):
        now = [one for one in changes if one.begin <= time and time < one.end and one.rota in ("", rota.name)]
        here: dict[int, str] = {}
        for level in levels:
            # Whoever could have it, the one that is meant first.
            queue = [one.person for one in rota.dates if one.level == level and one.begin <= time < one.end][::-1]
            for layer, open_, turn in layers:
                n = turn[number]
                if layer.level == level and open_[number] and n is not None:
                    queue += [layer.people[(n + step) % len(layer.people)] for step in range(len(layer.people))]
            gone = {one.person for one in now if one.kind is ChangeKind.ABSENCE} | set(here.values())
            here[level] = _settled(rota, queue, now, gone, is_first=level == levels[0])
        result.append(here)
    return result


def _settled(rota: Rota, queue: list[str], now: Sequence[DutyChange], gone: set[str], *, is_first: bool) -> str:
    free = [name for name in queue if name not in gone]
    holder = doer = queue[0] if queue else ""
    if holder in gone:
        doer = free[0] if free and rota.cover else ""
    ordered = sorted((one for one in now if one.kind is not ChangeKind.ABSENCE), key=lambda one: one.id)
    for one in [one for one in ordered if one.kind is ChangeKind.SWAP]:
        pair = [one.person, one.instead]
        subject = holder if holder in pair else doer if doer in pair else ""
        if subject and (other := pair[1 - pair.index(subject)]) not in gone:
            holder = doer = other
    for one in [one for one in ordered if one.kind is ChangeKind.OVERRIDE and one.person not in gone]:
        if (one.instead and one.instead in (holder, doer)) or (not one.instead and is_first):
            holder = doer = one.person
    return doer


HOURS = [
    "always", "weekdays 17:00-08:00", "weekends 08:00-08:00", "workdays 08:00-17:00", "freedays", "fri 17:00-mon 08:00",
    "outside workdays 08:00-17:00", "sat,sun 02:30-14:00", "mon-thu 22:00-24:00", "everyday 00:00-02:30",
    "sön 02:00-03:00", "outside weekends",
]  # fmt: skip


@st.composite
def spans(draw: st.DrawFn) -> tuple[float, float]:
    """Draw a part of the year, often across a turn of the clock; its ends are half hours."""
    near = draw(st.sampled_from([date(YEAR, 1, 1), date(YEAR, 3, 28), date(YEAR, 10, 24), date(YEAR, 12, 20)]))
    begin = datetime(near.year, near.month, near.day, tzinfo=STOCKHOLM).timestamp()
    begin += draw(st.integers(0, 48 * 80)) * SLOT
    return begin, begin + draw(st.integers(1, 48 * 40)) * SLOT


@st.composite
def rotas(draw: st.DrawFn) -> Rota:
    """Draw a rota with one to four layers, on one or two levels, and some lines by date."""
    layers = []
    for number in range(draw(st.integers(1, 4))):
        start = date(YEAR - 1, 12, 22) + timedelta(days=draw(st.integers(0, 60)))
        layers.append(
            Layer(
                people=tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=5))),
                start=start,
                days=draw(st.sampled_from([1, 2, 3, 7, 14])),
                minute=draw(st.sampled_from([0, 120, 150, 180, 480, 1020])),
                level=1 if number == 0 else draw(st.sampled_from([1, 2])),
                hours=ALWAYS if draw(st.booleans()) else read_hours(draw(st.lists(st.sampled_from(HOURS), min_size=1,
                                                                                  max_size=2))),
                until=draw(st.sampled_from([None, None, start + timedelta(days=200)])),
            )
        )  # fmt: skip
    dates = [
        DateLine(draw(st.sampled_from(PEOPLE)), *draw(spans()), level=draw(st.sampled_from([1, 1, 2])))
        for _ in range(draw(st.integers(0, 3)))
    ]
    return Rota(
        "natverk", draw(st.sampled_from([STOCKHOLM, STOCKHOLM, ZoneInfo("America/New_York"), ZoneInfo("UTC")])),
        layers=tuple(layers), dates=tuple(dates), hours=read_hours([draw(st.sampled_from(HOURS[:9]))]),
        cover=draw(st.booleans()), calendar="office", is_red=is_red,
    )  # fmt: skip


@st.composite
def changes(draw: st.DrawFn) -> tuple[DutyChange, ...]:
    """Draw overrides, swaps and absences of a year."""
    found = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        kind = draw(st.sampled_from(ChangeKind))
        person, other = draw(st.permutations(PEOPLE))[:2]
        instead = "" if kind is ChangeKind.ABSENCE else other
        if kind is ChangeKind.OVERRIDE and draw(st.booleans()):
            instead = ""
        rota = "" if kind is ChangeKind.ABSENCE else draw(st.sampled_from(["natverk", "natverk", "natverk", "other"]))
        found.append(DutyChange(number, kind, person, *draw(spans()), rota=rota, instead=instead))
    return tuple(draw(st.permutations(found)))
