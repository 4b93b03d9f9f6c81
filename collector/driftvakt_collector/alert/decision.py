"""Whether an alert pages, and every reason why or why not. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from driftvakt_collector.alert.alert import Alert, Severity, Source
from driftvakt_collector.alert.words import Words

PERSONAL = frozenset({"workstation", "laptop", "desktop", "pc", "tablet"})
"""Classes of machines that somebody may switch off when they go home."""
_MOST_REASONS = 20


class Standing(Enum):
    """PAGED: it is on an incident, and people are told by its policy. HELD: not now; it is decided again.

    SHOWN: it stands in the console, and nobody is told.
    """

    PAGED = "paged"
    HELD = "held"
    SHOWN = "shown"


@dataclass(frozen=True)
class Reason:
    """One step of a decision. code: for counting. until: when it no longer holds, None where that is not known."""

    code: str
    words: Words
    until: float | None = None


_CLOSED = Words("utanför servicetid", "outside service hours")


@dataclass(frozen=True)
class Situation:
    """What is so around an alert at a moment.

    muted: maintenance, silences and freezes that cover it. above: why what it hangs behind is to blame, None where it
    is not. is_open: whether its service hours run; closed: why not; opens: when they begin again.
    """

    muted: Sequence[Reason] = ()
    above: Reason | None = None
    is_open: bool = True
    closed: Words = _CLOSED
    opens: float | None = None


@dataclass(frozen=True)
class Decision:
    """What was decided, and why: every reason, the one that decided first."""

    standing: Standing
    reasons: tuple[Reason, ...]

    @property
    def trace(self) -> str:
        """The reasons as JSON, as the store keeps them."""
        return told(self.reasons)


def decide(alert: Alert, situation: Situation) -> Decision:
    """Say whether an alert pages now."""
    if alert.severity is Severity.INFO:
        return Decision(Standing.SHOWN, (_INFO,))
    if alert.class_ in PERSONAL and alert.source is Source.RULE:
        return Decision(Standing.SHOWN, (_PERSONAL,))
    held = list(situation.muted)
    if situation.above is not None:
        held.append(situation.above)
    if alert.severity is Severity.WARNING and not situation.is_open:
        words = Words(
            f"En varning larmar bara under servicetid: {situation.closed.sv}",
            f"A warning pages in service hours only: {situation.closed.en}",
        )
        held.append(Reason("hours", words, situation.opens))
    if held:
        return Decision(Standing.HELD, tuple(held[:_MOST_REASONS]))
    return Decision(Standing.PAGED, (_CRITICAL if alert.severity is Severity.CRITICAL else _OPEN,))


def told(reasons: Iterable[Reason]) -> str:
    """Return reasons as JSON."""
    rows = [
        {"code": one.code, "sv": one.words.sv, "en": one.words.en, **({"until": one.until} if one.until else {})}
        for one in reasons
    ]
    return json.dumps(rows, ensure_ascii=False)


def read(trace: str) -> list[Reason]:
    """Return the reasons that JSON of ours holds."""
    return [Reason(one["code"], Words(one["sv"], one["en"]), one.get("until")) for one in json.loads(trace or "[]")]


_INFO = Reason("info", Words("Bara för kännedom: larmar aldrig", "For information only: never pages"))
_PERSONAL = Reason(
    "personal",
    Words("En persons dator larmar aldrig ensam", "A person's computer never pages alone"),
)
_CRITICAL = Reason("critical", Words("Allvarligt: larmar dygnet runt", "Critical: pages at any hour"))
_OPEN = Reason("open", Words("Varning under servicetid", "A warning in service hours"))
