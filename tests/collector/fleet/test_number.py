"""A number that somebody reads from a sticker or a switch finds the machine."""

import pytest

from driftvakt_collector.fleet.identity import number


@pytest.mark.parametrize(("text", "wanted"), [
    pytest.param("4xk2p13", {("serial", "4XK2P13"), ("chassis", "4XK2P13"), ("board", "4XK2P13"), ("disk", "4XK2P13")},
                 id="a serial number in any case"),
    pytest.param("00-1B-21-0A-0B-0C", {("mac", "00:1b:21:0a:0b:0c")}, id="a MAC as Windows writes it"),
    pytest.param("001b.210a.0b0c", {("mac", "00:1b:21:0a:0b:0c")}, id="as a switch writes it"),
    pytest.param("001b210a0b0c", {("mac", "00:1b:21:0a:0b:0c")}, id="as a label has it"),
    pytest.param("02:1b:21:0a:0b:0c", {("mac", "02:1b:21:0a:0b:0c")}, id="of a virtual machine"),
    pytest.param("4C4C4544-0058-4B10-8032-B4C04F503133", {("uuid", "44454c4c-5800-104b-8032-b4c04f503133")},
                 id="a UUID, in whatever order firmware writes it"),
    pytest.param("ab", set(), id="too short for a number"),
    pytest.param("To Be Filled By O.E.M.", set(), id="what is no number"),
])  # fmt: skip
def test_what_a_number_may_mean(text: str, wanted: set[tuple[str, str]]) -> None:
    assert wanted <= number.keys_of(text)
    if not wanted:
        assert number.keys_of(text) == set()


def test_a_number_may_be_anything() -> None:
    assert number.keys_of("\0") == set()
    assert all(len(key.value) <= 128 for key in number.keys_of("ß" * 9000))
