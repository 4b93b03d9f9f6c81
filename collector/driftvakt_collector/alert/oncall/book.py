"""All rotas as they stand in the store, with people and changes: who is on duty, also across versions of a plan."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from sqlalchemy import Connection

from driftvakt_collector.alert.oncall.changes import ChangeKind, DutyChange
from driftvakt_collector.alert.oncall.contact import Contact
from driftvakt_collector.alert.oncall.days import Days
from driftvakt_collector.alert.oncall.duty import Duty, duties
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.oncall.reading import read
from driftvakt_collector.alert.oncall.rota import Rota
from driftvakt_collector.alert.oncall.shift import Gap, Shift, gaps, next_on_duty, shifts
from driftvakt_collector.config import ConfigError
from driftvakt_collector.store import duty, people, plans
from driftvakt_collector.store.duty import DutyChangeRow
from driftvakt_collector.store.people import ContactRow, PersonRow
from driftvakt_collector.store.plans import PlanRow

KIND = "rota"
"""Of plans in the store."""
_FOREVER = float("inf")


class RotaBook:
    """A snapshot: make a new one when a plan, a change or a person is another. Plans are parsed when first needed."""

    def __init__(
        self, rows: Sequence[PlanRow], changes: Iterable[DutyChange], persons: Mapping[str, Person], days: Days
    ) -> None:
        self.people = persons
        self.days = days
        self.changes = tuple(changes)
        self._rows = list(rows)
        self._parsed: dict[tuple[str, int], Rota | str] = {}
        gone = [
            DutyChange(0, ChangeKind.ABSENCE, one.name, one.changed_at, _FOREVER)
            for one in persons.values() if not one.is_active
        ]  # fmt: skip
        self._known = (*gone, *self.changes)

    @property
    def names(self) -> list[str]:
        """What rotas there are, of any version."""
        return sorted({row.name for row in self._rows})

    def at(self, moment: float) -> dict[str, Rota]:
        """Return by name the rotas that count at a moment."""
        found = {}
        for name, row in plans.at(self._rows, moment).items():
            rota = self._read(row) if row.body else ""
            if isinstance(rota, Rota):
                found[name] = rota
        return found

    def broken(self, moment: float) -> dict[str, str]:
        """Return by name what is wrong with plans that count at a moment and can't be read."""
        found = {}
        for name, row in plans.at(self._rows, moment).items():
            told = self._read(row) if row.body else ""
            if isinstance(told, str) and told:
                found[name] = told
        return found

    def changes_of(self, rota: Rota) -> tuple[DutyChange, ...]:
        """Return what differs from a rota; who is not active, or not there any more, is absent."""
        named = {*rota.people, *(name for one in self.changes for name in (one.person, one.instead) if name)}
        strangers = sorted(named - set(self.people))
        return (
            *(DutyChange(0, ChangeKind.ABSENCE, name, 0.0, _FOREVER) for name in strangers),
            *(one for one in self._known if one.concerns(rota.name)),
        )

    def duties(self, name: str, at: float) -> tuple[Duty, ...]:
        """Return who is on duty by a rota at a moment, and why; nobody where there is no such rota."""
        rota = self.at(at).get(name)
        return () if rota is None else duties(rota, self.changes_of(rota), at)

    def on_duty(self, name: str, at: float) -> tuple[str, ...]:
        """Return who is on duty by a rota at a moment, the primary first."""
        return tuple(one.person for one in self.duties(name, at))

    def next_on_duty(self, name: str, at: float) -> Shift | None:
        """Return the next shift with another first person, within three months and by the plan that counts now."""
        rota = self.at(at).get(name)
        return None if rota is None else next_on_duty(rota, self.changes_of(rota), at)

    def shifts(self, name: str, begin: float, end: float) -> list[Shift]:
        """Return a rota's shifts within a time, each by the version that counts then."""
        found: list[Shift] = []
        for rota, since, until in self._versions(name, begin, end):
            for one in shifts(rota, self.changes_of(rota), since, until):
                if found and found[-1].end == one.begin and found[-1].duties == one.duties:
                    one = Shift(found.pop().begin, one.end, one.duties)
                found.append(one)
        return found

    def gaps(self, name: str, begin: float, end: float) -> list[Gap]:
        """Return when a rota has nobody within a time though it must."""
        return [
            gap for rota, since, until in self._versions(name, begin, end)
            for gap in gaps(rota, self.changes_of(rota), since, until)
        ]  # fmt: skip

    def serving(self, service: str, zone: str, at: float) -> str:
        """Return the rota for a service in a zone, empty for none: one that names the service goes before one that

        names the zone, and that before one for all; of equals the first by name.
        """
        found = []
        for name, rota in sorted(self.at(at).items()):
            if (not rota.services or service in rota.services) and (not rota.zones or zone in rota.zones):
                found.append((not rota.services, not rota.zones, name))
        return min(found)[2] if found else ""

    def _versions(self, name: str, begin: float, end: float) -> list[tuple[Rota, float, float]]:
        """Return by which rota a time is to be read, piece by piece."""
        cuts = {begin, end} | {row.from_at for row in self._rows if row.name == name and begin < row.from_at < end}
        found = []
        for since, until in pairwise(sorted(cuts)):
            rota = self.at(since).get(name)
            if rota is not None:
                found.append((rota, since, until))
        return found

    def _read(self, row: PlanRow) -> Rota | str:
        key = (row.name, row.version)
        if key not in self._parsed:
            try:
                self._parsed[key] = read(row.body, None, self.days.named(), row.name)
            except ConfigError as e:
                self._parsed[key] = str(e)
        return self._parsed[key]


def load(connection: Connection, days: Days) -> RotaBook:
    """Return the rotas of a store with all that is known about them."""
    rows = plans.versions(connection, KIND)
    return RotaBook(rows, changes_of(duty.load(connection)), people_of(connection), days)


def people_of(connection: Connection) -> dict[str, Person]:
    """Return everybody by name."""
    return persons_of(people.load(connection), people.contacts(connection))


def persons_of(rows: Iterable[PersonRow], contacts: Iterable[ContactRow]) -> dict[str, Person]:
    """Return people as rows tell of them."""
    ways: dict[str, list[Contact]] = {}
    for one in contacts:
        ways.setdefault(one.person, []).append(Contact(one.channel, one.address, one.position, one.verified_at))
    return {
        row.name: Person(
            row.name, row.full_name, row.language, row.time_zone, row.is_active, tuple(ways.get(row.name, ())),
            row.changed_at,
        )
        for row in rows
    }  # fmt: skip


def changes_of(rows: Iterable[DutyChangeRow]) -> list[DutyChange]:
    """Return changes as rows tell of them."""
    return [
        DutyChange(row.id, ChangeKind(row.kind), row.person, row.from_at, row.until_at, row.rota, row.instead, row.note)
        for row in rows if row.removed_at is None
    ]  # fmt: skip
