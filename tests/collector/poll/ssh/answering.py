"""A server of SSH on loopback whose answers are written in the test: well or badly behaved."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from driftvakt_collector.poll.ssh.target import Target

RECORDINGS = Path(__file__).parents[5] / "shared" / "corpora" / "commands"
PASSWORD = "correct horse battery"
Act = Callable[[paramiko.Channel], None]
HOST_KEY = paramiko.RSAKey.generate(2048)
OTHER_KEY = paramiko.ECDSAKey.generate()


def says(text: str | bytes, status: int | None = 0, complaint: bytes = b"") -> Act:
    """Return what writes a text and ends; without a status, hangs up as a network device does."""

    def act(channel: paramiko.Channel) -> None:
        channel.sendall(text.encode() if isinstance(text, str) else text)
        if complaint:
            channel.sendall_stderr(complaint)
        if status is not None:
            channel.send_exit_status(status)

    return act


def hangs(channel: paramiko.Channel) -> None:
    """Write a little, and then nothing for as long as anybody is there."""
    channel.send(b"one moment")
    while not channel.closed:
        time.sleep(0.01)


def is_silent(sock: socket.socket) -> None:
    """Take what comes and say nothing."""
    sock.recv(1 << 16)
    while sock.recv(1 << 16):
        pass


class _Interface(paramiko.ServerInterface):
    def __init__(self, server: "Server") -> None:
        self.server = server

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if password == PASSWORD else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        self.server.requests.append(kind)
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *args: object) -> bool:
        self.server.requests.append("pty")
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        self.server.requests.append("shell")
        return True

    def check_channel_forward_agent_request(self, channel: paramiko.Channel) -> bool:
        self.server.requests.append("agent")
        return True

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        self.server.requests.append(name)
        return True

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        line = command.decode()
        self.server.asked.append(line)
        act = self.server.act(line)
        if act is None:
            return False
        threading.Thread(target=self._run, args=(act, channel), daemon=True, name="fake ssh command").start()
        return True

    def _run(self, act: Act, channel: paramiko.Channel) -> None:
        # paramiko says that it takes the command only when the question for it has come back.
        time.sleep(0.01)
        with suppress(Exception):
            act(channel)
        with suppress(Exception):
            channel.close()
        if self.server.hangs_up:
            # Behind the answer, as IOS does.
            time.sleep(0.02)
            with suppress(Exception):
                channel.get_transport().close()


class Server:
    """Answers by `acts`: a command's line, or how it ends, to what is done. raw: plays on the socket instead."""

    def __init__(
        self, acts: Mapping[str, Act], *, key: paramiko.PKey = HOST_KEY, hangs_up: bool = False,
        raw: Callable[[socket.socket], None] | None = None, refused: Act | None = None,
    ) -> None:  # fmt: skip
        self.asked: list[str] = []
        self.requests: list[str] = []
        self.hangs_up = hangs_up
        self._acts = acts
        self._refused = refused or says("", 127, b"not found\n")
        self._key = key
        self._raw = raw
        self._transports: list[paramiko.Transport] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True, name="fake ssh server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for transport in self._transports:
            transport.close()
            transport.join(2)
        self._thread.join(2)

    def act(self, line: str) -> Act | None:
        """Return what is done for a command."""
        return next((act for end, act in self._acts.items() if line.endswith(end)), self._refused)

    def target(self, **changed: object) -> Target:
        """Return how this server is reached."""
        made: dict[str, object] = {
            "address": "127.0.0.1", "user": "driftvakt", "port": self.port, "password": PASSWORD,
            "host_key": f"{HOST_KEY.get_name()} {HOST_KEY.get_base64()}",
        }  # fmt: skip
        return Target(**(made | changed))  # type: ignore[arg-type]

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            if self._raw is not None:
                threading.Thread(target=self._play, args=(sock,), daemon=True, name="fake ssh wire").start()
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = paramiko.Transport(sock)
            transport.add_server_key(self._key)
            self._transports.append(transport)
            with suppress(Exception):
                transport.start_server(event=threading.Event(), server=_Interface(self))

    def _play(self, sock: socket.socket) -> None:
        assert self._raw is not None
        with sock, suppress(OSError):
            self._raw(sock)
