"""The mailbox of replies: a real dovecot, and servers that misbehave."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from certifying import Authority
from servers_of_services import ACCOUNT, SECRET, mailboxes
from serving import says

from driftvakt_collector.alert.answers import letter
from driftvakt_collector.alert.answers.mailbox import Mailbox, MailboxError, MailboxSettings


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "imap.secret").write_text(SECRET, "utf-8")
    return tmp_path / "imap.secret"


def settings(secret: Path, port: int, **told: Any) -> MailboxSettings:
    return MailboxSettings(
        **{"host": "127.0.0.1", "account": ACCOUNT, "secret_file": secret, "port": port, "seconds": 5.0} | told
    )


def deliver(folder: Path, name: str, raw: bytes) -> None:
    import shutil

    for sub in ("new", "cur", "tmp"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    (folder / "new" / name).write_bytes(raw)
    for path in [folder, *folder.rglob("*")]:
        shutil.chown(path, "nobody", "nogroup")


@pytest.mark.real
def test_replies_are_read_once_they_are_seen_and_not_before(authority: Authority, secret: Path) -> None:
    with mailboxes(authority.issue("127.0.0.1")) as box:
        deliver(box.maildir, "1.a.x", b"From: astrid@stad.example\nMessage-ID: <r1@x>\n\ntar\n")
        deliver(box.maildir, "2.b.x", b"From: astrid@stad.example\nMessage-ID: <r2@x>\n\n" + b"x" * 1_000_000)

        async def work() -> None:
            mailbox = Mailbox(settings(secret, box.imaps, ca_file=authority.path))
            found = await mailbox.unread()
            again = await mailbox.unread()
            assert [letter.read(one.raw).id for one in found] == ["r1@x", "r2@x"]
            assert again == found
            assert len(found[1].raw) <= letter.MOST
            await mailbox.seen(found[:1])
            assert [one.uid for one in await mailbox.unread()] == [found[1].uid]
            starttls = Mailbox(settings(secret, box.imap, tls="starttls", ca_file=authority.path))
            assert len(await starttls.unread()) == 1

        asyncio.run(work())


@pytest.mark.real
def test_what_is_wrong_with_a_mailbox_is_said(authority: Authority, secret: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("wrong")
    with mailboxes(authority.issue("127.0.0.1")) as box:

        async def said(**told: Any) -> str:
            with pytest.raises(MailboxError) as e:
                await Mailbox(
                    settings(**{"secret": secret, "port": box.imaps, "ca_file": authority.path} | told)
                ).unread()
            return str(e.value)

        async def work() -> None:
            assert "AUTHENTICATIONFAILED" in await said(secret=tmp_path / "wrong")
            assert "cannot read the secret" in await said(secret=tmp_path / "none")
            assert "certificate" in (await said(ca_file=None)).lower()
            assert "folder Borta" in await said(folder="Borta")
            assert "cannot look into" in await said(port=1)

        asyncio.run(work())


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([b"rubbish\r\n"], id="no IMAP"),
        pytest.param([b"* OK hello\r\n"], id="hangs up"),
        pytest.param([b"* BYE busy\r\n"], id="busy"),
        pytest.param([b"* OK hello\r\n* 1 FETCH (BODY[] {4000000000}\r\n"], id="a literal of four gigabytes"),
        pytest.param([b"* OK " + b"x" * 2_000_000 + b"\r\n"], id="a line without end"),
    ],
)
def test_a_server_that_misbehaves_is_an_error_of_the_mailbox(secret: Path, script: list[bytes]) -> None:
    async def work() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await says(*script)(reader, writer)
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(MailboxError):
            await Mailbox(settings(secret, port, tls="none", seconds=1.0)).unread()
        server.close()
        await server.wait_closed()

    asyncio.run(work())


def test_nothing_to_mark_needs_no_line(secret: Path) -> None:
    asyncio.run(Mailbox(settings(secret, 1)).seen([]))
