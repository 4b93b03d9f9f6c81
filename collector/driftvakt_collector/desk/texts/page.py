"""A page: what wakes somebody. The first line says how bad, since when, what and where; the next how to answer.

Example (the SMS):
    KRITISKT 02:10 sw-03 svarar inte, Älvsjö skola (+ 499 tysta bakom). Svara K 4F7P = jag tar det. INC-1042
"""

from driftvakt_collector.desk.texts import telling
from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.desk.texts.facts import Case, Page, Reader, Text, Why
from driftvakt_collector.desk.texts.moment import lasting

_MOST_CHANGES = 3
_MOST_HELD = 5
_MOST_LINE = 160
_MOST_URL = 500
_MOST_CODE = 12


def page(case: Case, told: Page, reader: Reader, now: float) -> Text:
    """Return the first page of an incident to somebody, one again (`told.round`), or one that was passed on to them."""
    say = telling.phrases(reader)
    severity, since = say.severity[case.severity], telling.time(case.since, now, reader)
    lead = f"{say.again} {severity}" if told.round else severity
    links = telling.labelled(told.links, reader)
    lasted = lasting(now - case.since, reader.language)
    text = telling.paragraphs(
        [
            f"{lead} {say.since.format(time=since, lasted=lasted)}",
            telling.summary(case, reader),
            _unanswered(told, reader),
        ],
        _answer(told, links, reader),
        _place(case, told, reader),
        _changes(told, reader),
        _why(told.why, reader, now),
        _held(told, reader),
        telling.key(case),
    )
    return Text(
        subject=telling.subject(case, f"{lead}: {telling.summary(case, reader)}"),
        text=text,
        short=_short(case, told, f"{lead} {since}", reader),
        links=links,
    )


def _short(case: Case, told: Page, lead: str, reader: Reader) -> str:
    say = telling.phrases(reader)
    what = f"{lead} {telling.short(case, reader)}"
    if case.muffled > 0:
        what += f" {say.muffled_short.format(count=case.muffled)}"
    parts = [what]
    if told.code:
        parts.append(say.answer_short.format(word=telling.WORD, code=line(told.code, _MOST_CODE)))
    if told.why.handed.strip():
        parts.append(_capital(say.handed_short.format(name=telling.short_name(told.why.handed))))
    elif told.why.asked:
        parts.append(_capital(say.unanswered_short.format(names=telling.short_name(told.why.asked[-1]))))
    return ". ".join([*parts, telling.key(case)])


def _answer(told: Page, links: tuple[tuple[str, str], ...], reader: Reader) -> list[str]:
    say = telling.phrases(reader)
    code = line(told.code, _MOST_CODE)
    return [say.answer.format(word=telling.WORD, code=code) if code else "", *telling.linked(links)]


def _place(case: Case, told: Page, reader: Reader) -> list[str]:
    say = telling.phrases(reader)
    where, muffled = telling.where(case), ""
    if case.muffled > 0:
        muffled = say.muffled_one if case.muffled == 1 else say.muffled.format(count=case.muffled)
    return [
        say.where.format(where=where) if where else "",
        say.service.format(service=telling.name(case.service)) if case.service.strip() else "",
        say.delivered_by.format(supplier=telling.name(case.supplier)) if case.supplier.strip() else "",
        muffled,
        say.runbook.format(url=line(told.runbook, _MOST_URL)) if told.runbook.strip() else "",
    ]


def _changes(told: Page, reader: Reader) -> list[str]:
    say = telling.phrases(reader)
    if told.changes is None:
        return []
    if not told.changes:
        return [say.unchanged]
    rows = [f"- {line(one.of(reader.language), _MOST_LINE)}" for one in told.changes[:_MOST_CHANGES]]
    more = told.more + len(told.changes) - len(rows)
    return [say.changed, *rows, say.changed_more.format(count=more) if more > 0 else ""]


def _why(why: Why, reader: Reader, now: float) -> str:
    say = telling.phrases(reader)
    rota = telling.name(why.rota)
    if not rota:
        told = [say.why_named]
    elif why.until is None:
        told = [say.why_rota.format(rota=rota)]
    else:
        told = [say.why_rota_until.format(rota=rota, until=telling.time(why.until, now, reader))]
    if why.then.strip() and why.then_at is not None:
        told.append(say.next.format(name=telling.name(why.then), time=telling.time(why.then_at, now, reader)))
    return say.why.format(why=" ".join(told))


def _unanswered(told: Page, reader: Reader) -> str:
    say = telling.phrases(reader)
    if told.why.handed.strip():
        return say.handed.format(name=telling.name(told.why.handed))
    if told.why.asked:
        waited = lasting(told.why.waited, reader.language)
        return say.unanswered.format(names=telling.listed(told.why.asked, reader), waited=waited)
    return say.untaken if told.round else ""


def _held(told: Page, reader: Reader) -> list[str]:
    rows = [f"- {line(one.of(reader.language), _MOST_LINE)}" for one in told.held[:_MOST_HELD]]
    return [telling.phrases(reader).held, *rows] if rows else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
