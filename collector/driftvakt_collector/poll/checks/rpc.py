"""A call of ONC RPC over TCP (RFC 5531), and what XDR makes of values (RFC 4506)."""

import struct
from secrets import randbits

from driftvakt_collector.poll.checks.check import CheckError, Fault, said, wrong
from driftvakt_collector.poll.checks.stream import Stream

MOST = 1 << 18
"""Bytes of a reply that are read."""
_FRAGMENTS = 100
_LAST = 0x80000000
_CALL, _REPLY, _VERSION = 0, 1, 2
_ACCEPTED, _DENIED, _SUCCESS = 0, 1, 0
_NO_PROGRAM, _NO_VERSION = 1, 2
_FAILURES = {3: "it does not know that call", 4: "it can't read the call", 5: "it has an error of its own"}


class Values:
    """Reads values of XDR one after another. Each raises CheckError where there is none."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._at = 0

    def number(self) -> int:
        """Return an unsigned int."""
        if self._at + 4 > len(self._block):
            raise CheckError(Fault.ANSWER, "its answer is cut off")
        value = int.from_bytes(self._block[self._at : self._at + 4], "big")
        self._at += 4
        return value

    def octets(self) -> bytes:
        """Return a string or what else has its length before it."""
        size = self.number()
        begin, self._at = self._at, self._at + size + -size % 4
        if self._at > len(self._block):
            raise CheckError(Fault.ANSWER, f"it announces {size} bytes, and sends fewer")
        return self._block[begin : begin + size]


async def called(stream: Stream, name: str, program: int, version: int, procedure: int, values: bytes = b"") -> Values:
    """Call a procedure as nobody, and return what it gives. name: of the program, for people."""
    number = randbits(32)
    # Neither credentials nor a verifier: AUTH_NONE, of no length, twice.
    call = struct.pack(">6I", number, _CALL, _VERSION, program, version, procedure) + b"\0" * 16 + values
    stream.send(struct.pack(">I", _LAST | len(call)) + call)
    reply = Values(await _record(stream))
    if (reply.number(), reply.number()) != (number, _REPLY):
        raise CheckError(Fault.ANSWER, "it sends what answers no call of ours")
    state = reply.number()
    if state == _DENIED:
        raise CheckError(Fault.DENIED, f"it denies any call of {name}")
    if state != _ACCEPTED:
        raise CheckError(Fault.ANSWER, f"it neither takes nor denies a call of {name}")
    reply.number()
    reply.octets()
    result = reply.number()
    if result == _NO_PROGRAM:
        raise CheckError(Fault.ANSWER, f"it does not serve {name}")
    if result == _NO_VERSION:
        least, most = reply.number(), reply.number()
        raise CheckError(Fault.ANSWER, f"it serves {name} in versions {least} to {most}, and not in {version}")
    if result != _SUCCESS:
        raise CheckError(Fault.ANSWER, f"a call of {name} fails: {_FAILURES.get(result, f'error {result}')}")
    return reply


async def _record(stream: Stream) -> bytes:
    """Return a record, of all its fragments (RFC 5531, 11)."""
    record = b""
    for _ in range(_FRAGMENTS):
        head = await stream.exactly(4)
        size = int.from_bytes(head, "big")
        if (size & ~_LAST) + len(record) > MOST:
            wrong(head + stream.held(), "a reply of RPC")
        record += await stream.exactly(size & ~_LAST)
        if size & _LAST:
            return record
    raise CheckError(Fault.ANSWER, f"it sends a reply of more than {_FRAGMENTS} fragments: {said(record[:40])!r}")
