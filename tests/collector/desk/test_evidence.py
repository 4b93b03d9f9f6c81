"""The evidence pack: where it ends, what was seen, and no person in it. A golden copy to be read."""

import csv
import io
import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.suppliers import evidence, wording
from driftvakt_collector.desk.suppliers.evidence import Facts, Hop, Measure, Probe, Seen, Whose, pack
from driftvakt_collector.desk.suppliers.gathering import affected, gathered
from driftvakt_collector.desk.suppliers.handover import Always, Event, opened, step
from driftvakt_collector.desk.suppliers.outgoing import Do
from driftvakt_collector.desk.suppliers.supplier import Kind, Supplier
from driftvakt_collector.desk.suppliers.way import hops, last_good
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.fleet.topology.tree import Tree
from driftvakt_collector.store.hosts import HostRow

GOLDEN = Path(__file__).parent / "golden"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Stockholm")).timestamp()


SINCE = at("2026-11-26 23:50")
FACTS = Facts(
    "INC-1043", "sw-03 svarar inte", "sw-03", SINCE, at("2026-11-27 02:20"), address="10.20.3.1",
    hops=(
        Hop("sw-03", Whose.THEIRS, Seen.SILENT, "10.20.3.1", "", SINCE - 40),
        Hop("acc-7", Whose.THEIRS, Seen.SILENT, "10.20.0.7", "Gi1/0/3", SINCE - 20),
        Hop("dist-1", Whose.THEIRS, Seen.ANSWERS, "10.20.0.1", "Te1/1"),
        Hop("Switch", Whose.UNKNOWN, Seen.UNKNOWN),
        Hop("fw-12", Whose.OURS, Seen.ANSWERS, "10.0.0.1"),
    ),
    last_good=SINCE - 40,
    probes=(
        *(Probe(SINCE + 60 * i, "collector", "10.20.3.1", "ping", ok=False, said="timeout") for i in range(14)),
        Probe(SINCE + 65, "relay-alvsjo", "10.20.3.1", "ping", ok=False, said="timeout"),
        Probe(SINCE + 70, "collector", "10.20.0.1", "snmp", ok=True, value=0.0123, unit="s"),
    ),
    measures=(Measure("ifOperStatus Te1/1", "", 1.0, 2.0), Measure("ifHCInOctets", "B/s", 1.2e7, None)),
    clients=499, people=None, sites=("Älvsjö skola", "Örby skola"),
    steps=((SINCE, "felet upptäckt"), (SINCE + 600, "ärendet öppnat hos oss")),
    contact="Stadens driftcentral", phone="08-508 00 000",
)  # fmt: skip


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_supplier_reads_what_we_saw(language: str) -> None:
    case = opened(at("2026-11-27 02:20"), 30, 4, Always())
    parts = []
    for do in Do:
        now = case if do is not Do.REOPEN else step(case, Event.MEND, case.opened_at + 60, Always())
        text = wording.body(do, now, language, note="Ring porten först." if do is Do.NOTE else "",
                            evidence=pack(FACTS, language).text if do is Do.OPEN else "")  # fmt: skip
        parts.append(f"── {do.value} {'─' * 80}\n\n{wording.title(do, FACTS.what, language)}\n\n{text}\n")
    found = "\n".join([*parts, f"── how to answer {'─' * 80}\n\n{wording.how_to_answer(language)}\n"])
    path = GOLDEN / f"to_supplier_{language}.txt"

    if os.environ.get("DRIFTVAKT_GOLDEN") == "write":
        path.write_text(found, "utf-8")

    assert found == path.read_text("utf-8")


def test_of_the_timeline_only_what_machines_did_is_told() -> None:
    told = evidence.steps_of([(1.0, "alert.raised"), (2.0, "page.sent"), (3.0, "note"), (4.0, "incident.opened")], "sv")

    assert told == ((1.0, "felet upptäckt"), (4.0, "ärendet öppnat hos oss"))


def test_it_says_between_which_two_things_the_way_ends() -> None:
    assert [one.name for one in evidence.border(FACTS.hops) or ()] == ["acc-7", "dist-1"]
    assert evidence.border(FACTS.hops[2:]) is None
    assert evidence.border(()) is None


def test_the_same_is_there_for_programs_and_spreadsheets() -> None:
    made = pack(FACTS, "sv")

    told = json.loads(made.json)
    assert (told["version"], told["key"], told["hops"][0]["whose"], told["clients"]) == (1, "INC-1043", "theirs", 499)
    rows = list(csv.reader(io.StringIO(made.csv)))
    assert len(rows) == 17
    assert rows[1][1:5] == ["collector", "10.20.3.1", "ping", "no"]


def test_no_person_is_in_it() -> None:
    facts = replace(
        FACTS, subject="annas-laptop", is_personal=True, what="annas-laptop svarar inte, ring anna.ek@stad.example",
        hops=(Hop("annas-laptop", Whose.OURS, Seen.SILENT), *FACTS.hops),
        probes=(Probe(SINCE, "collector", "annas-laptop", "ping", ok=False, said="user 19811218-9876"),),
        steps=((SINCE, "annas-laptop raised"), (SINCE, "set by 811218 9876 kalle@skola.example")),
    )  # fmt: skip

    made = pack(facts, "sv")

    for whole in (made.text, made.json, made.csv):
        assert "annas" not in whole
        assert "ek@" not in whole
        assert "kalle" not in whole
        assert "9876" not in whole
    assert "en klientdator svarar inte, ring [e-mail]" in made.text


def test_what_machines_write_stays_bounded_and_does_not_run() -> None:
    bad = "=cmd|' /C calc'!A0\r\n\0\u202e" + "x" * 3000
    many = tuple(Probe(SINCE + i, bad, bad, bad, ok=False, said=bad, unit=bad) for i in range(5000))
    facts = Facts(
        bad, bad, bad, 1e30, -1e30, address=bad, hops=(Hop(bad, Whose.OURS, Seen.SILENT, bad, bad, 1e30),) * 500,
        probes=many, measures=(Measure(bad, bad, float("nan"), float("inf")),) * 500, sites=(bad,) * 500,
        steps=((1e30, bad),) * 500, contact=bad, phone=bad,
    )  # fmt: skip

    made = pack(facts, "en")

    assert len(made.text) < 20_000
    assert len(made.json) <= 128 << 10
    assert len(made.csv) < 200_000
    assert all(row.isprintable() for row in made.text.split("\n"))
    assert all(not cell.startswith("=") for row in csv.reader(io.StringIO(made.csv)) for cell in row)


def test_the_way_says_whose_each_step_is() -> None:
    def host(name: str, supplier: str) -> Host:
        made = Host(HostRow(name, 1, f"n-{name}", "adm", "Idrott", "Älvsjö", "switch", supplier=supplier))
        made.received_wall = 7.0
        return made

    known = {"sw": host("sw", "s:t erik"), "dist": host("dist", "Annan AB"), "fw": host("fw", "")}
    tree = Tree({"sw": ("?adm/Switch",), "?adm/Switch": ("dist",), "dist": ("fw",)})
    verdicts = {"sw": Verdict.SILENT, "dist": Verdict.OK, "fw": Verdict.NEW}

    found = hops("sw", tree, known, "S:t Erik", lambda one: verdicts[one.origin])

    assert [(one.name, one.whose, one.seen) for one in found] == [
        ("n-sw", Whose.THEIRS, Seen.SILENT), ("Switch", Whose.UNKNOWN, Seen.UNKNOWN),
        ("n-dist", Whose.OTHERS, Seen.ANSWERS), ("n-fw", Whose.OURS, Seen.UNKNOWN),
    ]  # fmt: skip
    assert last_good(found) == 7.0


def test_the_fleet_knows_who_is_affected_and_does_not_name_whose_it_is() -> None:
    def host(name: str, site: str, class_: str) -> Host:
        return Host(HostRow(name, 1, f"n-{name}", "adm", "Idrott", site, class_))

    known = {
        "sw": host("sw", "Älvsjö", "switch"), "a": host("a", "Älvsjö", "workstation"), "b": host("b", "Örby", "server"),
        "c": host("c", "Örby", "laptop"), "x": host("x", "Rest", "server"),
    }  # fmt: skip
    tree = Tree({"a": ("sw",), "?adm/Switch": ("sw",), "b": ("?adm/Switch",), "c": ("b",), "x": ()})

    def facts(origin: str) -> Facts:
        return gathered(
            "INC-1", Words(f"n-{origin} svarar inte", ""), origin, 1.0, 2.0, supplier=Supplier("S:t Erik", Kind.EMAIL),
            tree=tree, hosts=known, verdict=lambda _: Verdict.SILENT, events=[(1.0, "alert.raised"), (1.5, "note")],
        )  # fmt: skip

    assert affected("sw", tree, known) == (3, ("Örby", "Älvsjö"))
    found = facts("sw")
    assert (found.subject, found.clients, found.is_personal) == ("n-sw", 3, False)
    assert found.steps == ((1.0, "felet upptäckt"),)
    assert "n-a" not in pack(facts("a"), "sv").text
    assert facts("gone").subject == ""
