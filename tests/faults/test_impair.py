"""The impaired line does what it says, and nothing else."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from random import Random

import pytest
from impair import CLEAR, Impairment, Line, Way

HELLO = b"POST /v1/records HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello"


class Echo:
    """A server that answers each request of 5 bytes with `ok` and its body, and remembers all that came."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = ("127.0.0.1", self._socket.getsockname()[1])
        self._peers: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self._peers.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        kept = b""
        try:
            while piece := peer.recv(4096):
                kept += piece
                while len(kept) >= len(HELLO):
                    self.heard.append(kept[: len(HELLO)])
                    kept = kept[len(HELLO) :]
                    peer.sendall(b"ok " + self.heard[-1][-5:])
        except OSError:
            pass

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for peer in self._peers:
            peer.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


def ask(line: Line, request: bytes = HELLO, patience: float = 10.0) -> bytes:
    """Send a request; return what came until the answer is whole or the connection ended, `late` when nothing did."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", line.port), timeout=patience) as peer:
            peer.sendall(request)
            while len(answer) < 8:
                piece = peer.recv(4096)
                if not piece:
                    break
                answer += piece
    except TimeoutError:
        return b"late"
    except OSError:
        return answer + b"!"
    return answer


def test_a_clear_line_changes_nothing(echo: Echo) -> None:
    with Line(echo.address) as line:
        assert [ask(line) for _ in range(3)] == [b"ok hello"] * 3

    assert echo.heard == [HELLO] * 3


@pytest.mark.parametrize("after", [0, 1, 7, len(HELLO) - 1])
def test_a_request_is_cut_after_so_many_bytes(echo: Echo, after: int) -> None:
    with Line(echo.address, Impairment(up=Way(cut_after=after))) as line:
        assert ask(line) in (b"", b"!")

    assert echo.heard == []


@pytest.mark.parametrize("after", [0, 1, 7])
def test_an_answer_is_cut_after_so_many_bytes(echo: Echo, after: int) -> None:
    with Line(echo.address, Impairment(down=Way(cut_after=after))) as line:
        assert ask(line).rstrip(b"!") == b"ok hello"[:after]

    assert echo.heard == [HELLO]


def test_one_byte_is_corrupted_and_no_other(echo: Echo) -> None:
    with Line(echo.address, Impairment(up=Way(corrupt_at=len(HELLO) - 2)), Random(3)) as line:
        answer = ask(line)

    assert answer[:6] + answer[7:] == b"ok helo"
    assert answer[6:7] != b"l"


def test_a_line_that_swallows_never_answers(echo: Echo) -> None:
    with Line(echo.address, Impairment(up=Way(swallow=True))) as line:
        assert ask(line, patience=0.1) == b"late"
        line.impairment = CLEAR
        assert ask(line) == b"ok hello"


def test_a_request_may_go_twice(echo: Echo) -> None:
    with Line(echo.address, Impairment(repeat=1.0)) as line:
        assert ask(line) == b"ok hello"

    assert echo.heard == [HELLO] * 2
    assert line.requests == [HELLO]


def test_requests_of_two_connections_change_places(echo: Echo) -> None:
    first, second = HELLO.replace(b"hello", b"first"), HELLO.replace(b"hello", b"later")
    with Line(echo.address, Impairment(hold=1.0, hold_seconds=10.0)) as line:
        answers: list[bytes] = []
        thread = threading.Thread(target=lambda: answers.append(ask(line, first)))
        thread.start()
        while not line.counts.held:
            time.sleep(0.001)
        line.impairment = Impairment(hold=0.0, repeat=1e-9)
        answers.append(ask(line, second))
        thread.join()

    assert sorted(answers) == [b"ok first", b"ok later"]
    assert sorted(echo.heard) == [first, second]


def test_connections_are_lost_by_the_chances_of_a_seed(echo: Echo) -> None:
    def told(seed: int) -> list[bool]:
        with Line(echo.address, Impairment(up=Way(drop=0.3), refuse=0.2), Random(seed)) as line:
            return [ask(line) == b"ok hello" for _ in range(40)]

    assert told(1) == told(1)
    assert told(1) != told(2)
    assert 5 < sum(told(1)) < 38


def test_delay_and_bandwidth_take_their_time(echo: Echo) -> None:
    with Line(echo.address, Impairment(up=Way(delay=0.1), down=Way(rate=80.0))) as line:
        began = time.monotonic()
        assert ask(line) == b"ok hello"

    assert time.monotonic() - began >= 0.2


def test_it_lives_in_a_loop_too(echo: Echo) -> None:
    async def work() -> bytes:
        line = Line(echo.address, Impairment(up=Way(jitter=0.001)), Random(1))
        await line.open()
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(HELLO)
        answer = await reader.readexactly(8)
        await line.close()
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        return answer

    assert asyncio.run(work()) == b"ok hello"
