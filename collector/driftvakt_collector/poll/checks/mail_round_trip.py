"""Whether a message arrives: sent by SMTP with a token of its own, looked for by IMAP, and deleted.

What never arrived in time, and arrived later, is deleted by one of the rounds of the days after. Nothing else is: a
mailbox may be of a person, though one of its own is better.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from secrets import token_hex

from driftvakt_collector.poll.checks import encryption, imap, smtp, tls
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, fault_of, said
from driftvakt_collector.poll.checks.encryption import one_line
from driftvakt_collector.poll.checks.stream import connected

SERIES = "driftvakt_probe_mail_round_trip_seconds"
_HEADER = "X-Driftvakt-Round"
_PREFIX = "driftvakt-"
_WITHIN = 30.0
"""Seconds that each leg may take, where nothing else is set."""
_PAUSE = 0.5
"""Seconds between two looks into the mailbox."""
_SWEPT = 200
"""Leftovers that one round deletes at most."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


async def probe(target: Target, course: Course) -> None:
    """Open the mailbox, send, wait for the message, and delete it; each fault says in which of these legs it lies.

    The mailbox comes first, so that nothing is sent that nobody could delete.
    """
    sender, recipient = one_line(target, "mail_from"), one_line(target, "rcpt_to")
    if not sender or not recipient or not target.text("account"):
        raise CheckError(Fault.UNUSABLE, "it needs 'mail_from', 'rcpt_to' and the 'account' of the mailbox")
    box, post = _mailbox(target), _post(target)
    # Each side has phases of the same names: they are told as one a leg.
    of_box, of_post = Course(), Course()
    token = _PREFIX + token_hex(16)
    within = target.number("within", _WITHIN)
    now = datetime.now(UTC)
    async with _opened(box, of_box, course, within) as session:
        async with _leg("sending", "sending", course, within), connected(post, of_post) as stream:
            await smtp.introduced(stream, post, of_post)
            began = time.perf_counter()
            await smtp.addressed(stream, sender, recipient)
            await smtp.sent(stream, message(token, sender, recipient, now))
        async with _leg("delivery", "delivery", course, within, "the message was sent and has not arrived"):
            uids = await _arrived(session, token)
        course.tell(SERIES, time.perf_counter() - began)
        async with _leg("deleting", "deleting", course, within):
            await _deleted(session, [*uids, *await _left_over(session, now)])
    ends = [one.values[tls.EXPIRY, ()] for one in (of_box, of_post) if (tls.EXPIRY, ()) in one.values]
    if ends:
        course.tell(tls.EXPIRY, min(ends))


def message(token: str, sender: str, recipient: str, now: datetime) -> bytes:
    """Return what is sent, with CR LF at each end of a line. It asks machines not to answer (RFC 3834)."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = sender, recipient, "A round of driftvakt, to be deleted"
    made["Date"], made["Message-ID"] = format_datetime(now), f"<{token}@driftvakt.invalid>"
    made["Auto-Submitted"] = "auto-generated"
    made[_HEADER] = token
    made.set_content("driftvakt measures how long mail takes, and deletes this message.\n")
    return made.as_bytes()


@asynccontextmanager
async def _opened(target: Target, own: Course, course: Course, within: float) -> AsyncIterator[imap.Session]:
    """Open the mailbox for as long as the block lasts."""
    async with AsyncExitStack() as held:
        async with _leg("the mailbox", "mailbox", course, within):
            stream = await held.enter_async_context(connected(target, own))
            session = await imap.entered(stream, target, own)
            await session.good(b"SELECT " + imap.quoted(one_line(target, "mailbox", "INBOX").encode()))
        yield session


@asynccontextmanager
async def _leg(name: str, phase: str, course: Course, within: float, late: str = "no answer") -> AsyncIterator[None]:
    """Time a leg, end it in time, and say its name where it fails."""
    try:
        with course.phase(phase):
            async with asyncio.timeout(within):
                yield
    except TimeoutError as e:
        raise CheckError(Fault.HUNG, f"{name}: {late} within {within:g} s") from e
    except CheckError as e:
        raise CheckError(e.fault, f"{name}: {e}") from e
    except (OSError, EOFError, ValueError) as e:
        fault, reason = fault_of(e)
        raise CheckError(fault, f"{name}: {reason}") from e


async def _arrived(session: imap.Session, token: str) -> list[bytes]:
    while not (uids := await _found(session, f'HEADER {_HEADER} "{token}"')):
        await asyncio.sleep(_PAUSE)
        # A server tells what is new only when it is asked something.
        await session.good(b"NOOP")
    return uids


async def _left_over(session: imap.Session, now: datetime) -> list[bytes]:
    """Return what earlier rounds left: of the day before yesterday and older, for others may have a round right now."""
    day = now - timedelta(days=1)
    # Not strftime: it speaks the language of the machine.
    before = f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
    return (await _found(session, f'BEFORE {before} HEADER {_HEADER} "{_PREFIX}"'))[:_SWEPT]


async def _found(session: imap.Session, what: str) -> list[bytes]:
    answer = await session.good(b"UID SEARCH UNDELETED " + what.encode())
    return [word for word in answer.words(b"SEARCH") if re.fullmatch(rb"[1-9][0-9]{0,9}", word)]


async def _deleted(session: imap.Session, uids: list[bytes]) -> None:
    """Delete messages. Without UIDPLUS (RFC 4315) they are only marked: EXPUNGE would take what others have marked."""
    many = b",".join(uids)
    await session.good(b"UID STORE " + many + b" +FLAGS.SILENT (\\Deleted)")
    if b"UIDPLUS" in await session.capabilities():
        await session.good(b"UID EXPUNGE " + many)


def _post(target: Target) -> Target:
    options = dict(target.options)
    options["account"] = target.text("account") if target.flag("smtp_login") else ""
    return encryption.at_usual_port(Target(target.host, target.port, options, target.secret), 25, 465)


def _mailbox(target: Target) -> Target:
    port = target.number("imap_port", 143)
    if not 0 < port < 65536:
        raise CheckError(Fault.UNUSABLE, f"option 'imap_port' must be from 1 to 65535, got {said(port)}")
    options = {**target.options, "tls": target.text("imap_tls", "no"), "server_name": ""}
    host = target.text("imap_host") or target.host
    return encryption.at_usual_port(Target(host, int(port), options, target.secret), 143, 993)


CHECK = Check(
    name="mail_round_trip",
    help="A message that is sent arrives in a mailbox, and how long that takes.",
    probe=probe,
    port=25,
    options=(
        *encryption.OPTIONS,
        *encryption.ACCOUNT,
        Option("mail_from", str, "the sender of the message"),
        Option("rcpt_to", str, "its recipient, whose mailbox it arrives in"),
        Option("smtp_login", bool, "whether the account also logs in to send"),
        Option("imap_host", str, "where the mailbox is, if not where the message is sent to"),
        Option("imap_port", int, "the port of the mailbox; 143 where it is not set, 993 where TLS is implicit"),
        Option("imap_tls", str, "no, starttls or implicit: when TLS to the mailbox begins"),
        Option("mailbox", str, "the mailbox that it arrives in, INBOX where it is not set"),
        Option("within", float, f"seconds that a leg may take, {_WITHIN:g} where it is not set; the check needs more"),
    ),
)
