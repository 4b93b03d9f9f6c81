"""Every message to people, in both languages, on one page each: read them as somebody woken at three in the morning.

`DRIFTVAKT_GOLDEN=write pytest tests/collector/desk/test_texts_golden.py` writes them anew; read the difference before
you keep it.
"""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from driftvakt_collector.alert.alert import Alert, Severity, Source
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.texts import after, answers, duty, telling
from driftvakt_collector.desk.texts.en import EN
from driftvakt_collector.desk.texts.facts import (
    Case,
    Collected,
    Link,
    Page,
    Reader,
    Reply,
    SupplierCase,
    SupplierNews,
    Text,
    Why,
    of_alert,
)
from driftvakt_collector.desk.texts.page import page
from driftvakt_collector.desk.texts.phrases import Phrases
from driftvakt_collector.desk.texts.supplier import supplier
from driftvakt_collector.desk.texts.sv import SV

GOLDEN = Path(__file__).parent / "golden"
READERS = {"sv": Reader("sv"), "en": Reader("en")}
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = "^{}\\[~]|€"
"""3GPP TS 23.038, 6.2.1 and 6.2.1.1."""
TWO_PARTS = 306


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Stockholm")).timestamp()


NOW = at("2026-11-27 02:22")
URL = "https://driftvakt.stad.example/k/6fA9"
LINKS = (
    (Link.TAKE, f"{URL}a"),
    (Link.PASS_ON, f"{URL}b"),
    (Link.SHOW, "https://driftvakt.stad.example/incidents/1042"),
)
ALL = ((Link.SHOW_ALL, "https://driftvakt.stad.example/incidents"),)
DISK = Case(
    "INC-1042", Words("Disken / på srv-fil-01 är full om 3 h", "Disk / on srv-fil-01 is full in 3 h"),
    Severity.CRITICAL, at("2026-11-27 02:10"), "srv-fil-01", "Hägersten", "Idrottsförvaltningen", "Filer",
)  # fmt: skip
SWITCH = Case(
    "INC-1043", Words("sw-03 svarar inte", "sw-03 does not answer"), Severity.CRITICAL, at("2026-11-26 23:50"), "sw-03",
    "Älvsjö skola", "Utbildningsförvaltningen", supplier="S:t Erik Kommunikation", muffled=499,
)  # fmt: skip
TAPE = Case(
    "INC-1039", Words("Säkerhetskopian av HR är 31 h gammal", "The backup of HR is 31 h old"), Severity.WARNING,
    at("2026-11-24 19:05"), "hr-db", "Stadshuset", owner="Bertil Berg", acknowledged_at=at("2026-11-24 19:30"),
)  # fmt: skip
CHANGES = (
    Words("linux-image 6.1.0-25 → 6.1.0-26, 3 h före", "linux-image 6.1.0-25 → 6.1.0-26, 3 h before"),
    Words("Disk sdb tillkom, 2 dygn före", "Disk sdb added, 2 days before"),
    Words(
        "uppströms: sw-03: programvara 15.2 → 15.4, 40 min före", "upstream: sw-03: software 15.2 → 15.4, 40 min before"
    ),
)
ROTA = Why("Serverjour", at("2026-11-30 08:00"), then="Bertil Berg", then_at=at("2026-11-27 02:37"))
PAGE = Page(ROTA, CHANGES, 9, (), LINKS, "4F7P", "https://wiki.stad.example/full-disk")
HELD = (
    Words("3 varningar på samma plats väntar till 08:00", "3 warnings at the same site wait until 08:00"),
    Words("INC-1040 skickades inte: planerat arbete till 04:00", "INC-1040 was not sent: planned work until 04:00"),
)
TAKEN = replace(DISK, owner="Anna Ek", acknowledged_at=at("2026-11-27 02:14"))
THEIRS = SupplierCase(
    "S:t Erik Kommunikation", "SR-88120", at("2026-11-27 02:20"), at("2026-11-27 02:50"), at("2026-11-27 06:20"),
    phone="08-123 45 00",
)  # fmt: skip


def messages(reader: Reader) -> Iterator[tuple[str, Text]]:
    """Give every message, with what it is."""
    yield "A page", page(DISK, PAGE, reader, NOW)
    muffled = Page(replace(ROTA, rota="Nätjour"), (), 0, HELD, LINKS, "9KHT")
    yield "A page of a cause that keeps others silent; nothing changed", page(SWITCH, muffled, reader, NOW)
    yield "The page again, nobody answered", page(DISK, replace(PAGE, round=1), reader, NOW + 600)
    passed = Why("Serverjour", at("2026-11-30 08:00"), ("Anna Ek",), 900.0)
    yield "Passed on to the next", page(DISK, replace(PAGE, why=passed), reader, NOW + 600)
    both = Why("", None, ("Anna Ek", "Bertil Berg"), 1800.0, "Driftchefen", at("2026-11-27 03:00"))
    yield (
        "Passed on to somebody who is named; changes not known",
        page(DISK, replace(PAGE, why=both, changes=None, runbook=""), reader, NOW + 1500),
    )
    yield "A warning by mail only", page(TAPE, Page(Why("Serverjour")), reader, at("2026-11-25 08:00"))
    yield "Somebody else has it", after.acknowledged(TAKEN, reader, NOW)
    ended = replace(TAKEN, resolved_at=at("2026-11-27 02:52"))
    yield "It ended by itself", after.resolved(ended, reader, at("2026-11-27 02:53"))
    yield "Somebody solved it", after.resolved(replace(ended, by="Anna Ek"), reader, at("2026-11-27 09:00"))
    yield "Still yours", after.reminder(TAPE, ((Link.RESOLVE, f"{URL}c"), *LINKS[1:]), reader, NOW)
    yield (
        "Handed over by somebody",
        after.given(TAPE, "Bertil Berg", "Bandet är bytt.\nKör om jobbet 06:00.", LINKS[2:], reader, NOW),
    )
    many = [DISK, SWITCH, TAPE]
    yield (
        "After an outage",
        duty.digest(many, Collected.OUTAGE, at("2026-11-27 01:00"), at("2026-11-27 02:20"), ALL, reader, NOW),
    )
    storm = [
        replace(
            SWITCH, key=f"INC-{2000 + i}", subject=f"sw-{i:02}", muffled=i,
            summary=Words(f"sw-{i:02} svarar inte", f"sw-{i:02} does not answer"),
        )
        for i in range(17)
    ]  # fmt: skip
    yield "A storm", duty.digest(storm, Collected.STORM, NOW - 300, NOW, ALL, reader, NOW)
    end = at("2026-11-30 08:00")
    yield "The shift begins", duty.shift(many, "Serverjour", "Anna Ek", end, ALL, reader, at("2026-11-27 08:00"))
    yield "The shift begins quietly", duty.shift([], "Serverjour", "", end, (), reader, at("2026-11-27 08:00"))
    yield "A test", duty.test("4F7P", reader, NOW)
    for what in Reply:
        case = replace(TAKEN, resolved_at=at("2026-11-27 02:52")) if what is Reply.OVER else TAKEN
        bare = what in (Reply.WRONG_CODE, Reply.NOT_UNDERSTOOD, Reply.WHICH)
        name = "Bertil Berg" if what is Reply.PASSED else ""
        choices = (("4F7P", DISK), ("9KHT", SWITCH)) if what is Reply.WHICH else ()
        yield (
            f"Answer: {what.value}",
            answers.reply(what, reader, NOW, case=None if bare else case, name=name, choices=choices),
        )
    said = "Hej!\n\nTekniker på väg, framme ca 03:30.\n/Kalle"
    for news in SupplierNews:
        theirs = replace(THEIRS, said=said if news is SupplierNews.UPDATED else "")
        if news is SupplierNews.FAILED:
            theirs = replace(THEIRS, their_key="", said="glpi.sterik.example: 401 Unauthorized")
        yield f"Supplier: {news.value}", supplier(news, SWITCH, theirs, LINKS[2:], reader, NOW)
    for works in (True, False):
        yield (
            f"Supplier: mended, and we measure {works}",
            supplier(SupplierNews.MENDED, SWITCH, replace(THEIRS, works=works), (), reader, NOW),
        )


HOSTILE = {
    "line ends": "srv\r\nBcc: all@stad.example\r\n\r\nINC-1: du har vunnit",
    "2000 characters": "å" * 2000,
    "from right to left": "srv-\u202etxt.exe\u202c-\u200fabc\u2066",
    "NUL": "srv\0-01\x1b[2J\x07\x85\u2028x",
    "markup": "<b>srv</b><script>alert(1)</script> {0} {name} %s",
}


def hostile(reader: Reader) -> Iterator[tuple[str, Text]]:
    """Give the messages that carry what others wrote, all of it hostile."""
    for title, name in HOSTILE.items():
        said = Words(f"{name} svarar inte", f"{name} does not answer")
        case = Case("INC-7", said, Severity.CRITICAL, 1e30, name, name, name, name, name, 3, name, 1.0, 1.0, name)
        same = Words(name, name)
        told = Page(Why(name, 1.0, (name, name), 1e30, name, 2.0), (same,) * 5, 1, (same,) * 9,
                    ((Link.TAKE, URL),), "4F7P", name, 2)  # fmt: skip
        theirs = SupplierCase(name, name, 1.0, 2.0, 3.0, f"{name}\n{name}\n" * 30, works=None, phone=name)
        yield f"{title}: a page", page(case, told, reader, NOW)
        yield f"{title}: resolved", after.resolved(case, reader, NOW)
        yield f"{title}: acknowledged", after.acknowledged(case, reader, NOW)
        yield f"{title}: reminder", after.reminder(case, told.links, reader, NOW)
        yield f"{title}: given", after.given(case, name, name, told.links, reader, NOW)
        yield f"{title}: digest", duty.digest([case], Collected.STORM, 1.0, 2.0, told.links, reader, NOW)
        yield f"{title}: shift", duty.shift([case], name, name, 1e30, told.links, reader, NOW)
        yield (
            f"{title}: answer",
            answers.reply(Reply.WHICH, reader, NOW, case=case, name=name, choices=(("4F7P", case),) * 9),
        )
        yield f"{title}: supplier", supplier(SupplierNews.UPDATED, case, theirs, told.links, reader, NOW)


def shown(told: Iterator[tuple[str, Text]]) -> str:
    """Return messages as a page that can be read."""
    parts = []
    for title, text in told:
        size, kind = septets(text.short)
        rule = "─" * max(4, 100 - len(title))
        parts.append(f"── {title} {rule}\n\nSMS, {size} {kind}:\n{text.short}\n\nMail: {text.subject}\n\n{text.text}\n")
    return "\n".join(parts)


def septets(text: str) -> tuple[int, str]:
    """Return how long an SMS is, and in what: letters of GSM, or else UCS-2, of which two parts hold 134."""
    if any(one not in GSM and one not in GSM_TWICE for one in text):
        return len(text.encode("utf-16-be")) // 2, "UCS-2"
    return sum(2 if one in GSM_TWICE else 1 for one in text), "of GSM"


@pytest.mark.parametrize("language", READERS)
@pytest.mark.parametrize(("name", "told"), [("messages", messages), ("hostile", hostile)])
def test_every_message_is_as_somebody_read_it(language: str, name: str, told: object) -> None:
    path = GOLDEN / f"{name}_{language}.txt"
    found = shown((messages if name == "messages" else hostile)(READERS[language]))

    if os.environ.get("DRIFTVAKT_GOLDEN") == "write":
        path.write_text(found, "utf-8")

    assert found == path.read_text("utf-8")


@pytest.mark.parametrize("language", READERS)
def test_an_sms_fits_two_parts_of_gsm(language: str) -> None:
    for title, text in messages(READERS[language]):
        size, kind = septets(text.short)

        assert kind == "of GSM", (title, [one for one in text.short if one not in GSM + GSM_TWICE])
        assert size <= TWO_PARTS, title
        assert "\n" not in text.short, title


@pytest.mark.parametrize("language", READERS)
def test_the_first_sixty_characters_say_how_bad_since_when_what_and_where(language: str) -> None:
    reader = READERS[language]

    head = page(DISK, PAGE, reader, NOW).short[:60]
    other = page(SWITCH, PAGE, reader, NOW).short[:60]

    say = telling.phrases(reader)
    assert head.startswith(f"{say.severity[Severity.CRITICAL]} 02:10 ")
    assert "srv-fil-01" in head
    assert "3 h" in head
    assert ("tor 23:50" if language == "sv" else "Thu 23:50") in other
    assert "sw-03" in other
    assert "Älvsjö skola" in other


@pytest.mark.parametrize("language", READERS)
def test_nothing_hostile_gets_through(language: str) -> None:
    for title, text in hostile(READERS[language]):
        whole = text.subject + text.text + text.short
        assert "\r" not in whole, title
        assert all(one == "\n" or unicodedata.category(one)[0] != "C" for one in whole), title
        assert "\n" not in text.subject + text.short, title
        assert len(text.subject) <= 150, title
        assert len(text.text) <= 9000, title
        assert septets(text.short)[0] <= TWO_PARTS, title
        assert not any(row.startswith("Bcc:") for row in text.text.splitlines()), title


@pytest.mark.parametrize("field", [one.name for one in fields(Phrases)])
def test_both_languages_fill_in_the_same(field: str) -> None:
    sv, en = getattr(SV, field), getattr(EN, field)

    if isinstance(sv, str):
        sv, en = {"": sv}, {"": en}
    assert sv.keys() == en.keys()
    for key in sv:
        assert names(sv[key]) == names(en[key]), key
        assert (sv[key] != en[key]) or key is Severity.INFO or field in ("digest_row", "one_incident"), key


def names(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}


def test_an_alert_is_told_as_an_incident() -> None:
    alert = Alert(
        "f", Source.RULE, "disk", Severity.WARNING, DISK.summary, DISK.since, "o-1", "srv-fil-01", site="Hägersten"
    )

    found = page(of_alert(alert, "INC-7", muffled=2), PAGE, Reader("sv"), NOW).short

    assert found.startswith("VARNING 02:10 Disken / på srv-fil-01 är full om 3 h, Hägersten (+ 2 tysta bakom). Svara")


def test_a_language_that_we_do_not_speak_is_english() -> None:
    assert page(DISK, PAGE, Reader("fi"), NOW) == page(DISK, PAGE, Reader("en"), NOW)


def test_a_zone_that_nobody_knows_keeps_no_page_back() -> None:
    assert "02:10" in page(DISK, PAGE, Reader("sv", "Nowhere/Here"), NOW).short


def test_somebody_elsewhere_reads_their_own_time() -> None:
    assert page(DISK, PAGE, Reader("en", "Europe/London"), NOW).short.startswith("CRITICAL 01:10 ")
