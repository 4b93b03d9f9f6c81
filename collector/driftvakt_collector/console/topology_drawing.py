"""The drawing of a site: which boxes there are, who hangs on whom, and how sure each cable is.

What belongs to the network is a box. Machines are counted on the box that they hang on, unless there are so few that
each can be drawn. Pure: plain facts in, places and words out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.console.quantity import counted
from driftvakt_collector.console.topology_layout import HEIGHT, WIDTH, Place, layout, wire
from driftvakt_collector.console.topology_query import TopologyQuery
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.topology.atlas import Plan
from driftvakt_collector.fleet.topology.link import LIKELY, SURE, How, Link
from driftvakt_collector.fleet.topology.tree import UNKNOWN, unknown

MOST_BOXES = 300
FEW = 24
"""Machines and unknown things of a site that are drawn one by one."""
_MANY_CHILDREN = 3
"""Whoever has as many below itself is a part of the network, whatever it is called."""


@dataclass(frozen=True)
class Box:
    """url: of the host's page, empty for what is no host. kind: known, outside or unknown. more: the link that lists

    what hangs on it; count: how many that are, in words.
    """

    place: Place
    name: str
    sub: str
    url: str
    kind: str
    state: str
    title: str
    count: str
    more: str


@dataclass(frozen=True)
class Wire:
    """path: SVG path data. kind: sure, likely or doubted. title: ports, and how it is known."""

    path: str
    kind: str
    title: str


@dataclass(frozen=True)
class Drawing:
    """more: boxes for which there is no room. loose: hosts of the site that hang on nothing that is known."""

    boxes: Sequence[Box]
    wires: Sequence[Wire]
    width: int
    height: int
    more: int
    loose: int
    box_width: int = WIDTH
    box_height: int = HEIGHT


def draw(
    query: TopologyQuery, plan: Plan, hosts: Mapping[str, Host], links: Iterable[Link], state: Callable[[Host], str]
) -> Drawing:
    """Return the drawing of a site. links: with an end in it. state: the word for how a host is."""
    links = list(links)
    here = [
        one.origin for one in plan.evidence.values() if one.origin in hosts and query.fits(one.zone, one.site)
    ]  # fmt: skip
    touched, names = _keys(links), _names(plan, hosts, links)
    few = sum(1 for key in touched if not is_network(plan, key)) <= FEW
    wanted = [key for key in touched if few or is_network(plan, key) or (touched[key] > 1 and key.startswith(UNKNOWN))]
    wanted.sort(key=lambda key: (plan.tree.steps.get(key, 99), names[key].casefold(), key))
    drawn = dict.fromkeys(wanted[:MOST_BOXES])
    parents = {key: _above(plan, drawn, key) or _single(links, drawn, key) for key in drawn}
    ordered = sorted(parents, key=lambda key: (names[key].casefold(), key))
    placed = layout({key: parents[key] for key in ordered})
    devices = _hanging(plan, drawn, {*here, *(key for key in touched if key in hosts)})
    strange = _strange(plan, drawn, links)
    boxes = [
        _box(query, plan, hosts, key, placed.places[key], names[key], devices[key], strange[key], state)
        for key in ordered
    ]
    tied = {key for key in here if plan.links_of.get(key)}
    return Drawing(
        boxes, _wires(links, parents, placed.places, names), placed.width, placed.height, len(wanted) - len(drawn),
        len(here) - len(tied),
    )  # fmt: skip


def is_network(plan: Plan, key: str) -> bool:
    """Say if a thing is drawn in any case: others hang on it."""
    one = plan.evidence.get(key)
    return one is not None and (one.carries or len(plan.tree.children.get(key, ())) >= _MANY_CHILDREN)


def holder(plan: Plan, origin: str) -> str:
    """Return the box that a host is counted on, empty for none."""
    return next((one for one in plan.tree.path(origin) if is_network(plan, one)), "")


def ends(link: Link) -> tuple[str, str]:
    """Return both ends by the keys that the tree has for them."""
    return link.one.origin, link.other.origin or unknown(link.zone, link.other.thing)


def kind(confidence: float) -> str:
    """Return the word for how sure a link is."""
    return "sure" if confidence >= SURE else "likely" if confidence >= LIKELY else "doubted"


def _keys(links: Sequence[Link]) -> dict[str, int]:
    """Return everything at an end of these, and with how many others each is linked."""
    met = {pair for link in links for pair in (ends(link), ends(link)[::-1])}
    return Counter(one for one, _ in sorted(met))


def _names(plan: Plan, hosts: Mapping[str, Host], links: Sequence[Link]) -> dict[str, str]:
    found = {}
    for link in links:
        one, other = ends(link)
        found[one] = host_name(plan, hosts, one)
        found[other] = host_name(plan, hosts, other) if link.other.origin else link.other.name or link.other.thing
    return found


def host_name(plan: Plan, hosts: Mapping[str, Host], origin: str) -> str:
    """Return what a host is called, also one that went since."""
    host, one = hosts.get(origin), plan.evidence.get(origin)
    return shown_name(host) if host is not None else (one.name if one is not None else "") or origin


def _above(plan: Plan, drawn: Mapping[str, object], key: str) -> str:
    return next((one for one in plan.tree.path(key) if one in drawn), "")


def _single(links: Sequence[Link], drawn: Mapping[str, object], key: str) -> str:
    """Return whom an unknown thing at the end of a cable hangs on."""
    if not key.startswith(UNKNOWN):
        return ""
    return next((link.one.origin for link in links if ends(link)[1] == key and link.one.origin in drawn), "")


def _hanging(plan: Plan, drawn: Mapping[str, object], here: Iterable[str]) -> Counter[str]:
    """Return how many machines hang on each box without being boxes themselves."""
    return Counter(_above(plan, drawn, origin) for origin in here if origin not in drawn)


def _strange(plan: Plan, drawn: Mapping[str, object], links: Iterable[Link]) -> Counter[str]:
    """Return how many unknown things are told by each box, or seen on its ports, without being boxes themselves."""
    found = Counter(link.one.origin for link in links if not link.other.origin and ends(link)[1] not in drawn)
    for origin in drawn:
        found[origin] = max(found[origin], plan.solution.strangers.get(origin, 0))
    return found


def _box(
    query: TopologyQuery, plan: Plan, hosts: Mapping[str, Host], key: str, place: Place, name: str, devices: int,
    strange: int, state: Callable[[Host], str],
) -> Box:  # fmt: skip
    host, one = hosts.get(key), plan.evidence.get(key)
    if host is None or one is None:
        return Box(place, name, "unknown neighbour", "", "unknown", "", f"{name}: no host that we know", "", "")
    inside = query.fits(one.zone, one.site)
    told = [counted(devices, "device")] if devices else []
    told += [f"{strange} unknown"] if strange else []
    sub = one.class_ if inside else f"{one.class_}, {one.site}"
    said = state(host)
    return Box(
        place, name, sub, f"/hosts/{key}", "known" if inside else "outside", said, f"{name}, {sub}, {said}",
        ", ".join(told), query.url(behind=key) if told else "",
    )  # fmt: skip


def _wires(
    links: Iterable[Link], parents: Mapping[str, str], places: Mapping[str, Place], names: Mapping[str, str]
) -> list[Wire]:
    """Return a wire between each two boxes that are linked: all cables of a bundle are one."""
    bundles: dict[tuple[str, str], list[Link]] = {}
    for link in links:
        one, other = ends(link)
        if one in places and other in places and (link.how is not How.GATEWAY or one == parents[other]):
            bundles.setdefault((min(one, other), max(one, other)), []).append(link)
    found = []
    for (one, other), bundle in sorted(bundles.items()):
        upper, lower = (one, other) if places[one].x <= places[other].x else (other, one)
        best = max(bundle, key=lambda link: link.confidence)
        title = f"{end_words(best, 0, names)} to {end_words(best, 1, names)}, {best.how.value}, {kind(best.confidence)}"
        title += f", and {counted(len(bundle) - 1, 'more link')}" if len(bundle) > 1 else ""
        found.append(Wire(wire(places[upper], places[lower]), kind(best.confidence), title))
    return found


def end_words(link: Link, which: int, names: Mapping[str, str]) -> str:
    """Return an end of a link with its port, in words."""
    port = (link.one, link.other)[which].port
    return f"{names[ends(link)[which]]} {port}".strip()
