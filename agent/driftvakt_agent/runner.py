"""Runs the probes: each one isolated, timed, and given up at its deadline.

They run one after another in a worker thread. A probe that hangs (statvfs on a dead file server can't be interrupted)
costs that thread: it is left behind, the rest goes on in a new one, and the probe is not run again until it returned.
"""

import _thread
import sys
from collections.abc import Callable, Iterator, Sequence

from driftvakt_agent.apart import available, collect_apart
from driftvakt_agent.flag import Flag
from driftvakt_agent.host import Host
from driftvakt_agent.probes import Probe
from driftvakt_agent.sample import DeclaredSample, Happening, NoData, ProbeError, Sample

Collect = Callable[[Host], Iterator[Sample | Happening]]


class Outcome:
    """How one run went. error: "" when it went well, else why not. empty: there is nothing of this kind here.

    samples: what came, also of a run that failed or was given up later. happenings: what the probe saw happen.
    """

    __slots__ = ("empty", "error", "happenings", "name", "samples", "seconds")

    def __init__(self, name: str, samples: list[Sample], seconds: float, error: str, *, empty: bool = False) -> None:
        self.name = name
        self.samples = samples
        self.seconds = seconds
        self.error = error
        self.empty = empty
        self.happenings: list[Happening] = []

    @property
    def families(self) -> dict[str, tuple[str, str]]:
        """Return type and help of names that driftvakt does not declare, where the probe found them in files."""
        return {one.name: (one.type, one.help) for one in self.samples if isinstance(one, DeclaredSample)}


class _Job:
    """The probes of one cycle, on their way through a worker."""

    __slots__ = ("abandoned", "began", "done", "index", "lock", "outcomes", "probes", "samples")

    def __init__(self, probes: list[Probe], began: float) -> None:
        self.probes = probes
        self.index = 0
        self.samples: list[Sample] = []
        self.began = began
        self.outcomes: list[Outcome] = []
        self.done = Flag()
        # Held where the worker takes a step and where it is given up: else a probe could run in two workers at once.
        self.lock = _thread.allocate_lock()
        self.abandoned = False


class Runner:
    """load: gives the function of a probe, its module's `collect` by default; a test gives its own."""

    def __init__(self, host: Host, load: Callable[[Probe], Collect] | None = None) -> None:
        self._host = host
        self._load = load or _import
        self._collects: dict[str, Collect] = {}
        self._kept: dict[str, tuple[float, Outcome]] = {}
        self._stuck: dict[str, _Job] = {}

    def run(self, probes: Sequence[Probe]) -> list[Outcome]:
        """Run those that are due and return the outcome of all; a slow probe's last one is given again in between."""
        now = self._host.monotonic()
        outcomes: list[Outcome] = []
        due: list[Probe] = []
        for probe in probes:
            stuck = self._stuck.get(probe.name)
            if stuck is not None:
                if not stuck.done.is_set():
                    outcomes.append(Outcome(probe.name, [], now - stuck.began, "still hangs from an earlier cycle"))
                    continue
                del self._stuck[probe.name]
            kept = self._kept.get(probe.name)
            if kept is not None and now < kept[0]:
                outcomes.append(kept[1])
            else:
                due.append(probe)
        while due:
            job = _Job(due, self._host.monotonic())
            _thread.start_new_thread(self._work, (job,))
            due = self._wait(job, outcomes)
        for probe in probes:
            if probe.every:
                self._keep(probe, outcomes)
        return outcomes

    def _wait(self, job: _Job, outcomes: list[Outcome]) -> list[Probe]:
        """Wait for a job; return what is left when one of its probes hangs."""
        while True:
            index = job.index
            if index >= len(job.probes):
                job.done.wait()
                break
            probe = job.probes[index]
            left = job.began + probe.deadline - self._host.monotonic()
            # The worker goes on meanwhile: it may come to a probe that has less time than this one.
            least = min(one.deadline for one in job.probes[index:])
            if job.done.wait(max(0.0, min(left, least))):
                break
            with job.lock:
                if job.index == index and self._host.monotonic() >= job.began + probe.deadline:
                    job.abandoned = True
                    self._stuck[probe.name] = job
                    outcomes.extend(job.outcomes)
                    why = f"gave no answer within {probe.deadline:g} s"
                    outcomes.append(Outcome(probe.name, list(job.samples), probe.deadline, why))
                    return job.probes[index + 1 :]
        outcomes.extend(job.outcomes)
        return []

    def _work(self, job: _Job) -> None:
        """Run a job, in a thread of its own: an idle one in between would hold its stack."""
        for probe in job.probes:
            outcome = self._one(probe, job.samples)
            with job.lock:
                if job.abandoned:
                    break
                job.outcomes.append(outcome)
                job.began = self._host.monotonic()
                job.index += 1
                job.samples = []
        job.done.set()

    def _one(self, probe: Probe, samples: list[Sample]) -> Outcome:
        began = self._host.monotonic()
        happenings: list[Happening] = []
        error = ""
        empty = False
        try:
            collect = self._collects.get(probe.name)
            if collect is None:
                collect = self._collects[probe.name] = self._load(probe)
            for one in collect(self._host):
                if isinstance(one, Sample):
                    samples.append(one)
                elif self._host.persons is None:
                    happenings.append(one)
                else:
                    happenings.append(Happening(one.name, self._host.persons.text(one.text)))
        except NoData:
            empty = True
        except (ProbeError, OSError) as e:
            error = f"{e}"
        except Exception as e:  # noqa: BLE001  the seam: one probe's fault is never another's
            error = f"{e.__class__.__name__}: {e}"
        outcome = Outcome(probe.name, samples, self._host.monotonic() - began, error, empty=empty)
        outcome.happenings = happenings
        return outcome

    def _keep(self, probe: Probe, outcomes: list[Outcome]) -> None:
        """Remember a slow probe's outcome until it is due again; a failed one is due sooner."""
        kept = self._kept.get(probe.name)
        for outcome in outcomes:
            if outcome.name == probe.name and (kept is None or kept[1] is not outcome):
                wait = probe.every if not outcome.error else min(probe.every, 300.0)
                self._kept[probe.name] = (self._host.monotonic() + wait - 1.0, outcome)


def _import(probe: Probe) -> Collect:
    if probe.apart and available():
        return collect_apart(probe.name, probe.deadline - 5)
    # Not importlib: what is asked for is in sys.modules afterwards, and the module would stay in memory for this line.
    __import__(probe.module())
    collect: Collect = sys.modules[probe.module()].collect
    return collect
