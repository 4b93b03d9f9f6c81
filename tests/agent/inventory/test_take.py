"""The whole inventory: taken reader by reader, written down section by section."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from probing import machine

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import READERS, Found, Row, take
from driftvakt_agent.sample import NoData
from driftvakt_wire.envelope import digest
from driftvakt_wire.sections import FLAG, MAX_BODY, MAX_ROWS, MAX_TEXT, SECTIONS, WHOLE

PACKAGES = SECTIONS["packages"]


def package(name: str, version: str = "1") -> Row:
    return {"source": "dpkg", "name": name, "architecture": "all", "version": version}


def told(body: bytes) -> list[dict[str, Any]]:
    table = json.loads(body)
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def test_one_reader_s_fault_is_never_another_s() -> None:
    def broken(_: Host) -> Found:
        raise ValueError("no such thing")

    def nothing(_: Host) -> Found:
        raise NoData("none here")

    taken = take.take(Host(), {"a": broken, "b": nothing, "c": lambda _: {"packages": [package("bash")]}})

    assert taken.failed == {"a": "ValueError: no such thing"}
    assert [row["name"] for row in told(taken.bodies["packages"])] == ["bash"]


def test_several_readers_fill_one_section() -> None:
    taken = take.take(Host(), {name: lambda _, name=name: {"packages": [package(name)]} for name in ("a", "b")})  # type: ignore[misc]

    assert [row["name"] for row in told(taken.bodies["packages"])] == ["a", "b"]


@given(st.permutations([package("a"), package("b"), package("b", "2"), package("å")]))
def test_the_order_in_which_the_machine_tells_changes_nothing(rows: list[Row]) -> None:
    assert digest(take.body(PACKAGES, rows)) == digest(
        take.body(PACKAGES, [package("å"), package("b", "2"), package("b"), package("a")])
    )


def test_cells_are_of_their_kind_and_bounded() -> None:
    (row,) = told(
        take.body(
            PACKAGES,
            [
                {
                    "name": " x\x1b[2J\ny" + "z" * 5000,
                    "version": b"\xff".decode("utf-8", "surrogateescape"),
                    "size_bytes": "no",
                }
            ],
        )
    )

    assert row["name"].startswith("x [2J y")
    assert len(row["name"]) <= MAX_TEXT
    assert row["version"] == "?"
    assert row["size_bytes"] is None
    assert row["source"] is None


def test_a_section_is_bounded() -> None:
    rows = [package(f"{number:06}" + "x" * 200) for number in range(MAX_ROWS + 5)]

    body = take.body(PACKAGES, rows)

    assert len(body) <= MAX_BODY
    assert 3000 < len(told(body)) <= MAX_ROWS


def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    first = take.take(Host(), {"c": lambda _: {"packages": [package("bash")]}})
    take.write(str(tmp_path), first, 1.0)
    before = (tmp_path / "packages.json").stat().st_ino
    index = take.read_index(str(tmp_path))

    take.write(str(tmp_path), first, 2.0)

    assert (tmp_path / "packages.json").stat().st_ino == before
    assert index == {"packages": digest((tmp_path / "packages.json").read_bytes())}
    assert json.loads((tmp_path / "index.json").read_text())["taken"] == 2.0


def test_a_section_whose_reader_failed_stays_as_it_was(tmp_path: Path) -> None:
    def broken(_: Host) -> Found:
        raise OSError("disk")

    take.write(str(tmp_path), take.take(Host(), {"c": lambda _: {"packages": [package("bash")]}}), 1.0)
    before = take.read_index(str(tmp_path))

    take.write(str(tmp_path), take.take(Host(), {"c": broken}), 2.0)

    assert take.read_index(str(tmp_path)) == before


@pytest.mark.parametrize("text", ["", "[]", "{", '{"digests":5}', '{"digests":null}'])
def test_an_index_that_is_none_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)

    assert take.read_index(str(tmp_path)) == {}


def test_nothing_of_a_person_leaves_a_machine_of_the_schools(tmp_path: Path) -> None:
    machine(tmp_path, {"etc/passwd": "anna:x:1000:1000:Anna Ek:/home/anna:/bin/sh\n"})
    home = Host(proc=f"{tmp_path}/proc", root=str(tmp_path), privacy="edu")
    rows: list[Row] = [{"name": "sdb1", "mountpoint": "/media/anna/USB", "label": "anna"}]

    taken = take.take(home, {"x": lambda _: {"volumes": rows, "operating_system": [{"hostname": "annas-laptop"}]}})

    assert b"anna" not in b"".join(taken.bodies.values()).lower()


def test_this_machine_has_an_inventory_of_the_declared_shape() -> None:
    taken = take.take(Host())

    assert taken.failed == {}
    assert {"operating_system", "network_interfaces", "addresses"} <= taken.bodies.keys()
    for name, body in taken.bodies.items():
        kinds = {column.name: column.kind for column in SECTIONS[name].columns}
        for row in told(body):
            for column, cell in row.items():
                wanted = int if kinds[column] == WHOLE else bool if kinds[column] == FLAG else str
                assert cell is None or type(cell) is wanted, (name, column, cell)
    (system,) = told(taken.bodies["operating_system"])
    assert all(system[name] for name in ("kernel", "architecture", "hostname"))
    assert any(row["address"] == "127.0.0.1" and row["prefix"] == 8 for row in told(taken.bodies["addresses"]))


def test_each_reader_is_a_file_and_each_section_has_a_sentence() -> None:
    folder = Path(take.__file__).parent
    assert all((folder / f"{name}.py").exists() for name in READERS)
    for section in SECTIONS.values():
        names = [column.name for column in section.columns]
        assert len(set(names)) == len(names), section.name
        assert all(text.endswith(".") for text in (section.text, *(column.text for column in section.columns))), names
