"""The measurements in what a Nagios plug-in says (Monitoring Plugins Development Guidelines, 2.6).

Example:
    DISK OK - free space: / 3326 MB (56%);|'/ root'=2643MB;5948;5958;0;5968 time=0.01s;;;0
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from driftvakt_collector.poll.checks.check import said

_MOST = 100
"""Measurements of one plug-in."""
_ONE = re.compile(
    r"\s*(?:'(?P<quoted>(?:[^']|''){1,200})'|(?P<bare>[^\s='|]{1,200}))="
    r"(?P<value>[-+]?[0-9]{1,30}(?:[.,][0-9]{1,30})?(?:[eE][-+]?[0-9]{1,2})?|U)(?P<unit>[^\s;0-9]{0,5})(?:;[^\s]*)?(?=\s|$)"
)
_UNITS = {
    "": ("", 1.0),
    "s": ("seconds", 1.0), "ms": ("seconds", 1e-3), "us": ("seconds", 1e-6), "ns": ("seconds", 1e-9),
    "%": ("ratio", 1e-2), "c": ("total", 1.0),
    # Plug-ins say MB and mean 1024 of 1024.
    "B": ("bytes", 1.0), "KB": ("bytes", 1024.0), "MB": ("bytes", 1024.0**2), "GB": ("bytes", 1024.0**3),
    "TB": ("bytes", 1024.0**4),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """label: as the plug-in has it. value: in the unit. unit: seconds, bytes, ratio, total, another one, or empty."""

    label: str
    value: float
    unit: str


def parts(output: str) -> tuple[str, str]:
    """Return what a plug-in says to people, in its first line, and all of its measurements."""
    first, _, rest = output.partition("\n")
    words, _, numbers = first.partition("|")
    # In long output, they go on behind another bar.
    _, _, more = rest.partition("|")
    return words.strip(), f"{numbers} {more}"


def measured(text: str) -> Iterator[Measured]:
    """Yield the measurements that can be read, up to the first that can't. A value of U, unknown, is left out."""
    at = 0
    for _ in range(_MOST):
        fit = _ONE.match(text, at)
        if fit is None:
            return
        at = fit.end()
        label = said((fit["quoted"] or fit["bare"]).replace("''", "'"))
        if fit["value"] != "U" and label:
            unit, factor = _UNITS.get(fit["unit"], (said(fit["unit"]), 1.0))
            yield Measured(label, float(fit["value"].replace(",", ".")) * factor, unit)
