"""`/metrics`: how asking the devices goes."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


class Counts(Protocol):
    """What was done since the start."""

    visits: int
    failures: dict[str, int]
    variables: int


class Rounds(Protocol):
    """Turns of devices."""

    running: int
    lag: float

    def __len__(self) -> int:
        """How many have turns."""


class Told(Protocol):
    """What was brought to the door."""

    refused: int


class PollFigures(Protocol):
    """Who asks in one way."""

    how: str
    """As `snmp`."""

    @property
    def devices(self) -> int:
        """How many devices are asked."""

    @property
    def counts(self) -> Counts:
        """What was done."""

    @property
    def rounds(self) -> Rounds:
        """Turns of devices."""


class _Nothing:
    visits = variables = refused = running = 0
    lag = 0.0

    def __init__(self) -> None:
        self.failures: dict[str, int] = {}

    def __len__(self) -> int:
        return 0


class TrapFigures(Protocol):
    """Traps that came: taken, from strangers, and dropped for there were too many."""

    taken: int
    strangers: int
    limited: int


class NoTraps:
    """Nobody listens yet, and nobody tells."""

    taken = strangers = limited = refused = 0


def of_polls(polls: Sequence[PollFigures], traps: TrapFigures, told: Told) -> Iterator[Metric]:
    """Give the figures."""
    by = ["protocol"]
    devices = GaugeMetricFamily("driftvakt_poll_devices", "Devices that are asked without an agent.", labels=by)
    running = GaugeMetricFamily("driftvakt_poll_running", "Visits to devices that are under way.", labels=by)
    lag = GaugeMetricFamily(
        "driftvakt_poll_lag_seconds", "How late visits to devices begin, at most, of late.", labels=by
    )
    visits = CounterMetricFamily("driftvakt_polls", "Visits to devices that brought something.", labels=by)
    variables = CounterMetricFamily("driftvakt_poll_variables", "Variables that devices told.", labels=by)
    failed = CounterMetricFamily(
        "driftvakt_poll_failures", "Visits to devices that brought nothing.", labels=[*by, "reason"]
    )
    for one in polls:
        counts, rounds = one.counts, one.rounds
        for metric, value in (
            (devices, one.devices), (running, rounds.running), (lag, rounds.lag), (visits, counts.visits),
            (variables, counts.variables),
        ):  # fmt: skip
            metric.add_metric([one.how], value)
        for reason, count in sorted(counts.failures.items()):
            failed.add_metric([one.how, reason], count)
    yield from (devices, running, lag, visits, variables, failed)
    yield CounterMetricFamily("driftvakt_poll_refused", "Visits that the door did not take.", told.refused)
    came = CounterMetricFamily("driftvakt_traps", "SNMP traps by what became of them.", labels=["result"])
    for result, count in (("taken", traps.taken), ("stranger", traps.strangers), ("dropped", traps.limited)):
        came.add_metric([result], count)
    yield came


class JobFigures(Protocol):
    """Jobs that tell by themselves. pings: what came, by what it was."""

    pings: dict[str, int]

    def __len__(self) -> int:
        """How many there are."""


class NoJobs:
    """Nobody tells yet."""

    def __init__(self) -> None:
        self.pings: dict[str, int] = {}

    def __len__(self) -> int:
        return 0


def of_jobs(jobs: JobFigures) -> Iterator[Metric]:
    """Give the figures."""
    yield GaugeMetricFamily("driftvakt_jobs", "Jobs that tell by themselves how they went.", len(jobs))
    came = CounterMetricFamily("driftvakt_job_pings", "Calls of jobs by what became of them.", labels=["result"])
    for result, count in sorted(jobs.pings.items()):
        came.add_metric([result], count)
    yield came


class CheckFigures(Protocol):
    """Services that are checked. outcomes: by kind of check and what was found."""

    outcomes: dict[tuple[str, str], int]

    @property
    def rounds(self) -> Rounds:
        """Turns of services."""


class NoChecks:
    """Nothing is checked yet."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], int] = {}
        self.rounds: Rounds = _Nothing()


def of_checks(checks: CheckFigures) -> Iterator[Metric]:
    """Give the figures."""
    yield GaugeMetricFamily("driftvakt_service_checks", "Services that are checked.", len(checks.rounds))
    yield GaugeMetricFamily(
        "driftvakt_service_check_lag_seconds", "How late checks of services begin, at most, of late.", checks.rounds.lag
    )
    came = CounterMetricFamily(
        "driftvakt_service_check_outcomes", "Checks of services by what they found.", labels=["kind", "outcome"]
    )
    for (kind, outcome), count in sorted(checks.outcomes.items()):
        came.add_metric([kind, outcome], count)
    yield came
