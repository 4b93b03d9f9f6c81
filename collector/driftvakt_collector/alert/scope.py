"""What a mute is about: all that is given must fit an alert."""

import json
from collections.abc import Collection
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Protocol

import re2

from driftvakt_collector.alert.alert import Alert, Labels

MAX_ORIGINS = 1000
MAX_LABELS = 20
MAX_TEXT = 255
_TEXTS = ("zone", "administration", "site", "class", "service", "rule")


class ScopeError(ValueError):
    """It can't be the scope of anything. The text lists every mistake, each with what to write instead."""


class Machine(Protocol):
    """What a scope asks of a host."""

    @property
    def origin(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def administration(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def class_(self) -> str: ...


@dataclass(frozen=True)
class LabelIs:
    """What a label must be: a text, or with is_pattern an expression of RE2 that fits all of it. Absent is empty."""

    name: str
    text: str
    is_pattern: bool = False

    def fits(self, text: str) -> bool:
        """Say if a label with that text is as it must be."""
        return _compiled(self.text).fullmatch(text) is not None if self.is_pattern else text == self.text

    def written(self) -> str:
        """Return it as `label_of` reads it."""
        return f"{self.name}{'=~' if self.is_pattern else '='}{self.text}"


@dataclass(frozen=True)
class Scope:
    """origins: any of these hosts. below: also what is reached through them. Texts that are empty are not asked."""

    zone: str = ""
    administration: str = ""
    site: str = ""
    class_: str = ""
    service: str = ""
    rule: str = ""
    origins: tuple[str, ...] = ()
    labels: tuple[LabelIs, ...] = ()
    below: bool = False

    def is_of(self, host: Machine) -> bool:
        """Say if a host is in it, whatever its alerts are about."""
        return (
            (not self.zone or self.zone == host.zone)
            and (not self.administration or self.administration == host.administration)
            and (not self.site or self.site == host.site)
            and (not self.class_ or self.class_ == host.class_)
            and (not self.origins or host.origin in self.origins)
        )

    def matches(self, alert: Alert, above: Collection[str] = ()) -> bool:
        """Say if an alert is in it. above: origins upstream of the alert's host, for `below`."""
        return (
            (not self.zone or self.zone == alert.zone)
            and (not self.administration or self.administration == alert.administration)
            and (not self.site or self.site == alert.site)
            and (not self.class_ or self.class_ == alert.class_)
            and (not self.service or self.service == alert.service)
            and (not self.rule or self.rule == alert.rule)
            and (not self.origins or self._holds(alert.origin, above))
            and (not self.labels or self._fits(alert.labels))
        )

    def may_meet(self, other: "Scope") -> bool:
        """Say if one alert could be in both. Labels, and who is behind whom, are not looked at."""
        for one in ("zone", "administration", "site", "class_", "service", "rule"):
            mine, theirs = getattr(self, one), getattr(other, one)
            if mine and theirs and mine != theirs:
                return False
        apart = self.origins and other.origins and not self.below and not other.below
        return not apart or not set(self.origins).isdisjoint(other.origins)

    @property
    def is_empty(self) -> bool:
        """Say if everything is in it: nothing is asked, or only of labels what no label answers as well."""
        asked = any(getattr(self, one) for one in ("zone", "administration", "site", "class_", "service", "rule"))
        return not asked and not self.origins and all(one.fits("") for one in self.labels)

    def written(self) -> str:
        """Return it for the terminal and the console: site Farsta, class server, label disk=~/data.*"""
        parts = [f"{name} {text}" for name in _TEXTS if (text := getattr(self, "class_" if name == "class" else name))]
        if self.origins:
            named = ", ".join(self.origins[:5]) + (f" and {len(self.origins) - 5} more" if self.origins[5:] else "")
            parts.append(f"host {named}" + (" and what is behind" if self.below else ""))
        parts += [f"label {one.written()}" for one in self.labels]
        return ", ".join(parts) or "everything"

    def _holds(self, origin: str, above: Collection[str]) -> bool:
        return origin in self.origins or (self.below and any(one in above for one in self.origins))

    def _fits(self, labels: Labels) -> bool:
        told = dict(labels)
        return all(one.fits(told.get(one.name, "")) for one in self.labels)


def label_of(text: str) -> LabelIs:
    """Return what `disk=/data` or `disk=~/data.*` asks of a label. Raises ScopeError."""
    name, equals, wanted = text.partition("=")
    name = name.strip()
    is_pattern = wanted.startswith("~")
    label = LabelIs(name, wanted[1:] if is_pattern else wanted, is_pattern)
    if not equals or not name.isidentifier() or not name.isascii():
        raise ScopeError(f"{text[:80]!r} asks nothing of a label; write disk=/data, or disk=~/data.* for a pattern")
    _check(label)
    return label


def check(scope: Scope, *, may_be_empty: bool) -> list[str]:
    """Return what is wrong with a scope, each with what to write instead."""
    wrong = []
    for one in fields(Scope):
        text = getattr(scope, one.name)
        if isinstance(text, str) and (len(text) > MAX_TEXT or not text.isprintable()):
            wrong.append(f"'{one.name.rstrip('_')}' must be at most {MAX_TEXT} characters that can be printed")
    if len(scope.origins) > MAX_ORIGINS:
        wrong.append(f"it names {len(scope.origins)} hosts, at most {MAX_ORIGINS}: name their site or class instead")
    if len(scope.labels) > MAX_LABELS:
        wrong.append(f"it asks for {len(scope.labels)} labels, at most {MAX_LABELS}")
    if scope.below and not scope.origins:
        wrong.append("'below' is of a host: name the switch, router or relay too")
    if scope.is_empty and not may_be_empty:
        wrong.append(
            "it would hold back everything: say a zone, administration, site, class, host, service, rule, or a label"
            " that not everything has"
        )
    return wrong


def to_json(scope: Scope) -> str:
    """Return a scope for the store."""
    told: dict[str, object] = {
        name: text for name in _TEXTS if (text := getattr(scope, "class_" if name == "class" else name))
    }
    if scope.origins:
        told["origins"] = list(scope.origins)
    if scope.labels:
        told["labels"] = [[one.name, "=~" if one.is_pattern else "=", one.text] for one in scope.labels]
    if scope.below:
        told["below"] = True
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Scope:
    """Return the scope that a row of the store holds. Raises ScopeError for what no release of ours wrote."""
    try:
        told = json.loads(text)
        if not isinstance(told, dict) or not set(told) <= {*_TEXTS, "origins", "labels", "below"}:
            raise ValueError("it asks for what is not known")
        texts = {("class_" if name == "class" else name): str(told[name]) for name in _TEXTS if name in told}
        origins = tuple(str(one) for one in told.get("origins", ()))
        labels = tuple(_kept(*one) for one in told.get("labels", ()))
        return Scope(**texts, origins=origins, labels=labels, below=bool(told.get("below", False)))
    except (ValueError, TypeError, RecursionError) as e:
        raise ScopeError(f"the scope {text[:80]!r} can't be read: {e}") from e


def _kept(name: object, how: object, text: object) -> LabelIs:
    if not isinstance(name, str) or how not in ("=", "=~") or not isinstance(text, str):
        raise ValueError("it asks of a label what is not known")
    label = LabelIs(name, text, how == "=~")
    _check(label)
    return label


def _check(label: LabelIs) -> None:
    if len(label.text) > MAX_TEXT or not label.text.isprintable():
        raise ScopeError(f"label {label.name[:80]!r}: at most {MAX_TEXT} characters that can be printed")
    if label.is_pattern:
        _compiled(label.text)


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> "re2._Regexp":
    """Return an expression of RE2, which takes time as a text is long, whatever stands in it."""
    told = re2.Options()
    told.log_errors = False
    try:
        return re2.compile(pattern, told)
    except re2.error as e:
        why = e.args[0].decode("utf-8", "replace") if e.args and isinstance(e.args[0], bytes) else str(e)
        raise ScopeError(f"{pattern[:80]!r} is no regular expression (of RE2): {why[:200]}") from e
