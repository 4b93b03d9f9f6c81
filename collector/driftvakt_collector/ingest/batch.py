"""The lines of one request between the check and the answer."""

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.ingest import answer
from driftvakt_collector.ingest.carriage import Carrier, Head
from driftvakt_collector.ingest.entrance import Entrance, Reply
from driftvakt_collector.journal.line import Envelope, Line


class Batch:
    """taken: to be written. keys: what names them while they are. doubles: those that are there already.

    subjects: devices that lines are about, whose poller is asked for what is lacking of them.
    """

    __slots__ = ("carrier", "doubles", "entrance", "head", "hosts", "keys", "reply", "size", "subjects", "taken",
                 "verdicts")  # fmt: skip

    def __init__(self, size: int, reply: Reply, entrance: Entrance, head: Head, carrier: Carrier | None) -> None:
        self.size = size
        self.reply = reply
        self.entrance = entrance
        self.head = head
        self.carrier = carrier
        self.taken: list[tuple[Host, Line]] = []
        self.keys: list[tuple[str, str, int]] = []
        self.doubles: list[tuple[Host, Envelope]] = []
        self.verdicts: list[answer.Verdict] = []
        self.hosts: dict[str, Host] = {}
        self.subjects: set[str] = set()
