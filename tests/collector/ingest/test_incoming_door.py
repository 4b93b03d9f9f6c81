"""The door for alerts of other systems: who may, what is answered, and that nothing is promised that is not written."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from driftvakt_collector.alert.alert import Alert, Change, What
from driftvakt_collector.ingest.entrance import Entrance
from driftvakt_collector.ingest.incoming import Incoming
from driftvakt_collector.store import incoming
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incoming import IncomingRow

TOKEN = "right-token"
WALL = 1_795_000_000.0
BODY = json.dumps({
    "version": "4", "status": "firing", "alerts": [{
        "status": "firing", "labels": {"alertname": "Down", "instance": "web1:9100"},
        "startsAt": "2026-11-18T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
    }],
}).encode()  # fmt: skip
RESOLVED = BODY.replace(b'"status": "firing"', b'"status": "resolved"')


class Room:
    """A door with a store behind it, and one who takes what comes."""

    def __init__(self, store: Store, *, expire: float = 0.0) -> None:
        self.store = store
        self.standing: dict[str, Alert] = {}
        self.taken: list[Change] = []
        self.broken = False
        self.clock = 1000.0
        self.door = Incoming(
            store, self.take, lambda: self.standing, lambda _: lambda _: None, expire=expire,
            now=lambda: self.clock, wall=lambda: WALL,
        )  # fmt: skip
        self.entrance = Entrance(SimpleNamespace(receiving=0))

    async def take(self, changes: list[Change]) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise OperationalError("INSERT", {}, Exception("disk full"))
        self.taken += changes
        for change in changes:
            if change.what is What.RAISED:
                self.standing[change.alert.fingerprint] = change.alert
            else:
                self.standing.pop(change.alert.fingerprint, None)

    async def ask(
        self, body: bytes = BODY, path: str = "/v1/incoming/alertmanager/prometheus", *, token: str | None = TOKEN,
        basic: bool = False, method: str = "POST", zone: str = "", address: str = "10.0.0.9", size: int = 1 << 16,
        encoding: bytes = b"",
    ) -> SimpleNamespace:  # fmt: skip
        headers = [(b"content-encoding", encoding)] if encoding else []
        if token is not None:
            shown = base64.b64encode(f"any:{token}".encode()) if basic else token.encode()
            headers.append((b"authorization", (b"Basic " if basic else b"Bearer ") + shown))
        pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": (address, 1)}
        await self.door.serve(self.entrance, zone, scope, receive, send)
        return SimpleNamespace(
            status=sent[0]["status"], headers=dict(sent[0]["headers"]), text=sent[1]["body"].decode("utf-8")
        )


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    rows = [
        IncomingRow("prometheus", "alertmanager", "adm", "SLK", incoming.mark_of(TOKEN), 1.0),
        IncomingRow("grafana", "grafana", "edu", "", incoming.mark_of("other"), 1.0),
    ]
    store.write_now(lambda one: [incoming.add(one, row) for row in rows])
    yield store
    store.close()


def rows(store: Store) -> dict[str, IncomingRow]:
    return {row.name: row for row in store.read(incoming.load)}


def on(room: Room, work: Callable[[Room], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        return await work(room)

    return asyncio.run(run())


BAD_TOKENS = [None, "rätt", "", "right-toke", "x" * 5000, "right-token\x00"]


def test_alerts_come_in_once_and_are_closed(store: Store) -> None:
    async def story(room: Room) -> None:
        first = await room.ask()
        again = await room.ask()
        over = await room.ask(RESOLVED)
        late = await room.ask(RESOLVED)

        assert [one.status for one in (first, again, over, late)] == [200] * 4
        assert (first.text, again.text) == ("1 alerts, 1 of them news\n", "1 alerts, 0 of them news\n")
        assert [change.what for change in room.taken] == [What.RAISED, What.CLEARED]
        assert room.taken[0].alert.administration == "SLK"

    on(Room(store), story)
    assert rows(store)["prometheus"].last_at == WALL


def test_a_group_that_comes_twice_at_once_is_one_alert(store: Store) -> None:
    async def story(room: Room) -> None:
        await asyncio.gather(*(room.ask() for _ in range(8)))

        assert len(room.taken) == 1

    on(Room(store), story)


def test_the_password_of_basic_is_as_good_as_a_bearer_token(store: Store) -> None:
    async def story(room: Room) -> None:
        assert (await room.ask(basic=True)).status == 200

    on(Room(store), story)


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_all_that_is_wrong_with_a_token_is_answered_alike(store: Store, token: str | None) -> None:
    async def story(room: Room) -> None:
        answers = [
            await room.ask(token=token),
            await room.ask(path="/v1/incoming/alertmanager/nobody"),
            await room.ask(path="/v1/incoming/grafana/prometheus"),
            await room.ask(path="/v1/incoming/"),
            await room.ask(zone="edu"),
            await room.ask(b"nonsense", token=token),
        ]

        assert {(one.status, one.text, one.headers[b"www-authenticate"]) for one in answers} == {
            (401, "this system or its token is not known here: driftvakt incoming list\n",
             b'Bearer realm="driftvakt", Basic realm="driftvakt"')
        }  # fmt: skip
        assert room.taken == []

    on(Room(store), story)


def test_what_the_store_does_not_take_is_asked_for_again(store: Store) -> None:
    async def story(room: Room) -> None:
        room.broken = True
        failed = await room.ask()
        room.broken = False
        repeated = await room.ask()

        assert (failed.status, failed.headers[b"retry-after"]) == (503, b"16")
        assert (repeated.status, len(room.taken)) == (200, 1)

    on(Room(store), story)


def test_a_store_that_cannot_be_read_is_a_503(store: Store) -> None:
    room = Room(store)
    room.door._store = SimpleNamespace(read=_fails)  # type: ignore[assignment]

    async def story(room: Room) -> None:
        assert (await room.ask()).status == 503

    on(room, story)


def _fails(_work: object) -> None:
    raise OperationalError("SELECT", {}, Exception("gone"))


def test_a_bad_body_is_a_400_with_a_sentence_and_is_written_down(store: Store) -> None:
    async def story(room: Room) -> None:
        refused = await room.ask(b'{"alerts":5}')

        assert refused.status == 400
        assert refused.text.startswith("this is no group of alerts")

    on(Room(store), story)
    assert rows(store)["prometheus"].last_error.startswith("not taken: this is no group")
    assert rows(store)["prometheus"].last_at is None


@pytest.mark.parametrize(
    ("body", "encoding", "status"), [(b"x" * (9 << 20), b"", 413), (b"x" * (7 << 20), b"", 413), (b"x", b"br", 415)]
)
def test_a_body_is_bounded(store: Store, body: bytes, encoding: bytes, status: int) -> None:
    async def story(room: Room) -> None:
        assert (await room.ask(body, encoding=encoding)).status == status
        assert room.entrance.receiving == 0

    on(Room(store), story)


def test_too_many_requests_of_a_system_are_asked_for_again(store: Store) -> None:
    """Alertmanager does not send again what was answered 429."""

    async def story(room: Room) -> None:
        answers = [(await room.ask(b'{"alerts":[]}')).status for _ in range(420)]

        assert (answers[:400], set(answers[401:])) == ([200] * 400, {503})
        room.clock += 60.0
        assert (await room.ask()).status == 200

    on(Room(store), story)


def test_strangers_do_not_hold_up_a_system_behind_the_same_gateway(store: Store) -> None:
    async def story(room: Room) -> None:
        strangers = {(await room.ask(token=None)).status for _ in range(50)}

        assert strangers == {401, 429}
        assert (await room.ask()).status == 200

    on(Room(store), story)


def test_a_new_token_and_a_removal_count_within_a_second(store: Store) -> None:
    async def story(room: Room) -> None:
        assert (await room.ask()).status == 200
        await store.write(lambda one: incoming.renew(one, "prometheus", incoming.mark_of("new"), 2.0))
        room.clock += 1.1
        assert [(await room.ask()).status, (await room.ask(token="new")).status] == [401, 200]
        await store.write(lambda one: incoming.remove(one, "prometheus"))
        room.clock += 1.1
        assert (await room.ask(token="new")).status == 401

    on(Room(store), story)


def test_alerts_are_posted(store: Store) -> None:
    async def story(room: Room) -> None:
        answer = await room.ask(method="GET")
        assert (answer.status, answer.headers[b"allow"]) == (405, b"POST")

    on(Room(store), story)


def test_what_is_not_sent_again_ends_when_that_is_asked_for(store: Store) -> None:
    async def story(room: Room) -> None:
        await room.ask()
        room.clock += 3000.0
        await room.ask()
        room.clock += 3000.0
        assert await room.door.forget() == 0
        room.clock += 700.0
        assert await room.door.forget() == 1
        assert (room.taken[-1].what, room.taken[-1].at, room.standing) == (What.CLEARED, WALL, {})

    on(Room(store, expire=3600.0), story)


def test_after_a_start_the_time_is_counted_anew(store: Store) -> None:
    async def story(room: Room) -> None:
        await room.ask()
        other = Room(store, expire=3600.0)
        other.standing = room.standing
        other.clock = 9e6
        assert await other.door.forget() == 0
        other.clock += 3601.0
        assert await other.door.forget() == 1

    on(Room(store), story)


def test_neither_token_nor_mark_is_in_the_log(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    async def story(room: Room) -> None:
        await room.ask(token="hemlig-sak")

    on(Room(store), story)
    assert "hemlig" not in caplog.text
    assert "refused alerts from 10.0.0.9" in caplog.text
