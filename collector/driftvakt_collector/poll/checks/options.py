"""What is set for a check, as its table of a configuration has it, held against what the check declares."""

from collections.abc import Mapping

from driftvakt_collector.poll.checks.check import Check, Option

Value = str | int | float | bool | tuple[str, ...]

_CALLED = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", tuple: "a list of texts"}


class CheckConfigError(Exception):
    """A check can't be carried out as it is set. The text names every mistake."""


def options_of(check: Check, told: Mapping[str, object]) -> dict[str, Value]:
    """Return the options of a table. Raises CheckConfigError with all that is wrong, in one message.

    A number may be whole where any is wanted, and one text stands for a list of one.
    """
    declared = {option.name: option for option in check.options}
    found: dict[str, Value] = {}
    mistakes = []
    for name, value in told.items():
        option = declared.get(name)
        if option is None:
            continue
        taken = _taken(option, value)
        if taken is None:
            mistakes.append(f"{name!r} must be {_CALLED[option.kind]}, got {str(value)[:40]!r}")
        else:
            found[name] = taken
    unknown = sorted(set(told) - set(declared))
    if unknown:
        known = f"known are {', '.join(sorted(declared))}" if declared else "it has none"
        mistakes.append(f"no option {', '.join(repr(one[:40]) for one in unknown)}: {known}")
    if mistakes:
        raise CheckConfigError(f"check {check.name!r}: {'; '.join(mistakes)}")
    return found


def _taken(option: Option, value: object) -> Value | None:
    if option.kind is tuple:
        many = [value] if isinstance(value, str) else value
        if not isinstance(many, list | tuple):
            return None
        texts = tuple(one for one in many if isinstance(one, str))
        return texts if len(texts) == len(many) else None
    if isinstance(value, bool):
        # True is an int for Python, and for nobody else.
        return value if option.kind is bool else None
    if option.kind is str and isinstance(value, str):
        return value
    if option.kind is int and isinstance(value, int):
        return value
    # Neither inf nor nan is a limit that anything could keep.
    if option.kind is float and isinstance(value, int | float) and abs(value) < float("inf"):
        return float(value)
    return None
