"""What the relay makes of an upstream's answers: an upstream that answers as the test says, and the real rest."""

import asyncio
import gzip
import json
from base64 import b64decode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from collecting import MASTER, Sender

from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.relay import held
from driftvakt_collector.relay.app import Relay
from driftvakt_collector.relay.config import Config
from driftvakt_wire.envelope import mac, pads
from driftvakt_wire.records import Event, Gap

Headers = dict[str, str]
Told = tuple[int, dict[str, Any]]


class Upstream:
    """Answers requests in the order of `answers`, then takes everything. got: headers and lines of each."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, object, str]] = []
        self.got: list[tuple[Headers, list[bytes]]] = []
        self.bodies: list[bytes] = []
        self.verdicts: dict[bytes, tuple[int, str]] = {}
        self.want: dict[str, list[str]] = {}
        self.port = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def lines(self) -> list[bytes]:
        return [line for _, lines in self.got for line in lines]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                pairs = (line.partition(":") for line in head.decode().split("\r\n")[1:] if line)
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, told, extra = self._answer(headers, body)
                text = json.dumps(told).encode()
                writer.write(
                    b"HTTP/1.1 %d X\r\n%scontent-length: %d\r\n\r\n" % (status, extra.encode(), len(text)) + text
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, headers: Headers, body: bytes) -> tuple[int, object, str]:
        self.bodies.append(body)
        encoding = headers.get("content-encoding", "")
        plain = {"zstd": zstd.decompress, "gzip": gzip.decompress}.get(encoding, bytes)(body)
        lines = plain.split(b"\n")
        self.got.append((headers, lines))
        if self.answers:
            return self.answers.pop(0)
        refused = [[at, "rejected", *self.verdicts[line]] for at, line in enumerate(lines) if line in self.verdicts]
        return 207 if refused else 200, {
            "accepted": len(lines) - len(refused), "duplicate": 0, "rejected": len(refused), "lines": refused,
            "want": self.want, "time": 1.0, "next": 77.0, "backlog": 0.01,
        }, ""  # fmt: skip


class Site:
    """A relay without its clockwork: the test says when it hands on. now: its monotonic clock."""

    def __init__(self, folder: Path, upstream: Upstream, privacy: str = "full") -> None:
        self.now = 1000.0
        self.upstream = upstream
        self.key = Sender("r-1").key
        url = f"http://127.0.0.1:{upstream.port}"
        config = Config(folder / "spool", (url,), "r-1", self.key, "adm", spool_mb=10, spool_free_mb=0, privacy=privacy)
        self.relay = Relay(config, now=lambda: self.now, jitter=lambda: 0.0)

    async def start(self) -> None:
        await self.relay.spool.start()
        await self.relay.forwarder.held.start()

    async def knock(self, *lines: bytes, backlog: bool = False) -> Told:
        """Bring lines; return status and answer."""
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self.relay.door.take(
            b"\n".join(lines), b"", lambda status, body: told.set_result((status, json.loads(body))),
            Head("10.0.0.1", backlog),
        )  # fmt: skip
        return await told

    async def empty(self) -> None:
        """Hand on all that may be handed on now."""
        while await self.relay.forwarder.live_once():
            pass
        while await self.relay.forwarder.old_once():
            pass


def run(folder: Path, work: Callable[[Site], Awaitable[None]], privacy: str = "full") -> None:
    async def all_of_it() -> None:
        upstream = Upstream()
        await upstream.open()
        site = Site(folder, upstream, privacy)
        await site.start()
        try:
            async with asyncio.timeout(30):
                await work(site)
        finally:
            site.relay.routes.close()
            await site.relay.spool.close()
            await upstream.close()
            await asyncio.sleep(0)

    asyncio.run(all_of_it())


def events(sender: Sender, count: int) -> list[bytes]:
    return [sender.line(Event(1.0, "test.event", str(number))) for number in range(count)]


def test_the_relay_vouches_for_how_long_it_had_a_body(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        await site.knock(*events(Sender("a-1"), 2))
        site.now += 2.5
        await site.empty()

        headers, _ = site.upstream.got[0]
        origin, gen, age, given = headers["driftvakt-via"].split(" ")
        signed = f"via\n{origin}\n{gen}\n{age}\n{sha256(site.upstream.bodies[0]).hexdigest()}".encode()
        assert (origin, gen, age) == ("r-1", "1", "2.500")
        assert b64decode(given) == mac(pads(site.key), signed)
        assert "driftvakt-backlog" not in headers
        assert site.relay.spool.live.lines + site.relay.spool.strange.lines >= 0

    run(tmp_path, work)


def test_an_upstream_without_zstd_gets_gzip_and_then_what_it_takes(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        site.upstream.answers = [(415, {"error": "x"}, ""), (415, {"error": "x"}, "")]
        sender = Sender("a-1")
        lines = events(sender, 2)
        await site.knock(*lines)
        await site.empty()
        await site.knock(*events(sender, 1))
        await site.empty()

        told = [headers.get("content-encoding", "") for headers, _ in site.upstream.got]
        assert told == ["zstd", "gzip", "", ""]
        assert site.relay.forwarder.counts.forwarded == 3

    run(tmp_path, work)


def test_old_and_new_lines_never_share_a_body(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        sender = Sender("a-1")
        await site.knock(*events(sender, 1))
        await site.empty()
        old, waited, new = events(sender, 1), events(sender, 2), events(sender, 1)
        await site.knock(*old)
        await site.knock(*waited, backlog=True)
        site.now += 31.0
        await site.knock(*new)
        await site.empty()

        bodies = [("driftvakt-backlog" in headers, lines) for headers, lines in site.upstream.got[1:]]
        assert bodies == [(False, new), (True, old), (True, waited)]

    run(tmp_path, work)


def test_what_is_refused_for_good_is_given_up_and_told(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        lines = events(Sender("a-1"), 3)
        site.upstream.verdicts = {lines[1]: (422, "no sense")}
        await site.knock(*lines)
        await site.empty()

        (notice,) = site.relay.refusals.take()
        assert (notice.name, notice.subject) == ("relay.refused", "a-1")
        assert notice.text == "epoch e1, 2 to 2: 422 no sense (1 lines)"
        assert len(site.upstream.got) == 1

    run(tmp_path, work)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_body_that_is_refused_as_a_whole_is_halved_until_the_line_is_found(tmp_path: Path, status: int) -> None:
    async def work(site: Site) -> None:
        site.upstream.answers = [(status, {"error": "x"}, "")] * 2
        await site.knock(*events(Sender("a-1"), 4))
        await site.empty()

        assert [len(lines) for _, lines in site.upstream.got] == [4, 2, 1, 1, 2]
        assert site.relay.forwarder.counts.forwarded == 4

    run(tmp_path, work)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param((429, {"error": "later"}, "retry-after: 30\r\n"), 30.0, id="429 with a time"),
        pytest.param((503, {"error": "later"}, "retry-after: 30\r\n"), 30.0, id="503 with a time"),
        pytest.param((503, {"error": "later"}, ""), 10.0, id="503 without a time"),
        pytest.param((401, {"error": "not accepted"}, ""), 60.0, id="the relay itself is refused"),
        pytest.param((500, {"error": "fault"}, ""), 1.0, id="a fault"),
        pytest.param((200, ["what?"], ""), 1.0, id="no answer of a collector"),
    ],
)
def test_what_was_not_looked_at_waits_as_asked(tmp_path: Path, answer: tuple[int, object, str], seconds: float) -> None:
    async def work(site: Site) -> None:
        site.upstream.answers = [answer]
        lines = events(Sender("a-1"), 2)
        await site.knock(*lines)
        await site.empty()
        assert site.relay.forwarder.counts.forwarded == 0
        site.now += seconds - 0.1
        await site.empty()
        assert len(site.upstream.got) == 1
        site.now += 0.2
        await site.empty()
        assert site.upstream.got[-1][1] == lines
        assert site.relay.forwarder.counts.forwarded == 2

    run(tmp_path, work)


def test_a_line_that_shall_come_again_comes_again_and_its_neighbours_do_not(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        lines = events(Sender("a-1"), 3)
        site.upstream.verdicts = {lines[1]: (429, "later")}
        await site.knock(*lines)
        assert await site.relay.forwarder.live_once()
        site.upstream.verdicts = {}
        await site.empty()

        assert [got for _, got in site.upstream.got] == [lines, [lines[1]]]

    run(tmp_path, work)


def test_a_held_host_is_answered_403_and_let_go_when_the_upstream_takes_it(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        sender, other = Sender("a-1"), Sender("a-2")
        early = events(sender, 2)
        site.upstream.verdicts = dict.fromkeys(early, (403, "waits for approval"))
        await site.knock(*early)
        await site.empty()
        assert site.relay.spool.held.lines == 2

        status, told = await site.knock(*events(sender, 1))
        assert (status, told["lines"][0][2]) == (403, 403)
        assert (await site.knock(*events(other, 1)))[0] == 200
        assert not await site.relay.forwarder.parked_once()

        site.upstream.verdicts = {}
        site.now += held.RETRY_SECONDS + 1
        assert await site.relay.forwarder.parked_once()
        assert site.upstream.got[-1][1] == early
        assert (await site.knock(*events(sender, 1)))[0] == 200
        await site.relay.spool.held.flush()
        assert site.relay.spool.held.lines == 0

    run(tmp_path, work)


def test_what_is_held_for_a_day_is_given_up_and_told(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        lines = events(Sender("a-1"), 2)
        site.upstream.verdicts = dict.fromkeys(lines, (401, "not accepted"))
        await site.knock(*lines)
        await site.empty()
        site.now += held.MAX_SECONDS + 1
        assert await site.relay.forwarder.parked_once()

        (notice,) = site.relay.refusals.take()
        assert (notice.name, notice.subject) == ("relay.dropped", "a-1")
        assert site.relay.forwarder.counts.dropped == {"held": 2}

    run(tmp_path, work)


def test_a_closed_epoch_is_told_to_its_host(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        sender = Sender("a-1")
        (line,) = events(sender, 1)
        site.upstream.verdicts = {line: (409, "begin a new epoch")}
        await site.knock(line)
        await site.empty()

        status, told = await site.knock(*events(sender, 1))
        assert (status, told["lines"][0][2]) == (409, 409)

    run(tmp_path, work)


def test_what_the_upstream_wants_reaches_the_host_once(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        sender = Sender("a-1")
        site.upstream.want = {"a-1": ["b2:51ac"]}
        first = await site.knock(*events(sender, 1))
        await site.empty()
        site.upstream.want = {}
        second = await site.knock(*events(sender, 1))
        third = await site.knock(*events(sender, 1))

        assert [told.get("want") for _, told in (first, second, third)] == [None, {"a-1": ["b2:51ac"]}, None]
        assert second[1]["next"] == 77.0

    run(tmp_path, work)


def test_a_host_that_the_upstream_never_took_a_line_of_brings_what_is_new_first(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        sender = Sender("a-1")
        waited = events(sender, 2)
        status, told = await site.knock(*waited, backlog=True)
        assert (status, told["lines"][0][2]) == (429, 429)
        await site.knock(*events(sender, 1))
        await site.empty()
        assert (await site.knock(*waited, backlog=True))[0] == 200

    run(tmp_path, work)


def test_backlog_of_an_epoch_that_has_nothing_new_any_more_is_taken_and_stays_backlog(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        await site.knock(*events(Sender("a-1", epoch="e2"), 1))
        await site.empty()
        waited = events(Sender("a-1", epoch="e1"), 2)
        assert (await site.knock(*waited, backlog=True))[0] == 200
        await site.empty()

        headers, lines = site.upstream.got[-1]
        assert lines == waited
        assert "driftvakt-backlog" in headers

    run(tmp_path, work)


def test_strangers_fill_their_own_share_and_no_more(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        known = Sender("a-1")
        await site.knock(*events(known, 1))
        await site.empty()
        site.relay.spool.strange.full = "too much"
        assert (await site.knock(*events(Sender("b-1"), 1)))[0] == 429
        assert (await site.knock(*events(known, 1)))[0] == 200

    run(tmp_path, work)


def test_a_disk_that_fails_is_503_and_a_full_one_429(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        spool = site.relay.spool
        spool.trouble = "the disk is full"
        assert (await site.knock(*events(Sender("a-1"), 1)))[0] == 429
        spool.trouble = ""
        await spool.strange.journal.run(lambda connection: connection.execute("PRAGMA query_only=1").close())
        status, told = await site.knock(*events(Sender("a-1"), 1))
        assert status == 503
        assert "cannot write" in told["error"]
        assert site.relay.told()["trouble"]
        await spool.strange.journal.run(lambda connection: connection.execute("PRAGMA query_only=0").close())
        assert (await site.knock(*events(Sender("a-1"), 1)))[0] == 200

    run(tmp_path, work)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        pytest.param(b"{}", 400, id="no envelope"),
        pytest.param(Sender("a-1").line(Gap(1.0, "e1", 1, 1, 1)).replace(b'"mac":"', b'"mac":"x'), 400, id="no mac"),
        pytest.param(b"x" * (3 << 20), 413, id="too long"),
    ],
)
def test_what_is_no_line_is_refused_here(tmp_path: Path, line: bytes, status: int) -> None:
    async def work(site: Site) -> None:
        good = events(Sender("a-1"), 1)
        answered, told = await site.knock(line, *good)
        assert answered == 207
        assert told["lines"][0][:3] == [0, "rejected", status]
        assert told["accepted"] == 1

    run(tmp_path, work)


def test_under_edu_what_tells_of_a_person_is_refused_here(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        private = Sender("a-1").line(Event(1.0, "login.opened", "anna"))
        status, told = await site.knock(private)
        assert (status, told["lines"][0][2]) == (422, 422)

    run(tmp_path, work, "edu")


def test_a_relay_tells_how_it_is_in_lines_of_its_own(tmp_path: Path) -> None:
    async def work(site: Site) -> None:
        site.relay.refusals.add("relay.refused", "a-1", "e1", 1, "422 no")
        await site.relay.report()
        await site.empty()
        site.upstream.want = {"r-1": [site.relay.names.set_digest, site.relay.names.info_digest]}
        await site.relay.report()
        await site.empty()
        await site.relay.report()
        await site.empty()

        kinds = [json.loads(line)["record"]["kind"] for line in site.upstream.lines]
        assert kinds == ["report", "event", "report", "series", "section", "report"]
        series = json.loads(site.upstream.lines[3])["record"]["set"]["series"]
        assert ["driftvakt_relay_spool_lines", "lane", "live"] in series
        assert MASTER

    run(tmp_path, work)
