"""When a network is looked through: at once, then every so often, or by the wall clock of a place."""

from datetime import datetime
from zoneinfo import ZoneInfo

from driftvakt_collector.poll.discovery.explorer import is_due
from driftvakt_collector.store.subnets import SubnetRow

ROW = SubnetRow("adm", "10.20.0.0/24", "", "", "", 3600.0, 50.0, True, 0.0, "root")
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def at(day: int, hour: int, minute: int) -> float:
    return datetime(2026, 10, day, hour, minute, tzinfo=STOCKHOLM).timestamp()


def test_a_new_one_is_due_at_once() -> None:
    assert is_due(ROW, 1.7e9)
    assert is_due(ROW._replace(cron="0 20 * * *"), 1.7e9)


def test_every_so_often_also_after_the_clock_was_put_back() -> None:
    row = ROW._replace(ended=1.7e9)

    assert [is_due(row, 1.7e9 + seconds) for seconds in (0, 3599, 3600, -10)] == [False, False, True, True]


def test_by_the_wall_clock_in_summer_and_winter() -> None:
    row = ROW._replace(cron="0 20 * * 1-5", time_zone="Europe/Stockholm", ended=at(23, 20, 5))

    # From Friday evening to Monday evening, and the clock is turned in between.
    assert not is_due(row, at(26, 19, 59))
    assert is_due(row, at(26, 20, 0))


def test_an_expression_of_another_release_that_we_can_not_read_is_never_due() -> None:
    assert not is_due(ROW._replace(cron="every morning", ended=1.0), 1.7e9)
