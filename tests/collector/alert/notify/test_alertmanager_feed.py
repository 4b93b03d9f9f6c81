"""What is told to an Alertmanager and when; and a real one, both ways."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from serving import free_port, needed, served
from sqlalchemy.exc import OperationalError

from driftvakt_collector.alert.alert import Alert, Change, Severity, Source, What
from driftvakt_collector.alert.incoming.foreign import mark_of
from driftvakt_collector.alert.notify.alertmanager import BATCH, AlertmanagerFeed, Firing, labels_of
from driftvakt_collector.alert.notify.alertmanager_target import Target, targets
from driftvakt_collector.alert.words import Words
from driftvakt_collector.ingest.entrance import Entrance
from driftvakt_collector.ingest.incoming import Incoming
from driftvakt_collector.store import incoming
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incoming import IncomingRow

NOW = 1_795_000_000.0
URL = "http://am.example:9093"
DOWN = Alert(
    "5f" * 16, Source.RULE, "FilesystemFull", Severity.CRITICAL,
    Words("Disken är full på å-servern", "The disk is full"), NOW - 30,
    origin="a-1", subject="å-server", zone="adm", administration="SLK", site="A-huset", class_="server",
    service="Webb", labels=(("mountpoint", "/"), ("odd-name", "x"), ("zone", "theirs")), value=99.5,
)  # fmt: skip


class There:
    """An Alertmanager that keeps what it is sent."""

    def __init__(self) -> None:
        self.posts: list[list[dict[str, Any]]] = []
        self.headers: list[httpx.Headers] = []
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.status == 0:
            raise httpx.ConnectError("refused")
        assert request.url.path == "/api/v2/alerts"
        self.posts.append(json.loads(request.content))
        self.headers.append(request.headers)
        return httpx.Response(self.status, text="so\x1b[0m")

    def all(self) -> list[dict[str, Any]]:
        return [one for post in self.posts for one in post]


def feed_of(there: Callable[[httpx.Request], httpx.Response], *targets: Target) -> AlertmanagerFeed:
    client = httpx.AsyncClient(transport=httpx.MockTransport(there))
    return AlertmanagerFeed(targets or (Target(URL),), "https://drift.example", client)


def run(feed: AlertmanagerFeed, now: float, *alerts: Firing) -> bool:
    feed.offer(alerts)
    return asyncio.run(feed.run_once(now))


def test_an_alert_as_alertmanager_takes_it() -> None:
    there = There()
    run(feed_of(there), NOW, Firing(DOWN, "INC-1042"))

    (sent,) = there.all()
    assert sent["labels"] == {
        "alertname": "FilesystemFull", "severity": "critical", "instance": "å-server", "zone": "adm",
        "administration": "SLK", "site": "A-huset", "class": "server", "service": "Webb", "mountpoint": "/",
        "odd_name": "x", "driftvakt": "5f" * 16,
    }  # fmt: skip
    assert sent["annotations"] == {
        "summary": "The disk is full", "summary_sv": "Disken är full på å-servern", "incident": "INC-1042",
        "value": "99.5",
    }  # fmt: skip
    assert (sent["startsAt"], sent["endsAt"]) == ("2026-11-18T11:06:10.000Z", "2026-11-18T11:10:40.000Z")
    assert sent["generatorURL"] == "https://drift.example/hosts/a-1"


def test_it_is_sent_again_each_minute_and_once_when_it_ends() -> None:
    there = There()
    feed = feed_of(there)
    worked = [run(feed, NOW + second, Firing(DOWN)) for second in (0, 5, 30, 59.5, 65, 119.5)]

    assert worked == [True, False, False, True, False, True]
    assert run(feed, NOW + 130) is True
    assert run(feed, NOW + 135) is False
    assert there.all()[-1]["endsAt"] == "2026-11-18T11:08:50.000Z"
    assert len(there.posts) == 4


def test_the_number_of_an_incident_is_told_at_once_and_makes_no_second_alert() -> None:
    there = There()
    feed = feed_of(there)
    run(feed, NOW, Firing(DOWN))
    run(feed, NOW + 2, Firing(replace(DOWN, value=99.9)))
    run(feed, NOW + 4, Firing(DOWN, "INC-1"))

    assert [one["annotations"].get("incident") for one in there.all()] == [None, "INC-1"]
    assert len({json.dumps(one["labels"], sort_keys=True) for one in there.all()}) == 1


def test_what_came_from_another_system_is_not_sent_on() -> None:
    there = There()
    foreign = [Firing(replace(DOWN, source=source)) for source in (Source.ALERTMANAGER, Source.GRAFANA)]

    assert run(feed_of(there), NOW, *foreign) is False
    assert there.posts == []


def test_a_restart_loses_nothing() -> None:
    there = There()
    run(feed_of(there), NOW, Firing(DOWN))
    run(feed_of(there), NOW + 10, Firing(DOWN))

    assert len(there.all()) == 2


def test_one_that_is_down_is_tried_less_and_less_and_holds_nobody_up() -> None:
    down, up = There(), There()
    down.status = 0

    def both(request: httpx.Request) -> httpx.Response:
        return (down if request.url.host == "down" else up)(request)

    feed = feed_of(both, Target("http://down:1"), Target("http://up:1/"))
    for second in range(120):
        run(feed, NOW + second, Firing(DOWN))
    counts = feed.counts()

    assert (counts["http://down:1"].failed, len(up.posts)) == (5, 3)
    assert counts["http://down:1"].error == "cannot reach http://down:1: refused"
    down.status = 200
    run(feed, NOW + 200, Firing(DOWN))
    assert (len(down.posts), counts["http://down:1"].error) == (1, "")


def test_an_end_is_told_though_it_was_down_meanwhile() -> None:
    there = There()
    feed = feed_of(there)
    run(feed, NOW, Firing(DOWN))
    there.status = 500
    run(feed, NOW + 10)
    there.status = 200
    run(feed, NOW + 30)

    assert there.all()[-1]["endsAt"] == "2026-11-18T11:07:10.000Z"
    assert run(feed, NOW + 40) is False


def test_what_is_refused_is_counted_and_holds_up_nothing() -> None:
    there = There()
    there.status = 400
    feed = feed_of(there)
    many = [Firing(replace(DOWN, fingerprint=f"{number:032x}")) for number in range(BATCH + 1)]
    run(feed, NOW, *many)

    assert [len(post) for post in there.posts] == [BATCH, 1]
    assert feed.counts()[URL].refused == 2
    assert feed.counts()[URL].error == f"{URL} refused alerts: so [0m"


def test_a_clock_that_is_put_back_does_not_keep_it_quiet() -> None:
    there = There()
    feed = feed_of(there)
    run(feed, NOW, Firing(DOWN))
    there.status = 0
    run(feed, NOW + 100, Firing(DOWN))
    there.status = 200

    assert run(feed, NOW - 3600, Firing(DOWN)) is True
    assert len(there.posts) == 2


def test_who_we_are_is_said_and_shown_nowhere() -> None:
    there = There()
    targets = (Target("http://a", token="hemlig"), Target("http://b", login="us", password="hemlig"))
    run(feed_of(there, *targets), NOW, Firing(DOWN))

    assert [one["authorization"] for one in there.headers] == ["Bearer hemlig", "Basic dXM6aGVtbGln"]
    assert "hemlig" not in repr(targets)


def test_a_label_that_is_no_name_is_made_one() -> None:
    odd = replace(DOWN, labels=(("9 lives", "x"), ("tömt", ""), ("", "y"), ("sender", "p")))

    plain = replace(DOWN, labels=())

    assert {name for name, _ in {*labels_of(Firing(odd))} - {*labels_of(Firing(plain))}} == {"_9_lives", "_"}


def test_half_a_character_stops_nothing() -> None:
    there = There()
    odd = replace(DOWN, subject="web\ud800", summary=Words("\udfff", "x" * 5000), labels=(("a", "\ud800"),))
    run(feed_of(there), NOW, Firing(odd))

    assert there.all()[0]["labels"]["instance"] == "web?"
    assert len(there.all()[0]["annotations"]["summary"]) == 1024


def test_targets_are_read_with_every_mistake(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hemlig\n")
    path, wrong = str(tmp_path / "secret"), list[str]()

    found = targets({"a": {"url": "http://a"}, "b": {"url": "https://b", "login": "us", "password_file": path}}, wrong)
    assert (found, wrong) == ((Target("http://a"), Target("https://b", "", "us", "hemlig")), [])
    bad = {
        "c": {"url": "am:9093", "colour": 1}, "d": {"url": "http://x/api/v2"}, "e": 5, "f": {"url": "http://u:p@x"},
        "g": {"url": "http://x", "login": "us", "token_file": "/nowhere"},
    }  # fmt: skip
    assert targets(bad, wrong) == ()
    assert len(wrong) == 8
    assert targets([], wrong) == ()


# --- a real one ---


def _serves(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/-/ready", trust_env=False).is_success
    except httpx.HTTPError:
        return False


class Town:
    """A collector's door, a feed, and what came in."""

    def __init__(self, store: Store) -> None:
        self.standing: dict[str, Alert] = {}
        self.taken: list[Change] = []
        self.door = Incoming(store, self.take, lambda: self.standing, lambda _: lambda _: None)
        self.entrance = Entrance(SimpleNamespace(receiving=0))
        self.bodies = 0
        self.broken = 0

    async def take(self, changes: list[Change]) -> None:
        if self.broken:
            self.broken -= 1
            raise OperationalError("INSERT", {}, Exception("disk full"))
        self.taken += changes
        for change in changes:
            if change.what is What.RAISED:
                self.standing[change.alert.fingerprint] = change.alert
            else:
                self.standing.pop(change.alert.fingerprint, None)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.bodies += 1
            await self.door.serve(self.entrance, "", scope, receive, send)

    @asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[None]:
        server = uvicorn.Server(uvicorn.Config(self, port=port, log_config=None, lifespan="off", loop="asyncio"))
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.02)
        yield
        server.should_exit = True
        await task


async def _until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.05)


CONFIG = """
route:
  receiver: driftvakt
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 400ms
  repeat_interval: 400ms
receivers:
  - name: driftvakt
    webhook_configs:
      - url: http://127.0.0.1:{port}/v1/incoming/alertmanager/prometheus
        send_resolved: true
        http_config:
          authorization: {{credentials_file: {token}}}
"""


@pytest.mark.real
def test_a_real_alertmanager_both_ways(tmp_path: Path) -> None:
    program = needed("prometheus-alertmanager", "prometheus-alertmanager")
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.migrate()
    row = IncomingRow("prometheus", "alertmanager", "adm", "SLK", incoming.mark_of("t-1"), 1.0)
    store.write_now(lambda one: incoming.add(one, row))
    ours, theirs = free_port(), free_port()
    (tmp_path / "token").write_text("t-1")
    (tmp_path / "am.yml").write_text(CONFIG.format(port=ours, token=tmp_path / "token"))
    argv = [
        program, f"--config.file={tmp_path / 'am.yml'}", f"--storage.path={tmp_path / 'am'}",
        f"--web.listen-address=127.0.0.1:{theirs}", "--cluster.listen-address=",
    ]  # fmt: skip
    with served(argv, lambda: _serves(theirs), tmp_path / "am.log"):
        asyncio.run(_both_ways(Town(store), ours, f"http://127.0.0.1:{theirs}"))
    store.close()


async def _both_ways(town: Town, ours: int, url: str) -> None:
    async with town.open(ours), httpx.AsyncClient(trust_env=False) as client:
        feed = AlertmanagerFeed([Target(url)], "https://drift.example", client)

        async def there() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = (await client.get(f"{url}/api/v2/alerts")).json()
            return [one for one in found if "driftvakt" in one["labels"]]

        # Ours out: it is shown there, by the fingerprint that we would compute.
        feed.offer([Firing(DOWN, "INC-1")])
        await feed.run_once(time.time())
        (shown,) = await there()
        assert shown["labels"]["instance"] == "å-server"
        assert shown["annotations"]["summary_sv"] == "Disken är full på å-servern"
        assert shown["fingerprint"] == mark_of(shown["labels"])
        assert feed.counts()[url].sent == 1

        # It comes back by the webhook, and is known for ours.
        await _until(lambda: town.bodies > 0)
        assert town.taken == []
        feed.offer([])
        await feed.run_once(time.time())
        assert await there() == []

        # Theirs in: once, however often the group is sent; and though the store did not take it the first time.
        town.broken = 1
        told = [
            {"labels": {"alertname": "Ner", "instance": f"web{number}:9100", "severity": "page"},
             "annotations": {"summary": "Svarar inte på å ä ö"}, "generatorURL": "http://prom.example/graph"}
            for number in (1, 2)
        ]  # fmt: skip
        assert (await client.post(f"{url}/api/v2/alerts", json=told)).is_success
        await _until(lambda: len(town.taken) == 2)
        assert town.broken == 0
        before = town.bodies
        await _until(lambda: town.bodies >= before + 2)
        assert [change.what for change in town.taken] == [What.RAISED] * 2
        assert {change.alert.subject for change in town.taken} == {"web1", "web2"}
        assert town.taken[0].alert.severity is Severity.CRITICAL
        assert town.taken[0].alert.summary.sv == "Svarar inte på å ä ö"

        # And closed on resolve, the other one still firing.
        # It merges the two, and from then on says the earlier start.
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        ended = [{**told[0], "startsAt": shown["startsAt"], "endsAt": now}]
        assert (await client.post(f"{url}/api/v2/alerts", json=ended)).is_success
        await _until(lambda: len(town.taken) == 3)
        assert (town.taken[2].what, town.taken[2].alert.subject) == (What.CLEARED, "web1")
        assert [one.subject for one in town.standing.values()] == ["web2"]
