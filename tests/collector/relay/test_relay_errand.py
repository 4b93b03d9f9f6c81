"""What a relay has to ask: fetched, kept, and gone on with whatever the collector answers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from driftvakt_collector.relay.errand import FILE, Errand
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.trust.assignment import read, sealed

KEY = b"k" * 32
Answer = Callable[[bytes], tuple[int, bytes]]


def right(plain: bytes) -> Answer:
    """Return what answers as a collector does."""

    def answer(body: bytes) -> tuple[int, bytes]:
        asked = read(body).envelope
        return 200, sealed(KEY, asked.origin, asked.gen, asked.epoch, plain)

    return answer


def old(body: bytes) -> tuple[int, bytes]:
    """Play back what was answered to another request."""
    return 200, sealed(KEY, "r-1", 1, "another", b"all")


def fetched(folder: Path, *answers: Answer) -> tuple[list[bytes | None], Errand]:
    """Ask as often as there are answers; return what came of each."""
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        status, body = left.pop(0)(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()

    async def all_of_it() -> tuple[list[bytes | None], Errand]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            errand = made(folder, f"http://127.0.0.1:{port}")
            return [await errand.fetch() for _ in answers], errand

    return asyncio.run(all_of_it())


def made(folder: Path, url: str = "http://127.0.0.1:1") -> Errand:
    routes = Routes([url], None, lambda: 0.5, 5.0)
    return Errand(folder / FILE, routes, "r-1", 1, KEY, now=lambda: 1.0, wall=lambda: 1.7e9)


def test_what_was_fetched_is_kept_sealed_and_found_after_a_start(tmp_path: Path) -> None:
    found, errand = fetched(tmp_path, right(b"all"), right(b""))

    assert found == [b"all", None]
    assert (errand.at, errand.trouble) == (1.7e9, "")
    assert b"all" not in (tmp_path / FILE).read_bytes()
    assert made(tmp_path).kept() == b"all"


@pytest.mark.parametrize(("answer", "why"), [
    pytest.param(lambda _: (404, b"not found"), "older than this relay", id="an old collector"),
    pytest.param(lambda _: (500, b""), "it answered 500", id="a fault"),
    pytest.param(lambda _: (429, b"{}"), "it answered 429", id="too often"),
    pytest.param(lambda _: (200, b"rubbish"), "not sealed for this relay", id="rubbish"),
    pytest.param(lambda _: (200, b""), "not sealed for this relay", id="nothing"),
    pytest.param(old, "not sealed for this relay", id="played back"),
])  # fmt: skip
def test_whatever_else_is_answered_changes_nothing(tmp_path: Path, answer: Answer, why: str) -> None:
    found, errand = fetched(tmp_path, right(b"all"), answer)

    assert found == [b"all", None]
    assert why in errand.trouble
    assert made(tmp_path).kept() == b"all"


def test_a_relay_that_is_none_any_more_forgets_it_once(tmp_path: Path) -> None:
    found, errand = fetched(tmp_path, right(b"all"), lambda _: (403, b"{}"), lambda _: (403, b"{}"), right(b"all"))

    assert found == [b"all", b"", None, b"all"]
    assert errand.trouble == ""
    assert made(tmp_path).kept() == b"all"


def test_where_nobody_answers_it_is_told_with_what_is_kept(tmp_path: Path) -> None:
    fetched(tmp_path, right(b"all"))
    errand = made(tmp_path)

    assert errand.kept() == b"all"
    assert asyncio.run(errand.fetch()) is None
    assert "cannot ask the collector what to watch: cannot reach http://127.0.0.1:1" in errand.trouble


@pytest.mark.parametrize("content", [b"", b"\xff\n", b"n1\nrubbish", b"N1\nrubbish", b"rubbish"])
def test_a_file_that_was_altered_is_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    assert made(tmp_path).kept() == b""


def test_a_disk_that_takes_nothing_keeps_nothing_back(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    assert made(tmp_path).kept() == b""
    assert fetched(tmp_path, right(b"all"))[0] == [b"all"]
