"""What our own people are told of a case that a supplier has."""

from driftvakt_collector.desk.texts import telling
from driftvakt_collector.desk.texts.clean import block, line
from driftvakt_collector.desk.texts.facts import Case, Links, Reader, SupplierCase, SupplierNews, Text
from driftvakt_collector.desk.texts.phrases import Phrases

_MOST_SAID = 1500
_MOST_LINES = 25
_MOST_SHORT_SAID = 90
_DONE = (SupplierNews.MENDED, SupplierNews.LATE_MEND, SupplierNews.FAILED)
"""In which the time for mending is told already, or does not matter."""


def supplier(what: SupplierNews, case: Case, theirs: SupplierCase, links: Links, reader: Reader, now: float) -> Text:
    """Return the news of a case in a supplier's hands."""
    say = telling.phrases(reader)
    lead, brief = _lead(what, say, theirs, telling.key(case), reader, now)
    shown = telling.labelled(links, reader)
    text = telling.paragraphs(
        [lead, _works(what, say, theirs), say.about.format(summary=telling.summary(case, reader)), _where(case, say)],
        _said(what, say, theirs),
        _clock(what, say, theirs, reader, now),
        telling.linked(shown), telling.key(case),
    )  # fmt: skip
    return Text(
        subject=telling.subject(case, lead.rstrip(".")),
        text=text,
        short=_short(what, brief, case, theirs, reader),
        links=shown,
    )


def _lead(
    what: SupplierNews, say: Phrases, theirs: SupplierCase, key: str, reader: Reader, now: float
) -> tuple[str, str]:
    """Return the first sentence, and the same for an SMS."""
    supplier, brief = telling.name(theirs.supplier), telling.short_name(theirs.supplier)
    at = telling.time(now, now, reader)
    if what is SupplierNews.OPENED:
        opened = telling.time(theirs.opened_at, now, reader)
        return (
            say.supplier_opened.format(supplier=supplier, time=opened),
            say.supplier_opened_short.format(key=key, supplier=brief, time=opened),
        )
    if what is SupplierNews.FAILED:
        return (
            say.supplier_failed.format(supplier=supplier),
            f"{say.supplier_failed_short.format(key=key, supplier=brief)}{_phone(theirs)}.",
        )
    if what in (SupplierNews.LATE_ANSWER, SupplierNews.LATE_MEND):
        is_answer = what is SupplierNews.LATE_ANSWER
        pattern = say.supplier_late_answer if is_answer else say.supplier_late_mend
        limit = theirs.answer_due_at if is_answer else theirs.mend_due_at
        due = telling.time(now if limit is None else limit, now, reader)
        return (
            pattern.format(supplier=supplier, time=due),
            f"{say.supplier_late_short.format(supplier=brief, key=key, time=due)}{_phone(theirs)}.",
        )
    pattern = {
        SupplierNews.ANSWERED: say.supplier_answered,
        SupplierNews.UPDATED: say.supplier_updated,
        SupplierNews.MENDED: say.supplier_mended,
    }[what]
    return pattern.format(supplier=supplier, time=at), f"{key}: {pattern.format(supplier=brief, time=at)}"


def _said(what: SupplierNews, say: Phrases, theirs: SupplierCase) -> str:
    said = block(theirs.said, _MOST_SAID, _MOST_LINES)
    if not said:
        return ""
    if what is SupplierNews.FAILED:
        return say.supplier_failed_why.format(why=said)
    return "\n".join([say.supplier_said, *(f"> {row}".rstrip() for row in said.split("\n"))])


def _phone(theirs: SupplierCase) -> str:
    return f": {line(theirs.phone, 20)}" if theirs.phone.strip() else ""


def _works(what: SupplierNews, say: Phrases, theirs: SupplierCase) -> str:
    if what is not SupplierNews.MENDED:
        return ""
    if theirs.works is None:
        return say.supplier_unknown
    return say.supplier_works if theirs.works else say.supplier_works_not


def _short(what: SupplierNews, brief: str, case: Case, theirs: SupplierCase, reader: Reader) -> str:
    say = telling.phrases(reader)
    parts = [brief]
    if works := _works(what, say, theirs):
        parts.append(works)
    said = line(theirs.said, _MOST_SHORT_SAID, telling.CUT)
    if said and what in (SupplierNews.ANSWERED, SupplierNews.UPDATED):
        parts.append(f'"{said}"')
    else:
        parts.append(f"{say.about.format(summary=telling.short(case, reader))}.")
    return " ".join(parts)


def _clock(what: SupplierNews, say: Phrases, theirs: SupplierCase, reader: Reader, now: float) -> list[str]:
    told = []
    if theirs.their_key.strip():
        told.append(say.supplier_key.format(their_key=telling.name(theirs.their_key)))
    if theirs.answer_due_at is not None and what is SupplierNews.OPENED:
        told.append(say.supplier_answer_due.format(time=telling.time(theirs.answer_due_at, now, reader)))
    if theirs.mend_due_at is not None and what not in _DONE:
        told.append(say.supplier_mend_due.format(time=telling.time(theirs.mend_due_at, now, reader)))
    if theirs.phone.strip():
        told.append(say.supplier_phone.format(phone=line(theirs.phone, 40)))
    return told


def _where(case: Case, say: Phrases) -> str:
    where = telling.where(case)
    return say.where.format(where=where) if where else ""
