"""Several incidents in one message, what the next person on call takes over, and the test of an address."""

from collections.abc import Callable, Sequence

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.desk.texts import telling
from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.desk.texts.facts import Case, Collected, Links, Reader, Text
from driftvakt_collector.desk.texts.moment import lasting

_MOST_ROWS = 10
_ORDER = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


def digest(
    cases: Sequence[Case], why: Collected, begin: float, end: float, links: Links, reader: Reader, now: float,
    code: Callable[[Case], str] | None = None,
) -> Text:  # fmt: skip
    """Return one message of many incidents. begin, end: of the outage, or of the storm. code: to answer about one."""
    say = telling.phrases(reader)
    count = _count(len(cases), reader)
    if why is Collected.OUTAGE:
        times = {"begin": telling.time(begin, now, reader), "end": telling.time(end, now, reader)}
        subject, lead = say.outage_subject.format(count=count, **times), say.outage.format(count=count, **times)
    else:
        lasted = lasting(end - begin, reader.language)
        subject, lead = (
            say.storm_subject.format(count=count, lasted=lasted),
            say.storm.format(count=count, lasted=lasted),
        )
    shown = telling.labelled(links, reader)
    # An SMS has no dash: the sign is no letter of GSM.
    brief = subject.replace("–", "-")
    worst = min(cases, key=_rank, default=None)
    if worst is not None:
        row = f"{say.severity[worst.severity]} {telling.time(worst.since, now, reader)} {telling.short(worst, reader)}"
        brief = say.digest_short.format(lead=f"{brief}.", worst=f"{row}. {telling.key(worst)}")
        if code is not None and worst.resolved_at is None and not worst.owner.strip():
            brief += f". {say.answer_short.format(word=telling.WORD, code=line(code(worst), 12))}"
    return Text(
        subject=line(subject, telling.MOST_SUBJECT),
        text=telling.paragraphs(lead, [say.digest_worst, *_rows(cases, reader, now)] if cases else [],
                                telling.linked(shown)),
        short=brief,
        links=shown,
    )  # fmt: skip


def shift(
    cases: Sequence[Case], rota: str, before: str, until: float, links: Links, reader: Reader, now: float
) -> Text:
    """Return what somebody takes over whose duty begins. before: who had it, empty where nobody did."""
    say = telling.phrases(reader)
    end, name = telling.time(until, now, reader), telling.name(rota)
    shown = telling.labelled(links, reader)
    opened = say.shift_open.format(count=_count(len(cases), reader)) if cases else say.shift_quiet
    brief = opened
    if cases:
        worst = min(cases, key=_rank)
        brief = f"{opened} {telling.key(worst)} {say.severity[worst.severity]} {telling.short(worst, reader)}"
    return Text(
        subject=line(say.shift_subject.format(rota=name, until=end), telling.MOST_SUBJECT),
        text=telling.paragraphs(
            [
                say.shift.format(rota=name, until=end),
                say.shift_after.format(name=telling.name(before)) if before.strip() else "",
            ],
            [opened, *_rows(cases, reader, now)], telling.linked(shown),
        ),
        short=say.shift_short.format(rota=telling.short_name(rota), until=end, open=brief),
        links=shown,
    )  # fmt: skip


def test(code: str, reader: Reader, now: float) -> Text:
    """Return the message by which an address is tried. code: to be answered, empty for none."""
    say = telling.phrases(reader)
    answer = line(code, 12)
    time = telling.time(now, now, reader)
    return Text(
        subject=say.test_subject,
        text=telling.paragraphs(say.test, say.answer_short.format(word=telling.WORD, code=answer) if answer else ""),
        short=say.test_short.format(time=time)
        + (f" {say.answer_short.format(word=telling.WORD, code=answer)}" if answer else ""),
    )


def _rows(cases: Sequence[Case], reader: Reader, now: float) -> list[str]:
    say = telling.phrases(reader)
    rows = []
    for case in sorted(cases, key=_rank)[:_MOST_ROWS]:
        told = say.digest_row.format(
            key=telling.key(case), severity=say.severity[case.severity], time=telling.time(case.since, now, reader),
            summary=telling.short(case, reader),
        )  # fmt: skip
        owner = say.digest_owner.format(name=telling.name(case.owner)) if case.owner.strip() else say.digest_free
        muffled = f" {say.muffled_short.format(count=case.muffled)}" if case.muffled > 0 else ""
        rows.append(f"- {told}{muffled} ({owner})")
    if len(cases) > _MOST_ROWS:
        rows.append(say.digest_more.format(count=len(cases) - _MOST_ROWS))
    return rows


def _rank(case: Case) -> tuple[int, int, float]:
    return _ORDER[case.severity], -case.muffled, case.since


def _count(number: int, reader: Reader) -> str:
    say = telling.phrases(reader)
    return say.one_incident if number == 1 else say.incidents.format(count=number)
