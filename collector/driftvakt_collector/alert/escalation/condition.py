"""Whether a step's condition holds, and if not, why. Pure."""

from zoneinfo import ZoneInfo

from driftvakt_collector.alert.escalation.policy import Only
from driftvakt_collector.alert.escalation.situation import Situation
from driftvakt_collector.alert.oncall.hours import within
from driftvakt_collector.alert.words import Words


def unmet(only: Only, at: float, zone: ZoneInfo, situation: Situation) -> Words | None:
    """Return why a condition does not hold at a moment; None where it holds."""
    if only.severities and situation.severity.value not in only.severities:
        wanted = ", ".join(only.severities)
        return Words(f"gäller bara {wanted}", f"it is for {wanted} only")
    if only.hours and not within(only.hours, at, zone):
        return Words("inte den tiden", "not at this hour")
    if only.day == "workday" and not situation.is_workday:
        return Words("inte arbetsdag", "no working day")
    if only.day == "holiday" and situation.is_workday:
        return Words("arbetsdag", "a working day")
    if only.calendar and situation.is_open(only.calendar) is not only.is_open:
        if only.is_open:
            return Words(f"{only.calendar} är stängd", f"{only.calendar} is closed")
        return Words(f"{only.calendar} är öppen", f"{only.calendar} is open")
    if only.more_than is not None and (number := situation.alerts(only.minutes)) <= only.more_than:
        return Words(
            f"{number} larm på {only.minutes:g} minuter, inte fler än {only.more_than}",
            f"{number} alerts in {only.minutes:g} minutes, no more than {only.more_than}",
        )
    return None
