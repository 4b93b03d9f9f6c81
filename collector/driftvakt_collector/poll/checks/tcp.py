"""Whether something takes connections on a TCP port, and, if asked, says what it should."""

import asyncio
import re

from driftvakt_collector.poll.checks import tls
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, wrong
from driftvakt_collector.poll.checks.pattern import found
from driftvakt_collector.poll.checks.stream import Stream, connected

LIMIT = 64 * 1024
"""Bytes of an answer that are read."""
_QUIET = 2.0
"""Seconds without a word after which a server that has said something has said it all."""
_PIECES = 500
"""In how many pieces an answer may come: each costs a look through all before it."""
_ESCAPES = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


async def probe(target: Target, course: Course) -> None:
    """Connect; speak TLS if asked; send what is to be sent, and read until what is expected has come."""
    if not target.port:
        raise CheckError(Fault.UNUSABLE, "a check of TCP needs a port")
    async with connected(target, course) as stream:
        if target.flag("tls"):
            how = tls.context(ca=target.text("ca"), verify=target.flag("verify", default=True))
            await stream.secure(how, target.text("server_name", target.host), course)
            tls.tell_expiry(stream.certificate, course)
        if target.text("send"):
            stream.send(_unescaped(target.text("send")))
        if target.text("expect"):
            with course.phase("answer"):
                await _expected(stream, target.text("expect"), course)


async def _expected(stream: Stream, expression: str, course: Course) -> None:
    course.tell("probe_failed_due_to_regex", 1)
    read = b""
    for _ in range(_PIECES):
        more = await _piece(stream, read)
        read += more
        if found("expect", expression, read):
            course.tell("probe_failed_due_to_regex", 0)
            return
        if not more or len(read) >= LIMIT:
            break
    wrong(read, f"what matches {expression!r}")


async def _piece(stream: Stream, read: bytes) -> bytes:
    """Return what comes next; empty where nothing does, if something has come before."""
    if not read:
        return await stream.some(LIMIT)
    try:
        async with asyncio.timeout(_QUIET):
            return await stream.some(LIMIT - len(read))
    except TimeoutError:
        return b""


def _unescaped(text: str) -> bytes:
    r"""Return a text with \r, \n, \t, \0, \\ and \xHH as the bytes that they stand for."""
    return re.sub(
        rb"\\(?:x([0-9a-fA-F]{2})|([rnt0\\]))",
        lambda one: bytes([int(one[1], 16)]) if one[1] else _ESCAPES[one[2]],
        text.encode("utf-8"),
    )


CHECK = Check(
    name="tcp",
    help="A TCP port takes connections, and says what it should.",
    probe=probe,
    options=(
        Option("send", str, r"what to send, with \r, \n, \t, \0 and \xHH for what can't be written"),
        Option("expect", str, f"a regular expression that must be in the first {LIMIT} bytes of the answer"),
        Option("tls", bool, "whether to speak TLS"),
        tls.CA,
        tls.VERIFY,
        tls.SERVER_NAME,
    ),
)
