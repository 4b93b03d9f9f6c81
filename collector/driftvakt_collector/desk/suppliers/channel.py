"""The way to suppliers, beside those to people: it takes from the outbox what `keeping` put there."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.errors import MessageError
from email.message import EmailMessage

import httpx
import msgspec

from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.desk.suppliers import mailing, outgoing
from driftvakt_collector.desk.suppliers.cases import Cases, Known
from driftvakt_collector.desk.suppliers.outgoing import Do, Outgoing
from driftvakt_collector.desk.suppliers.supplier import Kind, Secrets, Supplier, SupplierError
from driftvakt_collector.desk.suppliers.webhooks.desk import Desk
from driftvakt_collector.desk.suppliers.webhooks.generic import Generic
from driftvakt_collector.desk.suppliers.webhooks.glpi import Glpi
from driftvakt_collector.desk.suppliers.webhooks.zammad import Zammad
from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.trust.vault import VaultError

CHANNEL = "supplier"
_SOON = 30.0
"""Seconds until what belongs to a case that was not opened yet is tried again."""
Post = Callable[[EmailMessage], Awaitable[Sent]]
"""Sends a mail as it is. Raises DeliveryError."""


def desk_of(client: httpx.AsyncClient, supplier: Supplier, secrets: Secrets, clock: Callable[[], float]) -> Desk | None:
    """Return a supplier's desk over HTTP, None for one that has mail. clock: seconds since the epoch."""
    if supplier.kind is Kind.GLPI:
        return Glpi(client, supplier, secrets)
    if supplier.kind is Kind.ZAMMAD:
        return Zammad(client, supplier, secrets)
    if supplier.kind is Kind.GENERIC:
        return Generic(client, supplier, secrets, clock)
    return None


def message(told: Outgoing, language: str, at: float) -> Message:
    """Return what goes into the outbox: its text is the whole of it, to be taken apart by `SupplierChannel`."""
    return Message(
        id=told.id, to=told.supplier, subject=line(told.title, 200), text=outgoing.encode(told),
        short=line(told.title, 200), language=language, at=at, incident=told.incident, answer=told.token,
        urgent=told.urgent,
    )  # fmt: skip


class SupplierChannel:
    """A Notifier. post: sends mails, None where no mail is set up. mailbox: ours, to which answers come.

    sender: what our desk is called.
    """

    channel = CHANNEL

    def __init__(
        self, client: httpx.AsyncClient, cases: Cases, post: Post | None, mailbox: str, sender: str,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._client = client
        self._cases = cases
        self._post = post
        self._mailbox = mailbox
        self._sender = sender
        self._clock = clock

    async def send(self, message: Message) -> Sent:
        """Send one message of `message`. Raises DeliveryError, and nothing else."""
        try:
            told = outgoing.decode(message.text)
        except (msgspec.DecodeError, ValueError) as e:
            raise DeliveryError(
                "a message to a supplier can't be read: was it of another release?", permanent=True
            ) from e
        try:
            known = await self._cases.of(told.token)
        except (SupplierError, VaultError) as e:
            raise DeliveryError(str(e), broken=True) from e
        if known is None:
            raise DeliveryError(f"there is no supplier {line(told.supplier, 64)!r} any more", permanent=True)
        desk = desk_of(self._client, known.supplier, known.secrets, self._clock)
        return await self._mail(told, known) if desk is None else await self._call(desk, told, known)

    async def _call(self, desk: Desk, told: Outgoing, known: Known) -> Sent:
        if told.do is not Do.OPEN and not known.their_key and known.supplier.kind is not Kind.GENERIC:
            raise DeliveryError("their desk does not have the case yet", after=_SOON)
        key = await desk.send(replace(told, their_key=known.their_key))
        if key != known.their_key:
            await self._cases.learn(told.token, key)
        return Sent(provider=key[:128])

    async def _mail(self, told: Outgoing, known: Known) -> Sent:
        if self._post is None or not self._mailbox:
            raise DeliveryError("no mail is set up, and the supplier has nothing else", broken=True)
        try:
            letter = mailing.letter(told, known.supplier, self._mailbox, self._sender, self._clock())
        except (ValueError, MessageError, IndexError) as e:
            raise DeliveryError(f"no mail can be made to {line(known.supplier.address, 80)!r}", permanent=True) from e
        return await self._post(letter)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()
