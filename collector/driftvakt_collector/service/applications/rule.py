"""What a rule is, and which applications a host has by some rules. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from driftvakt_collector.naming.product import RULES, upstream
from driftvakt_collector.store.applications import Package
from driftvakt_collector.store.version import Version


@dataclass(frozen=True)
class Match:
    """What must be there; each that is told. package, product, service: names, with * and ?. source: of the package.

    port: as tcp/5432, on an address that others reach.
    """

    package: str = ""
    product: str = ""
    source: str = ""
    service: str = ""
    port: str = ""


@dataclass(frozen=True)
class Rule:
    """An application is there if everything of `all` is, and something of `any` where that has anything."""

    name: str
    category: str
    vendor: str = ""
    service: str = ""
    all: tuple[Match, ...] = ()
    any: tuple[Match, ...] = ()


class Found(NamedTuple):
    """An application, and the latest version of the packages that it was recognised by."""

    name: str
    version: str


class Recogniser:
    """Says which applications a host has. number: of the rules, another one for other rules."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.number = crc32(repr(self.rules).encode()) ^ RULES
        self._matches = list(dict.fromkeys(one for rule in rules for one in (*rule.all, *rule.any)))
        self._places = {one: place for place, one in enumerate(self._matches)}
        # A release is on thousands of hosts; it is held against the rules once.
        self._of_package = lru_cache(maxsize=50_000)(_sieve(
            (place, (one.source, one.package, one.product)) for place, one in enumerate(self._matches)
            if one.package or one.product
        ))  # fmt: skip
        self._of_service = lru_cache(maxsize=20_000)(_sieve(
            (place, (one.service,)) for place, one in enumerate(self._matches) if one.service
        ))  # fmt: skip

    def applications(self, packages: Iterable[Package], services: Iterable[str], ports: Iterable[str]) -> list[Found]:
        """Return them in the order of the rules. services: names. ports: as tcp/5432."""
        versions: dict[int, list[str]] = {}
        for one in packages:
            for place in self._of_package(one.source, one.name, one.product):
                versions.setdefault(place, []).append(one.version)
        started = {place for name in services for place in self._of_service(name)}
        open_ = set(ports)
        held = {
            place for place, one in enumerate(self._matches)
            if (not (one.package or one.product) or place in versions)
            and (not one.service or place in started)
            and (not one.port or one.port in open_)
        }  # fmt: skip
        found: list[Found] = []
        for rule in self.rules:
            every, some = ([self._places[one] for one in told] for told in (rule.all, rule.any))
            if held.issuperset(every) and (not some or not held.isdisjoint(some)):
                told = [text for place in (*every, *some) if place in held for text in versions.get(place, ())]
                found.append(Found(rule.name, max(map(upstream, told), key=Version, default="")))
        return found


def _sieve(patterns: Iterable[tuple[int, tuple[str, ...]]]) -> Callable[..., tuple[int, ...]]:
    """Return what gives the numbers of the patterns that fit some texts. A pattern without a text fits every text."""
    compiled = [
        (number, tuple(re.compile(translate(text.casefold())) if text else None for text in texts))
        for number, texts in patterns
    ]  # fmt: skip

    def fitting(*texts: str) -> tuple[int, ...]:
        plain = [text.casefold() for text in texts]
        return tuple(
            number for number, rules in compiled
            if all(rule is None or rule.fullmatch(text) for rule, text in zip(rules, plain, strict=True))
        )  # fmt: skip

    return fitting
