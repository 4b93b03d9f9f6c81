"""A socket as every tool tells it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Socket:
    """protocol: tcp, udp, tcp6 and others, in lower case. state: in the tool's words. port: a number or a name."""

    protocol: str
    state: str
    address: str
    port: str
    peer: str
    peer_port: str
    received: int | None = None
    sent: int | None = None
    pid: int | None = None
    program: str = ""

    @property
    def listens(self) -> bool:
        """Whether something waits there: TCP says so, a UDP socket has no peer."""
        if self.protocol.startswith("tcp"):
            return self.state in ("LISTEN", "LISTENING")
        return self.protocol.startswith("udp") and self.peer_port in ("*", "0", "")
