"""The city's inventories: sections as agents send them, the same for a seed, shared where machines are alike."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from life import CITY, TUESDAY, WEATHER

from driftvakt_collector.demo import facts, lists, programs, stock
from driftvakt_collector.demo.asset import Asset, Role
from driftvakt_collector.demo.city import city
from driftvakt_collector.demo.pace import Pace
from driftvakt_collector.demo.sheet import Sheets
from driftvakt_collector.demo.voice import Air, Voice
from driftvakt_collector.service.applications.book import load
from driftvakt_collector.service.applications.rule import Recogniser
from driftvakt_collector.store.applications import Package
from driftvakt_collector.store.section import read, rows_of
from driftvakt_wire.envelope import digest, split
from driftvakt_wire.sections import SECTIONS

SOME = CITY[::17]


@pytest.mark.parametrize("asset", SOME[:60], ids=lambda one: str(one.name))
def test_each_section_is_as_declared(asset: Asset) -> None:
    told = dict(stock.parts(asset, 3))
    assert stock.marks(asset, 3) == {name: one.digest for name, one in told.items()}
    for name, one in told.items():
        body = read(one.body)
        assert one.digest == digest(one.body)
        assert set(body.columns) <= {column.name for column in SECTIONS[name].columns}
        keys = [tuple(row[key] for key in SECTIONS[name].keys) for row in rows_of(body)]
        assert len(set(keys)) == len(keys), f"{name} has one key twice"


def test_one_seed_is_one_city() -> None:
    again = city(7, 2000)[::17]
    assert [stock.marks(one, 2) for one in SOME] == [stock.marks(one, 2) for one in again]


def test_nobody_is_named_in_schools() -> None:
    assert all("local_users" not in dict(stock.parts(one, 1)) for one in CITY if one.place.zone == "edu")


def test_lists_of_software_are_shared_and_some_machines_are_left_behind() -> None:
    lists = Counter(stock.packages(one, programs.level(one, TUESDAY)).digest for one in CITY)
    assert len(lists) < len(CITY) / 5
    assert any(programs.level(one, TUESDAY) == 0 for one in CITY)


def test_patches_come_one_after_the_other() -> None:
    asset = next(one for one in CITY if one.traits.age < programs.OLD)
    days = [programs.level(asset, TUESDAY + hour * 3600.0) for hour in range(24 * 9)]
    assert len(set(days)) in (3, 4)
    assert all(after - before in (0, 1) for before, after in pairwise(days))


def test_applications_are_recognised() -> None:
    recogniser = Recogniser(load(None))
    found = Counter(
        one.name
        for asset in CITY if asset.class_ == "server"
        for one in recogniser.applications(
            [Package(str(row[0]), str(row[1]), str(row[1]), str(row[3])) for row in programs.packages(asset, 1)],
            [str(row[0]).removesuffix(".service") for row in programs.services(asset)],
            {f"{row[0]}/{row[2]}" for row in programs.ports(asset)},
        )
    )  # fmt: skip
    assert found["PostgreSQL"] == sum(
        one.role is Role.DATABASE and one.model.system.family.value == "linux" for one in CITY
    )
    assert len(found) >= 5


def test_a_voice_tells_what_is_asked_for_and_a_patch_when_it_comes() -> None:
    asset = next(one for one in CITY if one.class_ == "server" and one.traits.age < programs.OLD)
    voice = Voice(asset, b"k" * 32, Air(WEATHER, Pace(TUESDAY, TUESDAY), Sheets(), 60.0, "e1"), TUESDAY)
    voice.turn(TUESDAY)
    (report,) = [json.loads(split(line).record) for line in voice.take(TUESDAY)]
    assert set(report["sections"]) == {"info"}

    voice.tell_inventory(TUESDAY)
    voice.turn(TUESDAY + 60)
    report = json.loads(split(voice.take(TUESDAY + 60)[0]).record)
    assert report["sections"].keys() >= {"info", "system", "packages", "storage"}
    voice.add_parts([report["sections"]["system"], report["sections"]["packages"], "b2:unknown"])
    records = [json.loads(split(line).record) for line in voice.take(TUESDAY + 61)]
    assert {(one["kind"], one["name"]) for one in records} == {("section", "system"), ("section", "packages")}

    before = report["sections"]["packages"]
    voice.turn(TUESDAY + programs.WAVE + 60)
    later = [json.loads(split(line).record) for line in voice.take(TUESDAY + programs.WAVE + 60)]
    assert any(one["kind"] == "report" and one["sections"]["packages"] != before for one in later)


def test_the_lists_of_others_are_a_little_wrong() -> None:
    contract = {one.serial: one for one in lists.contract(CITY)}
    billed = [asset for asset in CITY if facts.serial(asset) in contract]
    assert 0 < len(CITY) - len(billed) < len(CITY) / 20
    assert len(contract) > len(billed), "nobody has seen some of them"
    wrong = [one for one in billed if contract[facts.serial(one)].owner != one.place.administration]
    assert 0 < len(wrong) < len(CITY) / 20
    leases = lists.leases(CITY, TUESDAY)
    assert {one.mac for one in leases} - {facts.mac(one) for one in CITY}
    assert all(one.keys for one in (*leases, *contract.values()))
