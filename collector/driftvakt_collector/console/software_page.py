"""Who has which software: a question as a person types it, and the answer as plain facts for a page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store.software import Installed, Release

MAX_HOSTS = 200
"""Hosts that one page shows."""
_QUESTION = re.compile(r"\s*(?P<name>\S+?)\s*(?:(?P<compare><=|>=|<|>|=)\s*(?P<version>\S+)\s*)?")


@dataclass(frozen=True)
class Question:
    """name: of the software, empty where nothing was asked. compare, version: as `< 3.0.14`, empty for any."""

    name: str = ""
    compare: str = ""
    version: str = ""


@dataclass(frozen=True)
class HostLine:
    """A host that has it."""

    origin: str
    name: str
    administration: str
    site: str
    zone: str
    version: str


@dataclass(frozen=True)
class SoftwareView:
    """Everything that the page shows. trouble: why the question can't be answered. alike: names that hold the text."""

    asked: str
    question: Question
    trouble: str
    releases: Sequence[Release]
    hosts: Sequence[HostLine]
    total: int
    more: int
    alike: Sequence[str]


def read(asked: str) -> Question | None:
    """Return what was asked: `openssl`, or `openssl < 3.0.14`; None for what is neither."""
    if not asked.strip():
        return Question()
    found = _QUESTION.fullmatch(asked)
    if found is None:
        return None
    return Question(found["name"], found["compare"] or "", found["version"] or "")


def build(
    asked: str,
    question: Question | None,
    releases: Sequence[Release],
    installed: Sequence[Installed],
    alike: Sequence[str],
    hosts: Mapping[str, Host],
    trouble: str = "",
) -> SoftwareView:
    """Return the page. installed: who has it, by origin; hosts that were removed since are left out.

    trouble: why there is no answer.
    """
    there = [(host, one) for one in installed if (host := hosts.get(one.origin)) is not None]
    # Of a whole city the first page alone: to put all in order would take longer than to find them.
    first = nsmallest(MAX_HOSTS, there, key=lambda pair: (pair[0].administration, shown_name(pair[0]), pair[0].origin))
    if question is None:
        trouble = "Ask for a name, or for a name and a version: openssl < 3.0.14"
    return SoftwareView(
        asked=asked,
        question=question or Question(),
        trouble=trouble,
        releases=releases,
        hosts=[
            HostLine(one.origin, shown_name(host), host.administration, host.site, host.zone, one.version)
            for host, one in first
        ],
        total=len({one.origin for _, one in there}),
        more=len(there) - len(first),
        alike=[name for name in alike if question is None or name != question.name],
    )
