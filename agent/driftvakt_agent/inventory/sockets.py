"""Ports that something listens on. Which program it is, only root may know.

The kernel is asked by netlink, and looks at its table of listeners alone: to print /proc/net/tcp it walks through the
table of all connections, which takes ten milliseconds where it is empty. The files are read where netlink is refused.

Example (the address is in the machine's own byte order, 0A is LISTEN):
    $ head -2 /proc/net/tcp
      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
       0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8172 1 …

Source: sock_diag(7), proc_pid_net(5), include/net/tcp_states.h of the kernel.
"""

import socket
import struct
import sys

from driftvakt_agent import netlink
from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found
from driftvakt_agent.sample import NoData

Socket = tuple[str, str, int]
"""Protocol, address and port."""
# File, protocol, and the state that something waits there in: TCP listens, a UDP socket is unconnected.
_FILES = (("tcp", "tcp", "0A"), ("tcp6", "tcp", "0A"), ("udp", "udp", "07"), ("udp6", "udp", "07"))
_SOCK_DIAG_BY_FAMILY = 20
_PASSING = 32768
"""UDP ports from here on are of whoever asked something a moment ago."""


def take(host: Host) -> Found:
    found = asked() if host.proc == "/proc" else None
    if found is None:
        found = read(host)
    kept = {one for one in found if one[0] == "tcp" or one[2] < _PASSING}
    return {
        "listening_sockets": [
            {"protocol": protocol, "address": address, "port": port} for protocol, address, port in sorted(kept)
        ]
    }


def asked() -> list[Socket] | None:
    """Return what the kernel tells by netlink, None where it does not tell all of it."""
    found: list[Socket] = []
    for family in (socket.AF_INET, socket.AF_INET6):
        for protocol, number, state in (("tcp", socket.IPPROTO_TCP, 0x0A), ("udp", socket.IPPROTO_UDP, 0x07)):
            request = struct.pack("=BBBxI48x", family, number, 0, 1 << state)
            try:
                answer = netlink.dump(netlink.SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, request)
            except OSError:
                return None
            found += ((protocol, address, port) for address, port in parse_answer(answer))
    return found


def read(host: Host) -> list[Socket]:
    """Return what stands in the files of the kernel. Raises NoData where there are none."""
    found: list[Socket] = []
    there = False
    for file, protocol, state in _FILES:
        try:
            text = read_text(f"{host.proc}/net/{file}")
        except OSError:
            continue
        there = True
        found += ((protocol, address, port) for address, port in parse(text, state))
    if not there:
        raise NoData("no /proc/net/tcp here")
    return found


def parse_answer(data: bytes) -> list[tuple[str, int]]:
    """Return address and port of the sockets in an answer (struct inet_diag_msg of linux/inet_diag.h)."""
    found = []
    for kind, body in netlink.messages(data):
        if kind == _SOCK_DIAG_BY_FAMILY and len(body) >= 24 and body[0] in (socket.AF_INET, socket.AF_INET6):
            size = 4 if body[0] == socket.AF_INET else 16
            found.append((socket.inet_ntop(body[0], body[8 : 8 + size]), int.from_bytes(body[4:6], "big")))
    return found


def parse(text: str, state: str) -> list[tuple[str, int]]:
    """Return address and port of the sockets in a state."""
    found = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 4 or fields[3] != state:
            continue
        address, _, port = fields[1].partition(":")
        try:
            found.append((_address(address), int(port, 16)))
        except ValueError:
            continue
    return found


def _address(text: str) -> str:
    """Return an address of words of four bytes, each in the machine's byte order."""
    order = "<" if sys.byteorder == "little" else ">"
    raw = bytes.fromhex(text)
    if len(raw) not in (4, 16):
        raise ValueError(text)
    words = struct.pack(f"{order}{len(raw) // 4}I", *struct.unpack(f">{len(raw) // 4}I", raw))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, words)
