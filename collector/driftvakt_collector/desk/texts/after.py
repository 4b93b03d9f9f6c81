"""What is said once somebody was paged: it is solved, somebody else has it, it is still yours."""

from driftvakt_collector.desk.texts import telling
from driftvakt_collector.desk.texts.clean import block
from driftvakt_collector.desk.texts.facts import Case, Links, Reader, Text
from driftvakt_collector.desk.texts.moment import lasting

_MOST_NOTE = 1500
_MOST_LINES = 25


def resolved(case: Case, reader: Reader, now: float) -> Text:
    """Return that an incident is over, to those who were told of it."""
    say = telling.phrases(reader)
    at = now if case.resolved_at is None else case.resolved_at
    time, lasted = telling.time(at, now, reader), lasting(at - case.since, reader.language)
    lead = (
        say.resolved_by.format(time=time, lasted=lasted, name=telling.name(case.by))
        if case.by.strip() else say.resolved.format(time=time, lasted=lasted)
    )  # fmt: skip
    pattern = say.resolved_by_short if case.by.strip() else say.resolved_short
    brief = pattern.format(
        time=time, lasted=lasted, summary=telling.short(case, reader), name=telling.short_name(case.by)
    )
    return Text(
        subject=telling.subject(case, f"{say.resolved_subject}: {telling.summary(case, reader)}"),
        text=telling.paragraphs(
            [lead, say.resolved_was.format(summary=telling.summary(case, reader)), _where(case, reader)],
            say.nothing_to_do, telling.key(case),
        ),
        short=f"{brief}. {say.nothing_to_do_short}. {telling.key(case)}",
    )  # fmt: skip


def acknowledged(case: Case, reader: Reader, now: float) -> Text:
    """Return that somebody has it, to the others who were paged. The owner and the time are those of the case."""
    say = telling.phrases(reader)
    time = telling.time(now if case.acknowledged_at is None else case.acknowledged_at, now, reader)
    name = telling.name(case.owner)
    brief = say.taken_short.format(
        name=telling.short_name(case.owner), key=telling.key(case), time=time, summary=telling.short(case, reader)
    )
    return Text(
        subject=telling.subject(case, f"{say.taken_subject.format(name=name)}: {telling.summary(case, reader)}"),
        text=telling.paragraphs(
            say.taken.format(name=name, time=time),
            [say.about.format(summary=telling.summary(case, reader)), _where(case, reader)], telling.key(case),
        ),
        short=brief,
    )  # fmt: skip


def given(case: Case, giver: str, note: str, links: Links, reader: Reader, now: float) -> Text:
    """Return that somebody handed an incident over, to its new owner. note: what they wrote about it."""
    say = telling.phrases(reader)
    time, name = telling.time(now, now, reader), telling.name(giver)
    shown = telling.labelled(links, reader)
    said = block(note, _MOST_NOTE, _MOST_LINES)
    return Text(
        subject=telling.subject(case, f"{say.given_subject.format(name=name)}: {telling.summary(case, reader)}"),
        text=telling.paragraphs(
            say.given.format(name=name, time=time),
            [say.about.format(summary=telling.summary(case, reader)), _where(case, reader)],
            [say.given_note.format(name=name), *(f"> {row}".rstrip() for row in said.split("\n"))] if said else [],
            telling.linked(shown), telling.key(case),
        ),
        short=say.given_short.format(
            name=telling.short_name(giver), key=telling.key(case), time=time, summary=telling.short(case, reader)
        ),
        links=shown,
    )  # fmt: skip


def reminder(case: Case, links: Links, reader: Reader, now: float) -> Text:
    """Return that an incident is still open, to its owner."""
    say = telling.phrases(reader)
    time = telling.time(now if case.acknowledged_at is None else case.acknowledged_at, now, reader)
    shown = telling.labelled(links, reader)
    return Text(
        subject=telling.subject(case, f"{say.reminder_subject}: {telling.summary(case, reader)}"),
        text=telling.paragraphs(
            [
                say.reminder.format(time=time, lasted=lasting(now - case.since, reader.language)),
                say.about.format(summary=telling.summary(case, reader)), _where(case, reader),
            ],
            [say.reminder_what, *telling.linked(shown)], telling.key(case),
        ),
        short=say.reminder_short.format(key=telling.key(case), time=time, summary=telling.short(case, reader)),
        links=shown,
    )  # fmt: skip


def _where(case: Case, reader: Reader) -> str:
    where = telling.where(case)
    return telling.phrases(reader).where.format(where=where) if where else ""
