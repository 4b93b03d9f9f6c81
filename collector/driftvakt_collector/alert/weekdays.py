"""Weekdays, Monday first, as people write and read them."""

from driftvakt_collector.alert.words import Words

NAMES = (
    Words("måndag", "Monday"), Words("tisdag", "Tuesday"), Words("onsdag", "Wednesday"), Words("torsdag", "Thursday"),
    Words("fredag", "Friday"), Words("lördag", "Saturday"), Words("söndag", "Sunday"),
)  # fmt: skip
SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOW = "mon, mon-fri, 'sat,sun' or daily (or mån, tis, ons, tor, fre, lör, sön)"
"""What to write."""
_NUMBERS = {
    **{short: number for number, short in enumerate(SHORT)},
    "mån": 0, "tis": 1, "ons": 2, "tor": 3, "fre": 4, "lör": 5, "sön": 6,
}  # fmt: skip
_DAILY = frozenset({"daily", "dagligen"})


def read(text: str) -> frozenset[int] | None:
    """Return the days that a text names, as `mon-fri` or `sat,sun`; None where it names none."""
    if text.strip().lower() in _DAILY:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.lower().split(","):
        first, dash, last = (one.strip() for one in part.partition("-"))
        if first not in _NUMBERS or (dash and last not in _NUMBERS):
            return None
        low, high = _NUMBERS[first], _NUMBERS[last if dash else first]
        # fri-mon goes over the end of the week.
        found.update(one % 7 for one in range(low, (high if high >= low else high + 7) + 1))
    return frozenset(found)


def written(days: frozenset[int]) -> str:
    """Return the shortest text that `read` reads as these days: mon-fri, or tue,thu."""
    if len(days) == 7:
        return "daily"
    ordered = sorted(days)
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{SHORT[ordered[0]]}-{SHORT[ordered[-1]]}"
    return ",".join(SHORT[one] for one in ordered)
