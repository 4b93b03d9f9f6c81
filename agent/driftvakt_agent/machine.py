"""What this machine is known again by: the system's id, the firmware's numbers, the network cards. Hashed, see `fact`.

machine.json, beside agent.toml, holds what it was when the agent was enrolled:
    {"a-7f3c0d":{"zone":"edu","facts":{"machine":"5f…","uuid":"9b…","macs":["c0…"]}}}

An agent that finds itself on another machine was copied along with its key, and must not use it.
"""

import json
import os
from collections.abc import Mapping

from driftvakt_agent.host import Host, read_text
from driftvakt_wire.enrolment import fact, other_machine

NAME = "machine.json"
_JUNK = frozenset(
    ("", "0", "none", "n/a", "unknown", "default string", "to be filled by o.e.m.", "not specified", "not applicable",
     "system serial number", "base board serial number", "03000200-0400-0500-0006-000700080009",
     "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")
)  # fmt: skip
"""What firmware says where nobody gave it a number."""
_MAX_CARDS = 32


def facts(host: Host, zone: str) -> dict[str, object]:
    """Return the facts, as far as they can be read; without root the firmware's numbers can't."""
    found: dict[str, object] = {}
    for name, path in (
        ("machine", f"{host.root}/etc/machine-id"),
        ("uuid", f"{host.sys}/class/dmi/id/product_uuid"),
        ("board", f"{host.sys}/class/dmi/id/board_serial"),
    ):
        text = _text(path)
        if text.lower() not in _JUNK:
            found[name] = fact(zone, text)
    cards = _cards(f"{host.sys}/class/net")
    if cards:
        found["macs"] = [fact(zone, card) for card in cards[:_MAX_CARDS]]
    return found


def other(folder: str, origin: str, host: Host) -> bool:
    """Say if this is another machine than the one where the agent in `folder` was enrolled as `origin`."""
    saved = read(folder).get(origin)
    if not isinstance(saved, dict) or not isinstance(saved.get("facts"), dict):
        return False
    return other_machine(saved["facts"], facts(host, str(saved.get("zone"))))


def read(folder: str) -> dict[str, object]:
    """Return what machine.json holds, nothing where there is none."""
    try:
        with open(os.path.join(folder, NAME), encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def written(known: Mapping[str, object], origin: str, zone: str, found: Mapping[str, object]) -> bytes:
    """Return the text of machine.json with this enrolment added."""
    return json.dumps({**known, origin: {"zone": zone, "facts": found}}).encode()


def _cards(folder: str) -> list[str]:
    """Return the addresses of network cards. Bridges, tunnels and containers make theirs up anew at each start."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    cards = []
    for name in names:
        real = os.path.exists(f"{folder}/{name}/device") or _text(f"{folder}/{name}/addr_assign_type") == "0"
        address = _text(f"{folder}/{name}/address")
        if real and name != "lo" and address not in ("", "00:00:00:00:00:00"):
            cards.append(address)
    return cards


def _text(path: str) -> str:
    try:
        return read_text(path).strip()
    except OSError:
        return ""
