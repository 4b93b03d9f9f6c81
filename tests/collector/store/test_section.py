"""What is a section, and what counts as a change in one."""

import json
from typing import Any

import pytest

from driftvakt_collector.store.section import ADDED, CHANGED, REMOVED, Body, Change, SectionError, changes, read
from driftvakt_wire.sections import MAX_BODY, MAX_ROWS, MAX_TEXT

COLUMNS = ["source", "name", "architecture", "version", "publisher", "size_bytes"]


def packages(*rows: tuple[str, str], publisher: str = "Debian") -> Body:
    return Body(COLUMNS, [["dpkg", name, "amd64", version, publisher, None] for name, version in rows])


def one(**cells: Any) -> Body:
    return Body(list(cells), [list(cells.values())])


def test_an_upgrade_is_one_change() -> None:
    before = packages(("bash", "5.2"), ("openssl", "3.0.11"))
    after = packages(("bash", "5.2"), ("openssl", "3.0.14"))

    assert changes("packages", before, after) == [Change(CHANGED, "dpkg openssl amd64", "version", "3.0.11", "3.0.14")]


def test_what_came_and_what_went() -> None:
    assert changes("packages", packages(("vim", "9")), packages(("nano", "7"))) == [
        Change(REMOVED, "dpkg vim amd64", "", "9, Debian", ""),
        Change(ADDED, "dpkg nano amd64", "", "", "7, Debian"),
    ]


def test_a_machine_that_was_renamed() -> None:
    assert changes("operating_system", one(hostname="pc-1", kernel="6.1"), one(hostname="pc-2", kernel="6.1")) == [
        Change(CHANGED, "", "hostname", "pc-1", "pc-2")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"uuid": "4C4C-AB"}, {"uuid": "4c4c-ab"}, id="another case"),
        pytest.param({"product": "PowerEdge  R620 "}, {"product": "PowerEdge R620"}, id="other blanks"),
        pytest.param({"serial": ""}, {"serial": None}, id="two ways to say nothing"),
        pytest.param({"serial": "1"}, {"serial": "1", "sku": "x"}, id="a column that the older agent did not have"),
        pytest.param({"serial": "1", "moon": "new"}, {"serial": "1", "moon": "full"}, id="a column of a later agent"),
    ],
)
def test_what_is_no_change(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert changes("system", one(**before), one(**after)) == []


def test_two_rows_with_one_key_are_two() -> None:
    twice = packages(("x", "1"), ("x", "2"))

    assert changes("packages", twice, twice) == []
    assert changes("packages", twice, packages(("x", "1"))) == [
        Change(REMOVED, "dpkg x amd64 no. 2", "", "2, Debian", "")
    ]


@pytest.mark.parametrize(("before", "after", "expected"), [
    pytest.param("12", "21", [], id="in another order"),
    pytest.param("13", "123", [(ADDED, "dpkg x amd64 no. 2", "", "2, Debian")], id="one between them"),
    pytest.param("123", "31", [(REMOVED, "dpkg x amd64 no. 2", "2, Debian", "")], id="one of between them gone"),
    pytest.param("12", "32", [(CHANGED, "dpkg x amd64", "1", "3")], id="one of them upgraded"),
    pytest.param("1", "11", [(ADDED, "dpkg x amd64 no. 2", "", "1, Debian")], id="the same once more"),
    pytest.param("11", "1", [(REMOVED, "dpkg x amd64 no. 2", "1, Debian", "")], id="the same once less"),
    pytest.param("", "12", [(ADDED, "dpkg x amd64", "", "1, Debian"), (ADDED, "dpkg x amd64 no. 2", "", "2, Debian")],
                 id="two that came"),
])  # fmt: skip
def test_of_rows_with_one_key_the_order_is_no_change(before: str, after: str, expected: list[tuple[str, ...]]) -> None:
    found = changes("packages", packages(*(("x", one) for one in before)), packages(*(("x", one) for one in after)))
    assert [(one.kind, one.key, one.old, one.new) for one in found] == expected


def test_a_flag_and_a_number_are_told_as_a_reader_says_them() -> None:
    columns = ["name", "encrypted", "size_bytes"]

    assert changes("volumes", Body(columns, [["sda1", False, 5]]), Body(columns, [["sda1", True, 6]])) == [
        Change(CHANGED, "sda1", "size_bytes", "5", "6"),
        Change(CHANGED, "sda1", "encrypted", "no", "yes"),
    ]


def test_a_body_is_read() -> None:
    assert read(b'{"columns":["a","b"],"rows":[["x",1],[null,true]]}') == Body(["a", "b"], [["x", 1], [None, True]])


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        pytest.param(b"[]", "no table", id="a list"),
        pytest.param(b'{"columns":["a"]}', "no table", id="without rows"),
        pytest.param(b'{"columns":["a"],"rows":[["x","y"]]}', "a cell for each column", id="a cell too many"),
        pytest.param(b'{"columns":["a"],"rows":[[{}]]}', "no table", id="an object in a cell"),
        pytest.param(b'{"columns":["a","a"],"rows":[]}', "each once", id="a column twice"),
        pytest.param(b'{"columns":["a"],"rows":[["%s"]]}' % (b"x" * (MAX_TEXT + 1)), "characters", id="long"),
        pytest.param(json.dumps({"columns": [], "rows": [[]] * (MAX_ROWS + 1)}).encode(), "rows", id="too many rows"),
        pytest.param(b" " * (MAX_BODY + 1), "bytes", id="too large"),
        pytest.param(b"[" * 100_000, "no table", id="too deep"),
        pytest.param(b"\xff", "no table", id="no text"),
    ],
)  # fmt: skip
def test_what_is_no_section(raw: bytes, why: str) -> None:
    with pytest.raises(SectionError, match=why):
        read(raw)
