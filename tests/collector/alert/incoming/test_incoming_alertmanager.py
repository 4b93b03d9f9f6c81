"""What Alertmanager's webhook says becomes changes of ours: recorded bodies, old releases, and what is hostile."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from collecting import host_row
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.alert.alert import Alert, Severity, Source, What
from driftvakt_collector.alert.incoming.alertmanager import read
from driftvakt_collector.alert.incoming.foreign import Find, Sender, bare, finder, mark_of, severity
from driftvakt_collector.alert.incoming.payload import MAX_ALERTS, PayloadError
from driftvakt_collector.alert.incoming.plain import link, moment, plain
from driftvakt_collector.alert.incoming.standing import expired, news
from driftvakt_collector.fleet.host import Host

WEBHOOKS = Path(__file__).parents[5] / "shared" / "corpora" / "webhooks"
NOW = 1_795_000_000.0
SENDER = Sender("prometheus", "adm", "Stadsledningskontoret")


def recorded(name: str) -> bytes:
    return (WEBHOOKS / f"alertmanager_{name}.json").read_bytes()


def body(*alerts: dict[str, Any], **told: Any) -> bytes:
    return json.dumps({"version": "4", "status": "firing", "alerts": alerts, **told}).encode()


def alert(status: str = "firing", **told: Any) -> dict[str, Any]:
    return {
        "status": status, "labels": {"alertname": "Down", "instance": "web1:9100"}, "annotations": {},
        "startsAt": "2026-11-18T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "c6eadffa33fcdf37", **told,
    }  # fmt: skip


def one(*alerts: dict[str, Any], find: Find = lambda _: None, **told: Any) -> Alert:
    (change,) = read(body(*alerts, **told), SENDER, NOW, find).changes
    return change.alert


def hosts(*rows: Any) -> list[Host]:
    return [Host(row) for row in rows]


# --- recorded ---


@pytest.mark.parametrize(
    ("name", "alerts", "firing"),
    [("simpe", 1, 1), ("emptyValue", 1, 1), ("big_output", 1, 1), ("msteams_prom_post_request", 1, 1),
     ("noGenURL", 8, 0), ("production_example", 11, 11)],
)  # fmt: skip
def test_each_recorded_body_is_read_one_alert_a_fingerprint(name: str, alerts: int, firing: int) -> None:
    told = read(recorded(name), SENDER, NOW)

    assert len(told.changes) == len({change.alert.fingerprint for change in told.changes}) == alerts
    assert sum(change.what is What.RAISED for change in told.changes) == firing
    assert told.note() == ""
    assert all(change.alert.summary.sv and change.alert.summary.en for change in told.changes)
    assert all(change.alert.since < NOW - 86400 * 300 for change in told.changes)


@pytest.mark.parametrize("name", ["simpe", "big_output", "msteams_prom_post_request", "production_example"])
def test_a_recorded_body_that_comes_again_is_no_news(name: str) -> None:
    first = read(recorded(name), SENDER, NOW).changes
    standing = {change.alert.fingerprint: change.alert for change in news(first, {})}

    assert len(standing) == len(first)
    assert news(read(recorded(name), SENDER, NOW + 14400.0).changes, standing) == []


def test_the_states_of_one_group_differ() -> None:
    told = json.loads(recorded("facts"))["v4_example_own"]
    fired, resolved = read(json.dumps(told).encode(), SENDER, NOW).changes

    assert (fired.what, fired.alert.summary.sv) == (What.RAISED, "Skrivare på plan 3 svarar inte")
    assert fired.alert.since == pytest.approx(1227426360.123456, abs=1e-5)
    assert (resolved.what, resolved.at) == (What.CLEARED, 1227425400.0)
    assert (resolved.alert.summary.sv, resolved.alert.summary.en) == (
        "SkrivareOffline på 10.40.1.18", "SkrivareOffline on 10.40.1.18",
    )  # fmt: skip


def test_a_long_text_is_cut() -> None:
    told = read(recorded("big_output"), SENDER, NOW).changes[0].alert.summary.sv

    assert (len(told), told[-1]) == (500, "…")


def test_a_measured_value_is_taken_from_the_annotation() -> None:
    told = read(recorded("production_example"), SENDER, NOW).changes

    assert told[0].alert.value == 122.0
    assert {change.alert.severity for change in told} == {Severity.CRITICAL, Severity.WARNING}


# --- by what it is known ---


def test_labels_are_known_as_alertmanager_knows_them() -> None:
    """The test with a real one compares what it answers."""
    assert mark_of({}) == "cbf29ce484222325"
    assert mark_of({"b": "2", "a": "1"}) == mark_of({"a": "1", "b": "2"}) != mark_of({"a": "1b", "": "2"})


def test_an_alert_without_a_fingerprint_is_the_one_with_it() -> None:
    labels = {"alertname": "Down", "instance": "web1:9100"}

    assert one(alert(fingerprint="")).fingerprint == one(alert(fingerprint=mark_of(labels))).fingerprint


def test_a_host_that_is_enrolled_later_makes_no_second_alert() -> None:
    (host,) = hosts(host_row(1, name="web1"))

    known = one(alert(), find=finder([host], "adm"))

    assert known.fingerprint == one(alert()).fingerprint
    assert (known.origin, known.subject, known.site) == (host.origin, "web1", host.site)


def test_two_senders_that_use_the_same_labels_have_an_alert_each() -> None:
    other = read(body(alert()), replace(SENDER, name="other"), NOW).changes[0].alert

    assert other.fingerprint != one(alert()).fingerprint


def test_the_later_of_two_with_the_same_labels_counts() -> None:
    early = alert("resolved", startsAt="2026-11-18T09:00:00Z", endsAt="2026-11-18T09:30:00Z")

    for order in ((early, alert()), (alert(), early)):
        (change,) = read(body(*order), SENDER, NOW).changes
        assert change.what is What.RAISED


def test_our_own_alerts_that_come_back_are_passed_over() -> None:
    own = alert(labels={"alertname": "Down", "driftvakt": "5f" * 16})
    told = read(body(own, alert()), SENDER, NOW)

    assert (len(told.changes), told.own) == (1, 1)


# --- what is news ---


def changes(*alerts: dict[str, Any]) -> Any:
    return read(body(*alerts), SENDER, NOW).changes


def test_a_resolved_alert_is_closed_and_once() -> None:
    (fired,) = changes(alert())
    resolved = changes(alert("resolved", endsAt="2026-11-18T10:30:00Z"))

    assert [change.what for change in news(resolved, {fired.alert.fingerprint: fired.alert})] == [What.CLEARED]
    assert news(resolved, {}) == []


def test_the_end_of_an_earlier_time_does_not_end_the_present_one() -> None:
    (fired,) = changes(alert(startsAt="2026-11-18T12:00:00Z"))
    late = changes(alert("resolved", startsAt="2026-11-18T10:00:00Z", endsAt="2026-11-18T11:00:00Z"))

    assert news(late, {fired.alert.fingerprint: fired.alert}) == []


def test_an_alert_that_starts_anew_is_news() -> None:
    (fired,) = changes(alert())
    again = changes(alert(startsAt="2026-11-18T12:00:00Z"))

    assert len(news(again, {fired.alert.fingerprint: fired.alert})) == 1


def test_what_nobody_sends_again_ends_with_the_reason() -> None:
    (fired,) = changes(alert())
    standing, mark = {fired.alert.fingerprint: fired.alert}, fired.alert.fingerprint

    assert expired(standing, {mark: 0.0}, 86400.0, 86400.0) == []
    assert expired(standing, {mark: 0.0}, 1e9, 0.0) == []
    assert expired(standing, {}, 1e9, 86400.0) == []
    (ended,) = expired(standing, {mark: 0.0}, 86401.0, 86400.0)
    assert ended.what is What.CLEARED
    assert ended.alert.summary.sv.endswith("(avslutat: har inte skickats igen på 24 h)")
    own = replace(fired.alert, source=Source.RULE)
    assert expired({mark: own}, {mark: 0.0}, 1e9, 1.0) == []


# --- what it is about ---


def test_only_the_hosts_of_the_zone_are_found_and_only_one() -> None:
    told = hosts(
        host_row(1, name="web1"), host_row(2, name="db.example.org"), host_row(3, name="db.example.com"),
        host_row(4, name="school", zone="edu"), host_row(5, name="lone.example.org"), host_row(6, name="held"),
    )  # fmt: skip
    told[4].address, told[5].trusted = "10.1.2.3", False
    find = finder(told, "adm")

    found = {name: host.origin if (host := find(name)) else None for name in (
        "WEB1", "web1.int", "db", "db.example.org", "db.example.net", "school", "10.1.2.3", "10.9.9.9", "lone", "held",
        "",
    )}  # fmt: skip

    assert found == {
        "WEB1": "a-0001", "web1.int": "a-0001", "db": None, "db.example.org": "a-0002", "db.example.net": None,
        "school": None, "10.1.2.3": "a-0005", "10.9.9.9": None, "lone": "a-0005", "held": None, "": None,
    }  # fmt: skip


def test_a_device_is_found_by_the_address_at_which_it_is_asked() -> None:
    switch, relayed = hosts(host_row(1, name="sw-1", keeper="r-1"), host_row(2, name="pc"))
    switch.address = relayed.address = "10.0.0.1"
    relayed.via = "r-1"
    find = finder([switch, relayed], "adm", {"a-0001": "10.20.0.7"})

    assert find("10.20.0.7") is switch
    assert find("10.0.0.1") is None


def test_a_host_of_another_zone_that_is_found_all_the_same_is_not_taken() -> None:
    (host,) = hosts(host_row(1, name="web1", zone="edu"))

    assert one(alert(), find=lambda _: host).origin == ""


@pytest.mark.parametrize(
    ("instance", "name"),
    [("web1:9100", "web1"), ("https://www.example.org/login?x=1", "www.example.org"),
     ("[2001:db8::1]:9100", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("10.0.0.1:161", "10.0.0.1"),
     ("web1", "web1"), ("http://[bad", ""), ("", "")],
)  # fmt: skip
def test_an_instance_is_a_name_without_port_and_path(instance: str, name: str) -> None:
    assert bare(instance) == name


@pytest.mark.parametrize(
    ("word", "expected"),
    [("page", Severity.CRITICAL), ("Critical", Severity.CRITICAL), ("HIGH", Severity.CRITICAL), ("none", Severity.INFO),
     ("info", Severity.INFO), ("warning", Severity.WARNING), ("", Severity.WARNING), ("lila", Severity.WARNING)],
)  # fmt: skip
def test_words_of_severity(word: str, expected: Severity) -> None:
    assert severity({"severity": word} if word else {}) is expected


def test_swedish_annotations_are_for_swedish_readers() -> None:
    told = one(
        alert(annotations={"summary": "Disk full", "summary_sv": "Disken är full", "runbook_url": "https://a.b/c"})
    )

    assert (told.summary.sv, told.summary.en, told.runbook) == ("Disken är full", "Disk full", "https://a.b/c")


# --- what is hostile, old or broken ---


def test_a_bad_alert_does_not_sink_its_neighbours() -> None:
    told = read(body(alert(), alert(labels=7), {"status": "firing"}, alert(labels={})), SENDER, NOW)

    assert (len(told.changes), told.refused) == (1, 3)
    assert told.note() == "3 alerts could not be read"


def test_odd_things_beside_the_labels_lose_no_alert() -> None:
    told = one(alert(annotations=[1], startsAt=5, endsAt={}, generatorURL=None, fingerprint=12, extra={"a": [1]}), x=1)

    assert told.rule == "Down"


def test_what_the_sender_left_out_is_noted() -> None:
    assert "left out 12 alerts" in read(body(alert(), truncatedAlerts=12), SENDER, NOW).note()


def test_more_alerts_than_are_taken_are_counted() -> None:
    many = [alert(labels={"alertname": "x", "n": str(number)}, fingerprint="") for number in range(MAX_ALERTS + 3)]
    told = read(body(*many), SENDER, NOW)

    assert (len(told.changes), told.over) == (MAX_ALERTS, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [(b"", "no JSON"), (b"[]", "no group"), (b"{}", "no group"), (b'{"alerts":[1]}', "none of the 1 alerts"),
     (b'{"alerts":[]' + b"[" * 50_000, "no JSON"), (b"\xff\xfe", "no JSON"), (body(alert(), orgId=1), "Grafana"),
     (body(alert(), version="9"), "version '9'")],
)  # fmt: skip
def test_a_bad_body_is_refused_with_a_sentence(text: bytes, words: str) -> None:
    with pytest.raises(PayloadError, match=words):
        read(text, SENDER, NOW)


def test_a_group_without_alerts_is_no_mistake() -> None:
    assert read(body(), SENDER, NOW).changes == ()


def test_texts_are_cleaned_and_bounded() -> None:
    evil = "a\r\nBcc: x@y\x00\u202e\x1b[31m" + "ö" * 9000
    labels = {"alertname": evil, "instance": evil, "service": evil, **{f"l{number}": evil for number in range(500)}}
    told = one(alert(labels=labels, annotations={"summary": evil, "runbook_url": "javascript:alert(1)"}))

    texts = [told.rule, told.subject, told.service, told.summary.sv, *(text for _, text in told.labels)]
    assert all(text.isprintable() and len(text) <= 2048 for text in texts)
    assert told.rule.startswith("a Bcc: x@y")
    assert len(told.labels) <= 70
    assert (told.runbook, len(told.rule), len(told.service)) == ("", 128, 255)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2026-11-27T08:46:00.123456789+01:00", 1795765560.123456789), ("2026-11-27T07:46:00Z", 1795765560.0),
     ("2026-11-27t07:46:00z", 1795765560.0), ("2026-11-26T19:46:00-12:00", 1795765560.0),
     ("0001-01-01T00:00:00Z", None), ("0001-01-01T00:00:00+14:00", None), ("9999-12-31T23:59:59-23:59", 253402387139.0),
     ("2026-13-01T00:00:00Z", None), ("2026-06-30T23:59:60Z", 1782863999.0), ("", None), (None, None),
     ("x" * 10_000, None), ("2026-11-27T07:46:00+99:99", None)],
)  # fmt: skip
def test_moments(text: object, seconds: float | None) -> None:
    assert moment(text) == (None if seconds is None else pytest.approx(seconds, abs=1e-6))


def test_a_start_in_the_future_is_now() -> None:
    assert one(alert(startsAt="2099-01-01T00:00:00Z")).since == NOW


@pytest.mark.parametrize("text", ["https://a b", "ftp://a", "http://", "http://a\n", 'http://a"', "x" * 9000, None, 7])
def test_what_is_no_address_of_the_web_is_no_link(text: object) -> None:
    assert link(text) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8,
)  # fmt: skip
KEYS = ("status", "labels", "annotations", "startsAt", "endsAt", "fingerprint", "values", "generatorURL")


@settings(max_examples=150)
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON), max_size=3), st.dictionaries(st.text(max_size=9), JSON))
def test_whatever_comes_is_read_or_refused(alerts: list[dict[str, Any]], told: dict[str, Any]) -> None:
    try:
        found = read(json.dumps({**told, "alerts": alerts}).encode(), SENDER, NOW)
    except PayloadError:
        return
    assert len(found.changes) <= len(alerts)


@settings(max_examples=100)
@given(st.text())
def test_a_cleaned_text_is_one_printable_line(text: str) -> None:
    assert plain(text, 50).isprintable()
    assert len(plain(text, 50)) <= 50
