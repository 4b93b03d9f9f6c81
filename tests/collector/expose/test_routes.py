"""The routes of exposition: who may read, what may be asked, and in which form it comes."""

import asyncio
import gzip
import json
from array import array
from typing import Any
from urllib.parse import quote

import pytest
from collecting import host_row
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families
from starlette.applications import Starlette

from driftvakt_collector.expose.own import OwnCollector, registry
from driftvakt_collector.expose.page import RenderCache
from driftvakt_collector.expose.routes import Exposition
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest.entrance import DoorCounts
from driftvakt_collector.intake import Intake
from driftvakt_collector.journal.line import Report
from driftvakt_wire.encode import series_set
from driftvakt_wire.envelope import digest

NOW = 1000.0
SET = series_set([("node_load1", ())], {})


class Journal:
    commits, commit_seconds, lines, bytes, stored, failures = 3, 0.5, 7, 700, 70, 1


class Reader:
    """Somebody who asks, from `address`."""

    def __init__(self, token: str = "", ready: str = "") -> None:
        self.address = "127.0.0.1"
        rows = [
            host_row(place, zone=("adm", "edu")[place % 2], class_=("server", "pc")[place % 2]) for place in range(6)
        ]
        self.fleet = Fleet([*rows, host_row(9, site="Årsta & co")], 0.0)
        for host in self.fleet.hosts.values():
            self.fleet.report(host, Report(NOW, 1.0, digest(SET), array("d", [0.5])), NOW, NOW)  # type: ignore[arg-type]
            self.fleet.bind(host, digest(SET), SET, NOW)
        cache, intake, door = RenderCache(1 << 20), Intake(self.fleet, lambda: NOW, lambda: NOW), DoorCounts()
        door.rejected["401"] = door.requests[207] = 4
        intake.counts.ignored["late"] = 2
        own = OwnCollector(self.fleet, intake, door, Journal(), cache, lambda: NOW, {"snapshot": NOW})
        self._application = Starlette(
            routes=Exposition(self.fleet, cache, registry(own), lambda: ready, token=token, now=lambda: NOW).routes()
        )

    def ask(self, url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
        path, _, query = url.partition("?")
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "scheme": "http", "root_path": "", "client": (self.address, 5), "headers":
            [(b"host", b"mon.test:8180"), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())],
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self._application(scope, receive, send))  # type: ignore[arg-type]
        told = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        body = b"".join(message.get("body", b"") for message in sent[1:])
        if told.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return sent[0]["status"], told, body.decode()

    def instances(self, query: str) -> set[str]:
        status, _, text = self.ask(f"/metrics/hosts{query}")
        assert status == 200
        families = {one.name: one for one in text_families(text)}
        return {sample.labels["instance"] for sample in families["driftvakt_host_up"].samples}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", {0, 1, 2, 3, 4, 5, 9}, id="everybody"),
        pytest.param("?zone=edu", {1, 3, 5}, id="a zone"),
        pytest.param("?site=site-1", {1, 4}, id="a site of two zones"),
        pytest.param("?zone=adm&site=site-1", {4}, id="a shard"),
        pytest.param(f"?zone=adm&site={quote('Årsta & co')}", {9}, id="a shard with a difficult name"),
        pytest.param("?class=pc&site=site-0", {3}, id="a class"),
        pytest.param("?instance=host-2", {2}, id="one by its name"),
        pytest.param("?origin=a-0005", {5}, id="one by its origin"),
        pytest.param("?origin=a-0005&zone=adm", set(), id="one that is not there"),
        pytest.param("?administration=SLK&zone=adm&site=site-0&class=pc", set(), id="all together"),
        pytest.param("?origin=a-none", set(), id="an unknown origin"),
    ],
)
def test_filters(query: str, expected: set[int]) -> None:
    if expected:
        assert Reader().instances(query) == {f"host-{number}" for number in expected}
    else:
        assert "host-" not in Reader().ask(f"/metrics/hosts{query}")[2]


@pytest.mark.parametrize("query", ["?sites=x", "?match[]=up", "?class_=pc", "?name=x"])
def test_a_filter_that_is_none_is_refused(query: str) -> None:
    status, _, text = Reader().ask(f"/metrics/hosts{query}")

    assert status == 400
    assert "is not a filter; use zone, site" in text


@pytest.mark.parametrize("path", ["/metrics", "/metrics/hosts"])
def test_each_format_is_read_by_its_parser(path: str) -> None:
    reader = Reader()

    _, plain, text = reader.ask(path)
    _, open_, other = reader.ask(path, accept="application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2")

    assert plain["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert open_["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    names = {sample.name for family in text_families(text) for sample in family.samples}
    told: list[Metric] = list(openmetrics_families(other))  # type: ignore[no-untyped-call]
    others = {sample.name for family in told for sample in family.samples}
    assert {"driftvakt_hosts" if path == "/metrics" else "node_load1"} <= names & others


@pytest.mark.parametrize("path", ["/metrics", "/metrics/hosts"])
def test_gzip_is_used_where_it_is_offered(path: str) -> None:
    reader = Reader()
    if path == "/metrics/hosts":
        assert reader.ask(path, accept_encoding="gzip, deflate")[2] == reader.ask(path)[2]

    _, told, _ = reader.ask(path, accept_encoding="gzip")
    _, plain, _ = reader.ask(path, accept_encoding="br")

    assert (told["content-encoding"], plain.get("content-encoding")) == ("gzip", None)
    assert told["vary"] == "accept, accept-encoding"


def test_service_discovery_names_each_shard_once_and_each_shard_answers() -> None:
    reader = Reader()
    status, told, text = reader.ask("/sd/hosts")

    targets = json.loads(text)

    assert (status, told["content-type"]) == (200, "application/json")
    assert {tuple(one["targets"]) for one in targets} == {("mon.test:8180",)}
    found: set[str] = set()
    for one in targets:
        labels = one["labels"]
        assert labels["__metrics_path__"] == "/metrics/hosts"
        assert (labels["__param_zone"], labels["__param_site"]) == (labels["zone"], labels["site"])
        assert all(isinstance(label, str) for label in labels.values())
        shard = reader.instances(f"?zone={labels['zone']}&site={quote(labels['site'])}")
        assert shard
        assert not shard & found
        found |= shard
    assert len(found) == 7


def test_a_site_that_everybody_left_is_no_shard() -> None:
    reader = Reader()
    reader.fleet.enrol(host_row(9, site="site-0"))

    assert "Årsta" not in reader.ask("/sd/hosts")[2]


GUARDED = ["/metrics", "/metrics/hosts", "/metrics/hosts?nonsense=1", "/sd/hosts"]


@pytest.mark.parametrize("url", GUARDED)
@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        pytest.param("", "127.0.0.1", {}, 200, id="this machine"),
        pytest.param("", "::1", {}, 200, id="this machine by IPv6"),
        pytest.param("", "192.0.2.7", {}, 401, id="another machine"),
        pytest.param("", "192.0.2.7", {"authorization": "Bearer "}, 401, id="another with an empty token"),
        pytest.param("", "192.0.2.7", {"x_forwarded_for": "127.0.0.1"}, 401, id="another that claims to be this"),
        pytest.param("", "not an address", {}, 401, id="nobody knows who"),
        pytest.param("hemligt å", "127.0.0.1", {}, 401, id="this machine without the token"),
        pytest.param("hemligt", "192.0.2.7", {"authorization": "Bearer hemligt"}, 200, id="another with the token"),
        pytest.param("hemligt", "192.0.2.7", {"authorization": "Bearer hemlig"}, 401, id="a token cut off"),
        pytest.param("hemligt", "192.0.2.7", {"authorization": "Bearer å\udcff"}, 401, id="a token that is no text"),
    ],
)
def test_who_may_read(url: str, token: str, address: str, headers: dict[str, str], status: int) -> None:
    reader = Reader(token)
    reader.address = address

    told, answer, text = reader.ask(
        url, **{name: text.encode("utf-8", "replace").decode() for name, text in headers.items()}
    )

    assert told == (400 if status == 200 and "nonsense" in url else status)
    if status == 401:
        assert answer["www-authenticate"] == 'Bearer realm="driftvakt"'
        assert "host-" not in text


def test_health_is_open_and_readiness_says_why_not() -> None:
    ill = Reader("hemligt", ready="cannot write the journal: disk full")
    ill.address = "192.0.2.7"

    assert ill.ask("/healthz")[0] == 200
    assert ill.ask("/readyz")[::2] == (503, "cannot write the journal: disk full\n")
    assert Reader().ask("/readyz")[::2] == (200, "ready\n")


def test_nothing_is_posted_here() -> None:
    assert Reader().ask("/metrics", "POST")[0] == 405
