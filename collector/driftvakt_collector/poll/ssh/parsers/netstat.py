"""Sockets of Linux, the BSDs, AIX and Windows: netstat.

Example:
    $ netstat -lntu    (Linux)
    Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
    tcp        0      0 127.0.0.1:25            0.0.0.0:*               LISTEN      1469/master
    $ netstat -an    (FreeBSD, macOS, AIX: a dot before the port)
    tcp4       0      0 127.0.0.1.25           *.*                    LISTEN
    > netstat -ano    (Windows)
      TCP    [::]:135               [::]:0                 LISTENING       1712
"""

from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.poll.ssh.parsers.socket import Socket

_PROTOCOLS = ("tcp", "udp", "raw", "sctp", "udplite", "icmp")
_FIRST_STATE_LETTER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def parse(text: str) -> list[Socket]:
    """Return the sockets of the network, not those of files."""
    rows = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) < 3 or not words[0].lower().startswith(_PROTOCOLS):
            continue
        row = _of_unix(words) if len(words) >= 5 and whole(words[1]) is not None else _of_windows(words)
        if row is not None:
            rows.append(row)
    return rows


def _of_unix(words: list[str]) -> Socket | None:
    # Where a local port follows a dot, `*.22`, it is a BSD.
    cut = "." if ":" not in words[3] or (words[0][-1:] in "46" and "." in words[3].rpartition(":")[2]) else ":"
    address, _, port = words[3].rpartition(cut)
    peer, _, peer_port = words[4].rpartition(cut)
    rest = words[5:]
    state = rest.pop(0) if rest and "/" not in rest[0] and rest[0] != "-" else ""
    pid, _, program = rest[0].partition("/") if rest else ("", "", "")
    return Socket(
        words[0].lower(), state, address, port, peer, peer_port, whole(words[1]), whole(words[2]), whole(pid), program
    )


def _of_windows(words: list[str]) -> Socket | None:
    address, colon, port = words[1].rpartition(":")
    peer, _, peer_port = words[2].rpartition(":")
    if not colon:
        return None
    rest = words[3:]
    state = rest.pop(0) if rest and rest[0][0] in _FIRST_STATE_LETTER else ""
    return Socket(words[0].lower(), state, address, port, peer, peer_port, pid=whole(rest[0]) if rest else None)
