"""What a screen says of itself: maker, model, serial number, age and size.

Example, the first bytes of /sys/class/drm/card0-HDMI-A-1/edid:
    00 ff ff ff ff ff ff 00 | 26 cd 22 62 | 2e d3 73 04 | 2f 11 | 01 03 …
    header                    IVM  0x6222   serial        week 47 of 2007

Source: VESA E-EDID standard, release A2 (EDID 1.4), section 3.
"""

_HEADER = b"\x00\xff\xff\xff\xff\xff\xff\x00"
_BLOCK = 128
_DESCRIPTORS = range(54, 126, 18)
_SERIAL_TEXT, _OTHER_TEXT, _NAME_TEXT = 0xFF, 0xFE, 0xFC
_FIRST_YEAR = 1990
_DIGITS_34 = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def parse(edid: bytes) -> dict[str, object] | None:
    """Return the columns of a monitor besides its connector, None for what is no EDID."""
    if len(edid) < _BLOCK or not edid.startswith(_HEADER):
        return None
    texts: dict[int, str] = {}
    for at in _DESCRIPTORS:
        if edid[at : at + 2] == b"\0\0":
            # A long name stands in two descriptors.
            texts[edid[at + 3]] = f"{texts.get(edid[at + 3], '')} {_text(edid[at + 5 : at + 18])}".strip()
    maker, number = _maker(int.from_bytes(edid[8:10], "big")), int.from_bytes(edid[12:16], "little")
    # The first detailed timing has the size in millimetres; the header only in whole centimetres.
    width, height = edid[66] | (edid[68] & 0xF0) << 4, edid[67] | (edid[68] & 0x0F) << 8
    if edid[54:57] == b"\0\0\0" or not (width and height):
        width, height = edid[21] * 10, edid[22] * 10
    return {
        "maker_id": maker,
        "product_id": f"{int.from_bytes(edid[10:12], 'little'):04x}",
        "name": texts.get(_NAME_TEXT) or texts.get(_OTHER_TEXT, ""),
        "serial": printed_serial(maker, texts.get(_SERIAL_TEXT, ""), number),
        "made": _made(edid[16], edid[17]),
        "width_mm": width or None,
        "height_mm": height or None,
    }


def printed_serial(maker: str, text: str, number: int) -> str:
    """Return the serial number as it is printed on the screen; empty where it does not say.

    Some makers divide it between the text and the number: Acer puts the number's eight digits into the middle of the
    text, BenQ and Samsung put its bytes as letters in front. LG prints the number alone: with base 34, without I and O,
    and then three digits.
    """
    letters = number.to_bytes(4, "little").rstrip(b"\0")
    if maker == "ACR" and len(text) == 12 and number:
        return f"{text[:8]}{number:08x}{text[8:]}"
    if maker == "GSM" and not text and number:
        thousands, rest = divmod(number, 1000)
        return f"{_in_34(thousands)}{rest:03}"
    if maker == "BNQ" and text and letters.isalnum() and letters.isascii():
        return letters.decode() + text
    if maker == "SAM" and text and letters.isalnum() and (letters.isdigit() or letters.isalpha()):
        # Letters and digits together are the model: GH19.
        return letters[::-1].decode("latin-1") + text
    if maker == "SAM" and number and not text:
        return str(number)
    return text or (f"{number:08x}" if number else "")


def _in_34(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 34)
        digits = _DIGITS_34[digit] + digits
    return digits


def _maker(packed: int) -> str:
    """Return the three letters of five bits each, 1 for A (3.4.1)."""
    letters = [chr(64 + (packed >> shift & 0x1F)) for shift in (10, 5, 0)]
    return "".join(letters) if all("A" <= letter <= "Z" for letter in letters) else ""


def _made(week: int, year: int) -> str:
    """Return the week of manufacture; week 255 says that the year is that of the model."""
    if not year:
        return ""
    return f"{_FIRST_YEAR + year}-W{week:02}" if 1 <= week <= 54 else str(_FIRST_YEAR + year)


def _text(raw: bytes) -> str:
    """Return a text of a descriptor: up to its line feed, padded with blanks."""
    text = raw.partition(b"\n")[0].decode("cp437")
    return "".join(char for char in text if char.isprintable()).strip()
