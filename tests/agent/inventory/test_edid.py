"""What screens say of themselves: by the standard, and on the recordings of real ones."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_agent.inventory import edid

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "inventory"


def block(number: int = 0, week: int = 12, year: int = 20, **texts: bytes) -> bytes:
    """A screen of Acer, 476 by 268 mm, with its texts by their tags."""
    made = bytearray(128)
    made[0:8] = b"\0\xff\xff\xff\xff\xff\xff\0"
    made[8:10] = (1 << 10 | 3 << 5 | 18).to_bytes(2, "big")
    made[10:12] = b"\x34\x12"
    made[12:16] = number.to_bytes(4, "little")
    made[16:18] = bytes((week, year))
    made[21:23] = bytes((48, 27))
    made[54:72] = b"\1\1" + bytes(10) + bytes((476 & 0xFF, 268 & 0xFF, 0x11)) + bytes(3)
    for place, (tag, text) in enumerate(texts.items()):
        at = 72 + 18 * place
        made[at : at + 18] = b"\0\0\0" + bytes((int(tag[1:], 16), 0)) + text.ljust(13, b" ")
    return bytes(made)


def test_a_screen_is_read() -> None:
    assert edid.parse(block(0x7220137B, xFC=b"AL1717\n", xFF=b"L56042344335\n")) == {
        "maker_id": "ACR", "product_id": "1234", "name": "AL1717", "serial": "L56042347220137b4335",
        "made": "2010-W12", "width_mm": 476, "height_mm": 268,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("maker", "text", "number", "expected"),
    [
        pytest.param("DEL", "CN0ABC", 5, "CN0ABC", id="the text"),
        pytest.param("DEL", "", 0xB051, "0000b051", id="else the number"),
        pytest.param("DEL", "", 0, "", id="else nothing"),
        pytest.param("GSM", "", 338670, "9Y670", id="LG"),
        pytest.param("BNQ", "X1J08410019", 0x5445, "ETX1J08410019", id="BenQ"),
        pytest.param("SAM", "H4MF200047", 0x30323736, "0276H4MF200047", id="Samsung"),
        pytest.param("SAM", "HCHW600639", 0x47483139, "HCHW600639", id="Samsung, where the number is the model"),
    ],
)
def test_the_serial_number_that_is_printed_on_it(maker: str, text: str, number: int, expected: str) -> None:
    assert edid.printed_serial(maker, text, number) == expected


@given(st.binary(max_size=300))
def test_any_bytes_are_read(noise: bytes) -> None:
    edid.parse(noise)
    edid.parse(block()[:8] + noise)


@pytest.mark.skipif(not CORPUS.exists(), reason="the recordings of real screens are not here")
def test_the_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads((CORPUS / "expected.json").read_text("utf-8"))["edid"]
    serials, names, misses = 0, 0, []
    expected = {name: one["screen"] for name, one in told.items() if one}
    for name in told:
        found = edid.parse((CORPUS / "edid" / name).read_bytes())
        if name not in expected:
            continue
        assert found is not None, name
        # Eight zeros are no number.
        serial = str(expected[name].get("SERIAL") or "").strip().replace("00000000", "")
        serials += found["serial"] == serial
        names += str(found["name"]).startswith(str(expected[name].get("CAPTION") or "").strip())
        if found["serial"] != serial:
            misses.append((name, serial, found["serial"]))
    with capsys.disabled():
        print(f"\nEDID: {serials} of {len(expected)} serial numbers, {names} names; missed: {misses}")

    assert len(expected) > 80
    assert serials / len(expected) >= 0.95
    assert names / len(expected) >= 0.95
