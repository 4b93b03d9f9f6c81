"""Whether a MySQL or MariaDB takes connections, and lets an account in (protocol version 10).

Who comes and hangs up after the greeting is counted as broken, and at the hundredth time the whole host is blocked
(max_connect_errors). So a check without an account goes on to be turned away, which is not counted.
"""

import hashlib
import struct
from dataclasses import dataclass

from driftvakt_collector.poll.checks import encryption, tls
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said, wrong
from driftvakt_collector.poll.checks.encryption import one_line
from driftvakt_collector.poll.checks.pattern import found
from driftvakt_collector.poll.checks.stream import Stream, connected

TLS_OFFERED = "driftvakt_probe_mysql_tls_offered"
_PROTOCOL = 10
_MOST = 1 << 14
"""Bytes of one packet that are read."""
_ROUNDS = 10
"""Packets of one login."""
# Abilities of both sides.
_LONG_PASSWORD, _WITH_DATABASE, _PROTOCOL_41, _TLS, _SECURE, _PLUGINS = 0x1, 0x8, 0x200, 0x800, 0x8000, 0x80000
_UTF8 = 45
_OK, _MORE, _SWITCH, _ERROR = 0x00, 0x01, 0xFE, 0xFF
_FAST, _FULL = 3, 4
_PING, _QUIT = b"\x0e", b"\x01"
_REFUSED = frozenset({
    1044,  # ER_DBACCESS_DENIED_ERROR
    1045,  # ER_ACCESS_DENIED_ERROR
    1130,  # ER_HOST_NOT_PRIVILEGED
    1698,  # ER_ACCESS_DENIED_NO_PASSWORD_ERROR
    1820, 1862,  # ER_MUST_CHANGE_PASSWORD, and for those who can't
    3118, 4151,  # ER_ACCOUNT_HAS_BEEN_LOCKED, of MySQL and of MariaDB
})  # fmt: skip
_NATIVE, _CACHING = "mysql_native_password", "caching_sha2_password"


@dataclass(frozen=True, slots=True)
class Greeting:
    """abilities: bits of what it can. salt: that proofs are made with, of 20 bytes."""

    version: str
    abilities: int
    salt: bytes
    plugin: str


class Packets:
    """A connection, in packets that are numbered."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._number = 0

    def send(self, payload: bytes, *, private: bytes = b"", begin: bool = False) -> None:
        """Send one. begin: it begins a command."""
        number = 0 if begin else self._number
        self._number = number + 1 & 0xFF
        self.stream.send(len(payload).to_bytes(3, "little") + bytes([number]) + payload, private=private)

    async def next(self, wanted: str = "an answer of MySQL") -> bytes:
        """Return the next one, of at least one byte. Raises CheckError for another than was wanted."""
        head = await self.stream.exactly(4)
        size = int.from_bytes(head[:3], "little")
        if not 0 < size <= _MOST or head[3] != self._number:
            wrong(head + self.stream.held(), wanted)
        self._number = head[3] + 1 & 0xFF
        return await self.stream.exactly(size)


async def probe(target: Target, course: Course) -> None:
    """Read the greeting, encrypt if asked, and log in; without an account, being turned away is good enough."""
    name, database = one_line(target, "account"), one_line(target, "database")
    async with connected(target, course) as stream:
        packets = Packets(stream)
        with course.phase("greeting"):
            greeting = greeting_of(await packets.next("the greeting of a MySQL"))
        course.tell(TLS_OFFERED, float(bool(greeting.abilities & _TLS)))
        expect = target.text("expect")
        if expect and not found("expect", expect, greeting.version):
            raise CheckError(Fault.ANSWER, f"its version is {said(greeting.version)}, which does not match {expect!r}")
        able = _LONG_PASSWORD | _PROTOCOL_41 | _SECURE | _PLUGINS | (_WITH_DATABASE if database else 0)
        if target.flag("tls"):
            if not greeting.abilities & _TLS:
                raise CheckError(Fault.ANSWER, "it does not offer TLS")
            able |= _TLS
            packets.send(_head(able))
            await encryption.begun(stream, target, course)
        who = encryption.account(stream, target)
        secret = who[1] if who is not None else b""
        with course.phase("login"):
            proof, plugin = _proof(greeting.plugin, secret, greeting.salt)
            body = _head(able) + (name or "driftvakt").encode() + b"\0" + bytes([len(proof)]) + proof
            body += database.encode() + b"\0" if database else b""
            packets.send(body + plugin.encode() + b"\0")
            await _let_in(packets, secret, turned_away_is_good=who is None)
        if who is not None:
            with course.phase("ping"):
                packets.send(_PING, begin=True)
                answer = await packets.next()
                if answer[0] != _OK:
                    wrong(answer, "an answer to a ping")
            packets.send(_QUIT, begin=True)


def greeting_of(block: bytes) -> Greeting:
    """Read the first packet of a server. Raises CheckError where it is none, or says why it takes nobody."""
    if block[0] == _ERROR:
        raise _refusal(block)
    version, end, rest = block[1:].partition(b"\0")
    # Thread, first part of the salt, abilities, character set, state, more abilities, size of the salt, ten of nothing.
    if block[0] != _PROTOCOL or not end or len(rest) < 31:
        wrong(block, f"the greeting of a MySQL, protocol {_PROTOCOL}")
    low, high = struct.unpack_from("<H", rest, 13)[0], struct.unpack_from("<H", rest, 18)[0]
    plugin = rest[44:].partition(b"\0")[0].decode("ascii", "replace")
    salt = rest[4:12] + rest[31:43]
    return Greeting(version.decode("utf-8", "replace"), low | high << 16, salt, plugin)


async def _let_in(packets: Packets, secret: bytes, *, turned_away_is_good: bool) -> None:
    """Answer what it asks, until we are in. Raises CheckError where it does not let us in."""
    for _ in range(_ROUNDS):
        answer = await packets.next()
        if answer[0] == _OK:
            return
        if answer[0] == _ERROR:
            refusal = _refusal(answer)
            if turned_away_is_good and refusal.fault is Fault.DENIED:
                return
            raise refusal
        if turned_away_is_good:
            # It goes on to ask somebody who is not there, so as not to tell who is.
            packets.send(b"")
        else:
            _prove(packets, answer, secret)
    raise CheckError(Fault.ANSWER, f"it answers the login with more than {_ROUNDS} packets")


def _prove(packets: Packets, asked: bytes, secret: bytes) -> None:
    """Answer what it asks of who logs in, if that wants an answer."""
    if asked[0] == _SWITCH:
        name, _, salt = asked[1:].partition(b"\0")
        plugin = name.decode("ascii", "replace")
        proof, known = _proof(plugin, secret, salt[:20])
        if known != plugin:
            raise CheckError(Fault.ANSWER, f"it wants a login that we do not know: {said(plugin)}")
        packets.send(proof)
    elif asked == bytes([_MORE, _FULL]):
        if not packets.stream.encrypted:
            raise CheckError(Fault.UNUSABLE, "it has to be told the secret itself, which needs 'tls'")
        packets.send(secret + b"\0", private=secret)
    elif asked != bytes([_MORE, _FAST]):
        wrong(asked, "an answer to a login")


def _proof(plugin: str, secret: bytes, salt: bytes) -> tuple[bytes, str]:
    """Return what proves a secret, and by which plugin: the native one where we do not know the one that it wants."""
    kind = "sha256" if plugin == _CACHING else "sha1"
    known = plugin if plugin == _CACHING else _NATIVE
    if not secret:
        return b"", known
    once = hashlib.new(kind, secret, usedforsecurity=False).digest()
    twice = hashlib.new(kind, once, usedforsecurity=False).digest()
    salted = twice + salt if kind == "sha256" else salt + twice
    mask = hashlib.new(kind, salted, usedforsecurity=False).digest()
    return bytes(one ^ other for one, other in zip(once, mask, strict=True)), known


def _refusal(block: bytes) -> CheckError:
    """Return what a packet of an error means."""
    if len(block) < 3:
        wrong(block, "an error of MySQL")
    code, text = int.from_bytes(block[1:3], "little"), block[3:]
    # The state of SQL, where there is one, begins with # and has five characters.
    text = text[6:] if text.startswith(b"#") else text
    return CheckError(Fault.DENIED if code in _REFUSED else Fault.ANSWER, f"it takes no session: {said(text)} ({code})")


def _head(able: int) -> bytes:
    return struct.pack("<IIB23x", able, _MOST, _UTF8)


CHECK = Check(
    name="mysql",
    help="A MySQL or MariaDB takes connections, and lets an account in.",
    probe=probe,
    port=3306,
    options=(
        Option("tls", bool, "whether to speak TLS"),
        tls.CA,
        tls.VERIFY,
        tls.SERVER_NAME,
        *encryption.ACCOUNT,
        Option("database", str, "the database that the account has to be let into"),
        Option("expect", str, "a regular expression that must be in its version"),
    ),
)
