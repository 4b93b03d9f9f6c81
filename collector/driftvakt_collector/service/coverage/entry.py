"""One row of a list of what should be there, or was seen."""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from unicodedata import category, normalize

from driftvakt_collector.fleet.identity.keys import MAC, NAME, SERIAL, UUID, Key, clean
from driftvakt_wire.personal import MASK
from driftvakt_wire.privacy import Mask

MAX_TEXT = 200
_UNSEEN = "Cf"
"""Of the characters that nobody sees, as a space of no width."""
_BYTES = re.compile(r"[0-9a-f]{12}")
_ETHERNET = "01"
_OF_PERSONS = frozenset((
    "android", "chromebook", "dator", "galaxy", "honor", "huawei", "ipad", "iphone", "ipod", "laptop", "macbook",
    "mobil", "mobile", "note", "oneplus", "oppo", "pad", "padda", "pc", "phone", "pixel", "redmi", "samsung", "surface",
    "tablet", "telefon", "watch", "xiaomi", "xperia",
))  # fmt: skip
"""What people carry around, behind the name of whose it is: annas-galaxy."""


def tidy(text: object) -> str:
    """Return a text of a list in one bounded line, each letter written one way: macOS takes å for an a and a ring."""
    plain = str(text)[: 4 * MAX_TEXT]
    plain = plain if plain.isascii() else normalize("NFC", plain)
    if not plain.isprintable():
        plain = "".join(char if char.isprintable() else " " for char in plain if category(char) != _UNSEEN)
    return " ".join(plain.split())[:MAX_TEXT]


def of_nobody(entry: "Entry") -> "Entry":
    """Return the row without what is a person's, under the privacy profile `edu`: phones are called after theirs."""
    mask = Mask()
    name = "" if mask.names_person(entry.name) or _is_owned(entry.name) else mask.text(entry.name)
    return replace(entry, name="" if MASK in name else name, owner=mask.text(entry.owner), site=mask.text(entry.site))


def _is_owned(name: str) -> bool:
    """Say if a name is somebody's and a thing's: Annas-Galaxy-S21, anna-s-pixel, DatorKalles is none."""
    words = "".join(char if char.isalnum() else " " for char in name.casefold()).split()
    whose, things = words[:1], words[1:]
    if things[:1] == ["s"]:
        whose, things = [words[0] + "s"], things[1:]
    return bool(whose and len(whose[0]) > 3 and whose[0].isalpha() and whose[0].endswith("s")
                and any(word.rstrip("0123456789") in _OF_PERSONS for word in things))  # fmt: skip


def _as_address(text: str) -> str:
    """Return the address of a network card as we write it: 3c52.826a.110e, 3C52826A110E, and a client id of DHCP."""
    plain = "".join(char for char in text.lower() if char not in ":-. ")
    if len(plain) == 14 and plain.startswith(_ETHERNET):
        plain = plain[2:]
    return ":".join(plain[at : at + 2] for at in range(0, 12, 2)) if _BYTES.fullmatch(plain) else text


@dataclass(frozen=True)
class Entry:
    """name, serial, uuid, mac: at least one says which thing it is. owner: an administration. at: when it was seen,

    seconds since the epoch, 0 where the list does not say.
    """

    name: str = ""
    serial: str = ""
    uuid: str = ""
    mac: str = ""
    owner: str = ""
    site: str = ""
    at: float = 0.0

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Return what it can be found by, the strongest first; junk is none."""
        told = ((SERIAL, self.serial), (UUID, self.uuid), (MAC, _as_address(self.mac)), (NAME, self.name))
        # Of a virtual machine all addresses are made up, and the list does not say which is one.
        found = (clean(kind, text, virtual=kind == MAC) for kind, text in told if text)
        return tuple(key for key in found if key is not None)

    @property
    def subject(self) -> str:
        """Return what a reader knows it by."""
        return self.name or self.serial or self.mac or self.uuid

    @cached_property
    def number(self) -> str:
        """Return what this row is known by in its list."""
        told = "\n".join(f"{key.kind} {key.value}" for key in self.keys)
        return blake2b(told.encode("utf-8", "replace"), digest_size=16).hexdigest()
