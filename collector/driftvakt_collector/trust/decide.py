"""May this host in? A pure decision; the reason is for the operator alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

from driftvakt_collector.store.hosts import APPROVED, PENDING, QUARANTINED, REVOKED, HostRow
from driftvakt_collector.store.tokens import TokenRow
from driftvakt_wire.enrolment import other_machine, same_machine

Known = tuple[HostRow, Mapping[str, object]]
"""A host, and what its machine is known again by."""


@dataclass(frozen=True)
class Ask:
    """What a host asks with, once it was read. door: the zone whose listener it came to, empty for the collector's own.

    proven: the request is signed with the secret of the token that it names. was_proven: it also holds the key of
    generation `was_gen` of the origin `was`.
    """

    token: str
    name: str
    address: str
    door: str
    proven: bool
    facts: Mapping[str, object]
    was: str = ""
    was_gen: int = 0
    was_proven: bool = False


class Refusal(NamedTuple):
    """reason: a sentence for the operator."""

    reason: str


class Entry(NamedTuple):
    """The host may be known. origin: the one that it keeps, empty for a new one. note: what an operator must know."""

    state: str
    origin: str = ""
    note: str = ""


def refusal(token: TokenRow | None, ask: Ask, now: datetime, *, again: bool = False) -> Refusal | None:
    """Return why a token does not let this one in, None where it does. again: its use was counted before."""
    if token is None:
        return Refusal("there is no such token")
    if not ask.proven:
        return Refusal("the request is not signed with this token's secret: a wrong copy, or somebody guesses")
    if ask.door and ask.door != token.zone:
        return Refusal(f"the token is for zone {token.zone}, and the host came to the door of zone {ask.door}")
    if token.revoked_at is not None:
        return Refusal(f"the token was revoked at {_moment(token.revoked_at)}")
    if token.cidr and not inside(ask.address, token.cidr):
        return Refusal(f"the address {ask.address} is outside of {', '.join(token.cidr)}, where the token may be used")
    if again:
        return None
    if now >= token.expires_at:
        return Refusal(f"the token expired at {_moment(token.expires_at)}")
    if token.used >= token.uses:
        return Refusal(f"the token was used up: {token.used} of {token.uses}")
    return None


def entry(token: TokenRow, ask: Ask, old: HostRow | None, alike: Sequence[Known]) -> Entry:
    """Return how a host comes in. old: the one that `ask.was` names. alike: those of its name or facts."""
    note = ""
    if old is not None and ask.was_proven and old.zone == token.zone and old.state != REVOKED:
        facts = next((facts for row, facts in alike if row.origin == old.origin), {})
        if old.class_ != token.class_:
            # What was approved as one thing is not approved as another: a relay speaks for a zone, a host for itself.
            note = (
                f"it came with the key of {old.origin}, which is a {old.class_}, and the token is for a {token.class_}"
            )
        elif ask.was_gen != old.gen:
            note = f"it came with a key of {old.origin} that was replaced: was a copy of it kept?"
        elif other_machine(facts, ask.facts):
            note = f"it came with the key of {old.origin}, which is another machine by its facts"
        else:
            return Entry(old.state, old.origin)
    others = [(row, facts) for row, facts in alike if row.state != REVOKED or same_machine(facts, ask.facts)]
    same = next((row for row, facts in others if same_machine(facts, ask.facts)), None)
    if same is not None:
        note = note or (
            f"the same machine as {same.origin} ({same.name}, {same.state}), without its key: was it installed anew?"
            " Then approve this one with 'driftvakt host approve ORIGIN', and revoke the old one; else revoke this one"
        )
    elif twin := next((row for row, _ in others if row.name == ask.name and row.state != REVOKED), None):
        note = note or f"zone {token.zone} has a host {twin.name} already, {twin.origin}"
    if note:
        return Entry(PENDING, note=note)
    return Entry(APPROVED if token.approve else PENDING)


def renewal(host: HostRow | None, ask: Ask, gen: int, *, again: bool = False) -> Refusal | None:
    """Return why a host's own key does not bring it a new one, None where it does. again: its answer was lost."""
    if host is None:
        return Refusal("there is no such host")
    if not ask.proven:
        return Refusal("the request is not signed with this host's key")
    if ask.door and ask.door != host.zone:
        return Refusal(f"the host is of zone {host.zone}, and it came to the door of zone {ask.door}")
    if host.state == REVOKED:
        return Refusal("the host was revoked: enrol it again with a token")
    if host.state == QUARANTINED:
        return Refusal("the host is quarantined: 'driftvakt host release' first, or revoke it")
    if not host.gen_floor <= gen <= host.gen:
        return Refusal(f"the key of generation {gen} is no longer taken")
    if gen != host.gen and not again:
        return Refusal(f"the key of generation {gen} was replaced by that of {host.gen}, which alone brings the next")
    return None


def inside(address: str, networks: Sequence[str]) -> bool:
    """Say if an address is in one of the networks. An IPv4 address in IPv6 clothes counts as what it is."""
    try:
        there = ip_address(address)
    except ValueError:
        return False
    if isinstance(there, IPv6Address) and there.ipv4_mapped is not None:
        there = there.ipv4_mapped
    return any(there in ip_network(one) for one in networks)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
