"""Who has which software: a question as a person types it, and the answer as plain facts for a page."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.console.host_cells import HostLine, line_cells
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store.products import ProductRow
from driftvakt_collector.store.software import Answer, Release

MAX_HOSTS = 200
"""Hosts that one page shows."""
_COMPARED = r"\s*(?:(?P<compare><=|>=|<|>|=)\s*(?P<version>\S+)\s*)?"
_QUESTION = re.compile(r"\s*(?P<name>[^\s<>=](?:[^<>=]*?[^\s<>=])?)" + _COMPARED)
_SIGNS = re.compile(r"\s*(?P<name>\S+?)" + _COMPARED)
"""A name with such signs in it has no blanks."""


@dataclass(frozen=True)
class Question:
    """name: of the software, empty where nothing was asked. compare, version: as `< 3.0.14`, empty for any."""

    name: str = ""
    compare: str = ""
    version: str = ""


@dataclass(frozen=True)
class Having(HostLine):
    """A host that has it. package: in which it comes there, where a product was asked for."""

    package: str


@dataclass(frozen=True)
class SoftwareView:
    """Everything that the page shows. trouble: why the question can't be answered. alike: names that hold the text.

    product: what was asked for is a product. products: those of the name that was asked for, or of a publisher.
    """

    asked: str
    question: Question
    trouble: str
    releases: Sequence[Release]
    hosts: Sequence[Having]
    total: int
    more: int
    alike: Sequence[str]
    product: ProductRow | None = None
    products: Sequence[ProductRow] = ()


def read(asked: str) -> Question | None:
    """Return what was asked: `openssl`, or `openssl < 3.0.14`; None for what is neither."""
    if not asked.strip():
        return Question()
    # PostgreSQL has no NUL in a text, and no package one in its name.
    found = None if "\0" in asked else _QUESTION.fullmatch(asked) or _SIGNS.fullmatch(asked)
    if found is None:
        return None
    return Question(found["name"], found["compare"] or "", found["version"] or "")


def build(
    asked: str,
    question: Question | None,
    answer: Answer,
    alike: Sequence[str],
    hosts: Mapping[str, Host],
    trouble: str = "",
    product: ProductRow | None = None,
    products: Sequence[ProductRow] = (),
) -> SoftwareView:
    """Return the page; hosts that were removed since are left out. trouble: why there is no answer.

    product: the answer is of it, and not of a package. products: others to ask for.
    """
    there = [
        (hosts[origin], release)
        for release, origins in zip(answer.releases, answer.holders, strict=True)
        for origin in origins
        if origin in hosts
    ]
    first = _first(there)
    if question is None:
        trouble = "Ask for a name, or for a name and a version: openssl < 3.0.14"
    return SoftwareView(
        asked=asked,
        question=question or Question(),
        trouble=trouble,
        releases=answer.releases,
        hosts=[Having(*line_cells(host), release.version, release.name if product else "") for host, release in first],
        total=len({host.origin for host, _ in there}),
        more=len(there) - len(first),
        alike=[name for name in alike if question is None or name != question.name],
        product=product,
        products=products,
    )


def _first(there: Sequence[tuple[Host, Release]]) -> list[tuple[Host, Release]]:
    """Return what stands on the page, in the order of administrations and names.

    Only the administrations that come first are put in order: with a whole city, that takes longer than to find it.
    """
    counts = Counter(host.administration for host, _ in there)
    wanted: set[str] = set()
    rows = 0
    for administration in sorted(counts):
        wanted.add(administration)
        rows += counts[administration]
        if rows >= MAX_HOSTS:
            break
    some = [pair for pair in there if pair[0].administration in wanted]
    some.sort(key=lambda pair: (pair[0].administration, shown_name(pair[0]), pair[0].origin))
    return some[:MAX_HOSTS]
