"""The part of `driftvakt device` that asks by SSH: the host key is compared first, by a person, and kept."""

import argparse
import asyncio
from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING

from driftvakt_collector.commands import via
from driftvakt_collector.commands.common import load, read_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.poll.keys import SshCredential
    from driftvakt_collector.poll.ssh.visit import Visit

PORT = 22


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--ssh", action="store_true", help="ask by SSH, as an ordinary user: for what has no SNMP")
    parser.add_argument(
        "--host-key", default="", metavar="SHA256:…",
        help="with --ssh: fingerprint of its host key, as 'ssh-keygen -lf' shows it on the machine itself; with --via"
        " also the key: the line of /etc/ssh/ssh_host_ed25519_key.pub",
    )  # fmt: skip


def approved(arguments: argparse.Namespace, address: str) -> str:
    """Return the host key of a machine, as in known_hosts, where a person said that it is the right one.

    Raises ConfigError where nobody did, or it is another.
    """
    if arguments.via not in ("", via.COLLECTOR):
        return _whole(arguments.host_key)
    from driftvakt_collector.poll.ssh.greeting import host_key
    from driftvakt_collector.poll.ssh.target import Limits, SshError

    try:
        key = host_key(address, arguments.port, Limits())
    except SshError as e:
        raise ConfigError(f"{e}. Nothing was added") from e
    shown = f"{key.get_name()} {key.fingerprint}"
    told = arguments.host_key.strip()
    if not told:
        kind = key.get_name().removeprefix("ssh-").partition("-")[0]
        raise ConfigError(
            f"{address} shows the host key {shown}. If the machine itself says so too, with"
            f" 'ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub', say it again with --host-key {key.fingerprint}."
            " Nothing was added"
        )
    if told != key.fingerprint:
        raise ConfigError(
            f"{address} shows the host key {shown}, and not {told}: it was set up anew, or another machine answers in"
            " its place. Nothing was added, and no password was sent"
        )
    return f"{key.get_name()} {key.get_base64()}"


def _whole(told: str) -> str:
    """Return a host key that was brought here, as in known_hosts. Raises ConfigError."""
    kind, _, rest = told.strip().partition(" ")
    key = rest.strip().partition(" ")[0]
    try:
        body = b64decode(key, validate=True)
    except (Base64Error, ValueError):
        body = b""
    if not body or not body.startswith(len(kind).to_bytes(4, "big") + kind.encode()):
        raise ConfigError(
            "with --via the collector does not reach the machine, so --host-key must be its key as a whole: the line of"
            " /etc/ssh/ssh_host_ed25519_key.pub there, in quotes. Nothing was added"
        )
    return f"{kind} {key}"


def ask(arguments: argparse.Namespace, address: str, host_key: str) -> "Visit":
    """Visit a machine once, with all facts. Raises ConfigError."""
    from driftvakt_collector.poll.ssh.target import SshError, Target
    from driftvakt_collector.poll.ssh.visit import Memory, visit

    credential = named(arguments)
    target = Target(address, credential.user, host_key, credential.key, credential.password, arguments.port)
    try:
        return asyncio.run(visit(target, Memory(), facts=True))
    except SshError as e:
        raise ConfigError(f"{e}. Nothing was added") from e


def named(arguments: argparse.Namespace) -> "SshCredential":
    """Return the credential that was named. Raises ConfigError."""
    from driftvakt_collector.poll import keys
    from driftvakt_collector.store import devices
    from driftvakt_collector.trust import vault
    from driftvakt_collector.trust.vault import VaultError

    rows = [
        row for row in read_store(arguments, devices.credentials) if row.kind == keys.SSH and row.zone == arguments.zone
    ]
    if not arguments.credential:
        known = ", ".join(row.name for row in rows) or "none yet"
        raise ConfigError(
            f"say with --credential NAME with what it is asked by SSH; zone {arguments.zone} has: {known}."
            " driftvakt credential add NAME --ssh-user USER --key-file FILE makes one"
        )
    for row in rows:
        if row.name == arguments.credential:
            try:
                return keys.ssh(vault.load(load(arguments).data), row)
            except VaultError as e:
                raise ConfigError(str(e)) from e
    raise ConfigError(
        f"zone {arguments.zone} has no credential {arguments.credential!r} for SSH: driftvakt credential add"
        f" {arguments.credential} --ssh-user USER --key-file FILE"
    )
