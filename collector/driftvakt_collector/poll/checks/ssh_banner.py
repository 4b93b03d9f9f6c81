"""Whether an SSH server says who it is (RFC 4253, 4.2)."""

from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said, wrong
from driftvakt_collector.poll.checks.pattern import found
from driftvakt_collector.poll.checks.stream import Stream, connected

_MAX_LINE = 8192
"""Bytes of a line before the one that counts, which itself has 255 at most."""
_MAX_BANNER = 255
_MAX_LINES = 50
"""Lines that may stand before it."""
_SPOKEN = ("2.0", "1.99")
"""Versions of the protocol; 1.99 is of a server that could speak 1 as well."""


async def probe(target: Target, course: Course) -> None:
    """Read the banner, and say goodbye as one who has never begun."""
    async with connected(target, course) as stream:
        with course.phase("answer"):
            banner = await _banner(stream)
        # Servers write a line into their log for one who leaves without a word.
        stream.send(b"SSH-2.0-driftvakt\r\n")
    version, _, _ = banner.removeprefix("SSH-").partition("-")
    if version not in _SPOKEN:
        raise CheckError(Fault.ANSWER, f"it speaks SSH {said(version)!r}, and not 2.0")
    expression = target.text("expect")
    if expression and not found("expect", expression, banner):
        wrong(banner, f"what matches {expression!r}")


async def _banner(stream: Stream) -> str:
    line = b""
    for _ in range(_MAX_LINES):
        line = await stream.line(_MAX_LINE)
        if line.startswith(b"SSH-"):
            if len(line) > _MAX_BANNER:
                wrong(line, f"who it is in {_MAX_BANNER} bytes")
            return line.decode("utf-8", "replace")
    raise CheckError(Fault.ANSWER, f"it says {said(line)!r}, and not SSH-… within {_MAX_LINES} lines")


CHECK = Check(
    name="ssh_banner",
    help="An SSH server says who it is.",
    probe=probe,
    port=22,
    options=(Option("expect", str, "a regular expression that its banner must match, like ^SSH-2.0-OpenSSH_9"),),
)
