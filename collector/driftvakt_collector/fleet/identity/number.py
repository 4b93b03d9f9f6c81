"""A number that somebody reads from a sticker, a switch or a lease, and wants the machine of."""

import re

from driftvakt_collector.fleet.identity.keys import BOARD, CHASSIS, DISK, MAC, SERIAL, UUID, Key, clean

_KINDS = (SERIAL, UUID, CHASSIS, BOARD, DISK, MAC)
_CISCO = re.compile(r"([0-9a-fA-F]{4})[.:-]([0-9a-fA-F]{4})[.:-]([0-9a-fA-F]{4})")
_BARE = re.compile(r"[0-9a-fA-F]{12}")
MAX = 128


def keys_of(text: str) -> set[Key]:
    """Return what assets may be known by that is meant by it. A MAC may be written as 0014.5161.ef08 too."""
    text = text.strip()[:MAX]
    cisco = _CISCO.fullmatch(text)
    bare = "".join(cisco.groups()) if cisco else text if _BARE.fullmatch(text) else ""
    forms = {text, ":".join(bare[place : place + 2] for place in range(0, 12, 2))} if bare else {text}
    found = {clean(kind, form, virtual=virtual) for kind in _KINDS for form in forms for virtual in (False, True)}
    return {key for key in found if key is not None}
