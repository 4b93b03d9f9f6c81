"""How full file systems are: df, with the columns that it has on each Unix.

Example:
    $ df -kP
    Filesystem              1024-blocks    Used Available Capacity Mounted on
    /dev/mapper/centos-root    17811456 1805580  16005876      11% /
    $ df -h    (macOS)
    Filesystem      Size   Used  Avail Capacity   iused    ifree %iused  Mounted on
    map -hosts       0Bi    0Bi    0Bi   100%         0        0  100%   /net
"""

from dataclasses import dataclass

from driftvakt_collector.poll.ssh.parsers.number import size, whole

_USED, _AVAILABLE = ("used",), ("available", "avail", "free")
_FILES, _FILES_USED, _FILES_FREE = ("inodes",), ("iused",), ("ifree",)
_PERCENT = ("use%", "capacity", "%used", "iuse%")


@dataclass(frozen=True, slots=True)
class Filesystem:
    """size, used, available: bytes. percent: as df rounds it. type: empty where df does not say."""

    device: str
    mountpoint: str
    type: str = ""
    size: int | None = None
    used: int | None = None
    available: int | None = None
    percent: int | None = None
    files: int | None = None
    files_used: int | None = None
    files_free: int | None = None
    files_percent: int | None = None


def parse(text: str) -> list[Filesystem]:
    """Return the file systems."""
    lines = text.split("\n")
    header = next((line for line in lines if "Mounted on" in line), "")
    columns = [one.lower() for one in header.partition("Mounted on")[0].split()][1:]
    has_type = columns[:1] == ["type"]
    names = columns[1:] if has_type else columns
    unit = next((_unit(one) for one in names if one.endswith("-blocks")), 1)
    rows: list[Filesystem] = []
    before: list[str] = []
    for line in lines:
        words = [*before, *line.split()]
        # A long device has a line of its own.
        before = words if len(words) == 1 else []
        at = _numbers(words, len(names)) if names and line != header else 0
        if not at:
            continue
        told = dict(zip(names, words[at : at + len(names)], strict=True))
        end = at - 1 if has_type else at
        rows.append(
            Filesystem(
                " ".join(words[:end]), " ".join(words[at + len(names) :]), words[end] if has_type else "",
                size(_first(told, tuple(one for one in told if one == "size" or one.endswith("-blocks"))), unit),
                size(_first(told, _USED), unit), size(_first(told, _AVAILABLE), unit),
                _percent(told, _PERCENT), whole(_first(told, _FILES)), whole(_first(told, _FILES_USED)),
                whole(_first(told, _FILES_FREE)), _percent(told, ("%iused", "iuse%")),
            )
        )  # fmt: skip
    return rows


def _unit(column: str) -> int:
    number = column.removesuffix("-blocks")
    return whole(number) or size(number.upper()) or 1


def _numbers(words: list[str], count: int) -> int:
    """Return where the numbers of a line begin: behind the device, which may have blanks. 0 where there are none."""
    for at in range(1, min(len(words) - count, 16)):
        if words[at + count].startswith("/") and all(_is_number(one) for one in words[at : at + count]):
            return at
    return 0


def _is_number(word: str) -> bool:
    return word == "-" or (word[:1].isdecimal() and size(word.rstrip("%")) is not None)


def _first(told: dict[str, str], names: tuple[str, ...]) -> str:
    return next((told[name] for name in names if name in told), "")


def _percent(told: dict[str, str], names: tuple[str, ...]) -> int | None:
    return whole(_first(told, names).removesuffix("%"))
