"""A host that asks to be enrolled, by hand, and tokens to ask with."""

import asyncio
import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from driftvakt_collector.ingest.enrol import Enrolment
from driftvakt_collector.store import enrolments, hosts, tokens
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.enrolments import EnrolmentRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.tokens import TokenRow
from driftvakt_collector.trust import keeping
from driftvakt_collector.trust.settle import Realm
from driftvakt_wire.enrolment import request, seal, token_secret, was_mac
from driftvakt_wire.envelope import sign, split, verify

Facts = dict[str, Any]
EDU, ADM = bytes(range(32)), bytes(range(32, 64))
NOW = datetime.now(UTC)
NOT_ACCEPTED = (403, b'{"error":"not accepted"}')


def token_row(id_: str = "t-1", **told: Any) -> TokenRow:
    """Return a token for a PC of zone edu; what is told goes before what is made up."""
    now = datetime.now(UTC)
    row = TokenRow(id_, "edu", "school", "north", "workstation", "w1", approve=True, uses=10, used=0, cidr=(), names=(),
                   created_at=now, expires_at=now + timedelta(hours=1))  # fmt: skip
    return row._replace(**told)


def keep(store: Store, *rows: TokenRow) -> None:
    """Put tokens into a store."""

    def work(connection: Connection) -> None:
        for row in rows:
            tokens.save(connection, row)

    store.write_now(work)


@dataclass
class Guest:
    """One that asks. master: of the zone, from which its token's secret is derived."""

    master: bytes
    token: str = "t-1"
    name: str = "pc-1"
    facts: Facts = field(default_factory=dict)
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    secret: bytes = b""
    csr: str = ""
    was: tuple[str, int, bytes] | None = None

    def __post_init__(self) -> None:
        self.secret = self.secret or token_secret(self.master, self.token)

    def line(self) -> bytes:
        """Return what it posts."""
        fields: dict[str, Any] = {"name": self.name, "facts": self.facts}
        if self.csr:
            fields["csr"] = self.csr
        if self.was is not None:
            origin, gen, key = self.was
            proof = b64encode(was_mac(key, self.token, self.nonce)).decode()
            fields["was"] = {"origin": origin, "gen": gen, "mac": proof}
        return sign(self.secret, self.token, 0, self.nonce, 1, request("enrol", fields))

    def opened(self, answer: bytes) -> dict[str, Any]:
        """Return what an answer says, with its `key`. Fails for one that is not signed for this one."""
        return opened(answer, self.secret, self.token, self.nonce)


def opened(answer: bytes, secret: bytes, id_: str, nonce: str) -> dict[str, Any]:
    envelope = split(answer)
    assert (envelope.origin, envelope.epoch, envelope.seq) == (id_, nonce, 2)
    assert verify(secret, envelope)
    told: dict[str, Any] = json.loads(envelope.record)
    assert told["kind"] == "enrolled"
    return told | {"key": seal(secret, nonce, b64decode(told["sealed"]))}


def renewing(key: bytes, origin: str, gen: int, nonce: str, facts: Facts | None = None) -> bytes:
    """Return a request for the next key."""
    return sign(key, origin, gen, nonce, 1, request("renew", {"facts": facts} if facts else {}))


class Desk:
    """An Enrolment with its store. known: the hosts that it told the fleet of."""

    def __init__(self, url: str, data: Path) -> None:
        self.store = Store(url)
        self.store.migrate()
        self.known: dict[str, HostRow] = {}
        self.wall = NOW.timestamp()
        keeping.make_authority(data, "edu", "Staden", NOW)
        realm = Realm({"adm": ADM, "edu": EDU}, keeping.authorities(data, ["adm", "edu"]), {"edu": "edu"})
        self.enrolment = Enrolment(self.store, realm, self._meet, wall=lambda: self.wall)

    def _meet(self, row: HostRow) -> None:
        self.known[row.origin] = row

    def ask(self, body: bytes, address: str = "10.1.0.1", door: str = "edu", told: str = "") -> tuple[int, bytes]:
        return asyncio.run(self.enrolment.ask(body, address, door, told))

    def enrol(self, guest: Guest) -> dict[str, Any]:
        status, answer = self.ask(guest.line())
        assert status == 200, self.tries()[0].reason
        return guest.opened(answer)

    def tries(self) -> list[EnrolmentRow]:
        return self.store.read(lambda connection: enrolments.recent(connection, 100))

    def host(self, origin: str) -> HostRow:
        found = self.store.read(lambda connection: hosts.find(connection, origin))
        assert found is not None
        return found

    def left(self, token: str = "t-1") -> int:
        row = self.store.read(lambda connection: tokens.find(connection, token))
        assert row is not None
        return row.uses - row.used

    def change(self, origin: str, **told: Any) -> None:
        self.store.write_now(lambda connection: hosts.change(connection, origin, NOW, **told))
