"""What answers on the port of SSH and is none, or wants to do harm before it lets anybody in; and harm in texts."""

import socket
import time

import pytest
from answering import Server, is_silent
from asking import ASK, error, no_thread_is_left  # noqa: F401

from driftvakt_collector.poll.ssh.target import Trouble
from driftvakt_collector.poll.ssh.text import plain


def floods(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"x" * 65536)


def chats(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"welcome\r\n" * 1000)


def drips(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"x")
        time.sleep(0.05)


def stops_after_the_banner(sock: socket.socket) -> None:
    sock.sendall(b"SSH-2.0-Stuck_1.0\r\n")
    is_silent(sock)


def is_another_protocol(sock: socket.socket) -> None:
    sock.sendall(b"220 mail.example ESMTP\r\n")
    sock.recv(1 << 16)


def is_of_version_one(sock: socket.socket) -> None:
    sock.sendall(b"SSH-1.5-Cisco-1.25\r\n")
    sock.recv(1 << 16)


def hangs_up(sock: socket.socket) -> None:
    sock.recv(1)


def has_old_algorithms(sock: socket.socket) -> None:
    """Play an old switch: all that it knows is SHA-1 and CBC (RFC 4253, 7.1)."""
    sock.sendall(b"SSH-2.0-Cisco-1.25\r\n")
    lists = ["diffie-hellman-group1-sha1", "ssh-rsa", "3des-cbc", "3des-cbc", "hmac-sha1", "hmac-sha1", "none", "none"]
    body = b"\x14" + bytes(16)
    for one in [*lists, "", ""]:
        body += len(one).to_bytes(4, "big") + one.encode()
    body += bytes(5)
    padding = 8 - (len(body) + 5) % 8 + 8
    sock.sendall((len(body) + padding + 1).to_bytes(4, "big") + bytes([padding]) + body + bytes(padding))
    is_silent(sock)


def claims_a_giant(sock: socket.socket) -> None:
    sock.sendall(b"SSH-2.0-Big\r\n" + b"\x7f\xff\xff\xf8\x04\x14")
    floods(sock)


@pytest.mark.parametrize(
    ("raw", "trouble"),
    [
        pytest.param(floods, Trouble.GARBLED, id="a banner without end or line"),
        pytest.param(chats, Trouble.GARBLED, id="a banner of many lines"),
        pytest.param(drips, Trouble.HUNG, id="a byte now and then"),
        pytest.param(is_silent, Trouble.HUNG, id="silence"),
        pytest.param(stops_after_the_banner, Trouble.HUNG, id="silence behind the banner"),
        pytest.param(is_another_protocol, Trouble.GARBLED, id="a mail server"),
        pytest.param(is_of_version_one, Trouble.LEGACY, id="SSH 1"),
        pytest.param(has_old_algorithms, Trouble.LEGACY, id="an old switch"),
        pytest.param(claims_a_giant, Trouble.GARBLED, id="a packet of two gigabytes"),
        pytest.param(hangs_up, Trouble.UNREACHABLE, id="hangs up"),
    ],
)
def test_what_is_no_ssh_ends_in_time(raw: object, trouble: Trouble) -> None:
    began = time.monotonic()
    with Server({}, raw=raw) as server:  # type: ignore[arg-type]
        e = error(server, ASK)

    assert e.trouble is trouble, e
    assert time.monotonic() - began < 5
    if trouble is Trouble.LEGACY:
        assert "ask it by SNMP" in str(e)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"\x1b]0;owned\x07total \x1b[1;31m4\x1b[0m\n", "total 4\n", id="a title and colours"),
        pytest.param(b"a\x1b]52;c;ZXZpbA==\x1b\\b", "ab", id="the clipboard"),
        pytest.param(b"a\x1bP+q544e\x1b\\b", "ab", id="a question to the terminal"),
        pytest.param(b"a\x1b[2J\x1b[Hb\x1bc", "ab", id="a cleared screen"),
        pytest.param("a\x9b31mb\x9d0;x\x9cc".encode(), "abc", id="escapes of one character"),
        pytest.param(b"a\x1b]0;without an end\nb", "a\nb", id="an escape without an end takes its line"),
        pytest.param(b"a\x08\x00b\x7f\tc\r\nd\re", "ab\tc\nd\ne", id="control characters and line ends"),
        pytest.param("a\u202eb\u2066c\u200b".encode(), "abc", id="text that runs backwards"),
        pytest.param(b"\xff\xfe", "\ufffd\ufffd", id="no UTF-8"),
        pytest.param(b"x" * 10_000, "x" * 4096, id="a line without end"),
    ],
)
def test_text_is_made_harmless(raw: bytes, expected: str) -> None:
    assert plain(raw) == expected
