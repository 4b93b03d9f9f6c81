"""Who is told what there is to ask, and who is not."""

import asyncio

import pytest
from collecting import MASTER, host_row

from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest.assignment import Assignments
from driftvakt_collector.store import hosts
from driftvakt_collector.trust.assignment import opened, request, signed
from driftvakt_wire.envelope import derive_key, digest, sign

PLAIN = b"all that there is to ask"
ROWS = [
    host_row(1, origin="r-1", class_="relay"), host_row(2, origin="r-2", class_="relay")._replace(state=hosts.REVOKED),
    host_row(3, origin="r-3", class_="relay")._replace(gen=4, gen_floor=3), host_row(4, origin="a-4"),
]  # fmt: skip


class Asked:
    def __init__(self) -> None:
        self.of: list[tuple[str, str]] = []
        self.now = 100.0
        fleet = Fleet(ROWS, healthy_since=0.0)
        self.found: list[tuple[str, str, bytes]] = []
        self.door = Assignments(fleet.hosts, {"adm": MASTER}, self.assign, self.hear, lambda: self.now)

    async def assign(self, relay: str, zone: str) -> bytes:
        self.of.append((relay, zone))
        return PLAIN

    async def hear(self, relay: str, zone: str, body: bytes) -> str:
        self.found.append((relay, zone, body))
        return "" if body.startswith(b"{") else "it is wrong"

    def post(self, body: bytes, door: str = "") -> tuple[int, bytes]:
        return asyncio.run(self.door.ask(body, door))


def key(origin: str, gen: int = 1) -> bytes:
    return derive_key(MASTER, origin, gen)


def test_a_relay_is_told_what_it_has_to_ask() -> None:
    asked = Asked()

    status, body = asked.post(request(key("r-1"), "r-1", 1, "n1", ""))

    assert status == 200
    assert opened(key("r-1"), "r-1", 1, "n1", body) == PLAIN
    assert asked.of == [("r-1", "adm")]


def test_what_it_has_already_is_not_sent_again() -> None:
    status, body = Asked().post(request(key("r-1"), "r-1", 1, "n1", digest(PLAIN)), "adm")

    assert (status, opened(key("r-1"), "r-1", 1, "n1", body)) == (200, b"")


@pytest.mark.parametrize(("body", "door"), [
    pytest.param(request(key("r-2"), "r-2", 1, "n1", ""), "", id="revoked"),
    pytest.param(request(key("a-4"), "a-4", 1, "n1", ""), "", id="no relay"),
    pytest.param(request(key("r-9"), "r-9", 1, "n1", ""), "", id="unknown"),
    pytest.param(request(key("r-3", 2), "r-3", 2, "n1", ""), "", id="an old key"),
    pytest.param(request(key("r-3", 5), "r-3", 5, "n1", ""), "", id="a key that is none yet"),
    pytest.param(request(key("a-4"), "r-1", 1, "n1", ""), "", id="another's signature"),
    pytest.param(request(key("r-1"), "r-1", 1, "n1", ""), "edu", id="another zone's door"),
    pytest.param(request(key("r-1"), "r-1", 1, "n1", "").replace(b'"n1"', b'"n2"'), "", id="altered"),
    pytest.param(sign(key("r-1"), "r-1", 1, "n1", 1, b'{"kind":"assignment","have":""}'), "", id="signed as a record"),
    pytest.param(b"rubbish", "", id="rubbish"),
])  # fmt: skip
def test_nobody_else_is_told_anything(body: bytes, door: str) -> None:
    asked = Asked()

    assert asked.post(body, door) == (403, b'{"error":"not accepted"}')
    assert asked.of == []


def test_one_relay_can_not_keep_the_store_busy() -> None:
    asked = Asked()
    body = request(key("r-1"), "r-1", 1, "n1", "")

    statuses = [asked.post(body)[0] for _ in range(30)]

    assert statuses.count(200) == len(asked.of) <= 11
    assert asked.post(request(key("r-3", 4), "r-3", 4, "n1", ""))[0] == 200
    asked.now += 60
    assert asked.post(body)[0] == 200


def test_what_a_relay_found_is_heard_of_that_relay_alone() -> None:
    asked = Asked()
    record = b'{"kind":"found"}'
    own = signed(key("r-1"), "r-1", 1, "n1", record)

    assert asyncio.run(asked.door.hear(own, "adm")) == (200, b"{}")
    assert asked.found == [("r-1", "adm", record)]
    for body, door in (
        (own, "edu"), (signed(key("a-4"), "r-1", 1, "n1", record), ""),
        (signed(key("r-2"), "r-2", 1, "n1", record), ""), (b"rubbish", ""),
    ):  # fmt: skip
        assert asyncio.run(asked.door.hear(body, door))[0] == 403
    assert asyncio.run(asked.door.hear(signed(key("r-1"), "r-1", 1, "n1", b"[]"), ""))[0] == 422
    assert len(asked.found) == 2
