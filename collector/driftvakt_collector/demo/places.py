"""Where things stand: the places of the administrative network and of the schools, in the sizes that a city has."""

from collections.abc import Iterator, Sequence
from itertools import count, cycle
from random import Random

from driftvakt_collector.demo.asset import Place
from driftvakt_collector.demo.organisation import Administration, Organisation

SMALL, MIDDLE, LARGE = (1, 5), (6, 50), (51, 300)
RELAY_FROM = 40
"""Devices from which a place has a relay of its own."""

_SCHOOLS = "Utbildningsförvaltningen"
_FOLD = str.maketrans("åäöéÅÄÖÉ", "aaoeAAOE")


def halls(organisation: Organisation) -> tuple[Place, ...]:
    """Return the data halls, one a zone: the shared service owns them. A guess."""
    owner = next(one for one in organisation.departments if one.code == "SEF")
    return tuple(Place(f"Datahall {zone.upper()}", zone, owner.name, f"{zone.upper()}H") for zone in ("adm", "edu"))


def administrative(organisation: Organisation, computers: int, chance: Random) -> list[tuple[Place, int]]:
    """Return the places of the administrative network with how many computers each has."""
    return _filled(_offices(organisation), computers, chance)


def schools(organisation: Organisation, computers: int, chance: Random) -> list[tuple[Place, int]]:
    """Return schools and pre-schools with how many computers each has."""
    return _filled(_school_places(organisation), computers, chance)


def folded(name: str) -> str:
    """Return a name in the letters that a host name may have."""
    return "".join(letter for letter in name.translate(_FOLD).upper() if letter.isascii() and letter.isalnum())


Wish = tuple[Place, tuple[int, int]]


def _filled(wishes: Iterator[Wish], computers: int, chance: Random) -> list[tuple[Place, int]]:
    """Take places until every computer stands somewhere."""
    found: list[tuple[Place, int]] = []
    left = computers
    for place, (least, most) in wishes:
        if left <= 0:
            return found
        # Most places are near the small end of their range.
        size = min(left, least + int((most - least) * chance.random() ** 1.7))
        left -= size
        found.append((_with_relay(place) if size >= RELAY_FROM else place, size))
    return found


def _with_relay(place: Place) -> Place:
    return Place(place.name, place.zone, place.administration, place.code, relay=True)


def _offices(organisation: Organisation) -> Iterator[Wish]:
    """Yield each administration's house, then for ever small places of the districts, with a library now and then."""
    for district in organisation.districts:
        yield Place(f"Stadsdelshuset {district.parts[0]}", "adm", district.name, district.code), MIDDLE
    for group in (organisation.departments, organisation.companies):
        for one in group:
            yield Place(f"{one.name}, kontoret", "adm", one.name, one.code), (6, 40)
    culture = next(one for one in organisation.departments if one.code == "KUL")
    kinds = ("Gruppboende", "Hemtjänst", "Servicehus", "Dagverksamhet", "Vårdboende")
    for turn, (district, part) in enumerate(_neighbourhoods(organisation.districts)):
        if turn % 9 == 8:
            yield Place(f"Bibliotek {part}", "adm", culture.name, culture.code), (4, 14)
        else:
            name = f"{kinds[turn % len(kinds)]} {part} {turn // len(kinds) + 1}"
            yield Place(name, "adm", district.name, district.code), SMALL if turn % 4 else (6, 30)


def _school_places(organisation: Organisation) -> Iterator[Wish]:
    """Yield large schools, smaller ones and pre-schools in the proportions of the city."""
    for turn, (district, part) in enumerate(_neighbourhoods(organisation.districts)):
        code = f"{folded(part)[:4]}{turn + 1}"
        if turn % 15 == 0:
            yield Place(f"Gymnasiet {part} {turn + 1}", "edu", _SCHOOLS, code), LARGE
        elif turn % 15 in (4, 8, 13):
            yield Place(f"Skolan {part} {turn + 1}", "edu", _SCHOOLS, code), MIDDLE
        else:
            yield Place(f"Förskolan {part} {turn + 1}", "edu", district.name, code), SMALL


def _neighbourhoods(districts: Sequence[Administration]) -> Iterator[tuple[Administration, str]]:
    """Yield the neighbourhoods of one district after the other, round and round."""
    numbers = {district.code: count() for district in districts}
    for district in cycle(districts):
        yield district, district.parts[next(numbers[district.code]) % len(district.parts)]
