"""Evaluates the rules of a host when its line arrives, and what time alone makes true when it is asked (`tick`).

The verdicts are those of Prometheus 2.42 with the exported rules, evaluated at the same moments of the same samples:
`for` counts from the first time that a rule is true; NaN, and a series that is told no more, are no verdict; the newest
line counts until the host is silent.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from math import inf, nan

from driftvakt_collector.alert.alert import Alert, Change, What
from driftvakt_collector.alert.rules import keeping, measuring
from driftvakt_collector.alert.rules.compiled import Compiler
from driftvakt_collector.alert.rules.point import Point, PointKey, holds
from driftvakt_collector.alert.rules.profile import slot
from driftvakt_collector.alert.rules.rule import WINDOWED, Function, Rule
from driftvakt_collector.alert.rules.state import Active, HostState, facts_of
from driftvakt_collector.alert.rules.telling import alert_of
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.series import Labels

MAX_STATES = 1000
"""States of a host: a device that names its series anew at each visit fills no memory."""
_SET_BACK = 60_000.0
"""Milliseconds by which the clock must be set back to count as set back."""


class Evaluator:
    """pace: seconds after which a host that sent no line is looked at again where time may change a verdict.

    refused: states and series of hosts that were past the bounds.
    """

    def __init__(self, rules: Iterable[Rule], pace: float = 60.0) -> None:
        self._compiler = Compiler(rules)
        self._states: dict[str, HostState] = {}
        self._due: list[tuple[float, str]] = []
        self._pace = pace * 1000
        self.refused = 0

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are evaluated."""
        return self._compiler.rules

    def line(self, host: Host, at: float) -> list[Change]:  # noqa: C901  it runs for each line: a call costs more
        """Evaluate a host whose newest line was taken in. at: when it came, seconds since the epoch."""
        bound = host.series
        if bound is None:
            return []
        state = self._states.get(host.origin)
        if (
            state is None or state.bound is not bound or state.host is not host
            or state.site is not host.site or state.class_ is not host.class_
        ):  # fmt: skip
            state = self._bound(host, at * 1000.0)
        now = (at * 1000.0 + 0.5) // 1.0
        if now < state.at:
            now = self._set_back(state, now)
            at = now / 1000.0
        values = state.values = host.values
        state.at = now
        state.expired = False
        found = state.quick(values, at)
        states = state.states(values)
        if states != state.well:
            wrong = state.steady(values, at)
            if wrong:
                found += wrong
            else:
                state.well = states
        for track, quiet in state.watched:
            track.add(now, values)
            if quiet is None or not track.hot:
                continue
            for column, changed in track.hot.items():
                for point in quiet.get(column, ()):
                    if changed > now - point.rule.window * 1000.0:
                        found += (point,)
        if found or state.active or not state.plain:
            return self._looked_at(state, host, now, found)
        if state.restless:
            state.due = now + self._pace
            if state.scheduled > state.due:
                self._schedule(state)
        return []

    def tick(self, at: float) -> list[Change]:
        """Return what became true or untrue without a line until now: call it every few seconds."""
        now = (at * 1000.0 + 0.5) // 1.0
        changes: list[Change] = []
        due = self._due
        while due and due[0][0] <= now:
            moment, origin = heappop(due)
            state = self._states.get(origin)
            if state is None or state.scheduled != moment:
                continue
            state.scheduled = inf
            if state.due <= now:
                changes += self._again(state, now)
            elif state.due < inf:
                self._schedule(state)
        return changes

    def forget(self, origin: str, at: float) -> list[Change]:
        """Let go of a host that is no more; what fired is cleared."""
        state = self._states.pop(origin, None)
        if state is None:
            return []
        return [_change(What.CLEARED, state, key, active, at) for key, active in state.active.items() if active.fires]

    def replace(self, rules: Iterable[Rule], at: float) -> list[Change]:
        """Take other rules. What fired by a rule that is no more is cleared; the others keep what they know."""
        self._compiler = Compiler(rules)
        names = {rule.name for rule in self._compiler.rules}
        changes = []
        for state in self._states.values():
            state.program = state.bound = None
            for key in [key for key in state.active if key[0] not in names]:
                active = state.active.pop(key)
                if active.fires:
                    changes.append(_change(What.CLEARED, state, key, active, at))
        return changes

    def firing(self) -> Iterator[Alert]:
        """Return the alerts that fire now, with the newest values."""
        for state in self._states.values():
            for key, active in state.active.items():
                if active.fires:
                    yield alert_of(state.facts, key, active)

    def pending(self, origin: str) -> list[tuple[str, Labels, float]]:
        """Return what is true of a host but not for long enough yet: rule, labels, since when."""
        state = self._states.get(origin)
        found = state.active.items() if state is not None else ()
        return [(name, labels, active.since / 1000) for (name, labels), active in found if not active.fires]

    def expected(self, origin: str, at: float) -> list[tuple[str, Labels, float]]:
        """Return what is usual of a host's series now, by rule, for `driftvakt_rule_baseline` in the exposition."""
        state = self._states.get(origin)
        if state is None or state.expired:
            return []
        told = []
        for point in state.learning:
            profile = state.profiles.get(point.key)
            if profile is not None:
                usual = profile.expected(slot(at * 1000.0, point.rule.time_zone))
                if usual == usual:
                    told.append((point.rule.name, point.labels, usual))
        return told

    def dump(self) -> bytes:
        """Return all that is known, for a restart."""
        return keeping.dump(self._states.values())

    def copies(self) -> Iterator[keeping.Kept]:
        """Give what `dump` packs, a host at a time, so that a large fleet keeps no line waiting."""
        for state in list(self._states.values()):
            yield from keeping.copies((state,))

    def agree(self, known: Container[str]) -> None:
        """Have what fires by us and is not known by its fingerprint raised again, if it is still so: after a restart,

        when what fired was not written, or what was over was not kept.
        """
        for state in self._states.values():
            for key, active in state.active.items():
                if active.fires and alert_of(state.facts, key, active).fingerprint not in known:
                    active.fires, active.lapsed = False, None

    def waiting(self) -> Iterator[Alert]:
        """Return the alerts that do not fire yet."""
        for state in self._states.values():
            for key, active in state.active.items():
                if not active.fires:
                    yield alert_of(state.facts, key, active)

    def load(self, kept: bytes, at: float, hosts: Mapping[str, Host] | None = None) -> int:
        """Take what `dump` gave before a restart; return of how many hosts. Raises keeping.DumpError.

        hosts: all that are known, by origin. The time in between counts neither for `for` nor as silence: nobody was
        heard in it.
        """
        now = (at * 1000.0 + 0.5) // 1.0
        states = keeping.load(kept, {rule.name: rule for rule in self.rules}, now)
        self._states = {state.facts.origin: state for state in states}
        for state in states:
            # How often it reports says for how long what was wrong is still so.
            state.host = (hosts or {}).get(state.facts.origin)
            self._plan(state, now)
        return len(states)

    def _looked_at(self, state: HostState, host: Host, now: float, found: tuple[Point, ...]) -> list[Change]:
        """Evaluate a host of which something may be wrong, or must be measured each time."""
        if state.facts != facts_of(host):
            self._bound(host, now)
            if state.program is not None:
                found = tuple(point for point in found if point.key in state.program.by_key)
        return self._evaluate(state, now, found + state.busy)

    def _bound(self, host: Host, now: float) -> HostState:
        """Return the state of a host, with the program of its series set."""
        assert host.series is not None
        facts = facts_of(host)
        state = self._states.get(host.origin)
        if state is None:
            state = self._states[host.origin] = HostState(facts)
        state.facts, state.host, state.site, state.class_ = facts, host, host.site, host.class_
        program = self._compiler.program(host.series, facts.labels())
        self.refused += program.refused
        if program is not state.program or host.series is not state.bound:
            state.bind(program, host.series, now)
        return state

    def _again(self, state: HostState, now: float) -> list[Change]:
        """Evaluate a host from which no line came."""
        now = max(now, state.at)
        off = state.host is not None and state.host.off
        if not state.expired and (off or now - state.at > state.look_back()):
            state.expired = True
            state.values = state.nothing()
        if state.program is None:
            # Nobody came back after a restart, or the rules are others: its next line tells.
            return self._evaluate(state, now, ()) if state.expired else self._plan(state, now)
        return self._evaluate(state, now, state.program.timed + state.program.windows + state.vanished)

    def _evaluate(self, state: HostState, now: float, found: Iterable[Point]) -> list[Change]:
        changes: list[Change] = []
        by_key = state.program.by_key if state.program is not None else {}
        candidates = {point.key: point for point in found}
        for key in state.active:
            if key not in candidates and (point := by_key.get(key)) is not None:
                candidates[key] = point
        for point in state.learning:
            candidates[point.key] = point
        true = {}
        for key, point in candidates.items():
            value = self._value(state, now, point)
            if value == value and self._wrong(state, now, point, value):
                true[key] = value
        for key, value in true.items():
            self._is_true(state, now, candidates[key], value, changes)
        for key in [key for key in state.active if key not in true]:
            self._is_untrue(state, now, key, changes)
        if state.vanished and state.settled(now) and state.program is not None and state.bound is not None:
            state.bind(state.program, state.bound, now)
        self._plan(state, now)
        return changes

    def _value(self, state: HostState, now: float, point: Point) -> float:
        """Return what is measured at a point, NaN for nothing."""
        function = point.rule.function
        if function is Function.ABSENT:
            return 1.0 if not state.expired and point.is_absent(state.values) else nan
        if function is Function.BASELINE:
            return measuring.against_usual(state, now, point)
        if not point.guarded(state.values):
            return nan
        if function in WINDOWED:
            return measuring.over_window(state, now, point)
        return point.newest(state.values, now / 1000.0)

    def _wrong(self, state: HostState, now: float, point: Point, value: float) -> bool:
        condition = point.rule.condition
        wrong = holds(condition.op, value, condition.threshold)
        if not wrong and condition.clear is not None:
            active = state.active.get(point.key)
            wrong = active is not None and active.fires and holds(condition.op, value, condition.clear)
        return wrong and (not point.rule.history or measuring.was_there(state, now, point))

    def _is_true(self, state: HostState, now: float, point: Point, value: float, changes: list[Change]) -> None:
        active = state.active.get(point.key)
        if active is None:
            if len(state.active) >= MAX_STATES:
                self.refused += 1
                return
            active = state.active[point.key] = Active(point.rule, point.labels, now, value)
        active.rule, active.value, active.lapsed = point.rule, value, None
        if not active.fires and now - active.since >= point.rule.wait * 1000:
            active.fires = True
            changes.append(_change(What.RAISED, state, point.key, active, now / 1000))

    def _is_untrue(self, state: HostState, now: float, key: PointKey, changes: list[Change]) -> None:
        active = state.active[key]
        if active.fires and active.rule.keep:
            if active.lapsed is None:
                active.lapsed = now
            if now - active.lapsed < active.rule.keep * 1000:
                return
        del state.active[key]
        if active.fires:
            changes.append(_change(What.CLEARED, state, key, active, now / 1000))

    def _plan(self, state: HostState, now: float) -> list[Change]:
        """Find out when time may change something of a host."""
        due = min((active.due() for active in state.active.values()), default=inf)
        if not state.expired:
            if state.active:
                # One more than the look-back: a line that is exactly as old still counts.
                due = min(due, state.at + state.look_back() + 1)
            if state.restless:
                due = min(due, now + self._pace)
        elif any(track.times and track.times[-1] >= now - track.reach for track in state.tracks.values()):
            due = min(due, now + self._pace)
        state.due = max(due, now + 1)
        if state.scheduled > state.due:
            self._schedule(state)
        return []

    def _schedule(self, state: HostState) -> None:
        state.scheduled = state.due
        heappush(self._due, (state.due, state.facts.origin))

    def _set_back(self, state: HostState, now: float) -> float:
        """Return the moment to evaluate at when the clock went back: a little is let pass, much is one set right."""
        if state.at - now < _SET_BACK:
            return state.at
        state.shift(now - state.at)
        return now


def _change(what: What, state: HostState, key: PointKey, active: Active, at: float) -> Change:
    return Change(what, alert_of(state.facts, key, active), at)
