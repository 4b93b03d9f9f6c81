"""A real Prometheus with the configuration that we ship finds the shards and answers as for node_exporter.

Of the configuration only the port is another, and each minute is a second.
"""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from collecting import ROOT, Collector, host_row, prepare, series_body, until

from driftvakt_wire.records import Report, Series

DIGEST, SET = series_body(("node_load1", ()), ("custom_thing", (("odd", 'a\r"\\n\u2028å %'), ("instance", "own"))))


class Prometheus:
    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    def query(self, text: str) -> list[dict[str, Any]]:
        """Return the results of an instant query, none while it is not up."""
        try:
            with urlopen(f"{self._base}/api/v1/query?query={quote(text)}", timeout=5) as answer:
                results: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        except URLError:
            return []
        return results


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """A collector to which six hosts of three sites reported."""
    senders = prepare(tmp_path / "data", [host_row(number) for number in range(6)])
    with Collector(tmp_path / "data") as collector:
        for number, sender in enumerate(senders):
            report = Report(time.time(), 1.0, DIGEST, (0.5 + number, 1.0))
            status, answer = collector.post(sender.line(Series(DIGEST, SET)), sender.line(report))
            assert (status, answer["accepted"]) == (200, 2)
        yield collector


@pytest.fixture
def prometheus(tmp_path: Path, collector: Collector) -> Iterator[Prometheus]:
    program = which("prometheus")
    if program is None:
        pytest.skip("no prometheus: Debian's package of that name has it")
    shipped = (ROOT / "dashboards" / "prometheus.yml").read_text("utf-8")
    told = tmp_path / "prometheus.yml"
    told.write_text(shipped.replace(":8180", f":{collector.port}").replace("60s", "1s").replace("20s", "1s"), "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (tmp_path / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [program, f"--config.file={told}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield Prometheus(port)
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.real
def test_prometheus_finds_every_shard_and_reads_it(prometheus: Prometheus) -> None:
    until(lambda: len(prometheus.query("node_load1")) == 6, "node_load1 of six hosts", 60.0)
    until(lambda: len(prometheus.query("up == 1")) == 4, "three shards and the collector", 60.0)

    assert prometheus.query("up != 1") == []
    jobs = sorted(one["metric"]["job"] for one in prometheus.query("up"))
    assert jobs == ["driftvakt", *["driftvakt-hosts"] * 3]
    loads = {one["metric"]["instance"]: one for one in prometheus.query("node_load1")}
    assert loads["host-4"]["metric"] == {
        "__name__": "node_load1", "instance": "host-4", "job": "node", "administration": "SLK", "zone": "adm",
        "site": "site-1", "class": "server",
    }  # fmt: skip
    assert float(loads["host-4"]["value"][1]) == 4.5
    (custom,) = prometheus.query('custom_thing{instance="host-0"}')
    assert custom["metric"]["odd"] == 'a\r"\\n\u2028å %'
    assert custom["metric"]["exported_instance"] == "own"
    assert len(prometheus.query("driftvakt_host_up == 1")) == 6
    assert [one["value"][1] for one in prometheus.query("sum(driftvakt_ingest_lines_total)")] == ["12"]
