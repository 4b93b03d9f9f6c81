"""The real node_exporter beside the probes, on this machine: the same names, labels and numbers."""

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from probing import measure
from prometheus_client.parser import text_string_to_metric_families

from driftvakt_agent.host import Host

BINARY = Path("/usr/bin/prometheus-node-exporter")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not BINARY.exists(), reason="prometheus-node-exporter is not installed"),
]

TRIES = 12
LEAST = 200
COUNTER_MARGIN = 0.01
GAUGE_MARGIN = 0.02

# Debian changes three defaults of node_exporter 1.5.0; these give back its own.
FLAGS = (
    "--collector.processes",
    "--collector.cpu.guest",
    "--collector.netdev.device-exclude=^$",
    r"--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
    (
        "--collector.filesystem.mount-points-exclude="
        "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
    ),
)

# Names that are node_exporter's, but not of the release that Debian 12 has.
NEWER = {
    "node_softnet_cpu_collision_total": "since 1.7",
    "node_softnet_received_rps_total": "since 1.7",
    "node_softnet_flow_limit_count_total": "since 1.7",
    "node_softnet_backlog_len": "since 1.7",
    "node_pressure_irq_stalled_seconds_total": "since 1.9",
}
# Labels that it got later.
NEWER_LABELS = {"node_network_info": {"adminstate": "since 1.6"}}

# Names in its manner that it never had: text files that Debian's prometheus-node-exporter-collectors writes for it.
FROM_TEXT_FILES = {
    "node_reboot_required": "written by apt_info.py of prometheus-node-exporter-collectors",
}
# Collectors that need what this machine may lack (D-Bus), or that this test does not start.
NOT_STARTED = ("node_systemd_", "node_textfile_")

# Gauges that move between two reads by more than the margin allows: that they exist there is asserted all the same.
MOVES = {
    "node_procs_running": "the reader itself runs, and node_exporter reads in several threads",
    "node_procs_blocked": "lasts for milliseconds",
    "node_processes_pids": "processes come and go",
    "node_processes_threads": "threads come and go; node_exporter starts its own",
    "node_processes_state": "the reader itself runs; the others sleep and wake",
    "node_processes_threads_state": "as the states of processes",
    "node_disk_io_now": "lasts for milliseconds",
    "node_load1": "computed anew each five seconds, and small",
    "node_memory_Dirty_bytes": "files are written meanwhile",
    "node_memory_Writeback_bytes": "lasts for milliseconds",
}


class Scraped(NamedTuple):
    type: str
    value: float


Key = tuple[str, frozenset[tuple[str, str]]]


class Exporter:
    """A running node_exporter. The connection is kept, so that the sockets are as many before a scrape as after."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def scrape(self) -> dict[Key, Scraped]:
        self._connection.request("GET", "/metrics")
        text = self._connection.getresponse().read().decode()
        return {
            (sample.name, frozenset(sample.labels.items())): Scraped(family.type, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    texts = tmp_path_factory.mktemp("texts")
    command = [str(BINARY), f"--web.listen-address=127.0.0.1:{port}", f"--collector.textfile.directory={texts}", *FLAGS]
    with (texts / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until_it_listens(process, port)
        running = Exporter(port)
        yield running
        running.close()
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"node_exporter does not listen; it ended with {process.poll()}")


def ours() -> dict[Key, float]:
    return {
        (sample.name, frozenset(pair for pair in sample.labels if pair[0] not in NEWER_LABELS.get(sample.name, ()))): (
            sample.value
        )
        for sample in measure(Host(), leave_out=("updates", "scripts"))
        if sample.name.startswith("node_")
    }


def disagrees(before: float, there: Scraped, after: float) -> bool:
    # What is untyped there (netstat, vmstat) is counted too.
    margin = GAUGE_MARGIN if there.type == "gauge" else COUNTER_MARGIN
    low, high = min(before, after), max(before, after)
    return not low - margin * abs(low) - 1e-9 <= there.value <= high + margin * abs(high) + 1e-9


def test_it_says_the_same(exporter: Exporter, capsys: pytest.CaptureFixture[str]) -> None:
    exporter.scrape()
    agreed: set[Key] = set()
    wrong: dict[Key, tuple[float, Scraped, float]] = {}

    # A busy machine disturbs one attempt or another; a wrong unit or field agrees in none.
    attempts = 0
    while attempts == 0 or (wrong and attempts < TRIES):
        attempts += 1
        before, there, after = ours(), exporter.scrape(), ours()
        for key in before.keys() & there.keys() & after.keys():
            if key[0] in MOVES or key in agreed:
                continue
            if disagrees(before[key], there[key], after[key]):
                wrong[key] = (before[key], there[key], after[key])
            else:
                agreed.add(key)
                wrong.pop(key, None)

    with capsys.disabled():
        print(f"\n{len(agreed)} series agree with node_exporter, after {attempts} attempts")
    assert not wrong
    assert len(agreed) >= LEAST


def test_it_has_every_name_with_these_labels(exporter: Exporter) -> None:
    here = {(name, frozenset(label for label, _ in labels)) for name, labels in ours()}

    there = {(name, frozenset(label for label, _ in labels)) for name, labels in exporter.scrape()}

    only_here = {
        (name, labels)
        for name, labels in here - there
        if name not in NEWER and name not in FROM_TEXT_FILES and not name.startswith(NOT_STARTED)
    }
    assert not only_here


def test_it_has_every_series_that_stays(exporter: Exporter) -> None:
    states = ("node_processes_state", "node_processes_threads_state")
    names = {name for name, _ in exporter.scrape()} - set(states)

    missing = {key for key in ours() if key[0] in names} - exporter.scrape().keys()

    assert not missing
