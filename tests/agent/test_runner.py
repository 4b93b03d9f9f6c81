import _thread
import threading
from collections.abc import Callable, Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes import Probe
from driftvakt_agent.runner import Collect, Outcome, Runner
from driftvakt_agent.sample import DeclaredSample, Happening, NoData, ProbeError, Sample

PATIENCE = 10.0
"""Seconds after which a test that went wrong fails instead of hanging."""


def fine(*samples: Sample | Happening) -> Collect:
    return lambda _host: iter(samples)


class Blocked:
    """A probe that gives a sample, hangs until it is let go, and gives another."""

    def __init__(self) -> None:
        self.runs = 0
        self.let_go = threading.Event()
        self.returned = threading.Event()

    def __call__(self, _host: Host) -> Iterator[Sample]:
        self.runs += 1
        yield Sample("before", self.runs)
        assert self.let_go.wait(PATIENCE)
        yield Sample("after", self.runs)
        self.returned.set()


def runner(collects: dict[str, Collect], monotonic: Callable[[], float] | None = None) -> Runner:
    return Runner(Host(monotonic=monotonic) if monotonic else Host(), lambda probe: collects[probe.name])


def told(outcomes: list[Outcome]) -> dict[str, tuple[list[str], str]]:
    return {one.name: ([sample.name for sample in one.samples], one.error) for one in outcomes}


def test_each_probe_says_what_it_found() -> None:
    outcomes = runner({"a": fine(Sample("x", 1)), "b": fine(Sample("y", 2), Sample("z", 3))}).run(
        [Probe("a"), Probe("b")]
    )

    assert told(outcomes) == {"a": (["x"], ""), "b": (["y", "z"], "")}
    assert all(one.seconds >= 0 and not one.empty for one in outcomes)


def test_the_fault_of_one_is_not_that_of_the_others() -> None:
    def breaks(error: Exception) -> Collect:
        def collect(_host: Host) -> Iterator[Sample]:
            yield Sample("first", 1)
            raise error

        return collect

    collects = {
        "a": breaks(ValueError("strange")), "b": fine(Sample("y", 1)), "c": breaks(ProbeError("cannot read /x")),
        "d": breaks(PermissionError(13, "Permission denied", "/y")), "e": breaks(NoData("no such device")),
    }  # fmt: skip
    outcomes = runner(collects).run([Probe(name) for name in collects])

    assert told(outcomes) == {
        "a": (["first"], "ValueError: strange"), "b": (["y"], ""), "c": (["first"], "cannot read /x"),
        "d": (["first"], "[Errno 13] Permission denied: '/y'"), "e": (["first"], ""),
    }  # fmt: skip
    assert [one.name for one in outcomes if one.empty] == ["e"]


def test_a_probe_that_cannot_be_loaded_is_a_fault_of_its_own() -> None:
    outcomes = runner({"b": fine()}).run([Probe("a"), Probe("b")])

    assert told(outcomes) == {"a": ([], "KeyError: 'a'"), "b": ([], "")}


def test_what_happened_and_what_was_declared_are_kept_apart() -> None:
    declared = DeclaredSample("backup_age", 1, (), "gauge", "Age.")
    (outcome,) = runner({"a": fine(declared, Happening("check.changed", "x"), Sample("y", 1))}).run([Probe("a")])

    assert [one.name for one in outcome.samples] == ["backup_age", "y"]
    assert [one.text for one in outcome.happenings] == ["x"]
    assert outcome.families == {"backup_age": ("gauge", "Age.")}


def test_a_probe_that_hangs_is_left_behind() -> None:
    hangs = Blocked()
    probes = [Probe("a"), Probe("hangs", deadline=0.02), Probe("b")]
    running = runner({"a": fine(Sample("x", 1)), "hangs": hangs, "b": fine(Sample("y", 1))})

    first = running.run(probes)
    second = running.run(probes)
    hangs.let_go.set()
    assert hangs.returned.wait(PATIENCE)
    assert running._stuck["hangs"].done.wait(PATIENCE)
    third = running.run([*probes[:1], Probe("hangs", deadline=PATIENCE), *probes[2:]])

    assert told(first) == {"a": (["x"], ""), "hangs": (["before"], "gave no answer within 0.02 s"), "b": (["y"], "")}
    assert told(second) == {"a": (["x"], ""), "hangs": ([], "still hangs from an earlier cycle"), "b": (["y"], "")}
    assert told(third) == {"a": (["x"], ""), "hangs": (["before", "after"], ""), "b": (["y"], "")}
    assert hangs.runs == 2


def test_several_may_hang_at_once() -> None:
    stuck = {name: Blocked() for name in "abc"}
    probes = [Probe(name, deadline=0.01) for name in "abc"] + [Probe("d")]
    before = _thread._count()
    running = runner({**stuck, "d": fine(Sample("x", 1))})

    outcomes = [running.run(probes) for _ in range(3)]

    assert [told(one)["d"] for one in outcomes] == [(["x"], "")] * 3
    assert [one.runs for one in stuck.values()] == [1, 1, 1]
    assert _thread._count() - before == 3
    for one in stuck.values():
        one.let_go.set()


def test_a_hang_is_found_though_the_probe_before_had_more_time() -> None:
    hangs = Blocked()
    running = runner({"a": fine(), "hangs": hangs})
    done = threading.Event()

    def run() -> None:
        running.run([Probe("a", deadline=60), Probe("hangs", deadline=0.02)])
        done.set()

    threading.Thread(target=run, daemon=True).start()

    assert done.wait(PATIENCE)
    hangs.let_go.set()


def test_no_probe_is_run_twice_in_a_cycle() -> None:
    """Deadlines that end just when a probe does: whoever comes first, each probe has one outcome and one run."""
    names = [str(n) for n in range(40)]
    for _ in range(50):
        runs: list[str] = []

        def collect_as(name: str, runs: list[str] = runs) -> Collect:
            def collect(_host: Host) -> Iterator[Sample]:
                runs.append(name)
                yield Sample(name, 1)

            return collect

        running = runner({name: collect_as(name) for name in names})
        outcomes = running.run([Probe(name, deadline=0.00001) for name in names])
        assert all(job.done.wait(PATIENCE) for job in running._stuck.values())

        assert sorted(one.name for one in outcomes) == sorted(names)
        assert sorted(runs) == sorted(names)


def test_a_slow_probe_is_asked_when_it_is_due() -> None:
    now = [1000.0]
    runs: list[float] = []

    def collect(_host: Host) -> Iterator[Sample]:
        runs.append(now[0])
        yield Sample("x", len(runs))

    running = runner({"slow": collect}, lambda: now[0])
    values = []
    for now[0] in (1000.0, 1060.0, 1299.0, 1360.0, 1599.0):
        (outcome,) = running.run([Probe("slow", every=300)])
        values.append(outcome.samples[0].value)

    assert values == [1, 1, 2, 2, 3]
    assert runs == [1000.0, 1299.0, 1599.0]


def test_a_slow_probe_that_failed_is_asked_sooner() -> None:
    now = [0.0]
    runs: list[float] = []

    def collect(_host: Host) -> Iterator[Sample]:
        runs.append(now[0])
        yield Sample("first", 1)
        raise ProbeError("locked")

    running = runner({"slow": collect}, lambda: now[0])
    for now[0] in (0.0, 60.0, 299.0, 400.0):
        (outcome,) = running.run([Probe("slow", every=21600)])
        assert outcome.error == "locked"

    assert runs == [0.0, 299.0]


def test_no_probes() -> None:
    assert runner({}).run([]) == []
