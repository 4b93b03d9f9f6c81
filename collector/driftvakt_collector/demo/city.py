"""The city: which assets there are. The same seed and size make the same city, on any machine and in any process."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from driftvakt_collector.demo import models, organisation, places
from driftvakt_collector.demo.asset import Asset, Fault, Habit, Place, Role, Traits
from driftvakt_collector.demo.dice import dice
from driftvakt_collector.demo.models import Family, Model
from driftvakt_collector.demo.organisation import Organisation

LEAST, MOST = 50, 100_000

_SERVER_FAULTS = (Fault.FILLING, Fault.CRASHING, Fault.FAILED_UNIT, Fault.FAILED_BACKUP, Fault.HOT, Fault.LEAKING,
                  Fault.DRIFTING, Fault.BUSY, Fault.SLOW_DISK)  # fmt: skip
_PC_FAULTS = (Fault.BAD_CABLE, Fault.FILLING, Fault.WORN_BATTERY, Fault.BUSY)
_PCS_A_FAULT = 60
_ONLY_LINUX = frozenset((Fault.FAILED_UNIT, Fault.DRIFTING, Fault.HOT, Fault.SLOW_DISK))


def city(seed: int, size: int) -> tuple[Asset, ...]:
    """Return `size` assets. Servers and computers, ADM and EDU stand in the proportions of the real city."""
    if not LEAST <= size <= MOST:
        raise ValueError(f"a city has {LEAST} to {MOST} assets, not {size}")
    facts = organisation.load()
    sizes = facts.sizes
    servers = max(8, round(size * sizes["servers"] / (sizes["servers"] + sizes["computers"])))
    computers = size - servers
    adm = round(computers * sizes["adm_computers"] / sizes["computers"])
    chance = dice(seed, "places")
    offices = places.administrative(facts, adm, chance)
    schools = _with_a_cut(places.schools(facts, computers - adm, chance))
    large = [place for place, count in offices + schools if count >= places.RELAY_FROM and not place.cut]
    assets = [
        *_servers(facts, seed, servers, large),
        *_computers(facts, seed, offices, "adm"),
        *_computers(facts, seed, schools, "edu"),
    ]
    return tuple(_with_faults(assets))


def _with_a_cut(schools: Sequence[tuple[Place, int]]) -> list[tuple[Place, int]]:
    """Give one school a bad line: the second largest, so that the largest stays to be looked at."""
    ordered = sorted(schools, key=lambda one: (-one[1], one[0].name))
    unlucky = ordered[min(1, len(ordered) - 1)][0]
    return [(replace(place, cut=True) if place is unlucky else place, size) for place, size in schools]


def _servers(facts: Organisation, seed: int, count: int, large: Sequence[Place]) -> Iterator[Asset]:
    """Yield servers: two of three in the halls, the rest in the cellars of large places."""
    halls = places.halls(facts)
    roles = [role for role in Role if role is not Role.NONE]
    numbers: dict[str, int] = {}
    for index in range(count):
        chance = dice(seed, "server", index)
        local = bool(large) and index % 3 == 2
        place = large[index // 3 % len(large)] if local else halls[index % 3 == 1]
        choice = models.LOCAL_SERVERS if local else models.SERVERS
        model = choice[(index // 3 if local else index - index // 3) % len(choice)]
        numbers[place.code] = numbers.get(place.code, 0) + 1
        name = facts.names["server"].format(code=place.code, number=numbers[place.code])
        yield _asset(seed, name, place, Habit.SERVER, model, chance, roles[index % len(roles)])


def _computers(facts: Organisation, seed: int, where: Sequence[tuple[Place, int]], zone: str) -> Iterator[Asset]:
    numbers: dict[str, int] = {}
    for place, count in where:
        for _ in range(count):
            number = numbers[place.code] = numbers.get(place.code, 0) + 1
            name = facts.names[zone].format(code=place.code, school=place.code, number=number)
            chance = dice(seed, "computer", name)
            habit, choice = _kind(zone, count, number, chance)
            # Machines are bought by the place: a room has one model, a house two or three.
            model = choice[(number // 16 + len(place.name)) % len(choice)]
            yield _asset(seed, name, place, habit, model, chance)


def _kind(zone: str, count: int, number: int, chance: Random) -> tuple[Habit, Sequence[Model]]:
    falls = chance.random()
    if zone == "adm":
        return (Habit.OFFICE, models.OFFICE_PCS) if falls < 0.45 else (Habit.LAPTOP, models.OFFICE_LAPTOPS)
    if count > places.MIDDLE[1] and number <= 32:
        return Habit.LAB, models.LAB_PCS
    return Habit.SCHOOL, models.SCHOOL_PCS if falls < 0.35 else models.SCHOOL_LAPTOPS


def _asset(
    seed: int, name: str, place: Place, habit: Habit, model: Model, chance: Random, role: Role = Role.NONE
) -> Asset:
    number = dice(seed, "number", name).getrandbits(48)
    traits = Traits(*(chance.random() for _ in range(9)))
    return Asset(f"d-{number:012x}", name, number, place, habit, model, traits, role)


def _with_faults(assets: Sequence[Asset]) -> Iterator[Asset]:
    """Yield the assets with a fault here and there: never more than every other server, and few computers."""
    servers = sum(asset.habit is Habit.SERVER for asset in assets)
    waiting = list(_SERVER_FAULTS[: servers // 2])
    computers = 0
    for index, asset in enumerate(assets):
        fault = None
        if asset.habit is Habit.SERVER:
            if index % 2 == 0:
                fault = next((one for one in waiting if _suits(one, asset)), None)
                if fault is not None:
                    waiting.remove(fault)
        else:
            computers += 1
            turn, rest = divmod(computers, _PCS_A_FAULT)
            if rest == 0 and _suits(_PC_FAULTS[turn % len(_PC_FAULTS)], asset):
                fault = _PC_FAULTS[turn % len(_PC_FAULTS)]
        yield replace(asset, fault=fault)


def _suits(fault: Fault, asset: Asset) -> bool:
    if fault is Fault.HOT:
        return asset.model.system.family is Family.LINUX and not asset.model.virtual
    if fault is Fault.WORN_BATTERY:
        return asset.model.battery
    return fault not in _ONLY_LINUX or asset.model.system.family is Family.LINUX
