"""The mailbox that replies come to, looked into by IMAP every few seconds (RFC 9051; IDLE is no faster for a person).

What is not seen yet is fetched, without marking it; once it is dealt with it is marked as seen. Killed in between, the
same mail is fetched again, and is known by its Message-ID.
"""

import asyncio
import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftvakt_collector.alert.answers.letter import MOST
from driftvakt_collector.config import ConfigError, read_secret

_AT_ONCE = 20
_LITERAL = MOST + 4096


class MailboxError(Exception):
    """The mailbox could not be looked into; the text is for the operator."""


@dataclass(frozen=True)
class MailboxSettings:
    """tls: implicit, starttls or none. every: seconds between two looks. authserv_id: the name by which our own mail

    server signs Authentication-Results; empty: that is not looked at.
    """

    host: str
    account: str
    secret_file: Path
    port: int = 993
    tls: str = "implicit"
    ca_file: Path | None = None
    folder: str = "INBOX"
    every: float = 15.0
    seconds: float = 20.0
    authserv_id: str = ""


@dataclass(frozen=True)
class Fetched:
    """uid: of the mail in the folder, together with the folder's own validity. raw: its first quarter of a megabyte."""

    uid: int
    validity: int
    raw: bytes


class _Bounded:
    """A literal that a server announces is read only if it may be that large."""

    def read(self, size: int) -> bytes:
        if size > _LITERAL:
            raise imaplib.IMAP4.abort(f"the server announced {size} octets, which nobody asked for")
        return super().read(size)  # type: ignore[misc, no-any-return]


class _Clear(_Bounded, imaplib.IMAP4):
    pass


class _Implicit(_Bounded, imaplib.IMAP4_SSL):
    pass


class Mailbox:
    """One mailbox, opened anew for each look: so a line that died in between is no case of its own."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings

    async def unread(self) -> list[Fetched]:
        """Return mails that nobody has dealt with, the oldest first, some at once. Raises MailboxError."""
        return await asyncio.to_thread(self._unread)

    async def seen(self, fetched: Sequence[Fetched]) -> None:
        """Mark mails as dealt with. Raises MailboxError."""
        if fetched:
            await asyncio.to_thread(self._seen, fetched)

    def _unread(self) -> list[Fetched]:
        with self._opened() as (box, validity):
            _, told = box.uid("SEARCH", "UNSEEN")
            uids = [int(one) for one in (told[0] or b"").split()[:_AT_ONCE]]
            found = []
            for uid in uids:
                _, answer = box.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST}>)")
                raw = next((one[1] for one in answer if isinstance(one, tuple)), None)
                if raw is not None:
                    found.append(Fetched(uid, validity, raw[:MOST]))
            return found

    def _seen(self, fetched: Sequence[Fetched]) -> None:
        with self._opened() as (box, validity):
            # A folder that was made anew numbers its mails anew.
            uids = [str(one.uid) for one in fetched if one.validity == validity]
            if uids:
                box.uid("STORE", ",".join(uids), "+FLAGS.SILENT", r"(\Seen)")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[imaplib.IMAP4, int]]:
        told = self._settings
        where = f"the mailbox {told.account} at {told.host} port {told.port}"
        box: imaplib.IMAP4 | None = None
        try:
            secret = read_secret(told.secret_file)
            box = self._connected()
            # LOGIN of the library takes ASCII only; this takes what a password is.
            box.authenticate("PLAIN", lambda _: f"\0{told.account}\0{secret}".encode())
            status, answer = box.select(_quoted(told.folder))
            if status != "OK":
                raise MailboxError(f"cannot open the folder {told.folder} of {where}: {answer!r:.200}")
            told_validity = (box.untagged_responses.get("UIDVALIDITY") or [b""])[0]
            found = re.search(rb"\d+", told_validity if isinstance(told_validity, bytes) else b"")
            yield box, int(found[0]) if found else 0
        except ConfigError as e:
            raise MailboxError(str(e)) from e
        except (imaplib.IMAP4.error, OSError, ValueError, TimeoutError) as e:
            raise MailboxError(f"cannot look into {where}: {_printable(e)}") from e
        finally:
            if box is not None:
                with contextlib.suppress(Exception):
                    box.logout()
                with contextlib.suppress(Exception):
                    box.shutdown()

    def _connected(self) -> imaplib.IMAP4:
        told = self._settings
        if told.tls == "none":
            return _Clear(told.host, told.port, timeout=told.seconds)
        context = ssl.create_default_context(cafile=told.ca_file)
        if told.tls == "implicit":
            return _Implicit(told.host, told.port, ssl_context=context, timeout=told.seconds)
        box = _Clear(told.host, told.port, timeout=told.seconds)
        try:
            box.starttls(context)
        except BaseException:
            with contextlib.suppress(Exception):
                box.shutdown()
            raise
        return box


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _printable(e: Exception) -> str:
    text = str(e)
    if e.args and isinstance(e.args[0], bytes):
        text = e.args[0].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)[:300]
