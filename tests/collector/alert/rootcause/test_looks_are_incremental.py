"""Only what changed is looked at; what is known is the same as if all were looked at anew."""

from random import Random

import pytest
from test_survey import NOW, WALL, Watched, row

from driftvakt_collector.alert.rootcause.ancestry import Ancestry
from driftvakt_collector.alert.rootcause.observation import Observation, State
from driftvakt_collector.alert.rootcause.place import Places, Sites
from driftvakt_collector.alert.rootcause.survey import Survey
from driftvakt_collector.store.hosts import REVOKED

CLASSES = ("server", "switch", "router", "relay", "laptop", "printer", "service", "poller")


def observation(random: Random, origin: str) -> Observation:
    return Observation(
        origin, origin, random.choice(list(State)), random.uniform(0, 900), 0.0, 60.0, random.choice(CLASSES), "adm",
        random.choice(["north", "south", ""]), expected=random.random() < 0.8,
    )  # fmt: skip


def told(sites: Sites) -> dict[tuple[str, str], list[object]]:
    """Return who is where, without the sites at which nobody is."""
    found: dict[tuple[str, str], list[object]] = {}
    for at, site in sites.items():
        if site.hosts or site.gateways or site.silent or site.computers:
            names = [sorted(one.origin for one in some) for some in (site.hosts, site.gateways, site.silent)]
            found[at] = [*names, site.computers]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_who_is_where_is_kept_as_if_it_were_gathered_anew(seed: int) -> None:
    random, kept = Random(seed), Places()
    graph = Watched([]).survey._graph()
    seen: dict[str, Observation] = {}
    for _ in range(60):
        for at in random.sample(range(40), 6):
            seen[f"h{at}"] = observation(random, f"h{at}")
        for at in random.sample(range(40), 2):
            seen.pop(f"h{at}", None)
        ancestry = Ancestry(seen, graph, 1000.0, -9000.0)

        sites, ripe = kept.gathered(seen, ancestry)
        anew, ripe_anew = Places().gathered(seen, ancestry)

        assert told(sites) == told(anew)
        assert ripe == ripe_anew


@pytest.mark.parametrize("seed", range(3))
def test_a_look_sees_what_a_first_look_would_see(seed: int) -> None:
    random = Random(seed)
    watched = Watched([row(f"h{at}", random.choice(CLASSES)) for at in range(40)])
    fleet = watched.fleet
    hours = {"laptop": True, "server": True}

    def expected(host: object, _at: float) -> bool:
        return hours.get(getattr(host, "class_", ""), True)

    watched.survey = Survey(fleet, watched.survey._atlas, expected, dict)
    for _ in range(150):
        watched.now += 5.0
        host = fleet.hosts[f"h{random.randrange(40)}"]
        match random.randrange(7):
            case 0:
                watched.silent ^= {host.origin}
            case 1:
                host.off, host.version = not host.off, host.version + 1
            case 2:
                fleet.distrust(host)
            case 3:
                fleet.enrol(row(host.origin, random.choice(CLASSES), random.choice(["north", "south"])))
            case 4:
                fleet.enrol(row(host.origin, host.class_, state=REVOKED))
            case 5:
                hours[random.choice(["laptop", "server"])] ^= True
            case _:
                host.received, host.received_wall = -1.0, WALL - 500.0
        if watched.now % 60 == 0:
            watched.hear()
        wall = WALL + watched.now - NOW
        watched.survey.look(watched.now, wall)
        first = Survey(fleet, watched.survey._atlas, expected, dict)
        first.look(watched.now, wall)

        seen = {origin: one for origin, one in watched.survey._seen.items() if one.state is not State.NEW}
        assert seen == {origin: one for origin, one in first._seen.items() if one.state is not State.NEW}
        assert watched.survey._seen.keys() == first._seen.keys()
