"""What every message is put together with: the phrases of the reader, and what is said of an incident in one line."""

from collections.abc import Sequence

from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.desk.texts.en import EN
from driftvakt_collector.desk.texts.facts import Case, Links, Reader
from driftvakt_collector.desk.texts.moment import clock
from driftvakt_collector.desk.texts.phrases import Phrases
from driftvakt_collector.desk.texts.sv import SV

WORD = "K"
"""What somebody answers who takes an incident."""
MOST_SUMMARY = 160
MOST_SHORT_SUMMARY = 110
"""Of an SMS: it leaves room for the time, the place and how to answer in two parts (306 characters)."""
MOST_NAME = 60
MOST_SHORT_NAME = 24
MOST_SUBJECT = 150
_MOST_URL = 2000
CUT = "..."
"""How a line in an SMS ends that was cut: `…` is no letter of GSM, and would halve what an SMS holds."""


def phrases(reader: Reader) -> Phrases:
    """Return the sentences in the reader's language; English for one that we do not speak."""
    return SV if reader.language == "sv" else EN


def key(case: Case) -> str:
    """Return the number by which people know it."""
    return line(case.key, 32)


def summary(case: Case, reader: Reader, most: int = MOST_SUMMARY) -> str:
    """Return what is wrong in one line, without a full stop."""
    return line(case.summary.of(reader.language), most).rstrip(". ")


def short(case: Case, reader: Reader) -> str:
    """Return what is wrong and where in one line for an SMS; what the summary names is not said twice."""
    told = line(case.summary.of(reader.language), MOST_SHORT_SUMMARY, CUT).rstrip(" ")
    told = told if told.endswith(CUT) else told.rstrip(".")
    places = [line(one, MOST_SHORT_NAME, CUT) for one in (case.subject, case.site)]
    return ", ".join([told, *(one for one in places if one and one.casefold() not in told.casefold())])


def where(case: Case) -> str:
    """Return the places of an incident, the nearest first."""
    return ", ".join(name(one) for one in (case.subject, case.site, case.administration) if one.strip())


def name(text: str) -> str:
    return line(text, MOST_NAME)


def short_name(text: str) -> str:
    return line(text, MOST_SHORT_NAME, CUT)


def subject(case: Case, told: str) -> str:
    """Return the subject of a mail; the number first, for people. No machine reads it."""
    return line(f"[{key(case)}] {told}", MOST_SUBJECT)


def time(at: float, now: float, reader: Reader) -> str:
    return clock(at, now, reader.zone, reader.language)


def labelled(links: Links, reader: Reader) -> tuple[tuple[str, str], ...]:
    """Return links with what they do in words."""
    return tuple((phrases(reader).link[what], line(url, _MOST_URL)) for what, url in links)


def linked(links: Sequence[tuple[str, str]]) -> list[str]:
    """Return links as lines."""
    return [f"{what}: {url}" for what, url in links]


def listed(names: Sequence[str], reader: Reader, most: int = 3) -> str:
    """Return names as people list them; three, and how many besides."""
    told = [name(one) for one in names if one.strip()]
    if len(told) > most:
        told = [*told[: most - 1], f"{len(told) - most + 1} {'till' if reader.language == 'sv' else 'more'}"]
    if len(told) < 2:
        return "".join(told)
    return f"{', '.join(told[:-1])} {phrases(reader).and_} {told[-1]}"


def paragraphs(*parts: str | Sequence[str]) -> str:
    """Return parts with a blank line between; a part is a line or several. Empty ones are left out."""
    told = [part if isinstance(part, str) else "\n".join(one for one in part if one) for part in parts]
    return "\n\n".join(part for part in told if part)
