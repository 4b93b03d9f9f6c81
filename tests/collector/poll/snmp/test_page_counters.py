"""Pages by kind that makers of printers tell in their own MIBs, held against recordings where there are some."""

import pytest
from recorded import made_up, recording, seen, series
from simulated import RECORDINGS

from driftvakt_collector.poll.snmp.driver import Value

recorded = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")


def pages(told: dict[str, Value]) -> dict[str, float | None]:
    return {key[1]: value for key, value in series(seen(told), "printer_pages").items()}


@recorded
def test_pages_of_sharp_and_konica_minolta() -> None:
    assert pages(recording("sharp_mxm266nv")) == {
        "monochrome": 90474, "color": 0, "print": 24677, "copy": 65787, "duplex": 3752, "scan": 23746,
    }  # fmt: skip
    # 3672 + 22876 + 544 + 6711 = 33803: all but 7 of prtMarkerLifeCount.
    assert pages(recording("konica_c250i")) == {
        "duplex": 7357, "scan": 5653, "copy monochrome": 3672, "print monochrome": 22876, "copy color": 544,
        "print color": 6711,
    }  # fmt: skip


@pytest.mark.parametrize(("object_id", "told", "expected"), [
    pytest.param("11.2.3.9.1", {f"11.2.3.9.4.2.1.4.1.2.{n}.0": n for n in (5, 6, 7, 22)},
                 {"all": 5, "monochrome": 6, "color": 7, "duplex": 22}, id="HP"),
    pytest.param("253.8.62.1.35.2.3.1.1", {f"253.8.53.13.2.1.6.1.20.{n}": n for n in (1, 33, 34)},
                 {"all": 1, "color": 33, "monochrome": 34}, id="Xerox"),
    pytest.param("367.1.1", {f"367.3.2.1.2.19.{n}.0": n for n in (1, 2, 3, 4)},
                 {"all": 1, "print": 2, "fax": 3, "copy": 4}, id="Ricoh"),
    pytest.param("1602.4.2", {f"1602.1.11.1.3.1.4.{n}": n for n in (101, 105, 108, 112, 201, 301, 501)},
                 {"all": 101, "color": 105, "monochrome": 108, "copy": 201, "print": 301, "scan": 501}, id="Canon"),
    pytest.param("1248.1.1.2.1.3.5", {f"1248.1.2.2.27.1.1.{n}.1.1": n for n in (3, 4)},
                 {"monochrome": 3, "color": 4}, id="Epson"),
])  # fmt: skip
def test_pages_of_others(object_id: str, told: dict[str, Value], expected: dict[str, float]) -> None:
    assert pages(made_up(object_id, "", told)) == expected


@pytest.mark.parametrize("value", [b"90474", "1.3.6", -1, -2, 4294967295])
def test_what_is_no_number_of_pages_is_absent(value: Value) -> None:
    told = {f"2385.1.1.19.2.1.3.5.4.{n}": value for n in (61, 63)}

    assert [one for one in pages(made_up("2385.3.1.111.1.26", "", told)).values() if one is not None] == []


def test_a_printer_of_another_maker_is_not_asked() -> None:
    assert pages(made_up("641.1.71106749", "", {"2385.1.1.19.2.1.3.5.4.61": 5})) == {}
