"""Which model a thing is, by what its firmware or its own controller says."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from driftvakt_collector.naming.maker import maker
from driftvakt_collector.naming.text import settled, tidy, told


class Model(NamedTuple):
    """vendor: who made it. model: which it is, without the vendor in front. Each empty where nobody says."""

    vendor: str
    model: str


_MACHINE_TYPE = re.compile(r"[0-9]{2}[0-9A-Z]{2}[0-9A-Z]{0,10}", re.ASCII)
"""What Lenovo, and IBM before, call a machine: four signs, then those of its configuration."""
_IN_DASHES = re.compile(r"\s*-\[([0-9A-Za-z]{4,12})\]-?\s*$")
_SHELL = re.compile(
    r"super server|portable pc|mp server|p\.c\.|pc|server|desktop|notebook|laptop|computer", re.IGNORECASE
)
"""A model that names no model; the board says more."""
_KEEPS_NAME = frozenset({"VMware", "Oracle", "QEMU", "Microsoft", "Apple", "Bochs"})
"""Makers whose models begin with the maker's name and mean nothing without it."""
_WIDEST = 4


def system(told_of: Mapping[str, object], board: Mapping[str, object] | None = None) -> Model:
    """Return the model of a machine. told_of: the row of its section `system`. board: of its mainboard, where known.

    A machine that was put together of parts says nothing of itself, so its board speaks for it.
    """
    vendor = maker(told_of.get("manufacturer"))
    product, version, family = (told(told_of.get(name)) for name in ("product", "version", "family"))
    name = product
    if vendor in ("Lenovo", "IBM") and _MACHINE_TYPE.fullmatch(product):
        name = next((text for text in (version, family) if _is_name(text)), product)
    elif not product or _SHELL.fullmatch(product):
        on_board = board or {}
        board_vendor, board_model = maker(on_board.get("manufacturer")), told(on_board.get("product"))
        if board_model and (not product or not vendor or board_vendor == vendor):
            vendor, name = vendor or board_vendor, board_model
        else:
            vendor = vendor or board_vendor
    found = model(name, vendor)
    if vendor == "Oracle" and found.startswith("VirtualBox"):
        return Model(vendor, "VirtualBox")
    return Model(vendor, found)


def model(text: object, vendor: str = "") -> str:
    """Return a model without its vendor's name in front of it, and without what every one of its kind has."""
    return settled(lambda one: _step(one, vendor), told(text))


def _step(text: str, vendor: str) -> str:
    bare = _IN_DASHES.sub("", text)
    text = told(bare) or told(_IN_DASHES.sub(r"\1", text))
    if not vendor or vendor in _KEEPS_NAME:
        return text
    words = text.split(" ")
    for width in range(min(_WIDEST, len(words) - 1), 0, -1):
        rest = told(" ".join(words[width:]).lstrip("-,. "))
        if rest and maker(" ".join(words[:width])) == vendor:
            return rest
    return text


def _is_name(text: str) -> bool:
    """Say if a text is what a person calls a model: it has letters, and is no machine type nor a mere number."""
    if not any(one.isalpha() for one in text) or _MACHINE_TYPE.fullmatch(text):
        return False
    return len(text) > 3 and maker(tidy(text)) not in ("Lenovo", "IBM")
