"""Agents, a relay and a collector as processes, over TLS: what was taken arrives, once."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from collecting import PATIENCE, Collector, Sender, host_row, prepare, series_body, until
from relaying import (
    Authority,
    RelayProcess,
    TlsCollector,
    enrolled,
    held_lines,
    pinned_port,
    relay_row,
    set_port,
)

from driftvakt_collector.store import hosts
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust.keeping import make_authority
from driftvakt_wire.records import Event, Report, Series

pytestmark = pytest.mark.real

KILLS = 15
DIGEST, SET = series_body(("node_load1", ()), ("node_time_seconds", ()))


def test_what_a_relay_took_arrives_once_and_wants_come_back(tmp_path: Path) -> None:
    relay_sender, senders = enrolled(tmp_path / "data", 3)
    authority = Authority(tmp_path / "tls")

    with (
        TlsCollector(tmp_path / "data", authority) as collector,
        RelayProcess(tmp_path / "relay", relay_sender, [collector.url], authority) as relay,
    ):
        sent = []
        for sender in senders:
            line = sender.line(Report(1.7e9, 10.0, DIGEST, (1.5, 2.0)))
            sent.append(line)
            status, told = relay.post(line)
            assert (status, told["accepted"]) == (200, 1)

        wanted: list[str] = []

        def asked() -> bool:
            line = senders[0].line(Event(1.7e9, "test.event", "again"))
            sent.append(line)
            wanted[:] = relay.post(line)[1].get("want", {}).get(senders[0].origin, [])
            return bool(wanted)

        until(asked, "the collector to ask for the names")
        assert wanted == [DIGEST]
        line = senders[0].line(Series(DIGEST, SET))
        sent.append(line)
        relay.post(line)
        until(lambda: "node_load1{" in collector.get("/metrics/hosts"), "the value to be shown")
        until(lambda: "driftvakt_relay_spool_lines" in collector.get("/metrics/hosts"), "the relay's own report")
        assert relay.stop() == 0
        assert collector.stop() == 0

    lines = held_lines(tmp_path / "data")
    assert sorted(line for line in lines if line in set(sent)) == sorted(sent)
    own = [line for line in lines if b'"origin":"r-0001"' in line]
    assert b"goodbye" in own[-1]


class Deaf:
    """An upstream that is of no use."""

    def __init__(self, how: str) -> None:
        self._how = how
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._answer, daemon=True)

    def __enter__(self) -> "Deaf":
        if self._how == "nobody listens":
            self._socket.close()
        elif self._how == "it is no collector":
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._how == "it is no collector":
            self._socket.shutdown(socket.SHUT_RDWR)
            self._thread.join(PATIENCE)
        self._socket.close()

    def _answer(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.recv(100)
                connection.sendall(b"220 mail.example ESMTP\r\n")


class Posting(threading.Thread):
    """One host that reports until the relay dies."""

    def __init__(self, sender: Sender, port: int, over: threading.Event) -> None:
        super().__init__()
        self._sender = sender
        self._port = port
        self._over = over
        self.kept: list[bytes] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            while not self._over.is_set():
                lines = numbered(self._sender, 3)
                connection.request("POST", "/v1/records", b"\n".join(lines))
                answer = connection.getresponse()
                body = answer.read()
                if answer.status == 200:
                    self.kept += lines
                else:
                    self.wrong.append(f"{answer.status} {body!r}")
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


def allow(data: Path, origin: str, state: str) -> None:
    """Say what the collector thinks of a host."""
    store = Store(f"sqlite:///{data / 'store.db'}")
    store.write_now(lambda connection: hosts.change(connection, origin, datetime.now(UTC), state=state))
    store.close()


def numbered(sender: Sender, count: int) -> list[bytes]:
    """Return so many new lines of a host."""
    return [sender.line(Event(1.7e9, "test.event", str(number))) for number in range(count)]


def arrived(data: Path, lines: Iterable[bytes]) -> bool:
    """Say if these lines are in a collector's journal. Only once it has ended."""
    return set(lines) <= set(held_lines(data))


def test_after_an_outage_what_comes_in_now_goes_first_and_nothing_is_lost(tmp_path: Path) -> None:
    relay_sender, (one, other) = enrolled(tmp_path / "data", 2)
    authority = Authority(tmp_path / "tls")
    port = pinned_port()
    collector = TlsCollector(tmp_path / "data", authority, port=port)
    relay = RelayProcess(tmp_path / "relay", relay_sender, [f"https://127.0.0.1:{port}"], authority)
    with collector, relay:
        before = numbered(one, 3) + numbered(other, 1)
        relay.post(*before)
        until(lambda: relay.status().get("forwarded", 0) >= 4, "the hosts to be known upstream")
        collector.stop()
        old = []
        for _ in range(20):
            lines = numbered(one, 100)
            old += lines
            assert relay.post(*lines)[0] == 200
        # What waits across a start is old, whatever its age.
        assert relay.stop() == 0
        relay.start()
        collector.start()
        live = []

        def live_is_there() -> bool:
            live.extend(numbered(other, 1))
            relay.post(live[-1])
            return "test.event" in collector.get("/metrics") or relay.status().get("forwarded", 0) >= 1

        until(live_is_there, "something live to arrive")
        until(lambda: relay.status()["spool"]["live"]["lines"] == 0, "the backlog to be handed on")
        relay.stop()
        collector.stop()

    lines = held_lines(tmp_path / "data")
    assert Counter(lines)[live[0]] == 1
    assert lines.index(live[0]) < lines.index(old[-1])
    places = [lines.index(line) for line in old]
    assert places == sorted(places)
    assert {line: count for line, count in Counter(lines).items() if count > 1} == {}
    assert set(before + old + live) <= set(lines)


@pytest.mark.parametrize("how", ["nobody listens", "it never answers", "it is no collector"])
def test_with_two_upstreams_one_may_be_gone(tmp_path: Path, how: str) -> None:
    relay_sender, (sender,) = enrolled(tmp_path / "data", 1)
    authority = Authority(tmp_path / "tls")
    with Deaf(how) as deaf, TlsCollector(tmp_path / "data", authority) as collector:
        relay = RelayProcess(tmp_path / "relay", relay_sender, [deaf.url, collector.url], authority)
        with relay:
            lines = numbered(sender, 5)
            assert relay.post(*lines)[0] == 200
            until(lambda: relay.status().get("forwarded", 0) >= 5, "the other upstream to be used")
            failures = relay.status()["delivery_failures"]
            more = numbered(sender, 5)
            relay.post(*more)
            until(lambda: relay.status().get("forwarded", 0) >= 10, "the other upstream to be used again")
            assert relay.status()["delivery_failures"] == failures
            assert relay.stop() == 0
        collector.stop()

    assert arrived(tmp_path / "data", lines + more)


def test_a_full_spool_says_429_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    relay_sender, (sender,) = enrolled(tmp_path / "data", 1)
    port = pinned_port()
    collector = Collector(tmp_path / "data")
    set_port(collector, port)
    with (
        collector,
        RelayProcess(tmp_path / "relay", relay_sender, [f"http://127.0.0.1:{port}"], settings="spool_mb = 1") as relay,
    ):
        relay.post(*numbered(sender, 1))
        until(lambda: relay.status().get("forwarded", 0) >= 1, "the host to be known upstream")
        collector.kill()
        kept: list[bytes] = []
        refused: list[dict[str, Any]] = []

        def full() -> bool:
            # Chance can't be compressed.
            line = sender.line(Event(1.7e9, "test.noise", os.urandom(1500).hex()))
            status, told = relay.post(line)
            assert status in (200, 429)
            if status == 200:
                kept.append(line)
            else:
                refused.append(told)
            return status == 429

        until(full, "the spool to be full")
        assert "spool" in refused[0]["error"]
        collector.start()
        until(lambda: relay.post(*numbered(sender, 1))[0] == 200, "room", 120.0)
        until(lambda: relay.status()["spool"]["live"]["lines"] == 0, "all of it to arrive")
        relay.stop()
        collector.stop()

    assert len(kept) > 100
    assert arrived(tmp_path / "data", kept)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small file system needs Linux and root")
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(place)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip(f"this machine mounts nothing: {made.stderr.decode()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_small_disk_is_never_filled_to_its_end(tmp_path: Path, small_disk: Path) -> None:
    relay_sender, (sender,) = enrolled(tmp_path / "data", 1)
    port = pinned_port()
    collector = Collector(tmp_path / "data")
    set_port(collector, port)
    kept: list[bytes] = []
    with (
        collector,
        RelayProcess(small_disk, relay_sender, [f"http://127.0.0.1:{port}"], settings="spool_mb = 30") as relay,
    ):
        relay.post(*numbered(sender, 1))
        until(lambda: relay.status().get("forwarded", 0) >= 1, "the host to be known upstream")
        collector.kill()

        def full() -> bool:
            lines = [sender.line(Event(1.7e9, "test.noise", os.urandom(1500).hex())) for _ in range(20)]
            status, _ = relay.post(*lines)
            assert status in (200, 429)
            if status == 200:
                kept.extend(lines)
            return status == 429

        until(full, "the disk to be full")
        assert shutil.disk_usage(small_disk).free > 1 << 20
        relay.kill()
        relay.start()
        collector.start()
        until(lambda: relay.post(*numbered(sender, 1))[0] == 200, "room", 120.0)
        until(lambda: waiting(relay) == 0, "all of it to arrive", 300.0)
        relay.stop()
        collector.stop()

    assert arrived(tmp_path / "data", kept)


def waiting(relay: RelayProcess) -> int:
    """Return how many lines wait at a relay; one where it has not said yet."""
    spool = relay.status().get("spool")
    return sum(lane["lines"] for lane in spool.values()) if spool else 1


def test_a_host_that_waits_for_approval_is_held_and_let_go(tmp_path: Path) -> None:
    relay_sender, (good, waiting) = enrolled(tmp_path / "data", 2)
    allow(tmp_path / "data", waiting.origin, hosts.PENDING)
    with (
        Collector(tmp_path / "data") as collector,
        RelayProcess(tmp_path / "relay", relay_sender, [f"http://127.0.0.1:{collector.port}"]) as relay,
    ):
        early = numbered(waiting, 3)
        assert relay.post(*early)[0] == 200
        until(lambda: waiting.origin in relay.status().get("held", {}), "the host to be held")
        status, told = relay.post(*numbered(waiting, 1))
        assert (status, told["lines"][0][2]) == (403, 403)
        assert relay.post(*numbered(good, 1))[0] == 200

        assert 'state="held"' in collector.get("/metrics")
        allow(tmp_path / "data", waiting.origin, hosts.APPROVED)
        # A relay whose first try is refused comes back after minutes: so the collector must know by then.
        until(lambda: 'state="held"' not in collector.get("/metrics"), "the approval to be heard of")
        relay.stop()
        relay.start()
        until(lambda: relay.status().get("forwarded", 0) >= 3, "what was held to arrive")
        assert relay.post(*numbered(waiting, 1))[0] == 200
        relay.stop()
        collector.stop()

    assert arrived(tmp_path / "data", early)


def test_what_is_altered_at_the_relay_is_refused_by_the_collector(tmp_path: Path) -> None:
    relay_sender, (sender,) = enrolled(tmp_path / "data", 1)
    with (
        Collector(tmp_path / "data") as collector,
        RelayProcess(tmp_path / "relay", relay_sender, [f"http://127.0.0.1:{collector.port}"]) as relay,
    ):
        good = numbered(sender, 2)
        relay.post(good[0])
        until(lambda: relay.status().get("forwarded", 0) >= 1, "the host to be known upstream")
        altered = sender.line(Event(1.7e9, "test.event", "100 SEK")).replace(b"100 SEK", b"900 SEK")
        broken = sender.line(b'{"kind":"event","at":1}')
        assert relay.post(altered, broken, good[1])[0] == 200
        until(lambda: relay.status().get("refused", {}).get("422") == 1, "what makes no sense to be refused")
        until(lambda: relay.status()["spool"]["held"]["lines"] == 1, "what is not signed to be put aside")
        # One forged line is no reason to stop listening to its host.
        assert relay.post(*numbered(sender, 1))[0] == 200
        relay.stop()
        collector.stop()

    lines = held_lines(tmp_path / "data")
    assert set(good) <= set(lines)
    assert altered not in lines


def test_kill_minus_nine_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    relay_sender, senders = enrolled(tmp_path / "data", 4)
    chance = Random(2026)
    kept: set[bytes] = set()
    with Collector(tmp_path / "data", "journal_hours = 24") as collector:
        relay = RelayProcess(tmp_path / "relay", relay_sender, [f"http://127.0.0.1:{collector.port}"])
        with relay:
            relay.post(*(line for sender in senders for line in numbered(sender, 1)))
            until(lambda: relay.status().get("forwarded", 0) >= 4, "the hosts to be known upstream")
            for _ in range(KILLS):
                wanted = chance.randrange(1, 30)
                over = threading.Event()
                posting = [Posting(sender, relay.port, over) for sender in senders]
                for one in posting:
                    one.start()
                until(lambda: sum(len(one.kept) for one in posting) >= wanted * 4, "answers")  # noqa: B023
                relay.kill()
                over.set()
                for one in posting:
                    one.join(PATIENCE)
                    assert one.wrong == []
                    kept |= set(one.kept)
                relay.start()
            until(lambda: waiting(relay) == 0, "all of it to arrive", 120.0)
            assert relay.stop() == 0
        assert collector.stop() == 0

    lines = Counter(held_lines(tmp_path / "data"))
    assert len(kept) > 100
    assert kept - set(lines) == set()
    assert max(lines.values()) == 1


def test_a_relay_of_edu_brings_nothing_of_adm_through_the_door_of_edu(tmp_path: Path) -> None:
    data = tmp_path / "data"
    edu_relay, adm, edu = prepare(data, [relay_row("edu"), host_row(1, zone="adm"), host_row(2, zone="edu")])
    make_authority(data, "edu", "test", datetime.now(UTC))
    collector = Collector(data, '[zones.edu]\nlisten = "127.0.0.1"\nprivacy = "edu"\n')
    with collector:
        found = re.search(r"takes zone edu on (https://\S+)", collector.said.read_text("utf-8"))
        assert found is not None
        ca = data / "ca" / "edu.crt"
        relay = RelayProcess(
            tmp_path / "relay", edu_relay, [found.group(1)], zone="edu", settings=f"ca_file = {json.dumps(str(ca))}"
        )
        with relay:
            good, foreign = edu.line(Event(1.7e9, "test.event", "x")), adm.line(Event(1.7e9, "test.event", "y"))
            assert relay.post(good, foreign)[0] == 200
            until(lambda: relay.status().get("forwarded", 0) >= 2, "the line of edu to arrive")
            until(lambda: adm.origin in relay.status().get("held", {}), "the line of adm to be refused")
            private = edu.line(Event(1.7e9, "login.opened", "anna"))
            status, told = relay.post(private)
            assert (status, told["lines"][0][2]) == (422, 422)
            relay.stop()
        collector.stop()

    lines = held_lines(data)
    assert good in lines
    assert foreign not in lines
    assert private not in lines
