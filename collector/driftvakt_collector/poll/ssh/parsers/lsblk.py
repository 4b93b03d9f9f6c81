"""Disks and what is on them: lsblk.

Example:
    $ lsblk -b -P -o NAME,TYPE,SIZE,MODEL
    NAME="sda" TYPE="disk" SIZE="21474836480" MODEL="VMware Virtual S"
    $ lsblk
    NAME            MAJ:MIN RM  SIZE RO TYPE MOUNTPOINT
    sda               8:0    0   20G  0 disk
    └─sda2            8:2    0   19G  0 part
      └─centos-root 253:0    0   17G  0 lvm  /
"""

import re
from itertools import pairwise

_PAIR = re.compile(r'([A-Z][A-Z0-9:_-]{0,20})="((?:[^"\\]|\\.)*)"')
_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")
_MAX_COLUMNS, _MAX_ROWS = 64, 2000
_TREE = "├─└│|`- "

Row = dict[str, str]
"""Column, as lsblk calls it, to what stands there. PKNAME is what it is a part of."""


def parse_pairs(text: str) -> list[Row]:
    """Return the rows of `lsblk -P`. From util-linux 2.37 on, MAJ:MIN is written MAJ_MIN there."""
    rows = []
    for line in text.split("\n"):
        row = {name: _HEX.sub(lambda one: chr(int(one[1], 16)), value).strip() for name, value in _PAIR.findall(line)}
        if row.get("NAME"):
            rows.append(row)
    return rows


def parse_tree(text: str) -> list[Row]:
    """Return the rows of lsblk without options. Another mount point of the same, in a line of its own, is left out."""
    lines = [line for line in text.split("\n") if line.strip()][:_MAX_ROWS]
    head = next((at for at, line in enumerate(lines) if line.startswith("NAME ")), len(lines))
    lines = lines[head:]
    if not lines:
        return []
    spans = _spans(lines)
    rows: list[Row] = []
    above: list[tuple[int, str]] = []
    for line in lines[1:]:
        row = {name: line[start:end].strip() for name, start, end in spans}
        name = row["NAME"].lstrip(_TREE)
        if not name or not row.get("TYPE", "x"):
            continue
        depth = len(line) - len(line.lstrip(_TREE))
        above = [one for one in above if one[0] < depth]
        row["NAME"] = name
        row.setdefault("PKNAME", above[-1][1] if above else "")
        above.append((depth, name))
        rows.append(row)
    return rows


def _spans(lines: list[str]) -> list[tuple[str, int, int]]:
    """Return where each column stands: it ends at the last place before the next one's name that is blank in all lines.

    Numbers stand at the right of their column and may begin before its name, texts at the left and may end behind it.
    """
    heads = [(one.group(), one.start(), one.end()) for one in re.finditer(r"\S+", lines[0])][:_MAX_COLUMNS]
    ends = []
    for (_, _, end), (_, begin, _) in pairwise(heads):
        blank = (at for at in range(begin - 1, end - 1, -1) if all(line[at : at + 1].strip() == "" for line in lines))
        ends.append(next(blank, begin))
    starts = [0, *ends]
    return [(name, start, end) for (name, _, _), start, end in zip(heads, starts, [*ends, None], strict=True)]  # type: ignore[misc]
