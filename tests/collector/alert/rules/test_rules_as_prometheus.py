"""A real Prometheus with the exported rules and our engine give the same verdict at every step of every history."""

import random
from array import array
from collections.abc import Callable, Sequence
from math import nan
from pathlib import Path
from shutil import which

import pytest
from rule_histories import History, Key, Verdicts, a_host, ours, theirs

from driftvakt_collector.alert.rules import book
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.alert.rules.profile import SLOTS, Profile
from driftvakt_collector.alert.rules.rule import Function, Rule

RULES = Path(__file__).with_name("every_kind.toml")
PER_KIND = 70
SEED = 2026


def promtool() -> str:
    found = which("promtool")
    if found is None:
        pytest.skip("no promtool: Debian's package prometheus has it")
    return found


def key(name: str, **labels: str) -> Key:
    return name, tuple(sorted(labels.items()))


def walk(pick: random.Random, low: float, high: float, step: float) -> Callable[[], float]:
    """A gauge that wanders between two values, and often stands still."""
    value = pick.uniform(low, high)

    def next_value() -> float:
        nonlocal value
        if pick.random() < 0.7:
            value = min(max(value + pick.uniform(-step, step), low), high)
        return round(value, 3)

    return next_value


def counter(pick: random.Random) -> Callable[[], float]:
    """A counter that rests, bursts, and begins anew."""
    value, busy = float(pick.randrange(1000)), False

    def next_value() -> float:
        nonlocal value, busy
        if pick.random() < (0.3 if busy else 0.03):
            busy = not busy
        if pick.random() < 0.02:
            value = float(pick.randrange(3))
        elif busy:
            value += pick.randrange(40)
        return value

    return next_value


def falling(pick: random.Random) -> Callable[[], float]:
    """Free space that goes down, at times faster, and is at times cleaned up."""
    value, step = pick.uniform(200, 1000), pick.uniform(0, 6)

    def next_value() -> float:
        nonlocal value, step
        if pick.random() < 0.02:
            value, step = pick.uniform(200, 1000), pick.uniform(-2, 6)
        value = max(value - step * pick.uniform(0.5, 1.5), 0.0)
        return round(value, 2)

    return next_value


def flag(pick: random.Random, often: float) -> Callable[[], float]:
    """1 that at times is 0 for a while."""
    value = 1.0

    def next_value() -> float:
        nonlocal value
        if pick.random() < (often if value else 0.3):
            value = 1.0 - value
        return value

    return next_value


def moment(pick: random.Random, interval: float) -> Callable[[], float]:
    """When something was done last: now and then it is now."""
    step, value = 0, -pick.uniform(0, 1200)

    def next_value() -> float:
        nonlocal step, value
        step += 1
        if pick.random() < 0.1:
            value = round(step * interval - pick.uniform(0, 30), 3)
        return value

    return next_value


def leave_out(pick: random.Random, told: dict[Key, float], holes: float, missing: dict[Key, int]) -> None:
    """Let series be silent for a while: some are named and have no value, others leave the set."""
    for one in list(told):
        if missing.get(one):
            missing[one] -= 1
        elif pick.random() < holes * 0.1:
            missing[one] = pick.randrange(2, 30)
        if missing.get(one) and len(one[0]) % 2 == 0:
            del told[one]
        elif missing.get(one) or pick.random() < holes:
            told[one] = nan


def generated(pick: random.Random, number: int, interval: float, count: int) -> History:
    """A host with a series of each kind, and with holes of every kind."""
    sources: dict[Key, Callable[[], float]] = {
        key("node_load1"): walk(pick, 1, 6, 0.6),
        key("node_memory_MemAvailable_bytes"): walk(pick, 2, 30, 5),
        key("node_memory_MemTotal_bytes"): lambda: 100.0 if pick.random() < 0.97 else 0.0,
        key("node_network_receive_errs_total", device="eth0"): counter(pick),
        key("node_network_receive_errs_total", device='å"\\b'): counter(pick),
        key("node_network_receive_packets_total", device="eth0"): counter(pick),
        key("node_vmstat_oom_kill"): counter(pick),
        key("node_boot_time_seconds"): moment(pick, interval),
        key("driftvakt_part_ok", kind="fan", part="1"): flag(pick, 0.03),
        key("driftvakt_part_ok", kind="psu", part="2"): flag(pick, 0.03),
        key("driftvakt_job_last_success_timestamp_seconds", service="Filer"): moment(pick, interval),
        key("probe_ssl_earliest_cert_expiry", service="Webb"): walk(pick, 0, 30000, 4000),
        key("node_reboot_required"): flag(pick, 0.1),
        key("driftvakt_users_logged_in"): walk(pick, 0, 60, 20),
    }
    for mount in ("/", "/var"):
        labels = {"fstype": "ext4" if pick.random() < 0.8 else "tmpfs", "mountpoint": mount}
        sources[key("node_filesystem_avail_bytes", **labels)] = falling(pick)
        sources[key("node_filesystem_size_bytes", **labels)] = lambda: 1000.0
    holes = pick.choice([0.0, 0.02, 0.2])
    gaps = pick.choice([0.0, 0.05, 0.3])
    away = 0
    missing: dict[Key, int] = {}
    steps: list[dict[Key, float] | None] = []
    for _ in range(count):
        told = {one: source() for one, source in sources.items()}
        if steps and (away or pick.random() < gaps * 0.2):
            away = away - 1 if away else pick.randrange(1, 40)
            steps.append(None)
            continue
        if steps and pick.random() < gaps:
            steps.append(None)
            continue
        leave_out(pick, told, holes, missing)
        steps.append(told)
    class_ = "workstation" if number % 9 == 0 else "server"
    return History(a_host(f"host-{interval:.0f}-{number}", class_, f"site-{number % 3}"), steps)


def learnt(pick: random.Random, rules: Sequence[Rule], evaluator: Evaluator, histories: Sequence[History]) -> None:
    """Let each host have seen weeks before."""
    for one in histories:
        one.host.series = None
        for rule in rules:
            if rule.function is not Function.BASELINE:
                continue
            profile = Profile()
            profile.usual = array("d", [round(pick.uniform(3, 40), 2) for _ in range(SLOTS)])
            profile.weeks = array("H", [pick.choice([1, 2, 3]) for _ in range(SLOTS)])
            assert one.steps[0] is not None
            one.tell(one.steps[0])
            evaluator.line(one.host, 0.0)
            evaluator._states[one.host.origin].profiles[rule.name, ()] = profile


def differences(words: str) -> str:
    """The first few words of promtool."""
    return "\n".join(words.splitlines()[:12])[:6000]


@pytest.mark.real
@pytest.mark.parametrize(
    ("interval", "count"),
    [pytest.param(15, 80, id="15 s"), pytest.param(60, 70, id="60 s"), pytest.param(30, 60, id="30 s")],
)
def test_generated_histories_get_the_same_verdict_at_every_step(
    tmp_path: Path, interval: int, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    pick = random.Random(SEED + interval)
    rules = book.read(RULES).rules
    histories = [generated(pick, number, interval, count) for number in range(PER_KIND)]
    evaluator = Evaluator(rules, pace=interval)
    learnt(pick, rules, evaluator, histories)

    said = ours(rules, histories, interval, evaluator)
    differing, words = theirs(tmp_path, rules, histories, interval, said, promtool())

    with capsys.disabled():
        print(f"\n{len(histories)} histories, {summary(said)}, {differing} steps differ")
    assert not differing, differences(words)
    assert fired(said) == {rule.name for rule in rules}


def summary(said: Verdicts) -> str:
    firing = sum(("alertstate", "firing") in alert for step in said.steps for alert in step)
    pending = sum(("alertstate", "pending") in alert for step in said.steps for alert in step)
    return f"{len(said.steps)} steps, {firing} times firing and {pending} times pending"


def fired(said: Verdicts) -> set[str]:
    return {dict(alert)["alertname"] for step in said.steps for alert in step if ("alertstate", "firing") in alert}
