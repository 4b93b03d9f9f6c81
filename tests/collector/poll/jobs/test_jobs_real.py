"""A real collector that jobs call with curl, at its own listener, at those of zones, and through a relay."""

import http.client
import re
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from collecting import PATIENCE, Collector, prepare, until
from relaying import RelayProcess, enrolled
from zoned import Zoned

from driftvakt_collector.__main__ import main

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine"),
]
CURL = ("curl", "-sS", "-m", "20", "-w", "%{http_code}")


def curl(url: str, *options: str, said: bytes = b"") -> tuple[int, str]:
    """Call an address; return status and what was answered."""
    done = subprocess.run([*CURL, *options, url], input=said, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    return int(text[-3:]), text[:-3]


def add(collector: Collector, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Add a job, and wait until the collector knows it; return its path."""
    config = str(collector._config)
    assert main(["service-check", "add", "job", *words, "--config", config]) == 0
    found = re.search(r"/ping/[0-9a-f]{40}", capsys.readouterr().out)
    assert found is not None
    known = int(series(collector.get("/metrics"), "driftvakt_jobs") or 0)
    until(lambda: (series(collector.get("/metrics"), "driftvakt_jobs") or 0) > known, "the job to be known")
    return found[0]


def series(page: str, name: str, instance: str = "") -> float | None:
    where = rf'\{{[^}}]*instance="{instance}"[^}}]*\}}' if instance else r"(?:\{[^}]*\})?"
    found = re.search(rf"^{name}{where} (\S+)$", page, re.M)
    return None if found is None else float(found[1])


def told(collector: Collector, name: str, wanted: float, instance: str = "Backup") -> None:
    """Wait until a series of a job has a value."""
    page = "/metrics/hosts?class=service"
    until(lambda: series(collector.get(page), name, instance) == wanted, f"{name} to be {wanted}")


def test_a_job_calls_with_curl_and_what_it_told_is_there_after_a_kill(
    tmp_path: Path, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "" if store_url.startswith("sqlite") else store_url
    prepare(tmp_path / "data", [], url)
    with Collector(tmp_path / "data", url=url) as collector:
        path = add(collector, capsys, "Backup", "--every", "1d", "--grace", "2h", "--service", "Filer")
        here = f"http://127.0.0.1:{collector.port}{path}"

        assert curl(f"{here}/start") == (200, "OK\n")
        told(collector, "driftvakt_job_running", 1)
        assert curl(here, "--data-binary", "@-", said=b"x" * 3_000_000) == (200, "OK\n")
        told(collector, "probe_success", 1)
        assert curl(f"{here}/2", "-d", "disk full") == (200, "OK\n")
        told(collector, "probe_success", 0)
        assert curl(here, "-I")[0] == 200
        told(collector, "probe_success", 1)
        assert curl(f"{here}/start")[0] == 200
        # What was answered is on disk, whatever happens next.
        collector.kill()
        collector.start()
        here = f"http://127.0.0.1:{collector.port}{path}"
        until(lambda: series(collector.get("/metrics"), "driftvakt_jobs") == 1, "the job to be known")
        assert main(["service-check", "run", "job", "Backup", "--config", str(collector._config)]) == 0
        shown = capsys.readouterr().out
        assert "Backup: running: it runs since" in shown
        assert "| disk full" in shown
        assert curl(here)[0] == 200
        told(collector, "driftvakt_job_running", 0)
        status, why = curl(f"{here[:-1]}x")
        assert (status, why.startswith("no job has this address")) == (404, True)
        assert collector.stop() == 0

    secret = path.rpartition("/")[2]
    for one in [tmp_path / "data.1.log", tmp_path / "data.2.log", *(tmp_path / "data").rglob("*")]:
        assert not one.is_file() or secret.encode() not in one.read_bytes(), one


def test_a_flood_of_guesses_holds_up_no_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(tmp_path / "data", [])
    with Collector(tmp_path / "data") as collector:
        path = add(collector, capsys, "Backup", "--every", "1d")
        assert curl(f"http://127.0.0.1:{collector.port}{path}")[0] == 200

        def guess(start: int) -> list[int]:
            connection = http.client.HTTPConnection("127.0.0.1", collector.port, timeout=PATIENCE)
            seen = []
            for number in range(start, start + 200):
                connection.request("POST", f"/ping/{number:040}", b"x" * 1000)
                answer = connection.getresponse()
                answer.read()
                seen.append(answer.status)
            connection.close()
            return seen

        with ThreadPoolExecutor(4) as many:
            seen = [status for some in many.map(guess, range(0, 800, 200)) for status in some]
        assert set(seen) == {404, 429}
        assert seen.count(404) < 40
        assert curl(f"http://127.0.0.1:{collector.port}{path}")[0] == 200
        assert collector.get("/healthz")


def test_who_hangs_up_in_the_middle_was_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(tmp_path / "data", [])
    with Collector(tmp_path / "data") as collector:
        path = add(collector, capsys, "Backup", "--every", "1d")
        with socket.create_connection(("127.0.0.1", collector.port)) as line:
            line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\nhalf of it".encode())

        told(collector, "probe_success", 1)
        capsys.readouterr()
        assert main(["service-check", "show", "Backup", "--config", str(collector._config)]) == 0
        assert "| half of it" in capsys.readouterr().out


def test_a_job_calls_the_listener_of_its_zone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Zoned(tmp_path / "data") as collector:
        path = add(collector, capsys, "Export", "--every", "1d", "--zone", "edu")
        authority = tmp_path / "ca.pem"
        authority.write_text(curl(f"{collector.url('edu')}/v1/ca", "-k")[1])
        trusting = ("--cacert", str(authority))

        assert curl(f"{collector.url('adm')}{path}", "-k")[0] == 404
        assert curl(f"{collector.url('edu')}{path}/1", *trusting, "-d", "can't read /home/anna")[0] == 200
        told(collector, "probe_success", 0, "Export")
        assert curl(f"http://127.0.0.1:{collector.port}{path}")[0] == 200
        told(collector, "probe_success", 1, "Export")
    assert not any(b"anna" in one.read_bytes() for one in (tmp_path / "data").rglob("*") if one.is_file())


def test_a_job_calls_through_a_relay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    relay_sender, _ = enrolled(tmp_path / "data", 0)
    with Collector(tmp_path / "data") as collector:
        path = add(collector, capsys, "Backup", "--every", "1d")
        upstream = f"http://127.0.0.1:{collector.port}"
        with RelayProcess(tmp_path / "relay", relay_sender, [upstream]) as relay:
            assert curl(f"{relay.url}{path}/3", "-d", "disk full") == (200, "OK\n")
            told(collector, "probe_success", 0)
            assert curl(f"{relay.url}{path}", "-I")[0] == 200
            told(collector, "probe_success", 1)
            assert curl(f"{relay.url}/ping/{'0' * 40}")[0] == 404
            assert curl(f"{relay.url}{path}/a%0d%0aX-Evil:%201")[0] == 404
            collector.kill()
            assert curl(f"{relay.url}{path}")[0] == 503
