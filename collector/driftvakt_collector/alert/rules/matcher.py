"""Matchers: which labels, or which facts of a host, a rule is for. The words are those of PromQL: = != =~ !~.

Patterns are of RE2 and match the whole text, as in Prometheus; none of them can keep the collector busy.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import re2

MAX_TEXT = 500
_SPECIAL = frozenset("\\.+*?()|[]{}^$")


class Is(Enum):
    """How a text is compared."""

    EQUAL = "="
    UNEQUAL = "!="
    LIKE = "=~"
    UNLIKE = "!~"


class MatcherError(Exception):
    """It is no matcher; the text says what to write."""


@dataclass(frozen=True)
class Matcher:
    """label: of the series, or a fact of the host. A label that is not there counts as empty."""

    label: str
    how: Is
    text: str
    _pattern: Any = field(default=None, repr=False, compare=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say if these labels are meant."""
        told = labels.get(self.label, "")
        if self.how is Is.EQUAL:
            return told == self.text
        if self.how is Is.UNEQUAL:
            return told != self.text
        # A text that is no Unicode is none that Prometheus could have.
        found = self._pattern.fullmatch(told.encode("utf-8", "replace").decode()) is not None
        return found is (self.how is Is.LIKE)

    def promql(self) -> str:
        """Return it as PromQL writes it."""
        return f"{self.label}{self.how.value}{json.dumps(self.text, ensure_ascii=False)}"


def read(label: str, told: object) -> Matcher:
    """Return the matcher of `label = "text"`, where the text may begin with an operator; a list is any of its texts.

    Raises MatcherError.
    """
    if isinstance(told, list):
        if not told or not all(isinstance(one, str) for one in told) or sum(map(len, told)) > MAX_TEXT:
            raise MatcherError(f"must be texts of at most {MAX_TEXT} characters together, got {str(told)[:80]!r}")
        return like(label, "|".join(_quoted(one) for one in told))
    if not isinstance(told, str) or len(told) > MAX_TEXT:
        raise MatcherError(f"must be a text of at most {MAX_TEXT} characters, got {str(told)[:80]!r}")
    for how in (Is.LIKE, Is.UNLIKE, Is.UNEQUAL, Is.EQUAL):
        if told.startswith(how.value):
            text = told.removeprefix(how.value)
            return like(label, text, how) if how in (Is.LIKE, Is.UNLIKE) else Matcher(label, how, text)
    return Matcher(label, Is.EQUAL, told)


def like(label: str, pattern: str, how: Is = Is.LIKE) -> Matcher:
    """Return a matcher of a pattern. Raises MatcherError."""
    try:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 1 << 20
        return Matcher(label, how, pattern, re2.compile(pattern, options))
    except re2.error as e:
        raise MatcherError(f"has a pattern that RE2 does not take, {pattern[:80]!r}: {_told(e)}") from e


def _told(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


def _quoted(text: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)
