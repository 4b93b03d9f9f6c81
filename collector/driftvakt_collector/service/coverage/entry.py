"""One row of a list of what should be there, or was seen."""

from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

from driftvakt_collector.fleet.identity.keys import MAC, NAME, SERIAL, UUID, Key, clean
from driftvakt_wire.personal import MASK
from driftvakt_wire.privacy import Mask

MAX_TEXT = 200
IDENTIFYING = ("name", "serial", "uuid", "mac")


def tidy(text: object) -> str:
    """Return a text of a list in one bounded line."""
    plain = "".join(char if char.isprintable() else " " for char in str(text))
    return " ".join(plain.split())[:MAX_TEXT]


def of_nobody(entry: "Entry") -> "Entry":
    """Return the row without what is a person's, under the privacy profile `edu`: phones are called after theirs."""
    mask = Mask()
    name = "" if mask.names_person(entry.name) else mask.text(entry.name)
    return replace(entry, name="" if MASK in name else name, owner=mask.text(entry.owner), site=mask.text(entry.site))


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
        told = ((SERIAL, self.serial), (UUID, self.uuid), (MAC, self.mac), (NAME, self.name))
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
