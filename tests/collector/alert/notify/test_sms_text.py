"""What fits into an SMS."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.alert.notify import sms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", 1, id="nothing is one"),
        pytest.param("å" * 160, 1, id="160 Swedish letters are one"),
        pytest.param("å" * 161, 2, id="one more is two"),
        pytest.param("a" * 306, 2, id="two carry 153 each"),
        pytest.param("a" * 307, 3, id="and no more"),
        pytest.param("€" * 80, 1, id="80 of the extension are one"),
        pytest.param("€" * 81, 2, id="81 are two"),
        pytest.param("a" * 152 + "€" + "a" * 152, 3, id="an escape is never parted from its character"),
        pytest.param("中" * 70, 1, id="70 of UCS-2 are one"),
        pytest.param("中" * 71, 2, id="71 are two"),
        pytest.param("中" * 135, 3, id="two carry 67 each"),
        pytest.param("a" * 69 + "😀", 2, id="an emoji is two"),
        pytest.param("a" * 68 + "😀", 1, id="within 70"),
    ],
)
def test_how_many_sms(text: str, expected: int) -> None:
    assert sms.parts(text) == expected


def test_what_would_force_ucs2_is_written_otherwise() -> None:
    text = "UPS’en – “på batteri” … 3\N{NO-BREAK SPACE}min • Škoda 5 × 3 → ok\u200b\ufeff\x07"

    assert sms.plain(text) == 'UPS\'en - "på batteri" ... 3 min - Skoda 5 x 3 -> ok'
    assert sms.plain("åäö ÅÄÖ é ü @ £ § [x] {y} ~ €") == "åäö ÅÄÖ é ü @ £ § [x] {y} ~ €"
    assert sms.plain("Ελ 中 😀") == "Ελ 中 😀"


def test_a_long_text_keeps_its_key_and_the_line_with_the_code() -> None:
    told = "INC-1042 Kritiskt: " + "fläkten i switchen har stannat och " * 20 + "\nSvara K 4F7P för att ta larmet"

    cut = sms.fit(told, 1, ("INC-1042", "4F7P"))

    assert sms.parts(cut) == 1
    assert cut.startswith("INC-1042 Kritiskt: fläkten")
    assert cut.endswith("...\nSvara K 4F7P för att ta larmet")


def test_what_fits_is_left_as_it_is() -> None:
    assert sms.fit("Larm: UPS på batteri") == "Larm: UPS på batteri"


@settings(max_examples=150)
@given(st.text(max_size=900), st.text(max_size=300), st.integers(1, 3))
def test_whatever_the_text_is_the_key_and_the_code_arrive_whole(before: str, after: str, most: int) -> None:
    cut = sms.fit(f"INC-1042 {before}\nSvara K 4F7P{after}", most, ("INC-1042", "4F7P"))

    assert "INC-1042" in cut
    assert "4F7P" in cut
    assert sms.parts(cut) <= most
