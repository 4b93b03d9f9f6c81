"""Text as devices write it: UTF-8, or what their maker's country had before, padded with NUL, with line breaks."""

import re

MAX_TEXT = 255
"""Characters that are kept: DisplayString has at most 255 (RFC 2579)."""
_HIGH = re.compile(rb"[\x80-\xff]+")
_CHINESE = re.compile(rb"(?:[\xa1-\xa9\xb0-\xf7][\xa1-\xfe])+")
"""What GB 2312 has: both bytes of each character are high. In Latin-1 a high byte mostly stands alone."""


def text_of(raw: object) -> str:
    """Return a device's text in one line, without what can't be seen. Numbers are written out."""
    if not isinstance(raw, bytes):
        return str(raw)[:MAX_TEXT]
    found = _decoded(raw.strip(b"\0"))
    if not found.isprintable():
        found = "".join(one if one.isprintable() else " " for one in found)
    return " ".join(found.split())[:MAX_TEXT].strip()


def lines_of(raw: object) -> str:
    """Return a device's text with its line breaks, as its description may have; nothing else that can't be seen."""
    if not isinstance(raw, bytes):
        return text_of(raw)
    lines = re.split(r"[\r\n]+", _decoded(raw.strip(b"\0")))
    return "\n".join(plain for line in lines if (plain := text_of(line.encode())))[: 4 * MAX_TEXT]


def mac_of(raw: object) -> str:
    """Return a MAC as 00:1b:a9:0b:a7:52, empty for what is none or all zeros."""
    if not isinstance(raw, bytes) or len(raw) != 6 or not any(raw):
        return ""
    return raw.hex(":")


def hex_of(raw: object) -> str:
    """Return six octets in hexadecimal, in capitals and with colons, as snmp_exporter shows a PhysAddress48."""
    return raw[:6].ljust(6, b"\0").hex(":").upper() if isinstance(raw, bytes) else str(raw)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pass
    if all(_CHINESE.fullmatch(run) for run in _HIGH.findall(raw)):
        return raw.decode("gb18030", "replace")
    # 0x80 to 0x9f are letters in Windows' form of Latin-1, and control characters in the other.
    return raw.decode("cp1252", "replace")
