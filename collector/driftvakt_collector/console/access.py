"""Who may do and see what in the console: roles, and the one place that says which things somebody sees. Pure.

What is not granted is refused. A role that sees a part of the city alone is let in only where its part can be told
apart.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store.accounts import AccountRow
from driftvakt_collector.store.alerts import AlertRow
from driftvakt_collector.store.incidents import IncidentRow, Part

Handler = Callable[[Request, "Viewer"], Awaitable[Response]]
"""Answers somebody."""
Routed = Callable[[Request], Awaitable[Response]]


class Role(Enum):
    """What somebody is to us."""

    ADMIN = "admin"
    OPERATOR = "operator"
    ONCALL = "oncall"
    ADMINISTRATION = "administration"
    EXECUTIVE = "executive"
    SUPPLIER = "supplier"


class May(Enum):
    """What can be granted.

    FLEET: the list of hosts and the page of one. INVENTORY: what is on a host, with names of people. CITY: what counts
    over all: software, applications, topology. COVERAGE: the ledger; ACCEPT: say that a finding of it is all right.
    INCIDENTS, ALERTS: see them; STAFF: who of ours was told and has it; ACT: take it, hand it on. PROGRAMS: the REST
    interface. PEOPLE: accounts, and the audit log.
    """

    FLEET = "fleet"
    INVENTORY = "inventory"
    CITY = "city"
    COVERAGE = "coverage"
    ACCEPT = "accept"
    INCIDENTS = "incidents"
    ALERTS = "alerts"
    STAFF = "staff"
    ACT = "act"
    PROGRAMS = "programs"
    PEOPLE = "people"


_SEES = frozenset((May.FLEET, May.CITY, May.COVERAGE, May.INCIDENTS, May.ALERTS))
GRANTS: Mapping[Role, frozenset[May]] = {
    Role.ADMIN: frozenset(May),
    Role.OPERATOR: _SEES | {May.INVENTORY, May.ACCEPT, May.STAFF, May.ACT, May.PROGRAMS},
    Role.ONCALL: _SEES | {May.INVENTORY, May.STAFF, May.ACT, May.PROGRAMS},
    Role.ADMINISTRATION: frozenset((May.FLEET, May.INVENTORY, May.INCIDENTS)),
    Role.EXECUTIVE: _SEES,
    Role.SUPPLIER: frozenset((May.FLEET, May.INCIDENTS)),
}
TITLES = {
    Role.ADMIN: "Platform administrator", Role.OPERATOR: "Operator", Role.ONCALL: "On call",
    Role.ADMINISTRATION: "Administration", Role.EXECUTIVE: "Executive office", Role.SUPPLIER: "Supplier",
}  # fmt: skip


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks. administrations, supplier: what a role sees that does not see all."""

    name: str
    role: Role
    administrations: frozenset[str] = frozenset()
    supplier: str = ""

    @property
    def sees_all(self) -> bool:
        """Say if the whole city is theirs to see."""
        return self.role not in (Role.ADMINISTRATION, Role.SUPPLIER)

    def may(self, what: May) -> bool:
        """Say if this is granted."""
        return what in GRANTS[self.role]

    def sees(self, host: Host) -> bool:
        """Say if a host is theirs to see."""
        return self.sees_part(host.administration, host.supplier)

    def sees_part(self, administration: str, supplier: str) -> bool:
        """Say if what belongs to an administration, and to a supplier, is theirs to see."""
        if self.role is Role.ADMINISTRATION:
            return administration in self.administrations
        if self.role is Role.SUPPLIER:
            return bool(self.supplier) and supplier.casefold() == self.supplier.casefold()
        return True

    @property
    def part(self) -> Part | None:
        """Return the incidents that are theirs to see, None for all."""
        if self.sees_all:
            return None
        return Part(supplier=self.supplier or "-") if self.role is Role.SUPPLIER else Part(tuple(self.administrations))

    def sees_incident(self, row: IncidentRow, handed: frozenset[str] = frozenset()) -> bool:
        """Say if an incident is theirs to see. handed: suppliers that have a case of it."""
        if self.role is Role.SUPPLIER:
            return bool(self.supplier) and self.supplier.casefold() in {one.casefold() for one in handed}
        return self.sees_part(row.administration, "")

    def sees_alert(self, row: AlertRow) -> bool:
        """Say if an alert is theirs to see."""
        return self.sees_part(row.administration, row.supplier)

    def hosts(self, hosts: Mapping[str, Host]) -> dict[str, Host]:
        """Return those hosts that are theirs to see, by origin."""
        if self.sees_all:
            return dict(hosts)
        return {origin: host for origin, host in hosts.items() if self.sees(host)}


class ForPeople(Protocol):
    """Lets in who is logged in and may."""

    def __call__(self, handler: Handler, may: May) -> Routed:
        """Return what answers a request."""
        ...


def viewer_of(row: AccountRow) -> Viewer | None:
    """Return who looks with an account; None for one that may not, or whose role is none of ours."""
    try:
        role = Role(row.role)
    except ValueError:
        return None
    return None if row.disabled else Viewer(row.name, role, frozenset(row.administrations), row.supplier)
