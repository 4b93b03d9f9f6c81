import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import (
    FOUL,
    SHORT,
    Handler,
    ask,
    ask_of,
    fit_to_be_shown,
    floods,
    free_port,
    in_bounds,
    listens,
    mute,
    needed,
    says,
    served,
)  # fmt: skip

from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.ssh_banner import CHECK


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real OpenSSH that nobody can log in to."""
    program = needed("sshd", "openssh-server")
    here, port = tmp_path_factory.mktemp("sshd"), free_port()
    key = here / "key"
    subprocess.run([needed("ssh-keygen", "openssh-client"), "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    argv: list[str | Path] = [
        program, "-D", "-e", "-f", "/dev/null", "-h", key, "-p", str(port), "-o", "ListenAddress=127.0.0.1",
        "-o", f"PidFile={here}/pid",
    ]  # fmt: skip
    with served(argv, lambda: listens(port), here / "said"):
        yield port


@pytest.mark.real
def test_a_server_is_up(sshd: int) -> None:
    outcome = ask(CHECK, sshd, expect="^SSH-2.0-OpenSSH_")

    assert (outcome.fault, outcome.reason) == (None, "")
    assert set(outcome.phases) == {"resolve", "connect", "answer"}


@pytest.mark.real
def test_a_server_of_another_kind(sshd: int) -> None:
    outcome = ask(CHECK, sshd, expect="dropbear")

    assert outcome.fault is Fault.ANSWER
    assert "OpenSSH" in outcome.reason


def test_nothing_listens_and_nobody_answers() -> None:
    assert ask(CHECK, free_port()).fault is Fault.DOWN
    assert ask_of(CHECK, mute, patience=SHORT).fault is Fault.HUNG


@pytest.mark.parametrize("handler", [
    pytest.param(says(b"SSH-2.0-x\r\n"), id="the shortest"),
    pytest.param(says(b"SSH-1.99-Cisco-1.25\n"), id="an old one"),
    pytest.param(says(b"no\r\nentrance\r\n", b"SSH-2.0-x\r\n"), id="after other lines"),
    pytest.param(says(b"SSH-2.0-" + b"x" * 247 + b"\r\n"), id="the longest"),
])  # fmt: skip
def test_banners(handler: Handler) -> None:
    assert ask_of(CHECK, handler).fault is None


@pytest.mark.parametrize("handler", [
    pytest.param(says(b"SSH-1.5-old\r\n"), id="too old"), pytest.param(says(b"220 mail\r\n"), id="a mail server"),
    pytest.param(says(b"SSH-2.0-" + b"x" * 248 + b"\r\n"), id="too long"), pytest.param(says(b""), id="nothing"),
    pytest.param(says(b"SSH-" + FOUL + b"\n"), id="foul"), pytest.param(floods(FOUL), id="a flood without lines"),
    pytest.param(floods(b"\0\n"), id="a flood of lines"), pytest.param(floods(b"\0", b"SSH-"), id="an endless banner"),
])  # fmt: skip
def test_what_is_no_banner(handler: Handler) -> None:
    with in_bounds():
        outcome = ask_of(CHECK, handler)

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)
