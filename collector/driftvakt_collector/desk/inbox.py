"""What comes back: answers by mail and SMS, and receipts of gateways. Each is known by a key, and counts once."""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from driftvakt_collector.alert.answers import letter, modem_spool, receipts
from driftvakt_collector.alert.answers.callbacks import Incoming
from driftvakt_collector.alert.answers.genuine import is_genuine, token_of
from driftvakt_collector.alert.answers.letter import Kind, Letter
from driftvakt_collector.alert.answers.mailbox import Mailbox, MailboxError
from driftvakt_collector.alert.answers.receipts import Receipt, Told
from driftvakt_collector.alert.notify.modem import ModemSettings
from driftvakt_collector.alert.notify.settings import NotifySettings
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.desk.answering import Answered, Answering
from driftvakt_collector.desk.composing import Composer
from driftvakt_collector.desk.escalation import Escalation
from driftvakt_collector.desk.handing import Handing
from driftvakt_collector.desk.suppliers import inbox as suppliers
from driftvakt_collector.desk.suppliers import reading
from driftvakt_collector.desk.suppliers.update import UpdateError
from driftvakt_collector.store import answers, incidents, outbox
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust.vault import Vault

log = logging.getLogger(__name__)

_NOT_ARRIVED = "the gateway says that it did not arrive"
_BACK = 20
"""Answers of one sender in an hour that are answered: who sends without end is not answered without end."""


class Inbox:
    """people: everybody by name. wall: seconds since the epoch."""

    def __init__(
        self, store: Store, answering: Answering, escalation: Escalation, composer: Composer, handing: Handing,
        people: Callable[[], Mapping[str, Person]], settings: NotifySettings, wall: Callable[[], float],
    ) -> None:  # fmt: skip
        self._store = store
        self._answering = answering
        self._escalation = escalation
        self._composer = composer
        self._handing = handing
        self._people = people
        self.mailbox = Mailbox(settings.replies) if settings.replies is not None else None
        self.spools = {name: one.spool for name, one in settings.sms if isinstance(one, ModemSettings)}
        self._authserv = settings.replies.authserv_id if settings.replies is not None else ""
        self._address = settings.email.sender.reply if settings.email is not None else ""
        self._mailbox_address = self._address.replace("+{token}", "")
        self._wall = wall
        self.trouble = ""

    async def fetch(self) -> None:
        """Fetch answers by mail. One is marked as seen when it was dealt with."""
        assert self.mailbox is not None
        try:
            for one in await self.mailbox.unread():
                try:
                    await self.letter(one.raw)
                except (OperationalError, InterfaceError, OSError):
                    raise
                except Exception:
                    # It is marked as seen like any other: those behind it must not wait for it for ever.
                    log.exception("cannot read an answer by mail, UID %d; it is passed over", one.uid)
                await self.mailbox.seen([one])
            self.trouble = ""
        except MailboxError as e:
            if str(e) != self.trouble:
                log.warning("%s", e)
            self.trouble = str(e)

    async def look(self) -> None:
        """Read what modems told: receipts, and SMS that came in."""
        for name, spool in self.spools.items():
            found = await asyncio.to_thread(modem_spool.look, spool, self._wall(), name)
            for told in found.receipts:
                await self.receipt(told)
            for one in found.incoming:
                said = await self.sms(one)
                if said:
                    await self._store.write(partial(self._by_sms, one=one, said=said))
            await asyncio.to_thread(modem_spool.forget, found)

    async def letter(self, raw: bytes) -> Answered:
        """Take an answer by mail. Its address says which incident it is about, and its sender must be one of ours;

        or it says which case of a supplier it is about.
        """
        try:
            told_by = await asyncio.to_thread(reading.read, raw)
            if tokens := reading.tokens_of(told_by, self._mailbox_address):
                told = await self._store.write(lambda one: self._of_supplier(one, told_by, tokens))
                if told is not None:
                    return told
        except UpdateError as e:
            log.warning("a mail can't be taken in: %s", e)
            return Answered("unreadable")
        return await self._of_person(raw)

    async def _of_person(self, raw: bytes) -> Answered:
        try:
            found = await asyncio.to_thread(letter.read, raw)
        except RecursionError:
            # A mail in a mail in a mail, some thousand deep.
            return Answered("unreadable")
        if found.kind is not Kind.HUMAN:
            if found.kind is Kind.BOUNCE:
                await self._store.write(lambda one: self._bounced(one, found))
            return Answered(found.kind.value)
        if self._authserv and not is_genuine(found, self._authserv):
            log.warning("an answer by mail in the name of %s was not genuine, and is passed over", found.sender)
            return Answered("forged")
        key = found.id or hashlib.sha256(raw).hexdigest()
        return await self._store.write(lambda one: self._take_letter(one, found, key))

    async def sms(self, told: Incoming) -> str:
        """Take an answer by SMS; return what is said back, empty for nothing."""
        done = await self._store.write(
            lambda one: self._answering.take(one, "sms", told.sender, told.text, told.key, self._wall())
        )
        return done.text.short if done.text is not None else ""

    async def receipt(self, told: Told) -> bool:
        """Take in whether an SMS arrived. Says if it is one of ours. They may come twice, and in any order."""
        return await self._store.write(lambda one: self._receipt(one, told))

    def _of_supplier(
        self, connection: Connection, letter: reading.Letter, tokens: tuple[str, ...]
    ) -> Answered | None:  # fmt: skip
        now = self._wall()
        is_known, told = suppliers.by_letter(connection, letter, tokens, now, self._handing.clocks)
        if told is not None:
            self._handing.took(connection, told, now)
            return Answered("supplier", incident=told.row.incident)
        return Answered("again") if is_known else None

    async def hook(self, vault: Vault, name: str, headers: Mapping[str, str], raw: bytes) -> None:
        """Take a supplier's webhook in. headers: by names in lower case. Raises UpdateError."""
        now = self._wall()
        found = await asyncio.to_thread(
            self._store.read, lambda one: suppliers.hook(one, vault, name, headers, raw, now)
        )  # fmt: skip
        if found is None:
            return

        def work(connection: Connection) -> None:
            told = suppliers.by_update(connection, *found, now, self._handing.clocks)
            if told is not None:
                self._handing.took(connection, told, now)

        await self._store.write(work)

    async def challenged(self, vault: Vault, name: str, asked: str) -> str:
        """Return what a supplier's desk wants to hear before it sends webhooks. Raises UpdateError."""
        return await asyncio.to_thread(
            self._store.read, lambda one: suppliers.challenged(one, vault, name, asked)
        )  # fmt: skip

    def _take_letter(self, connection: Connection, found: Letter, key: str) -> Answered:
        tokens = [one for one in (token_of(address, self._address) for address in found.to) if one]
        row = incidents.by_token(connection, tokens[0]) if tokens else None
        if row is None:
            return Answered("no incident")
        told = self._answering.take(connection, "email", found.sender, found.text, key, self._wall(), row.number)
        if told.text is None or told.incident is None:
            return told
        if answers.since(connection, found.sender, self._wall() - 3600.0) > _BACK:
            return told
        name = self._answering.name_of("email", found.sender)
        body = self._composer.said(told.text, row, self._people().get(name))
        thread = outbox.first_to(connection, row.number, found.sender)
        outbox.add(connection, [outbox.row(
            f"answer-{secrets.token_hex(8)}", "email", name, found.sender, self._composer.threaded(body, thread),
            self._wall(), kind="answer", incident=row.number,
        )])  # fmt: skip
        return told

    def _by_sms(self, connection: Connection, one: Incoming, said: str) -> None:
        """Answer an SMS that came by a modem, where there is no call to answer."""
        body = self._composer.plain(said)
        outbox.add(connection, [outbox.row(
            f"answer-{secrets.token_hex(8)}", "sms", "", one.sender, body, self._wall(), kind="answer",
        )])  # fmt: skip

    def _receipt(self, connection: Connection, told: Told) -> bool:
        row = outbox.by_provider(connection, told.channel, told.provider)
        if row is None:
            return False
        before = Receipt(row.receipt)
        now = receipts.after(before, told.receipt)
        if now is not before:
            outbox.change(connection, row.id, receipt=now.value)
        if now is Receipt.FAILED and before is not Receipt.FAILED:
            error = f"{_NOT_ARRIVED}{f': {told.reason}' if told.reason else ''}"[:500]
            outbox.change(connection, row.id, error=error)
            self._escalation.lost(connection, row._replace(receipt=now.value, error=error), self._wall())
        return True

    def _bounced(self, connection: Connection, found: Letter) -> None:
        """A mail came back: that person was not reached by it."""
        for one in found.bounced[:10]:
            row = outbox.by_message(connection, one.partition("@")[0])
            if row is None or row.receipt == Receipt.FAILED.value:
                continue
            error = f"the mail came back: {found.status}".rstrip(": ")[:500]
            outbox.change(connection, row.id, receipt=Receipt.FAILED.value, error=error)
            self._escalation.lost(connection, row._replace(receipt="failed", error=error), self._wall())
