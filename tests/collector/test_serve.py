"""The collector as a process: how it starts, how it ends, what it refuses, and what it does not let in."""

import gzip
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from shutil import which
from typing import Any

import pytest
from backports import zstd
from collecting import PATIENCE, ROOT, Collector, Sender, host_row, prepare, series_body
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from driftvakt_wire.encode import series_set
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import Event, Report, Section, Series

DIGEST, SET = series_body(("node_load1", ()), ("node_load5", ()))
EVENT = Event(1.0, "agent.start")
BLNS = ROOT.parent / "shared" / "corpora" / "text" / "blns.json"

pytestmark = pytest.mark.real


@pytest.fixture
def senders(tmp_path: Path) -> list[Sender]:
    return prepare(tmp_path / "data", [host_row(number) for number in range(4)])


@pytest.fixture
def collector(tmp_path: Path, senders: list[Sender]) -> Iterator[Collector]:
    with Collector(tmp_path / "data") as collector:
        yield collector


# --- how it ends ---


def test_a_stop_writes_everything_down_while_connections_are_open(
    tmp_path: Path, collector: Collector, senders: list[Sender]
) -> None:
    kept: list[http.client.HTTPConnection] = []
    for sender in senders:
        connection = http.client.HTTPConnection("127.0.0.1", collector.port, timeout=PATIENCE)
        connection.request("POST", "/v1/records", b"\n".join([sender.line(Series(DIGEST, SET)), sender.line(EVENT)]))
        assert connection.getresponse().read()
        kept.append(connection)
    page = http.client.HTTPConnection("127.0.0.1", collector.port, timeout=PATIENCE)
    page.request("GET", "/healthz")
    assert page.getresponse().read() == b"ok\n"
    half = socket.create_connection(("127.0.0.1", collector.port))
    half.sendall(b"POST /v1/records HTTP/1.1\r\ncontent-length: 99\r\n\r\nx")

    began = time.monotonic()
    code = collector.stop()

    assert code == 0, collector.said.read_text("utf-8")
    assert time.monotonic() - began < 5.0
    assert (tmp_path / "data" / "fleet.snapshot").exists()
    assert "Traceback" not in collector.said.read_text("utf-8")
    for one in (*kept, page):
        one.close()
    half.close()


def test_a_second_collector_on_the_same_data_is_refused(tmp_path: Path, collector: Collector) -> None:
    second = Collector(tmp_path / "data")
    second._config = collector._config
    second.starts = 10

    second.launch()

    assert second.wait() == 1
    said = second.said.read_text("utf-8")
    assert "Is another collector running on this data directory?" in said
    assert "Traceback" not in said
    assert collector.get("/healthz") == "ok\n"


def test_a_port_that_is_taken_is_said(tmp_path: Path, collector: Collector) -> None:
    prepare(tmp_path / "other", [])
    second = Collector(tmp_path / "other")
    second._config.write_text(f"data = {json.dumps(str(second.data))}\nport = {collector.port}\n", "utf-8")

    second.launch()

    assert second.wait() != 0
    said = second.said.read_text("utf-8")
    assert f"cannot listen on 127.0.0.1 port {collector.port}: Address already in use" in said
    assert "--port" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("url", "said"),
    [("mysql://x", "SQLite or PostgreSQL"), ("postgresql+psycopg://u:hemligt@127.0.0.1:1/x", "cannot open the store")],
)
def test_a_store_that_is_not_there_is_said(tmp_path: Path, senders: list[Sender], url: str, said: str) -> None:
    collector = Collector(tmp_path / "data", url=url)

    collector.launch()

    assert collector.wait() == 1
    text = collector.said.read_text("utf-8")
    assert said in text
    assert "Traceback" not in text
    assert "hemligt" not in text


def test_data_that_was_never_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    collector = Collector(tmp_path / "empty")

    collector.launch()

    assert collector.wait() == 1
    assert "no zone has a key" in collector.said.read_text("utf-8")


# --- bad input, and what it leaves behind ---


def sound(collector: Collector, senders: list[Sender]) -> None:
    """Assert that all is as it should be: good lines are taken, and every page is legal."""
    for sender in senders[:2]:
        report = Report(time.time(), 1.0, DIGEST, (1.0, 2.0))
        status, answer = collector.post(sender.line(Series(DIGEST, SET)), sender.line(report), sender.line(EVENT))
        assert (status, answer["accepted"]) == (200, 3)
    for path in ("/metrics", "/metrics/hosts"):
        text = collector.get(path)
        families = [one.name for one in text_families(text)]
        assert "driftvakt_host_up" in families or path == "/metrics"
        assert list(openmetrics_families(collector.get(path, accept="application/openmetrics-text")))  # type: ignore[no-untyped-call]
        if which("promtool"):
            done = subprocess.run(
                ["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False
            )
            assert done.returncode in (0, 3), done.stderr.decode()
    assert "<html" in collector.get("/login")
    assert collector.get("/readyz") == "ready\n"
    assert "Traceback" not in collector.said.read_text("utf-8")


def memory(pid: int) -> int:
    """Return the largest memory that a process ever had, bytes."""
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(text.split("VmHWM:")[1].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_bombs_and_noise_cost_little_and_leave_it_sound(collector: Collector, senders: list[Sender]) -> None:
    sound(collector, senders)
    nothing = b"\0" * (200 << 20)
    bombs = [
        ("gzip", gzip.compress(nothing, 9)),
        ("zstd", zstd.compress(nothing)),
        ("gzip", gzip.compress(b"\n" * (64 << 20))),
    ]
    before = memory(collector.pid)

    statuses = [collector.post(body=body, encoding=encoding)[0] for encoding, body in bombs]
    chance = Random(7)
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", collector.port), timeout=PATIENCE) as peer:
            peer.sendall(chance.randbytes(2000))
        with socket.create_connection(("127.0.0.1", collector.port), timeout=PATIENCE) as peer:
            peer.sendall(b"POST /v1/records HTTP/1.1\r\ncontent-length: 9999\r\n\r\n" + chance.randbytes(999))

    assert statuses == [413] * 3
    assert memory(collector.pid) - before < 48 << 20
    sound(collector, senders)


def test_ten_megabytes_in_a_line(collector: Collector, senders: list[Sender]) -> None:
    record = b'{"kind":"event","at":1,"name":"x","text":"%s"}' % (b"x" * (10 << 20))
    long, good = senders[0].line(record), senders[1].line(EVENT)

    whole, _ = collector.post(good, long)
    packed, answer = collector.post(
        body=gzip.compress(b"\n".join([good, long, senders[2].line(EVENT)])), encoding="gzip"
    )

    # The first is refused before it is looked at; packed it may come in, and its neighbours are taken.
    assert (whole, packed) == (413, 413) or (whole, packed, answer["accepted"]) == (413, 207, 2)
    sound(collector, senders)


def test_a_hundred_honest_senders_beside_a_hundred_slow_ones(collector: Collector, senders: list[Sender]) -> None:
    slow = []
    for number in range(100):
        peer = socket.create_connection(("127.0.0.1", collector.port), timeout=PATIENCE)
        peer.sendall((b"POST /v1/records HTTP/1.1\r\ncontent-length: 9\r\n\r\nx", b"GET / HTTP/1.1\r\nx:")[number % 2])
        slow.append(peer)

    for _ in range(100):
        assert collector.post(senders[0].line(EVENT))[0] == 200

    for peer in slow:
        peer.close()
    sound(collector, senders)


def test_naughty_strings_through_the_whole_of_it(tmp_path: Path) -> None:
    if not BLNS.exists():
        pytest.skip(f"no {BLNS}: the list of naughty strings is not part of the source")
    texts: list[str] = [*json.loads(BLNS.read_text("utf-8")), "\0", "\u2028", "\u202eRTL", "a\rb", "\x01"]
    rows = [host_row(n, name=t.replace("\0", "")[:255], site=f"{n}"[:255], administration=t.replace("\0", "")[:255])
            for n, t in enumerate(texts)]  # fmt: skip
    senders = prepare(tmp_path / "data", rows)
    with Collector(tmp_path / "data") as collector:
        for sender, text in zip(senders, texts, strict=True):
            body = series_set(
                [("custom_thing", (("odd", text),)), ("node_load1", ())], {"custom_thing": ("gauge", text)}
            )
            info = series_set([("node_os_info", (("pretty_name", text),))], {})
            status, answer = collector.post(
                sender.line(Series(digest(body), body)), sender.line(Section("info", digest(info), info)),
                sender.line(Report(time.time(), 1.0, digest(body), (1.0, 2.0), sections={"info": digest(info)})),
                sender.line(Event(1.0, f"x{text}"[:128], text)),
            )  # fmt: skip
            assert (status, answer["accepted"]) == (200, 4), (text, answer)

        families = {one.name: one for one in text_families(collector.get("/metrics/hosts"))}
        assert [len(families[name].samples) for name in ("driftvakt_host_up", "custom_thing", "node_os_info")] == [
            len(texts)
        ] * 3
        odd = {sample.labels["site"]: sample.labels["odd"] for sample in families["custom_thing"].samples}
        assert [odd[str(n)] for n in range(len(texts))] == [
            text.replace("\0", "\ufffd").replace("\x01", "\ufffd") for text in texts
        ]
        assert len(json.loads(collector.get("/sd/hosts"))) == len(texts)
        sound(collector, senders)
        assert collector.stop() == 0
        collector.start()
        sound(collector, senders)


# --- TLS ---


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    if which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_records_and_pages_over_tls_on_one_connection(
    tmp_path: Path, senders: list[Sender], certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    settings = f"tls_cert = {json.dumps(str(cert))}\ntls_key = {json.dumps(str(key))}"
    with Collector(tmp_path / "data", settings) as collector:
        context = ssl.create_default_context(cafile=str(cert))
        connection = http.client.HTTPSConnection("localhost", collector.port, timeout=PATIENCE, context=context)
        answers: list[tuple[int, Any]] = []
        for method, path in [("POST", "/v1/records"), ("GET", "/healthz"), ("POST", "/v1/records"), ("GET", "/login")]:
            body = senders[0].line(EVENT) if method == "POST" else None
            connection.request(method, path, body)
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
        with pytest.raises((http.client.HTTPException, OSError)):
            collector.post(senders[0].line(EVENT))
        assert [status for status, _ in answers] == [200] * 4

        assert collector.stop() == 0
        connection.close()


def test_a_stop_by_the_keyboard_is_as_good(collector: Collector, senders: list[Sender]) -> None:
    os.kill(collector.pid, signal.SIGINT)

    assert collector.wait() == 0
