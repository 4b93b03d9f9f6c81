"""Whom to ask by SSH and within which bounds, what one command answered, and why a machine did not tell."""

from dataclasses import dataclass, field
from enum import Enum


class Trouble(Enum):
    """Why a machine, or one command of it, did not tell."""

    UNREACHABLE = "unreachable"
    """Nothing listens there, its network says that there is no way, or it hung up."""
    HUNG = "hung"
    """It took longer than it may."""
    OTHER_HOST = "other_host"
    """Its host key is not the one that was approved: it was set up anew, or another stands in its place."""
    DENIED = "denied"
    """It does not let our user in."""
    LEGACY = "legacy"
    """It offers only algorithms that are no longer safe."""
    TOO_LARGE = "too_large"
    """It sent more than it may."""
    PROMPT = "prompt"
    """A command waits for somebody to type a password."""
    GARBLED = "garbled"
    """What it sends is no SSH, or it breaks the protocol."""
    UNKNOWN = "unknown"
    """It lets us in, and is of no kind that we know commands for."""
    UNUSABLE = "unusable"
    """What we were given cannot be used: the address, the key or the pinned host key."""


class SshError(Exception):
    """A machine did not tell. The text is a sentence for an operator; secrets are not in it."""

    def __init__(self, trouble: Trouble, reason: str) -> None:
        super().__init__(reason)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Target:
    """Where to ask, and what lets us in. address: of IP, never a name. host_key: as in known_hosts: `ssh-ed25519 AAA…`.

    key: a private key in PEM or OpenSSH's form; password: of the user, or with a key that of the key. Secrets
    are left out of `repr`, so that they reach no log.
    """

    address: str
    user: str
    host_key: str
    key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    port: int = 22


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: until it is reached, has said that it speaks SSH, has agreed on keys, has let us in, has opened a

    channel, and has answered everything. bytes: of one command's output, and of its complaints a part. early_bytes:
    of all that comes before it lets us in.
    """

    connect: float = 5.0
    banner: float = 10.0
    exchange: float = 15.0
    auth: float = 15.0
    channel: float = 10.0
    visit: float = 180.0
    bytes: int = 1 << 20
    early_bytes: int = 128 << 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command wrote. text: without escapes and control characters. complaint: the same of its error output.

    status: what it ended with, None where it did not end by itself; then `error` says why.
    """

    name: str
    text: str = ""
    complaint: str = ""
    status: int | None = None
    error: SshError | None = None

    @property
    def told(self) -> bool:
        """Whether there is anything to read."""
        return self.error is None and bool(self.text.strip())
