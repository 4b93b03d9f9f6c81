import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from listener import Listener, Request, http, taken

from driftvakt_agent import loop, runner
from driftvakt_agent.config import Config, read
from driftvakt_agent.host import Host
from driftvakt_agent.loop import Agent
from driftvakt_agent.probes import Probe
from driftvakt_agent.sample import Happening, ProbeError, Sample
from driftvakt_agent.sender import Response, Sender
from driftvakt_agent.status import healthy, read_status

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'agent'}{os.pathsep}{ROOT / 'collector'}"}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Silent(Sender):
    """A sender that counts, and whose other end says one thing."""

    def __init__(self, reply: Response | None = None) -> None:
        super().__init__("http://127.0.0.1:1")
        self.reply = reply or Response(200, b'{"accepted":1}', 0.0)
        self.bodies: list[bytes] = []

    def post(self, body: bytes, *, backlog: bool = False, patience: float = 0.0) -> Response:
        self.bodies.append(body)
        return self.reply


def config(tmp_path: Path, url: str = "http://127.0.0.1:1", **more: object) -> Config:
    made = Config(url, "a-1", 1, b"k" * 32, status_file=str(tmp_path / "status.json"))
    for name, value in more.items():
        setattr(made, name, value)
    return made


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Sample | Happening | Exception]]:
    """The only probes there are: name to what each gives, or raises."""
    given: dict[str, list[Sample | Happening | Exception]] = {"load": [Sample("node_load1", 0.5)]}

    def collect_as(probe: Probe) -> runner.Collect:
        def collect(_host: Host) -> Iterator[Sample | Happening]:
            for one in given[probe.name]:
                if isinstance(one, Exception):
                    raise one
                yield one

        return collect

    monkeypatch.setattr(loop, "chosen", lambda _config: [Probe(name) for name in given])
    monkeypatch.setattr(runner, "_import", collect_as)
    return given


# --- the beat ---


def beat(agent: Agent, clock: Clock, turns: int, took: Callable[[int], float] = lambda _turn: 0.0) -> list[float]:
    """Run the agent and return at which seconds it reported. took: how long a turn's probes take."""
    began: list[float] = []
    cycle = agent.cycle

    def timed() -> None:
        began.append(clock.now - 1000.0)
        clock.now += took(len(began))
        cycle()

    def stopped(seconds: float) -> bool:
        assert seconds >= 0
        clock.now += seconds
        return len(began) >= turns

    agent.cycle = timed  # type: ignore[method-assign]
    agent.run(stopped)
    return began


def timed_agent(tmp_path: Path, clock: Clock, sender: Sender | None = None) -> Agent:
    return Agent(config(tmp_path), Host(now=clock, monotonic=clock), sender or Silent())


def test_the_first_report_is_at_once_and_then_it_keeps_the_beat(tmp_path: Path, probes: object) -> None:
    clock = Clock()

    began = beat(timed_agent(tmp_path, clock), clock, 6)

    assert began[0] == 0
    assert 0 < began[1] < 60
    assert [later - earlier for earlier, later in pairwise(began[1:])] == pytest.approx([60.0] * 4)


def test_turns_that_were_missed_are_not_made_up_for(tmp_path: Path, probes: object) -> None:
    clock = Clock()

    began = beat(timed_agent(tmp_path, clock), clock, 7, lambda turn: 1000.0 if turn == 3 else 0.0)

    # The report of the third turn is late; one follows at once, and the rest are on the old beat.
    splay = began[1]
    assert began[2] == pytest.approx(splay + 60)
    assert began[3] == pytest.approx(began[2] + 1000)
    assert [(one - splay + 30) % 60 for one in began[4:]] == pytest.approx([30, 30, 30])
    assert began[5] - began[4] == pytest.approx(60)


@pytest.mark.parametrize("interval", [1.0, 5.0, 60.0, 3600.0])
def test_agents_that_start_at_once_report_apart(tmp_path: Path, probes: object, interval: float) -> None:
    places = []
    for number in range(40):
        clock = Clock()
        agent = Agent(config(tmp_path, interval=interval, origin=f"a-{number}"), Host(monotonic=clock), Silent())
        began = beat(agent, clock, 3)
        places.append(began[2] % interval)
        assert began[2] - began[1] == pytest.approx(interval)

    assert len({round(4 * place / interval) for place in places}) >= 4 or interval == 1.0


# --- what it sends ---


def test_a_host_that_the_collector_does_not_know_yet(tmp_path: Path, probes: object) -> None:
    known: set[str] = set()

    def answer(request: Request) -> bytes:
        records = request.records()
        known.update(str(record["digest"]) for record in records if "digest" in record)
        named = {mark for one in records if one["kind"] == "report" for mark in marks(one)}
        return http(200, taken(request) | {"want": {"a-1": sorted(named - known)}})

    with Listener(answer) as server:
        agent = Agent(config(tmp_path, server.url))
        agent.hello()
        for _ in range(2):
            agent.cycle()
            assert agent.deliver(0.0) < 0
        agent.goodbye()

    assert [request.kinds() for request in server.requests] == [
        ["report", "event"],
        ["section", "series"] if "section" in server.requests[1].kinds()[0] else ["series", "section"],
        ["report"],
        ["goodbye"],
    ]
    assert server.connections == 1


def marks(report: dict[str, object]) -> set[str]:
    sections = report["sections"]
    assert isinstance(sections, dict)
    return {str(report["series"]), *map(str, sections.values())}


def test_a_collector_that_always_wants_more_gets_it_a_few_times_a_cycle(tmp_path: Path, probes: object) -> None:
    def answer(request: Request) -> bytes:
        for record in request.records():
            wanted.update(marks(record) if record["kind"] == "report" else ())
        return http(200, taken(request) | {"want": {"a-1": sorted(wanted)}})

    wanted: set[str] = set()
    with Listener(answer) as server:
        agent = Agent(config(tmp_path, server.url))
        agent.cycle()
        for _ in range(5):
            agent.deliver(0.0)
        agent.sender.close()

    assert len(server.requests) == 4


def test_what_happened_is_an_event_once(tmp_path: Path, probes: dict[str, list[object]]) -> None:
    probes["checks"] = [Happening("check.changed", "disk is critical: 99 %")]
    sender = Silent()
    agent = Agent(config(tmp_path), sender=sender)
    for _ in range(2):
        agent.cycle()
        agent.deliver(0.0)
        probes["checks"] = []

    assert b"disk is critical" in sender.bodies[0]
    assert b"disk is critical" not in sender.bodies[1]


def test_a_probe_that_fails_is_said_in_status_and_series(tmp_path: Path, probes: dict[str, list[object]]) -> None:
    probes["disk"] = [ProbeError("cannot read /proc/diskstats")]
    agent = Agent(config(tmp_path), sender=Silent())

    agent.cycle()

    assert agent.status()["failing"] == {"probe disk": "cannot read /proc/diskstats"}
    rows = json.loads(agent._names.set)["series"]
    place = rows.index(["driftvakt_probe_success", "probe", "disk"])
    assert json.loads(agent.delivery.custody.live()[0].line)["record"]["values"][place] == 0


def test_it_stays_away_across_turns_when_it_is_told_to(tmp_path: Path, probes: object) -> None:
    clock = Clock()
    sender = Silent(Response(503, b"{}", 600.0))

    beat(timed_agent(tmp_path, clock, sender), clock, 15)

    # 15 turns are 14 minutes: at first, after ten to twelve minutes, and the goodbye.
    assert len(sender.bodies) == 3


def test_a_collector_that_is_gone_is_tried_at_least_each_turn(tmp_path: Path, probes: object) -> None:
    clock = Clock()
    sender = Silent(Response(500, b"", 0.0))

    began = beat(timed_agent(tmp_path, clock, sender), clock, 20)

    assert len(began) <= len(sender.bodies) <= 8 * len(began)


def test_a_clean_stop_is_said_in_the_status_file(tmp_path: Path, probes: object) -> None:
    clock = Clock()
    beat(timed_agent(tmp_path, clock), clock, 2)

    status = read_status(str(tmp_path / "status.json"))

    assert status is not None
    assert healthy(status, clock.now + 5) == (False, "not running: it was stopped 5 s ago")


def test_a_status_file_that_cannot_be_written_stops_nothing(
    tmp_path: Path, probes: object, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    agent = timed_agent(tmp_path, clock)
    agent.config.status_file = "/no/such/folder/status.json"

    beat(agent, clock, 3)

    assert capsys.readouterr().err.count("cannot write /no/such/folder/status.json: No such file") == 1


# --- the real collector ---


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A collector in a process of its own: its URL, and its data."""
    data = tmp_path_factory.mktemp("collector")
    manage(data, "init")
    process = subprocess.Popen(
        [sys.executable, "-m", "driftvakt_collector", "serve", "--data", str(data), "--port", "0"],
        env=ENVIRONMENT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    guard = threading.Timer(60, process.kill)
    guard.start()
    url = next((line.split("serves on ")[1].split()[0] for line in process.stderr if "serves on" in line), "")
    guard.cancel()
    # Somebody must go on reading, or the pipe fills and the collector stands still.
    reader = threading.Thread(target=process.stderr.read, daemon=True)
    reader.start()
    assert url, "the collector ended before it served"
    yield url, data
    process.terminate()
    process.wait(30)
    reader.join(30)
    process.stderr.close()


def manage(data: Path, *command: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "driftvakt_collector", *command, "--data", str(data)],
        env=ENVIRONMENT, check=True, capture_output=True,
    )  # fmt: skip


def exposition(url: str, origin: str) -> str:
    with urllib.request.urlopen(f"{url}/metrics/hosts?origin={origin}", timeout=10) as answer:
        return str(answer.read().decode())


def enrolled(collector: tuple[str, Path], tmp_path: Path, class_: str) -> Config:
    url, data = collector
    # Hosts are read at the start; adding one while it serves is picked up within moments.
    manage(data, "add-host", "--name", tmp_path.name, "--class", class_, "--collector", url, "--out", str(tmp_path))
    return read(str(tmp_path / "agent.toml"))


class Overheard(Sender):
    """A real sender of which a test hears what it sent."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.kinds: list[list[str]] = []
        self.answers: list[int] = []

    def post(self, body: bytes, *, backlog: bool = False, patience: float = 20.0) -> Response:
        response = super().post(body, backlog=backlog, patience=patience)
        self.kinds.append([json.loads(line)["record"]["kind"] for line in body.split(b"\n")])
        self.answers.append(response.status)
        return response


def known(agent: Agent) -> None:
    """Deliver until the collector has read that this host exists; it looks every few seconds."""
    end = agent.host.monotonic() + 30
    while agent.delivery.attempt() > 0:
        assert agent.host.monotonic() < end, agent.delivery.trouble
        threading.Event().wait(0.2)
    while agent._add_parts():
        agent.delivery.attempt()


@pytest.mark.real
def test_an_agent_and_a_collector(collector: tuple[str, Path], tmp_path: Path) -> None:
    told = enrolled(collector, tmp_path, "server")
    told.disabled = ("updates",)
    sender = Overheard(told.collector)
    agent = Agent(told, sender=sender)
    agent.hello()
    agent.cycle()
    known(agent)
    first = sorted(
        kind for kinds, status in zip(sender.kinds, sender.answers, strict=True) for kind in kinds if status == 200
    )
    before = len(sender.kinds)
    agent.cycle()
    agent.deliver(0.0)
    second = sender.kinds[before:]
    text = exposition(told.collector, told.origin)
    agent.goodbye()

    assert first == ["event", "report", "section", "series"]
    assert second == [["report"]]
    assert sender.kinds[-1] == ["goodbye"]
    assert sender.answers[-1] == 200
    assert "\nnode_load1{" in text
    assert "\nnode_uname_info{" in text
    assert "driftvakt_agent_info{" in text
    assert f'instance="{tmp_path.name}"' in text


@pytest.mark.real
def test_a_quiet_workstation_costs_a_kilobyte_a_minute(collector: tuple[str, Path], tmp_path: Path) -> None:
    told = enrolled(collector, tmp_path, "workstation")
    told.disabled = ("updates",)
    sender = Overheard(told.collector)
    agent = Agent(told, sender=sender)
    agent.hello()
    agent.cycle()
    known(agent)
    for _ in range(2):
        agent.cycle()
        agent.deliver(0.0)
    before, posts = sender.sent, len(sender.kinds)
    agent.cycle()
    wait = agent.deliver(0.0)
    agent.sender.close()

    assert wait < 0
    assert sender.kinds[posts:] == [["report"]]
    assert 0 < sender.sent - before <= 1000
