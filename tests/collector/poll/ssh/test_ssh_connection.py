"""Machines that behave badly by SSH: each ends in one sentence for the operator, in time, and leaves nothing behind."""

import asyncio
import time
from pathlib import Path

import paramiko
import pytest
from answering import HOST_KEY, OTHER_KEY, PASSWORD, Act, Server, hangs, is_silent, says
from asking import ASK, NEXT, QUICK, asked, error, no_thread_is_left  # noqa: F401

from driftvakt_collector.poll.ssh.commands import Command
from driftvakt_collector.poll.ssh.connection import SshConnection, run
from driftvakt_collector.poll.ssh.target import Limits, SshError, Target, Trouble


def test_answers_come_with_their_status_and_complaint() -> None:
    with Server({"ask": says("told\n", 3, b"a \x1b[31mcomplaint\n")}) as server:
        (answer,) = asked(server, ASK)

    assert (answer.text, answer.status, answer.complaint, answer.error) == ("told\n", 3, "a complaint", None)


def test_nothing_but_commands_is_asked_for() -> None:
    with Server({"ask": says("a"), "next": says("b")}) as server:
        asked(server, ASK, NEXT)

    assert server.requests == ["session", "session"]
    assert server.asked == ["ask", "next"]


def test_a_command_that_stands_in_is_asked_only_where_it_must() -> None:
    stand_in = Command("other", "other", instead_of="ask")
    third = Command("third", "third", instead_of="ask")
    with Server({"ask": says("", 127), "other": says("told"), "third": says("never")}) as server:
        answers = asked(server, ASK, stand_in, third)

    assert [one.name for one in answers] == ["ask", "other"]


def test_a_machine_that_hangs_up_behind_each_command_is_called_again() -> None:
    cli = [Command(one, one, has_status=False) for one in ("one", "two", "three")]
    with Server({one.line: says(one.line, None) for one in cli}, hangs_up=True) as server:
        answers = asked(server, *cli)

    assert [(one.text, one.status, one.error) for one in answers] == [(one.line, None, None) for one in cli]


@pytest.mark.parametrize(
    "key", [pytest.param(OTHER_KEY, id="of another kind"), pytest.param(paramiko.RSAKey.generate(2048), id="same kind")]
)
def test_another_host_key_is_refused_before_anything_is_told(key: paramiko.PKey) -> None:
    with Server({"ask": says("told")}, key=key) as server:
        e = error(server, ASK)

    assert e.trouble is Trouble.OTHER_HOST
    assert key.fingerprint in str(e)
    assert HOST_KEY.fingerprint in str(e)
    assert server.asked == []


def test_a_wrong_password_is_denied() -> None:
    with Server({}) as server:
        e = error(server, ASK, password="wrong horse")

    assert e.trouble is Trouble.DENIED
    assert "'driftvakt'" in str(e)
    assert "wrong horse" not in str(e)


def test_a_key_that_is_not_known_is_denied(tmp_path: object) -> None:
    with Server({}) as server:
        e = error(server, ASK, key=private(), password="")

    assert e.trouble is Trouble.DENIED


def test_the_password_of_a_key_is_never_told_to_a_machine() -> None:
    with Server({"ask": says("told")}) as server:
        e = error(server, ASK, key=private(), password=PASSWORD)

    assert e.trouble is Trouble.DENIED


def test_secrets_are_not_shown() -> None:
    target = Target("192.0.2.1", "driftvakt", "ssh-ed25519 AAAA", key="a key", password=PASSWORD)

    assert "a key" not in repr(target)
    assert PASSWORD not in repr(target)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        pytest.param({"address": "host.example"}, "no IP address", id="a name for an address"),
        pytest.param({"host_key": "AAAA"}, "host key", id="no host key"),
        pytest.param({"host_key": "ssh-ed25519 AAAA="}, "host key", id="half a host key"),
        pytest.param({"host_key": "ssh-dss AAAAB3NzaC1kc3M="}, "host key", id="a host key of an old kind"),
        pytest.param({"host_key": ""}, "host key", id="none at all"),
        pytest.param({"key": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"}, "private key", id="a damaged key"),
        pytest.param({"password": ""}, "neither", id="nothing to log in with"),
    ],
)
def test_what_cannot_be_used_is_said(changed: dict[str, str], word: str) -> None:
    with Server({}) as server:
        e = error(server, ASK, limits=QUICK, **changed)

    assert e.trouble is Trouble.UNUSABLE
    assert word in str(e)


def test_where_nothing_listens_it_is_unreachable() -> None:
    with Server({}) as server:
        target = server.target()
    with pytest.raises(SshError, match="nothing listens there") as e:
        asyncio.run(run(target, [ASK], QUICK))

    assert e.value.trouble is Trouble.UNREACHABLE


def test_a_command_that_hangs_is_ended_and_the_next_is_asked() -> None:
    began = time.monotonic()
    with Server({"ask": hangs, "next": says("told")}) as server:
        hung, after = asked(server, ASK, NEXT)

    assert hung.error is not None
    assert hung.error.trouble is Trouble.HUNG
    assert "does not end 'ask' in 0.5 s" in str(hung.error)
    assert (hung.told, after.text) == (False, "told")
    assert time.monotonic() - began < 2


def test_a_machine_that_does_not_even_accept_a_command_is_ended() -> None:
    class Never(Server):
        def act(self, line: str) -> Act | None:
            time.sleep(1.2)
            return super().act(line)

    began = time.monotonic()
    with Never({"ask": says("late")}) as server:
        (answer,) = asked(server, ASK)

    assert answer.error is not None
    assert answer.error.trouble is Trouble.HUNG
    assert time.monotonic() - began < 3


def test_a_channel_is_closed_by_its_guard_though_the_machine_hangs_up_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shut = paramiko.Channel.close

    def torn(channel: paramiko.Channel) -> None:
        shut(channel)
        raise EOFError

    monkeypatch.setattr(paramiko.Channel, "close", torn)
    with Server({"ask": hangs}) as server:
        (answer,) = asked(server, Command("ask", "ask", seconds=0.1))

    assert answer.error is not None
    assert answer.error.trouble is Trouble.HUNG


def test_the_whole_visit_has_an_end() -> None:
    many = [Command(f"ask {n}", "ask", seconds=0.4) for n in range(20)]
    began = time.monotonic()
    with Server({"ask": hangs}) as server:
        e = error(server, *many, limits=Limits(visit=1.0))

    assert e.trouble is Trouble.HUNG
    assert "everything in 1 s" in str(e)
    assert time.monotonic() - began < 2


def memory(name: str) -> int:
    """Return KiB by what /proc/self/status calls them."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured on Linux")
@pytest.mark.parametrize("loud", ["output", "complaints"])
def test_output_without_end_is_cut_off_and_not_kept(loud: str) -> None:
    sent = 0

    def flood(channel: paramiko.Channel) -> None:
        nonlocal sent
        send = channel.send if loud == "output" else channel.send_stderr
        while sent < 100 << 20:
            got = send(b"x" * 32768)
            if not got:
                return
            sent += got

    began = time.monotonic()
    with Server({"ask": flood, "next": says("told")}) as server:
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # Begin the peak anew: proc(5).
        answers = asked(server, Command("ask", "ask", seconds=10), NEXT)
        grown = memory("VmHWM") - before

    assert answers[0].error is not None
    assert answers[0].error.trouble is Trouble.TOO_LARGE
    assert answers[0].text == ""
    assert answers[1].text == "told"
    assert sent < 8 << 20
    # The server is in the same process, and takes as much.
    assert grown < 8 << 10, f"{grown} KiB"
    assert time.monotonic() - began < 6


def test_output_up_to_the_bound_is_kept_whole() -> None:
    text = "x" * 1023 + "\n"
    with Server({"ask": says(text * 1024)}) as server:
        (answer,) = asked(server, Command("ask", "ask", seconds=10))

    assert len(answer.text) == 1 << 20


@pytest.mark.parametrize("prompt", [b"[sudo] password for driftvakt: ", b"Password: ", "Lösenord: ".encode()])
@pytest.mark.parametrize("where", ["output", "complaints"])
def test_a_command_that_waits_for_a_password_is_ended_at_once(prompt: bytes, where: str) -> None:
    def ask(channel: paramiko.Channel) -> None:
        (channel.sendall if where == "output" else channel.sendall_stderr)(prompt)
        hangs_quietly(channel)

    began = time.monotonic()
    with Server({"ask": ask}) as server:
        (answer,) = asked(server, Command("ask", "ask", seconds=5))

    assert answer.error is not None
    assert answer.error.trouble is Trouble.PROMPT
    assert "asks for a password" in str(answer.error)
    assert time.monotonic() - began < 1.5


def test_sudo_without_a_terminal_asks_for_a_password_too() -> None:
    with Server({"ask": says("", 1, b"sudo: a password is required\n")}) as server:
        (answer,) = asked(server, ASK)

    assert answer.error is not None
    assert answer.error.trouble is Trouble.PROMPT


def test_half_an_answer_is_none() -> None:
    def half(channel: paramiko.Channel) -> None:
        channel.sendall(b"adduser\napt\n")
        channel.get_transport().close()

    with Server({"ask": half}) as server:
        (answer,) = asked(server, Command("ask", "ask", seconds=2))

    assert answer.error is not None
    assert answer.error.trouble is Trouble.UNREACHABLE
    assert "in the middle" in str(answer.error)


def test_a_visit_that_is_cancelled_leaves_no_thread_waiting() -> None:
    async def cancelled(server: Server) -> None:
        task = asyncio.create_task(run(server.target(), [Command("ask", "ask", seconds=30)]))
        while not server.asked:
            await asyncio.sleep(0.01)  # The server is in a thread.
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    began = time.monotonic()
    with Server({"ask": hangs}) as server:
        asyncio.run(cancelled(server))

    assert time.monotonic() - began < 2


def test_a_cancelled_connection_attempt_is_closed_too() -> None:
    async def cancelled(server: Server) -> None:
        async def enter() -> None:
            async with SshConnection(server.target()):
                pass

        task = asyncio.create_task(enter())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    began = time.monotonic()
    with Server({}, raw=is_silent) as server:
        asyncio.run(cancelled(server))

    assert time.monotonic() - began < 2


def hangs_quietly(channel: paramiko.Channel) -> None:
    while not channel.closed:
        time.sleep(0.01)


def private() -> str:
    import io

    text = io.StringIO()
    paramiko.ECDSAKey.generate().write_private_key(text)
    return text.getvalue()
