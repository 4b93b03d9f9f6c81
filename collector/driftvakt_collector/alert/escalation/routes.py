"""Which policy an incident takes: the first line that fits. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from driftvakt_collector.alert.words import Words

DEFAULT = "default"
"""The policy of what fits no line."""


@dataclass(frozen=True)
class Subject:
    """What an incident is about, as its alert says."""

    zone: str = ""
    administration: str = ""
    site: str = ""
    service: str = ""
    severity: str = ""
    class_: str = ""
    supplier: str = ""


@dataclass(frozen=True)
class Route:
    """Each field lists what fits, * for any letters; an empty one fits everything. calendar: which must be open, or

    closed where `is_open` is False.
    """

    policy: str
    zones: tuple[str, ...] = ()
    administrations: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()
    calendar: str = ""
    is_open: bool = True

    def fits(self, subject: Subject, is_open: Callable[[str], bool]) -> bool:
        """Say whether it is for a subject."""
        pairs = (
            (self.zones, subject.zone), (self.administrations, subject.administration), (self.sites, subject.site),
            (self.services, subject.service), (self.severities, subject.severity), (self.classes, subject.class_),
            (self.suppliers, subject.supplier),
        )  # fmt: skip
        if not all(not wanted or any(fnmatchcase(told, one) for one in wanted) for wanted, told in pairs):
            return False
        return not self.calendar or is_open(self.calendar) is self.is_open


@dataclass(frozen=True)
class Choice:
    """The policy, and why this one."""

    policy: str
    why: Words


def choose(
    routes: Iterable[Route], subject: Subject, is_open: Callable[[str], bool], policies: Iterable[str]
) -> Choice:  # fmt: skip
    """Return the policy of a subject. A line whose policy is not there any more leads to the default, and says so."""
    known = set(policies)
    for number, route in enumerate(routes, 1):
        if route.fits(subject, is_open):
            if route.policy in known:
                return Choice(route.policy, Words(f"rad {number} i vägvalet", f"line {number} of the routes"))
            return Choice(
                DEFAULT,
                Words(
                    f"rad {number} i vägvalet leder till {route.policy}, som inte finns",
                    f"line {number} of the routes leads to {route.policy}, which is not there",
                ),
            )
    return Choice(DEFAULT, Words("ingen rad i vägvalet passar", "no line of the routes fits"))
