"""Which asset a host is, by what it is known, and every decision of that, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.identity.decide import Asset
from driftvakt_collector.fleet.identity.keys import TITLES
from driftvakt_collector.fleet.register import Noted

_ACTIONS = {
    "new": "Came new", "stay": "Stayed", "join": "Known again", "move": "On another thing", "split": "Parted",
    "merge": "Merged", "undo": "Undone",
}  # fmt: skip


@dataclass(frozen=True)
class Installation:
    """What else is or was installed on the asset. name: of the host, its origin where nobody knows it any more."""

    origin: str
    name: str
    since: Moment


@dataclass(frozen=True)
class DecisionLine:
    """A decision. undone: it was taken back."""

    number: int
    moment: Moment
    what: str
    text: str
    who: str
    undone: bool


@dataclass(frozen=True)
class Thing:
    """keys: what it is known by, as title and value. asked: an operator should look at it."""

    number: int
    keys: Sequence[tuple[str, str]]
    others: Sequence[Installation]
    decisions: Sequence[DecisionLine]
    asked: Sequence[int]


def installations(connection: Connection, origin: str) -> tuple[int, list[str]]:
    """Return the asset of a host, 0 for none, and the hosts that are or were installed on it, this one first."""
    book = SqlBook(connection)
    return book.home(origin), [origin, *book.companions(origin)]


def read(connection: Connection, origin: str, hosts: Mapping[str, Host], wall: float, clock: Clock) -> Thing | None:
    """Return the asset of a host, None while it has none. hosts: the fleet, for their names."""
    book = SqlBook(connection)
    number = book.home(origin)
    if not number:
        return None
    asset = book.assets((number,))[0]
    names = {one.source: shown_name(hosts[one.source]) for one in asset.sources if one.source in hosts}
    asked = [one for one in book.asked(origin) if one != number]
    return build(asset, book.history(number), asked, origin, names, wall, clock)


def build(
    asset: Asset,
    history: Sequence[Noted],
    asked: Sequence[int],
    origin: str,
    names: Mapping[str, str],
    wall: float,
    clock: Clock,
) -> Thing:
    """Return what there is to say. origin: the host whose page it is. names: of hosts, by their origins."""
    others = sorted((one for one in asset.sources if one.source != origin), key=lambda one: -one.since)
    return Thing(
        number=asset.number,
        keys=[
            (title[0].upper() + title[1:], key.value)
            for kind, title in TITLES.items() for key in sorted(asset.keys) if key.kind == kind
        ],
        others=[
            Installation(one.source, names.get(one.source) or one.source, clock.moment(one.since, wall))
            for one in others
        ],
        decisions=[
            DecisionLine(one.id, clock.moment(one.at, wall), _ACTIONS.get(one.action, one.action), one.text, one.who,
                         one.undone)
            for one in history
        ],
        asked=list(asked),
    )  # fmt: skip
