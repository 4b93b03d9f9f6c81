from math import isfinite

import pytest
from life import CITY, TUESDAY, WEATHER, first, moments, work

from driftvakt_collector.demo import facts, sheet
from driftvakt_collector.demo.asset import Asset, Fault, Habit
from driftvakt_collector.demo.measured.key import Key
from driftvakt_collector.demo.session import session
from driftvakt_collector.demo.work import Weather
from driftvakt_collector.fleet.series import SeriesSet
from driftvakt_wire import names

HOUR = 3600.0
# The nights when Stockholm's clocks are set forward and back: 29 March and 25 October 2026.
FORWARD, BACK = 1774738800.0, 1792879200.0
DAYS = [
    pytest.param(TUESDAY, WEATHER, id="an ordinary day"),
    pytest.param(FORWARD, Weather(7, FORWARD), id="the day with 23 hours"),
    pytest.param(BACK, Weather(7, BACK), id="the day with 25 hours"),
]
ONE_OF_EACH = [*{(asset.habit, asset.model, asset.fault): asset for asset in CITY}.values()]


def _id(asset: Asset) -> str:
    return f"{asset.habit.value} {asset.model.product} {asset.fault.name if asset.fault else 'well'}"


@pytest.mark.parametrize("asset", ONE_OF_EACH, ids=_id)
def test_names_are_declared_and_values_finite(asset: Asset) -> None:
    keys = sheet.keys(asset)
    assert len(set(keys)) == len(keys)
    assert [name for name, _ in keys if names.family(name) is None] == []
    for name, labels in keys:
        declared = names.family(name)
        assert declared is not None
        assert {label for label, _ in labels} == set(declared.labels)

    for _, values in moments(asset, TUESDAY, 24, 1800.0):
        assert all(value is None or isfinite(value) for value in values.values())


@pytest.mark.parametrize("asset", ONE_OF_EACH, ids=_id)
def test_the_collector_can_use_the_parts(asset: Asset) -> None:
    set_, info = sheet.Sheets().of(asset), facts.info(asset)

    assert len(SeriesSet(*set_)) == len(sheet.keys(asset))
    for name in SeriesSet(*info).names:
        declared = names.family(name)
        assert declared is not None
        assert declared.type == names.INFO


@pytest.mark.parametrize(("start", "weather"), DAYS)
@pytest.mark.parametrize("asset", ONE_OF_EACH, ids=_id)
def test_counters_only_grow_while_a_machine_runs(asset: Asset, start: float, weather: Weather) -> None:
    before = None
    last: dict[Key, float | None] = {}
    for running, values in moments(asset, start, 25, 600.0, weather):
        counters = {
            key: value
            for key, value in values.items()
            if (declared := names.family(key[0])) and (declared.type == names.COUNTER or "_netstat_" in key[0])
            if not key[0].endswith("CurrEstab")
        }
        if before == running:
            shrunk = [key for key, value in counters.items() if (value or 0.0) < (last[key] or 0.0)]
            assert shrunk == []
        before, last = running, dict(counters)


@pytest.mark.parametrize("asset", ONE_OF_EACH, ids=_id)
def test_processors_account_for_every_second(asset: Asset) -> None:
    for running, values in moments(asset, TUESDAY, 24, 3600.0):
        seconds = [value or 0.0 for (name, _), value in values.items() if name == "node_cpu_seconds_total"]
        now = values["node_time_seconds", ()]
        assert now is not None
        assert sum(seconds) == pytest.approx((now - running.boot) * asset.model.cpus, abs=0.1)
        assert min(seconds) >= 0


@pytest.mark.parametrize("asset", ONE_OF_EACH, ids=_id)
def test_nothing_is_fuller_than_it_can_be(asset: Asset) -> None:
    for _, values in moments(asset, TUESDAY, 24, 1200.0):
        plain = {name: value or 0.0 for (name, labels), value in values.items() if not labels}
        assert 0 < plain["node_memory_MemFree_bytes"] <= plain["node_memory_MemAvailable_bytes"]
        assert plain["node_memory_MemAvailable_bytes"] <= plain["node_memory_MemTotal_bytes"]
        for (name, labels), value in values.items():
            if name == "node_filesystem_free_bytes":
                size = values["node_filesystem_size_bytes", labels]
                avail = values["node_filesystem_avail_bytes", labels]
                assert size is not None
                assert value is not None
                assert avail is not None
                assert 0 <= avail <= value < size


@pytest.mark.parametrize("habit", [Habit.SERVER, Habit.OFFICE, Habit.LAPTOP, Habit.SCHOOL, Habit.LAB])
def test_a_day_has_its_rhythm(habit: Habit) -> None:
    """At ten there is more work than at seven in the evening or, where it runs at all, at three in the night."""
    asset = first(habit)
    ten = work(asset, TUESDAY + 10.2 * HOUR)
    assert ten is not None
    for hour in (0.5, 5.5, 19.0):
        later = work(asset, TUESDAY + hour * HOUR)
        assert later is None or later.rhythm_now < 0.3 * ten.rhythm_now


def test_all_servers_together_work_more_at_ten_than_at_five() -> None:
    servers = [asset for asset in CITY if asset.habit is Habit.SERVER and asset.fault is None]
    ten, five = (
        sum(one.averages[2] for asset in servers if (one := work(asset, TUESDAY + hour * HOUR))) for hour in (10.5, 5.5)
    )

    assert ten > 1.5 * five


def test_a_backup_fills_the_night() -> None:
    server = first(Habit.SERVER)
    sent = "node_network_transmit_bytes_total", (("device", server.model.nic),)
    values = [values[sent] or 0.0 for _, values in moments(server, TUESDAY, 24, HOUR)]

    assert values[3] - values[2] > 3 * (values[11] - values[10])


def test_a_disk_fills_and_is_emptied() -> None:
    asset = next(one for one in CITY if one.fault is Fault.FILLING and one.habit is Habit.SERVER)
    device = asset.model.volumes[-1].mountpoint
    shares = []
    for _, values in moments(asset, TUESDAY + 10 * HOUR, 9, 300.0):
        found = {name: value or 0.0 for (name, labels), value in values.items() if ("mountpoint", device) in labels}
        shares.append(1 - found["node_filesystem_avail_bytes"] / found["node_filesystem_size_bytes"])

    assert max(shares) > 0.97
    assert min(shares) < 0.7


def test_pace_keeps_rates_true() -> None:
    """In a city that lives twelve times as fast a second of ours still holds a second of processor time."""
    asset = first(Habit.SERVER)
    day = TUESDAY + 10 * HOUR
    running = session(asset, day)
    assert running is not None
    fast, later = (WEATHER.work(asset, running, day + 12 * ours, day + ours, 12.0) for ours in (0.0, 60.0))

    assert later.up - fast.up == pytest.approx(60.0)
    assert 0 < later.busy - fast.busy < 60.0
    assert later.boot == pytest.approx(fast.boot)
