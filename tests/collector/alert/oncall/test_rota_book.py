"""Rotas with versions, people and changes; feeds of them; and whether the weeks ahead hold."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from rotas import at

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.oncall import feed
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.changes import ChangeKind, DutyChange
from driftvakt_collector.alert.oncall.contact import Contact
from driftvakt_collector.alert.oncall.days import SwedishDays
from driftvakt_collector.alert.oncall.ical import Event, calendar
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.oncall.readiness import Finding, Lack, findings
from driftvakt_collector.store.plans import PlanRow

BEGIN, WEEK = at("2026-11-30T00:00"), 7 * 86_400.0
END = BEGIN + 4 * WEEK
TWO = 'name = "{}"\ntitle = "Jour; {}, för alla"\n[[layer]]\npeople = ["anna", "bo"]\nstart = 2026-01-05\n{}'


def person(name: str, **told: object) -> Person:
    ways = (Contact("sms", f"+467012345{len(name)}", 0, 1.0), Contact("email", f"{name}@example.se", 1, 1.0))
    return replace(Person(name, f"{name.title()} Berg", contacts=ways), **told)  # type: ignore[arg-type]


def rota(
    name: str = "natverk", more: str = "", *, version: int = 1, since: float = 0.0, body: str | None = None
) -> PlanRow:
    return PlanRow("rota", name, version, since, TWO.format(name, name, more) if body is None else body, 0.0, "root")


def book(*rows: PlanRow, changes: Iterable[DutyChange] = (), people: Iterable[Person] | None = None) -> RotaBook:
    known = [person("anna"), person("bo"), person("cecilia")] if people is None else people
    return RotaBook(rows, changes, {one.name: one for one in known}, SwedishDays())


def absence(number: int, name: str, begin: str, end: str) -> DutyChange:
    return DutyChange(number, ChangeKind.ABSENCE, name, at(begin), at(end))


# --- versions and people ---


def test_the_version_that_counts_at_a_moment_decides_and_shifts_go_across_versions() -> None:
    later = at("2026-12-09T12:00")
    new = 'name = "natverk"\n[[layer]]\npeople = ["cecilia"]\nstart = 2026-01-05\n'
    found = book(rota(), rota(version=2, since=later, body=new))

    assert found.on_duty("natverk", later - 1) == ("anna",) != found.on_duty("natverk", later)
    shifts = found.shifts("natverk", BEGIN, END)
    assert [(one.people, one.end) for one in shifts[-2:]] == [(("anna",), later), (("cecilia",), END)]
    assert all(one.end == other.begin for one, other in pairwise(shifts))


def test_a_new_version_that_says_the_same_does_not_cut_a_shift() -> None:
    once, twice = book(rota()), book(rota(), rota(version=2, since=at("2026-12-02T12:00")))

    assert once.shifts("natverk", BEGIN, END) == twice.shifts("natverk", BEGIN, END)


def test_a_rota_that_was_taken_away_has_nobody() -> None:
    found = book(rota(), rota(version=2, since=BEGIN, body=""))

    assert (found.on_duty("natverk", BEGIN - 1), found.on_duty("natverk", BEGIN)) == (("anna",), ())


def test_who_is_not_active_or_not_known_is_passed_over() -> None:
    gone = book(rota(), people=[person("anna"), person("bo", is_active=False)])
    unknown = book(rota(), people=[person("anna")])

    for moment in (BEGIN, BEGIN + WEEK):
        assert gone.on_duty("natverk", moment) == unknown.on_duty("natverk", moment) == ("anna",)


def test_a_plan_that_can_not_be_read_is_told_and_harms_no_other() -> None:
    found = book(rota("a", body="name = ["), rota("b"))

    assert list(found.at(BEGIN)) == ["b"]
    assert "it is no TOML" in found.broken(BEGIN)["a"]
    assert [one.lack for one in findings(found, BEGIN, END) if one.severity is Severity.CRITICAL] == [Lack.BROKEN]


@pytest.mark.parametrize(("service", "zone", "expected"), [
    ("mail", "adm", "mail"), ("mail", "edu", "mail"), ("web", "adm", "adm"), ("web", "edu", "rest"), ("", "", "rest"),
])  # fmt: skip
def test_the_rota_that_names_the_service_goes_before_the_zone_and_that_before_all(
    service: str, zone: str, expected: str
) -> None:
    def named(name: str, line: str) -> PlanRow:
        return rota(name, body=f'name = "{name}"\n{line}\n[[layer]]\npeople = ["anna"]\nstart = 2026-01-05\n')

    found = book(named("rest", ""), named("adm", 'zones = ["adm"]'), named("mail", 'services = ["mail"]'))

    assert found.serving(service, zone, BEGIN) == expected


# --- readiness ---


def lacks(found: Iterable[Finding], *but: Lack) -> list[tuple[Lack, str]]:
    return [(one.lack, one.person) for one in found if one.lack not in but]


def test_a_rota_that_holds_has_only_its_holidays_told() -> None:
    found = findings(book(rota()), BEGIN, END)

    assert lacks(found) == [(Lack.HOLIDAY, "")] * 3
    assert [one.words.sv for one in found] == [
        "Julafton 2026-12-24: Anna Berg", "Juldagen 2026-12-25: Anna Berg", "Annandag jul 2026-12-26: Anna Berg",
    ]  # fmt: skip


def test_a_gap_is_told_from_when_until_when() -> None:
    away = [absence(1, "anna", "2026-12-08T08:00", "2026-12-09T12:00"), absence(2, "bo", "2026-12-01", "2026-12-20")]
    found = findings(book(rota(), changes=away), BEGIN, END)

    (gap,) = [one for one in found if one.severity is Severity.CRITICAL]
    assert (gap.lack, gap.begin, gap.end) == (Lack.ABSENT, at("2026-12-08T08:00"), at("2026-12-09T12:00"))
    assert gap.words.sv == "ingen har jour tis 2026-12-08 08:00 – ons 2026-12-09 12:00; Anna Berg är frånvarande"
    assert gap.words.en == "nobody is on call Tue 2026-12-08 08:00 – Wed 2026-12-09 12:00; Anna Berg is absent"


def test_an_absence_that_is_covered_is_said_and_one_without_cover_is_a_gap() -> None:
    away = [absence(1, "anna", "2026-12-08T08:00", "2026-12-09T08:00")]
    strict = TWO.format("natverk", "x", "").replace("[[layer]]", 'absent = "nobody"\n[[layer]]')

    covered = findings(book(rota(), changes=away), BEGIN, END)
    bare = findings(book(rota(body=strict), changes=away), BEGIN, END)

    assert [one.words.en for one in covered if one.lack is Lack.ABSENT] == [
        "Bo Berg covers for Anna Berg for 24 hours, at first Tue 2026-12-08 08:00"
    ]
    assert [(one.severity, one.person) for one in bare if one.lack is Lack.ABSENT] == [(Severity.CRITICAL, "anna")]


def test_people_who_can_not_be_reached_are_told() -> None:
    mail = (Contact("email", "anna@example.se"),)
    known = [person("anna", contacts=mail), person("bo", contacts=()), person("cecilia", is_active=False)]
    more = '[[layer]]\nposition = "secondary"\npeople = ["cecilia", "nils"]\nstart = 2026-01-05\n'

    found = findings(book(rota(more=more), people=known), BEGIN, END)

    told = set(lacks(found))
    for one in [(Lack.NO_PHONE, "anna"), (Lack.NOT_VERIFIED, "anna"), (Lack.NO_CONTACT, "bo"),
                (Lack.INACTIVE, "cecilia"), (Lack.UNKNOWN, "nils")]:  # fmt: skip
        assert one in told
    assert "Anna Berg, med jour från mån 2026-11-23 08:00, har inget telefonnummer" in {one.words.sv for one in found}


def test_too_much_is_told() -> None:
    alone = TWO.format("natverk", "x", "").replace('"anna", "bo"', '"anna"')
    found = findings(book(rota(body=alone)), BEGIN, END)

    assert (Lack.TOO_LONG, "anna") in lacks(found)
    assert (Lack.TOO_OFTEN, "anna") in lacks(found)
    turns = findings(book(rota(more='every = "2 weeks"')), BEGIN, END)
    assert {lack for lack, _ in lacks(turns)} == {Lack.TOO_LONG, Lack.HOLIDAY}


def test_one_person_on_two_rotas_at_once_is_told() -> None:
    found = findings(book(rota("a"), rota("b")), BEGIN, END)

    assert "Anna Berg is on call in both a and b Mon 2026-12-07 08:00 – Mon 2026-12-14 08:00" in [
        one.words.en for one in found if one.lack is Lack.TWICE
    ]


def test_who_is_to_step_in_and_is_away_is_told() -> None:
    in_place = DutyChange(1, ChangeKind.OVERRIDE, "cecilia", at("2026-12-08T08:00"), at("2026-12-09T08:00"), "natverk")
    found = findings(
        book(rota(), changes=[in_place, absence(2, "cecilia", "2026-12-09", "2026-12-20")]), BEGIN, END
    )  # fmt: skip

    assert [one.words.sv for one in found if one.lack is Lack.NO_EFFECT] == [
        "ändring 1 räknar med Cecilia Berg, som är frånvarande ons 2026-12-09 00:00–08:00"
    ]


# --- feeds ---


def unfolded(raw: bytes) -> list[str]:
    """A reader of RFC 5545 of our own: lines of at most 75 octets that end with CR LF, joined where they go on."""
    assert raw.endswith(b"\r\n")
    parts = raw.split(b"\r\n")[:-1]
    assert all(0 < len(part) <= 75 and b"\n" not in part and b"\r" not in part for part in parts)
    joined: list[bytes] = []
    for part in parts:
        part.decode("utf-8")
        if part.startswith(b" "):
            joined[-1] += part[1:]
        else:
            joined.append(part)
    return [line.decode("utf-8") for line in joined]


def events(raw: bytes) -> list[dict[str, str]]:
    lines, found = unfolded(raw), []
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    for line in lines[1:-1]:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and line != "END:VEVENT":
            found[-1][name] = re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], value)
    return found


def moment(text: str) -> float:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def test_a_feed_read_back_gives_the_same_shifts() -> None:
    known = book(rota(), changes=[absence(1, "anna", "2026-12-08T08:00", "2026-12-09T12:00")])
    raw = feed.feed(known, "anna", BEGIN, "natverk")
    assert raw is not None

    told = [(moment(one["DTSTART"]), moment(one["DTEND"]), one["SUMMARY"].rpartition(": ")[2]) for one in events(raw)]

    assert told == [
        (one.begin, one.end, ", ".join(known.people[name].called for name in one.people))
        for one in known.shifts("natverk", BEGIN - feed.BEHIND, BEGIN + feed.AHEAD)
    ]
    assert len({one["UID"] for one in events(raw)}) == len(told)


def test_a_persons_feed_has_their_shifts_of_all_rotas_in_their_language() -> None:
    known = book(rota("a"), rota("b"), people=[person("anna"), person("bo", language="en")])
    mine, others = feed.feed(known, "anna", BEGIN), feed.feed(known, "bo", BEGIN)
    assert mine is not None
    assert others is not None

    assert {one["SUMMARY"] for one in events(mine)} == {
        "Jour: Jour; a, för alla (förstajour)", "Jour: Jour; b, för alla (förstajour)",
    }  # fmt: skip
    assert {one["SUMMARY"] for one in events(others)} == {
        "On call: Jour; a, för alla (primary)", "On call: Jour; b, för alla (primary)",
    }  # fmt: skip


def test_events_keep_their_identity_from_fetch_to_fetch() -> None:
    known = book(rota())
    first, later = feed.feed(known, "anna", BEGIN), feed.feed(known, "anna", BEGIN + 3 * 86_400)
    assert first is not None
    assert later is not None

    by_uid = {one["UID"]: one["DTSTART"] for one in events(first)}
    again = {one["UID"]: one["DTSTART"] for one in events(later)}
    shared = [uid for uid in again if uid in by_uid]
    assert len(shared) >= len(again) - 1
    assert [uid for uid in shared if by_uid[uid] != again[uid]] == [] or len(shared) == len(again)


def test_there_is_no_feed_of_who_is_not_there() -> None:
    known = book(rota(), people=[person("anna"), person("bo", is_active=False)])

    assert feed.feed(known, "bo", BEGIN) is None
    assert feed.feed(known, "", BEGIN) is None
    assert feed.feed(known, "anna", BEGIN, "unknown") is None


def test_no_name_can_write_lines_of_its_own_into_a_feed() -> None:
    nasty = "Jour\r\nEND:VEVENT\nX:1\\;,\x00\x1b" + "å" * 90
    raw = calendar(nasty, [Event(("a",), BEGIN, END, nasty, nasty)], BEGIN)

    (event,) = events(raw)
    assert event["SUMMARY"] == "Jour\nEND:VEVENT\nX:1\\;," + "å" * 90
    assert b"METHOD:PUBLISH\r\n" in raw
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT60M\r\n" in raw
