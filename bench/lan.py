"""A city's LAN on loopback: made-up switches, printers, access points and UPSs, each at an address of its own.

127.1.*.* are switches, 127.2.*.* printers, 127.3.*.* access points, 127.4.*.* UPSs; all of a kind have one tree.
Answers are made once for each question and kept, so that this costs the machine less than those who ask.
"""

import socket
import struct
import sys
from bisect import bisect_right

IF, IFX, LLDP = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", "1.0.8802.1.1.2.1.4.1.1"
PRT, UPS, ENT = "1.3.6.1.2.1.43", "1.3.6.1.2.1.33.1", "1.3.6.1.2.1.47.1.1.1.1"
SYSTEM = "1.3.6.1.2.1.1"
INTEGER, OCTETS, NULL, OID, COUNTER, GAUGE, TICKS, COUNTER64 = 2, 4, 5, 6, 65, 66, 67, 70
_END, _NOT_THERE = 0x82, 0x80
KINDS = {1: "switch", 2: "printer", 3: "access point", 4: "ups"}
Row = tuple[tuple[int, ...], bytes]


def tree(kind: str) -> dict[str, tuple[int, object]]:
    """Return what a device of a kind has: OID to BER tag and value."""
    made: dict[str, tuple[int, object]] = {}
    ids = {"switch": "9.1.1208", "printer": "367.1.1", "access point": "14988.1", "ups": "318.1.3.27"}
    descr = {
        "switch": "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3, RELEASE SOFTWARE",
        "printer": "RICOH IM C3000 2.20 / RICOH Network Printer C model",
        "access point": "RouterOS RBcAPGi-5acD2nD",
        "ups": "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.6.4 PN:apc_hw05_aos_664.bin)",
    }
    made[f"{SYSTEM}.1.0"] = (OCTETS, descr[kind])
    made[f"{SYSTEM}.2.0"] = (OID, f"1.3.6.1.4.1.{ids[kind]}")
    made[f"{SYSTEM}.3.0"] = (TICKS, 90117500)
    made[f"{SYSTEM}.4.0"], made[f"{SYSTEM}.5.0"] = (OCTETS, "drift@staden"), (OCTETS, f"{kind}-åäö")
    made[f"{SYSTEM}.6.0"] = (OCTETS, "A-huset, plan 2")
    _ports(made, {"switch": 52, "printer": 1, "access point": 8, "ups": 2}[kind])
    if kind == "switch":
        for port in (1, 2):
            for column, text in ((5, "02aabbcc0001"), (7, f"Gi1/0/{port}"), (9, f"sw-{port}")):
                made[f"{LLDP}.{column}.0.{port}.1"] = (OCTETS, text)
    if kind == "printer":
        _supplies(made)
    if kind == "ups":
        for sub, value in (("2.1.0", 2), ("2.2.0", 0), ("2.3.0", 95), ("2.4.0", 100), ("2.5.0", 520), ("2.7.0", 31)):
            made[f"{UPS}.{sub}"] = (INTEGER, value)
        for column, value in ((2, 231), (3, 4), (4, 310), (5, 20)):
            made[f"{UPS}.4.4.1.{column}.1"] = (INTEGER, value)
    return made


def _ports(made: dict[str, tuple[int, object]], count: int) -> None:
    made["1.3.6.1.2.1.2.1.0"] = (INTEGER, count)
    for port in range(1, count + 1):
        at = 10100 + port
        for column, tag, value in (
            (1, INTEGER, at), (2, OCTETS, f"GigabitEthernet1/0/{port}"), (3, INTEGER, 6), (4, INTEGER, 1500),
            (5, GAUGE, 10**9), (6, OCTETS, bytes((2, 0, 0, 0, 0, port))), (7, INTEGER, 1), (8, INTEGER, 1 + port % 2),
            (9, TICKS, 400 + port), *((one, COUNTER, 1_000_000 + one * port) for one in range(10, 21)), (21, GAUGE, 0),
        ):  # fmt: skip
            made[f"{IF}.{column}.{at}"] = (tag, value)
        for column, tag, value in (
            (1, OCTETS, f"Gi1/0/{port}"), *((one, COUNTER, 5000 + port) for one in range(2, 6)),
            *((one, COUNTER64, 10**12 + one * port) for one in range(6, 14)), (14, INTEGER, 1), (15, GAUGE, 1000),
            (16, INTEGER, 2), (17, INTEGER, 1), (18, OCTETS, f"uttag A{port:03}"), (19, TICKS, 0),
        ):  # fmt: skip
            made[f"{IFX}.{column}.{at}"] = (tag, value)


def _supplies(made: dict[str, tuple[int, object]]) -> None:
    made[f"{PRT}.5.1.1.17.1"] = (OCTETS, "W492KB03439")
    made["1.3.6.1.2.1.25.3.2.1.2.1"], made["1.3.6.1.2.1.25.3.2.1.3.1"] = (
        (OID, "1.3.6.1.2.1.25.3.1.5"), (OCTETS, "RICOH IM C3000"))  # fmt: skip
    made["1.3.6.1.2.1.25.3.5.1.1.1"], made["1.3.6.1.2.1.25.3.5.1.2.1"] = (INTEGER, 3), (OCTETS, b"\0")
    made[f"{PRT}.10.2.1.4.1.1"] = (COUNTER, 271871)
    for slot, name in enumerate(("Black Toner", "Waste Toner", "Cyan Toner", "Magenta Toner", "Yellow Toner"), 1):
        for column, tag, value in (
            (3, INTEGER, slot), (4, INTEGER, 3), (5, INTEGER, 3), (6, OCTETS, name), (7, INTEGER, 19),
            (8, INTEGER, 100), (9, INTEGER, 20 * slot),
        ):  # fmt: skip
            made[f"{PRT}.11.1.1.{column}.1.{slot}"] = (tag, value)
    for number in range(1, 5):
        for column, tag, value in ((9, INTEGER, 550), (10, INTEGER, 55), (13, OCTETS, f"Tray {number}")):
            made[f"{PRT}.8.2.1.{column}.1.{number}"] = (tag, value)


class Agent:
    """Answers for one tree."""

    def __init__(self, told: dict[str, tuple[int, object]]) -> None:
        rows = sorted((tuple(map(int, oid.split("."))), _ber_value(*value)) for oid, value in told.items())
        self._keys = [key for key, _ in rows]
        self._binds = [_tlv(0x30, _tlv(OID, _ber_oid(key)) + value) for key, value in rows]
        self._values = dict(zip(self._keys, (value for _, value in rows), strict=True))
        self._kept: dict[bytes, bytes] = {}

    def answer(self, asked: bytes) -> bytes:
        """Return the answer to a GET, GETNEXT or GETBULK of version 1 or 2c."""
        _, at, _ = _head(asked, 0)
        version_end = _end(asked, at)
        community_end = _end(asked, version_end)
        kind, at, _ = _head(asked, community_end)
        id_end = _end(asked, at)
        question = asked[community_end:at][:1] + asked[id_end:]
        rest = self._kept.get(question)
        if rest is None:
            rest = self._kept[question] = self._made(kind, asked, id_end)
        head = asked[_head(asked, 0)[1] : community_end]
        return _tlv(0x30, head + _tlv(0xA2, asked[at:id_end] + rest))

    def _made(self, kind: int, asked: bytes, at: int) -> bytes:
        first_end, second_end = _end(asked, at), _end(asked, _end(asked, at))
        repetitions = int.from_bytes(asked[_head(asked, first_end)[1] : second_end], "big")
        _, at, length = _head(asked, second_end)
        end, binds = at + length, b""
        while at < end:
            _, inside, size = _head(asked, at)
            _, oid_at, oid_length = _head(asked, inside)
            raw = asked[oid_at : oid_at + oid_length]
            at = inside + size
            if kind == 0xA0:
                value = self._values.get(_oid(raw))
                binds += _tlv(0x30, _tlv(OID, raw) + (value or bytes((_NOT_THERE, 0))))
                continue
            place = bisect_right(self._keys, _oid(raw))
            found = self._binds[place : place + (repetitions if kind == 0xA5 else 1)]
            binds += b"".join(found) or _tlv(0x30, _tlv(OID, raw) + bytes((_END, 0)))
        return b"\x02\x01\0\x02\x01\0" + _tlv(0x30, binds)


def serve(port: int, dead: int = 0) -> None:
    """Answer for ever at all of 127.0.0.0/8. dead: of each hundred devices so many do not."""
    agents = {number: Agent(tree(kind)) for number, kind in KINDS.items()}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        taken.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO: to answer from the address that was asked
        taken.bind(("0.0.0.0", port))
        print("ready", flush=True)
        while True:
            asked, more, _, who = taken.recvmsg(4096, 64)
            here = more[0][2][8:12]
            agent = agents.get(here[1])
            if agent is None or (here[2] * 256 + here[3]) % 100 < dead:
                continue
            # Whoever pulled the cables wrote other names on the ports of each switch.
            told = agent.answer(asked).replace(b"uttag A", b"ut%05x" % (here[2] * 256 + here[3]))
            info = struct.pack("=I4s4s", 0, here, bytes(4))
            taken.sendmsg([told], [(socket.IPPROTO_IP, 8, info)], 0, who)


def _tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return a value's tag, where it begins and how long it is."""
    size = data[at + 1]
    if size < 128:
        return data[at], at + 2, size
    count = size & 0x7F
    return data[at], at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count], "big")


def _end(data: bytes, at: int) -> int:
    _, inside, size = _head(data, at)
    return inside + size


def _ber_value(tag: int, value: object) -> bytes:
    if tag == OID:
        return _tlv(OID, _ber_oid(tuple(map(int, str(value).split(".")))))
    if isinstance(value, int):
        return _tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    return _tlv(tag, value if isinstance(value, bytes) else str(value).encode())


def _ber_oid(numbers: tuple[int, ...]) -> bytes:
    made = bytearray((numbers[0] * 40 + numbers[1],))
    for number in numbers[2:]:
        part = [number & 0x7F]
        while number := number >> 7:
            part.append(0x80 | number & 0x7F)
        made += bytes(reversed(part))
    return bytes(made)


def _oid(raw: bytes) -> tuple[int, ...]:
    numbers, value = [raw[0] // 40, raw[0] % 40], 0
    for byte in raw[1:]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    return tuple(numbers)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
