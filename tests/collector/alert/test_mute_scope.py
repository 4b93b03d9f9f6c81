"""What a mute is about: all that is given must fit, and everything is never meant by accident."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.alert.alert import Alert, Severity, Source
from driftvakt_collector.alert.scope import (
    MAX_ORIGINS,
    LabelIs,
    Scope,
    ScopeError,
    check,
    from_json,
    label_of,
    to_json,
)
from driftvakt_collector.alert.words import Words

ALERT = Alert(
    "f" * 32, Source.RULE, "DiskFull", Severity.CRITICAL, Words("Full", "Full"), 0.0, origin="a-1", zone="adm",
    administration="Idrott", site="Farsta", class_="server", service="Bokning",
    labels=(("disk", "/data/1"), ("device", "sda")),
)  # fmt: skip


@pytest.mark.parametrize("scope", [
    Scope(zone="adm"), Scope(administration="Idrott"), Scope(site="Farsta"), Scope(class_="server"),
    Scope(service="Bokning"), Scope(rule="DiskFull"), Scope(origins=("a-2", "a-1")),
    Scope(labels=(LabelIs("disk", "/data/1"),)), Scope(labels=(LabelIs("disk", "/data/.", is_pattern=True),)),
    Scope(labels=(LabelIs("absent", ""),)),
    Scope("adm", "Idrott", "Farsta", "server", "Bokning", "DiskFull", ("a-1",), (LabelIs("device", "sda"),)),
], ids=lambda scope: scope.written())  # fmt: skip
def test_what_fits_is_in_it(scope: Scope) -> None:
    assert scope.matches(ALERT)


@pytest.mark.parametrize("scope", [
    Scope(zone="edu"), Scope(administration="Skola"), Scope(site="farsta"), Scope(class_="pc"),
    Scope(service="Lön"), Scope(rule="Disk"), Scope(origins=("a-2",)), Scope(labels=(LabelIs("disk", "/data"),)),
    Scope(labels=(LabelIs("disk", "/data", is_pattern=True),)), Scope(labels=(LabelIs("absent", "x"),)),
    Scope("adm", "Idrott", "Farsta", "server", "Bokning", "DiskFull", ("a-1",), (LabelIs("device", "sdb"),)),
], ids=lambda scope: scope.written())  # fmt: skip
def test_one_part_that_does_not_fit_is_enough(scope: Scope) -> None:
    assert not scope.matches(ALERT)


def test_what_hangs_behind_a_switch_is_in_it_only_where_that_is_said() -> None:
    assert not Scope(origins=("sw-1",)).matches(ALERT, above=["sw-1"])
    assert Scope(origins=("sw-1",), below=True).matches(ALERT, above=["core", "sw-1"])
    assert not Scope(origins=("sw-1",), below=True).matches(ALERT, above=["core"])
    assert not Scope(origins=("sw-1",), below=True, class_="pc").matches(ALERT, above=["sw-1"])
    assert Scope(origins=("a-1",), below=True).matches(ALERT)


@pytest.mark.parametrize("scope", [
    Scope(), Scope(labels=(LabelIs("disk", ".*", is_pattern=True),)), Scope(labels=(LabelIs("disk", ""),)),
])  # fmt: skip
def test_everything_is_refused(scope: Scope) -> None:
    assert "hold back everything" in check(scope, may_be_empty=False)[0]
    assert check(scope, may_be_empty=True) == []


@pytest.mark.parametrize(("scope", "why"), [
    (Scope(site="x" * 256), "'site' must be at most 255"),
    (Scope(class_="a\nb"), "'class' must be at most 255 characters that can be printed"),
    (Scope(zone="adm", below=True), "'below' is of a host"),
    (Scope(origins=tuple(f"a-{one}" for one in range(MAX_ORIGINS + 1))), "names 1001 hosts"),
    (Scope(labels=tuple(LabelIs(f"l{one}", "x") for one in range(21))), "21 labels"),
])  # fmt: skip
def test_what_is_wrong_is_said(scope: Scope, why: str) -> None:
    assert why in "\n".join(check(scope, may_be_empty=False))


@pytest.mark.parametrize(("text", "why"), [
    ("disk", "asks nothing of a label"), ("=x", "asks nothing"), ("9a=x", "asks nothing"), ("a b=x", "asks nothing"),
    ("disk=~(", "is no regular expression"), ("disk=~(?=x)", "is no regular expression"),
    ("disk=" + "x" * 300, "at most 255"), ("disk=\x1b", "can be printed"),
])  # fmt: skip
def test_a_label_that_can_not_be_asked_is_refused(text: str, why: str) -> None:
    with pytest.raises(ScopeError, match=why):
        label_of(text)


def test_an_expression_that_would_keep_an_engine_busy_is_answered_at_once() -> None:
    assert not label_of("a=~(a+)+b").fits("a" * 100_000)


@pytest.mark.parametrize(("one", "other", "meets"), [
    (Scope(), Scope(site="A"), True),
    (Scope(site="A"), Scope(class_="server"), True),
    (Scope(site="A"), Scope(site="B", class_="server"), False),
    (Scope(origins=("a", "b")), Scope(origins=("b",)), True),
    (Scope(origins=("a",)), Scope(origins=("b",)), False),
    (Scope(origins=("a",), below=True), Scope(origins=("b",)), True),
])  # fmt: skip
def test_whether_two_scopes_can_hold_the_same_alert(one: Scope, other: Scope, meets: bool) -> None:
    assert one.may_meet(other) is meets
    assert other.may_meet(one) is meets


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.builds(
    Scope, texts, texts, texts, texts, texts, texts, st.lists(texts.filter(bool), max_size=3).map(tuple),
    st.lists(st.builds(LabelIs, st.sampled_from(["disk", "a_b"]), texts),
             max_size=3).map(tuple), st.booleans(),
))  # fmt: skip
def test_what_the_store_keeps_is_read_again(scope: Scope) -> None:
    assert from_json(to_json(scope)) == scope


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        '{"colour":"red"}',
        '{"labels":["disk"]}',
        '{"labels":[["a","~","b"]]}',
        '{"labels":[["a","=~","("]]}',
        '{"origins":3}',
        "[" * 9999,
    ],
)
def test_a_row_that_is_broken_is_an_error_and_never_everything(text: str) -> None:
    with pytest.raises(ScopeError, match="can't be read"):
        from_json(text)


def test_it_is_written_for_people() -> None:
    scope = Scope(
        zone="adm", class_="server", origins=tuple("abcdefg"), labels=(label_of("disk=~/data.*"),), below=True
    )

    assert (
        scope.written()
        == "zone adm, class server, host a, b, c, d, e and 2 more and what is behind, label disk=~/data.*"
    )
    assert Scope().written() == "everything"
