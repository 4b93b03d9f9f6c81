"""What the agent says of itself: how its probes went, and what it costs the machine it watches."""

import os
import sys
import time
from collections.abc import Iterable

from driftvakt_agent.runner import Outcome
from driftvakt_agent.sample import Sample
from driftvakt_wire import RELEASE


class Cost:
    """CPU seconds since the start, and bytes held now."""

    __slots__ = ("cpu", "memory")

    def __init__(self, cpu: float, memory: int) -> None:
        self.cpu = cpu
        self.memory = memory


def cost() -> Cost:
    """Return what this process has cost so far."""
    return Cost(time.process_time(), resident_bytes())


def resident_bytes() -> int:
    """Return the resident memory of this process in bytes."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        import psutil

        return int(psutil.Process().memory_info().rss)


def of_probes(outcomes: Iterable[Outcome], *, durations: bool) -> list[Sample]:
    """Return success of each probe, and how long it took. A machine without the thing is no failure."""
    samples: list[Sample] = []
    for outcome in outcomes:
        labels = (("probe", outcome.name),)
        if outcome.empty:
            continue
        samples.append(Sample("driftvakt_probe_success", 0.0 if outcome.error else 1.0, labels))
        if durations:
            samples.append(Sample("driftvakt_probe_duration_seconds", round(outcome.seconds, 6), labels))
    return samples


def of_agent(spent: Cost, profile: str, pending: int, dropped: int, shed: int, cut: int, sent: int) -> list[Sample]:
    """Return the agent's own series.

    pending, dropped: records. shed: probes left out. cut: series over the limit.
    sent: bytes of HTTP.
    """
    facts = (
        ("version", RELEASE),
        ("python", ".".join(str(part) for part in sys.version_info[:3])),
        ("platform", sys.platform),
        ("profile", profile),
    )
    return [
        Sample("driftvakt_agent_info", 1.0, facts),
        Sample("driftvakt_agent_cpu_seconds_total", round(spent.cpu, 6)),
        Sample("driftvakt_agent_resident_memory_bytes", float(spent.memory)),
        Sample("driftvakt_agent_pending_records", float(pending)),
        Sample("driftvakt_agent_dropped_records_total", float(dropped)),
        Sample("driftvakt_agent_shed_probes", float(shed)),
        Sample("driftvakt_agent_series_dropped", float(cut)),
        Sample("driftvakt_agent_sent_bytes_total", float(sent)),
    ]


def of_spool(size: int, lines: int, *, writable: bool) -> list[Sample]:
    """Return the series of the spool. size: bytes."""
    return [
        Sample("driftvakt_agent_spool_writable", float(writable)),
        Sample("driftvakt_agent_spool_bytes", float(size)),
        Sample("driftvakt_agent_spool_lines", float(lines)),
    ]
