"""The lists of incidents and of alerts: what is wrong, how it stands, and why nobody was told of it."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.alert import decision
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store.alerts import FIRING, AlertRow
from driftvakt_collector.store.incidents import ACKNOWLEDGED, CLOSED, OPEN, RESOLVED, IncidentRow

TABS = ((OPEN, "Open"), (ACKNOWLEDGED, "Taken"), (RESOLVED, "Resolved"), (CLOSED, "Closed"))
TONES = {"critical": "bad", "warning": "warn", "info": "new"}
STANDINGS = {"paged": "People were told", "held": "Held back", "shown": "Only shown"}
LIMIT = 200


@dataclass(frozen=True)
class IncidentLine:
    """One incident in a list."""

    url: str
    key: str
    text: str
    tone: str
    severity: str
    state: str
    where: str
    owner: str
    since: Moment
    muffled: int


@dataclass(frozen=True)
class AlertLine:
    """One alert. reasons: of how it stands, in words, with until when, empty for unknown."""

    text: str
    tone: str
    severity: str
    rule: str
    subject: str
    url: str
    where: str
    fires: bool
    standing: str
    word: str
    since: Moment
    ended: Moment | None
    incident: str
    reasons: tuple[tuple[str, Moment | None], ...]
    runbook: str


@dataclass(frozen=True)
class Tab:
    """A choice, with how many there are, None for not counted."""

    url: str
    title: str
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class IncidentsView:
    """The page of incidents. older: the URL of the next page, empty for none. can_page: whether anybody can be told."""

    tabs: Sequence[Tab]
    lines: Sequence[IncidentLine]
    state: str
    older: str
    held: int
    trouble: Sequence[str] = ()


@dataclass(frozen=True)
class AlertsView:
    """The page of alerts."""

    tabs: Sequence[Tab]
    lines: Sequence[AlertLine]
    standing: str


def words(summary: str) -> str:
    """Return what a summary says in English."""
    return str(json.loads(summary).get("en", ""))


def incident_line(row: IncidentRow, now: float, clock: Clock) -> IncidentLine:
    """Return an incident as a list shows it."""
    where = " · ".join(part for part in (row.site, row.administration, row.zone) if part)
    return IncidentLine(
        f"/incidents/{row.number}", row.key, words(row.summary), TONES.get(row.severity, "new"), row.severity,
        dict(TABS).get(row.state, row.state), where, row.owner, clock.moment(row.opened_at, now), row.muffled,
    )  # fmt: skip


def alert_line(row: AlertRow, hosts: Mapping[str, Host], now: float, clock: Clock) -> AlertLine:
    """Return an alert as a list shows it, with every reason of how it stands."""
    reasons = tuple(
        (one.words.en, clock.moment(one.until, now) if one.until else None) for one in decision.read(row.trace)
    )
    where = " · ".join(part for part in (row.site, row.administration, row.zone) if part)
    runbook = row.runbook if row.runbook.startswith(("https://", "http://")) else ""
    return AlertLine(
        words(row.summary), TONES.get(row.severity, "new"), row.severity, row.rule, row.subject,
        f"/hosts/{row.origin}" if row.origin in hosts else "", where, row.state == FIRING, row.standing,
        STANDINGS.get(row.standing, row.standing), clock.moment(row.started_at, now),
        clock.moment(row.ended_at, now) if row.ended_at is not None else None,
        f"INC-{row.incident}" if row.incident is not None else "", reasons, runbook,
    )  # fmt: skip


def incidents_view(
    rows: Sequence[IncidentRow], state: str, counts: Mapping[tuple[str, str], int], held: int, now: float, clock: Clock,
    trouble: Iterable[str] = (),
) -> IncidentsView:  # fmt: skip
    """Return the page of incidents in one state."""
    tabs = []
    for name, title in TABS:
        count = None if name == CLOSED else sum(number for (one, _), number in counts.items() if one == name)
        tabs.append(Tab(f"/incidents?state={name}", title, count, name == state))
    older = f"/incidents?state={state}&before={rows[-1].number}" if len(rows) == LIMIT else ""
    lines = [incident_line(row, now, clock) for row in rows]
    return IncidentsView(tabs, lines, state, older, held, tuple(trouble))


def alerts_view(
    rows: Sequence[AlertRow], standing: str, hosts: Mapping[str, Host], now: float, clock: Clock
) -> AlertsView:
    """Return the page of alerts, those of one standing, or all."""
    chosen: Callable[[str], bool] = lambda name: name == standing  # noqa: E731
    tabs = [Tab("/alerts", "All", len(rows), chosen(""))]
    for name, title in STANDINGS.items():
        count = sum(row.standing == name for row in rows)
        tabs.append(Tab(f"/alerts?standing={name}", title, count, chosen(name)))
    shown = [row for row in rows if not standing or row.standing == standing]
    return AlertsView(tabs, [alert_line(row, hosts, now, clock) for row in shown[: 2 * LIMIT]], standing)
