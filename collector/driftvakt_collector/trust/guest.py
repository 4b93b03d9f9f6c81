"""Machines whose inventory an agent of another kind brings: they hold no key, only the token that all of theirs share.

A token enrols so many of them as it has uses, each by what its agent calls it. After that it is their password: it is
taken for those that came in with it also once it has expired, and for none of them any more once it is revoked.
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import Connection

from driftvakt_collector.store import enrolments, hosts, tokens
from driftvakt_collector.store.enrolments import REFUSED, EnrolmentRow
from driftvakt_collector.store.hosts import GUEST, REVOKED, HostRow
from driftvakt_collector.trust.decide import Ask, Refusal, entry, refusal
from driftvakt_collector.trust.settle import RELAY, Realm, read_facts
from driftvakt_wire.enrolment import MAX_NAME, Token, token_secret


class Guest(NamedTuple):
    """device: what its agent calls the machine, always the same. name: the machine's own. facts: by which a host is

    known again, hashed; by name.
    """

    device: str
    name: str
    facts: Mapping[str, str]


class Admitted(NamedTuple):
    """host: as it is known, None for one who is refused. reason: for the operator. fresh: it came in just now."""

    host: HostRow | None
    reason: str
    fresh: bool = False


def holds(realm: Realm, token: Token, door: str) -> bool:
    """Say if this is the token's secret, in constant time. door: the zone whose listener it came to, empty for any."""
    master = realm.masters.get(token.zone) or next(iter(realm.masters.values()))
    same = hmac.compare_digest(token_secret(master, token.id), token.secret)
    return same and token.zone in realm.masters and door in ("", token.zone)


def barred(connection: Connection, token: Token, address: str, now: datetime) -> str:
    """Return why nobody comes in with this token, whoever it is; empty where somebody may. Asked before any work."""
    row = tokens.find(connection, token.id)
    why = refusal(row, Ask(token.id, "", address, "", True, {}), now, again=True)  # noqa: FBT003  a field
    if why is None and row is not None and row.class_ == RELAY:
        why = Refusal("the token is for a relay")
    return why.reason if why is not None else ""


def admit(connection: Connection, token: Token, guest: Guest, address: str, door: str, now: datetime) -> Admitted:
    """Return whose machine this is, and enrol one that comes for the first time. The token's secret was looked at."""
    nonce = _nonce(token, guest.device)
    before = enrolments.given(connection, token.id, nonce)
    if before is not None and _is_copy(connection, before.origin, guest):
        # Its disk was copied along with the name that its agent goes by: each is a machine of its own.
        nonce = _nonce(token, f"{guest.device}\n{guest.facts['uuid']}")
        before = enrolments.given(connection, token.id, nonce)
    row = tokens.find(connection, token.id)
    name = "".join(char for char in guest.name if char.isprintable()).strip()[:MAX_NAME]
    ask = Ask(token.id, name or f"unnamed-{nonce[-8:]}", address, door, True, guest.facts)  # noqa: FBT003  a field
    why = refusal(row, ask, now, again=before is not None)
    if why is None and row is not None and row.class_ == RELAY:
        why = Refusal("the token is for a relay")
    if why is None and before is not None:
        host = hosts.find(connection, before.origin)
        if host is not None and host.state != REVOKED:
            return Admitted(host, "known")
        why = Refusal(f"{before.origin}, as which it is known, was revoked")
    if why is not None or row is None:
        return _refused(connection, row.zone if row else door, ask, nonce, why.reason if why else "", now)
    known = enrolments.alike(connection, row.zone, ask.name, list(guest.facts.values()))
    alike = [(one, read_facts(told)) for one, told in known]
    come = entry(row, ask, None, alike)
    if not tokens.use(connection, token.id, now):
        return _refused(connection, row.zone, ask, nonce, "the token was used up by another at the same moment", now)
    origin = f"{GUEST}{secrets.token_hex(10)}"
    host = HostRow(origin, 1, ask.name, row.zone, row.administration, row.site, row.class_, come.state, 1)
    note = come.note.replace("ORIGIN", origin)
    hosts.save(connection, [host], now)
    hosts.change(connection, origin, now, wave=row.wave, token=row.id, facts=json.dumps(dict(guest.facts)), note=note)
    made = EnrolmentRow(now, row.zone, token.id, nonce, address[:64], ask.name, origin, 1, come.state,
                        note or "enrolled by its inventory")  # fmt: skip
    enrolments.note(connection, made)
    return Admitted(host, made.reason, fresh=True)


def _nonce(token: Token, device: str) -> str:
    """Return what an enrolment is known by. No request of a host can have it, or it would be answered with the key."""
    return "glpi:" + blake2b(device.encode("utf-8", "replace"), digest_size=16, key=token.id.encode()).hexdigest()


def _is_copy(connection: Connection, origin: str, guest: Guest) -> bool:
    """Say if the firmware has another number than that of the host which goes by this name."""
    known = read_facts(hosts.facts(connection, origin)).get("uuid")
    return bool(known and guest.facts.get("uuid")) and known != guest.facts["uuid"]


def _refused(connection: Connection, zone: str, ask: Ask, nonce: str, reason: str, now: datetime) -> Admitted:
    enrolments.note(connection, EnrolmentRow(now, zone, ask.token, nonce, ask.address[:64], ask.name, "", 0, REFUSED,
                                             reason[:1000]))  # fmt: skip
    return Admitted(None, reason)
