import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from listener import Answer, Listener, Request, http

from driftvakt_agent.config import ConfigError
from driftvakt_agent.sender import Sender, SendError

LINE = b"x" * 100


@pytest.fixture
def sender_to() -> Iterator[Callable[..., Sender]]:
    made: list[Sender] = []

    def make(url: str, ca_file: str = "", timeout: float = 5.0) -> Sender:
        made.append(Sender(url, ca_file, timeout))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_request_and_its_answer(sender_to: Callable[..., Sender]) -> None:
    with Listener(lambda _: http(207, {"accepted": 1}, Retry_After="7")) as server:
        sender = sender_to(server.url)
        response = sender.post(LINE)

    (request,) = server.requests
    assert (response.status, response.body, response.retry_after) == (207, b'{"accepted": 1}', 7.0)
    assert request.line == "POST /v1/records HTTP/1.1"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.body == LINE
    assert sender.sent == request.size


def test_a_long_body_goes_compressed(sender_to: Callable[..., Sender]) -> None:
    with Listener(lambda _: http(200)) as server:
        sender_to(server.url).post(LINE * 100)

    (request,) = server.requests
    assert request.headers["content-encoding"] == "gzip"
    assert request.body == LINE * 100
    assert request.size < 300


def test_one_connection_is_kept(sender_to: Callable[..., Sender]) -> None:
    with Listener(lambda _: http(200)) as server:
        sender = sender_to(server.url)
        for _ in range(3):
            sender.post(LINE)

    assert [one.connection for one in server.requests] == [0, 0, 0]


def test_a_kept_connection_that_was_closed_is_opened_again(sender_to: Callable[..., Sender]) -> None:
    with Listener(lambda _: http(200)) as server:
        sender = sender_to(server.url)
        sender.post(LINE)
        server.hang_up()
        response = sender.post(LINE)

    assert response.status == 200
    assert [one.connection for one in server.requests] == [0, 1]


def test_it_is_opened_again_once_only(sender_to: Callable[..., Sender]) -> None:
    def answer(_: Request) -> bytes:
        return http(200) if len(server.requests) == 1 else b""

    with Listener(answer) as server:
        sender = sender_to(server.url)
        sender.post(LINE)
        with pytest.raises(SendError, match="closed before the answer was whole"):
            sender.post(LINE)

    assert [one.connection for one in server.requests] == [0, 0, 1]


def test_a_server_that_says_close_gets_a_new_connection(sender_to: Callable[..., Sender]) -> None:
    with Listener(lambda _: http(200, Connection="Close")) as server:
        sender = sender_to(server.url)
        sender.post(LINE)
        sender.post(LINE)

    assert [one.connection for one in server.requests] == [0, 1]


def chunked(text: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + text


@pytest.mark.parametrize(
    ("said", "body"),
    [
        pytest.param(chunked(b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"), b"abc0123456789", id="in chunks"),
        pytest.param(chunked(b"1000\r\n" + b"z" * 4096 + b"\r\n0\r\n\r\n"), b"z" * 4096, id="a large chunk"),
        pytest.param(b"HTTP/1.0 200\r\n\r\n", b"", id="no length at all"),
    ],
)
def test_how_an_answer_may_come(sender_to: Callable[..., Sender], said: bytes, body: bytes) -> None:
    with Listener(lambda _: said) as server:
        sender = sender_to(server.url)
        assert sender.post(LINE).body == body
        assert sender.post(LINE).body == body

    assert server.connections == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param(b"", "closed before the answer was whole", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-le", "closed before the answer was whole", id="half a head"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nab", "closed before", id="half a body"
        ),
        pytest.param(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "does not speak HTTP", id="SSH"),
        pytest.param(b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n", "does not speak HTTP", id="a status of superscripts"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: \xb2\r\n\r\n", "a length of", id="a length of superscripts"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "a length of '-1'", id="a negative length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", "a length of", id="too long"),
        pytest.param(chunked(b"fffffff\r\n"), "too large", id="a chunk too long"),
        pytest.param(chunked(b"-5\r\n"), "too large", id="a negative chunk"),
        pytest.param(chunked(b"zz\r\n"), "cannot deliver", id="a chunk of no length"),
        pytest.param(b"x" * 40000, "is not HTTP", id="no end of a head"),
    ],
)
def test_what_is_no_answer(sender_to: Callable[..., Sender], said: bytes, why: str) -> None:
    with Listener(lambda _: said, once=True) as server, pytest.raises(SendError, match=why) as raised:
        sender_to(server.url).post(LINE)

    assert f"cannot deliver to {server.url}: " in str(raised.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("header", ["\xb2", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "9" * 400, "", "1e9"])
def test_a_wait_that_is_no_number_is_none(sender_to: Callable[..., Sender], header: str) -> None:
    said = f"HTTP/1.1 503 No\r\nretry-after: {header}\r\n\r\n".encode("latin-1")

    with Listener(lambda _: said) as server:
        assert sender_to(server.url).post(LINE).retry_after == 0.0


def test_nobody_listens(sender_to: Callable[..., Sender]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(SendError, match="nobody listens there; is the collector running"):
        sender_to(f"http://127.0.0.1:{port}").post(LINE)


def test_no_answer_in_time(sender_to: Callable[..., Sender]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = sender_to(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
        with pytest.raises(SendError, match="no answer in time"):
            sender.post(LINE)


def test_an_answer_that_drips_is_given_up_when_its_time_is_over() -> None:
    clock = iter([0.0, 14.0, 15.0])
    with Listener(lambda _: b"HTTP/1.1 200 OK\r\nx-part") as server:
        sender = Sender(server.url, timeout=15.0, monotonic=lambda: next(clock))
        with pytest.raises(SendError, match="no answer in time"):
            sender.post(LINE)


def test_a_host_that_is_no_name(sender_to: Callable[..., Sender]) -> None:
    with pytest.raises(SendError, match="cannot deliver to"):
        sender_to(f"https://{'å' * 70}.example:1").post(LINE)


# --- TLS ---


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two authorities, `right` and `wrong`, and servers that `right` vouches for by address and by another name."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    there = tmp_path_factory.mktemp("tls")
    for name in ("right", "wrong"):
        openssl(there, "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=CA", name)
    for name, alternative in (("here", "IP:127.0.0.1"), ("elsewhere", "DNS:elsewhere.example")):
        openssl(
            there,
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=server "
            f"-CA right.pem -CAkey right.key -addext subjectAltName={alternative} "
            "-addext basicConstraints=critical,CA:FALSE",
            name,
        )
    return there


def openssl(there: Path, command: str, name: str) -> None:
    subprocess.run(
        ["openssl", *command.split(), "-keyout", f"{name}.key", "-out", f"{name}.pem"],
        cwd=there, check=True, capture_output=True,
    )  # fmt: skip


def tls(certificates: Path, name: str, answer: Answer = lambda _: http(200, {"accepted": 1})) -> Listener:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return Listener(answer, context)


def test_tls_with_the_right_authority(certificates: Path, sender_to: Callable[..., Sender]) -> None:
    with tls(certificates, "here") as server:
        sender = sender_to(server.url, str(certificates / "right.pem"))
        assert [sender.post(LINE).status for _ in range(2)] == [200, 200]

    assert server.connections == 1


@pytest.mark.parametrize(
    ("server_name", "authority", "why"),
    [
        pytest.param("here", "wrong", "its certificate is not trusted: .*check 'ca_file'", id="another authority"),
        pytest.param("here", "", "its certificate is not trusted: .*check 'ca_file'", id="the system's authorities"),
        pytest.param(
            "elsewhere",
            "right",
            "not trusted: .*not valid for '127.0.0.1'; check 'ca_file' and the host's name",
            id="another host",
        ),
    ],
)
def test_tls_that_is_not_trusted(
    certificates: Path, sender_to: Callable[..., Sender], server_name: str, authority: str, why: str
) -> None:
    with tls(certificates, server_name) as server:
        sender = sender_to(server.url, str(certificates / f"{authority}.pem") if authority else "")
        with pytest.raises(SendError, match=why):
            sender.post(LINE)

    assert server.requests == []


def test_plain_http_where_tls_is_meant(certificates: Path, sender_to: Callable[..., Sender]) -> None:
    with Listener(lambda _: http(200)) as server:
        sender = sender_to(server.url.replace("http:", "https:"), str(certificates / "right.pem"), timeout=0.2)
        with pytest.raises(SendError, match="cannot deliver to https"):
            sender.post(LINE)


@pytest.mark.parametrize(("name", "why"), [("none.pem", "No such file"), ("empty.pem", "no certificate")])
def test_an_authority_that_cannot_be_read(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "empty.pem").write_text("nothing")

    with pytest.raises(ConfigError, match=rf"'ca_file': cannot read {tmp_path}/{name}: .*{why}"):
        Sender("https://127.0.0.1:1", str(tmp_path / name))
