"""Which business applications there are, on which hosts, as plain facts for a page and for programs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.host_cells import HOST_COLUMNS, HostLine, host_cells, line_cells
from driftvakt_collector.console.sheet import Sheet
from driftvakt_collector.console.stamp import stamp
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.service.applications.rule import Rule
from driftvakt_collector.store.applications import Installed

MAX_HOSTS = 300
_VERSIONS = 12
_UNKNOWN = Rule("", "not in the rules any more")


@dataclass(frozen=True)
class Line:
    """An application. versions: the most frequent ones and on how many hosts each is."""

    name: str
    category: str
    vendor: str
    service: str
    hosts: int
    versions: Sequence[tuple[str, int]]
    url: str


@dataclass(frozen=True)
class Having(HostLine):
    """A host that has the one that was chosen."""

    since: Moment


@dataclass(frozen=True)
class ApplicationsView:
    """Everything that the page shows. name: of the one that was chosen. rules: how many there are."""

    name: str
    lines: Sequence[Line]
    hosts: Sequence[Having]
    total: int
    more: int
    ready: bool
    rules: int


def lines(found: Sequence[Installed], hosts: Mapping[str, Host], rules: Mapping[str, Rule]) -> list[Line]:
    """Return the applications that hosts have, by category and name."""
    versions: dict[str, Counter[str]] = {}
    for one in found:
        if one.origin in hosts:
            versions.setdefault(one.name, Counter())[one.version] += 1
    told = [
        Line(name, rule.category, rule.vendor, rule.service, counts.total(),
             [(text, count) for text, count in counts.most_common(_VERSIONS) if text], url(name))
        for name, counts in versions.items() for rule in (rules.get(name, _UNKNOWN),)
    ]  # fmt: skip
    return sorted(told, key=lambda line: (line.category, line.name))


def build(
    name: str, found: Sequence[Installed], hosts: Mapping[str, Host], rules: Mapping[str, Rule], wall: float,
    clock: Clock, *, ready: bool,
) -> ApplicationsView:  # fmt: skip
    """Return the page. name: of the application whose hosts are shown, empty for none."""
    known = lines(found, hosts, rules)
    has = sorted(
        ((hosts[one.origin], one) for one in found if name and one.name == name and one.origin in hosts),
        key=lambda pair: (pair[0].administration, pair[0].name, pair[0].origin),
    )
    return ApplicationsView(
        name=name,
        lines=known,
        hosts=[
            Having(*line_cells(host), one.version, clock.moment(one.since, wall)) for host, one in has[:MAX_HOSTS]
        ],
        total=len(has),
        more=max(0, len(has) - MAX_HOSTS),
        ready=ready,
        rules=len(rules),
    )  # fmt: skip


def sheet(told: Sequence[Line]) -> Sheet:
    """Return the applications as a table to take away."""
    columns = ["name", "category", "vendor", "service", "hosts", "versions"]
    return Sheet("applications", columns, [
        [one.name, one.category, one.vendor, one.service, one.hosts,
         ", ".join(f"{text} ({count})" for text, count in one.versions)]
        for one in told
    ])  # fmt: skip


def hosts_sheet(found: Sequence[Installed], hosts: Mapping[str, Host], rules: Mapping[str, Rule]) -> Sheet:
    """Return who has which application as a table to take away. hosts: the ones that it is about."""
    columns = [*HOST_COLUMNS, "application", "category", "version", "since"]
    return Sheet("applications", columns, [
        [*host_cells(hosts[one.origin]), one.name, rules.get(one.name, _UNKNOWN).category, one.version,
         stamp(one.since)]
        for one in sorted(found) if one.origin in hosts
    ])  # fmt: skip


def url(name: str) -> str:
    """Return the link that shows who has it."""
    return "/applications?" + urlencode({"name": name}, errors="replace")
