"""One connection by SSH, in the thread that calls: opened with every time-out there is, asked, and closed.

No terminal is asked for, nothing is forwarded, no shell or file transfer is opened. Everything that a machine may do
wrong ends in an SshError; what it sends is bounded in bytes and time by the socket that it comes through.
"""

import errno
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Never, cast

import paramiko
from paramiko.auth_strategy import AuthSource, AuthStrategy, InMemoryPrivateKey, Password
from paramiko.ssh_exception import IncompatiblePeer

from driftvakt_collector.poll.ssh import hostkey
from driftvakt_collector.poll.ssh.commands import Command
from driftvakt_collector.poll.ssh.reading import MAX_COMPLAINT, Reading
from driftvakt_collector.poll.ssh.target import Answer, Limits, SshError, Target, Trouble
from driftvakt_collector.poll.ssh.text import line, plain
from driftvakt_collector.poll.ssh.wire import LOG, Wire, WireError, connected

_WINDOW = 256 << 10
"""Bytes of output that a machine may send before we have read them."""
_SLACK = 64 << 10
_GRACE = 0.05
_NEEDS_PASSWORD = re.compile(r"a password is required|a terminal is required|no tty present|must have a tty", re.I)
_NO_LISTENER = (errno.ECONNREFUSED, errno.ECONNRESET)


class _Given(AuthStrategy):
    """Lets in with what we were given, and never looks for more: no agent, no files, no question to a console."""

    def __init__(self, target: Target, key: paramiko.PKey | None) -> None:
        super().__init__(paramiko.SSHConfig())
        self.log = logging.getLogger(LOG)
        self._target = target
        self._key = key

    def get_sources(self) -> Iterator[AuthSource]:
        """Give the key, else the password: where there are both, it is the key's own and not for the machine."""
        if self._key is not None:
            yield InMemoryPrivateKey(self._target.user, self._key)
        elif self._target.password:
            yield Password(self._target.user, lambda: self._target.password)


class _Pinned(paramiko.RejectPolicy):
    """Refuses a host key of another kind than the approved one."""

    def __init__(self, approved: paramiko.PKey) -> None:
        self._approved = approved

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> Never:  # noqa: ARG002
        """Raise BadHostKeyException, as for another key of the same kind."""
        raise paramiko.BadHostKeyException(hostname, key, self._approved)


class Link:
    """A connection to a target, until `until`. Each call raises SshError, and nothing else, for what a machine does."""

    def __init__(self, target: Target, limits: Limits, until: float, now: Callable[[], float] = time.monotonic) -> None:
        self._target = target
        self._limits = limits
        self._until = until
        self._now = now
        self._wire: Wire | None = None
        self._client: paramiko.SSHClient | None = None
        self._who = f"{target.address}:{target.port}"
        self._ended = False

    @property
    def is_open(self) -> bool:
        """Whether it still stands. Network devices hang up behind each command."""
        transport = self._client.get_transport() if self._client is not None else None
        return transport is not None and transport.is_active()

    def open(self) -> None:
        """Connect, compare the host key, and log in, in this order: no secret goes to a machine that is another."""
        target, limits = self._target, self._limits
        approved, key = hostkey.pinned(target), hostkey.private(target)
        if key is None and not target.password:
            raise SshError(Trouble.UNUSABLE, f"neither a key nor a password of '{target.user}' for {self._who}")
        wire = self._wire = self._connected()
        if self._ended:
            # Closed by another thread while this one was connecting.
            self.close()
            raise SshError(Trouble.UNREACHABLE, f"{self._who} is not wanted any more")
        client = self._client = paramiko.SSHClient()
        client.set_log_channel(LOG)
        client.set_missing_host_key_policy(_Pinned(approved))
        name = target.address if target.port == paramiko.config.SSH_PORT else f"[{target.address}]:{target.port}"
        client.get_host_keys().add(name, approved.get_name(), approved)
        try:
            client.connect(
                target.address, target.port, target.user, sock=cast("Any", wire), timeout=limits.exchange,
                banner_timeout=limits.banner, auth_timeout=limits.auth, channel_timeout=limits.channel,
                allow_agent=False, look_for_keys=False, compress=False, auth_strategy=_Given(target, key),
            )  # fmt: skip
        except Exception as e:
            # paramiko lets out what its thread met, of whatever class: SSHException, OSError, EOFError, ValueError.
            refusal = self._refusal(e)
            self.close()
            raise refusal from e
        transport = client.get_transport()
        if transport is None or not transport.is_authenticated():
            self.close()
            raise self._denied("it wants more than one proof of who we are")
        wire.until = self._until

    def _connected(self) -> Wire:
        limits = self._limits
        try:
            sock = connected(self._target.address, self._target.port, min(limits.connect, self._until - self._now()))
        except OSError as e:
            why = "nothing listens there" if e.errno in _NO_LISTENER else f"no connection in {limits.connect:g} s"
            raise SshError(Trouble.UNREACHABLE, f"{self._who} is not reached by SSH: {why}") from e
        until = min(self._until, self._now() + limits.banner + limits.exchange + limits.auth)
        return Wire(sock, until, limits.early_bytes, self._now)

    def run(self, command: Command) -> Answer:
        """Ask one command. Raises SshError where the connection is of no more use; else the answer has the error."""
        wire, client = self._wire, self._client
        transport = client.get_transport() if client is not None else None
        if wire is None or transport is None:
            raise SshError(Trouble.UNREACHABLE, f"{self._who} is not connected")
        most = min(command.bytes, self._limits.bytes)
        wire.allowance = wire.taken + most + MAX_COMPLAINT + _WINDOW + _SLACK
        until = min(self._until, self._now() + command.seconds)
        try:
            channel = transport.open_session(_WINDOW, timeout=min(self._limits.channel, max(until - self._now(), 0.1)))
        except Exception as e:
            raise self._lost(e, "lets us in and runs no commands") from e
        reading = Reading(channel, most, until, self._now)
        # exec_command waits for its answer without a time-out of its own: closing the channel ends that too.
        guard = threading.Timer(max(until - self._now(), 0.0) + _GRACE, _shut, (channel,))
        guard.daemon = True
        guard.start()
        try:
            channel.exec_command(command.line)
            channel.shutdown_write()
            reading.read()
        except Exception as e:
            if self._now() < until and not wire.spent:
                raise self._lost(e, f"lets us in and does not run '{command.name}'") from e
            reading.trouble = reading.trouble or Trouble.HUNG
        finally:
            guard.cancel()
            if reading.trouble is not None:
                _end(transport, channel)
            _shut(channel)
        return self._answer(command, reading, wire)

    def _answer(self, command: Command, reading: Reading, wire: Wire) -> Answer:
        text, complaint = plain(bytes(reading.out)), line(plain(bytes(reading.err)), 1024)
        trouble = reading.trouble
        if wire.spent is not None and not wire.spent.late:
            trouble = Trouble.TOO_LARGE
        if trouble is None and _NEEDS_PASSWORD.search(complaint):
            trouble = Trouble.PROMPT
        if trouble is None and reading.status is None and (command.has_status or not (text or self.is_open)):
            # Half a list would look as if the rest had been taken away.
            trouble = Trouble.UNREACHABLE
        if trouble is None:
            return Answer(command.name, text, complaint, reading.status)
        if self._now() >= self._until:
            raise SshError(Trouble.HUNG, f"{self._who} did not answer everything in {self._limits.visit:g} s")
        sentence = {
            Trouble.HUNG: f"does not end '{command.name}' in {command.seconds:g} s",
            Trouble.TOO_LARGE: f"writes more than {min(command.bytes, self._limits.bytes)} bytes for '{command.name}'",
            Trouble.PROMPT: f"asks for a password at '{command.name}': user '{self._target.user}' may not run it alone",
        }.get(trouble, f"hung up in the middle of '{command.name}'")
        return Answer(command.name, "", complaint, None, SshError(trouble, f"{self._who} {sentence}"))

    def close(self) -> None:
        """Hang up, and wait until paramiko's thread has ended."""
        self._ended = True
        client, wire = self._client, self._wire
        transport = client.get_transport() if client is not None else None
        if client is not None:
            with suppress(Exception):
                client.close()
        if wire is not None:
            wire.until = 0.0
            wire.close()
        if transport is not None:
            # A timer of paramiko waits on where the keys were never agreed on.
            transport.packetizer.complete_handshake()
            if transport.is_alive():
                transport.join(2.0)

    def _refusal(self, e: Exception) -> SshError:
        """Return why a machine did not let us in."""
        spent = self._wire.spent if self._wire is not None else None
        if isinstance(e, paramiko.BadHostKeyException):
            return SshError(
                Trouble.OTHER_HOST,
                f"{self._who} shows another host key than the approved one: {e.key.get_name()} {e.key.fingerprint}"
                f" instead of {e.expected_key.get_name()} {e.expected_key.fingerprint}. It was set up anew, or another"
                " machine answers in its place; nothing was told to it",
            )
        if isinstance(e, IncompatiblePeer):
            return SshError(
                Trouble.LEGACY,
                f"{self._who} offers only algorithms of SSH that are no longer safe: ask it by SNMP, or renew its"
                " software",
            )
        if spent is not None and not spent.late:
            return SshError(
                Trouble.GARBLED, f"{self._who} sent more than {self._limits.early_bytes} bytes before it let anybody in"
            )
        # What happened at the banner is told by the error that paramiko's own was made in.
        met = (e, e.__context__)
        if spent is not None or any(isinstance(one, TimeoutError) for one in met) or "existing session" in str(e):
            return SshError(Trouble.HUNG, f"{self._who} takes a connection, and does not go on with SSH in time")
        if isinstance(e, paramiko.AuthenticationException):
            return self._denied("")
        transport = self._client.get_transport() if self._client is not None else None
        is_other = (
            self._wire is not None and self._wire.taken and transport is not None and not transport.remote_version
        )
        if any(isinstance(one, EOFError | ConnectionError) for one in met) and not is_other:
            return SshError(Trouble.UNREACHABLE, f"{self._who} hung up before it let anybody in")
        return SshError(Trouble.GARBLED, f"what {self._who} sends is no SSH, or breaks its rules")

    def _denied(self, why: str) -> SshError:
        with_ = "key" if self._target.key else "password"
        said = why or f"its {with_} is not, or no longer, known there"
        return SshError(Trouble.DENIED, f"{self._who} does not let '{self._target.user}' in: {said}")

    def _lost(self, e: Exception, what: str) -> SshError:
        spent = self._wire.spent if self._wire is not None else None
        if self._now() >= self._until or (spent is not None and spent.late):
            return SshError(Trouble.HUNG, f"{self._who} did not answer everything in {self._limits.visit:g} s")
        if spent is not None:
            return SshError(Trouble.TOO_LARGE, f"{self._who} sends more than it was asked for")
        if isinstance(e, EOFError | WireError | ConnectionError) or not self.is_open:
            return SshError(Trouble.UNREACHABLE, f"{self._who} hung up")
        return SshError(Trouble.UNKNOWN, f"{self._who} {what}")


def _shut(channel: paramiko.Channel) -> None:
    """Close a channel, also from the guard's thread, where the machine may have hung up in the same moment."""
    with suppress(Exception):
        channel.close()


def _end(transport: paramiko.Transport, channel: paramiko.Channel) -> None:
    """Ask the machine to end a command that we no longer wait for (RFC 4254, 6.9). OpenSSH does so from 7.9 on."""
    if channel.closed or not transport.is_active():
        return
    message = paramiko.Message()
    message.add_byte(paramiko.common.cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("signal")
    message.add_boolean(b=False)
    message.add_string("TERM")
    with suppress(Exception):
        # paramiko 5.1 has no call for it.
        cast("Any", transport)._send_user_message(message)
