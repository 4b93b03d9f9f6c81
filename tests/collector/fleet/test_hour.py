"""The last hour of a host: gaps, wraps, and counters that begin anew."""

from array import array
from math import inf, isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.fleet.hour import ANSWER, GRAPHS, POINTS, Hour, Spark
from driftvakt_collector.fleet.series import SeriesSet
from driftvakt_wire.encode import series_set

ROOT = (("device", "/dev/sda1"), ("fstype", "ext4"), ("mountpoint", "/"))
KEYS = [
    ("node_load1", ()),
    ("node_cpu_seconds_total", (("cpu", "0"), ("mode", "idle"))),
    ("node_cpu_seconds_total", (("cpu", "0"), ("mode", "user"))),
    ("node_network_receive_bytes_total", (("device", "lo"),)),
    ("node_network_receive_bytes_total", (("device", "eth0"),)),
    ("node_network_transmit_bytes_total", (("device", "eth0"),)),
    ("node_memory_MemAvailable_bytes", ()),
    ("node_memory_MemTotal_bytes", ()),
    ("node_filesystem_size_bytes", ROOT),
    ("node_filesystem_avail_bytes", ROOT),
]  # fmt: skip
BOUND = SeriesSet("", series_set(KEYS, {}))
SPARK = Spark(BOUND)
START = 1_700_000_040.0
"""A whole minute."""


def values(minute: float, load: float = 0.5) -> "array[float]":
    """A host that is a quarter busy, and receives 100 bytes a second."""
    seconds = minute * 60 + 1000
    return array(
        "d", [load, 0.75 * seconds, 0.25 * seconds, 9e9 * minute, 100 * seconds, 10 * seconds, 25, 100, 80, 20]
    )


def told(*minutes: float) -> Hour:
    hour = Hour()
    for minute in minutes:
        hour.add(START + minute * 60, SPARK, values(minute, minute))
    return hour


def load(hour: Hour, now: float) -> dict[int, float]:
    """Return the points that are there, by how many minutes ago they were."""
    points = hour.series("load", START + now * 60)
    assert len(points) == POINTS
    return {POINTS - 1 - place: one for place, one in enumerate(points) if one is not None}


def test_each_graph_shows_its_number() -> None:
    hour = told(0, 1)

    newest = {graph: hour.series(graph, START + 60)[-1] for graph in GRAPHS}

    assert newest == pytest.approx(
        {"cpu": 0.25, "memory": 0.75, "load": 1.0, "disk": 0.75, "received": 100.0, "sent": 10.0}
    )


def test_a_rate_needs_two_reports() -> None:
    hour = told(0)

    assert [hour.series(graph, START)[-1] for graph in ("cpu", "received", "sent")] == [None] * 3


@pytest.mark.parametrize(
    ("minutes", "now", "expected"),
    [
        pytest.param([0, 1, 2], 2, {2: 0, 1: 1, 0: 2}, id="a point a minute"),
        pytest.param([0, 0.2, 0.9], 0, {0: 0.9}, id="the last of a minute counts"),
        pytest.param([0, 5], 5, {5: 0, 0: 5}, id="what did not come is a gap"),
        pytest.param([0, 5], 8, {8: 0, 3: 5}, id="so is what does not come now"),
        pytest.param(range(100), 99, {ago: 99 - ago for ago in range(60)}, id="the oldest are written over"),
        pytest.param([*range(60), 100], 100, {ago: 100 - ago for ago in [0, *range(41, 60)]}, id="a gap over the end"),
        pytest.param([*range(60), 500], 500, {0: 500}, id="a gap of hours"),
        pytest.param([0], 59, {59: 0}, id="the oldest of an hour"),
        pytest.param([0], 60, {}, id="an hour ago"),
        pytest.param([5, 3], 5, {0: 5}, id="a clock that was set back writes nothing"),
        pytest.param([], 0, {}, id="nothing at all"),
    ],
)
def test_points(minutes: list[float], now: float, expected: dict[int, float]) -> None:
    assert load(told(*minutes), now) == pytest.approx(expected)


@pytest.mark.parametrize("graph", ["cpu", "received", "sent"])
def test_a_counter_that_begins_anew_is_a_gap_and_no_spike(graph: str) -> None:
    hour = told(10, 11)
    hour.add(START + 12 * 60, SPARK, values(-15))
    hour.add(START + 13 * 60, SPARK, values(-14))

    points = hour.series(graph, START + 13 * 60)[-3:]

    assert points[1] is None
    assert points[0] == pytest.approx(points[2])


def test_what_a_host_does_not_have_is_a_gap() -> None:
    bound = SeriesSet("", series_set([("node_load1", ())], {}))
    hour = Hour()
    for minute in range(2):
        hour.add(START + minute * 60, Spark(bound), array("d", [0.5]))

    assert {graph: hour.series(graph, START + 60)[-1] is None for graph in GRAPHS} == {
        graph: graph != "load" for graph in GRAPHS
    }


def test_a_set_of_nothing() -> None:
    hour = Hour()
    hour.add(START, Spark(SeriesSet("", series_set([], {}))), array("d"))

    assert all(hour.series(graph, START)[-1] is None for graph in GRAPHS)


NUMBERS = st.one_of(st.floats(allow_infinity=False), st.sampled_from([nan, 1e308, -1e308, 5e-324, 0.0]))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 4e9), st.lists(NUMBERS, min_size=10, max_size=10)), max_size=8))
def test_no_numbers_break_it(reports: list[tuple[float, list[float]]]) -> None:
    hour = Hour()

    for at, numbers in reports:
        hour.add(at, SPARK, array("d", numbers))

    for graph in GRAPHS:
        for at, _ in reports:
            assert all(one is None or (not isnan(one) and -inf <= one <= inf) for one in hour.series(graph, at))


@pytest.mark.parametrize(
    ("disks", "expected"),
    [
        pytest.param([(80, 20), (100, 10)], 0.9, id="the fullest of two"),
        pytest.param([(0, 0), (80, 20)], 0.75, id="one without a size is passed over"),
        pytest.param([(nan, 5), (80, 20)], 0.75, id="one that is not there is passed over"),
        pytest.param([(80, 20), (nan, nan)], 0.75, id="also behind the other"),
        pytest.param([(-5, 10), (80, 20)], 0.75, id="one whose size makes no sense is passed over"),
        pytest.param([(0, 0)], nan, id="none at all"),
    ],
)
def test_the_fullest_disk_is_told(disks: list[tuple[float, float]], expected: float) -> None:
    keys: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    for place in range(len(disks)):
        labels = (("mountpoint", f"/{place}"),)
        keys += [("node_filesystem_size_bytes", labels), ("node_filesystem_avail_bytes", labels)]
    spark = Spark(SeriesSet("", series_set(keys, {})))

    told = spark.read(array("d", [number for disk in disks for number in disk]))

    assert told[-1] == pytest.approx(expected, nan_ok=True)


def ports(*told: tuple[str, str, str]) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return series of interfaces: (counter, ifIndex, ifType)."""
    return [
        key
        for name, index, kind in told
        for key in ((name, (("ifIndex", index),)), ("ifType_info", (("ifIndex", index), ("ifType", kind))))
    ]


@pytest.mark.parametrize(("told", "expected"), [
    pytest.param([("ifHCInOctets", "1", "ethernetCsmacd"), ("ifHCInOctets", "2", "ethernetCsmacd"),
                  ("ifHCInOctets", "3", "l2vlan"), ("ifHCInOctets", "4", "ieee8023adLag")], 2,
                 id="ports, and what runs on them not once more"),
    pytest.param([("ifHCInOctets", "1", "other"), ("ifHCInOctets", "2", "softwareLoopback")], 1,
                 id="all but loopbacks where nothing is a port"),
    pytest.param([("ifInOctets", "1", "ethernetCsmacd")], 1, id="32 bits where there are no 64"),
    pytest.param([("ifInOctets", "1", "ethernetCsmacd"), ("ifHCInOctets", "2", "ethernetCsmacd")], 1,
                 id="never both"),
])  # fmt: skip
def test_what_a_device_received_is_the_sum_of_its_ports(told: list[tuple[str, str, str]], expected: int) -> None:
    bound = SeriesSet("", series_set(ports(*told), {}))
    spark, hour = Spark(bound), Hour()
    for minute in (0, 1):
        hour.add(START + 60 * minute, spark, array("d", [60_000.0 * minute] * len(bound)))

    assert hour.series("received", START + 60)[-1] == 1000.0 * expected
    assert hour.series("sent", START + 60)[-1] is None


def test_a_counter_of_32_bits_that_wraps_leaves_a_gap() -> None:
    bound = SeriesSet("", series_set(ports(("ifInOctets", "1", "ethernetCsmacd")), {}))
    spark, hour = Spark(bound), Hour()
    for minute, octets in enumerate((4e9, 4.1e9, 1e6, 7e6)):
        hour.add(START + 60 * minute, spark, array("d", [octets, 1.0]))

    points = hour.series("received", START + 180)[-3:]

    assert (points[1], points[2]) == (None, 100_000.0)


def test_of_a_service_the_time_that_a_check_took_is_kept() -> None:
    bound = SeriesSet("", series_set([("probe_success", ()), ("probe_duration_seconds", (("service", "Webb"),))], {}))
    hour = Hour()
    hour.add(START, Spark(bound), array("d", [1.0, 0.25]))

    assert hour.series(ANSWER, START)[-1] == 0.25
