"""Signs what a poller says: each line once, where it is made, like an agent's."""

import secrets

from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire.envelope import derive_key, sign


class Pen:
    """The hand of one poller. Its epoch is new with each start, so its numbers begin anew."""

    def __init__(self, row: HostRow, master: bytes, epoch: str = "") -> None:
        self.origin = row.origin
        self.zone = row.zone
        self._gen = row.gen
        self._key = derive_key(master, row.origin, row.gen)
        self._epoch = epoch or secrets.token_hex(8)
        self._seq = 0

    def line(self, record: bytes) -> bytes:
        """Return the next line, without its newline."""
        self._seq += 1
        return sign(self._key, self.origin, self._gen, self._epoch, self._seq, record)
