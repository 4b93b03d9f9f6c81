"""Whether a fault is left to a supplier, and until when we wait for it before our own people are told. Pure.

Whoever is not told must not be forgotten: what nobody has to answer by a time is never only left to somebody.
"""

from dataclasses import dataclass

from driftvakt_collector.alert.decision import Reason
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.suppliers.handover import Handover, State
from driftvakt_collector.desk.suppliers.supplier import Kind, Supplier

LEFT, TOLD = "supplier", "supplier.too"
"""Codes of the reasons: it is left to the supplier; it is handed over, and our own people are told as well."""
FALLBACK = 120.0
"""Seconds after which our own people are told of what could not be handed over, whatever kept it back."""
DOUBT = 900.0
"""Seconds in which what a supplier calls mended must be seen as mended by us."""


@dataclass(frozen=True)
class Leave:
    """A fault on a supplier's side. is_left: none of our own people is told as long as it keeps its times."""

    supplier: str
    is_left: bool
    reason: Reason


def leave(supplier: Supplier | None, *, has_mail: bool) -> Leave | None:
    """Say what becomes of a new incident whose thing a supplier delivers; None where that changes nothing.

    has_mail: whether mail can be sent, and answers to it come back.
    """
    if supplier is None or not supplier.is_automatic:
        return None
    name = supplier.name
    if supplier.kind is Kind.EMAIL and not has_mail:
        return _leave(name, is_left=False, words=Words(
            f"Leverantörens fel, men {name} nås bara per e-post och sådan är inte inställd: vi larmar själva",
            f"The supplier's fault, but {name} has mail alone and none is set up: our own people are told",
        ))  # fmt: skip
    if supplier.answer_minutes <= 0:
        return _leave(name, is_left=False, words=Words(
            f"Leverantörens fel: lämnat till {name}. Ingen svarstid är avtalad, så vi larmar också själva",
            f"The supplier's fault: left to {name}. No time to answer was agreed, so our own people are told too",
        ))  # fmt: skip
    return _leave(name, is_left=True, words=Words(
        f"Leverantörens fel: lämnat till {name}, som ska svara inom {supplier.answer_minutes:g} minuter av sin"
        " servicetid. Våra egna larmas om det inte sker",
        f"The supplier's fault: left to {name}, who answers within {supplier.answer_minutes:g} minutes of its"
        " service time. Our own people are told if it does not",
    ))  # fmt: skip


def waits_until(case: Handover, now: float) -> float | None:
    """Return until when our own people are not told of what is left to a supplier; None for as long as it takes."""
    if case.state is State.OPENED:
        return case.answer_due_at if case.answer_due_at is not None else now + FALLBACK
    if case.state is State.MENDED:
        # What comes meanwhile does not make it longer.
        return (now if case.mended_at is None else case.mended_at) + DOUBT
    if case.state in (State.ACCEPTED, State.CANCELLED):
        return now
    return case.mend_due_at


def _leave(name: str, *, is_left: bool, words: Words) -> Leave:
    return Leave(name, is_left, Reason(LEFT if is_left else TOLD, words))
