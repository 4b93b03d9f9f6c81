"""What fetches variables from a device: one protocol, which each driver keeps in the same way.

Values are what SMIv2 (RFC 2578) has, in Python: INTEGER, Counter, Gauge and TimeTicks are `int`, OCTET STRING, BITS and
Opaque are `bytes`, OBJECT IDENTIFIER and IpAddress are `str` (dotted numbers), a float in an Opaque (net-snmp) is
`float`. What an agent does not have is not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

Value = int | float | str | bytes

MAX_VARIABLES = 50_000
"""Variables of one walk. An agent that has more goes in circles, or wants to fill our memory."""
MAX_BYTES = 16 << 20
"""Of the texts of one walk."""
MAX_REPETITIONS = 25
"""Variables that one answer is asked to hold: with texts, they fit a datagram of 1,500 bytes or nearly."""


class Version(Enum):
    """The message's version, as RFC 3410 counts them."""

    V1 = "1"
    V2C = "2c"
    V3 = "3"


class Auth(Enum):
    """How a message is signed: RFC 3414, RFC 7860. MD5 and SHA-1 are there for devices that have nothing better."""

    NONE = ""
    MD5 = "md5"
    SHA1 = "sha"
    SHA224 = "sha-224"
    SHA256 = "sha-256"
    SHA384 = "sha-384"
    SHA512 = "sha-512"


class Privacy(Enum):
    """How a message is encrypted: RFC 3414, RFC 3826; the longer AES keys as net-snmp and Cisco make them."""

    NONE = ""
    DES = "des"
    AES128 = "aes"
    AES192 = "aes-192"
    AES256 = "aes-256"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a device lets us in with. name: what people call it. community: of v1 and v2c. user and the rest: of v3.

    Secrets are left out of `repr`, so that they reach no log.
    """

    name: str
    version: Version = Version.V2C
    community: str = field(default="", repr=False)
    user: str = ""
    auth: Auth = Auth.NONE
    auth_secret: str = field(default="", repr=False)
    privacy: Privacy = Privacy.NONE
    privacy_secret: str = field(default="", repr=False)
    context: str = ""


@dataclass(frozen=True, slots=True)
class Peer:
    """Where to ask, and how. seconds: until a request is sent again; tries: how often it is sent in all."""

    address: str
    credential: Credential
    port: int = 161
    seconds: float = 2.0
    tries: int = 3
    repetitions: int = MAX_REPETITIONS


class Walk(NamedTuple):
    """A part of a device's tree, in its order. oids: as 1.3.6.1.2.1.1.1.0. values: one an OID."""

    oids: list[str]
    values: list[Value]


class Trouble(Enum):
    """Why a device did not tell."""

    SILENT = "silent"
    """No answer: it is off, another address, or it takes no notice of a wrong community."""
    UNREACHABLE = "unreachable"
    """Its network says that there is no way to it, or nothing there listens."""
    REFUSED = "refused"
    """It answers, and does not let our user in."""
    HUNG = "hung"
    """It answers, and comes to no end in the time that a visit may take."""
    GARBLED = "garbled"
    """What it answers is no SNMP, or goes in circles."""


class SnmpError(Exception):
    """A device did not tell. The text is a sentence for an operator; secrets are not in it."""

    def __init__(self, trouble: Trouble, reason: str) -> None:
        super().__init__(reason)
        self.trouble = trouble


class SnmpDriver(Protocol):
    """Fetches. Every call raises SnmpError, and nothing else, for what a device or its network does."""

    async def get(self, peer: Peer, oids: Sequence[str]) -> Mapping[str, Value]:
        """Return the variables that the device has, of those asked for."""

    async def walk(self, peer: Peer, base: str) -> Walk:
        """Return everything below `base`, at most MAX_VARIABLES."""

    async def close(self) -> None:
        """Let go of sockets."""


def silent(peer: Peer) -> SnmpError:
    """Return what to raise when every try of a request went unanswered."""
    asked = f"asked {peer.tries} times in {peer.tries * peer.seconds:g} s"
    return SnmpError(
        Trouble.SILENT,
        f"{peer.address} does not answer SNMP ({asked}): off, something filters, or '{peer.credential.name}' is not"
        " its credential",
    )


def circles(peer: Peer, base: str) -> SnmpError:
    """Return what to raise when an agent's answers lead back, or never end."""
    return SnmpError(Trouble.GARBLED, f"{peer.address} goes in circles below {base}: its agent has a fault")


def endless(peer: Peer, base: str) -> SnmpError:
    """Return what to raise when a walk brings too much."""
    return SnmpError(Trouble.GARBLED, f"{peer.address} has more than {MAX_VARIABLES} variables below {base}")


class Pages:
    """Takes the answers of a walk one by one, and says where the next question begins."""

    def __init__(self, peer: Peer, base: str) -> None:
        self.walk = Walk([], [])
        self._peer = peer
        self._base = base
        self._inside = base + "."
        self._last = _numbers(base)

    def take(self, rows: Sequence[tuple[str, Value]]) -> bool:
        """Take an answer; return whether there is more to ask. Raises SnmpError for an answer that leads back."""
        oids, values = self.walk
        for oid, value in rows:
            if not oid.startswith(self._inside):
                return False
            oids.append(oid)
            values.append(value)
        if not rows:
            return False
        last = _numbers(rows[-1][0])
        # The last of each answer is enough: who leads back within one gets no further by it.
        if last <= self._last:
            raise circles(self._peer, self._base)
        self._last = last
        if len(oids) >= MAX_VARIABLES:
            raise endless(self._peer, self._base)
        return True


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))
