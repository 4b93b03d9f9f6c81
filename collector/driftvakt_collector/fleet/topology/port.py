"""A port under the names that the same device gives it in different places."""

import re
from functools import lru_cache

_LONG = {
    "fastethernet": "fa", "gigabitethernet": "gi", "twogigabitethernet": "tw", "fivegigabitethernet": "fi",
    "tengigabitethernet": "te", "tengige": "te", "twentyfivegige": "twe", "twentyfivegigabitethernet": "twe",
    "fortygigabitethernet": "fo", "hundredgige": "hu", "hundredgigabitethernet": "hu", "ethernet": "eth", "et": "eth",
    "port-channel": "po", "port": "", "ten-gigabitethernet": "xge", "xgigabitethernet": "xge",
}  # fmt: skip
"""How Cisco, Arista and H3C write a port out, and in short: Gi1/0/1 is what ifName and CDP's own port may say."""
_PARTS = re.compile(r"([a-z-]*[a-z])[ -]?(\d[\d/.:_]*)")


@lru_cache(maxsize=50_000)
def plain(port: str) -> str:
    """Return the name by which a port is compared."""
    text = " ".join(port.casefold().split())
    found = _PARTS.fullmatch(text)
    if found is None:
        return text
    word, number = found.groups()
    return f"{_LONG[word]}{number}" if word in _LONG else text
