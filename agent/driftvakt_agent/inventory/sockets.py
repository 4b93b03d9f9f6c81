"""Ports that something listens on. Which program it is, only root may know.

Example (the address is in the machine's own byte order, 0A is LISTEN):
    $ head -2 /proc/net/tcp
      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
       0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8172 1 …

Source: proc_pid_net(5), include/net/tcp_states.h of the kernel.
"""

import socket
import struct
import sys

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

# File, protocol, and the state that something waits there in: TCP listens, a UDP socket is unconnected.
_FILES = (("tcp", "tcp", "0A"), ("tcp6", "tcp", "0A"), ("udp", "udp", "07"), ("udp6", "udp", "07"))
_PASSING = 32768
"""UDP ports from here on are of whoever asked something a moment ago."""


def take(host: Host) -> Found:
    rows: dict[tuple[str, str, int], Row] = {}
    found = False
    for file, protocol, state in _FILES:
        try:
            text = read_text(f"{host.proc}/net/{file}")
        except OSError:
            continue
        found = True
        for address, port in parse(text, state):
            if protocol == "tcp" or port < _PASSING:
                rows[protocol, address, port] = {"protocol": protocol, "address": address, "port": port}
    if not found:
        raise NoData("no /proc/net/tcp here")
    return {"listening_sockets": list(rows.values())}


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
