"""Which of two versions is the later one, as Debian orders them; of other systems' versions it orders nearly all too.

Source: Debian Policy 5.6.12: [epoch:]upstream[-revision]; a tilde sorts before the end, letters before other signs.
"""

from functools import total_ordering
from itertools import zip_longest

_DIGITS = "0123456789"


@total_ordering
class Version:
    """A version that can be compared."""

    __slots__ = ("_parts",)

    def __init__(self, text: str) -> None:
        epoch, colon, rest = text.strip().partition(":")
        if not (colon and epoch.isascii() and epoch.isdecimal()):
            epoch, rest = "0", text.strip()
        upstream, dash, revision = rest.rpartition("-")
        if not dash:
            upstream, revision = rest, ""
        self._parts = (int(epoch[:18]), upstream, revision)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._compare(other) == 0

    def __hash__(self) -> int:
        return hash(self._parts[0])

    def __lt__(self, other: "Version") -> bool:
        return self._compare(other) < 0

    def _compare(self, other: "Version") -> int:
        if self._parts[0] != other._parts[0]:
            return -1 if self._parts[0] < other._parts[0] else 1
        return _compare(self._parts[1], other._parts[1]) or _compare(self._parts[2], other._parts[2])


def _compare(one: str, other: str) -> int:
    """Return less than, equal to or more than 0: in turns signs, then a number."""
    while one or other:
        signs, one = _split(one, digits=False)
        other_signs, other = _split(other, digits=False)
        for left, right in zip_longest(signs, other_signs, fillvalue=""):
            if _order(left) != _order(right):
                return _order(left) - _order(right)
        number, one = _split(one, digits=True)
        other_number, other = _split(other, digits=True)
        number, other_number = number.lstrip("0"), other_number.lstrip("0")
        # Of two numbers without leading zeros the longer one is the larger.
        if (len(number), number) != (len(other_number), other_number):
            return -1 if (len(number), number) < (len(other_number), other_number) else 1
    return 0


def _split(text: str, *, digits: bool) -> tuple[str, str]:
    end = 0
    while end < len(text) and (text[end] in _DIGITS) is digits:
        end += 1
    return text[:end], text[end:]


def _order(sign: str) -> int:
    if sign == "~":
        return -1
    if not sign:
        return 0
    return ord(sign) if sign.isalpha() else ord(sign) + 0x110000
