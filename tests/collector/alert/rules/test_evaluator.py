"""The evaluator: when rules fire and clear, what survives a restart, and what can't fill its memory."""

from array import array
from math import nan
from pathlib import Path

import pytest
from rule_histories import a_host, bound_set

from driftvakt_collector.alert.alert import Change, Source, What
from driftvakt_collector.alert.rules import book
from driftvakt_collector.alert.rules.evaluator import MAX_STATES, Evaluator
from driftvakt_collector.alert.rules.keeping import DumpError
from driftvakt_collector.alert.rules.rule import Rule
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.series import Labels

START = 1_764_000_000.0
SUMMARY = """summary.sv = "{{host}}: {{value}} på {{label.mountpoint}}"
summary.en = "{{host}}: {{value}} on {{label.mountpoint}}\""""


def rules(folder: Path, *bodies: str) -> tuple[Rule, ...]:
    path = folder / "rules.toml"
    path.write_text("\n".join(f"[[rule]]\n{body}\n{SUMMARY}\n" for body in bodies), "utf-8")
    return book.read(path).rules


LOAD = 'name = "Load"\nseries = "node_load1"\nabove = 4\nfor = "2m"'


@pytest.fixture
def host() -> Host:
    return tell(a_host("filer", supplier="Acme AB"), 1.0)


def tell(host: Host, *values: float, keys: tuple[tuple[str, Labels], ...] = (("node_load1", ()),)) -> Host:
    if host.series is None or tuple(zip(host.series.names, host.series.labels, strict=True)) != keys:
        host.series = bound_set(keys)
    host.values = array("d", values)
    return host


def said(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.what.value, change.alert.rule) for change in changes]


def test_it_is_raised_when_it_was_true_for_long_enough_and_cleared_at_once(tmp_path: Path, host: Host) -> None:
    watch = Evaluator(rules(tmp_path, LOAD))

    assert watch.line(tell(host, 9.0), START) == []
    assert watch.line(tell(host, 9.0), START + 60) == []
    (raised,) = watch.line(tell(host, 8.5), START + 120)
    (cleared,) = watch.line(tell(host, 1.0), START + 180)

    assert (raised.what, raised.at, raised.alert.since) == (What.RAISED, START + 120, START)
    assert (cleared.what, cleared.at) == (What.CLEARED, START + 180)
    assert raised.alert.fingerprint == cleared.alert.fingerprint
    assert raised.alert.source is Source.RULE
    assert (raised.alert.value, raised.alert.subject, raised.alert.supplier) == (8.5, "filer", "Acme AB")


def test_time_alone_raises_it_between_two_lines(tmp_path: Path, host: Host) -> None:
    watch = Evaluator(rules(tmp_path, LOAD))
    watch.line(tell(host, 9.0), START)

    assert watch.tick(START + 119.9) == []
    assert said(watch.tick(START + 120)) == [("raised", "Load")]
    assert watch.tick(START + 121) == []


def test_a_host_that_falls_silent_has_no_verdict_any_more(tmp_path: Path, host: Host) -> None:
    watch = Evaluator(rules(tmp_path, LOAD))
    watch.line(tell(host, 9.0), START)
    watch.tick(START + 120)

    assert watch.tick(START + 300) == []
    assert said(watch.tick(START + 301)) == [("cleared", "Load")]


def test_a_host_that_said_goodbye_has_none_either(tmp_path: Path, host: Host) -> None:
    watch = Evaluator(rules(tmp_path, LOAD))
    watch.line(tell(host, 9.0), START)
    watch.tick(START + 120)
    host.off = True

    changes = watch.tick(START + 301)

    assert said(changes) == [("cleared", "Load")]


def test_nan_is_no_verdict_and_begins_the_wait_anew(tmp_path: Path, host: Host) -> None:
    watch = Evaluator(rules(tmp_path, LOAD))
    watch.line(tell(host, 9.0), START)
    watch.line(tell(host, nan), START + 60)
    watch.line(tell(host, 9.0), START + 119)

    assert watch.line(tell(host, 9.0), START + 180) == []
    assert said(watch.line(tell(host, 9.0), START + 240)) == [("raised", "Load")]


def test_each_series_of_a_host_is_an_alert_of_its_own(tmp_path: Path) -> None:
    watch = Evaluator(rules(tmp_path, 'name = "Full"\nseries = "used"\nabove = 0.9'))
    keys = tuple(("used", (("mountpoint", f"/{number}"),)) for number in range(50))
    host = tell(a_host("filer"), *[0.95 if number in (7, 9) else 0.1 for number in range(50)], keys=keys)

    raised = watch.line(host, START)

    assert [change.alert.labels for change in raised] == [(("mountpoint", "/7"),), (("mountpoint", "/9"),)]
    assert len({change.alert.fingerprint for change in raised}) == 2
    assert raised[0].alert.summary.sv == "filer: 0,95 på /7"
    assert raised[0].alert.summary.en == "filer: 0.95 on /7"


def test_what_a_host_calls_itself_is_no_place_of_a_text(tmp_path: Path) -> None:
    watch = Evaluator(rules(tmp_path, 'name = "Full"\nseries = "used"\nabove = 0.9'))
    keys = (("used", (("mountpoint", "{{host}}\n\x1b[2J" + "x" * 900),)),)

    (raised,) = watch.line(tell(a_host("filer"), 1.0, keys=keys), START)

    assert raised.alert.summary.en.startswith("filer: 1 on {{host}}??[2Jxxx")
    assert len(raised.alert.summary.en) < 250


def test_a_series_that_is_renamed_at_each_visit_fills_no_memory(tmp_path: Path) -> None:
    watch = Evaluator(rules(tmp_path, 'name = "Full"\nseries = "used"\nabove = 0.9\nkeep_firing_for = "1d"'))
    host = a_host("switch", "switch")

    for number in range(0, 3 * MAX_STATES, 300):
        keys = tuple(("used", (("port", str(number + one)),)) for one in range(300))
        watch.line(tell(host, *[1.0] * 300, keys=keys), START + number)

    assert sum(1 for _ in watch.firing()) == MAX_STATES
    assert watch.refused == 2 * MAX_STATES


def test_samples_of_too_many_series_are_refused_and_counted(tmp_path: Path) -> None:
    watch = Evaluator(
        rules(tmp_path, 'name = "Errors"\nseries = "errors"\nfunction = "rate"\nwindow = "5m"\nabove = 1')
    )
    keys = tuple(("errors", (("port", str(one)),)) for one in range(1500))

    watch.line(tell(a_host("switch"), *[1.0] * 1500, keys=keys), START)

    assert watch.refused == 500


def test_a_host_that_moves_is_chosen_by_where_it_is_now(tmp_path: Path, host: Host) -> None:
    only_here = 'name = "Load"\nseries = "node_load1"\nabove = 4\nhosts = { site = "B-huset" }'
    watch = Evaluator(rules(tmp_path, only_here))

    assert watch.line(tell(host, 9.0), START) == []
    host.site = "".join(["B-", "huset"])
    assert said(watch.line(host, START + 60)) == [("raised", "Load")]
    host.site = "".join(["A-", "huset"])
    assert said(watch.line(host, START + 120)) == [("cleared", "Load")]


def test_an_alert_tells_the_facts_of_now(tmp_path: Path, host: Host) -> None:
    watch = Evaluator(rules(tmp_path, LOAD))
    watch.line(tell(host, 9.0), START)
    host.name, host.zone = "filer-2", "edu"

    (raised,) = watch.line(tell(host, 9.0), START + 120)

    assert (raised.alert.subject, raised.alert.zone) == ("filer-2", "edu")


def test_a_host_that_is_forgotten_clears_what_fired(tmp_path: Path, host: Host) -> None:
    watch = Evaluator(rules(tmp_path, LOAD))
    watch.line(tell(host, 9.0), START)
    watch.tick(START + 120)

    assert said(watch.forget(host.origin, START + 130)) == [("cleared", "Load")]
    assert watch.forget(host.origin, START + 131) == []
    assert watch.tick(START + 900) == []


def test_other_rules_clear_what_they_don_t_have_and_keep_the_rest(tmp_path: Path, host: Host) -> None:
    gone = 'name = "Gone"\nseries = "node_load1"\nabove = 4'
    watch = Evaluator(rules(tmp_path, LOAD, gone))
    watch.line(tell(host, 9.0), START)
    watch.tick(START + 60)

    assert said(watch.replace(rules(tmp_path, LOAD), START + 61)) == [("cleared", "Gone")]
    assert said(watch.line(tell(host, 9.0), START + 120)) == [("raised", "Load")]


def test_a_clock_that_is_set_back_delays_nothing(tmp_path: Path, host: Host) -> None:
    watch = Evaluator(rules(tmp_path, LOAD))
    watch.line(tell(host, 9.0), START)
    watch.line(tell(host, 9.0), START - 3600)

    assert said(watch.line(tell(host, 9.0), START - 3600 + 120)) == [("raised", "Load")]


# --- restart ---

RATE = 'name = "Errors"\nseries = "node_load1"\nfunction = "rate"\nwindow = "10m"\nabove = 0.5'


def test_a_restart_pages_nobody_twice_and_waits_on(tmp_path: Path, host: Host) -> None:
    made = rules(tmp_path, LOAD, 'name = "Now"\nseries = "node_load1"\nabove = 4')
    before = Evaluator(made)
    before.line(tell(host, 9.0), START)
    after = Evaluator(made)

    assert after.load(before.dump(), START + 30) == 1
    assert [alert.rule for alert in after.firing()] == ["Now"]
    # It had waited for nothing yet, and the half minute in which nobody listened does not count.
    assert after.line(tell(host, 9.0), START + 120) == []
    assert said(after.line(tell(host, 9.0), START + 150)) == [("raised", "Load")]


def test_a_restart_keeps_the_samples_of_windows(tmp_path: Path, host: Host) -> None:
    made = rules(tmp_path, RATE)
    before, whole = Evaluator(made), Evaluator(made)
    for number in range(9):
        before.line(tell(host, 10.0 * number), START + 60 * number)
        whole.line(host, START + 60 * number)
    after = Evaluator(made)
    after.load(before.dump(), START + 500)

    for number in range(9, 15):
        after.line(tell(host, 100.0 * number), START + 60 * number)
        whole.line(host, START + 60 * number)

    assert [alert.value for alert in after.firing()] == [alert.value for alert in whole.firing()]
    assert sum(1 for _ in after.firing()) == 1


def test_what_fired_before_a_restart_is_cleared_when_its_host_stays_away(tmp_path: Path, host: Host) -> None:
    made = rules(tmp_path, 'name = "Now"\nseries = "node_load1"\nabove = 4')
    before, after = Evaluator(made), Evaluator(made)
    before.line(tell(host, 9.0), START)
    after.load(before.dump(), START + 10_000)

    assert after.tick(START + 10_299) == []
    (cleared,) = after.tick(START + 10_301)
    assert (cleared.what, cleared.alert.subject) == (What.CLEARED, "filer")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param(lambda kept: b"", "another version", id="nothing"),
        pytest.param(lambda kept: b"driftvakt rules 9\n" + kept[18:], "another version", id="a later release's"),
        pytest.param(lambda kept: kept[:-9], "cut off", id="the end is missing"),
        pytest.param(lambda kept: kept[:60] + bytes([kept[60] ^ 255]) + kept[61:], "damaged", id="a byte is another"),
        pytest.param(lambda kept: kept[:18] + b"nonsense", "damaged", id="nonsense"),
    ],
)
def test_a_damaged_dump_is_refused_and_costs_nothing_else(
    tmp_path: Path, host: Host, damage: object, told: str
) -> None:
    made = rules(tmp_path, LOAD, RATE)
    before, after = Evaluator(made), Evaluator(made)
    for number in range(5):
        before.line(tell(host, 9.0 + number), START + 60 * number)
    after.line(tell(host, 9.0), START)

    with pytest.raises(DumpError, match=told):
        after.load(damage(before.dump()), START + 300)  # type: ignore[operator]

    assert said(after.line(tell(host, 9.0), START + 120)) == [("raised", "Load")]


def test_a_dump_in_which_a_rule_is_unknown_is_taken_without_it(tmp_path: Path, host: Host) -> None:
    before = Evaluator(rules(tmp_path, LOAD, RATE))
    before.line(tell(host, 9.0), START)
    after = Evaluator(rules(tmp_path, 'name = "Other"\nseries = "node_load1"\nabove = 4'))

    assert after.load(before.dump(), START + 60) == 1
    assert said(after.line(tell(host, 9.0), START + 120)) == [("raised", "Other")]
