"""Reads rules: those that we ship, and an operator's own file. Every mistake in one message.

Example:
    [[application]]
    name = "PostgreSQL"
    category = "database"
    any = [{ package = "postgresql-[0-9]*" }, { product = "PostgreSQL", source = "registry" }]
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from driftvakt_collector.config import ConfigError
from driftvakt_collector.service.applications.rule import Match, Rule

SHIPPED = Path(__file__).with_name("rules.toml")
MAX_RULES = 2000
_MAX_FILE = 1 << 20
_MAX_NAME = 64
_MAX_PATTERN = 100
_MAX_STARS = 4
"""Of a pattern: more of them and a long name can take long."""
_PORT = re.compile(r"(tcp|udp)/([1-9]\d{0,4})")
_TEXTS = ("category", "vendor", "service")
_KEYS = tuple(one.name for one in fields(Match))


def load(own: Path | None) -> list[Rule]:
    """Return the shipped rules and an operator's; one of the same name takes the place of ours. Raises ConfigError."""
    rules = {rule.name: rule for rule in read(SHIPPED)}
    if own is not None:
        rules |= {rule.name: rule for rule in read(own)}
    return list(rules.values())


def read(path: Path) -> list[Rule]:
    """Return the rules of a file. Raises ConfigError with every mistake."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_FILE + 1)
        if len(raw) > _MAX_FILE:
            raise ConfigError(f"cannot read the rules in {path}: it has more than {_MAX_FILE} bytes")
        told = tomllib.loads(raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as e:
        raise ConfigError(f"cannot read the rules in {path}: {e}") from e
    wrong: list[str] = []
    rules = _rules(told, wrong)
    if wrong:
        raise ConfigError(f"cannot use the rules in {path}:\n" + "\n".join(f"  - {text}" for text in wrong))
    return rules


def _rules(told: Mapping[str, object], wrong: list[str]) -> list[Rule]:
    wrong += [f"'{key}' is not known; rules are tables [[application]]" for key in told if key != "application"]
    tables = told.get("application", [])
    if not isinstance(tables, list) or len(tables) > MAX_RULES:
        wrong.append(f"'application' must be at most {MAX_RULES} tables: [[application]]")
        return []
    rules: dict[str, Rule] = {}
    for number, table in enumerate(tables, 1):
        rule = _rule(f"application {number}", table, wrong)
        if rule is not None and rule.name in rules:
            wrong.append(f"application {number}: there is another one with the name {rule.name!r}")
        elif rule is not None:
            rules[rule.name] = rule
    return list(rules.values())


def _rule(here: str, told: object, wrong: list[str]) -> Rule | None:
    if not isinstance(told, dict):
        wrong.append(f"{here} must be a table: [[application]]")
        return None
    name = told.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
        wrong.append(f"{here}: 'name' must be a text of 1 to {_MAX_NAME} characters, got {name!r}")
        return None
    here = f"{here} ({name})"
    known = ("name", *_TEXTS, "all", "any")
    wrong += [f"{here}: '{key}' is not known; known are {', '.join(known)}" for key in told if key not in known]
    texts = {key: told.get(key, "") for key in _TEXTS}
    for key, text in texts.items():
        if not isinstance(text, str) or len(text) > _MAX_NAME:
            wrong.append(f"{here}: '{key}' must be a text of at most {_MAX_NAME} characters, got {text!r}")
    if not texts["category"]:
        wrong.append(f"{here}: 'category' is missing, as database")
    every, some = (_matches(f"{here}: '{key}'", told.get(key, []), wrong) for key in ("all", "any"))
    if not told.get("all") and not told.get("any"):
        wrong.append(f"{here}: it would match every host; tell 'all' or 'any'")
    return Rule(name, str(texts["category"]), str(texts["vendor"]), str(texts["service"]), every, some)


def _matches(here: str, told: object, wrong: list[str]) -> tuple[Match, ...]:
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        wrong.append(f'{here} must be a list of tables, as [{{ package = "nginx" }}]')
        return ()
    return tuple(_match(here, one, wrong) for one in told)


def _match(here: str, told: Mapping[str, object], wrong: list[str]) -> Match:
    good: dict[str, str] = {}
    for key, text in told.items():
        if key not in _KEYS:
            wrong.append(f"{here}: '{key}' is not known; known are {', '.join(_KEYS)}")
        elif not isinstance(text, str) or not 0 < len(text) <= _MAX_PATTERN or text.count("*") > _MAX_STARS:
            wrong.append(
                f"{here}: '{key}' must be a text of 1 to {_MAX_PATTERN} characters with at most {_MAX_STARS} *,"
                f" got {str(text)[:120]!r}"
            )
        elif key == "port" and not ((found := _PORT.fullmatch(text)) and int(found[2]) < 1 << 16):
            wrong.append(f"{here}: 'port' must be as tcp/5432, got {text!r}")
        elif key in ("package", "product", "service") and not text.strip("*?"):
            wrong.append(f"{here}: '{key}' = {text!r} matches everything")
        else:
            good[key] = text
    if set(told) <= {"source"}:
        wrong.append(f"{here}: each of it needs package, product, service or port")
    return Match(**good)
