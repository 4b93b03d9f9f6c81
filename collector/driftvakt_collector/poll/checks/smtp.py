"""Whether a mail server greets, agrees on TLS, lets an account in and would take a message (RFC 5321, 3207, 4954).

Example:
    220 mx.stad.example ESMTP Postfix
    EHLO vakt.stad.example
    250-mx.stad.example
    250-STARTTLS
    250 AUTH PLAIN LOGIN
"""

import re
import socket
from base64 import b64encode
from dataclasses import dataclass

from driftvakt_collector.poll.checks import encryption
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said, wrong
from driftvakt_collector.poll.checks.encryption import Encryption, one_line
from driftvakt_collector.poll.checks.pattern import found
from driftvakt_collector.poll.checks.stream import Stream, connected

_LINES = 200
"""Lines of one answer that are read."""
_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_ADDRESS = re.compile(r"[^\s<>]{0,254}")


@dataclass(frozen=True, slots=True)
class Reply:
    """code: of three digits. lines: what stands behind it, one line each."""

    code: int
    lines: tuple[bytes, ...]

    def __str__(self) -> str:
        return f"{self.code} {b' '.join(self.lines).decode('utf-8', 'replace')}".rstrip()


async def probe(target: Target, course: Course) -> None:
    """Greet, encrypt, log in and name an envelope, each if it is asked for, and take leave."""
    target = encryption.at_usual_port(target, 25, 465)
    async with connected(target, course) as stream:
        await introduced(stream, target, course)
        sender, recipient = one_line(target, "mail_from"), one_line(target, "rcpt_to")
        if recipient:
            with course.phase("envelope"):
                await addressed(stream, sender, recipient)
        with course.phase("quit"):
            await _asked(stream, b"QUIT")


async def introduced(stream: Stream, target: Target, course: Course) -> None:
    """Go from the first byte to where a message could be sent. Raises CheckError where that fails."""
    how = encryption.encryption(target)
    if how is Encryption.IMPLICIT:
        await encryption.begun(stream, target, course)
    with course.phase("greeting"):
        await _greeted(stream, one_line(target, "expect"))
    name = one_line(target, "ehlo") or socket.gethostname()
    with course.phase("ehlo"):
        offers = await _offers(stream, name)
    if how is Encryption.STARTTLS:
        if "STARTTLS" not in offers:
            raise CheckError(Fault.ANSWER, "it does not offer STARTTLS")
        with course.phase("starttls"):
            answer = await _asked(stream, b"STARTTLS")
            if answer.code != 220:
                wrong(answer, "220 to STARTTLS")
        await encryption.begun(stream, target, course)
        with course.phase("ehlo"):
            # What it offered in the clear may be somebody else's word (RFC 3207, 4.2).
            offers = await _offers(stream, name)
    who = encryption.account(stream, target)
    if who is not None:
        with course.phase("auth"):
            await _logged_in(stream, offers.get("AUTH", ""), *who)


async def addressed(stream: Stream, sender: str, recipient: str) -> None:
    """Name sender and recipient of a message. Raises CheckError where it refuses one of them."""
    for command, address in (("MAIL FROM", sender), ("RCPT TO", recipient)):
        if not _ADDRESS.fullmatch(address):
            raise CheckError(Fault.UNUSABLE, f"{said(address)!r} can't be an address")
        answer = await _asked(stream, f"{command}:<{address}>".encode())
        if answer.code not in (250, 251):
            raise CheckError(Fault.ANSWER, f"it does not take {command} <{said(address)}>: {said(answer)}")


async def sent(stream: Stream, message: bytes) -> None:
    """Send a message after its envelope. Raises CheckError where it is not taken.

    message: its lines end in CR LF, the last one too.
    """
    answer = await _asked(stream, b"DATA")
    if answer.code != 354:
        raise CheckError(Fault.ANSWER, f"it does not take DATA: {said(answer)}")
    # A line that is one dot ends the message: one more stands before each dot that begins a line (RFC 5321, 4.5.2).
    stream.send(re.sub(rb"(?m)^\.", b"..", message) + b".\r\n")
    answer = await _reply(stream)
    if answer.code != 250:
        raise CheckError(Fault.ANSWER, f"it does not take the message: {said(answer)}")


async def _greeted(stream: Stream, expect: str) -> None:
    greeting = await _reply(stream, "the greeting of a mail server")
    if greeting.code != 220:
        raise CheckError(Fault.ANSWER, f"it takes no mail: {said(greeting)}")
    if expect and not found("expect", expect, b"\n".join(greeting.lines)):
        wrong(greeting, f"what matches {expect!r}")


async def _offers(stream: Stream, name: str) -> dict[str, str]:
    """Return the extensions of a server, each with what stands behind it."""
    answer = await _asked(stream, f"EHLO {name}".encode())
    if answer.code != 250:
        wrong(answer, "250 to EHLO")
    words = (line.decode("ascii", "replace").upper().replace("AUTH=", "AUTH ").partition(" ") for line in answer.lines)
    return {word: rest for word, _, rest in words}


async def _logged_in(stream: Stream, mechanisms: str, name: bytes, secret: bytes) -> None:
    """Log in by PLAIN (RFC 4616), or by LOGIN where only that is offered, as by Exchange."""
    offered = mechanisms.split()
    if "PLAIN" in offered:
        told = b64encode(b"\0" + name + b"\0" + secret)
        answer = await _asked(stream, b"AUTH PLAIN " + told, private=told)
    elif "LOGIN" in offered:
        answer = await _asked(stream, b"AUTH LOGIN")
        for one in (name, secret):
            if answer.code == 334:
                told = b64encode(one)
                answer = await _asked(stream, told, private=told if one is secret else b"")
    else:
        raise CheckError(
            Fault.ANSWER, f"it offers neither AUTH PLAIN nor LOGIN: {said(mechanisms) or 'no AUTH at all'}"
        )
    if answer.code != 235:
        # 4xx: it can't tell at the moment, for instance because the directory behind it is away.
        fault = Fault.DENIED if answer.code >= 500 else Fault.ANSWER
        raise CheckError(fault, f"it does not let {said(name)} in: {said(answer)}")


async def _asked(stream: Stream, command: bytes, *, private: bytes = b"") -> Reply:
    stream.send(command + b"\r\n", private=private)
    return await _reply(stream)


async def _reply(stream: Stream, wanted: str = "an answer of SMTP") -> Reply:
    lines: list[bytes] = []
    while len(lines) < _LINES:
        line = await stream.line()
        read = _REPLY.fullmatch(line)
        if read is None:
            wrong(line, wanted)
        lines.append(read[3] or b"")
        if read[2] != b"-":
            return Reply(int(read[1]), tuple(lines))
    raise CheckError(Fault.ANSWER, f"it answers with more than {_LINES} lines")


CHECK = Check(
    name="smtp",
    help="A mail server greets, agrees on TLS, lets an account in and would take a message.",
    probe=probe,
    port=25,
    options=(
        *encryption.OPTIONS,
        *encryption.ACCOUNT,
        Option("expect", str, "a regular expression that must be in its greeting"),
        Option("ehlo", str, "the name that we introduce ourselves by, instead of this machine's"),
        Option("mail_from", str, "the sender to name, empty for none, as bounces have it"),
        Option("rcpt_to", str, "the recipient that it must take; no message is sent"),
    ),
)
