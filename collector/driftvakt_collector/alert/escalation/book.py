"""Policies and routes as they stand in the store; the shipped policy where there is none of its name."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from sqlalchemy import Connection

from driftvakt_collector.alert.escalation.policy import Policy
from driftvakt_collector.alert.escalation.reading import ROUTES, read_policy, read_routes
from driftvakt_collector.alert.escalation.routes import DEFAULT, Route
from driftvakt_collector.config import ConfigError
from driftvakt_collector.store import plans
from driftvakt_collector.store.plans import PlanRow

KIND = "policy"
"""Of plans in the store; the routes are one of them, by the name of `reading.ROUTES`."""


@cache
def shipped_text() -> str:
    """Return the shipped policy as it is written."""
    return resources.files(__package__).joinpath("default.toml").read_text("utf-8")


class PolicyBook:
    """A snapshot: make a new one when a plan is another. Plans are parsed when first needed."""

    def __init__(self, rows: Sequence[PlanRow]) -> None:
        self._rows = list(rows)
        self._parsed: dict[tuple[str, int], Policy | tuple[Route, ...] | str] = {}
        self._shipped = read_policy(shipped_text())

    def at(self, moment: float) -> Mapping[str, Policy]:
        """Return by name the policies that count at a moment; there is always one, `default`."""
        own = {name: one for name, one in self._all(moment).items() if isinstance(one, Policy)}
        return {DEFAULT: self._shipped, **own}

    def routes(self, moment: float) -> tuple[Route, ...]:
        """Return the lines of the routes that count at a moment."""
        found = self._all(moment).get(ROUTES, ())
        return found if isinstance(found, tuple) else ()

    def broken(self, moment: float) -> dict[str, str]:
        """Return by name what is wrong with plans that count at a moment and can't be read."""
        return {name: one for name, one in self._all(moment).items() if isinstance(one, str)}

    def _all(self, moment: float) -> dict[str, Policy | tuple[Route, ...] | str]:
        return {name: self._read(row) for name, row in plans.at(self._rows, moment).items() if row.body}

    def _read(self, row: PlanRow) -> Policy | tuple[Route, ...] | str:
        key = (row.name, row.version)
        if key not in self._parsed:
            try:
                is_routes = row.name == ROUTES
                self._parsed[key] = read_routes(row.body) if is_routes else read_policy(row.body, name=row.name)
            except ConfigError as e:
                self._parsed[key] = str(e)
        return self._parsed[key]


def load(connection: Connection) -> PolicyBook:
    """Return the policies and routes of a store."""
    return PolicyBook(plans.versions(connection, KIND))
