import re

import pytest

from driftvakt_collector.poll.checks.check import Check, Course, Option, Target
from driftvakt_collector.poll.checks.options import CheckConfigError, options_of
from driftvakt_collector.poll.checks.table import CHECKS


async def probe(target: Target, course: Course) -> None:
    """All is well."""


CHECK = Check("tried", "It is tried.", probe, options=(
    Option("path", str, "a path"), Option("count", int, "how many"), Option("limit", float, "a limit"),
    Option("tls", bool, "whether"), Option("names", tuple, "names"),
))  # fmt: skip


def test_what_is_set_is_taken() -> None:
    told = {"path": "/", "count": 3, "limit": 2, "tls": True, "names": ["a", "b"]}

    assert options_of(CHECK, told) == {"path": "/", "count": 3, "limit": 2.0, "tls": True, "names": ("a", "b")}
    assert options_of(CHECK, {"names": "a"}) == {"names": ("a",)}
    assert options_of(CHECK, {}) == {}


@pytest.mark.parametrize(("name", "value", "expected"), [
    ("path", 3, "'path' must be a text, got '3'"), ("count", 1.5, "'count' must be a whole number, got '1.5'"),
    ("count", True, "'count' must be a whole number, got 'True'"), ("limit", "2", "'limit' must be a number, got '2'"),
    ("limit", float("nan"), "'limit' must be a number, got 'nan'"), ("tls", 1, "'tls' must be true or false, got '1'"),
    ("names", ["a", 1], "'names' must be a list of texts, got \"['a', 1]\""),
])  # fmt: skip
def test_what_is_of_another_kind_is_not(name: str, value: object, expected: str) -> None:
    with pytest.raises(CheckConfigError, match=re.escape(expected)):
        options_of(CHECK, {name: value})


def test_every_mistake_is_in_one_message() -> None:
    with pytest.raises(CheckConfigError) as raised:
        options_of(CHECK, {"path": 1, "tls": "yes", "Path": "/", "colour": "red"})

    assert str(raised.value) == (
        "check 'tried': 'path' must be a text, got '1'; 'tls' must be true or false, got 'yes'; "
        "no option 'Path', 'colour': known are count, limit, names, path, tls"
    )


def test_a_check_without_options_says_so() -> None:
    with pytest.raises(CheckConfigError, match="no option 'x': it has none"):
        options_of(Check("bare", "It has none.", probe), {"x": 1})


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda one: str(one.name))
def test_each_check_of_the_table_says_what_it_is(check: Check) -> None:
    names = [option.name for option in check.options]

    assert check.help.endswith(".")
    assert len(set(names)) == len(names)
    assert all(option.kind in {str, int, float, bool, tuple} and option.help for option in check.options)
    assert 0 <= check.port < 65536
