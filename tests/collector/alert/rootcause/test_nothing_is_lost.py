"""Whatever fails, in whatever order: who is down is told of, or counted under something that is."""

from random import Random

import pytest
from silence import City, Thing

START = 10_000.0


def random_city(random: Random, seed: int) -> City:
    """Return a city of some sites, whose cables are a tree with circles and whose relays stand in each other's way."""
    things: list[Thing] = []
    parents: dict[str, tuple[str, ...]] = {}
    carriers: dict[str, tuple[str, ...]] = {}
    guests: dict[str, str] = {}
    for site in range(random.randint(1, 5)):
        names = [f"s{site}-{at}" for at in range(random.randint(1, 14))]
        for at, name in enumerate(names):
            class_ = random.choice(["server", "server", "switch", "router", "relay", "laptop"])
            things.append(Thing(name, random.choice([30.0, 60.0, 60.0, 300.0]), class_, f"s{site}"))
            others = [one for one in names if one != name]
            if others and random.random() < 0.6:
                parents[name] = tuple(random.sample(others[: max(1, at)], min(len(others[: max(1, at)]), 2)))
            if others and random.random() < 0.2:
                carriers[name] = (random.choice(others),)
            if others and random.random() < 0.2:
                guests[name] = random.choice(others)
    return City(things, parents, carriers=carriers, guests=guests, seed=seed, look=20.0)


@pytest.mark.parametrize("seed", range(30))
def test_who_stays_away_is_told_of_or_counted_under_a_cause(seed: int) -> None:
    random = Random(seed)
    city = random_city(random, seed)
    origins = list(city.things)
    for _ in range(random.randint(1, 6)):
        began = START + random.uniform(0, 3000)
        city.cut(random.sample(origins, random.randint(1, len(origins))), began, began + random.uniform(50, 2000))
    lost = random.sample(origins, random.randint(0, len(origins)))
    for one in lost:
        city.things[one].down.append((START + random.uniform(0, 5000), 1e18))
    for one in random.sample(lost, len(lost) // 4):
        city.things[one].goodbye = START + 5000.0

    city.run(5000 + 3 * 3600)

    verdicts = city.judge.verdicts
    told = {one.origin for one in verdicts.causes.values() if one.origin}
    muffled = {one for cause in verdicts.causes.values() for one in cause.muffled}
    for one in lost:
        if city.things[one].class_ != "laptop":
            assert one in told | muffled, (one, verdicts.explanations.get(one))
    alive = set(origins) - set(lost)
    assert not alive & (told | muffled)
    for cause in verdicts.causes.values():
        assert not cause.muffled & told
