"""GLPI's inventory both ways: its examples, what we make of our own, and what a hostile one may hold."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from probing import CORPORA

from driftvakt_collector.glpi import incoming, outgoing
from driftvakt_collector.glpi.incoming import InventoryError
from driftvakt_collector.glpi.tables import MANY
from driftvakt_collector.store.section import Body, changes, read, rows_of
from driftvakt_wire.sections import FLAG, SECTIONS, WHOLE

FOLDER = CORPORA / "glpi_inventory_format"
EXAMPLES = ("computer_1", "computer_2")
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")
CLIENT = "driftvakt_v0.1.0"


def example(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return told


def faults(message: object) -> list[str]:
    """Return what GLPI's schema says against a message."""
    schema = json.loads((FOLDER / "inventory.schema.json").read_text("utf-8"))
    return [f"{one.json_path}: {one.message}" for one in Draft7Validator(schema).iter_errors(message)]


def one(sections: dict[str, Body], name: str) -> dict[str, Any]:
    return dict(next(rows_of(sections[name])))


@recorded
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_come_in_with_equal_counts(name: str) -> None:
    content = example(name)["content"]
    found = incoming.sections(content)

    for table in MANY:
        assert len(found[table.section].rows if table.section in found else []) == len(content.get(table.category, []))
    if "networks" in content:
        assert len(found["network_interfaces"].rows) == len({row["description"] for row in content["networks"]})
        told = [row for row in content["networks"] if "ipaddress" in row or "ipaddress6" in row]
        assert len(found["addresses"].rows) == len(told)
    assert set(incoming.passed_over(content)) <= {"accesslog", "inputs", "sounds", "users"}


@recorded
def test_the_facts_of_an_example() -> None:
    found = incoming.sections(example("computer_1")["content"])

    assert one(found, "system") == {
        "manufacturer": "Dell Inc.", "product": "XPS 13 9350", "serial": "640HP72", "sku": "0704",
        "uuid": "4c4c4544-0034-3010-8048-b6c04f503732",
    }  # fmt: skip
    assert one(found, "monitors")["maker_id"] == "SHP"
    assert one(found, "monitors")["made"] == "2015-W32"
    assert [row["size_bytes"] for row in rows_of(found["memory"])] == [4 << 30, 4 << 30]
    disk = one(found, "storage")
    assert (disk["name"], disk["type"], disk["size_bytes"]) == ("nvme0n1", "nvme", 256_060_000_000)
    os = one(found, "operating_system")
    assert (os["name"], os["version"], os["virtual"]) == ("fedora", "31", "")
    assert {row["mountpoint"] for row in rows_of(found["volumes"]) if row["encrypted"]} == {
        "/", "/home", "/var/lib/mysql",
    }  # fmt: skip
    (gitg,) = [row for row in rows_of(found["packages"]) if row["name"] == "gitg"]
    assert (gitg["source"], gitg["version"], gitg["installed"]) == ("rpm", "3.32.1-1.fc31", "2019-12-19")


@recorded
@pytest.mark.parametrize("name", EXAMPLES)
def test_what_came_in_goes_out_valid_and_the_same(name: str) -> None:
    found = incoming.sections(example(name)["content"])
    message = outgoing.inventory("pc-1", found, client=CLIENT)

    assert faults(message) == []
    again = incoming.sections(message["content"])
    for section, body in found.items():
        lost = {"product_id", "width_mm", "height_mm"} if section == "monitors" else set()
        assert [{key: cell for key, cell in row.items() if key not in lost} for row in rows_of(again[section])] == [
            {key: cell for key, cell in row.items() if key not in lost} for row in rows_of(body)
        ], section


def every_section() -> dict[str, Body]:
    """Return two rows of each section that we declare, with something in each column."""
    made = {}
    for name, section in SECTIONS.items():
        rows: list[list[Any]] = []
        for number in range(2 if section.keys else 1):
            cells: list[Any] = []
            for column in section.columns:
                plain = {WHOLE: 7 + number, FLAG: number == 0}.get(column.kind, f"{column.name} å{number}")
                cells.append(plain)
            rows.append(cells)
        made[name] = Body([column.name for column in section.columns], rows)
    return made


@recorded
def test_whatever_we_have_is_valid_there() -> None:
    assert faults(outgoing.inventory("pc-1", every_section(), client=CLIENT, tag="Skolan", whole=True)) == []
    assert faults(outgoing.inventory("pc-1", {}, client=CLIENT)) == []


def test_a_whole_export_loses_nothing_on_the_way_back() -> None:
    told = every_section()
    message = json.loads(json.dumps(outgoing.inventory("pc-1", told, client=CLIENT, whole=True)))
    found = incoming.sections(message["content"])

    assert set(found) == set(told)
    for name, body in told.items():
        assert (found[name].columns, found[name].rows) == (body.columns, body.rows)


def test_without_our_own_member_what_both_know_survives() -> None:
    cells: dict[str, dict[str, Any]] = {
        "memory": {"slot": "DIMM A1", "bank": "3", "size_bytes": 8 << 30, "type": "DDR4", "form": "DIMM",
                   "speed_mts": 3200, "manufacturer": "Hynix", "serial": "1A2B", "part": "HMA81", "correction": "None"},
        "processors": {"socket": "CPU 1", "manufacturer": "Intel", "model": "i5", "cores": 4, "threads": 8,
                       "speed_mhz": 1600, "signature": "e3060400fffbebbf"},
        "addresses": {"interface": "eth0", "address": "2001:db8::1", "prefix": 64, "scope": "global"},
        "network_interfaces": {"name": "eth0", "mac": "aa:bb:cc:dd:ee:ff", "type": "ethernet", "driver": "e1000e",
                               "mtu_bytes": 1500, "bus_address": "0000:00:1f.6"},
        "volumes": {"name": "C:", "size_bytes": 100 << 30, "filesystem": "ntfs", "mountpoint": "C:", "uuid": "1F",
                    "label": "Windows", "encrypted": True},
        "local_groups": {"name": "docker", "gid": 998, "members": "anna, bo"},
        "monitors": {"connector": "1", "maker_id": "DEL", "name": "U2412M", "serial": "X1", "made": "2012-W07"},
    }  # fmt: skip
    told = {name: Body(list(row), [list(row.values())]) for name, row in cells.items()}
    found = incoming.sections(outgoing.inventory("pc-1", told, client=CLIENT)["content"])

    for name, row in cells.items():
        got = one(found, name)
        assert {key: got.get(key) for key in row} == row, name


def test_what_is_no_longer_told_is_gone_but_not_in_a_part() -> None:
    content = {"bios": {"ssn": "A"}, "hardware": {"name": "pc"}, "softwares": [{"name": "vim"}]}
    have = {"batteries": "b2:1", "packages": "b2:2"}

    assert incoming.sections(content, have=have)["batteries"].rows == []
    part = incoming.sections({"softwares": [{"name": "vim"}]}, have=have, partial=True)
    assert set(part) == {"packages"}
    # A part with the firmware alone does not say that the machine has no UUID any more.
    assert "system" not in incoming.sections({"bios": {"ssn": "A"}}, partial=True)


def test_another_order_is_no_change() -> None:
    devices = [{"vendorid": "046d", "productid": "c52b"}, {"vendorid": "8087", "productid": "0a2b", "class": "224"}]
    one_way = incoming.sections({"usbdevices": devices})["usb_devices"]
    other = incoming.sections({"usbdevices": devices[::-1]})["usb_devices"]

    assert one_way == other
    assert changes("usb_devices", one_way, other) == []
    assert [row["class_id"] for row in rows_of(one_way)] == [None, "e0"]


@pytest.mark.parametrize("content", [None, [], "x", 7])
def test_what_is_no_inventory_is_said(content: object) -> None:
    with pytest.raises(InventoryError):
        incoming.sections(content)


def test_a_broken_member_of_ours_is_said() -> None:
    with pytest.raises(InventoryError, match="section system"):
        incoming.sections({"driftvakt": {"system": {"columns": ["a"], "rows": [[1, 2]]}}})


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_places = sorted(
    {field.place for table in MANY for field in table.fields} | {"description", "ipaddress", "ipmask", "mac"}
)
_row = st.dictionaries(st.sampled_from(_places), _values, max_size=6)
_categories = sorted({table.category for table in MANY} | {"networks", "bios", "hardware", "operatingsystem"})


@given(st.dictionaries(st.sampled_from(_categories), _values | _row | st.lists(_row, max_size=3), max_size=6))
def test_no_content_stops_the_reader(content: dict[str, Any]) -> None:
    for name, body in incoming.sections(content).items():
        assert name in SECTIONS
        assert set(body.columns) <= {column.name for column in SECTIONS[name].columns}
        for row in body.rows:
            assert len(row) == len(body.columns)
            for cell in row:
                assert cell is None or isinstance(cell, str | int)
        read(json.dumps({"columns": body.columns, "rows": body.rows}).encode())
