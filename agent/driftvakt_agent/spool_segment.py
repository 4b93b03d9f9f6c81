"""One file of the spool: rows with a checksum each, a signed line or a gap; what is damaged costs itself only.

Example, SPOOL/00000012.9b1e0c2d.18233.seg:
    1c291ca3 {"v":1,"origin":"a-7f3c0d","gen":1,"epoch":"9b1e0c2d","seq":18233,"mac":"qk…=","record":{"kind":"report"…}}
    77d0f2a9 gap 9b1e0c2d 18234 18247 14 thinned: one report a quarter of an hour was kept
    03e1c9d4 {"v":1,"origin":"a-7f3c0d","gen":1,"epoch":"9b1e0c2d","seq":18248,"mac":"v1…=","record":{"kind":"report"…}}

The name holds an ordinal, the epoch of the lines, and the number of the first: so that a damaged row is known by its
neighbours. A gap stands where the lines stood that it tells of.
"""

import json
import os
import zlib
from collections.abc import Iterable, Iterator

from driftvakt_agent import disk
from driftvakt_agent.backlog import Gap, Waiting

SUFFIX = ".seg"
_STARTS = (b' {"v":', b" gap ")
_DAMAGED = "damaged: rows of the spool could not be read"
_QUARTER = 900.0

Told = tuple[str, int, int, int, str]
Item = Waiting | Gap | None
"""What a row holds; None for one that is damaged."""


class Segment:
    """What is known of a file without reading it.

    first, last: numbers of its lines; last may be higher than any where the end is damaged. lines: that still wait.
    settled: numbers that need not be sent again. refused: those that will never be taken, and why. made: monotonic
    clock when it was made, < 0 when a former agent made it. at: what the wall clock said in its newest record. sealed:
    nothing is added. thin: nothing can be thinned. stub: nothing but gaps. told: the gaps of it that are in line.
    done: it may go.
    """

    __slots__ = (
        "at", "done", "epoch", "first", "last", "lines", "made", "ordinal", "path", "refused", "sealed", "settled",
        "size", "stub", "thin", "told",
    )  # fmt: skip

    def __init__(self, folder: str, ordinal: int, epoch: str, first: int, made: float = -1.0) -> None:
        self.path = os.path.join(folder, f"{ordinal:08d}.{epoch}.{first}{SUFFIX}")
        self.ordinal = ordinal
        self.epoch = epoch
        self.first = first
        self.last = first
        self.size = 0
        self.lines = 0
        self.settled: set[int] = set()
        self.made = made
        self.at = 0.0
        self.sealed = made < 0
        self.refused: dict[int, str] = {}
        self.told: set[Told] = set()
        self.thin = self.stub = self.done = False


def named(folder: str, name: str) -> Segment | None:
    """Return the segment that has this name, None for another file."""
    ordinal, _, rest = name.partition(".")
    epoch, _, rest = rest.partition(".")
    first = rest.removesuffix(SUFFIX)
    if not (name.endswith(SUFFIX) and ordinal.isdecimal() and epoch and first.isdecimal() and name.isascii()):
        return None
    return Segment(folder, int(ordinal), epoch, int(first))


def row(text: bytes) -> bytes:
    """Return the row of a line or of a gap's text."""
    return b"%08x %s\n" % (zlib.crc32(text), text)


def line_rows(line: bytes) -> bytes:
    """Return the row of a line; twice for one that tells of a gap.

    Its number is known by its neighbours, where the row is damaged; the numbers that it tells of stand nowhere else.
    """
    return row(line) * 2 if kind(line) == b"gap" else row(line)


def gap_row(gap: Gap) -> bytes:
    """Return the row of a gap."""
    # The words are somebody else's where a collector refused a line.
    words = gap.reason.replace("\n", " ")
    return row(f"gap {gap.epoch} {gap.first} {gap.last} {gap.count} {words}".encode("utf-8", "replace"))


def items(data: bytes, ordinal: int) -> Iterator[Item]:
    """Give what the rows of a file hold, in their order."""
    for piece in data.split(b"\n"):
        if not piece:
            continue
        item = _item(piece, ordinal)
        if item is not None:
            yield item
            continue
        # A newline that is damaged makes one piece of two rows, which are sound.
        begins = sorted({0, *(begin for start in _STARTS for begin in _begins(piece, start))})
        for begin, end in zip(begins, [*begins[1:], len(piece)], strict=True):
            yield _item(piece[begin:end], ordinal) or _item(piece[begin : end - 1], ordinal)


def _begins(piece: bytes, start: bytes) -> Iterator[int]:
    at = piece.find(start, 9)
    while at >= 0:
        yield at - 8
        at = piece.find(start, at + 1)


def _item(piece: bytes, ordinal: int) -> Item:
    text = piece[9:]
    try:
        if piece[8:9] != b" " or int(piece[:8], 16) != zlib.crc32(text):
            return None
        if text.startswith(b"gap "):
            _, epoch, first, last, count, reason = text.decode().split(" ", 5)
            return Gap(epoch, int(first), int(last), int(count), reason, kept=True)
        epoch, seq = head(text)
    except ValueError:
        return None
    return Waiting(epoch, seq, text, place=ordinal)


def head(line: bytes) -> tuple[str, int]:
    """Return epoch and number of a line that this agent made. Raises ValueError for another."""
    at = line.index(b',"epoch":"') + 10
    end = line.index(b'","seq":', at)
    return line[at:end].decode("ascii"), int(line[end + 8 : line.index(b",", end + 8)])


def kind(line: bytes) -> bytes:
    """Return the kind of a line's record."""
    return line.partition(b',"record":{"kind":"')[2].partition(b'"')[0]


def number(line: bytes, name: bytes) -> float | None:
    """Return one of the first numbers of a line's record, by its name."""
    try:
        return float(line.partition(b',"record":')[2].partition(b',"%s":' % name)[2].partition(b",")[0].rstrip(b"}"))
    except ValueError:
        return None


def told_by(line: Waiting) -> Gap | None:
    """Return the gap that a line tells of, where it is a `gap` record."""
    if kind(line.line) != b"gap":
        return None
    told = json.loads(line.line)["record"]
    return Gap(told["epoch"], told["first"], told["last"], told["count"], told["reason"], kept=True)


def explained(found: Iterable[Item], segment: Segment, bound: int) -> list[Waiting | Gap]:
    """Return the items with a gap in the place of what is damaged: exactly the numbers between the good neighbours.

    bound: the highest number that may have stood here.
    """
    out: list[Waiting | Gap] = []
    high, damaged = segment.first - 1, False
    for item in found:
        if item is None:
            damaged = True
            continue
        first, last = (item.seq, item.seq) if isinstance(item, Waiting) else (item.first, item.last)
        if _repeats(item, out):
            # The other copy may be the damaged one: nothing is missing between the two.
            damaged = False
            continue
        if item.epoch == segment.epoch:
            if damaged and high + 1 < first:
                out.append(_lost(segment.epoch, high + 1, first - 1))
            damaged, high = False, max(high, last)
        out.append(item)
    if damaged and high < bound:
        out.append(_lost(segment.epoch, high + 1, bound))
    return out


def _repeats(item: Waiting | Gap, out: list[Waiting | Gap]) -> bool:
    """Say if an item is the second copy of the last one."""
    if not out:
        return False
    last = out[-1]
    if isinstance(item, Gap):
        return isinstance(last, Gap) and last.told() == item.told()
    return isinstance(last, Waiting) and last.line == item.line


def look(segment: Segment, delivered: int) -> list[tuple[int, int]]:
    """Count what a file of a former agent holds; return the ranges of its numbers.

    delivered: the number up to which its lines were, less than 0 for none. What can't be read is said when its turn to
    be sent comes.
    """
    try:
        data = disk.read(segment.path)
    except OSError:
        return []
    segment.size = len(data)
    segment.stub = segment.thin = True
    ranges: list[tuple[int, int]] = []
    passed = delivered < 0
    for item in items(data, segment.ordinal):
        if isinstance(item, Gap):
            if item.epoch == segment.epoch:
                ranges.append((item.first, item.last))
            continue
        segment.stub = False
        if item is None or ranges[-1:] == [(item.seq, item.seq)]:
            continue
        ranges.append((item.seq, item.seq))
        segment.last = max(segment.last, item.seq)
        segment.thin = segment.thin and kind(item.line) != b"report"
        segment.at = number(item.line, b"at") or segment.at
        if passed:
            segment.lines += 1
        else:
            segment.settled.add(item.seq)
            passed = item.seq == delivered
    if not passed:
        # The line is not there any more; better twice at the other end than never.
        segment.lines, segment.settled = len(segment.settled), set()
    return ranges


def without_refused(found: list[Waiting | Gap], refused: dict[int, str]) -> list[Waiting | Gap]:
    """Return the items with a gap in the place of each line that will never be taken, and with what it told of."""
    out: list[Waiting | Gap] = []
    for item in found:
        if isinstance(item, Gap) or item.seq not in refused:
            out.append(item)
            continue
        told = told_by(item)
        if told is not None:
            out.append(told)
        out.append(Gap(item.epoch, item.seq, item.seq, 1, f"refused: {refused[item.seq]}", kept=True))
    return out


def _lost(epoch: str, first: int, last: int) -> Gap:
    return Gap(epoch, first, last, last - first + 1, _DAMAGED, kept=True)


def thinned(found: list[Waiting | Gap], settled: set[int], reason: str) -> tuple[list[Waiting | Gap], int]:
    """Return what is left when one report a quarter of an hour is kept, with the gaps; and how many lines go.

    The machine's own clock since its start tells the quarters, so that a step of the wall clock changes nothing.
    """
    out: list[Waiting | Gap] = []
    quarter: float | None = None
    run: Gap | None = None
    gone = 0
    for item in found:
        if isinstance(item, Waiting):
            if item.seq in settled:
                continue
            up = number(item.line, b"up") if kind(item.line) == b"report" else None
            if up is not None:
                if up // _QUARTER == quarter:
                    gone += 1
                    if run is None:
                        run = Gap(item.epoch, item.seq, item.seq, 1, reason, kept=True)
                        out.append(run)
                    else:
                        run.last, run.count = item.seq, run.count + 1
                    continue
                quarter = up // _QUARTER
        run = None
        out.append(item)
    return out, gone


def dropped(found: list[Waiting | Gap], settled: set[int], reason: str) -> tuple[list[Gap], int]:
    """Return the gaps that are left when all of it goes, as few as tell it exactly; and how many lines go."""
    out: list[Gap] = []
    gone = 0
    for item in found:
        if isinstance(item, Gap):
            _join(out, item, reason)
            continue
        if item.seq in settled:
            continue
        gone += 1
        told = told_by(item)
        if told is not None:
            _join(out, told, reason)
        _join(out, Gap(item.epoch, item.seq, item.seq, 1, reason, kept=True), reason)
    return out, gone


def _join(out: list[Gap], gap: Gap, reason: str) -> None:
    """Add a gap. What the spool had no room for is one with what it was thinned by before: nothing of it is left."""
    ours = gap.reason.startswith(("thinned:", "full:", "age:"))
    for one in out:
        if one.epoch == gap.epoch and (ours if one.reason == reason else one.reason == gap.reason):
            near = one.first <= gap.last + 1 and gap.first <= one.last + 1
            if near or (ours and gap.first > one.last):
                one.first, one.last = min(one.first, gap.first), max(one.last, gap.last)
                one.count += gap.count
                return
    out.append(Gap(gap.epoch, gap.first, gap.last, gap.count, reason if ours else gap.reason, kept=True))
