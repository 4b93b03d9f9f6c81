from collections import Counter

import pytest
from life import CITY, SEED

from driftvakt_collector.demo import organisation
from driftvakt_collector.demo.asset import Fault
from driftvakt_collector.demo.city import LEAST, city
from driftvakt_collector.demo.sheet import Sheets, keys


def test_the_same_seed_is_the_same_city() -> None:
    assert city(SEED, 300) == city(SEED, 300)
    assert city(SEED, 300) != city(SEED + 1, 300)


@pytest.mark.parametrize("size", [LEAST, 60, 501, 2000, 12_000])
def test_every_asset_has_a_name_and_an_origin_of_its_own(size: int) -> None:
    assets = city(SEED, size)

    assert len(assets) == size
    assert len({asset.name for asset in assets}) == size
    assert len({asset.origin for asset in assets}) == size


@pytest.mark.parametrize("size", [LEAST - 1, 100_001])
def test_a_city_has_its_bounds(size: int) -> None:
    with pytest.raises(ValueError, match="assets"):
        city(SEED, size)


def test_the_parts_are_in_the_proportions_of_the_facts() -> None:
    sizes = organisation.load().sizes
    count = Counter((asset.place.zone, asset.class_) for asset in CITY)
    adm, edu = count["adm", "workstation"], count["edu", "workstation"]
    servers = count["adm", "server"] + count["edu", "server"]

    assert adm / (adm + edu) == pytest.approx(sizes["adm_computers"] / sizes["computers"], abs=0.001)
    assert servers / (adm + edu) == pytest.approx(sizes["servers"] / sizes["computers"], abs=0.001)


def test_places_are_small_but_for_some_schools() -> None:
    sizes = Counter(asset.place for asset in CITY if asset.class_ == "workstation")
    small = sum(size <= 5 for size in sizes.values())
    middle = sum(6 <= size <= 50 for size in sizes.values())
    large = [place for place, size in sizes.items() if size > 50]

    assert small + middle > 0.9 * len(sizes)
    assert small > 20
    assert middle > 20
    assert {place.zone for place in large} == {"edu"}


def test_every_district_is_there_with_its_letters() -> None:
    found = {asset.place.administration for asset in CITY}

    assert {one.name for one in organisation.load().districts} <= found
    assert "Älvsjö stadsdelsförvaltning" in found
    assert "Hägersten-Liljeholmen stadsdelsförvaltning" in found


def test_a_place_belongs_to_one_zone_and_administration() -> None:
    owners: dict[str, set[tuple[str, str]]] = {}
    for asset in CITY:
        owners.setdefault(asset.place.name, set()).add((asset.place.zone, asset.place.administration))

    assert all(len(one) == 1 for one in owners.values())


def test_every_fault_is_shown_and_most_assets_are_well() -> None:
    faults = Counter(asset.fault for asset in CITY)

    assert set(Fault) <= set(faults)
    assert faults[None] > 0.95 * len(CITY)


def test_one_school_has_a_bad_line() -> None:
    assert len({asset.place for asset in CITY if asset.place.cut}) == 1


def test_equal_machines_share_their_names() -> None:
    sheets = Sheets()

    assert len({sheets.of(asset).digest for asset in CITY}) < 60


def test_reports_are_as_long_as_real_ones() -> None:
    lengths = {asset.class_: [] for asset in CITY}  # type: dict[str, list[int]]
    for asset in CITY:
        lengths[asset.class_].append(len(keys(asset)))

    assert min(lengths["server"]) >= 80
    assert max(lengths["server"]) <= 240
    assert min(lengths["workstation"]) >= 50
    assert max(lengths["workstation"]) <= 160
