"""Whether a server of mailboxes greets, agrees on TLS, lets an account in and opens a mailbox (RFC 3501, 4959).

Example:
    * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready
    a1 CAPABILITY
    * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN
    a1 OK done
"""

import re
from base64 import b64encode
from dataclasses import dataclass

from driftvakt_collector.poll.checks import encryption
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said, wrong
from driftvakt_collector.poll.checks.encryption import Encryption, one_line
from driftvakt_collector.poll.checks.stream import Stream, connected

_LINES = 1000
"""Lines of one answer that are read."""
_LITERALS = 100
"""Literals of one line that are read, and the lines between them."""
_LITERAL = re.compile(rb"\{(\d{1,9})\+?\}$")
_GREETING = re.compile(rb"\* (OK|PREAUTH|BYE)\b ?(.*)", re.IGNORECASE | re.DOTALL)
_TAGGED = re.compile(rb"(OK|NO|BAD)\b ?(.*)", re.IGNORECASE | re.DOTALL)
_PASSING = (b"[UNAVAILABLE]", b"[INUSE]", b"[SERVERBUG]", b"[CONTACTADMIN]", b"[LIMIT]")
"""Why it lets nobody in for now, whatever the secret (RFC 5530)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """status: OK, NO or BAD. told: the lines before it, without the star."""

    status: str
    text: bytes
    told: tuple[bytes, ...]

    def words(self, name: bytes) -> list[bytes]:
        """Return what stands in the lines that begin with a name, in capitals."""
        lines = (line.upper().split() for line in self.told)
        return [word for first, *rest in filter(None, lines) if first == name for word in rest]


class Session:
    """A connection to a server that has greeted."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._count = 0

    async def asked(self, command: bytes, *, private: bytes = b"", continued: bytes = b"") -> Answer:
        """Return the answer to a command. continued: what it waits for once it has said `+`."""
        self._count += 1
        tag = b"a%d " % self._count
        self._stream.send(tag + command + b"\r\n", private=private)
        told: list[bytes] = []
        while len(told) < _LINES:
            line = await self._line()
            if line.startswith(b"* "):
                told.append(line[2:])
            elif line.startswith(b"+"):
                # With nothing more to say, an empty line ends what it waits for (RFC 3501, 6.2.2: "*" cancels).
                self._stream.send((continued or b"*") + b"\r\n", private=continued)
                continued = b""
                told.append(line)
            elif line.startswith(tag) and (end := _TAGGED.fullmatch(line[len(tag) :])):
                return Answer(end[1].decode().upper(), end[2], tuple(told))
            else:
                wrong(line, f"an answer to {command.split()[0].decode()}")
        raise CheckError(Fault.ANSWER, f"it answers with more than {_LINES} lines")

    async def good(self, command: bytes) -> Answer:
        """Return the answer to a command that it has to obey. Raises CheckError where it does not."""
        answer = await self.asked(command)
        if answer.status != "OK":
            raise CheckError(Fault.ANSWER, f"it does not obey {said(command)}: {said(answer.text)}")
        return answer

    async def capabilities(self) -> list[bytes]:
        """Return what it can do."""
        return (await self.good(b"CAPABILITY")).words(b"CAPABILITY")

    async def log_in(self, name: bytes, secret: bytes) -> None:
        """Log in by SASL PLAIN, or by LOGIN where it has only that. Raises CheckError where it does not let us in."""
        able = await self.capabilities()
        if b"AUTH=PLAIN" in able:
            told = b64encode(b"\0" + name + b"\0" + secret)
            if b"SASL-IR" in able:
                answer = await self.asked(b"AUTHENTICATE PLAIN " + told, private=told)
            else:
                answer = await self.asked(b"AUTHENTICATE PLAIN", continued=told)
        elif b"LOGINDISABLED" in able:
            raise CheckError(Fault.ANSWER, "it offers neither AUTH=PLAIN nor LOGIN")
        else:
            told = quoted(secret)
            answer = await self.asked(b"LOGIN " + quoted(name) + b" " + told, private=told)
        if answer.status != "OK":
            passing = answer.status == "BAD" or answer.text.upper().startswith(_PASSING)
            reason = f"it does not let {said(name)} in: {said(answer.text)}"
            raise CheckError(Fault.ANSWER if passing else Fault.DENIED, reason)

    async def _line(self) -> bytes:
        """Return a line with the literals in it."""
        parts = [await self._stream.line()]
        while (literal := _LITERAL.search(parts[-1][-16:])) is not None:
            if len(parts) > _LITERALS:
                raise CheckError(Fault.ANSWER, f"it answers with more than {_LITERALS} literals in a line")
            parts += [await self._stream.exactly(int(literal[1])), await self._stream.line()]
        return b"".join(parts)


async def probe(target: Target, course: Course) -> None:
    """Greet, encrypt, log in and open a mailbox, each if it is asked for, and take leave."""
    target = encryption.at_usual_port(target, 143, 993)
    async with connected(target, course) as stream:
        session = await entered(stream, target, course)
        mailbox = one_line(target, "mailbox")
        if mailbox:
            with course.phase("mailbox"):
                # Not SELECT: what is new must stay new for whose mailbox it is.
                answer = await session.good(b"EXAMINE " + quoted(mailbox.encode()))
            course.tell("driftvakt_probe_mailbox_messages", _count(answer))
        with course.phase("logout"):
            await session.asked(b"LOGOUT")


async def entered(stream: Stream, target: Target, course: Course) -> Session:
    """Go from the first byte to where a mailbox could be opened. Raises CheckError where that fails."""
    how = encryption.encryption(target)
    if how is Encryption.IMPLICIT:
        await encryption.begun(stream, target, course)
    with course.phase("greeting"):
        line = await stream.line()
    greeting = _GREETING.fullmatch(line)
    if greeting is None:
        wrong(line, "the greeting of a server of IMAP")
    if greeting[1].upper() == b"BYE":
        raise CheckError(Fault.ANSWER, f"it takes nobody: {said(greeting[2])}")
    session = Session(stream)
    with course.phase("capability"):
        able = await session.capabilities()
    if b"IMAP4REV1" not in able and b"IMAP4REV2" not in able:
        wrong(b" ".join(able), "IMAP4rev1")
    if how is Encryption.STARTTLS:
        if b"STARTTLS" not in able:
            raise CheckError(Fault.ANSWER, "it does not offer STARTTLS")
        with course.phase("starttls"):
            await session.good(b"STARTTLS")
        await encryption.begun(stream, target, course)
    who = encryption.account(stream, target)
    if who is not None:
        with course.phase("login"):
            await session.log_in(*who)
    return session


def quoted(text: bytes) -> bytes:
    """Return a text as a command takes it. It must have no line end."""
    return b'"' + re.sub(rb'([\\"])', rb"\\\1", text) + b'"'


def _count(answer: Answer) -> int:
    for line in answer.told:
        if (found := re.fullmatch(rb"(\d{1,10}) EXISTS", line, re.IGNORECASE)) is not None:
            return int(found[1])
    return wrong(b" ".join(answer.told), "how many messages there are")


CHECK = Check(
    name="imap",
    help="A server of mailboxes greets, agrees on TLS, lets an account in and opens a mailbox.",
    probe=probe,
    port=143,
    options=(
        *encryption.OPTIONS,
        *encryption.ACCOUNT,
        Option("mailbox", str, "a mailbox to open, for reading only, such as INBOX"),
    ),
)
