"""The demo as a person starts it: one command, then a browser."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftvakt_collector.config import ConfigError
from driftvakt_collector.demo import stage
from driftvakt_collector.demo.city import city
from driftvakt_collector.demo.session import is_cut, session

SIZE, SEED = 60, 3
PATIENCE = 60.0
ROOT = Path(__file__).parents[3]

Demo = tuple["subprocess.Popen[str]", str]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """Start the demo on a free port; its process and URL."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'agent'}{os.pathsep}{ROOT / 'collector'}"}
    words = ("demo", "--data", str(tmp_path / "demo"), "--port", "0", "--size", str(SIZE), "--seed", str(SEED))
    process = subprocess.Popen(
        [sys.executable, "-m", "driftvakt_collector", *words, "--interval", "2"], stderr=subprocess.PIPE, text=True,
        env=environment, cwd=tmp_path,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"serves on (http://\S+) \(console\)", line):
                yield process, found[1]
                break
        else:
            pytest.fail("the demo ended before it served:\n" + "".join(said))
    finally:
        process.kill()
        process.communicate()


def _up(url: str) -> dict[str, float]:
    """Return what the collector says of each host, from a page that prometheus_client could read as a whole."""
    with urlopen(f"{url}/metrics/hosts", timeout=10) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    (up,) = (one for one in families if one.name == "driftvakt_host_up")
    return {sample.labels["instance"]: sample.value for sample in up.samples}


def _must_be_up(now: float) -> set[str]:
    """Return the names of the assets that run, and can be heard, all the time from a minute ago to a minute ahead."""
    moments = (now - 60, now, now + PATIENCE)
    return {
        asset.name
        for asset in city(SEED, SIZE)
        if all(session(asset, t) == session(asset, now) is not None and not is_cut(asset, t) for t in moments)
    }


@pytest.mark.real
def test_the_city_comes_up_and_stops(demo: Demo) -> None:
    process, url = demo
    missing = expected = _must_be_up(time.time())
    assert len(expected) >= 5
    fresh: set[str] = set()

    end = time.monotonic() + PATIENCE
    while missing or not expected <= fresh:
        assert time.monotonic() < end, f"not up: {sorted(missing)}; nothing live of: {sorted(expected - fresh)}"
        up = _up(url)
        missing = {name for name in expected if up[name] != 1.0}
        fresh |= _live(url)
        # What is waited for is a report each two seconds; asking more often than twice in that time finds nothing new.
        process.poll()
        time.sleep(0.5)

    assert len(up) == SIZE
    assert _accepted(url) > 0
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def _live(url: str) -> set[str]:
    """Return the names of the hosts that reported to this very process: at its pace, not at that of the past."""
    with urlopen(f"{url}/metrics/hosts", timeout=10) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    last = next(one for one in families if one.name == "driftvakt_host_last_report_timestamp_seconds")
    now = time.time()
    return {sample.labels["instance"] for sample in last.samples if now - sample.value < 4.0}


def _accepted(url: str) -> float:
    with urlopen(f"{url}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return next(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == "driftvakt_ingest_lines_total" and sample.labels["result"] == "accepted"
        )


def test_a_directory_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")

    with pytest.raises(ConfigError, match="left alone"):
        stage.clear(tmp_path)

    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_the_demo_of_an_earlier_run_is_removed(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    data.mkdir()
    (data / "demo.json").write_text(json.dumps({"seed": 1}))

    assert stage.clear(data)
    assert not data.exists()
    assert not stage.clear(data)


def test_the_directory_of_a_running_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        journal.execute("PRAGMA locking_mode=EXCLUSIVE")
        journal.execute("CREATE TABLE chunk (position INTEGER)")
        with pytest.raises(ConfigError, match="stop it first"):
            stage.clear(tmp_path)

    assert stage.clear(tmp_path)
