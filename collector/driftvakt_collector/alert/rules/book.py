"""The rules that count: those that are shipped, and an operator's own file, which adds, changes or takes away."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from driftvakt_collector.alert.rules import reading
from driftvakt_collector.alert.rules.reading import CONDITIONS, likely
from driftvakt_collector.alert.rules.rule import Rule
from driftvakt_collector.config import ConfigError
from driftvakt_wire import names

SHIPPED = Path(__file__).with_name("default")
MAX_RULES = 500
_MAX_FILE = 1 << 20
_DECLARED = ("node_", "apt_", "driftvakt_")
"""Series that begin so are declared, so one that is not is probably misspelt; of others nobody can know."""
_UNDECLARED = ("driftvakt_probe_",)
"""What checks of services tell is declared with each kind of check."""
OWN_SUBJECT = "own"


@dataclass(frozen=True)
class Book:
    """rules: those that count. off: names of shipped rules that the own file turned off. changed: those that it
    changed. doubts: what may be a mistake, in words.
    """

    rules: tuple[Rule, ...]
    off: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def load(own: Path | None = None) -> Book:
    """Return the rules that are shipped, as an operator's file changes them. Raises ConfigError with every mistake."""
    shipped: dict[str, tuple[Mapping[str, object], str]] = {}
    for path in sorted(SHIPPED.glob("*.toml")):
        for table in _tables(path):
            shipped[str(table["name"])] = table, path.stem
    return _book(shipped, own)


def read(path: Path) -> Book:
    """Return the rules of one file alone. Raises ConfigError with every mistake."""
    return _book({}, path)


def _book(shipped: Mapping[str, tuple[Mapping[str, object], str]], own: Path | None) -> Book:
    tables = dict(shipped)
    wrong: list[str] = []
    off: list[str] = []
    changed: list[str] = []
    met: set[str] = set()
    for table in _tables(own) if own is not None else ():
        name = str(table.get("name", "?"))[:64]
        if name in met:
            wrong.append(f"rule {name}: there is another one with this name")
        met.add(name)
        if not isinstance(table.get("enabled", True), bool):
            wrong.append(f"rule {name}: 'enabled' must be true or false, got {str(table['enabled'])[:40]!r}")
        before = shipped.get(name)
        if table.get("enabled") is False:
            off.append(name)
            tables.pop(name, None)
            if before is None and "series" not in table:
                wrong.append(f"rule {name}: there is no such rule to turn off{likely(name, list(shipped))}")
            continue
        if before is not None:
            changed.append(name)
            tables[name] = _merged(before[0], table), before[1]
        else:
            tables[name] = table, OWN_SUBJECT
            if "series" not in table and (close := likely(name, list(shipped))):
                wrong.append(f"rule {name}: no shipped rule has this name{close}")
    rules = [found for table, subject in tables.values() if (found := reading.rule(table, subject, wrong)) is not None]
    if len(tables) > MAX_RULES:
        wrong.append(f"there are {len(tables)} rules, at most {MAX_RULES} can be used")
    if wrong:
        source = own or SHIPPED
        raise ConfigError(f"cannot use the rules in {source}:\n" + "\n".join(f"  - {text}" for text in wrong))
    return Book(tuple(rules), tuple(off), tuple(changed), tuple(_doubts(rules)))


def _merged(shipped: Mapping[str, object], own: Mapping[str, object]) -> Mapping[str, object]:
    """Return a shipped rule with what the operator changed.

    With another threshold, the one at which it is well again keeps its distance where the operator does not say it.
    """
    told = {
        key: value for key, value in shipped.items() if not (_conditions(own) and key in (*CONDITIONS, "is_absent"))
    }
    if _conditions(own) and "clear" in told and "clear" not in own:
        before, now = _conditions(shipped), _conditions(own)
        clear = told.pop("clear")
        if before.keys() == now.keys() and before and isinstance(clear, int | float):
            ((_, old),), ((_, new),) = before.items(), now.items()
            if isinstance(old, int | float) and isinstance(new, int | float) and not isinstance(new, bool):
                told["clear"] = new + (clear - old)
    return {**told, **own}


def _conditions(table: Mapping[str, object]) -> dict[str, object]:
    return {key: table[key] for key in (*CONDITIONS, "is_absent") if key in table}


def _tables(path: Path) -> list[Mapping[str, object]]:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_FILE + 1)
        if len(raw) > _MAX_FILE:
            raise ConfigError(f"cannot read the rules in {path}: it has more than {_MAX_FILE} bytes")
        told = tomllib.loads(raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as e:
        raise ConfigError(f"cannot read the rules in {path}: {e}") from e
    tables = told.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise ConfigError(f"cannot use the rules in {path}: they are tables [[rule]]")
    unknown = sorted(set(told) - {"rule"})
    if unknown:
        raise ConfigError(
            f"cannot use the rules in {path}: '{unknown[0][:64]}' is not known; rules are tables [[rule]]"
        )
    return tables


def _doubts(rules: Iterable[Rule]) -> Iterable[str]:
    for rule in rules:
        for name in (rule.series, rule.per, *(name for guard in rule.guards for name in (guard.series, guard.per))):
            if name.startswith(_DECLARED) and not name.startswith(_UNDECLARED) and names.family(name) is None:
                close = likely(name, list(names.FAMILIES))
                yield f"rule {rule.name}: nobody declares a series {name}{close}"
