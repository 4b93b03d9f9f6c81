"""A table of a plan in TOML, read key by key: what is wrong is gathered, and what was not asked for is refused."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import NoReturn

from driftvakt_collector.config import ConfigError

MAX_BODY = 1 << 18
"""Characters of a plan."""
MAX_ROWS = 400
"""Of a list, and of tables of one kind."""
_MAX_TEXT = 200


class TomlTable:
    """wrong: where mistakes are written down, each with what to write instead; one list for all tables of a plan."""

    def __init__(self, raw: Mapping[str, object], wrong: list[str], here: str = "") -> None:
        self.raw = raw
        self.wrong = wrong
        self._here = here
        self._asked: list[str] = []

    def refuse(self, told: str) -> None:
        """Write down a mistake of this table."""
        self.wrong.append(f"{self._here}: {told}" if self._here else told)

    def text(self, key: str, default: str = "", *, needed: bool = False, longest: int = _MAX_TEXT) -> str:
        """Return a text of one line."""
        value = self._take(key, default)
        if not isinstance(value, str) or len(value) > longest or not value.isprintable():
            self.refuse(f"'{key}' must be a text of at most {longest} characters in one line, got {_shown(value)}")
            return default
        if needed and not value.strip():
            self.refuse(f"'{key}' is missing")
        return value.strip()

    def one_of(self, key: str, known: Iterable[str], default: str) -> str:
        """Return one of some words."""
        value = self._take(key, default)
        if value not in (words := tuple(known)):
            self.refuse(f"'{key}' must be one of {', '.join(words)}, got {_shown(value)}")
            return default
        return str(value)

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Return a number within bounds."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            self.refuse(f"'{key}' must be a number from {low:g} to {high:g}, got {_shown(value)}")
            return default
        return value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._take(key, list(default))
        if (
            not isinstance(value, list)
            or len(value) > MAX_ROWS
            or not all(isinstance(one, str) and 0 < len(one) <= _MAX_TEXT and one.isprintable() for one in value)
        ):
            self.refuse(f'\'{key}\' must be a list of texts, as ["anna", "bo"], got {_shown(value)}')
            return default
        return tuple(one.strip() for one in value)

    def day(self, key: str) -> date | None:
        """Return a date, None where there is none."""
        value = self._take(key, None)
        if value is not None and (isinstance(value, datetime) or not isinstance(value, date)):
            self.refuse(f"'{key}' must be a date without quotes, as 2026-01-05, got {_shown(value)}")
            return None
        return value

    def wall(self, key: str, clock: time) -> datetime | None:
        """Return a reading of the wall clock; a date alone means that time of its day."""
        value = self._take(key, None)
        if isinstance(value, datetime) and value.tzinfo is None:
            return value
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime.combine(value, clock)
        self.refuse(
            f"'{key}' must be a date or a local time without quotes, as 2026-12-24 or 2026-12-24T17:00:00,"
            f" got {_shown(value)}"
        )
        return None

    def tables(self, key: str) -> list["TomlTable"]:
        """Return the tables [[key]]."""
        value = self._take(key, [])
        if not isinstance(value, list) or len(value) > MAX_ROWS or not all(isinstance(one, dict) for one in value):
            self.refuse(f"'{key}' must be at most {MAX_ROWS} tables [[{key}]], got {_shown(value)}")
            return []
        return [self._inner(one, f"{key} {number}") for number, one in enumerate(value, 1)]

    def table(self, key: str) -> "TomlTable | None":
        """Return an inner table, None where there is none."""
        value = self._take(key, None)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.refuse(f"'{key}' must be a table, as {key} = {{ … }}, got {_shown(value)}")
            return None
        return self._inner(value, key)

    def has(self, key: str) -> bool:
        """Say whether a key is told."""
        return key in self.raw

    def done(self) -> None:
        """Refuse what nobody asked for."""
        for key in self.raw:
            if key not in self._asked:
                self.refuse(f"'{str(key)[:60]}' is not known; known are {', '.join(sorted(self._asked))}")

    def _take(self, key: str, default: object) -> object:
        self._asked.append(key)
        return self.raw.get(key, default)

    def _inner(self, raw: Mapping[str, object], here: str) -> "TomlTable":
        return TomlTable(raw, self.wrong, f"{self._here}, {here}" if self._here else here)


def parse(body: str, wrong: list[str]) -> TomlTable:
    """Return a plan's outermost table; an empty one, with the mistake written down, for what is no TOML."""
    if len(body) > MAX_BODY:
        wrong.append(f"it has more than {MAX_BODY} characters")
        return TomlTable({}, wrong)
    try:
        return TomlTable(tomllib.loads(body), wrong)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as e:
        wrong.append(f"it is no TOML: {e}")
        return TomlTable({}, wrong)


def fail(what: str, wrong: Iterable[str]) -> NoReturn:
    """Raise ConfigError with every mistake of a plan."""
    raise ConfigError(f"cannot use {what}:\n" + "\n".join(f"  - {text}" for text in wrong))


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:80]
