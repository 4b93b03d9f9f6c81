"""The border to psutil: all it says passes here, so that what a platform lacks or gets wrong is only missing."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from math import isfinite

from driftvakt_agent.sample import Labels, NoData, Sample

Fields = Sequence[tuple[str, str, float]]
"""Attribute of what psutil returns, name of the series, and what the value is divided by to be in the base unit."""


def psutil_or(source: object | None) -> object:
    """Return the source that a test gave, else psutil."""
    if source is not None:
        return source
    try:
        return import_module("psutil")
    except ImportError as e:
        raise NoData("psutil is not installed") from e


def ask(source: object, call: str, *args: object, **options: object) -> object | None:
    """Return what a function of psutil says, None where this platform has no such function, or it fails."""
    function = getattr(source, call, None)
    if function is None:
        return None
    try:
        found: object | None = function(*args, **options)
    except Exception:  # noqa: BLE001  psutil raises OSError, RuntimeError, SystemError and its own; none may stop a probe
        return None
    return found


def number(thing: object | None, attribute: str) -> float | None:
    """Return a finite number that the thing has, else None."""
    value = getattr(thing, attribute, None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def text(thing: object | None, attribute: str) -> str:
    """Return a text that the thing has, else an empty one."""
    value = getattr(thing, attribute, None)
    return value if isinstance(value, str) else ""


def entries(thing: object | None) -> Iterator[tuple[str, object]]:
    """Yield name and value of each of a mapping's entries, by name; none where it is no mapping."""
    if isinstance(thing, Mapping):
        for name in sorted(thing, key=str):
            yield str(name), thing[name]


def members(thing: object | None) -> Sequence[object]:
    """Return what is in a list, nothing where it is none."""
    return thing if isinstance(thing, list | tuple) else ()


def samples(thing: object | None, fields: Fields, labels: Labels = ()) -> Iterator[Sample]:
    """Yield a sample for each field that the thing has."""
    for attribute, name, parts in fields:
        value = number(thing, attribute)
        if value is not None:
            yield Sample(name, value / parts if parts != 1 else value, labels)


def or_no_data(found: Iterator[Sample], why: str) -> Iterator[Sample]:
    """Yield what was found; raise NoData where it is nothing."""
    first = next(found, None)
    if first is None:
        raise NoData(why)
    yield first
    yield from found
