"""What is measured over a window of samples: the functions of Prometheus 2.42, step for step.

Source: promql/functions.go there. Moments are whole milliseconds of the epoch as floats; values hold no NaN and are in
the order of time. None: there is no value.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import fsum, inf, isinf, nan


def increase(times: Sequence[float], values: Sequence[float], start: float, end: float) -> float | None:
    """Return by how much a counter grew, extrapolated to start and end; a fall is a counter that began anew."""
    grown = _grown(times, values, start, end)
    return None if grown is None else grown[0] * grown[1]


def rate(times: Sequence[float], values: Sequence[float], start: float, end: float) -> float | None:
    """Return the same for each second of the window."""
    grown = _grown(times, values, start, end)
    return None if grown is None else grown[0] * (grown[1] / ((end - start) / 1000))


def _grown(times: Sequence[float], values: Sequence[float], start: float, end: float) -> tuple[float, float] | None:
    """Return what a counter grew by between its samples, and the factor that extrapolates it (extrapolatedRate)."""
    if len(times) < 2:
        return None
    first, first_at, last_at = values[0], times[0], times[-1]
    grown = values[-1] - first
    before = first
    for value in values:
        if value < before:
            grown += before
        before = value
    to_start, to_end = (first_at - start) / 1000, (end - last_at) / 1000
    sampled = (last_at - first_at) / 1000
    if not sampled:
        return None
    average = sampled / (len(times) - 1)
    if grown > 0 and first >= 0:
        # A counter is never below zero, so it is not extrapolated to before its zero.
        to_start = min(to_start, sampled * (first / grown))
    threshold = average * 1.1
    length = sampled
    length += to_start if to_start < threshold else average / 2
    length += to_end if to_end < threshold else average / 2
    return grown, length / sampled


def forecast(times: Sequence[float], values: Sequence[float], end: float, ahead: float) -> float | None:
    """Return the value `ahead` seconds after `end`, by the straight line through the samples (predict_linear)."""
    count = len(times)
    if count < 2:
        return None
    first = values[0]
    if all(value == first for value in values):
        return nan if isinf(first) else first
    xs = [(at - end) / 1000 for at in times]
    try:
        sum_x, sum_y = fsum(xs), fsum(values)
        sum_xy = fsum([x * y for x, y in zip(xs, values, strict=True)])
        sum_xx = fsum([x * x for x in xs])
    except (OverflowError, ValueError):
        return nan
    spread = sum_xx - sum_x * sum_x / count
    if not spread:
        return nan
    slope = (sum_xy - sum_x * sum_y / count) / spread
    return slope * ahead + (sum_y / count - slope * sum_x / count)


def average(values: Sequence[float]) -> float | None:
    """Return the mean, with the compensation that Prometheus sums with (avg_over_time)."""
    if not values:
        return None
    mean = missed = 0.0
    for count, value in enumerate(values, 1):
        if isinf(mean) and ((isinf(value) and (mean > 0) == (value > 0)) or not isinf(value)):
            continue
        step = value / count - mean / count
        total = mean + step
        missed += (mean - total) + step if abs(mean) >= abs(step) else (step - total) + mean
        mean = total
    return mean if isinf(mean) else mean + missed


def changes(values: Sequence[float]) -> float | None:
    """Return how often the value became another one."""
    if not values:
        return None
    return float(sum(one != other for one, other in pairwise(values)))


def highest(values: Sequence[float]) -> float | None:
    """Return the largest value."""
    return max(values, default=None)


def lowest(values: Sequence[float]) -> float | None:
    """Return the smallest value."""
    return min(values, default=None)


def divided(value: float, by: float) -> float:
    """Return the quotient as PromQL has it: by zero it is infinite, and of two zeros nothing."""
    try:
        return value / by
    except ZeroDivisionError:
        if value == 0 or value != value:
            return nan
        return inf if (value > 0) == (str(by)[0] != "-") else -inf
