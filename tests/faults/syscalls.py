"""The system calls of a program, as strace wrote them down: what it did to its files, in the order in which it did it.

One recording of a real program, unchanged, gives every moment at which its machine could have lost power, so nothing
is run again for each. `-y` puts the path beside each descriptor, `-s` is so large that no byte is left out:

    14271 pwrite64(8</d/journal.db-wal>, "\\0\\0\\0\\2", 4, 49256) = 4
    14271 fdatasync(8</d/journal.db-wal>) = 0
    14270 write(6</dev/null>, "kept 7 8", 8)  = 8

The last is a mark: what a program says to /dev/null is for the one who reads the recording (see `say`).
"""

import codecs
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

STRACE = shutil.which("strace")
FILE_CALLS = (
    "openat", "open", "creat", "write", "pwrite64", "writev", "pwritev", "pwritev2", "lseek", "ftruncate", "truncate",
    "fallocate", "copy_file_range", "sendfile", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink",
    "unlinkat", "link", "linkat",
)  # fmt: skip
_TEXT_LIMIT = 64 << 20
_LINE = re.compile(rb"(\d+) +(?:<\.\.\. \w+ resumed>|(\w+)\()", re.DOTALL)
_RESULT = re.compile(rb"\) += (-?\d+|\?)([^\n]*)$")
_DESCRIPTOR = re.compile(rb"(\d+|AT_FDCWD)(?:<([^>]*)>)?")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')


class TraceError(Exception):
    """The recording can't be made or can't be read; the text says what to do."""


class Call(NamedTuple):
    """One call. done: False where it begins, True where it is over; most calls are only told when they are over."""

    name: str
    thread: int
    arguments: bytes
    result: int
    done: bool
    injected: bool

    @property
    def path(self) -> str:
        """The path beside the first descriptor."""
        found = _DESCRIPTOR.match(self.arguments)
        return "" if found is None else _plain(found[2] or b"").decode()

    @property
    def descriptor(self) -> int:
        found = _DESCRIPTOR.match(self.arguments)
        return -1 if found is None or found[1] == b"AT_FDCWD" else int(found[1])

    @property
    def data(self) -> bytes:
        """What was written, the bytes between the first quote and the last."""
        return _plain(self.arguments[self.arguments.index(b'"') + 1 : self.arguments.rindex(b'"')])

    def number(self, place: int) -> int:
        """The argument at a place counted from the end, -1 the last."""
        return int(self.arguments.split(b", ")[place])

    def names(self) -> list[str]:
        """The paths among the arguments, each joined to the directory that stands before it."""
        found = []
        base = ""
        for match in re.finditer(rb'(?:\d+|AT_FDCWD)<([^>]*)>|"((?:[^"\\]|\\.)*)"', self.arguments):
            if match[1] is not None:
                base = _plain(match[1]).decode()
            else:
                found.append(os.path.join(base, _plain(match[2]).decode()))
        return found


def say(text: str) -> None:
    """Leave a mark in the recording. Called by the program that is recorded."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.write(null, text.encode())
    finally:
        os.close(null)


def record(
    command: Sequence[str],
    *,
    inject: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    seconds: float = 300.0,
) -> Iterator[Call]:
    """Run a program to its end, then give the calls that touch files. inject: strace's -e inject=, one fault each.

    Raises TraceError when it can't be traced or doesn't end well.
    """  # fmt: skip
    if STRACE is None:
        raise TraceError("strace is not installed; apt-get install strace")
    with tempfile.TemporaryDirectory(prefix="driftvakt-trace-") as folder:
        out = Path(folder) / "trace"
        options = ["-f", "--seccomp-bpf", "-y", "-s", str(_TEXT_LIMIT), "-e", "signal=none", "-o", str(out)]
        options += [
            "-e",
            f"trace={','.join(FILE_CALLS)}",
            *(part for one in inject for part in ("-e", f"inject={one}")),
        ]
        done = subprocess.run(
            [STRACE, *options, "--", *command], capture_output=True, timeout=seconds, check=False, env=environment
        )
        if done.returncode:
            raise TraceError(
                f"{command} ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-2000:]}"
            )
        with out.open("rb") as lines:
            yield from parse(lines)


def parse(lines: Iterator[bytes] | Sequence[bytes]) -> Iterator[Call]:
    """Give the calls of a recording. A sync is given twice, where it begins and where it is over."""
    begun: dict[int, tuple[str, bytes]] = {}
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        thread = int(match[1])
        rest = line[match.end() :].rstrip(b"\n")
        if match[2] is None:
            if thread not in begun:
                continue
            name, before = begun.pop(thread)
            rest = before + rest
        else:
            name = match[2].decode()
            if rest.endswith(b"<unfinished ...>"):
                rest = rest.removesuffix(b"<unfinished ...>").rstrip(b" ")
                begun[thread] = name, rest
                if name in ("fsync", "fdatasync"):
                    yield Call(name, thread, rest, 0, done=False, injected=False)
                continue
            if name in ("fsync", "fdatasync"):
                yield Call(name, thread, rest, 0, done=False, injected=False)
        ended = _RESULT.search(rest, max(0, len(rest) - 4096))
        if ended is None or ended[1] == b"?":
            continue
        result = int(ended[1])
        arguments = rest[: ended.start()]
        if name in ("openat", "open", "creat") and result >= 0:
            # Where the descriptor leads is said behind it.
            arguments = b"%d%s, %s" % (result, ended[2].split(b" ")[0], arguments.split(b", ", 1)[-1])
        yield Call(name, thread, arguments, result, done=True, injected=b"(INJECTED)" in ended[2])


def _plain(text: bytes) -> bytes:
    """Return the bytes that strace wrote as a C string."""
    return codecs.escape_decode(text)[0] if b"\\" in text else text
