"""What is known of a host between two lines: what is wrong or about to be, samples, and what is usual."""

from array import array
from collections.abc import Callable
from math import inf, nan
from typing import NamedTuple

from driftvakt_collector.alert.rules.compiled import Program, vanished, window_of
from driftvakt_collector.alert.rules.point import Point, PointKey
from driftvakt_collector.alert.rules.profile import Profile
from driftvakt_collector.alert.rules.quick import quick
from driftvakt_collector.alert.rules.rule import Rule
from driftvakt_collector.alert.rules.track import Track, picker
from driftvakt_collector.fleet.host import Host, silent_after
from driftvakt_collector.fleet.series import Labels, SeriesSet


class Facts(NamedTuple):
    """What an alert says of its host."""

    origin: str
    name: str
    zone: str
    administration: str
    site: str
    class_: str
    supplier: str

    def labels(self) -> dict[str, str]:
        """Return by what rules choose hosts."""
        return {
            "host": self.name, "zone": self.zone, "administration": self.administration, "site": self.site,
            "class": self.class_,
        }  # fmt: skip


def facts_of(host: Host) -> Facts:
    """Return the facts of a host as they are now."""
    return Facts(
        host.origin, host.name, host.zone, host.administration, host.site, host.class_, host.supplier
    )  # fmt: skip


class Active:
    """A rule that is true at a series. since: milliseconds of the first time. fires: whether it was so for long enough.

    lapsed: when it became untrue while it still fires (`keep_firing_for`), None while it is true.
    """

    __slots__ = ("fires", "labels", "lapsed", "rule", "since", "value")

    def __init__(self, rule: Rule, labels: Labels, since: float, value: float) -> None:
        self.rule = rule
        self.labels = labels
        self.since = since
        self.value = value
        self.fires = False
        self.lapsed: float | None = None

    def due(self) -> float:
        """Return the moment at which time alone changes it, infinite for never."""
        if self.lapsed is not None:
            return self.lapsed + self.rule.keep * 1000
        return inf if self.fires else self.since + self.rule.wait * 1000


class HostState:
    """host: None after a restart, until its first line. at: of the newest line. due: when time may change something.

    scheduled: for when it stands in the evaluator's queue. expired: whether the newest line is too old to count.
    class_, site: the very texts of the host; others mean that its facts were read anew. plain: whether nothing must be
    measured at each line. well: the states of the newest line in which all of them were as they should be.
    """

    __slots__ = (
        "active", "at", "bound", "busy", "class_", "due", "expired", "facts", "host", "learning", "plain", "profiles",
        "program", "quick", "restless", "scheduled", "site", "states", "steady", "tracks", "values", "vanished",
        "watched", "well",
    )  # fmt: skip

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.host: Host | None = None
        self.class_ = self.site = ""
        self.bound: SeriesSet | None = None
        self.program: Program | None = None
        self.quick = self.steady = quick(())
        self.states: Callable[[array[float]], tuple[bytes, ...]] = picker([])
        self.well: tuple[bytes, ...] | None = None
        self.active: dict[PointKey, Active] = {}
        self.tracks: dict[float, Track] = {}
        self.watched: list[tuple[Track, dict[int, list[Point]] | None]] = []
        self.profiles: dict[PointKey, Profile] = {}
        self.busy: tuple[Point, ...] = ()
        self.learning: tuple[Point, ...] = ()
        self.vanished: tuple[Point, ...] = ()
        self.values = array("d")
        self.at = 0.0
        self.due = self.scheduled = inf
        self.expired = self.restless = False
        self.plain = True

    def bind(self, program: Program, bound: SeriesSet, now: float) -> None:
        """Use a program from now on; samples and what is usual are kept where it needs them."""
        self.program, self.bound, self.quick = program, bound, program.quick
        self.steady, self.states, self.well = program.steady, program.states, None
        reaches = dict.fromkeys([*program.columns, *(window_of(rule) for rule in program.rules)])
        tracks = {reach: self.tracks.get(reach) or Track(reach) for reach in reaches}
        for reach, track in tracks.items():
            track.bind(dict(program.columns.get(reach, {})), now)
        self.tracks = {reach: track for reach, track in tracks.items() if track.keys}
        gone = [key for track in self.tracks.values() for key in track.gone]
        self.vanished = tuple(vanished(bound, program, gone)) if gone else ()
        self.busy = program.busy + self.vanished
        self.watched = []
        for reach, track in self.tracks.items():
            by_column: dict[int, list[Point]] = {}
            for point in program.quiet:
                if window_of(point.rule) == reach:
                    by_column.setdefault(track.column[point.series], []).append(point)
            track.watches = bool(by_column)
            self.watched.append((track, by_column or None))
        self.learning = program.learning
        wanted = {point.key for point in program.learning}
        self.profiles = {key: profile for key, profile in self.profiles.items() if key in wanted}
        self.plain = not self.busy and not self.learning
        self.restless = bool(program.timed or program.learning or self.tracks)

    def look_back(self) -> float:
        """Return for how many milliseconds the newest line counts: until the console calls the host silent."""
        return silent_after(self.host.every if self.host is not None else 60.0) * 1000

    def nothing(self) -> "array[float]":
        """Return values of which none is known."""
        return array("d", [nan]) * len(self.values)

    def shift(self, by: float) -> None:
        """Move all that is known in time, when the clock was set back."""
        self.at += by
        for track in self.tracks.values():
            track.shift(by)
        for active in self.active.values():
            active.since += by
            if active.lapsed is not None:
                active.lapsed += by

    def settled(self, now: float) -> bool:
        """Say if the samples of a series that vanished have left its window, so that it is to be forgotten."""
        return any(now - at > track.reach for track in self.tracks.values() for at in track.gone.values())
