"""Output that was written to do harm, or came through damaged: every parser takes any text, in little time."""

import importlib
import inspect
import pkgutil
import random
import time
from collections.abc import Callable, Iterator

import pytest
from answering import RECORDINGS

from driftvakt_collector.poll.ssh import facts, health, health_others, parsers
from driftvakt_collector.poll.ssh.commands import COMMANDS, Platform
from driftvakt_collector.poll.ssh.series import Sample, shaped
from driftvakt_collector.poll.ssh.text import plain

MEBIBYTE = 1 << 20
MOST_SECONDS = 3.0
"""Far above what any takes, and far below what one takes that looks at each character once for each other."""


def _whole(line: str) -> str:
    return line * (MEBIBYTE // len(line))


HARM = {
    "blanks": " " * MEBIBYTE, "line ends": "\n" * MEBIBYTE, "one line": "a" * MEBIBYTE, "short lines": _whole("a\n"),
    "words": _whole("x " * 2040 + "\n"), "lines of blanks": _whole(" " * 4090 + "\n"),
    "digits": _whole("9" * 4090 + "\n"), "quotes": _whole('A="' * 1300 + "\n"),
    "escaped quotes": _whole('A="\\"' * 800 + "\n"),
    "df": "Filesystem 1K-blocks Used Available Use% Mounted on\n" + _whole("a 1 1 1 " * 500 + "\n"),
    "lsblk": "NAME " + "A " * 2000 + "\n" + _whole("a b c\n"), "not lsblk": _whole('NAME: "a", DESCR: "' * 200 + "\n"),
    "rpm": "Name : a\nVersion : 1\nDescription :\n" + _whole("a b\n"), "colons": _whole("a: " * 1300 + "\n"),
    "uptime": _whole("up " + "x" * 4000 + "\n"), "cisco": _whole("cisco a " * 500 + "\n"),
    "ip": _whole("1: a: <" + "A," * 1000 + "\n"), "ifconfig": _whole("a: flags=1<" + "A," * 1000 + "\n"),
    "old ifconfig": _whole("a Link encap:" + " " * 4000 + "\n"), "mount": _whole("a on /b (" * 400 + "\n"),
    "ipconfig": _whole("Ethernet adapter x:\n   a . . : b\n"), "JSON": "[" * MEBIBYTE, "CSI": "\x1b[" * (MEBIBYTE // 2),
    "OSC": "\x1b]0;" * (MEBIBYTE // 4),
}  # fmt: skip


def _parsers() -> dict[str, Callable[[str], object]]:
    found: dict[str, Callable[[str], object]] = {}
    for one in pkgutil.iter_modules(parsers.__path__):
        module = importlib.import_module(f"{parsers.__name__}.{one.name}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and name.startswith("parse"):
                found[f"{one.name}.{name}"] = function
    return found


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HARM.items()])
def test_a_mebibyte_of_anything_is_read_in_little_time(text: str) -> None:
    read = plain(text.encode())
    slow = {}
    for name, parse in _parsers().items():
        began = time.process_time()
        parse(read)
        slow[name] = time.process_time() - began

    assert {name: seconds for name, seconds in slow.items() if seconds > MOST_SECONDS} == {}


def _damaged(text: str, texts: list[str], dice: random.Random) -> str:
    lines = text[:4000].split("\n")
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(lines))
        line = lines[at]
        words = line.split(" ")
        dice.shuffle(words)
        lines[at] = dice.choice([
            " ".join(words), line[: dice.randrange(len(line) + 1)], "", line * 2,
            dice.choice(dice.choice(texts).split("\n")),
            "".join(dice.choice("019abc:/.*-[]()<>\"=% \t²٣å") if dice.random() < 0.1 else one for one in line),
        ])  # fmt: skip
    return "\n".join(lines)


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
@pytest.mark.parametrize("seed", range(4))
def test_damaged_output_is_read_as_far_as_it_goes(seed: int) -> None:
    dice = random.Random(seed)
    paths = sorted(path for path in RECORDINGS.rglob("*") if path.is_file() and path.suffix not in (".json", ".md"))
    texts = [plain(path.read_bytes()[:20_000]) for path in paths]
    made: dict[Platform, Callable[[health.Told], Iterator[Sample]]] = {
        Platform.LINUX: health.linux, Platform.WINDOWS: health_others.windows, Platform.MACOS: health_others.unix,
        Platform.FREEBSD: health_others.unix, Platform.AIX: health_others.unix, Platform.IOS: health.loads,
    }  # fmt: skip
    for _ in range(60):
        for parse in _parsers().values():
            parse(_damaged(dice.choice(texts), texts, dice))
        for kind, samples in made.items():
            # Each command has the output of any.
            told = {one.name: _damaged(dice.choice(texts), texts, dice) for one in COMMANDS[kind]}
            shape, values = shaped(samples(told), persons=dice.random() < 0.5)
            sections = facts.sections(kind, told, persons=dice.random() < 0.5)

            assert len(shape.keys) == len(values)
            assert all(len(row) == len(body.columns) for body in sections.values() for row in body.rows)
