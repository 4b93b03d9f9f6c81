"""How TLS begins in the middle of a protocol that began in the clear.

SMTP: RFC 3207. IMAP: RFC 9051, 6.2.1. POP3: RFC 2595. LDAP: RFC 4511, 4.14. PostgreSQL: SSLRequest of its protocol 3.0.
"""

import struct
from collections.abc import Mapping

from driftvakt_collector.poll.checks.check import CheckError, Fault, said, wrong
from driftvakt_collector.poll.checks.stream import Stream
from driftvakt_collector.poll.checks.tls import Before

_MAX_LINES = 100
"""Lines of one answer."""
_MAX_ANSWER = 4096
"""Bytes of an answer of LDAP."""
_LDAP_START = bytes.fromhex("301d 020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"
"""The first message: an extendedReq for StartTLS, in BER."""
_LDAP_ANSWER, _LDAP_RESULT = 0x78, 0x0A


async def smtp(stream: Stream) -> None:
    """Greet, and ask for TLS."""
    await _smtp(stream, b"", b"220")
    await _smtp(stream, b"EHLO driftvakt.invalid\r\n", b"250")
    await _smtp(stream, b"STARTTLS\r\n", b"220")


async def _smtp(stream: Stream, line: bytes, code: bytes) -> None:
    if line:
        stream.send(line)
    for _ in range(_MAX_LINES):
        answer = await stream.line()
        if answer[:3] != code:
            wrong(answer, f"{code.decode()} to {line.decode().split()[0] if line else 'who comes'}")
        if answer[3:4] != b"-":
            return
    wrong(answer, "the end of what it has to say")


async def imap(stream: Stream) -> None:
    """Hear the greeting, and ask for TLS."""
    greeting = await stream.line()
    if not greeting.upper().startswith((b"* OK", b"* PREAUTH")):
        wrong(greeting, "the greeting of IMAP")
    stream.send(b"a STARTTLS\r\n")
    for _ in range(_MAX_LINES):
        answer = await stream.line()
        # What has no tag of ours is news of its own.
        if not answer.startswith(b"* "):
            break
    if not answer.upper().startswith(b"A OK"):
        wrong(answer, "OK to STARTTLS")


async def pop3(stream: Stream) -> None:
    """Hear the greeting, and ask for TLS."""
    for question in (b"", b"STLS\r\n"):
        if question:
            stream.send(question)
        answer = await stream.line()
        if not answer.upper().startswith(b"+OK"):
            wrong(answer, f"+OK to {question.decode().strip() or 'who comes'}")


async def ldap(stream: Stream) -> None:
    """Ask for TLS by the extended operation."""
    stream.send(_LDAP_START)
    kind, length = struct.unpack("BB", await stream.exactly(2))
    if length & 0x80:
        # The long form: so many bytes hold the length.
        length = int.from_bytes(await stream.exactly(min(length & 0x7F, 4)), "big")
    if kind != 0x30 or length > _MAX_ANSWER:
        wrong(bytes([kind]), "an answer of LDAP")
    code = ldap_result(await stream.exactly(length))
    if code is None:
        wrong("something else", "an answer of LDAP to StartTLS")
    if code:
        raise CheckError(Fault.ANSWER, f"it refuses StartTLS: result {code} of LDAP")


def ldap_result(message: bytes) -> int | None:
    """Return the result code in an extendedResp, None where it is none; 0 is success (RFC 4511, 4.1.9).

    message: what is within the outer SEQUENCE.
    """
    # The number of the message, which is 1 as ours: 02 01 01; servers write lengths in either form.
    at = message.find(bytes([_LDAP_ANSWER]), 3, 4) + 1
    if not at or message[:3] != b"\x02\x01\x01" or at >= len(message):
        return None
    at += 1 + (message[at] & 0x7F if message[at] & 0x80 else 0)
    return message[at + 2] if message[at : at + 2] == bytes([_LDAP_RESULT, 1]) and at + 2 < len(message) else None


async def postgres(stream: Stream) -> None:
    """Ask for TLS before the first word."""
    stream.send(struct.pack("!II", 8, 80877103))
    answer = await stream.exactly(1)
    if answer == b"N":
        raise CheckError(Fault.ANSWER, "it speaks no TLS")
    if answer != b"S":
        raise CheckError(Fault.ANSWER, f"it says {said(answer)!r}, and is no PostgreSQL")


PROTOCOLS: Mapping[str, tuple[Before, int]] = {
    "smtp": (smtp, 25),
    "imap": (imap, 143),
    "pop3": (pop3, 110),
    "ldap": (ldap, 389),
    "postgres": (postgres, 5432),
}
"""What is said before TLS begins, and the usual port."""
