"""What should be there against what reports, as plain facts for a page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from driftvakt_collector.console import quantity
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.sheet import Sheet
from driftvakt_collector.console.stamp import stamp
from driftvakt_collector.service.coverage import FINDINGS, LISTS
from driftvakt_collector.service.coverage.reconcile import Share
from driftvakt_collector.store.coverage import FindingRow, ListInfo

MAX_ROWS = 300
_OWNERS = 40


@dataclass(frozen=True)
class Kind:
    """One kind of finding, how many there are, and the link that shows them."""

    title: str
    text: str
    count: int
    url: str
    chosen: bool


@dataclass(frozen=True)
class Owner:
    """Whose findings, how many, and the link that shows them."""

    name: str
    count: int
    url: str
    chosen: bool


@dataclass(frozen=True)
class ListLine:
    """A list. share: of its rows that report, in words; length: the same in percent."""

    name: str
    kind: str
    about: str
    zone: str
    rows: int
    share: str
    length: float
    moment: Moment
    who: str


@dataclass(frozen=True)
class Line:
    """A finding. url: of the host that it is about, empty where nothing of it reports. age: since when, in words."""

    number: str
    kind: str
    subject: str
    url: str
    owner: str
    site: str
    text: str
    moment: Moment
    age: str
    accepted: str


@dataclass(frozen=True)
class CoverageView:
    """Everything that the page shows. looked: when the lists were held against the fleet last, None for not yet."""

    kinds: Sequence[Kind]
    owners: Sequence[Owner]
    lists: Sequence[ListLine]
    lines: Sequence[Line]
    total: int
    more: int
    accepted: int
    looked: Moment | None
    downloads: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class CoverageQuery:
    """kind: of FINDINGS, empty for all. owner: an administration."""

    kind: str = ""
    owner: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "CoverageQuery":
        kind = parameters.get("kind", "")
        return cls(kind if kind in FINDINGS else "", parameters.get("owner", "")[:300])

    def url(self, base: str = "/coverage", **more: str) -> str:
        told = {"kind": self.kind, "owner": self.owner, **more}
        text = urlencode({name: value for name, value in told.items() if value}, errors="replace")
        return f"{base}?{text}" if text else base


def build(
    query: CoverageQuery, findings: Sequence[FindingRow], lists: Sequence[ListInfo], shares: Sequence[Share],
    looked: float, wall: float, clock: Clock,
) -> CoverageView:  # fmt: skip
    """Return the page. looked, wall: seconds since the epoch."""
    open_ = [row for row in findings if row.accepted <= wall]
    of_owner = [row for row in open_ if not query.owner or row.owner == query.owner]
    of_kind = [row for row in open_ if not query.kind or row.kind == query.kind]
    shown = [row for row in of_owner if not query.kind or row.kind == query.kind]
    counts, owners = Counter(row.kind for row in of_owner), Counter(row.owner for row in of_kind)
    return CoverageView(
        kinds=[
            Kind(title, text, counts[kind], query.url(kind="" if query.kind == kind else kind), query.kind == kind)
            for kind, (title, text) in FINDINGS.items()
        ],
        owners=[
            Owner(name, count, query.url(owner="" if query.owner == name else name), query.owner == name)
            for name, count in _ranked(owners, query.owner)[:_OWNERS] if name
        ],
        lists=[_list(one, shares, wall, clock) for one in lists],
        lines=[_line(row, wall, clock) for row in shown[:MAX_ROWS]],
        total=len(shown),
        more=max(0, len(shown) - MAX_ROWS),
        accepted=len(findings) - len(open_),
        looked=clock.moment(looked, wall) if looked else None,
        downloads=[(name, query.url("/api/v1/coverage", format=name)) for name in ("csv", "xlsx", "json")],
    )  # fmt: skip


def _ranked(owners: Counter[str], chosen: str) -> list[tuple[str, int]]:
    """Return the owners, the chosen one first, then those with the most."""
    return sorted(owners.items(), key=lambda one: (one[0] != chosen, -one[1], one[0]))


def sheet(findings: Sequence[FindingRow]) -> Sheet:
    """Return findings as a table to take away."""
    columns = ["number", "kind", "subject", "origin", "asset", "list", "owner", "site", "zone", "text", "since",
               "accepted_until", "accepted_by", "reason"]  # fmt: skip
    rows = [
        [row.number, row.kind, row.subject, row.origin, row.asset or None, row.list, row.owner, row.site, row.zone,
         row.text, stamp(row.since), stamp(row.accepted) if row.accepted else None, row.who, row.reason]
        for row in findings
    ]  # fmt: skip
    return Sheet("coverage", columns, rows)


def _list(one: ListInfo, shares: Sequence[Share], wall: float, clock: Clock) -> ListLine:
    share = next((found for found in shares if found.list == one.name), None)
    length = 100.0 * share.reporting / share.rows if share and share.rows else 0.0
    # Rounded down: a list is not covered to 100 % while one row is missing.
    told = f"{share.reporting} of {share.rows} report, {int(length * 10) / 10:g} %" if share else "not looked at yet"
    return ListLine(one.name, one.kind, LISTS.get(one.kind, ""), one.zone, one.rows, told, round(length, 1),
                    clock.moment(one.at, wall), one.who)  # fmt: skip


def _line(row: FindingRow, wall: float, clock: Clock) -> Line:
    return Line(
        number=row.number,
        kind=FINDINGS[row.kind][0] if row.kind in FINDINGS else row.kind,
        subject=row.subject,
        url=f"/hosts/{row.origin}" if row.origin else "",
        owner=row.owner,
        site=row.site,
        text=row.text,
        moment=clock.moment(row.since, wall),
        age=quantity.duration(max(0.0, wall - row.since)),
        accepted="",
    )
