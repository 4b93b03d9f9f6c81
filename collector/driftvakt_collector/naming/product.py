"""What a package belongs to: the product, under one name on every system, and who publishes it.

A rule of the table knows the product; where there is none, what differs from release to release is left out of the
name. Who packed or maintains a package for a distribution is not its publisher.

Example:
    registry  Mozilla Firefox 57.0.2 (fr)                                 Mozilla Firefox, Mozilla
    registry  Microsoft Visual C++ 2015 Redistributable (x64) - 14.0.24   Microsoft Visual C++ Redistributable, …
    dpkg      libssl3                                                     OpenSSL, OpenSSL
    snap      firefox                                                     Mozilla Firefox, Mozilla
"""

import re
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from driftvakt_collector.naming import makers, products
from driftvakt_collector.naming.publisher import publisher
from driftvakt_collector.naming.text import settled, tidy


class Product(NamedTuple):
    """name: of the product. publisher: who makes it, empty where nobody says."""

    name: str
    publisher: str


_CODE = 1
"""To be raised when what is written below gives other names."""
RULES = crc32(f"{_CODE}{products.PRODUCTS}{products.PUBLISHERS}{makers.aliases()}".encode())
"""By which rules a name was given. What the store has by others is named anew."""

DISTRIBUTIONS = frozenset({"dpkg", "rpm", "apk", "pacman"})
"""Where the publisher is who packed it, and a name has no blanks."""
_STORES = frozenset({"flatpak"})
"""Where the publisher is the shop."""

_ARCHITECTURES = r"x64|x86(?:_64)?|amd64|i[3-6]86|ia64|arm64|aarch64|win(?:32|64)|(?:32|64)[- ]?bits?"
_LANGUAGES = (
    r"(?:ar|bg|cs|da|de|el|en|es|et|fi|fr|he|hr|hu|it|ja|ko|lt|lv|nb|nl|nn|pl|pt|ro|ru|sk|sl|sr|sv|th|tr|uk|zh)[-_]"
    r"(?:[a-z]{2}|latn|cyrl|hans|hant)|english|swedish|svenska|german|deutsch|french|français|spanish|norwegian|danish|dansk|"
    r"finnish|suomi|norsk|русский|arabic|persian|polish|multilingual|mui"
)
_VERSION = r"v?\.?\d+(?:\.[\dx]+)+[\w.+-]*"
_EDITIONS = (
    r"standard|professional|enterprise|community|home|ultimate|premium|express|developer|datacenter|web|"
    rf"{_ARCHITECTURES}"
)
_NOISE = tuple(re.compile(one, re.IGNORECASE) for one in (
    rf"\s*[(\[](?:{_ARCHITECTURES}|{_LANGUAGES}|[a-z]{{2}})(?:[ ,/]+(?:{_ARCHITECTURES}|{_LANGUAGES}|edition))*[)\]]",
    r"\s*[(\[](?:remove only|user|machine|all users|current user|kb\d+|build \d+|\d+ bits?|version [\d.]+)[)\]]",
    rf"\s+-\s+(?:{_LANGUAGES}|{_VERSION}|{_ARCHITECTURES})$",
    rf"\s+(?:{_EDITIONS}) edition\b",
    rf"(?<![\s,])[\s,]+(?:(?:version|ver\.?|release|build)\s+)?(?:{_VERSION})(?=$|\s|[,)])",
    r"\s+(?:version|ver\.?|release|build)\s+\d+$",
    r"\s+(?:19|20)\d\d(?:\s+(?:r2|sp\d))?(?=$|\s)",
    r"\s+\d{1,2}$",
    rf"\s+(?:{_ARCHITECTURES})(?=$|\s)",
    rf"\s+-?\s*(?:{_LANGUAGES})$",
    r"\s*\((?:r|tm|c)\)|[®™©]",
    r"\s*[(\[]\s*[)\]]",
    r"(?:\s+-)+$",
))  # fmt: skip
_PARTS = re.compile(
    r"-(?:dev|devel|doc|docs|dbg|dbgsym|debuginfo|debugsource|data|locale|lang|locales|headers|manpages|static|"
    r"(?:l10n|i18n|locale|langpack)-[a-z]{2,3}(?:[-_][a-zA-Z]{2,4})?)$"
)
"""What a distribution keeps apart of one and the same."""


@lru_cache(maxsize=20_000)
def product(source: str, name: str, told_publisher: str = "") -> Product:
    """Return it of a package: where it comes from, what it is called there, and who that says publishes it."""
    plain = tidy(name)
    if source in DISTRIBUTIONS:
        found = _rule(plain) or _rule(_PARTS.sub("", plain))
        return found or Product(_PARTS.sub("", plain) or plain, "")
    short = settled(_shorter, plain)
    found = _rule(short) or _rule(plain)
    if found is not None:
        return found
    return Product(short or plain, "" if source in _STORES else publisher(told_publisher))


def upstream(version: str) -> str:
    """Return a version as its publisher writes it: without a distribution's epoch and revision, and without a v."""
    rest = version.strip()
    epoch, colon, after = rest.partition(":")
    if colon and epoch.isascii() and epoch.isdecimal():
        rest = after
    head, _, _ = rest.partition("-") if rest[:1].isdecimal() else (rest, "", "")
    head = re.split(r"[+~](?:dfsg|ds|really|deb|ubuntu|repack|git)", head, maxsplit=1)[0]
    return head[1:] if re.match(r"v\d", head) else head


def _shorter(text: str) -> str:
    for noise in _NOISE:
        after = tidy(noise.sub(" ", text))
        # A name that is all version keeps it.
        if after != text and any(one.isalpha() for one in after):
            return after
    return text


def _rule(text: str) -> Product | None:
    plain = text.casefold()
    for rule, found in _TABLE:
        if rule.fullmatch(plain):
            return found
    return None


def _read(table: str) -> tuple[tuple[re.Pattern[str], Product], ...]:
    rules = []
    for line in table.strip().splitlines():
        name, made_by, pattern = line.split("; ", 2)
        rules.append((re.compile(f"{re.escape(name.casefold())}|{pattern}"), Product(name, made_by)))
    return tuple(rules)


_TABLE = _read(products.PRODUCTS)
