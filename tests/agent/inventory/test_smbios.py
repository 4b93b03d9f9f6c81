"""The firmware's table: by its own rules, and on the recordings of real machines."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbios_text import table

from driftvakt_agent.inventory import smbios

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "inventory"
UNKNOWN = frozenset(
    ("none", "no asset tag", "n/a", "to be filled by o.e.m.", "system manufacturer", "system product name",
     "system serial number", "no dimm", "other", "hyper-v memory")
)  # fmt: skip
"""What firmware says in place of an answer; the recordings' expected values have nothing there."""


def structure(kind: int, fields: bytes, *texts: bytes, handle: int = 1) -> bytes:
    head = bytes((kind, 4 + len(fields))) + handle.to_bytes(2, "little")
    return head + fields + (b"".join(text + b"\0" for text in texts) or b"\0") + b"\0"


SYSTEM = structure(1, bytes((1, 2, 0, 3)) + bytes(range(16)), b"Dell Inc.", b"PowerEdge R620", b"3FHW8Z1")


def test_a_system_is_read() -> None:
    (row,) = smbios.parse(SYSTEM)["system"]

    assert row == {
        "manufacturer": "Dell Inc.", "product": "PowerEdge R620", "version": "", "serial": "3FHW8Z1", "sku": "",
        "uuid": "03020100-0504-0706-0809-0a0b0c0d0e0f", "family": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "version", "expected"),
    [
        pytest.param(bytes(range(16)), (2, 6), "03020100-0504-0706-0809-0a0b0c0d0e0f", id="little-endian since 2.6"),
        pytest.param(bytes(range(16)), (2, 5), "00010203-0405-0607-0809-0a0b0c0d0e0f", id="the other way round before"),
        pytest.param(bytes(16), (3, 0), "", id="zeros are none"),
        pytest.param(b"\xff" * 16, (3, 0), "", id="ones are none"),
        pytest.param(b"\1" * 15, (3, 0), "", id="too short"),
    ],
)
def test_a_uuid(raw: bytes, version: tuple[int, int], expected: str) -> None:
    assert smbios.uuid(raw, version) == expected


@pytest.mark.parametrize(
    ("size", "extended", "expected"),
    [
        pytest.param(0, 0, 0, id="an empty slot"),
        pytest.param(0xFFFF, 0, None, id="not known"),
        pytest.param(16384, 0, 16 << 30, id="megabytes"),
        pytest.param(0x8000 | 512, 0, 512 << 10, id="kilobytes"),
        pytest.param(0x7FFF, 65536, 64 << 30, id="larger than fits"),
    ],
)
def test_the_size_of_a_memory_module(size: int, extended: int, expected: int | None) -> None:
    fields = bytearray(0x20)
    fields[0x08:0x0A] = size.to_bytes(2, "little")
    fields[0x18:0x1C] = extended.to_bytes(4, "little")

    (row,) = smbios.parse(structure(17, bytes(fields)))["memory"]

    assert row["size_bytes"] == expected


def test_an_older_structure_has_fewer_fields() -> None:
    (row,) = smbios.parse(structure(0, b"\1\2\0\0\3", b"Phoenix", b"4.0", b"07/29/99"))["firmware"]

    assert (row["vendor"], row["version"], row["date"], row["revision"]) == ("Phoenix", "4.0", "1999-07-29", "")


def test_a_text_in_latin_1_is_read_and_control_characters_are_not() -> None:
    (row,) = smbios.parse(structure(2, b"\1\2\0\0", "Börje".encode("latin-1"), b"a\x1b[2Jb"))["baseboard"]

    assert (row["manufacturer"], row["product"]) == ("Börje", "a [2Jb")


@given(st.binary(max_size=400))
def test_any_bytes_are_read(noise: bytes) -> None:
    smbios.parse(noise)
    smbios.parse(SYSTEM + noise)


@given(st.integers(0, len(SYSTEM)))
def test_a_table_that_is_cut_off_gives_what_is_whole(length: int) -> None:
    assert smbios.parse(SYSTEM + SYSTEM[:length])["system"]


def test_the_version_of_an_entry_point() -> None:
    assert smbios.version_of(b"_SM3_\0\0\3\4") == (3, 4)
    assert smbios.version_of(b"_SM_\0\0\2\7") == (2, 7)
    assert smbios.version_of(b"") == (3, 0)


def known(value: object) -> str:
    text = "" if value is None else str(value)
    return "" if text.lower() in UNKNOWN or text.startswith("SerNum") else text


BIOS = (
    ("SMANUFACTURER", "system", "manufacturer"), ("SMODEL", "system", "product"), ("SSN", "system", "serial"),
    ("SKUNUMBER", "system", "sku"), ("MMANUFACTURER", "baseboard", "manufacturer"), ("MMODEL", "baseboard", "product"),
    ("MSN", "baseboard", "serial"), ("BMANUFACTURER", "firmware", "vendor"), ("BVERSION", "firmware", "version"),
    ("ASSETTAG", "chassis", "asset_tag"),
)  # fmt: skip
MEMORY = (
    ("CAPTION", "slot"), ("SERIALNUMBER", "serial"), ("TYPE", "type"), ("SPEED", "speed_mts"),
    ("MEMORYCORRECTION", "correction"), ("DESCRIPTION", "form"),
)  # fmt: skip


def compared(name: str, told: dict[str, Any], found: dict[str, list[smbios.Row]]) -> list[tuple[str, str, str]]:
    """Return (what, expected, found) of each fact that is known of a machine."""
    rows = []
    for key, section, column in BIOS:
        if key in (told.get("bios") or {}):
            value = (found.get(section) or [{}])[0].get(column)
            rows.append((f"{name} {key}", known(told["bios"][key]), known(value)))
    hardware = told.get("hardware") or {}
    if hardware.get("UUID"):
        rows.append((f"{name} UUID", hardware["UUID"].lower(), str((found.get("system") or [{}])[0].get("uuid"))))
    if hardware.get("CHASSIS_TYPE"):
        kind = (found.get("chassis") or [{}])[0].get("type")
        rows.append((f"{name} chassis", known(hardware["CHASSIS_TYPE"]), known(kind)))
    modules = found.get("memory", [])
    for place, expected in enumerate(told.get("memory") or []):
        module = modules[place] if place < len(modules) else {}
        size = module.get("size_bytes")
        megabytes = size >> 20 if isinstance(size, int) and size else None
        rows.append((f"{name} memory {place} size", known(expected.get("CAPACITY")), known(megabytes)))
        rows += [
            (f"{name} memory {place} {key}", known(expected[key]), known(module.get(column)))
            for key, column in MEMORY if key in expected
        ]  # fmt: skip
    return rows


@pytest.mark.skipif(not CORPUS.exists(), reason="the recordings of real machines are not here")
def test_the_recordings_of_dmidecode(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads((CORPUS / "expected.json").read_text("utf-8"))["dmidecode"]
    rows = []
    for name, expected in told.items():
        text = (CORPUS / "dmidecode" / name).read_text("utf-8", "replace").replace("\r", "")
        if expected:
            if "DMI type 17" not in text:
                # Of the 1990s, with memory in a structure that was given up in 2001.
                expected["memory"] = []
            rows += compared(name, expected, smbios.parse(*table(text)))
    misses = [row for row in rows if row[1] != row[2]]
    with capsys.disabled():
        print(f"\ndmidecode: {len(rows) - len(misses)} of {len(rows)} facts; missed: {misses}")

    assert len(rows) > 1200
    assert len(misses) / len(rows) <= 0.02
