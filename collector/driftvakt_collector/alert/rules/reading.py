"""Reads a rule of a TOML table. Every mistake is gathered, each with what to write instead.

Example:
    [[rule]]
    name = "FilesystemAlmostFull"
    series = "node_filesystem_avail_bytes"
    per = "node_filesystem_size_bytes"
    labels = { fstype = "!~tmpfs|squashfs" }
    hosts = { class = "server" }
    below = 0.10
    clear = 0.12
    for = "15m"
    severity = "critical"
    summary = { sv = "{{host}}: {{label.mountpoint}} har {{value}} kvar", en = "{{host}}: {{value}} left" }
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from math import isfinite
from typing import TypeVar
from zoneinfo import ZoneInfoNotFoundError

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rules import matcher, profile, span
from driftvakt_collector.alert.rules.matcher import Matcher, MatcherError
from driftvakt_collector.alert.rules.rule import WINDOWED, Against, Condition, Function, Guard, Op, Rule, has_severity
from driftvakt_collector.alert.rules.span import SpanError
from driftvakt_collector.alert.rules.telling import PLACE, UNITS
from driftvakt_collector.alert.words import Words
from driftvakt_collector.fleet.series import HOST_LABELS, LABEL
from driftvakt_collector.fleet.series import NAME as SERIES

T = TypeVar("T", Function, Severity, Against)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
HOST_FACTS = ("host", "class", "zone", "site", "administration")
CONDITIONS = {"above": Op.ABOVE, "below": Op.BELOW, "equals": Op.EQUALS}
KEYS = (
    "name", "enabled", "series", "per", "labels", "hosts", "function", "window", "ahead", "history", "against",
    "time_zone", *CONDITIONS, "is_absent", "clear", "while", "for", "keep_firing_for", "severity", "service", "runbook",
    "summary", "unit",
)  # fmt: skip
_GUARD_KEYS = ("series", "per", *CONDITIONS)
_FUNCTIONS = [one.value for one in Function if one is not Function.ABSENT]
_MAX_SUMMARY = 300
_PLACES = "{{host}}, {{value}}, {{label.NAME}}"
_PLACE = re.compile(r"\{\{.*?\}\}")
_URL = re.compile(r"https?://[^\s\"<>]{1,500}")
_UNITS_BY_ENDING = {"_bytes": "bytes", "_seconds": "seconds", "_ratio": "ratio", "_celsius": "celsius"}
_STEADY = (Function.NEWEST, Function.AVERAGE, Function.MAX, Function.MIN, Function.FORECAST)
"""Functions whose value has the unit of the series."""


def rule(told: Mapping[str, object], subject: str, wrong: list[str]) -> Rule | None:
    """Return the rule of a table, None where something is wrong with it; that goes to `wrong`."""
    reader = _Reader(told, wrong)
    read = reader.rule(subject)
    return None if reader.failed else read


def likely(word: str, words: list[str] | tuple[str, ...]) -> str:
    """Return what a misspelt word may have been, as the end of a sentence."""
    close = get_close_matches(word, words, 1, 0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


class _Reader:
    def __init__(self, told: Mapping[str, object], wrong: list[str]) -> None:
        self._told = told
        self._wrong = wrong
        self._here = f"rule {str(told.get('name', '?'))[:64]}"
        self.failed = False

    def say(self, text: str) -> None:
        """Note a mistake."""
        self.failed = True
        self._wrong.append(f"{self._here}: {text}")

    def rule(self, subject: str) -> Rule:
        """Return the rule; what could not be read has a value that is never used."""
        for key in self._told:
            if key not in KEYS:
                self.say(f"'{key}' is not known{likely(key, KEYS) or '; known are ' + ', '.join(KEYS)}")
        name = self._told.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            self.say(f"'name' must be of letters, digits and _, as FilesystemAlmostFull; got {str(name)[:64]!r}")
        function = self._one_of("function", Function, Function.NEWEST, _FUNCTIONS)
        if self._told.get("is_absent") not in (None, True):
            self.say("'is_absent' can only be true")
        absent = self._told.get("is_absent") is True
        if absent:
            function = Function.ABSENT
        condition = Condition(Op.ABOVE, 0.0) if absent else self._condition(self._told, "")
        read = Rule(
            name=str(name), series=self._series(self._told, "series", must=True), condition=self._clear(condition),
            severity=self._one_of("severity", Severity, Severity.WARNING), summary=self._summary(), subject=subject,
            hosts=self._matchers("hosts"), labels=self._matchers("labels"),
            per=self._series(self._told, "per", must=False), function=function, window=self._span("window"),
            ahead=self._span("ahead"), history=self._span("history"),
            against=self._one_of("against", Against, Against.RATIO), time_zone=self._time_zone(),
            guards=self._guards(), wait=self._span("for"), keep=self._span("keep_firing_for"),
            unit=self._unit(function), service=self._text("service", 100), runbook=self._runbook(),
        )  # fmt: skip
        self._together(read, absent=absent)
        return read

    def _together(self, read: Rule, *, absent: bool) -> None:
        """Note what does not go together."""
        function = read.function
        if absent and any(key in self._told for key in (*CONDITIONS, "clear", "function", "per", "while", "history")):
            self.say("'is_absent' stands alone: take away " + ", ".join([*CONDITIONS, "clear, function, per, while"]))
        if (function in WINDOWED) != ("window" in self._told):
            with_window = ", ".join(sorted(one.value for one in WINDOWED))
            self.say(f"'window' goes with the functions {with_window}, and they need it; got '{function.value}'")
        if (function is Function.FORECAST) != ("ahead" in self._told):
            self.say("'ahead' goes with function = \"forecast\", and that needs it: how far it looks, as 24h")
        if function is not Function.BASELINE and ("against" in self._told or "time_zone" in self._told):
            self.say("'against' and 'time_zone' go with function = \"baseline\" only")
        if read.per and function in (Function.AGE, Function.UNTIL, Function.BASELINE):
            self.say(f"'per' does not go with function = \"{function.value}\"")
        if "clear" in self._told and has_severity(read):
            self.say("'clear' does not go with a series that has a label 'severity' of its own")
        if function is Function.BASELINE and (read.guards or read.history):
            self.say("'while' and 'history' do not go with function = \"baseline\"")

    def _condition(self, told: Mapping[str, object], here: str) -> Condition:
        given = [key for key in CONDITIONS if key in told]
        if len(given) != 1:
            what = "exactly one of above, below, equals" + ("" if here else ", is_absent")
            self.say(f"{here}it needs {what}; got {', '.join(given) or 'none'}")
            return Condition(Op.ABOVE, 0.0)
        (key,) = given
        return Condition(CONDITIONS[key], self._number(told, key, here))

    def _number(self, told: Mapping[str, object], key: str, here: str = "") -> float:
        value = told[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            self.say(f"{here}'{key}' must be a number, got {str(value)[:40]!r}")
            return 0.0
        return float(value)

    def _clear(self, condition: Condition) -> Condition:
        if "clear" not in self._told:
            return condition
        clear = self._number(self._told, "clear")
        edge = condition.threshold
        lax = clear < edge if condition.op is Op.ABOVE else clear > edge
        if condition.op is Op.EQUALS or not lax:
            self.say(
                f"'clear' is where it is well again: lower than 'above', or higher than 'below'; got {clear:g} for"
                f" {edge:g}"
            )
        return Condition(condition.op, edge, clear)

    def _guards(self) -> tuple[Guard, ...]:
        told = self._told.get("while", [])
        tables = [told] if isinstance(told, dict) else told
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables) or len(tables) > 5:
            self.say("'while' must be a table, as { series = \"node_load1\", above = 4 }, or a list of at most 5")
            return ()
        guards = []
        for table in tables:
            for key in table:
                if key not in _GUARD_KEYS:
                    known = ", ".join(_GUARD_KEYS)
                    self.say(f"'while': '{key}' is not known{likely(key, _GUARD_KEYS)}; known are {known}")
            series = self._series(table, "series", must=True, here="'while': ")
            per = self._series(table, "per", must=False, here="'while': ")
            guards.append(Guard(series, self._condition(table, "'while': "), per))
        return tuple(guards)

    def _series(self, told: Mapping[str, object], key: str, *, must: bool, here: str = "") -> str:
        name = told.get(key)
        if name is None and not must:
            return ""
        if not isinstance(name, str) or not SERIES.fullmatch(name):
            what = "is missing" if name is None else f"must be the name of a series, got {str(name)[:64]!r}"
            self.say(f"{here}'{key}' {what}")
            return "missing"
        return name

    def _matchers(self, key: str) -> tuple[Matcher, ...]:
        told = self._told.get(key, {})
        if not isinstance(told, dict) or len(told) > 20:
            self.say(f"'{key}' must be a table of at most 20, as {{ class = \"server\" }}")
            return ()
        found = []
        for label, text in told.items():
            if key == "hosts" and label not in HOST_FACTS:
                self.say(f"'hosts': '{label}' is no fact of a host{likely(label, HOST_FACTS)}; {', '.join(HOST_FACTS)}")
            elif key == "labels" and (label in HOST_LABELS or not LABEL.fullmatch(label)):
                self.say(f"'labels': '{label[:64]}' can't be a label of a series; facts of the host go into 'hosts'")
            try:
                found.append(matcher.read(label, text))
            except MatcherError as e:
                self.say(f"'{key}': '{label[:64]}' {e}")
        return tuple(found)

    def _span(self, key: str) -> float:
        try:
            seconds = span.read(self._told[key]) if key in self._told else 0.0
        except SpanError as e:
            self.say(f"'{key}' {e}")
            return 0.0
        if key in self._told and key in ("window", "ahead", "history") and not seconds:
            self.say(f"'{key}' must be longer than nothing")
        if key in ("window", "history") and seconds > 31 * 86_400:
            self.say(f"'{key}' must be 31d at most: the collector keeps the samples of it in memory")
        return seconds

    def _one_of(self, key: str, kind: type[T], usual: T, known: list[str] | None = None) -> T:
        told = self._told.get(key, usual.value)
        words = known if known is not None else [one.value for one in kind]
        if told not in words:
            self.say(f"'{key}' must be one of {', '.join(words)}, got {str(told)[:40]!r}{likely(str(told), words)}")
            return usual
        return kind(told)

    def _time_zone(self) -> str:
        told = self._told.get("time_zone", "Europe/Stockholm")
        try:
            if not isinstance(told, str):
                raise ValueError(told)
            profile.zone(told)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.say(f"'time_zone' must be one like Europe/Stockholm or UTC, got {str(told)[:64]!r}")
            return "UTC"
        return told

    def _summary(self) -> Words:
        told = self._told.get("summary")
        if not isinstance(told, dict) or set(told) != {"sv", "en"}:
            self.say('\'summary\' must be { sv = "…", en = "…" }: what people read')
            return Words("", "")
        for language, text in told.items():
            if not isinstance(text, str) or not 0 < len(text) <= _MAX_SUMMARY or not text.isprintable():
                self.say(f"'summary': '{language}' must be one line of 1 to {_MAX_SUMMARY} characters")
                continue
            for place in _PLACE.findall(text):
                if not PLACE.fullmatch(place):
                    self.say(f"'summary': there is no {place[:40]}; there are {_PLACES}")
        return Words(str(told["sv"]), str(told["en"]))

    def _unit(self, function: Function) -> str:
        if "unit" in self._told:
            unit = self._told["unit"]
            if unit not in UNITS:
                self.say(f"'unit' must be one of {', '.join(UNITS[1:])} or empty, got {str(unit)[:40]!r}")
                return ""
            return str(unit)
        if function in (Function.AGE, Function.UNTIL):
            return "seconds"
        if function not in _STEADY:
            return ""
        if "per" in self._told:
            return "ratio"
        series = str(self._told.get("series", ""))
        return next((unit for end, unit in _UNITS_BY_ENDING.items() if series.endswith(end)), "")

    def _text(self, key: str, most: int) -> str:
        told = self._told.get(key, "")
        if not isinstance(told, str) or len(told) > most or not told.isprintable():
            self.say(f"'{key}' must be a text of at most {most} characters, got {str(told)[:40]!r}")
            return ""
        return told

    def _runbook(self) -> str:
        told = self._text("runbook", 510)
        if told and not _URL.fullmatch(told):
            self.say(f"'runbook' must be an address that begins with https:// or http://, got {told[:60]!r}")
        return told
