"""Links from what neighbours say of each other, by LLDP (IEEE 802.1AB) and CDP.

1. Each neighbour that a host tells of is looked up: it is a host of the same zone, or a thing that we do not know.
2. What both ends say of one cable is put together; between two hosts there may be many cables.
3. What one end alone says is less sure, and much less where the other end says something else of that port.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from driftvakt_collector.fleet.topology.evidence import Evidence, Near, mac
from driftvakt_collector.fleet.topology.link import End, How, Link
from driftvakt_collector.fleet.topology.port import plain
from driftvakt_collector.fleet.topology.roll import Roll, folded, short

_ONE_WAY = {"lldp": 0.8, "cdp": 0.7}
_BOTH_WAYS = {"lldp": 1.0, "cdp": 0.95}
_UNEVEN = 0.95
"""Both ends tell of each other, but name the ports otherwise."""
_NOT_TOLD_BACK = 0.7
_CONTRADICTED = 0.3


class _Claim(NamedTuple):
    """teller: who says it. target: whom it means, empty for an unknown thing. theirs: the port at the other end."""

    teller: str
    port: str
    target: str
    theirs: str
    near: Near
    why: str

    @property
    def there(self) -> tuple[str, str]:
        """Who is at the other end."""
        return self.target, "" if self.target else _thing(self.near)


def links(evidence: Mapping[str, Evidence], roll: Roll) -> list[Link]:
    """Return the links that neighbours tell of."""
    unknown: list[_Claim] = []
    pairs: dict[tuple[str, str], tuple[list[_Claim], list[_Claim]]] = {}
    ports: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in evidence.values():
        for claim in _claims(one, evidence, roll):
            ports.setdefault((one.origin, plain(claim.port)), set()).add(claim.there)
            if not claim.target:
                unknown.append(claim)
                continue
            lower, upper = sorted((one.origin, claim.target))
            pairs.setdefault((lower, upper), ([], []))[one.origin == upper].append(claim)
    found = [_to_unknown(claim, evidence) for claim in unknown]
    for lows, highs in pairs.values():
        both, left = _paired(lows, highs)
        found += [_both(low, high, evidence, even=even) for low, high, even in both]
        found += [_one_way(claim, evidence, ports) for claim in left]
    return found


def _claims(one: Evidence, evidence: Mapping[str, Evidence], roll: Roll) -> Iterable[_Claim]:
    """Return what a host says, each neighbour of a port once, and nothing that it says of itself."""
    found: dict[tuple[str, tuple[str, str]], _Claim] = {}
    names: set[tuple[str, str]] = set()
    # LLDP first: what CDP says of the same cable is then known already.
    for near in sorted(one.neighbours, key=lambda near: near.protocol != "lldp"):
        target, why = roll.find(one.zone, near)
        if target == one.origin:
            continue
        port = plain(near.port)
        name = port, short(folded(near.name or near.chassis))
        if near.protocol == "cdp" and name in names:
            continue
        names.add(name)
        theirs = _port_of(evidence[target], near.their_port) if target else near.their_port
        claim = _Claim(one.origin, near.port, target, theirs, near, why)
        found.setdefault((port, claim.there), claim)
    return found.values()


def _paired(lows: Sequence[_Claim], highs: Sequence[_Claim]) -> tuple[list[tuple[_Claim, _Claim, bool]], list[_Claim]]:
    """Return what two hosts both say, each with whether they agree on the ports, and what one of them says alone."""
    both: list[tuple[_Claim, _Claim, bool]] = []
    left, right = list(lows), list(highs)
    # Whole agreement first, then of one of the ports, so that no cable of a bundle takes another's end.
    for mine, yours in (((0, 1), (1, 0)), ((0,), (1,)), ((1,), (0,))):
        waiting: dict[tuple[str, ...], list[_Claim]] = {}
        for claim in right:
            waiting.setdefault(_key(claim, yours), []).append(claim)
        rest = []
        for claim in left:
            key = _key(claim, mine)
            if all(key) and waiting.get(key):
                both.append((claim, waiting[key].pop(0), True))
            else:
                rest.append(claim)
        left, right = rest, [claim for claims in waiting.values() for claim in claims]
    # Some name their ports by one word here and another there, and number them where the other end reads a name.
    left.sort(key=lambda claim: plain(claim.port))
    right.sort(key=lambda claim: plain(claim.theirs))
    count = min(len(left), len(right))
    both += [(one, other, False) for one, other in zip(left, right, strict=False)]
    return both, left[count:] + right[count:]


def _key(claim: _Claim, which: tuple[int, ...]) -> tuple[str, ...]:
    ports = plain(claim.port), plain(claim.theirs)
    return tuple(ports[at] for at in which)


def _both(low: _Claim, high: _Claim, evidence: Mapping[str, Evidence], *, even: bool) -> Link:
    one, other = evidence[low.teller], evidence[high.teller]
    protocols = {low.near.protocol, high.near.protocol}
    protocol = "cdp" if protocols == {"cdp"} else "lldp"
    told = " and ".join(sorted(one.upper() for one in protocols))
    why = f"Both ends tell of each other by {told}"
    if not even:
        why += f", though {shown(one)} calls the other port {low.theirs or 'nothing'}"
    return Link(
        End(one.origin, low.port), End(other.origin, high.port),
        How.CDP if protocol == "cdp" else How.LLDP_BOTH,
        _BOTH_WAYS[protocol] if even else min(_UNEVEN, _BOTH_WAYS[protocol]),
        one.zone, one.supplier or other.supplier, f"{why}.",
    )  # fmt: skip


def _one_way(
    claim: _Claim, evidence: Mapping[str, Evidence], ports: Mapping[tuple[str, str], set[tuple[str, str]]]
) -> Link:
    teller, target = evidence[claim.teller], evidence[claim.target]
    protocol = claim.near.protocol
    others = ports.get((claim.target, plain(claim.theirs)), set()) - {(claim.teller, "")}
    confidence = _ONE_WAY[protocol]
    why = f"Only {shown(teller)} tells of it by {protocol.upper()}"
    if others and claim.theirs:
        confidence = _CONTRADICTED
        why += f"; {shown(target)} sees something else on {claim.theirs}, so one of them is out of date"
    elif target.neighbours:
        confidence = min(confidence, _NOT_TOLD_BACK)
        why += f"; {shown(target)} tells of neighbours, and not of this one"
    else:
        why += f"; {shown(target)} tells of no neighbour at all"
    ends = sorted((End(teller.origin, claim.port), End(target.origin, claim.theirs)), key=lambda end: end.origin)
    how = How.CDP if protocol == "cdp" else How.LLDP
    return Link(ends[0], ends[1], how, confidence, teller.zone, teller.supplier or target.supplier, f"{why}.")


def _to_unknown(claim: _Claim, evidence: Mapping[str, Evidence]) -> Link:
    teller, near = evidence[claim.teller], claim.near
    why = f"{shown(teller)} tells of it by {near.protocol.upper()}; "
    why += f"{claim.why}, so it may be any of them" if claim.why else "no host of its zone is known by what it says"
    how = How.CDP if near.protocol == "cdp" else How.LLDP
    return Link(
        End(teller.origin, claim.port), End("", near.their_port, _thing(near), near.name), how,
        _ONE_WAY[near.protocol], teller.zone, teller.supplier, f"{why}.",
    )  # fmt: skip


def shown(one: Evidence) -> str:
    """Return how a host is called in a sentence."""
    return one.name.strip() or one.origin


def _thing(near: Near) -> str:
    return near.chassis or near.name


def _port_of(target: Evidence, told: str) -> str:
    """Return a port by its name, where it was told by its MAC and one interface alone has that."""
    address = mac(told)
    named = list(_named(target, address)) if address else []
    return named[0] if len(named) == 1 else told


def _named(target: Evidence, address: str) -> Iterator[str]:
    return (name for card, name in target.cards if card == address and name)
