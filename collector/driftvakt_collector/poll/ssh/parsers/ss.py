"""Sockets of Linux: ss.

Example:
    $ ss -lntu
    Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port
    udp   UNCONN 0      0          127.0.0.1:323         *:*
    tcp   LISTEN 0      128             [::]:22       [::]:*
    tcp   LISTEN 0      4096   127.0.0.53%lo:53    0.0.0.0:*
"""

from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.poll.ssh.parsers.socket import Socket


def parse(text: str) -> list[Socket]:
    """Return the sockets of the network; those of netlink, packets and files are left out."""
    rows = []
    for words in (line.split() for line in text.split("\n")):
        if len(words) < 6 or not words[0].startswith(("tcp", "udp", "raw", "sctp", "dccp", "icmp")):
            continue
        address, _, port = words[4].rpartition(":")
        peer, _, peer_port = words[5].rpartition(":")
        rows.append(Socket(words[0], words[1], address, port, peer, peer_port, whole(words[2]), whole(words[3])))
    return rows
