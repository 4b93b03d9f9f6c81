"""Every query of every board is asked of a real Prometheus, which reads real collectors by the files that we ship.

One collector has the demo's city; another has what that city lacks: recorded devices, checks of services, a relay. Of
the files only addresses and times are others: each minute is a second.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import devices_told
import pytest
import yaml
from asked import RULES, Asked, choices, queries
from collecting import ROOT, until
from dashboards.made import texts
from zoned import Zoned

pytestmark = [
    pytest.mark.real,
    pytest.mark.xdist_group("dashboards"),
    pytest.mark.skipif(which("prometheus") is None, reason="no prometheus: Debian's package of that name has it"),
    pytest.mark.skipif(not devices_told.are_recorded(), reason="no recordings of devices on this machine"),
]
PATIENCE = 45.0
BOARDS: list[dict[str, Any]] = [json.loads(text) for text in texts().values()]
QUERIES = [asked for board in BOARDS for asked in queries(board)]
NOBODY_TOLD = "nobody is told anything: neither collector has a way to people that could be used"
ALL_HEARD = "no host is silent: one of the demo's that reports no more says goodbye first"
NONE_HERE = {
    "alerts: Messages A": NOBODY_TOLD,
    "alerts: Ways that failed lately A": NOBODY_TOLD,
    "alerts: Silent hosts A": ALL_HEARD,
    "fleet: Silent A": ALL_HEARD,
    "services: Clocks A": "no time server is asked",
}
"""Queries that have no data here, each with the reason."""


OF_THE_MIXIN = (
    "node_exporter_build_info", "node_uname_info", "instance:node_num_cpu:sum", "instance:node_cpu_utilisation:rate5m",
    "instance:node_load1_per_cpu:ratio", "instance:node_memory_utilisation:ratio",
    "instance:node_vmstat_pgmajfault:rate5m", "instance_device:node_disk_io_time_seconds:rate5m",
    "instance_device:node_disk_io_time_weighted_seconds:rate5m",
    "instance:node_network_receive_bytes_excluding_lo:rate5m", "instance:node_network_receive_drop_excluding_lo:rate5m",
    "instance:node_network_transmit_bytes_excluding_lo:rate5m",
    "instance:node_network_transmit_drop_excluding_lo:rate5m",
    "node_cpu_seconds_total", "node_load1", "node_load5", "node_load15", "node_memory_MemTotal_bytes",
    "node_memory_MemFree_bytes", "node_memory_Buffers_bytes", "node_memory_Cached_bytes",
    "node_memory_MemAvailable_bytes", "node_disk_read_bytes_total", "node_disk_written_bytes_total",
    "node_disk_io_time_seconds_total", "node_disk_io_now", "node_filesystem_size_bytes", "node_filesystem_avail_bytes",
    "node_network_receive_bytes_total", "node_network_transmit_bytes_total", "node_boot_time_seconds",
)  # fmt: skip
"""What "Nodes" and "USE Method" of node_exporter's own mixin ask for."""


class Prometheus:
    """A running one. errors: what it said was wrong with a query."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, expr: str, *, over: bool) -> list[Any]:
        """Return the results. over: of the last half minute, as a graph wants them, or of this moment."""
        now = time.time()
        span = {"start": now - 30, "end": now, "step": 5} if over else {"time": now}
        return self._get("query_range" if over else "query", query=expr, **span)["result"]  # type: ignore[no-any-return]

    def series(self, selector: str) -> list[dict[str, str]]:
        """Return the label sets of series."""
        return self._get("series", **{"match[]": selector, "start": time.time() - 300})  # type: ignore[no-any-return]

    def get(self, path: str) -> Any:
        """Return what a path of the API tells."""
        return self._get(path)

    def _get(self, path: str, **words: object) -> Any:
        try:
            with urlopen(f"{self._base}/{path}?{urlencode(words)}", timeout=10) as answer:
                return json.load(answer)["data"]
        except HTTPError as e:
            raise AssertionError(f"{e.code} to {words}: {e.read().decode()}") from e


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("boards")


@pytest.fixture(scope="module")
def demo(work: Path) -> Iterator[str]:
    """The demo on a morning; its address."""
    paths = f"{ROOT / 'agent'}{os.pathsep}{ROOT / 'collector'}"
    words = ("demo", "--data", str(work / "demo"), "--port", "0", "--size", "80", "--at", "10:00", "--interval", "5")
    with (work / "demo.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "driftvakt_collector", *words], stderr=log, env=os.environ | {"PYTHONPATH": paths}
        )
    try:
        found: list[str] = []

        def serves() -> bool:
            text = (work / "demo.log").read_text("utf-8")
            assert process.poll() is None, text
            found[:] = re.findall(r"serves on http://(\S+) \(console\)", text)
            return bool(found)

        until(serves, "the demo to serve", PATIENCE)
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@pytest.fixture(scope="module")
def devices(work: Path) -> Iterator[Zoned]:
    with devices_told.collector_with_devices(work / "data") as collector:
        devices_told.tell(collector)
        devices_told.check(collector, work / "backups")
        devices_told.trouble(collector, work)
        yield collector


def configured(work: Path, addresses: list[str]) -> Path:
    """Return the configuration that we ship, with these collectors and shorter times."""
    told = yaml.safe_load(
        (ROOT / "dashboards" / "prometheus.yml").read_text("utf-8").replace("60s", "1s").replace("20s", "1s")
    )
    own, sites = told["scrape_configs"]
    own["static_configs"] = [{"targets": addresses}]
    (found,) = sites["http_sd_configs"]
    sites["http_sd_configs"] = [{**found, "url": f"http://{address}/sd/hosts"} for address in addresses]
    rules = work / "rules"
    rules.mkdir()
    devices_told.exported_rules(rules)
    for path in RULES.glob("*.yml"):
        (rules / path.name).write_text(path.read_text("utf-8").replace("interval: 5m", "interval: 1s"), "utf-8")
    made = work / "prometheus.yml"
    made.write_text(yaml.safe_dump(told), "utf-8")
    return made


@pytest.fixture(scope="module")
def prometheus(work: Path, demo: str, devices: Zoned) -> Iterator[Prometheus]:
    config = configured(work, [demo, f"127.0.0.1:{devices.port}"])
    with (work / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [str(which("prometheus")), f"--config.file={config}", f"--storage.tsdb.path={work / 'tsdb'}",
             "--web.listen-address=127.0.0.1:0"], stdout=log, stderr=log,
        )  # fmt: skip
    try:
        found: list[str] = []

        def listens() -> bool:
            text = (work / "prometheus.log").read_text("utf-8")
            assert process.poll() is None, text
            found[:] = re.findall(r'"Listening on" address=127\.0\.0\.1:(\d+)', text)
            return bool(found)

        until(listens, "Prometheus to listen")
        made = Prometheus(int(found[0]))
        until(lambda: _is_up(made), "Prometheus to be ready")
        yield made
    finally:
        process.terminate()
        process.wait(30)


def _is_up(made: Prometheus) -> bool:
    try:
        return len(made.ask('driftvakt_host_up{class="server"} == 1', over=False)) > 1
    except (URLError, AssertionError):
        return False


def _whole_server(prometheus: Prometheus) -> str:
    """Return the name of a server of the demo that has everything that a board of one host shows."""
    found = prometheus.ask(
        'node_hwmon_temp_celsius{class="server"} and on (instance) node_netstat_Tcp_CurrEstab', over=False
    )
    return found[0]["metric"]["instance"] if found else ""


def _asked(one: Asked, server: str) -> str:
    """Return a query as Grafana asks it. A zero in place of nothing is no data: without it."""
    expr = one.filled({"__rate_interval": "20s", "instance": server if one.board == "host" else ".*"})
    return expr.removesuffix(" or vector(0)")


def _without_conditions(expr: str) -> str:
    """Return what a query looks at, for one that shows only what is wrong: it must have found something to judge."""
    return re.sub(r" (==|<|>) [\d.]+", "", expr)


def _has_data(prometheus: Prometheus, one: Asked, server: str) -> bool:
    expr = _asked(one, server)
    return bool(
        prometheus.ask(expr, over=not one.newest) or prometheus.ask(_without_conditions(expr), over=not one.newest)
    )


def test_every_query_has_data(prometheus: Prometheus) -> None:
    until(lambda: bool(_whole_server(prometheus)), "a server that has everything", PATIENCE)
    server = _whole_server(prometheus)
    missing = list(QUERIES)

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not {str(one) for one in missing} <= NONE_HERE.keys():
        missing = [one for one in missing if not _has_data(prometheus, one, server)]
        time.sleep(1)

    without = sorted({str(one) for one in missing} - NONE_HERE.keys())
    assert not without, "no data:\n" + "\n".join(without)
    stale = sorted(NONE_HERE.keys() - {str(one) for one in missing})
    assert not stale, "these have data; take them from the list:\n" + "\n".join(stale)


@pytest.mark.parametrize("name", OF_THE_MIXIN)
def test_boards_of_node_exporters_mixin_find_what_they_ask_for(prometheus: Prometheus, name: str) -> None:
    until(lambda: bool(prometheus.ask(f'{name}{{job="node",instance=~".+"}}', over=False)), name, PATIENCE)


def test_everything_that_can_be_chosen_has_choices(prometheus: Prometheus) -> None:
    for board in BOARDS:
        for name, label, selector in choices(board):
            asked = re.sub(r"\$\w+", ".*", selector)
            found = {one.get(label, "") for one in prometheus.series(asked)} - {""}
            assert found, f"{board['uid']}: no {name} to choose from"


def test_every_rule_is_evaluated_without_a_fault(prometheus: Prometheus) -> None:
    groups = prometheus.get("rules")["groups"]

    def told() -> list[dict[str, Any]]:
        return [one for group in prometheus.get("rules")["groups"] for one in group["rules"]]

    until(lambda: all(one["health"] != "unknown" for one in told()), "every rule to be evaluated")

    faults = [one for one in told() if one.get("lastError")]
    assert faults == []
    assert {"driftvakt-fleet", "driftvakt-collector", "driftvakt-power"} <= {group["name"] for group in groups}
