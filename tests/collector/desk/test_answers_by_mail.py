"""An answer by mail is known by its address, and one that is made to keep us busy is read in a moment."""

import time

import pytest

from driftvakt_collector.alert.answers.letter import Kind, read

KILO = 256 << 10


def mail(*headers: str, text: str = "K\r\n\r\nOn Monday driftvakt wrote:\r\n> KRITISKT") -> bytes:
    told = (
        "From: Anna <anna@stad.example>",
        "To: larm+0123456789abcdef0123@stad.example",
        "Message-ID: <m@x>",
        *headers,
    )
    return "\r\n".join([*told, "", text]).encode()


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", "List-Id: <x>", "Return-Path: <>",
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b"],
)  # fmt: skip
def test_what_a_machine_answers_acknowledges_nothing(header: str) -> None:
    assert read(mail(header)).kind is not Kind.HUMAN


@pytest.mark.parametrize(
    "raw",
    [
        b"To: " + b"a@b," * (KILO // 4) + b"\r\n\r\nhi",
        b"To: " + b"(" * KILO + b"\r\n\r\nhi",
        b"To: " + b'"' * KILO + b"\r\n\r\nhi",
        b"To: " + b'"\r\n ' * (KILO // 4) + b"\r\n\r\nhi",
        b"From: " + b"=?utf-8?q?a?= " * (KILO // 14) + b"\r\n\r\nhi",
        b"Content-Type: text/plain; " + b"a=b;" * (KILO // 4) + b"\r\n\r\nhi",
        b"Content-Type: text/html\r\n\r\n" + b"<" * KILO,
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * (KILO // 5),
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(KILO // 64)),
    ],
    ids=("receivers", "comments", "quotes", "folded quotes", "words", "parameters", "tags", "parts", "parts in parts"),
)
def test_a_mail_that_is_made_to_keep_us_busy_is_read_in_a_moment(raw: bytes) -> None:
    began = time.process_time()
    read(raw)
    assert time.process_time() - began < 5.0
