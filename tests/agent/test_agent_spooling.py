"""A whole agent whose collector is away for a while."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from listener import Listener, Request, http, taken

from driftvakt_agent import loop, runner
from driftvakt_agent.config import Config, ConfigError, build
from driftvakt_agent.host import Host
from driftvakt_agent.loop import Agent
from driftvakt_agent.probes import Probe
from driftvakt_agent.sample import Sample


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Config]:
    """Make a configuration as if it were read from a file."""
    (tmp_path / "key").write_text("00" * 32)

    def made(**settings: object) -> Config:
        return build(
            {"collector": "http://127.0.0.1:1", "origin": "a-1", "key_file": "key"} | settings, str(tmp_path / "c")
        )

    return made


@pytest.fixture(autouse=True)
def probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """One probe, which gives one number."""
    monkeypatch.setattr(loop, "chosen", lambda _config: [Probe("load")])
    monkeypatch.setattr(runner, "_import", lambda _probe: lambda _host: iter([Sample("node_load1", 0.5)]))


def life(config: Config, wall: Clock, clock: Clock, turns: int, step: float = 0.0) -> Agent:
    """Run an agent for so many turns, with a step of the wall clock in the middle; return it."""
    agent = Agent(config, Host(now=wall, monotonic=clock))
    left = [turns]
    cycle = agent.cycle

    def counted() -> None:
        left[0] -= 1
        if left[0] == turns // 2:
            wall.now += step
        cycle()

    def stopped(seconds: float) -> bool:
        clock.now += max(seconds, 0.001)
        wall.now += max(seconds, 0.001)
        return left[0] <= 0

    agent.cycle = counted  # type: ignore[method-assign]
    agent.run(stopped)
    return agent


@pytest.mark.parametrize(
    ("began", "step"),
    [
        pytest.param(1.764e9, 0.0, id="a clock that is right"),
        pytest.param(1.764e9, 3 * 86400.0, id="a clock that jumps three days"),
        pytest.param(1.764e9, -3 * 86400.0, id="a clock that falls three days back"),
        pytest.param(0.0, 1.764e9, id="a clock of 1970 that is set"),
    ],
)
def test_an_outage_over_a_restart_loses_nothing(told: Callable[..., Config], began: float, step: float) -> None:
    wall, clock = Clock(began), Clock(1000.0)
    free = 0
    life(told(spool_free_mb=free), wall, clock, 200, step)
    life(told(spool_free_mb=free), wall, clock, 100)

    with Listener(lambda request: http(200, taken(request) | {"time": wall.now})) as server:
        agent = life(told(spool_free_mb=free, collector=server.url), wall, clock, 10)

    got = [(one.epoch, one.seq) for request in server.requests for one in request.envelopes()]
    kinds = [kind for request in server.requests for kind in request.kinds()]
    assert len({epoch for epoch, _ in got}) == 1
    assert sorted(seq for _, seq in got) == list(range(1, len(got) + 1))
    assert (kinds.count("report"), kinds.count("event"), kinds.count("goodbye"), kinds.count("gap")) == (310, 3, 3, 0)
    assert server.requests[0].kinds() == ["report", "event"]
    assert {request.headers.get("driftvakt-backlog") for request in server.requests} == {None, "1"}
    assert len(agent.delivery.custody) == 0


def test_what_is_live_never_waits_for_what_is_past(told: Callable[..., Config]) -> None:
    wall, clock = Clock(1.764e9), Clock(1000.0)
    life(told(spool_free_mb=0), wall, clock, 500)
    lags: list[float] = []

    def answer(request: Request) -> bytes:
        if "driftvakt-backlog" not in request.headers:
            lags.extend(wall.now - float(str(one["at"])) for one in request.records() if one["kind"] == "report")
        return http(200, taken(request) | {"time": wall.now, "backlog": 30})

    with Listener(answer) as server:
        life(told(spool_free_mb=0, collector=server.url), wall, clock, 20)

    assert len(lags) == 20
    assert max(lags) < 1


def test_status_and_series_say_how_the_spool_is(told: Callable[..., Config], tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    config = told()
    agent = Agent(config, Host(now=Clock(1.0), monotonic=Clock(1.0)))
    agent.cycle()

    status = json.loads(json.dumps(agent.status()))
    assert status["spool"] == {"folder": str(tmp_path / "spool"), "bytes": 0, "lines": 0, "writable": False}
    assert "cannot use" in status["failing"]["spool"]
    line = agent.delivery.custody.live()[0].line
    names = [row[0] for row in json.loads(agent._names.set)["series"]]
    values = dict(zip(names, json.loads(line)["record"]["values"], strict=True))
    assert [values[f"driftvakt_agent_spool_{name}"] for name in ("writable", "bytes", "lines")] == [0, 0, 0]


# --- settings ---


def test_settings_have_defaults(told: Callable[..., Config], tmp_path: Path) -> None:
    config = told()

    assert (config.spool, config.spool_size, config.spool_age, config.spool_free) == (
        str(tmp_path / "spool"), 64 << 20, 7 * 86400.0, 200 << 20,
    )  # fmt: skip
    assert (config.collector, config.collectors) == ("http://127.0.0.1:1", ("http://127.0.0.1:1",))


def test_several_ways(told: Callable[..., Config]) -> None:
    config = told(collector=["https://a.example", "https://b.example:8443"])

    assert (config.collector, config.collectors) == (
        "https://a.example", ("https://a.example", "https://b.example:8443"),
    )  # fmt: skip
    agent = Agent(config)
    assert agent.status()["collector"] == "https://a.example"


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"collector": []}, "'collector' must be a text or a list of 1 to 8 texts"),
        ({"collector": ["https://a", 7]}, "'collector' must be a text or a list"),
        ({"collector": ["https://a", "http://b"]}, "'collector' must be https://"),
        ({"collector": 7}, "'collector' must be a text"),
        ({"spool_mb": 0}, "'spool_mb' must be a whole number from 1"),
        ({"spool_days": -1}, "'spool_days' must be a number from 0.01"),
        ({"spool_free_mb": "x"}, "'spool_free_mb' must be a whole number from 0"),
        ({"spool": 7}, "'spool' must be a text"),
    ],
)
def test_mistakes(told: Callable[..., Config], setting: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        told(**setting)
