"""The short code by which a person answers about one incident, where an SMS carries no more than a text.

It is derived from a secret, the incident and the person: nothing is stored, another person's code says nothing, and a
code alone does nothing, for the sender's number must be that person's. Four characters with a digit among them, so that
no word is a code.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable

LETTERS = "ABCDEFGHJKMNPQRTUVWXYZ"
"""None that looks like a digit or another one: no I, L, O, S."""
DIGITS = "34679"
"""None that looks like a letter: 0 O, 1 I L, 2 Z, 5 S, 8 B."""
LENGTH = 4
_CODE = re.compile(rf"(?=.*[{DIGITS}])[{LETTERS}{DIGITS}]{{{LENGTH}}}")


def code(secret: bytes, incident: int, person: str) -> str:
    """Return the code of an incident for a person: 4 characters, one of them at least a digit."""
    made = int.from_bytes(hmac.digest(secret, f"answer\0{incident}\0{person}".encode(), hashlib.sha256), "big")
    made, place = divmod(made, LENGTH)
    signs = []
    for number in range(LENGTH):
        among = DIGITS if number == place else LETTERS + DIGITS
        made, index = divmod(made, len(among))
        signs.append(among[index])
    return "".join(signs)


def is_code(text: str) -> bool:
    """Say if a word has the form of a code, in whatever case."""
    return _CODE.fullmatch(text.upper()) is not None


def find(secret: bytes, given: str, person: str, incidents: Iterable[int]) -> int | None:
    """Return whose code was given among the incidents, None where it is none's or that of two."""
    wanted = given.upper()
    found = (
        [one for one in incidents if hmac.compare_digest(code(secret, one, person), wanted)] if is_code(given) else []
    )
    return found[0] if len(found) == 1 else None
