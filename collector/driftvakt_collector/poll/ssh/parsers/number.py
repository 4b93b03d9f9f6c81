"""Numbers as commands write them."""

_UNITS = {"": 1, "B": 1, "Bi": 1} | {
    letter + rest: 1024**power for power, letter in enumerate("KMGTPE", 1) for rest in ("", "i", "iB", "B")
}
_MAX_DIGITS = 20


def whole(text: str) -> int | None:
    """Return a whole number, None for what is none or longer than a machine can count."""
    digits = text.removeprefix("-")
    if len(digits) > _MAX_DIGITS or not (digits.isascii() and digits.isdecimal()):
        return None
    return int(text)


def real(text: str) -> float | None:
    """Return a number with or without a fraction, None for what is none."""
    digits = text.replace(".", "", 1)
    if len(digits) > _MAX_DIGITS or not (digits.isascii() and digits.isdecimal()):
        return None
    return float(text)


def size(text: str, unit: int = 1) -> int | None:
    """Return bytes: "19G" and "1.9Gi" in units of 1,024, a bare number in `unit`. None for what is none."""
    plain = whole(text)
    if plain is not None:
        return plain * unit
    number = text.rstrip("BiKMGTPE")
    factor, value = _UNITS.get(text[len(number) :]), real(number)
    return None if factor is None or value is None else int(value * factor)
