"""Whether a PostgreSQL takes connections, lets an account in and answers a query (its protocol 3.0, chapter 55).

Written here rather than with psycopg: that reads whatever a server sends, and is an extra that need not be there.
"""

import hashlib
import re
import struct
from dataclasses import dataclass

from driftvakt_collector.poll.checks import encryption, tls
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said, wrong
from driftvakt_collector.poll.checks.encryption import one_line
from driftvakt_collector.poll.checks.scram import Scram
from driftvakt_collector.poll.checks.stream import Stream, connected

VALUE = "driftvakt_probe_query_value"
_VERSION, _SSL = 196608, 80877103
_MOST = 1 << 16
"""Bytes of one message that are read."""
_MESSAGES = 500
"""Messages of one answer that are read."""
_OK, _CLEARTEXT, _MD5, _SASL, _CONTINUED, _LAST = 0, 3, 5, 10, 11, 12
_NUMBER = re.compile(rb"-?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Message:
    """kind: a letter. content: what follows the length."""

    kind: bytes
    content: bytes


async def probe(target: Target, course: Course) -> None:
    """Encrypt if asked, begin, and, with an account, log in and ask; without one, being asked who we are is enough."""
    account, query = one_line(target, "account"), target.text("query") or "SELECT 1"
    if "\0" in query:
        raise CheckError(Fault.UNUSABLE, "option 'query' has a NUL")
    async with connected(target, course) as stream:
        if target.flag("tls"):
            with course.phase("starttls"):
                await _agreed(stream)
            await encryption.begun(stream, target, course)
        who = encryption.account(stream, target)
        with course.phase("startup"):
            names = ("user", account or "driftvakt", "database", one_line(target, "database") or account or "postgres")
            body = b"".join(one.encode() + b"\0" for one in names) + b"\0"
            stream.send(struct.pack(">II", len(body) + 8, _VERSION) + body)
            first = await _message(stream, b"RE")
        if first.kind == b"E":
            raise _refusal(first)
        if who is None:
            stream.send(b"X\0\0\0\4")
            return
        with course.phase("login"):
            await _logged_in(stream, first, account, target.secret)
        with course.phase("query"):
            value = await _value(stream, query)
        course.tell(VALUE, value)
        stream.send(b"X\0\0\0\4")


async def _agreed(stream: Stream) -> None:
    stream.send(struct.pack(">II", 8, _SSL))
    answer = await stream.exactly(1)
    if answer == b"N":
        raise CheckError(Fault.ANSWER, "it does not offer TLS")
    if answer != b"S":
        wrong(answer + stream.held(), "yes or no to TLS")


async def _logged_in(stream: Stream, asked: Message, name: str, secret: str) -> None:
    """Answer what it asks, until it is ready."""
    scram = Scram(secret)
    for _ in range(_MESSAGES):
        if asked.kind == b"E":
            raise _refusal(asked)
        if asked.kind == b"Z":
            return
        if asked.kind == b"R":
            body = await _response(asked, scram, name, secret)
            if body:
                stream.send(b"p" + struct.pack(">I", len(body) + 4) + body, private=body.rstrip(b"\0"))
        asked = await _message(stream, b"REZSKNv")
    raise CheckError(Fault.ANSWER, f"it answers the login with more than {_MESSAGES} messages")


async def _response(asked: Message, scram: Scram, name: str, secret: str) -> bytes:
    """Return what answers a question for who we are; empty where nothing does. Raises CheckError."""
    if len(asked.content) < 4:
        wrong(asked.content, "a way to log in")
    how, rest = int.from_bytes(asked.content[:4], "big"), asked.content[4:]
    if how == _OK:
        scram.finish()
    elif how == _CLEARTEXT:
        return secret.encode() + b"\0"
    elif how == _MD5:
        return _hashed(name, secret, rest[:4])
    elif how == _SASL:
        if b"SCRAM-SHA-256" not in rest.split(b"\0"):
            wrong(rest, "SCRAM-SHA-256")
        first = scram.first()
        return b"SCRAM-SHA-256\0" + struct.pack(">I", len(first)) + first
    elif how == _CONTINUED:
        return await scram.proof(rest)
    elif how == _LAST:
        scram.verify(rest)
    else:
        raise CheckError(Fault.ANSWER, f"it wants a login that we do not know, of number {how}")
    return b""


async def _value(stream: Stream, query: str) -> float:
    """Return the one number that a query gives. Raises CheckError where it gives anything else."""
    body = query.encode() + b"\0"
    stream.send(b"Q" + struct.pack(">I", len(body) + 4) + body)
    rows: list[bytes] = []
    for _ in range(_MESSAGES):
        message = await _message(stream, b"TDCIZESNA")
        if message.kind == b"E":
            raise _refusal(message, "it does not answer the query")
        if message.kind == b"D":
            rows.append(message.content)
        if message.kind == b"Z":
            break
    if len(rows) != 1 or len(rows[0]) < 6 or rows[0][:2] != b"\0\1":
        raise CheckError(Fault.ANSWER, f"the query gives {len(rows)} rows, and not one number")
    value = rows[0][6:]
    if not _NUMBER.fullmatch(value):
        wrong(value, "a number, in answer to the query")
    return float(value)


def _refusal(message: Message, what: str = "it takes no session") -> CheckError:
    """Return what an ErrorResponse means (PostgreSQL, appendix A)."""
    fields = {one[:1]: one[1:] for one in message.content.split(b"\0") if one}
    code, text = fields.get(b"C", b""), said(fields.get(b"M", b"without a reason"))
    # 28: invalid authorization, 42501: insufficient privilege. Another class is no question of who asks.
    fault = Fault.DENIED if code.startswith(b"28") or code == b"42501" else Fault.ANSWER
    return CheckError(fault, f"{what}: {text}")


def _hashed(name: str, secret: str, salt: bytes) -> bytes:
    # The protocol's own, for servers that were never moved to SCRAM.
    inner = hashlib.md5(secret.encode() + name.encode(), usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode() + b"\0"


async def _message(stream: Stream, kinds: bytes) -> Message:
    head = await stream.exactly(5)
    size = int.from_bytes(head[1:], "big")
    if head[:1] not in kinds or not 4 <= size <= _MOST:
        wrong(head + stream.held(), "an answer of PostgreSQL")
    return Message(head[:1], await stream.exactly(size - 4))


CHECK = Check(
    name="postgres",
    help="A PostgreSQL takes connections, lets an account in and answers a query.",
    probe=probe,
    port=5432,
    options=(
        Option("tls", bool, "whether to speak TLS"),
        tls.CA,
        tls.VERIFY,
        tls.SERVER_NAME,
        *encryption.ACCOUNT,
        Option("database", str, "the database to use, that of the account's name where it is not set"),
        Option("query", str, "a query that gives one number, SELECT 1 where it is not set; it needs an account"),
    ),
)
