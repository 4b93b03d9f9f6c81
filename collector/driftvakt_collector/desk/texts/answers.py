"""What somebody is told who answered a page: what it did, or why it did nothing."""

from collections.abc import Sequence

from driftvakt_collector.desk.texts import telling
from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.desk.texts.facts import Case, Reader, Reply, Text

_MOST_CHOICES = 4
_NO_KEY = "-"


def reply(
    what: Reply, reader: Reader, now: float, *, case: Case | None = None, name: str = "",
    choices: Sequence[tuple[str, Case]] = (),
) -> Text:  # fmt: skip
    """Return the answer to an answer; the same text for SMS and mail.

    name: who has it, or gets it. choices: for WHICH, the codes and what they stand for.
    """
    say = telling.phrases(reader)
    at = None
    if case is not None:
        at = case.resolved_at if what is Reply.OVER else case.acknowledged_at
    told = say.replies[what].format(
        key=_NO_KEY if case is None else telling.key(case),
        summary="" if case is None else telling.short(case, reader),
        time=telling.time(now if at is None else at, now, reader),
        name=telling.short_name(name or ("" if case is None else case.owner)),
        word=telling.WORD,
        choices=_choices(choices, reader),
    )
    about = say.reply_subject if case is None else f"{say.reply_subject}: {telling.summary(case, reader)}"
    return Text(
        subject=line(about, telling.MOST_SUBJECT) if case is None else telling.subject(case, about),
        text=told,
        short=told,
    )


def _choices(choices: Sequence[tuple[str, Case]], reader: Reader) -> str:
    told = [
        f"{telling.WORD} {line(code, 12)} = {telling.short_name(case.subject or case.summary.of(reader.language))}"
        for code, case in choices[:_MOST_CHOICES]
    ]
    return ", ".join(told)


def status(case: Case, code: str, reader: Reader, now: float) -> Text:
    """Return how an incident stands, to somebody who asked."""
    sv = reader.language == "sv"
    since = telling.time(case.since, now, reader)
    owner = telling.short_name(case.owner)
    has = (f"{owner} har den" if sv else f"{owner} has it") if owner else ("ingen har den" if sv else "nobody has it")
    told = f"{telling.key(case)}: {telling.short(case, reader)}, {'sedan' if sv else 'since'} {since}; {has}."
    if not owner:
        told += f" {telling.phrases(reader).answer_short.format(word=telling.WORD, code=line(code, 12))}."
    return Text(telling.subject(case, telling.phrases(reader).reply_subject), told, told)


def nothing(reader: Reader) -> Text:
    """Return that nothing waits for somebody who asked how it stands."""
    told = "Inget öppet larm väntar på dig." if reader.language == "sv" else "No open alert waits for you."
    return Text(telling.phrases(reader).reply_subject, told, told)


def silenced(case: Case, until: float, reader: Reader, now: float) -> Text:
    """Return that nobody is paged for an incident until a moment."""
    at = telling.time(until, now, reader)
    told = (
        f"{telling.key(case)} är tyst till {at}. Ingen har tagit den; då larmas igen."
        if reader.language == "sv" else f"{telling.key(case)} is silent until {at}. Nobody has it; paging goes on then."
    )  # fmt: skip
    return Text(telling.subject(case, telling.phrases(reader).reply_subject), told, told)
