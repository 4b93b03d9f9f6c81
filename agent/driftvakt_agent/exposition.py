"""The text format of Prometheus, read strictly: one mistake and the whole text is refused.

Example:
    # HELP backup_age_seconds Since the last good backup.
    # TYPE backup_age_seconds gauge
    backup_age_seconds{job="db",path="C:\\\\dumps"} 1.5e+03

Source: https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4, and what its Go parser refuses.
"""

from math import isfinite

from driftvakt_agent.sample import DeclaredSample, Labels

MAX_LABELS = 64
MAX_TEXT = 1024
"""The longest text of a label, and the longest help, in characters."""
MAX_NAME = 200
MAX_LABEL_NAME = 100
"""What a collector takes; for one name that is longer it would refuse all of a host's series."""

UNTYPED = "untyped"
_TYPES = ("counter", "gauge", "histogram", "summary", UNTYPED)
_SUFFIXES = {"histogram": ("_bucket", "_count", "_sum"), "summary": ("_count", "_sum")}
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n"}
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS = frozenset("0123456789")
_NUMBER = frozenset("0123456789+-.eE")
_NOT_FINITE = frozenset(("nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"))


class ExpositionError(ValueError):
    """The text is not in the format; says which line and why."""


class Exposition:
    """What a text holds: its samples in their order, and how many were not finite and so are not among them."""

    __slots__ = ("not_finite", "samples")

    def __init__(self, samples: list[DeclaredSample], not_finite: int) -> None:
        self.samples = samples
        self.not_finite = not_finite


def parse(text: str, most: int = 5000) -> Exposition:
    """Read the text. Raises ExpositionError at the first mistake, and where there are more samples than `most`."""
    if text and not text.endswith("\n"):
        raise ExpositionError("the last line has no end: is the file still being written?")
    types: dict[str, str] = {}
    helps: dict[str, str] = {}
    found: list[tuple[str, Labels, float]] = []
    names: set[str] = set()
    not_finite = 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r").strip(" \t")
        try:
            if line.startswith("#"):
                _declare(line, types, helps, names)
            elif line:
                sample = _sample(line)
                names.add(sample[0])
                if isfinite(sample[2]):
                    found.append(sample)
                else:
                    not_finite += 1
                if len(found) > most:
                    raise ExpositionError(f"more than {most} samples")
        except ExpositionError as e:
            raise ExpositionError(f"line {number}: {e}") from e
    samples = []
    for name, labels, value in found:
        family = family_of(name, types)
        kind = types.get(family, UNTYPED)
        # The parts of a histogram or a summary are series by themselves here: no one type is theirs.
        samples.append(
            DeclaredSample(name, value, labels, UNTYPED if kind in _SUFFIXES else kind, helps.get(family, ""))
        )
    return Exposition(samples, not_finite)


def family_of(name: str, types: dict[str, str]) -> str:
    """Return the name that the sample's type and help are declared under: for x_bucket of a histogram it is x."""
    for kind, suffixes in _SUFFIXES.items():
        for suffix in suffixes:
            family = name.removesuffix(suffix)
            if family != name and types.get(family) == kind:
                return family
    return name


def is_name(text: str, *, colon: bool = True) -> bool:
    """Return whether the text can name a series, or with colon=False a label."""
    first = _LETTERS | {":"} if colon else _LETTERS
    longest = MAX_NAME if colon else MAX_LABEL_NAME
    return text[:1] in first and len(text) <= longest and first.union(_DIGITS).issuperset(text) and text != ""


def _declare(line: str, types: dict[str, str], helps: dict[str, str], names: set[str]) -> None:
    words = line[1:].split(None, 2)
    if len(words) < 2 or words[0] not in ("HELP", "TYPE"):
        return
    name, rest = words[1], words[2] if len(words) == 3 else ""
    if not is_name(name):
        raise ExpositionError(f"{name[:80]!r} is no name of a series")
    if name in (helps if words[0] == "HELP" else types):
        raise ExpositionError(f"a second {words[0]} of {name}")
    if words[0] == "HELP":
        helps[name] = _unescape(rest, quotes=False)[:MAX_TEXT]
        return
    if rest not in _TYPES:
        raise ExpositionError(f"{rest[:80]!r} is no type; it can be {', '.join(_TYPES)}")
    types[name] = rest
    if name in names:
        raise ExpositionError(f"TYPE of {name} after its samples")


def _sample(line: str) -> tuple[str, Labels, float]:
    end = next((at for at, one in enumerate(line) if one in "{ \t"), len(line))
    name, rest = line[:end], line[end:].lstrip(" \t")
    if not is_name(name):
        raise ExpositionError(f"{name[:80]!r} is no name of a series")
    labels: Labels = ()
    if rest.startswith("{"):
        labels, rest = _labels(rest[1:])
    words = rest.split()
    if not words:
        raise ExpositionError("a value is missing")
    if len(words) == 2:
        raise ExpositionError("a timestamp; samples here are always of now")
    if len(words) > 2:
        raise ExpositionError("more behind the value")
    return name, labels, _value(words[0])


def _labels(text: str) -> tuple[Labels, str]:
    """Return the labels sorted by name, and what follows the closing brace."""
    labels: dict[str, str] = {}
    while True:
        text = text.lstrip(" \t")
        if text.startswith("}"):
            return tuple(sorted(labels.items())), text[1:]
        name, equals, text = text.partition("=")
        name, text = name.rstrip(" \t"), text.lstrip(" \t")
        if not equals or not is_name(name, colon=False) or name.startswith("__"):
            raise ExpositionError(f"{name[:80]!r} is no name of a label")
        if name in labels:
            raise ExpositionError(f"label {name} twice")
        if not text.startswith('"'):
            raise ExpositionError(f"the value of label {name} has no quotes")
        end = _closing_quote(text)
        labels[name] = _unescape(text[1:end], quotes=True)
        if len(labels) > MAX_LABELS or len(labels[name]) > MAX_TEXT:
            raise ExpositionError(f"more than {MAX_LABELS} labels, or one longer than {MAX_TEXT} characters")
        text = text[end + 1 :].lstrip(" \t")
        if text[:1] not in (",", "}"):
            raise ExpositionError(f"neither , nor }} behind label {name}")
        text = text.removeprefix(",")


def _closing_quote(text: str) -> int:
    at = 1
    while at < len(text):
        if text[at] == '"':
            return at
        at += 2 if text[at] == "\\" else 1
    raise ExpositionError("a label's value does not end")


def _unescape(text: str, *, quotes: bool) -> str:
    if "\\" not in text:
        return text
    parts = []
    at = 0
    while at < len(text):
        one = text[at]
        if one == "\\":
            at += 1
            one = _ESCAPES.get(text[at : at + 1], "")
            if not one or (one == '"' and not quotes):
                raise ExpositionError(f"\\{text[at : at + 1]} is no escape sequence")
        parts.append(one)
        at += 1
    return "".join(parts)


def _value(text: str) -> float:
    # float() also reads 1_000 and digits of other scripts, which the format does not have.
    if _NUMBER.issuperset(text) or text.lower() in _NOT_FINITE:
        try:
            return float(text)
        except ValueError:
            pass
    raise ExpositionError(f"{text[:80]!r} is no value")
