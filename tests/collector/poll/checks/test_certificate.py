import asyncio
import contextlib
import os
import re
import shutil
import ssl
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from certifying import DAY, Authority, Issued
from servers_of_services import directory, folder_of_others, mailboxes
from serving import (
    FOUL,
    SHORT,
    Handler,
    Options,
    ask,
    ask_of,
    fit_to_be_shown,
    floods,
    free_port,
    in_bounds,
    listens,
    mute,
    says,
    served,
    tls_served,
)  # fmt: skip

from driftvakt_collector.poll.checks.certificate import CHECK
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.starttls import ldap_result

EXPIRY = ("probe_ssl_earliest_cert_expiry", ())


def test_a_good_one(authority: Authority) -> None:
    issued = authority.issue("localhost")
    with tls_served(issued) as port:
        outcome = ask(CHECK, port, host="localhost", ca=str(authority.path))

    assert (outcome.fault, outcome.reason) == (None, "")
    assert outcome.values[EXPIRY] == issued.expiry
    assert set(outcome.phases) == {"resolve", "connect", "tls"}


@pytest.mark.parametrize(("name", "begins", "ends", "own", "word"), [
    pytest.param("localhost", -10 * DAY, -1 * DAY, False, r"expired on 20..-..-.. ..:.. UTC", id="expired"),
    pytest.param("localhost", 1 * DAY, 9 * DAY, False, r"not yet valid, but from 20", id="not yet valid"),
    pytest.param("other.example", -10 * DAY, 90 * DAY, False, "Hostname mismatch", id="of another name"),
    pytest.param("localhost", -10 * DAY, 90 * DAY, True, "self-signed", id="self-signed"),
    pytest.param("localhost", -10 * DAY, 13 * DAY, False, r"good for 1[23]\.\d days more", id="soon over"),
])  # fmt: skip
def test_one_that_is_not_good(
    authority: Authority, name: str, begins: timedelta, ends: timedelta, own: bool, word: str
) -> None:
    issued = authority.issue(name, begins=begins, ends=ends, self_signed=own)
    with tls_served(issued) as port:
        outcome = ask(CHECK, port, host="localhost", ca=str(authority.path))

    assert outcome.fault is Fault.CERTIFICATE
    assert re.search(word, outcome.reason), outcome.reason
    assert outcome.values[EXPIRY] == issued.expiry


@pytest.mark.parametrize(("left", "expected"), [(40, None), (5, Fault.CERTIFICATE), (-1, Fault.CERTIFICATE)])
def test_one_in_the_middle_ends_first(authority: Authority, tmp_path: Path, left: int, expected: Fault | None) -> None:
    middle = authority.below(tmp_path, left * DAY)
    issued = middle.issue("localhost", above=middle.path.read_bytes() + authority.path.read_bytes())

    with tls_served(issued) as port:
        outcome = ask(CHECK, port, host="localhost", ca=str(authority.path))

    assert outcome.fault is expected
    assert outcome.values[EXPIRY] == pytest.approx(time.time() + left * 86400, abs=60)


def test_a_root_that_is_over_is_not_missed(authority: Authority, tmp_path: Path) -> None:
    # Who shows it does so without need: those who trust it have it themselves.
    old = authority.issue("an old root", ends=-1 * DAY, self_signed=True)
    issued = authority.issue("localhost", above=old.chain.read_bytes())

    with tls_served(issued) as port:
        outcome = ask(CHECK, port, host="localhost", ca=str(authority.path))

    assert outcome.fault is None


def test_what_an_administrator_wants(authority: Authority) -> None:
    issued = authority.issue("127.0.0.1", ends=5 * DAY)
    with tls_served(issued) as port:
        ca = str(authority.path)
        told: list[Options] = [
            {"ca": ca, "days": 4.5}, {"ca": ca, "days": 5.5}, {"ca": ca, "days": 0.0, "server_name": "x.example"},
            {"verify": False, "days": 1.0}, {"verify": False}, {"days": 1.0}, {"ca": "/nowhere"}, {"starttls": "ftp"},
        ]  # fmt: skip
        outcomes = [ask(CHECK, port, options=one) for one in told]

    assert [one.fault for one in outcomes] == [
        None, Fault.CERTIFICATE, Fault.CERTIFICATE, None, Fault.CERTIFICATE, Fault.CERTIFICATE, Fault.UNUSABLE,
        Fault.UNUSABLE,
    ]  # fmt: skip


def test_no_server_and_no_tls() -> None:
    assert ask(CHECK, free_port()).fault is Fault.DOWN
    assert ask_of(CHECK, mute, patience=SHORT).fault is Fault.HUNG
    assert ask_of(CHECK, says(b"220 plain text\r\n" * 10)).fault is Fault.ANSWER


def starting(issued: Issued, script: list[tuple[bytes, bytes]]) -> Handler:
    """Return a server that hears and says this in the clear, and then begins TLS."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for heard, answer in script:
            if heard:
                assert await reader.readexactly(len(heard)) == heard
            writer.write(answer)
            await writer.drain()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.chain, issued.key)
        await writer.start_tls(context)
        await reader.read(1)

    return handler


START = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
SCRIPTS = {
    "smtp": [
        (b"", b"220-one moment\r\n220 mail ESMTP\r\n"),
        (b"EHLO driftvakt.invalid\r\n", b"250-mail\r\n250 STARTTLS\r\n"),
        (b"STARTTLS\r\n", b"220 go ahead\r\n"),
    ],
    "imap": [(b"", b"* OK hello\r\n"), (b"a STARTTLS\r\n", b"* BYE not yet\r\na ok begin\r\n")],
    "pop3": [(b"", b"+OK hello\r\n"), (b"STLS\r\n", b"+OK begin\r\n")],
    "ldap": [(START, bytes.fromhex("300c02010178070a010004000400"))],
    "postgres": [(bytes.fromhex("0000000804d2162f"), b"S")],
}  # fmt: skip


@pytest.mark.parametrize("protocol", SCRIPTS)
def test_in_the_middle_of(protocol: str, authority: Authority) -> None:
    good, over = authority.issue("127.0.0.1"), authority.issue("127.0.0.1", ends=-1 * DAY)
    options: Options = {"starttls": protocol, "ca": str(authority.path)}

    up = ask_of(CHECK, starting(good, SCRIPTS[protocol]), options=options)
    late = ask_of(CHECK, starting(over, SCRIPTS[protocol]), options=options)

    assert (up.fault, up.reason) == (None, "")
    assert "starttls" in up.phases
    assert (late.fault, late.values[EXPIRY]) == (Fault.CERTIFICATE, over.expiry)


@pytest.mark.parametrize("protocol", SCRIPTS)
def test_in_the_middle_of_nothing(protocol: str) -> None:
    assert ask(CHECK, free_port(), starttls=protocol).fault is Fault.DOWN
    assert ask_of(CHECK, mute, patience=SHORT, starttls=protocol).fault is Fault.HUNG
    with in_bounds():
        for handler in (says(FOUL + b"\r\n"), floods(FOUL), floods(b"220-x\r\n"), floods(b"* OK\r\n"), floods(b"0")):
            outcome = ask_of(CHECK, handler, starttls=protocol)
            assert outcome.fault is Fault.ANSWER
            assert fit_to_be_shown(outcome)


@pytest.mark.parametrize(("protocol", "answers", "word"), [
    ("smtp", [b"554 go away\r\n"], "554 go away"),
    ("smtp", [b"220 x\r\n", b"250 x\r\n", b"502 no TLS\r\n"], "502 no TLS"),
    ("imap", [b"* OK x\r\n", b"a BAD no TLS\r\n"], "no TLS"), ("pop3", [b"+OK\r\n", b"-ERR no\r\n"], "-ERR no"),
    ("ldap", [bytes.fromhex("300c02010178070a010204000400")], "result 2"), ("postgres", [b"N"], "speaks no TLS"),
])  # fmt: skip
def test_a_server_that_has_no_tls(protocol: str, answers: list[bytes], word: str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(answer)
        await reader.read()

    outcome = ask_of(CHECK, handler, starttls=protocol)

    assert (outcome.fault, word in outcome.reason) == (Fault.ANSWER, True), outcome.reason


@pytest.mark.parametrize(("message", "expected"), [
    ("02010178070a010004000400", 0), ("0201017884000000070a013504000400", 53), ("02010278070a0100", None),
    ("02010161070a0100", None), ("020101", None), ("02010178", None), ("0201017807", None), ("02010178070a01", None),
    ("0201017884", None), ("", None),
])  # fmt: skip
def test_an_answer_of_ldap(message: str, expected: int | None) -> None:
    assert ldap_result(bytes.fromhex(message)) == expected


@pytest.mark.real
@pytest.mark.parametrize("protocol", ["imap", "pop3", "ldap"])
def test_real_servers(protocol: str, authority: Authority) -> None:
    issued = authority.issue("127.0.0.1")
    with contextlib.ExitStack() as stack:
        if protocol == "ldap":
            port = stack.enter_context(directory(issued))[0]
        else:
            boxes = stack.enter_context(mailboxes(issued))
            port = boxes.imap if protocol == "imap" else boxes.pop3
        outcome = ask(CHECK, port, starttls=protocol, ca=str(authority.path))

    assert (outcome.fault, outcome.reason) == (None, "")
    assert outcome.values[EXPIRY] == issued.expiry


@pytest.mark.real
def test_a_real_postgresql(authority: Authority) -> None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or os.geteuid() != 0:
        pytest.skip("needs root, and PostgreSQL: apt-get install postgresql")
    issued, port = authority.issue("127.0.0.1"), free_port()
    # It refuses to be root, and nobody may look into the folders of pytest.
    with folder_of_others() as folder:
        data, user = folder / "data", ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
        for source, name in ((issued.chain, "server.crt"), (issued.key, "server.key")):
            shutil.copy(source, folder / name)
            (folder / name).chmod(0o600)
            shutil.chown(folder / name, "postgres", "postgres")
        init: list[str | Path] = [*user, found[-1], "-D", data, "--no-sync", "--auth=trust"]
        subprocess.run(init, check=True, capture_output=True, cwd="/")
        argv: list[str | Path] = [
            *user, found[-1].with_name("postgres"), "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F",
            "-c", "ssl=on", "-c", f"ssl_cert_file={folder}/server.crt", "-c", f"ssl_key_file={folder}/server.key",
        ]  # fmt: skip
        with served(argv, lambda: listens(port), authority.path.with_name("postgres.log")):
            outcome = ask(CHECK, port, starttls="postgres", ca=str(authority.path))

    assert (outcome.fault, outcome.reason) == (None, "")
    assert outcome.values[EXPIRY] == issued.expiry
