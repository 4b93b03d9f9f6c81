"""Whether a server of POP3 greets, agrees on TLS and lets an account in (RFC 1939, 2449, 2595, 5034).

Example:
    +OK Dovecot ready.
    CAPA
    +OK
    STLS
    SASL PLAIN LOGIN
    .
"""

import re
from base64 import b64encode

from driftvakt_collector.poll.checks import encryption
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Target, said, wrong
from driftvakt_collector.poll.checks.encryption import Encryption
from driftvakt_collector.poll.checks.stream import Stream, connected

_LINES = 200
"""Lines of one answer that are read."""
_STATUS = re.compile(rb"(\+OK|-ERR|\+)(?: (.*))?", re.DOTALL)
_PASSING = (b"[IN-USE]", b"[LOGIN-DELAY]", b"[SYS/")
"""Why it lets nobody in for now, whatever the secret (RFC 2449, 8.1; RFC 3206)."""


async def probe(target: Target, course: Course) -> None:
    """Greet, encrypt and log in, each if it is asked for, and take leave."""
    target = encryption.at_usual_port(target, 110, 995)
    how = encryption.encryption(target)
    async with connected(target, course) as stream:
        if how is Encryption.IMPLICIT:
            await encryption.begun(stream, target, course)
        with course.phase("greeting"):
            good, text = await _status(stream, "the greeting of a server of POP3")
        if not good:
            raise CheckError(Fault.ANSWER, f"it takes nobody: {said(text)}")
        with course.phase("capability"):
            able = await _capabilities(stream)
        if how is Encryption.STARTTLS:
            await _encrypted(stream, able, course)
            await encryption.begun(stream, target, course)
            with course.phase("capability"):
                able = await _capabilities(stream)
        who = encryption.account(stream, target)
        if who is not None:
            with course.phase("login"):
                await _logged_in(stream, able, *who)
            with course.phase("mailbox"):
                course.tell("driftvakt_probe_mailbox_messages", await _messages(stream))
        with course.phase("quit"):
            await _asked(stream, b"QUIT")


async def _encrypted(stream: Stream, able: list[bytes], course: Course) -> None:
    if b"STLS" not in able:
        raise CheckError(Fault.ANSWER, "it does not offer STLS")
    with course.phase("starttls"):
        good, text = await _asked(stream, b"STLS")
    if not good:
        raise CheckError(Fault.ANSWER, f"it does not obey STLS: {said(text)}")


async def _capabilities(stream: Stream) -> list[bytes]:
    """Return what it can do, a line each, in capitals; empty for a server that is older than the question."""
    good, _ = await _asked(stream, b"CAPA")
    lines: list[bytes] = []
    while good:
        line = await stream.line()
        if line == b".":
            break
        lines.append(line.upper())
        if len(lines) > _LINES:
            raise CheckError(Fault.ANSWER, f"it answers with more than {_LINES} lines")
    return lines


async def _logged_in(stream: Stream, able: list[bytes], name: bytes, secret: bytes) -> None:
    """Log in by SASL PLAIN, or by USER and PASS where it has only those."""
    mechanisms = next((line.split()[1:] for line in able if line.startswith(b"SASL ")), [])
    if b"PLAIN" in mechanisms:
        good, text = await _asked(stream, b"AUTH PLAIN")
        if good:
            told = b64encode(b"\0" + name + b"\0" + secret)
            good, text = await _asked(stream, told, private=told)
    else:
        good, text = await _asked(stream, b"USER " + name)
        if good:
            good, text = await _asked(stream, b"PASS " + secret, private=secret)
    if not good:
        fault = Fault.ANSWER if text.upper().startswith(_PASSING) else Fault.DENIED
        raise CheckError(fault, f"it does not let {said(name)} in: {said(text)}")


async def _messages(stream: Stream) -> int:
    """Return how many there are in the mailbox."""
    good, text = await _asked(stream, b"STAT")
    count = re.match(rb"(\d{1,10}) \d", text)
    if not good or count is None:
        wrong(text, "how many messages there are")
    return int(count[1])


async def _asked(stream: Stream, command: bytes, *, private: bytes = b"") -> tuple[bool, bytes]:
    stream.send(command + b"\r\n", private=private)
    return await _status(stream, "an answer of POP3")


async def _status(stream: Stream, wanted: str) -> tuple[bool, bytes]:
    line = await stream.line()
    read = _STATUS.fullmatch(line)
    if read is None:
        wrong(line, wanted)
    return read[1] != b"-ERR", read[2] or b""


CHECK = Check(
    name="pop3",
    help="A server of POP3 greets, agrees on TLS and lets an account in.",
    probe=probe,
    port=110,
    options=(*encryption.OPTIONS, *encryption.ACCOUNT),
)
