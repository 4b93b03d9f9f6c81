"""What comes from suppliers, from the outside to the case: a mail, or a webhook."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from driftvakt_collector.desk.suppliers import keeping, reading
from driftvakt_collector.desk.suppliers.handover import Clock
from driftvakt_collector.desk.suppliers.keeping import Told
from driftvakt_collector.desk.suppliers.reading import Letter
from driftvakt_collector.desk.suppliers.supplier import Kind, Supplier, SupplierError, of_row, secrets_of
from driftvakt_collector.desk.suppliers.update import Update, UpdateError
from driftvakt_collector.desk.suppliers.webhooks import glpi, hooks
from driftvakt_collector.store import handovers, suppliers
from driftvakt_collector.trust.vault import Vault, VaultError

Clocks = Callable[[Supplier, float], Clock]
"""Gives a supplier's clock, by the calendar that counts at a moment."""


def by_mail(connection: Connection, raw: bytes, mailbox: str, now: float, clocks: Clocks) -> Told | None:
    """Take a mail in. None: it is about no case, or it came before. Raises UpdateError for what can't be read.

    mailbox: ours, without a token. now: seconds since the epoch.
    """
    letter = reading.read(raw)
    return by_letter(connection, letter, reading.tokens_of(letter, mailbox), now, clocks)[1]


def by_letter(
    connection: Connection, letter: Letter, tokens: Sequence[str], now: float, clocks: Clocks
) -> tuple[bool, Told | None]:
    """Take a mail in that was read. tokens: that it carries. Says if it is about a case, and what came of it."""
    for one in tokens:
        case = handovers.by_token(connection, one)
        row = suppliers.get(connection, case.supplier) if case is not None else None
        if row is None:
            continue
        try:
            supplier = of_row(row)
            update = reading.update_of(letter, one, supplier)
        except SupplierError as e:
            raise UpdateError(str(e)) from e
        return True, by_update(connection, supplier, update, now, clocks)
    return False, None


def by_update(
    connection: Connection, supplier: Supplier, update: Update, now: float, clocks: Clocks
) -> Told | None:  # fmt: skip
    """Take an update in. None: it is of no case of this supplier's, or it came before."""
    return keeping.take(connection, update, supplier, now, clock=clocks(supplier, now))


def by_hook(
    connection: Connection, vault: Vault, name: str, headers: Mapping[str, str], raw: bytes, now: float, clocks: Clocks
) -> Told | None:
    """Take a webhook in. None: it tells nothing that matters, or it came before.

    name: of the supplier, from the address. headers: by names in lower case. Raises UpdateError, with the status that
    is to be answered; its text is for our log.
    """
    found = hook(connection, vault, name, headers, raw, now)
    return None if found is None else by_update(connection, *found, now, clocks)


def hook(
    connection: Connection, vault: Vault, name: str, headers: Mapping[str, str], raw: bytes, now: float
) -> tuple[Supplier, Update] | None:
    """Return what a webhook tells, and whose it is, once its signature is found right; nothing is written.

    None: it tells nothing that matters. Raises UpdateError.
    """
    supplier, secret = _known(connection, vault, name)
    update = hooks.read(supplier.kind, headers, raw, secret, now)
    return None if update is None else (supplier, update)


def challenged(connection: Connection, vault: Vault, name: str, asked: str) -> str:
    """Return what GLPI 11 wants to hear before it sends webhooks (`GET …?crc_token=`). Raises UpdateError."""
    supplier, secret = _known(connection, vault, name)
    if supplier.kind is not Kind.GLPI or not secret or not asked:
        raise UpdateError("nobody else asks who we are", 404)
    return glpi.challenge(asked, secret)


def _known(connection: Connection, vault: Vault, name: str) -> tuple[Supplier, str]:
    row = suppliers.get(connection, name)
    if row is None:
        # As for a wrong signature: who asks learns no names.
        raise UpdateError("there is no such supplier", 401)
    try:
        return of_row(row), secrets_of(row, vault).hook
    except (SupplierError, VaultError) as e:
        raise UpdateError(str(e), 503) from e
