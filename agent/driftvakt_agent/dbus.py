"""As much of D-Bus as it takes to ask the local system manager a question: no signals, no names of our own, no writes.

Example:
    with Bus("/run/dbus/system_bus_socket") as bus:
        bus.hello()
        (units,) = bus.call(SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD + ".Manager", "ListUnits")

A message is a fixed header (byte order, type, flags, version, length of the body, serial), an array of header fields,
and a body in the types of its signature; all stands at multiples of its own size, counted from the message's start.

Source: D-Bus Specification 0.43, "Message Protocol" and "Authentication Protocol".
"""

import os
import socket
import struct
import time
from types import TracebackType

MAX_MESSAGE = 4 * 1024 * 1024
"""The longest message that is read: ListUnits of a machine with ten thousand units is 3 MB."""
_MAX_DEPTH = 32
_MAX_LINE = 512
_CHUNK = 65536

_CALL, _RETURN, _ERROR = 1, 2, 3
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_SERIAL, _DESTINATION, _SIGNATURE = 1, 2, 3, 4, 5, 6, 8

_NUMBERS = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I"}
"""Types of a fixed size, as struct has them."""
_ALIGNED = {"s": 4, "o": 4, "a": 4, "g": 1, "v": 1, "(": 8, "{": 8}

Value = str | int | float | list["Value"]
"""A value of a message: text, a number, or the parts of an array, a structure or a dictionary's entry."""


class BusError(Exception):
    """The bus, or the one asked, did not answer as it should; the text says what was asked."""


class Bus:
    """A connection to a bus, or straight to systemd. All that is done on it must end within `seconds` of its start."""

    def __init__(self, path: str, seconds: float = 3.0) -> None:
        self._deadline = time.monotonic() + seconds
        self._serial = 0
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._sock.settimeout(seconds)
            self._sock.connect(path)
            self._authenticate()
        except BaseException:
            self._sock.close()
            raise

    def __enter__(self) -> "Bus":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._sock.close()

    def hello(self) -> None:
        """Ask the bus for a name: it speaks to nobody who has not. systemd's own socket wants none."""
        name = "org.freedesktop.DBus"
        self.call(name, "/org/freedesktop/DBus", name, "Hello")

    def call(self, destination: str, path: str, interface: str, member: str, *texts: str) -> list[Value]:
        """Call a method whose arguments are all texts, and return what it returns."""
        self._serial += 1
        self._sock.settimeout(self._left(member))
        self._sock.sendall(method_call(self._serial, destination, path, interface, member, texts))
        while True:
            kind, fields, body = parse(self._message(member))
            # Signals and other people's answers pass by: the bus tells each newcomer its name unasked.
            if fields.get(_REPLY_SERIAL) != self._serial or kind not in (_RETURN, _ERROR):
                continue
            if kind == _ERROR:
                why = body[0] if body else ""
                raise BusError(f"{interface}.{member} was refused: {fields.get(_ERROR_NAME)}: {why}"[:300])
            return body

    def _authenticate(self) -> None:
        """Say which user we are: the kernel tells the other side the same, so there is nothing to prove."""
        uid = str(os.geteuid()).encode().hex()
        self._sock.sendall(b"\0AUTH EXTERNAL " + uid.encode() + b"\r\n")
        line = b""
        while not line.endswith(b"\r\n"):
            # A byte at a time, for nothing behind the line may be taken; it is forty bytes, once.
            self._sock.settimeout(self._left("authentication"))
            one = self._sock.recv(1)
            if not one or len(line) > _MAX_LINE:
                raise BusError(f"the bus ended the authentication with {line!r}")
            line += one
        if not line.startswith(b"OK "):
            raise BusError(f"the bus refused user {os.geteuid()}: {line!r}")
        self._sock.sendall(b"BEGIN\r\n")

    def _message(self, member: str) -> bytes:
        head = self._read(16, member)
        order = "<" if head[:1] == b"l" else ">"
        body, fields = struct.unpack_from(order + "I4xI", head, 4)
        rest = (fields + 7) // 8 * 8 + body
        if rest > MAX_MESSAGE:
            raise BusError(f"the answer to {member} is {rest} bytes long; more than {MAX_MESSAGE} are not read")
        return head + self._read(rest, member)

    def _read(self, size: int, member: str) -> bytes:
        chunks = []
        while size:
            self._sock.settimeout(self._left(member))
            chunk = self._sock.recv(min(size, _CHUNK))
            if not chunk:
                raise BusError(f"the bus closed the connection before it answered {member}")
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def _left(self, member: str) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise BusError(f"no answer to {member} in time")
        return left


def method_call(
    serial: int, destination: str, path: str, interface: str, member: str, texts: tuple[str, ...] = ()
) -> bytes:
    """Return the message that calls a method with texts. An empty destination is left out: systemd's own socket."""
    body = b""
    for text in texts:
        body += _padding(len(body), 4) + _text(text)
    fields = b""
    named = [(_PATH, "o", path), (_DESTINATION, "s", destination), (_INTERFACE, "s", interface), (_MEMBER, "s", member)]
    for code, kind, text in named:
        if text:
            fields += _padding(len(fields), 8) + bytes((code, 1, ord(kind), 0)) + _text(text)
    if texts:
        signature = b"s" * len(texts)
        fields += _padding(len(fields), 8) + bytes((_SIGNATURE, 1, ord("g"), 0, len(signature))) + signature + b"\0"
    head = struct.pack("<cBBBIII", b"l", _CALL, 0, 1, len(body), serial, len(fields)) + fields
    return head + _padding(len(head), 8) + body


def parse(message: bytes) -> tuple[int, dict[int, Value], list[Value]]:
    """Return the message's type, its header fields by their code, and the values of its body."""
    try:
        return _parse(message)
    except (struct.error, IndexError, ValueError) as e:
        raise BusError(f"not a D-Bus message: {e}") from e


def _parse(message: bytes) -> tuple[int, dict[int, Value], list[Value]]:
    order = {108: "<", 66: ">"}.get(message[0])  # "l" and "B"
    if order is None or message[3] != 1:
        raise BusError("not a D-Bus message of version 1")
    reader = _Reader(message, order, 12)
    fields: dict[int, Value] = {}
    entries = reader.value("a(yv)")
    assert isinstance(entries, list)
    for entry in entries:
        assert isinstance(entry, list)
        code, value = entry
        assert isinstance(code, int)
        fields[code] = value
    reader.align(8)
    body = []
    rest = str(fields.get(_SIGNATURE, ""))
    while rest:
        one, rest = split_signature(rest)
        body.append(reader.value(one))
    return message[1], fields, body


def split_signature(signature: str) -> tuple[str, str]:
    """Return the first complete type of a signature, and what follows it."""
    at = 0
    while signature[at] == "a":
        at += 1
    depth = 0
    while True:
        one = signature[at]
        at += 1
        if one in "({":
            depth += 1
        elif one in ")}":
            depth -= 1
        if depth > _MAX_DEPTH or at > 255:
            raise ValueError(f"signature {signature[:40]!r} is too deep")
        if depth <= 0:
            return signature[:at], signature[at:]


class _Reader:
    """Reads values out of a message, from `at` on."""

    def __init__(self, message: bytes, order: str, at: int) -> None:
        self._message = message
        self._order = order
        self._at = at
        self._depth = 0

    def align(self, size: int) -> None:
        self._at += -self._at % size

    def value(self, signature: str) -> Value:
        """Read one value of a complete type."""
        kind = signature[0]
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind in "sog":
            return self._text("B" if kind == "g" else "I")
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("a value is nested too deep")
        try:
            if kind == "a":
                return self._array(signature[1:])
            if kind in "({":
                self.align(8)
                return self._parts(signature[1:-1])
            if kind == "v":
                inner, rest = split_signature(self._text("B"))
                if rest:
                    raise ValueError("a variant holds more than one type")
                return self.value(inner)
        finally:
            self._depth -= 1
        raise ValueError(f"unknown type {kind!r}")

    def _number(self, code: str) -> int | float:
        size = struct.calcsize(code)
        self.align(size)
        (number,) = struct.unpack_from(self._order + code, self._message, self._at)
        self._at += size
        assert isinstance(number, int | float)
        return number

    def _text(self, length_code: str) -> str:
        length = int(self._number(length_code))
        start = self._at
        self._at += length + 1
        if self._at > len(self._message):
            raise ValueError("a text ends after the message")
        return self._message[start : start + length].decode("utf-8", "replace")

    def _parts(self, signatures: str) -> list[Value]:
        values = []
        while signatures:
            one, signatures = split_signature(signatures)
            values.append(self.value(one))
        return values

    def _array(self, signature: str) -> list[Value]:
        length = int(self._number("I"))
        kind = signature[0]
        self.align(struct.calcsize(_NUMBERS[kind]) if kind in _NUMBERS else _ALIGNED[kind])
        end = self._at + length
        if end > len(self._message):
            raise ValueError("an array ends after the message")
        values = []
        while self._at < end:
            values.append(self.value(signature))
        return values


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<I", len(encoded)) + encoded + b"\0"


def _padding(length: int, size: int) -> bytes:
    return bytes(-length % size)
