"""A filter of LDAP as people write it (RFC 4515), as a server reads it (RFC 4511, 4.5.1.7).

Example:
    (&(objectClass=user)(!(cn=test*))(userAccountControl:1.2.840.113556.1.4.803:=2))
"""

import re

from driftvakt_collector.poll.checks.ber import octets, tlv
from driftvakt_collector.poll.checks.check import CheckError, Fault, said

_DEEP = 20
"""Levels of brackets."""
_AND, _OR, _NOT = 0xA0, 0xA1, 0xA2
_EQUAL, _SUBSTRINGS, _GREATER, _LESS, _PRESENT, _APPROXIMATE, _EXTENSIBLE = 0xA3, 0xA4, 0xA5, 0xA6, 0x87, 0xA8, 0xA9
_SIGNS = {"=": _EQUAL, ">=": _GREATER, "<=": _LESS, "~=": _APPROXIMATE}
_ITEM = re.compile(
    r"(?P<attribute>[\w.;-]*)(?P<dn>:dn)?(?::(?P<rule>[\w.-]+))?(?P<sign>:=|>=|<=|~=|=)(?P<value>[^()]*)", re.ASCII
)


def filter_of(text: str) -> bytes:
    """Return a filter as it is sent. Raises CheckError, UNUSABLE, where it is none."""
    written = text if text.startswith("(") else f"({text})"
    try:
        found, end = _filter(written, 0, 0)
    except (IndexError, ValueError) as e:
        raise CheckError(Fault.UNUSABLE, f"{said(text)!r} is no filter of LDAP") from e
    if end != len(written):
        raise CheckError(Fault.UNUSABLE, f"{said(text)!r} is no filter of LDAP: something stands behind it")
    return found


def _filter(text: str, at: int, depth: int) -> tuple[bytes, int]:
    if text[at] != "(" or depth > _DEEP:
        raise ValueError(text)
    at += 1
    tag = {"&": _AND, "|": _OR, "!": _NOT}.get(text[at])
    if tag is None:
        item = _ITEM.match(text, at)
        if item is None:
            raise ValueError(text)
        made, at = _item(item), item.end()
    else:
        parts, at = [], at + 1
        while text[at] == "(":
            part, at = _filter(text, at, depth + 1)
            parts.append(part)
        if tag == _NOT and len(parts) != 1:
            raise ValueError(text)
        made = tlv(tag, *parts)
    if text[at] != ")":
        raise ValueError(text)
    return made, at + 1


def _item(item: re.Match[str]) -> bytes:
    attribute, value, sign = item["attribute"], item["value"], item["sign"]
    if sign == ":=":
        if not attribute and not item["rule"]:
            raise ValueError(value)
        return tlv(
            _EXTENSIBLE,
            octets(item["rule"], 0x81) if item["rule"] else b"",
            octets(attribute, 0x82) if attribute else b"",
            octets(_plain(value), 0x83),
            octets(b"\xff", 0x84) if item["dn"] else b"",
        )
    if not attribute or item["dn"] or item["rule"]:
        raise ValueError(value)
    if sign != "=" or "*" not in value:
        return tlv(_SIGNS[sign], octets(attribute), octets(_plain(value)))
    if value == "*":
        return octets(attribute, _PRESENT)
    first, *middle, last = value.split("*")
    parts = [octets(_plain(first), 0x80)] if first else []
    parts += [octets(_plain(one), 0x81) for one in middle if one]
    parts += [octets(_plain(last), 0x82)] if last else []
    if not parts:
        raise ValueError(value)
    return tlv(_SUBSTRINGS, octets(attribute), tlv(0x30, *parts))


def _plain(value: str) -> bytes:
    r"""Return a value without its escapes, \HH for a byte. Raises ValueError."""
    return re.sub(rb"\\(..?)?", lambda one: bytes.fromhex((one[1] or b"?").decode("ascii", "replace")), value.encode())
