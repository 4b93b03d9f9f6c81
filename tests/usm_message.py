"""A message of SNMP 3 as anybody can make one: it says whose it is, and proves nothing."""


def part(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes((tag, 0x82, *len(body).to_bytes(2))) + body


def integer(value: int) -> bytes:
    return part(2, value.to_bytes(4))


def made_up(engine: bytes, user: bytes, version: int = 3) -> bytes:
    usm = part(0x30, part(4, engine), integer(1), integer(1), part(4, user), part(4, b"s" * 24), part(4, b"p" * 8))
    head = part(0x30, integer(1), integer(65507), part(4, b"\x03"), integer(3))
    return part(0x30, integer(version), head, part(4, usm), part(4, b"x" * 64))
