"""What messages are made of. Frozen, nothing of the store: who has the facts fills these in.

Times are seconds since the epoch. Every text in them may come from a machine or a stranger; the messages bound them.
"""

from dataclasses import dataclass, field
from enum import Enum

from driftvakt_collector.alert.alert import Alert, Severity
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.texts.moment import ZONE


@dataclass(frozen=True)
class Reader:
    """Who reads it."""

    language: str = "sv"
    zone: str = ZONE


@dataclass(frozen=True)
class Case:
    """An incident. key: `INC-1042`. since: when it became true. muffled: alerts that stay silent behind this one.

    owner: who has it, as people call them. by: who resolved it, empty where it ended by itself.
    """

    key: str
    summary: Words
    severity: Severity
    since: float
    subject: str = ""
    site: str = ""
    administration: str = ""
    service: str = ""
    supplier: str = ""
    muffled: int = 0
    owner: str = ""
    acknowledged_at: float | None = None
    resolved_at: float | None = None
    by: str = ""


def of_alert(alert: Alert, key: str, *, muffled: int = 0, owner: str = "") -> Case:
    """Return an incident of one alert. key: `INC-1042`."""
    return Case(
        key, alert.summary, alert.severity, alert.since, alert.subject, alert.site, alert.administration, alert.service,
        alert.supplier, muffled, owner,
    )  # fmt: skip


@dataclass(frozen=True)
class Why:
    """Why somebody is paged. rota: whose duty it is, until when. asked: who was paged before and did not answer.

    handed: who had it and handed it on, empty where nobody did. waited: seconds since the first of them was. then,
    then_at: who is next if this one does not answer.
    """

    rota: str = ""
    until: float | None = None
    asked: tuple[str, ...] = ()
    waited: float = 0.0
    then: str = ""
    then_at: float | None = None
    handed: str = ""


class Link(Enum):
    """What a link does."""

    TAKE = "take"
    PASS_ON = "pass_on"  # noqa: S105  no password
    RESOLVE = "resolve"
    SHOW = "show"
    SHOW_ALL = "show_all"


Links = tuple[tuple[Link, str], ...]


@dataclass(frozen=True)
class Text:
    """A message. subject: one line. text: for reading. short: the same for an SMS. links: what they do, and the URL."""

    subject: str
    text: str
    short: str
    links: tuple[tuple[str, str], ...] = ()


class Collected(Enum):
    """Why many incidents come in one message."""

    OUTAGE = "outage"
    STORM = "storm"


class Reply(Enum):
    """What became of what somebody sent back."""

    TAKEN = "taken"
    YOURS = "yours"
    ALREADY = "already"
    WRONG_CODE = "wrong_code"
    EXPIRED = "expired"
    OVER = "over"
    PASSED = "passed"
    NOBODY = "nobody"
    RESOLVED = "resolved"
    NOTED = "noted"
    NOT_UNDERSTOOD = "not_understood"
    WHICH = "which"
    REFUSED = "refused"


class SupplierNews(Enum):
    """What there is to say of a case that a supplier has."""

    OPENED = "opened"
    ANSWERED = "answered"
    UPDATED = "updated"
    MENDED = "mended"
    LATE_ANSWER = "late_answer"
    LATE_MEND = "late_mend"
    FAILED = "failed"


@dataclass(frozen=True)
class SupplierCase:
    """A case in a supplier's hands. their_key: its number there. said: their own words, or why it did not go out.

    works: what our own measurement says of the fault: True for mended, None where nothing is known.
    """

    supplier: str
    their_key: str = ""
    opened_at: float = 0.0
    answer_due_at: float | None = None
    mend_due_at: float | None = None
    said: str = ""
    works: bool | None = None
    phone: str = ""


@dataclass(frozen=True)
class Page:
    """What a page says besides the incident. changes: what changed here, nearest first. more: how many others did.

    held: what was kept back, and why. code: what an answer carries. runbook: a URL. round: how often this person was
    paged before.
    """

    why: Why = field(default_factory=Why)
    changes: tuple[Words, ...] | None = None
    more: int = 0
    held: tuple[Words, ...] = ()
    links: Links = ()
    code: str = ""
    runbook: str = ""
    round: int = 0
