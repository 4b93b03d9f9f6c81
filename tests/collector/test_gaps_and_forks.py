"""A real collector: what it missed while it was down, and an identity that was seen twice, across its restarts."""

import re
import sqlite3
from pathlib import Path

import pytest
from collecting import Collector, Sender, host_row, prepare, series_body, until

from driftvakt_collector.__main__ import main
from driftvakt_wire import encode

pytestmark = pytest.mark.real
MARK, BODY = series_body(("node_load1", ()))


def report(at: float) -> bytes:
    return encode.report(at, 100.0, 60.0, MARK, [0.5], {})


def missing(collector: Collector) -> dict[str, int]:
    found = re.findall(
        r'^driftvakt_missing_records\{cause="(\w+)",zone="adm"\} (\S+)$', collector.get("/metrics"), re.M
    )
    return {cause: int(float(count)) for cause, count in found if float(count)}


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return prepare(tmp_path / "data", [host_row(1)])[0]


def test_what_was_not_heard_while_it_was_down_is_its_own_fault(tmp_path: Path, sender: Sender) -> None:
    with Collector(tmp_path / "data") as collector:
        assert collector.post(sender.line(encode.series(MARK, BODY)), sender.line(report(1000.0)))[0] == 200
        collector.kill()
        _pretend_hours(tmp_path / "data")
        collector.start()

        spooled = [sender.line(report(1060.0 + number)) for number in range(5)]
        assert collector.post(sender.line(report(2000.0)))[0] == 200
        assert missing(collector) == {"collector": 5}
        hosts = collector.get(f"/metrics/hosts?origin={sender.origin}")
        assert re.search(r'^driftvakt_host_missing_records\{cause="collector",.*\} 5$', hosts, re.M)

        assert collector.post(*spooled)[1]["accepted"] == 5
        assert missing(collector) == {}


def _pretend_hours(data: Path) -> None:
    """Make the journal an hour older, so that nobody must wait for an outage that is worth a word."""
    with sqlite3.connect(data / "journal.db") as journal:
        journal.execute("UPDATE chunk SET received = received - 3600")
    journal.close()


def test_a_fork_outlives_a_restart_and_an_operator_ends_it(tmp_path: Path, sender: Sender) -> None:
    data = tmp_path / "data"
    with Collector(data) as collector:
        collector.post(sender.line(encode.series(MARK, BODY)), sender.line(report(1000.0)))
        assert collector.post(sender.line(report(1001.0), seq=sender.seq))[0] == 403
        until(lambda: 'state="quarantined"' in collector.get("/metrics"), "it to be counted")
        assert collector.stop() == 0
        collector.start()
        assert collector.post(sender.line(report(1060.0)))[0] == 403

        assert main(["host", "release", sender.origin, "--data", str(data)]) == 0

        until(lambda: collector.post(sender.line(report(1120.0)))[0] == 409, "the release to be heard")
        assert collector.post(Sender(sender.origin, sender.master, epoch="e2").line(report(1180.0)))[0] == 200
        collector.kill()
        collector.start()
        assert collector.post(sender.line(report(1240.0)))[0] == 409
