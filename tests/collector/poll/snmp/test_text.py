"""Text of devices, in the letters of their makers' countries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_collector.poll.snmp.text import MAX_TEXT, hex_of, lines_of, mac_of, text_of


@pytest.mark.parametrize(("raw", "expected"), [
    pytest.param("Bläckpatron, svart".encode(), "Bläckpatron, svart", id="UTF-8"),
    pytest.param("Bläckpatron på våning två".encode("latin-1"), "Bläckpatron på våning två", id="Latin-1"),
    pytest.param("Cartouche d’encre…".encode("cp1252"), "Cartouche d’encre…", id="Latin-1 as Windows has it"),
    pytest.param("黑色碳粉盒".encode("gbk"), "黑色碳粉盒", id="GBK"),
    pytest.param("HP 黑色墨盒 (65)".encode("gbk"), "HP 黑色墨盒 (65)", id="GBK among Latin letters"),
    pytest.param(b"Toner\0\0\0\0", "Toner", id="padded with NUL"),
    pytest.param(b"\0\0", "", id="nothing but NUL"),
    pytest.param(b"two\r\nlines\t and   blanks ", "two lines and blanks", id="in one line"),
    pytest.param(b"\x1b[31mred\x07\x1b]0;title\x07", "[31mred ]0;title", id="escapes of a terminal"),
    pytest.param("\u202edlrow\u200b".encode(), "dlrow", id="what turns the line round"),
    pytest.param(b"\xff" * 600, "ÿ" * MAX_TEXT, id="bounded"),
    pytest.param(42, "42", id="a number"),
])  # fmt: skip
def test_text(raw: object, expected: str) -> None:
    assert text_of(raw) == expected


@given(st.binary(max_size=700))
def test_any_octets_become_a_line_that_can_be_shown(raw: bytes) -> None:
    found = text_of(raw)
    assert found.isprintable()
    assert len(found) <= MAX_TEXT
    assert found == found.strip()
    assert len(lines_of(raw)) <= 4 * MAX_TEXT


def test_a_description_keeps_its_lines() -> None:
    assert lines_of(b"Cisco IOS\r\nTechnical Support\n\n  (c) 1986\0") == "Cisco IOS\nTechnical Support\n(c) 1986"


def test_hardware_addresses() -> None:
    assert mac_of(bytes.fromhex("001ba90ba752")) == "00:1b:a9:0b:a7:52"
    assert mac_of(bytes(6)) == mac_of(b"") == mac_of(b"abcdefgh") == mac_of("text") == ""
    assert hex_of(bytes.fromhex("001ba90ba752")) == "00:1B:A9:0B:A7:52"
    assert hex_of(b"") == "00:00:00:00:00:00"
