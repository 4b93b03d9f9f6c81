"""From a visit to records: what comes each time, once, again, and not at all."""

import json

from driftvakt_collector.poll import telling
from driftvakt_collector.poll.asking import Key
from driftvakt_collector.poll.snmp.driver import Value, Walk
from driftvakt_collector.poll.snmp.layout import Layout, made
from driftvakt_collector.poll.snmp.modules import if_mib
from driftvakt_collector.poll.telling import Told
from driftvakt_collector.store.section import Body
from driftvakt_wire import records
from driftvakt_wire.privacy import Mask, offence

IF, IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
WALK = Walk([f"{IF}.2.1", f"{IF}.10.1", f"{IFX}.1.1", f"{IFX}.6.1", f"{IFX}.18.1"],
            [b"Gi1/0/1", 7, b"Gi1", 2**64 - 1, b"Annas dator, anna@skola.se"])  # fmt: skip
SECTIONS = {"system": Body(["serial", "location"], [["S1", "hos anna@skola.se"]])}


def told(layout: Layout, state: Told, mask: Mask | None = None) -> list[records.Record]:
    values: list[float | int | None] = [0.5, 5, *layout.values(WALK.values)]
    return [records.decode(one) for one in telling.records("d-1", 9.0, 1.0, 60.0, layout, values, state, mask)]


def test_names_and_sections_come_until_they_were_taken_and_when_they_are_asked_for() -> None:
    layout, state = made([if_mib.MODULE], WALK), Told()
    state.keep(SECTIONS)

    assert [type(one) for one in told(layout, state)] == [records.Series, records.Report, records.Section]
    assert len(told(layout, state)) == 3
    telling.taken(state)
    (report,) = told(layout, state)
    assert isinstance(report, records.Report)
    assert (report.subject, report.every, report.sections) == ("d-1", 60.0, state.sections)
    assert report.values == (0.5, 5.0, 7.0, float(2**64 - 1))
    state.lacks([report.series, state.sections["system"]])
    assert len(told(layout, state)) == 3


def test_what_was_told_is_let_go_of() -> None:
    layout, state = made([if_mib.MODULE], WALK), Told()
    first = told(layout, state)[0]
    assert isinstance(first, records.Series)
    names = [row[0] for row in json.loads(first.set)["series"]]

    assert names == [name for name, _ in telling.OWN] + ["ifInOctets", "ifHCInOctets"]
    assert layout.keys == []
    assert layout.count == 2


def test_in_a_school_nobody_is_named() -> None:
    layout, state, mask = made([if_mib.MODULE], WALK), Told(), Mask()
    state.keep(SECTIONS, mask)
    sent: list[Value] = []

    for one in telling.records("d-1", 9.0, 1.0, 60.0, layout, [0.5, 5, *layout.values(WALK.values)], state, mask):
        kind = json.loads(one)["kind"]
        assert offence(one, kind) == ""
        assert b"anna" not in one
        sent.append(kind)
    assert sent == ["series", "report", "section"]
    values = json.loads(telling.records("d-1", 9.5, 1.0, 60.0, layout, [0.5, 5, 7, 8], state, mask)[1])["values"]
    assert values == [0.5, 5, 7, 8]


def test_a_series_that_may_not_be_told_is_left_out_with_its_number() -> None:
    walk = Walk(WALK.oids, [b"anna@skola.se", *WALK.values[1:]])
    layout = made([if_mib.MODULE], joined := Walk([*walk.oids, "1.3.6.1.2.1.2.1.0"], [*walk.values, 1]))

    made_of = telling.records("d-1", 9.0, 1.0, 60.0, layout, [0.5, 5, *layout.values(joined.values)], Told(), Mask())
    assert [row[0] for row in json.loads(made_of[0])["set"]["series"]] == [
        *(name for name, _ in telling.OWN),
        "ifNumber",
    ]
    assert json.loads(made_of[1])["values"] == [0.5, 5, 1]


def test_what_the_collector_would_not_take_is_cut_and_told_and_the_rest_is_kept() -> None:
    ports = telling.MAX_SERIES + 500
    walk = Walk([f"{IF}.2.{port}" for port in range(ports)] + [f"{IF}.10.{port}" for port in range(ports)],
                [f"Gi{port}".encode() for port in range(ports)] + [*range(ports)])  # fmt: skip
    layout, state = made([if_mib.MODULE], walk), Told()

    found = telling.records("d-1", 9.0, 1.0, 60.0, layout, [0.5, 5, *layout.values(walk.values)], state)
    series, report, event = (records.decode(one) for one in found)

    assert isinstance(series, records.Series)
    assert isinstance(report, records.Report)
    assert isinstance(event, records.Event)
    kept = len(json.loads(series.set)["series"])
    assert kept == len(report.values)
    assert 15_000 < kept <= telling.MAX_SERIES
    assert event.name == "poll.incomplete"
    assert f"the first {kept} are kept" in event.text


def test_long_names_are_cut_where_a_line_ends() -> None:
    keys: list[Key | None] = [("ifAdminStatus", (("ifAlias", "å" * 500), ("n", str(n)))) for n in range(5000)]

    kept = telling.bounded(keys)

    assert 1000 < len(kept) < 1300
