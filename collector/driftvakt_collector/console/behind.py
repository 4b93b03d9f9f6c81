"""What a host hangs behind, and how many hang behind it, for a line on its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.console.topology_drawing import ends, host_name, kind
from driftvakt_collector.console.topology_page import WORDS
from driftvakt_collector.console.topology_query import TopologyQuery
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.topology.atlas import Plan
from driftvakt_collector.fleet.topology.link import Link
from driftvakt_collector.fleet.topology.tree import UNKNOWN

_STEPS = 8
"""Hosts on the way up that are named."""


@dataclass(frozen=True)
class Step:
    """A host on the way up. url: empty for what is no host of ours. port: of the first one, where this host hangs."""

    name: str
    url: str
    port: str


@dataclass(frozen=True)
class Behind:
    """steps: the way up, the nearest first. more: how many of them are not named. word: how sure the first one is.

    why: how that is known. below: how many hosts hang on this one, however far away. url: its links.
    """

    steps: Sequence[Step]
    more: int
    word: str
    why: str
    below: int
    url: str


def behind(origin: str, plan: Plan, hosts: Mapping[str, Host]) -> Behind | None:
    """Return the line, None for a host of which nothing is known."""
    links = plan.links_of.get(origin, ())
    if not links:
        return None
    path = plan.tree.path(origin)
    best = _to(links, path[0]) if path else None
    port = "" if best is None else (best.other if best.one.origin == origin else best.one).port
    return Behind(
        steps=[
            Step(_name(plan, hosts, one), f"/hosts/{one}" if one in hosts else "", port if at == 0 else "")
            for at, one in enumerate(path[:_STEPS])
        ],
        more=max(0, len(path) - _STEPS),
        word=WORDS[kind(best.confidence)] if best is not None else "",
        why=best.why if best is not None else "",
        below=_below(plan, origin),
        url=TopologyQuery(behind=origin).url(),
    )


def _to(links: Sequence[Link], above: str) -> Link | None:
    """Return the surest of these links that leads to another, by its key in the tree."""
    return max((link for link in links if above in ends(link)), key=lambda link: link.confidence, default=None)


def _below(plan: Plan, origin: str) -> int:
    count, waiting = 0, list(plan.tree.children.get(origin, ()))
    while waiting:
        one = waiting.pop()
        count += not one.startswith(UNKNOWN)
        waiting += plan.tree.children.get(one, ())
    return count


def _name(plan: Plan, hosts: Mapping[str, Host], key: str) -> str:
    return f"unknown {key.partition('/')[2]}" if key.startswith(UNKNOWN) else host_name(plan, hosts, key)
