"""The summary above the fleet list and the filters: each says what choosing it would show."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from driftvakt_collector.console import quantity, standing
from driftvakt_collector.console.fleet_query import PROBLEMS, FleetQuery
from driftvakt_collector.console.sieve import GET, Judged, collation
from driftvakt_collector.console.standing import State

MAX_OPTIONS = 300
"""The longest list that a filter offers; a field that a name is typed into takes its place."""
MAX_GROUPS = 5


@dataclass(frozen=True)
class Tile:
    """How many hosts are in a state, and the link that shows them."""

    state: str
    word: str
    meaning: str
    count: int
    share: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class Segment:
    """A piece of a bar that stands for all hosts: state, where it begins and how long it is, in percent."""

    state: str
    start: float
    length: float
    title: str


@dataclass(frozen=True)
class Group:
    """The hosts of a zone or a class."""

    name: str
    count: int
    problems: int
    segments: Sequence[Segment]
    url: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """A filter: its options are (value, text), empty where there are too many to list."""

    name: str
    title: str
    value: str
    options: Sequence[tuple[str, str]]
    typed: bool

    @property
    def offers(self) -> bool:
        """Say if there is anything to choose but all."""
        return self.typed or bool(self.value) or len(self.options) > 1


def tile(one: State, states: "Counter[State]", query: FleetQuery) -> Tile:
    """Return the tile of a state."""
    chosen = query.state == one.value
    total = states.total()
    share = quantity.percent(states[one] / total) if total else quantity.NONE
    url = query.only("state", "" if chosen else one.value).url()
    return Tile(one.value, standing.WORDS[one], standing.MEANINGS[one], states[one], share, url, chosen)


def segments(states: "Counter[State]") -> list[Segment]:
    """Return the bar of these counts, worst first."""
    total = states.total()
    found: list[Segment] = []
    start = 0.0
    for one, word in standing.WORDS.items():
        if states[one]:
            length = 100 * states[one] / total
            found.append(Segment(one.value, round(start, 2), round(length, 2), f"{word}: {states[one]}"))
            start += length
    return found


def groups(name: str, judged: Iterable[Judged], query: FleetQuery) -> list[Group]:
    """Return the largest zones or classes."""
    get = GET[name]
    counted: dict[str, Counter[State]] = {}
    for (text, one), count in Counter((get(host), one) for host, one in judged).items():
        counted.setdefault(text, Counter())[one] = count
    largest = sorted(counted, key=lambda text: (-counted[text].total(), collation(text)))[:MAX_GROUPS]
    return [
        Group(
            name=text,
            count=counted[text].total(),
            problems=sum(counted[text][one] for one in standing.PROBLEMS),
            segments=segments(counted[text]),
            url=query.only(name, "" if query.text(name) == text else text).url(),
            chosen=query.text(name) == text,
        )
        for text in largest
    ]


def state_choice(query: FleetQuery) -> Choice:
    """Return the filter of states."""
    states = [(state.value, word) for state, word in standing.WORDS.items()]
    options = [("", "Any state"), (PROBLEMS, "Late, silent or failing"), *states]
    return Choice("state", "State", query.state, options, typed=False)


_ANY = {
    "zone": "Any zone", "administration": "Any administration", "site": "Any site", "class": "Any class",
    "vendor": "Any vendor", "model": "Any model",
}  # fmt: skip


def choice(name: str, judged: Iterable[Judged], query: FleetQuery) -> Choice:
    """Return a filter. judged: the hosts that every other filter lets through."""
    get = GET[name]
    counts = Counter(get(host) for host, _ in judged)
    value = query.text(name)
    if len(counts) > MAX_OPTIONS:
        return Choice(name, name.capitalize(), value, (), typed=True)
    texts = sorted({*counts, value} - {""}, key=collation)
    options = [(text, f"{text} ({counts[text]})") for text in texts]
    return Choice(name, name.capitalize(), value, [("", _ANY[name]), *options], typed=False)
