"""The clock of a supplier: time in which its calendar is open, each moment by the version that counted then."""

from driftvakt_collector.alert.calendars.book import Calendars
from driftvakt_collector.desk.suppliers.handover import Always, Clock
from driftvakt_collector.desk.suppliers.supplier import Supplier

_STEP = 14 * 86_400.0
_MOST = 400 * 86_400.0
"""Seconds ahead in which an end of service time is looked for; a calendar may be closed for ever."""


class ServiceTime:
    """A Clock. name: of a calendar that there is."""

    def __init__(self, calendars: Calendars, name: str) -> None:
        self._calendars = calendars
        self._name = name

    def open_seconds(self, begin: float, end: float) -> float:
        """See Clock."""
        return self._calendars.open_seconds(self._name, begin, end) if end > begin else 0.0

    def due(self, at: float, minutes: float) -> float:
        """See Clock. Where the calendar does not open often enough it is time of the day and night."""
        left, begin = minutes * 60.0, at
        while begin < at + _MOST:
            for one in self._calendars.spans(self._name, begin, begin + _STEP):
                if one.end - one.begin >= left:
                    return one.begin + left
                left -= one.end - one.begin
            begin += _STEP
        return at + minutes * 60.0


def clock(calendars: Calendars, supplier: Supplier, at: float) -> Clock:
    """Return a supplier's clock; that of day and night where its calendar is none that counts at a moment."""
    if not supplier.calendar or calendars.calendar(supplier.calendar, at) is None:
        return Always()
    return ServiceTime(calendars, supplier.calendar)
