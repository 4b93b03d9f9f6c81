"""Numbers as people read them: with a unit, three digits that matter, and a space that does not break."""

from math import isfinite, isnan

SPACE = "\u00a0"
NONE = "–"

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_DECIMAL = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")
_VOWELS = ("a", "e", "i", "o", "u")
_STEPS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def digits(value: float) -> str:
    """Return the number with three digits that matter, and never an exponent below 10^15."""
    if not isfinite(value):
        return "NaN" if isnan(value) else ("+Inf" if value > 0 else "-Inf")
    size = abs(value)
    if size >= 1e15:
        return f"{value:.3g}"
    if size >= 99.95 or value == int(value):
        return f"{value:,.0f}".replace(",", SPACE)
    return f"{value:.1f}" if size >= 9.995 else f"{value:.2f}" if size >= 0.1 else f"{value:.3g}"


def percent(share: float | None) -> str:
    """Return a share of 1 in percent."""
    if share is None or isnan(share):
        return NONE
    value = share * 100
    return f"{value:.0f}{SPACE}%" if abs(value) >= 9.95 or value == 0 else f"{value:.1f}{SPACE}%"


def size(number: float | None) -> str:
    """Return bytes in the binary unit that suits them."""
    if number is None or not isfinite(number):
        return NONE
    return _scaled(number, 1024.0, _BINARY)


def bit_rate(bytes_a_second: float | None) -> str:
    """Return bytes a second as bits a second, the way lines are sold."""
    if bytes_a_second is None or not isfinite(bytes_a_second):
        return NONE
    return _scaled(bytes_a_second * 8, 1000.0, _DECIMAL)


def _scaled(number: float, step: float, units: tuple[str, ...]) -> str:
    place = 0
    while abs(number) >= step * 0.9995 and place < len(units) - 1:
        number /= step
        place += 1
    text = f"{number:.0f}" if abs(number) >= 99.95 or number == int(number) else f"{number:.1f}"
    return f"{text}{SPACE}{units[place]}"


def duration(seconds: float) -> str:
    """Return a span in its two largest units: "3 d 4 h", "12 s"."""
    if not isfinite(seconds):
        return NONE
    left = max(0.0, seconds)
    parts: list[str] = []
    for length, unit in _STEPS:
        count = int(left // length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count:,}{SPACE}{unit}".replace(",", SPACE))
            left -= count * length
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)


def brief(seconds: float | None) -> str:
    """Return how long something short took: "12 ms", "1.4 s"; a minute and more as `duration` does."""
    if seconds is None or not isfinite(seconds):
        return NONE
    if seconds >= 60:
        return duration(seconds)
    if seconds >= 1 or seconds <= 0:
        return f"{digits(round(max(seconds, 0.0), 2))}{SPACE}s"
    return f"{digits(round(seconds * 1000, 2))}{SPACE}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}{SPACE}µs"


def span(seconds: float) -> str:
    """Return a span in words, in its largest unit: "23 minutes", "1 hour"."""
    for length, word in ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute")):
        if seconds >= 2 * length or (seconds >= length and word != "day"):
            return counted(int(seconds // length), word)
    return counted(int(max(0.0, seconds)), "second")


def counted(number: int, word: str) -> str:
    """Return "1 host", "2 hosts", "12 345 hosts", "2 batteries"."""
    many = f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in _VOWELS else f"{word}s"
    return f"{number:,}{SPACE}".replace(",", SPACE) + (word if number == 1 else many)


def with_unit(value: float, unit: str) -> str:
    """Return a series' value in its base unit, and beside it what a person would say."""
    if not isfinite(value):
        return digits(value)
    if value == int(value) and abs(value) < 1e15:
        plain = f"{int(value):,}"
    elif 1000 <= abs(value) < 1e15:
        plain = f"{value:,.3f}".rstrip("0")
    else:
        plain = f"{value:.6g}"
    plain = plain.replace(",", SPACE)
    return f"{plain}{SPACE}{unit}" if unit else plain
