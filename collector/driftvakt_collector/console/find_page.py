"""One box that finds everything: hosts, incidents, software, applications, sites, people, suppliers. Pure.

Each kind of thing is a group; a group that whoever looks may not see is not looked through.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from urllib.parse import urlencode

from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.console import sieve, standing
from driftvakt_collector.console.fleet_query import FleetQuery
from driftvakt_collector.console.incidents_page import words
from driftvakt_collector.fleet.host import Host, verdict
from driftvakt_collector.store.incidents import IncidentRow
from driftvakt_collector.store.products import ProductRow

MOST = 12
"""Things of a kind that are shown."""
MAX_TEXT = 200


@dataclass(frozen=True)
class Hit:
    """Something that was found. tone, word: how it stands, empty for what does not. about: more of it, in a line."""

    title: str
    url: str
    about: str = ""
    tone: str = ""
    word: str = ""


@dataclass(frozen=True)
class Hits:
    """What was found of a kind. total: of how many; more: where all of them stand, empty for nowhere."""

    title: str
    hits: Sequence[Hit]
    total: int
    more: str = ""


@dataclass(frozen=True)
class FindView:
    """The page. asked: what was typed."""

    asked: str
    groups: Sequence[Hits]


def read(parameters: Mapping[str, str]) -> str:
    """Return what was asked for, in one line."""
    told = parameters.get("q", "")[:MAX_TEXT]
    return " ".join("".join(char if char.isprintable() else " " for char in told).split())


def hosts(asked: str, there: Iterable[Host], numbered: Set[str], now: float, healthy_since: float) -> Sequence[Hits]:
    """Return hosts by name, address, number, and the sites and administrations that are called so. now: monotonic."""
    there = list(there)
    judged = [(host, standing.state(host, verdict(host, now, healthy_since))) for host in there]
    found = sieve.searched(judged, asked, numbered)
    wanted = asked.casefold()
    # Who is called exactly so, or begins so, is meant rather than who is in a site of that name.
    found.sort(key=lambda pair: (pair[0].name.casefold() != wanted, not pair[0].name.casefold().startswith(wanted),
                                 standing.RANKS[pair[1]], pair[0].name))  # fmt: skip
    machines = Hits(
        "Hosts", [_host(host, state) for host, state in found[:MOST]], len(found), FleetQuery(search=asked).url()
    )
    return [machines, *_places(asked, there)]


def incidents(asked: str, number: int | None, rows: Iterable[IncidentRow]) -> Hits:
    """Return incidents by number, or whose words, site, service or owner hold all that was typed."""
    parts = asked.casefold().split()
    found = [
        row for row in rows
        if row.number == number
        or all(part in f"{row.key} {row.summary} {row.site} {row.service} {row.owner}".casefold() for part in parts)
    ]  # fmt: skip
    hits = [
        Hit(f"{row.key} {words(row.summary)}", f"/incidents/{row.number}", row.site, word=row.state) for row in found
    ]
    return Hits("Incidents", hits[:MOST], len(found), "/incidents")


def software(asked: str, rows: Sequence[ProductRow]) -> Hits:
    """Return products."""
    hits = [
        Hit(row.product, f"/software?{urlencode({'by': 'product', 'q': row.product})}", row.publisher)
        for row in rows[:MOST]
    ]  # fmt: skip
    return Hits("Software", hits, len(rows), f"/software?{urlencode({'q': asked})}")


def applications(asked: str, names: Iterable[str]) -> Hits:
    """Return business applications."""
    found = sorted({name for name in names if asked.casefold() in name.casefold()})
    hits = [Hit(name, f"/applications?{urlencode({'name': name})}") for name in found[:MOST]]
    return Hits("Applications", hits, len(found), "/applications")


def people(asked: str, known: Iterable[Person]) -> Hits:
    """Return people who can be on call."""
    wanted = asked.casefold()
    found = sorted(
        (one for one in known if wanted in f"{one.name} {one.called}".casefold()), key=lambda one: one.called
    )
    hits = [Hit(one.called, "/oncall", ", ".join(one.channels) or "cannot be reached") for one in found[:MOST]]
    return Hits("People", hits, len(found), "/oncall")


def build(asked: str, groups: Iterable[Hits]) -> FindView:
    """Return the page, with what was found alone."""
    return FindView(asked, [one for one in groups if one.total])


def _host(host: Host, state: standing.State) -> Hit:
    about = " · ".join(one for one in (host.class_, host.site, host.administration, host.address) if one)
    return Hit(host.name, f"/hosts/{host.origin}", about, state.value, standing.WORDS[state])


def _places(asked: str, there: Sequence[Host]) -> Iterable[Hits]:
    wanted = asked.casefold()
    sites = Counter(host.site for host in there if host.site and wanted in host.site.casefold())
    parts = Counter(host.administration for host in there if wanted in host.administration.casefold())
    yield Hits("Sites", [
        Hit(name, FleetQuery(site=name).url(), _count(count)) for name, count in sites.most_common(MOST)
    ], len(sites))  # fmt: skip
    yield Hits("Administrations", [
        Hit(name, FleetQuery(administration=name).url(), _count(count)) for name, count in parts.most_common(MOST)
    ], len(parts))  # fmt: skip


def _count(count: int) -> str:
    return "1 host" if count == 1 else f"{count} hosts"
