"""E-mail by SMTP, to one address a message (RFC 5321). What the server says is told in its own words."""

import asyncio
import contextlib
import logging
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError

from driftvakt_collector.alert.notify import dial, refusal
from driftvakt_collector.alert.notify.letter import Sender, ascii_domain, compose, is_address, one_line
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.config import ConfigError, read_secret

_log = logging.getLogger(__name__)
REQUIRE, OPPORTUNISTIC, IMPLICIT, NONE = "require", "opportunistic", "implicit", "none"
TLS = (REQUIRE, OPPORTUNISTIC, IMPLICIT, NONE)


@dataclass(frozen=True)
class MailSettings:
    """host, port: of the server. tls: `require` STARTTLS, `opportunistic`: where it is offered, `implicit`: from the

    first octet, `none`. verify: whether its certificate must be good; ca_file: by which authorities, the system's where
    None. account, secret_file: for AUTH. ehlo: our own name, the machine's where empty. envelope: where bounces go, the
    sender's address where empty. clear_secret: the password may go over a line that others can read.
    connect_seconds: until there is a line; banner_seconds: until it greets; answer_seconds: for a command;
    data_seconds: until it took the letter. keep_seconds, keep_messages: how long a line is used again. lines: at once.
    """

    host: str
    sender: Sender
    port: int = 587
    tls: str = REQUIRE
    verify: bool = True
    ca_file: Path | None = None
    account: str = ""
    secret_file: Path | None = None
    clear_secret: bool = False
    ehlo: str = ""
    envelope: str = ""
    connect_seconds: float = 10.0
    banner_seconds: float = 30.0
    answer_seconds: float = 30.0
    data_seconds: float = 60.0
    keep_seconds: float = 20.0
    keep_messages: int = 50
    lines: int = 4


@dataclass
class _Line:
    """A connection, how many letters went over it, and since when it idles."""

    client: SMTP
    letters: int = 0
    idle: float = 0.0


@dataclass
class Mail:
    """Sends letters over a few lines that are used again for a short while. clock: monotonic seconds."""

    settings: MailSettings
    clock: Callable[[], float] = time.monotonic
    resolve: dial.Resolve = dial.resolve
    channel: str = "email"
    _idle: list[_Line] = field(default_factory=list, repr=False)
    _room: asyncio.Semaphore | None = field(default=None, repr=False)

    async def send(self, message: Message) -> Sent:
        """Send one letter. Raises DeliveryError."""
        if not is_address(message.to):
            raise DeliveryError(
                f"{one_line(message.to, 80)!r} is no address of mail: correct the contact", permanent=True
            )
        if self._room is None:
            self._room = asyncio.Semaphore(self.settings.lines)
        async with self._room, self._line() as line:
            return await self._sent(line.client, message)

    async def post(self, made: EmailMessage, to: str) -> Sent:
        """Send a letter as it is to one address. Raises DeliveryError."""
        letter = made.as_bytes(policy=SMTP_POLICY)
        if self._room is None:
            self._room = asyncio.Semaphore(self.settings.lines)
        async with self._room, self._line() as line:
            # What bounces comes back to where answers go, so that it is known of which case it is.
            back = [one.addr_spec for one in getattr(made["Reply-To"], "addresses", ())]
            try:
                return await self._handed(line.client, letter, ascii_domain(to), back[0] if back else "")
            except aiosmtplib.SMTPDataError as e:
                raise refusal.of_data(e, self.settings.host) from e
            except _TooLargeError as e:
                raise DeliveryError(
                    f"{self.settings.host} takes no letter of {len(letter)} octets", permanent=True
                ) from e

    async def probe(self) -> None:
        """See that the server lets us in. Raises DeliveryError."""
        if self._room is None:
            self._room = asyncio.Semaphore(self.settings.lines)
        async with self._room, self._line():
            return

    async def close(self) -> None:
        """Say goodbye on lines that idle."""
        lines, self._idle = self._idle, []
        for line in lines:
            await _goodbye(line.client)

    @contextlib.asynccontextmanager
    async def _line(self) -> AsyncIterator[_Line]:
        line = await self._kept() or _Line(await self._opened())
        try:
            yield line
        except DeliveryError as e:
            # After a refusal the line itself is good only if the server says so, and a fresh one costs little.
            if not e.unsure:
                await _goodbye(line.client)
            _hung_up(line.client)
            raise
        except BaseException:
            _hung_up(line.client)
            raise
        line.letters += 1
        line.idle = self.clock()
        if line.letters < self.settings.keep_messages and line.client.is_connected:
            self._idle.append(line)
        else:
            await _goodbye(line.client)

    async def _kept(self) -> _Line | None:
        """Return a line that is still good; others are closed."""
        while self._idle:
            line = self._idle.pop()
            if line.client.is_connected and self.clock() - line.idle <= self.settings.keep_seconds:
                try:
                    await line.client.rset(timeout=5)
                except (SMTPException, OSError):
                    _hung_up(line.client)
                else:
                    return line
            else:
                await _goodbye(line.client)
        return None

    async def _opened(self) -> SMTP:
        """Return a line that is greeted, encrypted as set, and let in. Raises DeliveryError."""
        told, where = self.settings, f"{self.settings.host} port {self.settings.port}"
        context = self._context()
        try:
            sock = await dial.dial(told.host, told.port, seconds=told.connect_seconds, resolve=self.resolve)
        except TimeoutError as e:
            raise DeliveryError(f"{where} does not answer within {told.connect_seconds:g} s") from e
        except OSError as e:
            raise DeliveryError(f"cannot reach {where}: {e.strerror or e}") from e
        client = SMTP(
            hostname=told.host, sock=sock, use_tls=told.tls == IMPLICIT, start_tls=False, tls_context=context,
            timeout=told.answer_seconds, local_hostname=told.ehlo or None,
        )  # fmt: skip
        try:
            await client.connect(timeout=told.banner_seconds)
            await self._introduced(client, context, where)
        except DeliveryError:
            _hung_up(client)
            raise
        except BaseException as e:
            _hung_up(client)
            sock.close()
            if isinstance(e, SMTPException | OSError | ValueError):
                raise refusal.of_line(e, where) from e
            raise
        return client

    def _context(self) -> ssl.SSLContext | None:
        if self.settings.tls == NONE:
            return None
        try:
            context = ssl.create_default_context(cafile=self.settings.ca_file)
        except (OSError, ssl.SSLError) as e:
            raise DeliveryError(f"cannot read the authorities in {self.settings.ca_file}: {e}", broken=True) from e
        if not self.settings.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def _introduced(self, client: SMTP, context: ssl.SSLContext | None, where: str) -> None:
        """Say who we are, encrypt, say it again, and log in, in this order (RFC 3207, 4954)."""
        told = self.settings
        await _greeted(client, where)
        encrypted = told.tls == IMPLICIT
        if told.tls in (REQUIRE, OPPORTUNISTIC):
            if client.supports_extension("starttls"):
                await client.starttls(tls_context=context)
                encrypted = True
                await _greeted(client, where)
            elif told.tls == REQUIRE:
                raise DeliveryError(
                    f"{where} offers no STARTTLS, and nothing is sent in clear: set tls = \"implicit\" for port 465,"
                    ' or "opportunistic" if others may read the mail', broken=True,
                )  # fmt: skip
            else:
                _log.warning("%s offers no STARTTLS: mail goes out in clear", where)
        if not told.account:
            return
        if not encrypted and not told.clear_secret:
            raise DeliveryError(f"the password is not sent in clear, and {where} has no TLS", broken=True)
        if not client.supported_auth_methods:
            raise DeliveryError(
                f"{where} takes no password{'' if encrypted else ' without TLS'} (AUTH PLAIN, LOGIN or CRAM-MD5):"
                " leave 'account' out, or use another port", broken=True,
            )  # fmt: skip
        try:
            secret = read_secret(told.secret_file) if told.secret_file else ""
        except ConfigError as e:
            raise DeliveryError(str(e), broken=True) from e
        await client.login(told.account, secret)

    async def _sent(self, client: SMTP, message: Message) -> Sent:
        told, to = self.settings, ascii_domain(message.to)
        most = _size(client)
        if not to.isascii() and not client.supports_extension("smtputf8"):
            raise DeliveryError(
                f"{told.host} cannot send to {one_line(message.to, 80)}: it lacks SMTPUTF8, which letters like å before"
                " the @ need; give the person an address without them", permanent=True,
            )  # fmt: skip
        try:
            return await self._transaction(client, message, to, most)
        except aiosmtplib.SMTPDataError as e:
            if e.code != 552:
                raise refusal.of_data(e, told.host) from e
            # It is too large, whatever was announced. What must arrive is the alert, not all of its text.
            short = max(4096, len(compose(message, told.sender)) // 8)
        except _TooLargeError as e:
            short = e.most
        try:
            await client.rset()
            return await self._transaction(client, message, to, short)
        except aiosmtplib.SMTPDataError as e:
            raise refusal.of_data(e, told.host) from e
        except _TooLargeError as e:
            raise DeliveryError(f"{told.host} takes no letter of {e.most} octets", permanent=True) from e
        except (SMTPException, OSError) as e:
            raise refusal.of_line(e, told.host) from e

    async def _transaction(self, client: SMTP, message: Message, to: str, most: int) -> Sent:
        return await self._handed(client, compose(message, self.settings.sender, most=most), to)

    async def _handed(self, client: SMTP, letter: bytes, to: str, back: str = "") -> Sent:
        """Hand a letter over in one transaction. back: where bounces go, empty for the usual."""
        told, where = self.settings, self.settings.host
        options = [f"SIZE={len(letter)}"] if client.supports_extension("size") else []
        utf8 = not to.isascii()
        envelope = ascii_domain(told.envelope or back or told.sender.address)
        try:
            encoding = "utf-8" if utf8 else "ascii"
            await client.mail(envelope, options=options + (["SMTPUTF8"] if utf8 else []), encoding=encoding)
            await client.rcpt(to, encoding=encoding)
        except aiosmtplib.SMTPSenderRefused as e:
            if e.code == 552:
                raise _TooLargeError(max(4096, len(letter) // 8)) from e
            raise refusal.of_sender(e, where, envelope) from e
        except aiosmtplib.SMTPRecipientRefused as e:
            raise refusal.of_recipient(e, where, to) from e
        except (SMTPException, OSError) as e:
            raise refusal.of_line(e, where) from e
        try:
            answer = await client.data(letter, timeout=told.data_seconds)
        except aiosmtplib.SMTPDataError:
            raise
        except SMTPResponseException as e:
            raise refusal.of_data(e, where) from e
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as e:
            # RFC 5321 4.2.5: the server may have taken it. A second copy has the same Message-ID.
            raise DeliveryError(
                f"{where} was lost after the letter was sent, before it said if it took it", unsure=True
            ) from e
        return Sent(one_line(answer.message, 128))


class _TooLargeError(Exception):
    """The server takes none of that size. most: octets to try with."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


async def _greeted(client: SMTP, where: str) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as e:
        if 400 <= e.code < 500:
            raise DeliveryError(f"{where} is busy: {refusal.said(e)}", after=refusal.after(e)) from e
        try:
            await client.helo()
        except aiosmtplib.SMTPHeloError as again:
            raise DeliveryError(
                f"{where} refuses our name {client.local_hostname!r}: {refusal.said(again)}; set 'ehlo' to a name"
                " of ours that it can look up", broken=True,
            ) from again  # fmt: skip


async def _goodbye(client: SMTP) -> None:
    if client.is_connected:
        with contextlib.suppress(SMTPException, OSError):
            await client.quit(timeout=2)
    _hung_up(client)


def _hung_up(client: SMTP) -> None:
    """Let go of a line at once. Closing one of TLS waits for the other side, which may never say goodbye."""
    abort = getattr(client.transport, "abort", None)
    client.close()
    if abort is not None:
        abort()


def _size(client: SMTP) -> int:
    """Return how many octets the server takes, 0 where it does not say (RFC 1870)."""
    told = client.esmtp_extensions.get("size", "").strip()
    return int(told) if re.fullmatch(r"\d{1,12}", told) else 0
