"""What a request to enrol does to the store, in one transaction: a decision, a host, a row in the record of tries.

The same work is done for one who is refused, whatever the reason: rows looked up, a secret derived, a MAC computed, a
try written down. So neither the answer nor its time tells a stranger what exists.
"""

import json
import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from driftvakt_collector.store import enrolments, hosts, tokens
from driftvakt_collector.store.enrolments import REFUSED, EnrolmentRow
from driftvakt_collector.store.hosts import APPROVED, REVOKED, HostRow
from driftvakt_collector.store.tokens import TokenRow
from driftvakt_collector.trust.asking import Enrol, Renew, Request, Was, same
from driftvakt_collector.trust.ca import CertificateError
from driftvakt_collector.trust.decide import Ask, Refusal, entry, refusal, renewal
from driftvakt_collector.trust.keeping import Authority
from driftvakt_wire.enrolment import client_mac, other_machine, request, seal, token_secret, was_mac
from driftvakt_wire.envelope import derive_key, is_id, mac, pads, sign

RELAY = "relay"
_AGAIN = timedelta(hours=24)
"""For how long an answer that was lost is given once more."""
_DAY = timedelta(days=1)
RENEWALS = 10
"""Keys that a host may have within a day: each is a row, and the number of keys in use."""
OLD_KEYS = timedelta(days=30)
"""How long lines count that were signed with a key that was replaced since: they wait in a spool."""


class Realm(NamedTuple):
    """masters: zone to its master key. authorities: zone to its own CA, where it has one. privacy: zone to profile."""

    masters: Mapping[str, bytes]
    authorities: Mapping[str, Authority]
    privacy: Mapping[str, str]

    def profile(self, zone: str) -> str:
        return self.privacy.get(zone, "edu" if zone == "edu" else "full")


class Came(NamedTuple):
    """How a request came. told: the header in which a relay says for whom it asks, empty where there is none."""

    address: str
    door: str
    told: str
    at: datetime


class Settled(NamedTuple):
    """line: the signed answer, empty for one who is refused. host: as it is now, where there is one."""

    line: bytes
    host: HostRow | None
    row: EnrolmentRow


def settle(connection: Connection, realm: Realm, asked: Request | str, came: Came) -> Settled:
    """Do what is asked, or write down why not. asked: what came, or why it is no request."""
    if isinstance(asked, str):
        _spend(connection, realm, came)
        return _refused(connection, came, None, came.address, asked)
    address, trouble = _whose(connection, realm, asked, came)
    if isinstance(asked.record, Enrol):
        return _enrol(connection, realm, asked, asked.record, came, address, trouble)
    return _renew(connection, realm, asked, asked.record, came, address, trouble)


def retire(connection: Connection, now: datetime) -> int:
    """Take no more lines under keys that were replaced a month ago; return of how many hosts these were."""
    old = enrolments.outdated(connection, now - OLD_KEYS)
    for origin, gen in old:
        hosts.change(connection, origin, now, gen_floor=gen)
    return len(old)


def _enrol(
    connection: Connection, realm: Realm, asked: Request, record: Enrol, came: Came, address: str, trouble: str
) -> Settled:
    id_, nonce = asked.envelope.origin, asked.envelope.epoch
    token = tokens.find(connection, id_)
    master = realm.masters.get(token.zone if token else came.door) or next(iter(realm.masters.values()))
    secret = token_secret(master, id_)
    ask = Ask(id_, asked.name, address, came.door, asked.signed_with(secret), record.facts.plain())
    before = enrolments.given(connection, id_, nonce)
    why = refusal(token, ask, came.at, again=before is not None)
    if trouble and why is None:
        why = Refusal(trouble)
    if why is None and record.csr == "" and token is not None and token.class_ == RELAY:
        why = Refusal("the token is for a relay, and the request is not one's: it brings no signing request")
    if why is not None or token is None:
        return _refused(connection, came, asked, address, why.reason if why else "", token.zone if token else "")
    if before is not None:
        return _again(connection, realm, asked, token, secret, before, came, address)
    host, facts, note = _entered(connection, realm, asked, record, ask, token)
    if not tokens.use(connection, id_, came.at):
        return _refused(
            connection, came, asked, address, "the token was used up by another at the same moment", token.zone
        )
    hosts.save(connection, [host], came.at)
    hosts.change(connection, host.origin, came.at, wave=token.wave, token=id_, facts=json.dumps(facts), note=note)
    return _given(connection, realm, asked, host, host.gen, secret, note or "enrolled", came, address, token)


def _entered(
    connection: Connection, realm: Realm, asked: Request, record: Enrol, ask: Ask, token: TokenRow
) -> tuple[HostRow, Mapping[str, object], str]:
    """Return the host as it shall be, its facts, and what an operator must know."""
    old = None
    if record.was is not None:
        old = hosts.find(connection, record.was.origin)
        ask = _with_proof(realm, asked, ask, record.was, old)
    name = ask.name or f"unnamed-{asked.envelope.epoch[:8]}"
    known = enrolments.alike(connection, token.zone, name, record.facts.all())
    if old is not None and all(row.origin != old.origin for row, _ in known):
        known.append((old, hosts.facts(connection, old.origin)))
    alike = [(row, read_facts(told)) for row, told in known]
    come = entry(token, ask, old, alike)
    tags = (token.zone, token.administration, token.site, token.class_)
    if come.origin and old is not None:
        taken = any(row.name == name and row.origin != old.origin for row, _ in alike)
        # Lines that wait in the host's spool are signed with the key that it had until now.
        floor = max(old.gen_floor, ask.was_gen)
        return (
            HostRow(old.origin, old.gen + 1, old.name if taken else name, *tags, come.state, floor),
            ask.facts,
            come.note,
        )
    origin = f"{'r' if token.class_ == RELAY else 'a'}-{secrets.token_hex(10)}"
    return HostRow(origin, 1, name, *tags, come.state, 1), ask.facts, come.note.replace("ORIGIN", origin)


def _with_proof(realm: Realm, asked: Request, ask: Ask, was: Was, old: HostRow | None) -> Ask:
    """Return the ask with what it proves of the host that it was."""
    proven = False
    if old is not None and old.zone in realm.masters and old.gen_floor <= was.gen <= old.gen:
        key = derive_key(realm.masters[old.zone], old.origin, was.gen)
        proven = same(was_mac(key, asked.envelope.origin, asked.envelope.epoch), was.mac)
    return Ask(ask.token, ask.name, ask.address, ask.door, ask.proven, ask.facts, was.origin, was.gen, proven)


def _again(
    connection: Connection, realm: Realm, asked: Request, token: TokenRow, secret: bytes, before: EnrolmentRow,
    came: Came, address: str,
) -> Settled:  # fmt: skip
    """Answer one whose answer was lost: the same, and no second use."""
    host = hosts.find(connection, before.origin)
    if host is None or host.state == REVOKED:
        return _refused(
            connection, came, asked, address, f"{before.origin}, which it was given, was revoked", token.zone
        )
    if token.class_ != RELAY and came.at - before.at > _AGAIN:
        why = f"{host.origin} was given its key at {before.at:%Y-%m-%d %H:%M} UTC; enrol it anew with another token"
        return _refused(connection, came, asked, address, why, token.zone)
    if other_machine(read_facts(hosts.facts(connection, host.origin)), asked.record.facts.plain()):
        why = f"another machine repeats the request of {host.origin}: its disk was copied"
        return _refused(connection, came, asked, address, why, token.zone)
    return Settled(_answer(realm, asked, host, before.gen, secret, came, token), host, before)


def _renew(
    connection: Connection, realm: Realm, asked: Request, record: Renew, came: Came, address: str, trouble: str
) -> Settled:
    origin, gen = asked.envelope.origin, asked.envelope.gen
    host = hosts.find(connection, origin)
    master = realm.masters.get(host.zone if host else came.door) or next(iter(realm.masters.values()))
    key = derive_key(master, origin, gen)
    ask = Ask("", host.name if host else "", address, came.door, asked.signed_with(key), record.facts.plain())
    before = enrolments.given(connection, origin, asked.envelope.epoch)
    why = renewal(host, ask, gen, again=before is not None)
    lately = enrolments.renewals(connection, origin, came.at - _DAY)
    if why is None and before is None and lately >= RENEWALS:
        why = Refusal(f"it changed its key {lately} times within a day; it may again tomorrow")
    if why is None and host and other_machine(read_facts(hosts.facts(connection, origin)), ask.facts):
        why = Refusal("the key is shown by another machine than the one that it was given to")
    if trouble and why is None:
        why = Refusal(trouble)
    if why is not None or host is None:
        return _refused(connection, came, asked, address, why.reason if why else "", host.zone if host else "")
    token = tokens.find(connection, hosts.token(connection, origin))
    if before is not None:
        return Settled(_answer(realm, asked, host, before.gen, key, came, token), host, before)
    renewed = host._replace(gen=host.gen + 1, gen_floor=max(host.gen_floor, gen))
    hosts.change(connection, origin, came.at, gen=renewed.gen, gen_floor=renewed.gen_floor)
    if ask.facts:
        hosts.change(connection, origin, came.at, facts=json.dumps(ask.facts))
    return _given(connection, realm, asked, renewed, renewed.gen, key, "renewed its key", came, address, token)


def _given(
    connection: Connection, realm: Realm, asked: Request, host: HostRow, gen: int, secret: bytes, why: str, came: Came,
    address: str, token: TokenRow | None,
) -> Settled:  # fmt: skip
    row = EnrolmentRow(
        came.at, host.zone, asked.envelope.origin, asked.envelope.epoch, address, host.name, host.origin, gen,
        host.state, why,
    )  # fmt: skip
    line = _answer(realm, asked, host, gen, secret, came, token)
    enrolments.note(connection, row)
    return Settled(line, host, row)


def _answer(
    realm: Realm, asked: Request, host: HostRow, gen: int, secret: bytes, came: Came, token: TokenRow | None
) -> bytes:
    """Return the signed line that tells the host who it is."""
    envelope = asked.envelope
    sealed = seal(secret, envelope.epoch, derive_key(realm.masters[host.zone], host.origin, gen))
    fields: dict[str, object] = {
        "origin": host.origin, "gen": gen, "zone": host.zone, "state": host.state, "name": host.name,
        "class": host.class_, "privacy": realm.profile(host.zone), "sealed": b64encode(sealed).decode(),
    }  # fmt: skip
    # Not before an operator said yes: with it, a relay can speak for the zone's listener.
    if (
        host.class_ == RELAY
        and host.state == APPROVED
        and asked.record.csr
        and token
        and host.zone in realm.authorities
    ):
        try:
            fields["certificate"] = realm.authorities[host.zone].sign(asked.record.csr, token.names, came.at)
        except CertificateError as e:
            fields["trouble"] = str(e)
    return sign(secret, envelope.origin, envelope.gen, envelope.epoch, 2, request("enrolled", fields))


def _refused(
    connection: Connection, came: Came, asked: Request | None, address: str, reason: str, zone: str = ""
) -> Settled:
    """Write down who was refused, and why."""
    id_, nonce = (asked.envelope.origin, asked.envelope.epoch) if asked else ("", "")
    name = asked.name if asked else ""
    row = EnrolmentRow(came.at, zone or came.door, id_, nonce, address[:64], name, "", 0, REFUSED, reason[:1000])
    enrolments.note(connection, row)
    return Settled(b"", None, row)


def _whose(connection: Connection, realm: Realm, asked: Request, came: Came) -> tuple[str, str]:
    """Return the address that asks, by way of a relay if need be, and what is wrong with what the relay says."""
    if not came.told:
        return came.address, ""
    parts = came.told.split(" ")
    if len(parts) != 4 or not is_id(parts[1]) or not parts[2].isdecimal() or len(parts[2]) > 15:
        return came.address, "the header of the relay that passed it on can't be read"
    client, origin, gen_text, given = parts
    gen, relay = int(gen_text), hosts.find(connection, origin)
    if relay is None or relay.class_ != RELAY or relay.state != APPROVED or not relay.gen_floor <= gen <= relay.gen:
        return came.address, f"{origin}, which passed it on, is no approved relay"
    if came.door and relay.zone != came.door:
        return came.address, f"{origin}, which passed it on, is a relay of zone {relay.zone}"
    key = derive_key(realm.masters[relay.zone], origin, gen)
    if not same(client_mac(key, client, asked.raw), given):
        return came.address, f"the word of relay {origin} for {client[:64]} is not signed with its key"
    token = tokens.find(connection, asked.envelope.origin)
    if token is not None and token.zone != relay.zone:
        return client, f"relay {origin} is of zone {relay.zone} and passed on a token of zone {token.zone}"
    return client, ""


def _spend(connection: Connection, realm: Realm, came: Came) -> None:
    """Take as long as for a request that can be read."""
    master = realm.masters.get(came.door) or next(iter(realm.masters.values()))
    tokens.find(connection, "")
    enrolments.given(connection, "", "")
    mac(pads(token_secret(master, "")), b"")


def read_facts(told: str | Mapping[str, object]) -> Mapping[str, object]:
    """Return the facts of a host as they were kept."""
    if not isinstance(told, str):
        return told
    try:
        found = json.loads(told)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
