"""A supplier: how its desk is reached, by which clock it works, and the secrets of its webhook."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import msgspec
import re2

from driftvakt_collector.store.suppliers import SupplierRow
from driftvakt_collector.trust.vault import Vault


class Kind(Enum):
    """What its desk is."""

    EMAIL = "email"
    GLPI = "glpi"
    ZAMMAD = "zammad"
    GENERIC = "generic"


class SupplierError(Exception):
    """A supplier can't be used as it is set; the text says what to change."""


@dataclass(frozen=True)
class Settings:
    """What depends on the kind of desk. phone: who is called when it is late. number: an RE2 expression by which their

    number is found in what they write; its first group, if it has one. senders: domains from which their mail comes,
    besides that of their address. entity, category: numbers in GLPI, 0 for its own. group, customer: in Zammad.
    """

    phone: str = ""
    number: str = ""
    senders: tuple[str, ...] = ()
    entity: int = 0
    category: int = 0
    group: str = "Users"
    customer: str = ""


@dataclass(frozen=True)
class Secrets:
    """app, user: tokens of GLPI; user: token of Zammad. hook: what signs webhooks, both ways where the kind is generic.

    Left out of `repr`, so that they reach no log.
    """

    app: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    hook: str = field(default="", repr=False)


@dataclass(frozen=True)
class Supplier:
    """name: as hosts' `supplier` says. address: of its mailbox. url: of its desk.

    calendar: in which its clock runs, empty for always. answer_minutes, mend_hours: 0 where nothing was agreed.
    """

    name: str
    kind: Kind
    address: str = ""
    url: str = ""
    language: str = "sv"
    calendar: str = ""
    answer_minutes: float = 0.0
    mend_hours: float = 0.0
    is_automatic: bool = False
    settings: Settings = field(default_factory=Settings)


def of_row(row: SupplierRow) -> Supplier:
    """Return a supplier of the store. Raises SupplierError for what a later release wrote."""
    try:
        kind, settings = Kind(row.kind), msgspec.json.decode(row.settings or "{}", type=Settings)
    except (ValueError, msgspec.DecodeError) as e:
        raise SupplierError(
            f"supplier {row.name!r} can't be read ({e}): set it anew with driftvakt supplier add"
        ) from e
    return Supplier(
        row.name, kind, row.address, row.url, row.language, row.calendar, row.answer_minutes, row.mend_hours,
        row.is_automatic, settings,
    )  # fmt: skip


def to_row(one: Supplier, secrets: Secrets, vault: Vault, now: float) -> SupplierRow:
    """Return a supplier as the store keeps it. now: seconds since the epoch."""
    told: Mapping[str, str] = {"app": secrets.app, "user": secrets.user, "hook": secrets.hook}
    return SupplierRow(
        one.name, one.kind.value, one.address, one.url, msgspec.json.encode(one.settings).decode(),
        vault.seal(msgspec.json.encode(told), _about(one.name)), one.language, one.calendar, one.answer_minutes,
        one.mend_hours, one.is_automatic, now,
    )  # fmt: skip


def secrets_of(row: SupplierRow, vault: Vault) -> Secrets:
    """Return the secrets of a supplier. Raises VaultError."""
    return msgspec.json.decode(vault.open(row.sealed, _about(row.name)), type=Secrets)


def their_number(pattern: str, *texts: str) -> str:
    """Return their number as the first text has it in which there is one; empty for none.

    RE2: its time grows with the text alone, however the text is made. Raises SupplierError for no expression.
    """
    if not pattern:
        return ""
    expression = compiled(pattern)
    for text in texts:
        found = expression.search(text[:_MOST_READ])
        if found is not None:
            told = found.group(1) if expression.groups and found.group(1) is not None else found.group(0)
            return " ".join(str(told).split())[:_MOST_NUMBER]
    return ""


def compiled(pattern: str) -> "re2._Regexp":
    """Return an expression. Raises SupplierError where it is none."""
    told = re2.Options()
    told.log_errors = False
    try:
        return re2.compile(pattern, told)
    except re2.error as e:
        why = e.args[0].decode("utf-8", "replace") if e.args and isinstance(e.args[0], bytes) else str(e)
        raise SupplierError(f"{pattern[:80]!r} is no regular expression (of RE2): {why}") from e


_MOST_READ = 20_000
_MOST_NUMBER = 64


def _about(name: str) -> str:
    return f"supplier {name}"
