"""Code that is made for a series set: which points of a host may be wrong, asked of its values in one go.

Nearly every line is well, so what is made says "nothing" as fast as Python can: each value is read once, neighbours are
looked at together (a state among them is looked for as eight bytes), and only points that may be wrong are evaluated
one by one. It may say too much, never too little: NaN compares as false, and where max() can be misled by it the point
counts as one that may be wrong; eight bytes may also be found across two values.

Only numbers go into the code, never a text of a rule or a host.
"""

from array import array
from collections.abc import Callable, Iterable
from itertools import groupby
from struct import Struct, pack

from driftvakt_collector.alert.rules.point import GONE, Point
from driftvakt_collector.alert.rules.rule import WINDOWED, Condition, Function, Op

Quick = Callable[["array[float]", float], tuple[Point, ...]]
_CARE = 1e-12
_RUN = 4
"""So many neighbours are looked at together."""


def quick(points: Iterable[Point]) -> Quick:
    """Return a function of a host's values and the moment (seconds) that names the points which may be wrong.

    Points of windows are named when their guards hold.
    """
    reads: dict[int, str] = {}
    groups: dict[str, tuple[Point, ...]] = {}
    lines = _nested(_grouped(points), reads, groups)
    if not lines:
        return _nothing
    head = []
    if reads:
        names = "".join(f"{reads[place]}, " for place in sorted(reads))
        head = [f"    {names}= pick(values)"]
    if any("find(" in line for line in lines):
        head.append("    find = values.tobytes().find")
    code = "\n".join(["def quick(values, now):", "    found = ()", *head, *lines, "    return found", ""])
    scope: dict[str, object] = {**groups, "pick": _picker(sorted(reads))}
    exec(compile(code, "<rules>", "exec"), scope)  # noqa: S102  numbers and names of our own
    made: Quick = scope["quick"]  # type: ignore[assignment]
    return made


def _picker(positions: list[int]) -> Callable[["array[float]"], tuple[float, ...]]:
    form, end = "=", 0
    for position in positions:
        form += f"{8 * (position - end)}xd"
        end = position + 1
    return Struct(form).unpack_from


def _grouped(points: Iterable[Point]) -> list[tuple[Point, ...]]:
    """Return the points of each rule that may be wrong at all."""
    of_rules = groupby(points, key=lambda point: point.rule)
    return [here for _, of_rule in of_rules if (here := tuple(point for point in of_rule if _told(point)))]


def _nested(
    rules: list[tuple[Point, ...]], reads: dict[int, str], groups: dict[str, tuple[Point, ...]]
) -> list[str]:  # fmt: skip
    """Return the lines that ask each rule; where two ask the same series, the stricter only after the laxer is true."""
    by_asked: dict[object, list[tuple[Point, ...]]] = {}
    for here in rules:
        by_asked.setdefault(_asked(here), []).append(here)
    lines = []
    for alike in by_asked.values():
        first = _first(alike[0][0])
        alike.sort(key=lambda here: _first(here[0]).threshold, reverse=first.op is Op.BELOW)
        indent = "    "
        for here in alike:
            name = f"g{len(groups)}"
            groups[name] = here
            lines += [f"{indent}if {' or '.join(_tests(here[0].rule.condition, here, reads))}:"]
            lines += [f"{indent}    found += {name}"]
            if len(here[0].checks) == (here[0].rule.function in WINDOWED):
                # It asks nothing else, so where it is not true a stricter one isn't either.
                indent += "    "
    return lines


def _first(point: Point) -> Condition:
    """Return what is asked of a point first."""
    return point.checks[0].condition if point.rule.function in WINDOWED else point.rule.condition


def _asked(points: tuple[Point, ...]) -> object:
    """Return what is the same for rules that hold the same values against thresholds; else something of its own."""
    function, op = points[0].rule.function, _first(points[0]).op
    if function not in (Function.NEWEST, *WINDOWED) or op is Op.EQUALS:
        return object()
    if function in WINDOWED:
        return op, tuple((point.checks[0].position, point.checks[0].per) for point in points)
    return op, tuple((point.position, point.per) for point in points)


def _nothing(_values: "array[float]", _now: float) -> tuple[Point, ...]:
    return ()


def is_steady(point: Point) -> bool:
    """Say if a point asks only for states, which are the same in nearly every line."""
    states = [point.rule.condition, *(check.condition for check in point.checks)]
    plain = point.per is None and all(check.per is None for check in point.checks)
    return point.rule.function is Function.NEWEST and plain and all(one.op is Op.EQUALS for one in states)


def places(point: Point) -> set[int]:
    """Return the positions that a point asks."""
    return {point.position, *(check.position for check in point.checks)} - {GONE}


def _told(point: Point) -> bool:
    if point.rule.function is Function.ABSENT:
        return True
    places = [point.position, point.per, *(place for check in point.checks for place in (check.position, check.per))]
    return GONE not in places


def _tests(condition: Condition, points: tuple[Point, ...], reads: dict[int, str]) -> Iterable[str]:
    plain = [
        point.position
        for point in points
        if point.rule.function is Function.NEWEST and point.per is None and not point.checks
    ]
    if len(plain) == len(points):
        yield from _plain(condition, sorted(plain), reads)
        return
    for point in points:
        tests = [] if point.rule.function in WINDOWED else [_own(point, reads)]
        for check in point.checks:
            # What comes second is seldom asked, so it is read when it is.
            tests.append(_test(check.condition, check.position, check.per, None if tests else reads))
        yield f"({' and '.join(tests)})"


def _plain(condition: Condition, places: list[int], reads: dict[int, str]) -> Iterable[str]:
    for _, run in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        here = [place for _, place in run]
        if len(here) < _RUN:
            yield from (_test(condition, place, None, reads) for place in here)
            continue
        part = f"values[{here[0]}:{here[-1] + 1}]"
        edge = repr(condition.threshold)
        if condition.op is Op.EQUALS and condition.threshold:
            yield f"find({pack('=d', condition.threshold)!r}, {8 * here[0]}, {8 * here[-1] + 8}) >= 0"
        elif condition.op is Op.EQUALS:
            # Zero is written in two ways, and its bytes are found slowly among those of small whole numbers.
            yield f"0.0 in {part}"
        elif condition.op is Op.ABOVE:
            yield f"not max({part}) <= {edge}"
        else:
            yield f"not min({part}) >= {edge}"


def _own(point: Point, reads: dict[int, str]) -> str:
    condition = point.rule.condition
    if point.rule.function is Function.AGE:
        return f"now - {_read(point.position, reads)} {condition.op.value} {condition.threshold!r}"
    if point.rule.function is Function.ABSENT:
        return " and ".join(f"{name} != {name}" for name in (_read(place, reads) for place in point.others)) or "True"
    if point.rule.function is Function.UNTIL:
        return f"{_read(point.position, reads)} - now {condition.op.value} {condition.threshold!r}"
    return _test(condition, point.position, point.per, reads)


def _test(condition: Condition, place: int, per: int | None, reads: dict[int, str] | None) -> str:
    value, tail = _read(place, reads), f"{condition.op.value} {condition.threshold!r}"
    if per is None:
        return f"{value} {tail}"
    by = _read(per, reads)
    edge = condition.threshold
    if condition.op is Op.EQUALS or edge <= 0:
        # By zero it is infinite or nothing; which of them is told by whoever looks closer.
        return f"({value} / {by} {tail} if {by} else {value})"
    # A product is found twice as fast as a quotient. Rounded to the careful side; a divisor below zero is looked at.
    near = edge * (1 - _CARE) if condition.op is Op.ABOVE else edge * (1 + _CARE)
    return f"({value} {condition.op.value} {by} * {near!r} or {by} < 0.0)"


def _read(place: int, reads: dict[int, str] | None) -> str:
    if reads is None:
        return f"values[{place}]"
    return reads.setdefault(place, f"v{place}")
