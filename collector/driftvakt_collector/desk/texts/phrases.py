"""Every sentence that people are told, declared once; `sv` and `en` are the two tables. `{…}` is filled in by name.

What is filled in is bounded and cleaned before, and is never read as a pattern itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.desk.texts.facts import Link, Reply


@dataclass(frozen=True)
class Phrases:
    """The fields in the order in which a page has them; then those of the other messages."""

    # How bad, since when, where.
    severity: Mapping[Severity, str]
    again: str
    untaken: str
    since: str
    where: str
    service: str
    delivered_by: str
    muffled_one: str
    muffled: str
    muffled_short: str
    runbook: str

    # How to answer.
    answer: str
    answer_short: str
    link: Mapping[Link, str]

    # What changed here.
    changed: str
    changed_more: str
    unchanged: str

    # Why you, and what was held back.
    why: str
    why_rota: str
    why_rota_until: str
    why_named: str
    unanswered: str
    unanswered_short: str
    handed: str
    handed_short: str
    next: str
    held: str
    and_: str

    # It went on without you.
    resolved_subject: str
    resolved: str
    resolved_by: str
    resolved_was: str
    resolved_short: str
    resolved_by_short: str
    nothing_to_do: str
    nothing_to_do_short: str
    taken_subject: str
    taken: str
    taken_short: str
    given_subject: str
    given: str
    given_note: str
    given_short: str
    reminder_subject: str
    reminder: str
    reminder_short: str
    reminder_what: str

    # Several at once.
    outage_subject: str
    outage: str
    storm_subject: str
    storm: str
    digest_short: str
    digest_worst: str
    digest_row: str
    digest_owner: str
    digest_free: str
    digest_more: str
    one_incident: str
    incidents: str

    # Duty.
    shift_subject: str
    shift: str
    shift_after: str
    shift_open: str
    shift_quiet: str
    shift_short: str
    test_subject: str
    test: str
    test_short: str

    # Answers to answers.
    replies: Mapping[Reply, str]
    reply_subject: str

    # Suppliers, to our own people.
    supplier_opened: str
    supplier_key: str
    supplier_answer_due: str
    supplier_mend_due: str
    supplier_phone: str
    supplier_opened_short: str
    supplier_answered: str
    supplier_updated: str
    supplier_mended: str
    supplier_works: str
    supplier_works_not: str
    supplier_unknown: str
    supplier_late_answer: str
    supplier_late_mend: str
    supplier_late_short: str
    supplier_failed: str
    supplier_failed_why: str
    supplier_failed_short: str
    supplier_said: str
    about: str
