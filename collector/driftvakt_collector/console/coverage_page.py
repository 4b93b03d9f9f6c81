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

MAX_ROWS = 200
"""Findings that one page shows."""
_OWNERS = 40
_MAX_TEXT = 300


@dataclass(frozen=True)
class Kind:
    """One kind of finding, how many there are, and the link that shows them."""

    title: str
    text: str
    count: int
    url: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """An owner or a zone, how many findings there are of it, and the link that shows them."""

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
    """A finding. url: of the host that it is about, empty where nothing of it reports. age: since when, in words.

    decide: the page that accepts it, or takes that back. accepted: until when, None for one that is not. who, reason:
    of whoever accepted it.
    """

    number: str
    kind: str
    subject: str
    url: str
    owner: str
    site: str
    text: str
    moment: Moment
    age: str
    decide: str
    accepted: Moment | None
    who: str
    reason: str


@dataclass(frozen=True)
class CoverageView:
    """Everything that the page shows. looked: when the lists were held against the fleet last, None for not yet.

    first: the place of the first line, counted from 1. before, after: links to the page before and after this one.
    other: link to what is accepted, or back from there. many: to where all of these are accepted.
    """

    query: "CoverageQuery"
    kinds: Sequence[Kind]
    owners: Sequence[Choice]
    zones: Sequence[Choice]
    lists: Sequence[ListLine]
    lines: Sequence[Line]
    total: int
    first: int
    before: str
    after: str
    other: str
    many: str
    accepted: int
    looked: Moment | None
    downloads: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class CoverageQuery:
    """kind: of FINDINGS, empty for all. owner: an administration. words: that a finding must have, as they were typed.

    accepted: show those that somebody said are all right, and no others. page: from 0.
    """

    kind: str = ""
    owner: str = ""
    zone: str = ""
    words: str = ""
    accepted: bool = False
    page: int = 0

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "CoverageQuery":
        kind, page = parameters.get("kind", ""), parameters.get("page", "")
        return cls(
            kind if kind in FINDINGS else "",
            parameters.get("owner", "")[:_MAX_TEXT],
            parameters.get("zone", "")[:_MAX_TEXT],
            " ".join(parameters.get("q", "")[:_MAX_TEXT].split()),
            parameters.get("accepted") == "1",
            int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 0,
        )

    def url(self, base: str = "/coverage", **more: str) -> str:
        """Return the link that asks this with something more, from the first page on."""
        told = {"kind": self.kind, "owner": self.owner, "zone": self.zone, "q": self.words,
                "accepted": "1" if self.accepted else "", **more}  # fmt: skip
        text = urlencode({name: value for name, value in told.items() if value}, errors="replace")
        return f"{base}?{text}" if text else base

    def fits(self, row: FindingRow, but: str = "") -> bool:
        """Say if a finding is among those that are asked for. but: whatever this one of kind, owner and zone says."""
        return (
            (but == "kind" or not self.kind or row.kind == self.kind)
            and (but == "owner" or not self.owner or row.owner == self.owner)
            and (but == "zone" or not self.zone or row.zone == self.zone)
            and (not self.words or self._has_words(row))
        )

    def _has_words(self, row: FindingRow) -> bool:
        text = "\n".join((row.subject, row.owner, row.site, row.list, row.text, row.number, row.origin)).casefold()
        return all(word in text for word in self.words.casefold().split())


def build(
    query: CoverageQuery, findings: Sequence[FindingRow], lists: Sequence[ListInfo], shares: Sequence[Share],
    looked: float, wall: float, clock: Clock,
) -> CoverageView:  # fmt: skip
    """Return the page. looked, wall: seconds since the epoch."""
    asked = [row for row in findings if (row.accepted > wall) == query.accepted]
    shown = [row for row in asked if query.fits(row)]
    counts = Counter(row.kind for row in asked if query.fits(row, "kind"))
    page = min(query.page, max(0, len(shown) - 1) // MAX_ROWS)
    first, last = page * MAX_ROWS, (page + 1) * MAX_ROWS
    back = query.url(page=str(page) if page else "")
    return CoverageView(
        query=query,
        kinds=[
            Kind(title, text, counts[kind], query.url(kind="" if query.kind == kind else kind), query.kind == kind)
            for kind, (title, text) in FINDINGS.items()
        ],
        owners=_choices("owner", asked, query),
        zones=_choices("zone", asked, query),
        lists=[_list(one, shares, wall, clock) for one in lists],
        lines=[line(row, wall, clock, back) for row in shown[first:last]],
        total=len(shown),
        first=first + 1,
        before=query.url(page=str(page - 1) if page > 1 else "") if page else "",
        after=query.url(page=str(page + 1)) if last < len(shown) else "",
        other=query.url(accepted="" if query.accepted else "1"),
        many=query.url("/coverage/all", accepted=""),
        accepted=sum(row.accepted > wall for row in findings),
        looked=clock.moment(looked, wall) if looked else None,
        downloads=[
            (name, query.url("/api/v1/coverage", accepted="", format=name)) for name in ("csv", "xlsx", "json")
        ],
    )  # fmt: skip


def _choices(name: str, asked: Sequence[FindingRow], query: CoverageQuery) -> list[Choice]:
    """Return the owners, or the zones: the chosen one first, then those with the most."""
    chosen = getattr(query, name)
    found = Counter(getattr(row, name) for row in asked if query.fits(row, name))
    ranked = sorted(found.items(), key=lambda one: (one[0] != chosen, -one[1], one[0]))
    return [
        Choice(text, count, query.url(**{name: "" if text == chosen else text}), text == chosen)
        for text, count in ranked[:_OWNERS]
        if text
    ]


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


def line(row: FindingRow, wall: float, clock: Clock, back: str = "/coverage") -> Line:
    """Return one finding. back: the page that it is shown on."""
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
        decide=f"/coverage/{row.number}?" + urlencode({"next": back}),
        accepted=clock.moment(row.accepted, wall) if row.accepted > wall else None,
        who=row.who,
        reason=row.reason,
    )
