import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from listener import Listener, Request, http, taken

from driftvakt_agent.endpoints import Endpoints
from driftvakt_agent.sender import Sender, SendError

LINE = b'{"v":1,"origin":"a-1","gen":1,"epoch":"e1","seq":1,"mac":"AA==","record":{}}'


def fine(request: Request) -> bytes:
    return http(200, taken(request))


@contextmanager
def gone() -> Iterator[str]:
    """The URL of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken_port:
        port = taken_port.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_next_is_tried_at_once_and_remembered() -> None:
    with gone() as first, Listener(fine) as second:
        ends = Endpoints([first, second.url], jitter=lambda: 0.5, monotonic=Clock())
        assert [ends.post(LINE).status for _ in range(3)] == [200, 200, 200]
        ends.close()

    assert ends.url == second.url
    assert (len(second.requests), second.connections) == (3, 1)
    assert ends.sent == sum(request.size for request in second.requests)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_one_that_is_ill_is_passed_by(status: int) -> None:
    with Listener(lambda _: http(status)) as first, Listener(fine) as second:
        ends = Endpoints([first.url, second.url], monotonic=Clock())
        assert [ends.post(LINE).status for _ in range(2)] == [200, 200]
        ends.close()

    assert len(first.requests) == 1


@pytest.mark.parametrize("status", [401, 403, 413, 429])
def test_one_that_says_no_is_not_ill(status: int) -> None:
    with Listener(lambda _: http(status, Retry_After="7")) as first, Listener(fine) as second:
        ends = Endpoints([first.url, second.url], monotonic=Clock())
        response = ends.post(LINE)
        ends.close()

    assert (response.status, response.retry_after) == (status, 7.0)
    assert second.requests == []


def test_where_none_takes_it_the_first_word_holds() -> None:
    with Listener(lambda _: http(503, Retry_After="9")) as first, gone() as second:
        ends = Endpoints([first.url, second], monotonic=Clock())
        assert (ends.post(LINE).status, ends.post(LINE).retry_after) == (503, 9.0)
        ends.close()


def test_where_nobody_is_each_is_named() -> None:
    with gone() as first, gone() as second:
        ends = Endpoints([first, second], monotonic=Clock())
        with pytest.raises(SendError, match=f"cannot deliver to {first}: nobody.*cannot deliver to {second}: nobody"):
            ends.post(LINE)


def test_the_first_is_asked_again_after_a_while() -> None:
    ill = [True]
    clock = Clock()
    with Listener(lambda request: http(503) if ill[0] else fine(request)) as first, Listener(fine) as second:
        ends = Endpoints([first.url, second.url], jitter=lambda: 0.5, monotonic=clock)
        ends.post(LINE)
        clock.now = 599.0
        ends.post(LINE)
        assert len(first.requests) == 1
        clock.now = 601.0
        ends.post(LINE)
        assert (len(first.requests), ends.url) == (2, second.url)
        ill[0] = False
        clock.now = 1200.0
        ends.post(LINE)
        assert len(first.requests) == 2
        clock.now = 1202.0
        ends.post(LINE)
        ends.close()

    assert (len(first.requests), len(second.requests), ends.url) == (3, 4, first.url)


def test_a_black_hole_costs_its_time_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hole, Listener(fine) as second:
        ends = Endpoints([f"http://127.0.0.1:{hole.getsockname()[1]}", second.url], timeout=0.2, monotonic=Clock())
        assert [ends.post(LINE).status for _ in range(3)] == [200, 200, 200]
        ends.close()
        hole.settimeout(1)
        hole.accept()[0].close()
        hole.settimeout(0.01)
        with pytest.raises(TimeoutError):
            hole.accept()


def test_the_past_says_that_it_is_the_past_at_each() -> None:
    with Listener(lambda _: http(503)) as first, Listener(fine) as second:
        ends = Endpoints([first.url, second.url], monotonic=Clock())
        ends.post(LINE, backlog=True, patience=5.0)
        ends.post(LINE)
        ends.close()

    assert [one.headers.get("driftvakt-backlog") for one in (*first.requests, *second.requests)] == ["1", "1", None]


# --- names ---


def test_where_no_name_server_answers_the_last_address_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def broken(host: str | bytes, *rest: object, **more: object) -> object:
        if host in (b"localhost", "localhost"):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return look_up(host, *rest, **more)  # type: ignore[arg-type]

    with Listener(fine) as server:
        sender = Sender(server.url.replace("127.0.0.1", "localhost"))
        fresh = Sender(server.url.replace("127.0.0.1", "localhost"))
        sender.post(LINE)
        sender.close()
        monkeypatch.setattr(socket, "getaddrinfo", broken)
        assert sender.post(LINE).status == 200
        sender.close()
        with pytest.raises(SendError, match="Temporary failure in name resolution"):
            fresh.post(LINE)

    assert [request.headers["host"].partition(":")[0] for request in server.requests] == ["localhost", "localhost"]
