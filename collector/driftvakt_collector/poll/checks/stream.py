"""A connection to a server that nobody trusts: what is read is bounded in bytes, and TLS may begin in the middle of it.

asyncio's own streams tell nobody what they hold unread, and that has to be nothing where TLS begins: what stood in the
clear before it would else pass for what came within (CVE-2011-0411, for STARTTLS).
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address
from typing import cast

from driftvakt_collector.poll.checks.address import addresses
from driftvakt_collector.poll.checks.check import MAX_SAID, CheckError, Course, Fault, Target, said

LINE = 8192
"""Bytes of a line. SMTP allows 512 of an answer (RFC 5321, 4.5.3.1.5), IMAP and POP3 servers send some thousand."""
MOST = 1 << 20
"""Bytes that a server may send in one check, all in all."""
_HELD = 1 << 16
"""Bytes that lie unread before the other side has to wait."""


class Stream(asyncio.Protocol):
    """A connection. most: bytes that may come. private: what we sent and no reason may repeat."""

    def __init__(self, most: int = MOST) -> None:
        self.private: list[bytes] = []
        self._most = most
        self._came = 0
        self._unread = bytearray()
        self._ended = False
        self._paused = False
        self._error: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        # uvloop's transports are not asyncio's classes, but do the same.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came, and let the other side wait where nobody reads it."""
        self._came += len(data)
        self._unread += data
        if len(self._unread) > _HELD and self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Note that nothing more comes; the connection closes."""
        self._ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why nothing more comes."""
        self._ended, self._error = True, exc
        self._wake()

    @property
    def leads_inside(self) -> bool:
        """Say if the other side is this machine, or stands on a link of it that has no routers."""
        there, here = (str(self._way.get_extra_info(name)[0]) for name in ("peername", "sockname"))
        address = ip_address(there.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return there == here or address.is_loopback or address.is_link_local

    @property
    def encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return self._way.get_extra_info("ssl_object") is not None

    @property
    def certificate(self) -> ssl.SSLObject | None:
        """What TLS knows of the other side, None where TLS is not spoken."""
        told: ssl.SSLObject | None = self._way.get_extra_info("ssl_object")
        return told

    async def line(self, most: int = LINE) -> bytes:
        """Return the next line, without its end. Raises CheckError for one that is longer than `most` bytes."""
        sought = 0
        while (end := self._unread.find(b"\n", sought)) < 0 and len(self._unread) <= most:
            sought = len(self._unread)
            await self._more()
        if not 0 <= end <= most:
            raise CheckError(Fault.ANSWER, f"it sends a line of more than {most} bytes")
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        return line.removesuffix(b"\r")

    async def exactly(self, count: int) -> bytes:
        """Return the next `count` bytes. Raises CheckError where that is more than may come."""
        if count > self._most:
            raise CheckError(Fault.ANSWER, f"it announces {count} bytes, and {self._most} are the most that are read")
        while len(self._unread) < count:
            await self._more()
        block = bytes(self._unread[:count])
        del self._unread[:count]
        return block

    async def some(self, most: int = LINE) -> bytes:
        """Return what has come, at least one byte; empty where it hung up."""
        while not self._unread:
            if self._ended and self._error is None:
                return b""
            await self._more()
        block = bytes(self._unread[:most])
        del self._unread[:most]
        return block

    def held(self, most: int = 200) -> bytes:
        """Return what lies unread, without waiting and without taking it."""
        return bytes(self._unread[:most])

    def send(self, data: bytes, *, private: bytes = b"") -> None:
        """Send. private: a part of it that must not stand in a reason, whoever repeats it."""
        if private:
            self.private.append(private)
        self._way.write(data)

    def public(self, reason: str) -> str:
        """Return a reason without what was private in what we sent, be it whole or cut short at the end."""
        for one in self.private:
            for written in _ways_to_write(one.decode("utf-8", "replace")):
                reason = reason.replace(written, "…")
                for size in range(min(len(written), MAX_SAID) - 1, 3, -1):
                    reason = reason.replace(f"{written[:size]}…", "…")
        return reason

    async def secure(self, context: ssl.SSLContext, name: str, course: Course) -> None:
        """Begin TLS. name: whom the certificate has to be of. Raises CheckError, ssl.SSLError and OSError."""
        if self._unread:
            raise CheckError(Fault.ANSWER, "it goes on in the clear where TLS was to begin")
        with course.phase("tls"):
            loop = asyncio.get_running_loop()
            way = await loop.start_tls(self._way, self, context, server_hostname=name)
        assert way is not None
        self._transport = way

    def close(self) -> None:
        """Close it at once; what a server still has to say is of no use."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def _way(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def _more(self) -> None:
        if self._came > self._most:
            raise CheckError(Fault.ANSWER, f"it sends more than {self._most} bytes")
        if self._ended:
            raise self._error or asyncio.IncompleteReadError(b"", None)
        if self._paused:
            self._paused = False
            self._way.resume_reading()
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting


@asynccontextmanager
async def connected(target: Target, course: Course, most: int = MOST) -> AsyncIterator[Stream]:
    """Connect by TCP, in the phases `resolve` and `connect`. Raises CheckError and OSError where that fails.

    most: bytes that the server may send in all.
    """
    loop = asyncio.get_running_loop()
    stream = Stream(most)
    many = await addresses(target.host, target.port, course)
    try:
        with course.phase("connect"):
            for address in many:
                try:
                    await loop.create_connection(lambda: stream, *address.place[:2])
                    break
                except TimeoutError as e:
                    # The kernel's, after its own patience: no packet came back, so nobody listens.
                    if address == many[-1]:
                        raise CheckError(Fault.DOWN, "no way leads there: nobody answers a connection") from e
                except OSError:
                    if address == many[-1]:
                        raise
        yield stream
    except CheckError as e:
        # Not before: a short secret may as well be a word of the protocol.
        raise CheckError(e.fault, stream.public(str(e))) from e
    finally:
        stream.close()


def _ways_to_write(private: str) -> set[str]:
    """Return how it may stand in a reason: as it is, in one line, and with what repr() puts before quotes."""
    plain = {private, said(private)}
    escaped = {one.replace("\\", "\\\\") for one in plain}
    return {one for one in plain | escaped | {one.replace("'", "\\'") for one in escaped} if one}
