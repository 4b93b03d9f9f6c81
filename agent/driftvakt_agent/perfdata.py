"""What a check after the convention of Nagios plug-ins printed: a line for the reader, and numbers behind the bar.

Example:
    DISK OK - free space: / 3326 MB (56%);|/=2643MB;5948;5958;0;5968 'swap used'=12%;80;90

Source: https://www.monitoring-plugins.org/doc/guidelines.html, "Plugin Output" and "Performance data".
"""

from math import isfinite

MAX_TEXT = 200
MAX_LABEL = 100
MAX_NUMBERS = 50

# Unit to our name of it, and what to multiply with and to divide by (29 / 100 is 0.29, 29 * 0.01 is not).
# Plug-ins count a KB as 1024 bytes, check_disk and check_swap among them.
_UNITS: dict[str, tuple[str, float, float]] = {
    "": ("", 1, 1),
    "s": ("seconds", 1, 1),
    "ms": ("seconds", 1, 1e3),
    "us": ("seconds", 1, 1e6),
    "ns": ("seconds", 1, 1e9),
    "%": ("ratio", 1, 100),
    "b": ("bytes", 1, 1),
    "kb": ("bytes", 1024, 1),
    "mb": ("bytes", 1024**2, 1),
    "gb": ("bytes", 1024**3, 1),
    "tb": ("bytes", 1024**4, 1),
    "kib": ("bytes", 1024, 1),
    "mib": ("bytes", 1024**2, 1),
    "gib": ("bytes", 1024**3, 1),
    "tib": ("bytes", 1024**4, 1),
    "c": ("count", 1, 1),
}


class Number:
    """A measured number: its label, the value in the base unit, and that unit's name ("" where there is none)."""

    __slots__ = ("label", "unit", "value")

    def __init__(self, label: str, value: float, unit: str) -> None:
        self.label = label
        self.value = value
        self.unit = unit

    def __repr__(self) -> str:
        return f"{self.label}={self.value!r} {self.unit}".rstrip()


class Result:
    """The line for the reader, and the numbers in the order they came."""

    __slots__ = ("numbers", "text")

    def __init__(self, text: str, numbers: list[Number]) -> None:
        self.text = text
        self.numbers = numbers


def parse(output: str) -> Result:
    """Read a plug-in's output. What is no number is passed over: a check is worth its exit code even then."""
    first, _, more = output.partition("\n")
    text, _, numbers = first.partition("|")
    # A bar in the lines below begins more numbers; they go on to the end, over the lines.
    numbers += " " + more.partition("|")[2]
    printable = "".join(one if one.isprintable() else " " for one in text)
    return Result(" ".join(printable.split())[:MAX_TEXT], _numbers(numbers))


def _numbers(text: str) -> list[Number]:
    found: dict[tuple[str, str], Number] = {}
    text = text.strip()
    while text and len(found) < MAX_NUMBERS:
        label, equals, text = _label(text)
        parts = text.split(None, 1) if text[:1].strip() else ["", text]
        if equals:
            number = _number(label, parts[0].partition(";")[0])
            if number is not None:
                found.setdefault((number.label, number.unit), number)
        text = parts[1].strip() if len(parts) > 1 else ""
    return list(found.values())


def _label(text: str) -> tuple[str, bool, str]:
    """Return the label, whether "=" follows it, and what follows that."""
    if not text.startswith("'"):
        word = text.split(None, 1)[0]
        label, equals, _ = word.partition("=")
        return label, bool(equals and label), text[len(label) + len(equals) :]
    end = 1
    while end < len(text):
        if text[end] != "'":
            end += 1
        elif text[end : end + 2] == "''":
            end += 2
        else:
            break
    label, rest = text[1:end].replace("''", "'"), text[end + 1 :]
    return label, rest.startswith("=") and label != "", rest.removeprefix("=")


def _number(label: str, text: str) -> Number | None:
    end = 0
    while end < len(text) and (text[end] in "0123456789.+-" or _is_exponent(text, end)):
        end += 1
    try:
        value = float(text[:end])
    except ValueError:
        # "U": the plug-in knows the label but could not measure.
        return None
    unit = text[end:]
    # Bytes come in any case; but c counts, and C is a temperature.
    known = _UNITS.get(unit.lower() if unit[-1:] in ("b", "B") else unit)
    name, times, parts = known or (unit[:16] if unit.isascii() and unit.isalpha() else "", 1, 1)
    value = value * times / parts
    label = " ".join("".join(one if one.isprintable() else " " for one in label).split())[:MAX_LABEL]
    return Number(label, value, name) if label and isfinite(value) else None


def _is_exponent(text: str, at: int) -> bool:
    return text[at] in "eE" and at > 0 and text[at + 1 : at + 2] in tuple("0123456789+-")
