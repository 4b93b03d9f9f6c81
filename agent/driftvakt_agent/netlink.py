"""The kernel's tables of addresses and sockets, as it gives them to anybody who asks: netlink.

Source: netlink(7), rtnetlink(7), sock_diag(7); include/uapi/linux/netlink.h of the kernel.
"""

import socket
import struct
from collections.abc import Iterator

ROUTE, SOCK_DIAG = 0, 4
"""Families of netlink."""
_REQUEST, _DUMP = 1, 0x300
_ERROR, _DONE = 2, 3
_SECONDS = 2
_CHUNK = 1 << 16
_MAX_ANSWER = 64 << 20


def dump(family: int, kind: int, request: bytes) -> bytes:
    """Return the kernel's answer to a question for a whole table. Raises OSError, also where the kernel refuses."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family) as kernel:
        kernel.settimeout(_SECONDS)
        kernel.bind((0, 0))
        kernel.send(struct.pack("=IHHII", 16 + len(request), kind, _REQUEST | _DUMP, 1, 0) + request)
        answer: list[bytes] = []
        while len(answer) * _CHUNK < _MAX_ANSWER:
            block = kernel.recv(_CHUNK)
            answer.append(block)
            for told, body in messages(block):
                if told == _ERROR and len(body) >= 4 and (code := -struct.unpack_from("=i", body)[0]):
                    raise OSError(code, "the kernel does not tell")
                if told in (_DONE, _ERROR):
                    return b"".join(answer)
            if not block:
                break
        return b"".join(answer)


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give type and payload of each message; what is cut off is left out."""
    place = 0
    while place + 16 <= len(data):
        length, kind = struct.unpack_from("=IH", data, place)
        if length < 16 or place + length > len(data):
            return
        yield kind, data[place + 16 : place + length]
        place += length + 3 & ~3


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give number and value of each attribute; what is cut off is left out."""
    place = 0
    while place + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, place)
        if length < 4 or place + length > len(data):
            return
        yield kind, data[place + 4 : place + length]
        place += length + 3 & ~3
