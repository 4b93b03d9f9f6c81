"""Asks services as their users would, each in its turn, and brings what came of it through the door."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from driftvakt_collector.poll.checks.check import OF_ANSWERS, Check, Outcome, Target, run
from driftvakt_collector.poll.checks.options import CheckConfigError, options_of
from driftvakt_collector.poll.checks.table import CHECKS
from driftvakt_collector.poll.rounds import Rounds
from driftvakt_collector.poll.schedule import Turn
from driftvakt_collector.poll.teller import Tells
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.service_checks import ServiceCheckRow
from driftvakt_collector.trust.vault import Vault, VaultError
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Checks under way."""
_TIMES = 2
"""Checks in a row that must fail before it is an event: one lost packet is none."""
_RETRY = 5.0
"""Seconds after the first that fails until it is looked at again."""

Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class _Service:
    row: ServiceCheckRow
    host: HostRow
    check: Check
    target: Target
    failures: int = 0
    told: str = ""
    known: str = ""


class Checker:
    """Carries checks out. outcomes: how many there were since the start, by kind and what they found."""

    def __init__(
        self, vault: Vault, teller: Tells, *, now: Callable[[], float], wall: Callable[[], float],
        checks: Mapping[str, Check] = CHECKS, at_once: int = AT_ONCE,
    ) -> None:  # fmt: skip
        self.outcomes: dict[tuple[str, str], int] = {}
        # A service that is down is looked at as often as one that is up: its users wait for it.
        self.rounds = Rounds(self._turn, at_once, now, backs_off=False)
        self._vault = vault
        self._teller = teller
        self._now = now
        self._wall = wall
        self._checks = checks
        self._services: dict[str, _Service] = {}

    def know(self, told: Iterable[tuple[ServiceCheckRow, HostRow]]) -> None:
        """Take what is to be checked now."""
        fresh = {row.origin: (row, host) for row, host in told if self._teller.speaks_as(host.keeper)}
        for origin in self._services.keys() - fresh.keys():
            del self._services[origin]
            self.rounds.drop(origin)
        for origin, (row, host) in fresh.items():
            known = self._services.get(origin)
            if known is not None and known.row == row:
                known.host = host
                continue
            try:
                check, target = read(row, self._vault, self._checks)
            except (CheckConfigError, VaultError) as e:
                log.error("cannot check %s (%s): %s", host.name, origin, e)
                continue
            self._services[origin] = _Service(row, host, check, target)
            self.rounds.set(origin, row.every)

    async def _turn(self, origin: str, _turn: Turn, _facts: bool) -> bool:  # noqa: FBT001  as Rounds calls it
        service = self._services.get(origin)
        if service is None:
            return True
        row = service.row
        outcome = await run(service.check, service.target, row.patience)
        mark = (row.kind, "ok" if outcome.fault is None else outcome.fault.value)
        self.outcomes[mark] = self.outcomes.get(mark, 0) + 1
        service.failures = 0 if outcome.fault is None else service.failures + 1
        await self._tell(service, outcome)
        if service.failures == 1:
            self.rounds.soon(origin, _RETRY)
        return outcome.fault is None

    async def _tell(self, service: _Service, outcome: Outcome) -> None:
        row, at = service.row, self._wall()
        found = series(service.check, outcome, row.service)
        part = encode.series_set(list(found), {})
        mark = digest(part)
        records = [] if service.known == mark else [encode.series(mark, part)]
        records.append(encode.report(at, 0.0, row.every, mark, list(found.values()), {}, row.origin))
        news = self._news(service, outcome)
        if news is not None:
            records.append(encode.event(at, *news, row.origin))
        lacks = await self._teller.tell(service.host.keeper, row.origin, records)
        service.known = "" if lacks is None or mark in lacks else mark
        if lacks is not None and news is not None:
            service.told = "" if outcome.fault is None else outcome.fault.value

    def _news(self, service: _Service, outcome: Outcome) -> tuple[str, str] | None:
        """Return the event of an outcome that is another than before."""
        if outcome.fault is None:
            return ("check.ok", f"{service.host.name} answers as it should again") if service.told else None
        if service.failures < _TIMES or service.told == outcome.fault.value:
            return None
        return f"check.{outcome.fault.value}", f"{service.host.name}: {outcome.reason}"


def read(row: ServiceCheckRow, vault: Vault, checks: Mapping[str, Check] = CHECKS) -> tuple[Check, Target]:
    """Return what a row asks for. Raises CheckConfigError, VaultError."""
    check = checks.get(row.kind)
    if check is None:
        raise CheckConfigError(f"there is no check {row.kind!r}; there are {', '.join(sorted(checks))}")
    secret = vault.open(row.sealed, about(row.origin)).decode() if row.sealed else ""
    return check, Target(row.target, row.port, options_of(check, json.loads(row.options)), secret)


def about(origin: str) -> str:
    """Return under which name a check's secret is sealed."""
    return f"service check {origin}"


def series(check: Check, outcome: Outcome, service: str) -> dict[Key, float]:
    """Return what an outcome says as series, those of blackbox_exporter where it has them."""
    own = (("service", service),) if service else ()
    found: dict[Key, float] = {
        ("probe_success", own): float(outcome.fault is None),
        ("probe_duration_seconds", own): outcome.seconds,
    }
    for fault in OF_ANSWERS:
        found["driftvakt_probe_fault", (*own, ("fault", fault.value))] = float(outcome.fault is fault)
    for phase, seconds in outcome.phases.items():
        found[check.phases, (*own, ("phase", phase))] = seconds
    for (name, labels), value in outcome.values.items():
        found[name, (*own, *labels)] = value
    return found
