"""One alert per cause, in simulated time."""

from itertools import permutations
from math import inf
from random import Random

import pytest
from silence import City, Thing, chain

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rootcause.cause import of_alert
from driftvakt_collector.alert.rootcause.graph import build
from driftvakt_collector.alert.rootcause.judge import Judge
from driftvakt_collector.alert.rootcause.observation import Observation, State, patience

START = 10_000.0


def site_of(count: int, site: str = "north", zone: str = "adm", **told: object) -> list[Thing]:
    return [Thing(f"{zone}-{site}-{at}", site=site, zone=zone, **told) for at in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(2))
def test_a_site_of_500_that_is_cut_off_is_one_alert(seed: int) -> None:
    city = City([*site_of(500), *site_of(40, "south"), *site_of(40, "east")], seed=seed)
    city.cut([one for one in city.things if "north" in one], START + 100)

    city.run(1500)

    assert city.told() == [("SiteUnreachable", "north")]
    assert city.raised[0].at - (START + 100) <= 180
    assert len(next(iter(city.judge.verdicts.causes.values())).muffled) == 500


def test_when_the_site_is_back_its_alert_ends_and_nobody_is_told_more() -> None:
    city = City([*site_of(100), *site_of(40, "south")])
    city.cut([one for one in city.things if "north" in one], START + 100, START + 1000)

    city.run(3600)

    assert city.told() == [("SiteUnreachable", "north")]
    assert len(city.cleared) == 1
    assert city.judge.verdicts.explanations == {}


def test_a_zone_that_is_cut_off_is_one_alert() -> None:
    city = City([one for at in range(8) for one in site_of(20, f"s{at}")] + site_of(20, "x", "edu"))
    city.cut([one for one in city.things if one.startswith("adm")], START + 100, START + 2000)

    city.run(6000)

    assert city.told() == [("ZoneUnreachable", "adm")]
    assert len(city.cleared) == 1
    assert city.raised[0].at - (START + 100) <= 210


def test_sites_that_stay_away_when_the_zone_is_back_have_ten_minutes() -> None:
    city = City([one for at in range(8) for one in site_of(20, f"s{at}")])
    city.cut([one for one in city.things if "-s0-" not in one], START + 100, START + 2000)
    city.cut([one for one in city.things if "-s0-" in one], START + 100)

    city.run(6000)

    assert city.told() == [("ZoneUnreachable", "adm"), ("SiteUnreachable", "s0")]
    assert city.raised[1].at >= START + 2600


def test_a_host_that_fails_alone_pages_within_three_minutes() -> None:
    for seed in range(40):
        things = [Thing("fw", class_="firewall"), Thing("sw", class_="switch"), Thing("a"), Thing("b"), Thing("c")]
        city = City(things, chain("fw", "sw", "a") | {"b": ("sw",), "c": ("sw",)}, seed=seed)
        city.cut(["a"], START + 100)

        city.run(900)

        assert city.told() == [("HostSilent", "a")]
        assert city.raised[0].at - (START + 100) <= 180


def tower(order: list[str], every: dict[str, float]) -> list[Thing]:
    classes = {"fw": "firewall", "sw": "switch"}
    return [Thing(one, class_=classes.get(one, "server"), every=every.get(one, 60.0)) for one in order]


VMS = [f"vm{at}" for at in range(10)]
TOWER = chain("fw", "sw", "esx")
GUESTS = dict.fromkeys(VMS, "esx")


@pytest.mark.parametrize("order", list(permutations(["fw", "sw", "esx", "vm"])), ids="-".join)
def test_a_tower_is_one_alert_in_whatever_order_it_falls(order: tuple[str, ...]) -> None:
    """The moment at which each is last heard is what the order is of; what is below falls with what is above."""
    city = City(tower(["fw", "sw", "esx", *VMS], {}), TOWER, guests=GUESTS)
    for one in city.things.values():
        place = order.index("vm" if one.origin.startswith("vm") else one.origin)
        one.heard = START - 50.0 + 12.0 * place
        one.next = one.heard + 60.0
    city.cut(city.things, START)

    city.run(1800)

    assert len(city.raised) == 1
    assert city.raised[0].alert.origin in ("", "fw")


def test_a_tower_falls_at_a_thousand_random_moments() -> None:
    """With others at the site that go on, and with none; what is above fails first, or at once."""
    random = Random(7)
    for seed in range(1000):
        top = random.choice(["fw", "sw", "esx"])
        choices = [10.0, 30.0, 60.0, 120.0] if seed % 5 else [60.0, 300.0]
        every = {one: random.choice(choices) for one in ("fw", "sw", "esx", *VMS)}
        others = site_of(random.choice([0, 0, 3, 12]))
        city = City(
            [*tower(["fw", "sw", "esx", *VMS], every), *others], TOWER | {one.origin: ("fw",) for one in others},
            guests=GUESTS, seed=seed, look=20.0,
        )  # fmt: skip
        whole = ["fw", "sw", "esx", *VMS]
        below = whole[whole.index(top) :] + ([one.origin for one in others] if top == "fw" else [])
        city.cut(below, START + random.uniform(0, 100))

        city.run(250 + patience(max(every.values())))

        told = city.told()
        assert len(told) == 1, (seed, top, every, len(others), told)
        assert told[0] in {("HostSilent", top), ("SiteUnreachable", "north")}, (seed, told)
        if top != "fw":
            assert told == [("HostSilent", top)], (seed, every, len(others), told)


def test_two_switches_side_by_side() -> None:
    parents = {"a": ("s1", "s2"), "b": ("s1", "s2")}
    things = [Thing("s1", class_="switch"), Thing("s2", class_="switch"), Thing("a"), Thing("b"), *site_of(20)]
    city = City(things, parents)
    city.cut(["s1"], START + 100)
    city.run(900)
    assert city.told() == [("HostSilent", "s1")]

    city.cut(["a"], city.now)
    city.run(900)
    assert city.told()[1:] == [("HostSilent", "a")]

    city.cut(["s2", "b"], city.now)
    city.run(900)
    assert city.told()[2:] == [("HostSilent", "s2")]
    assert city.judge.verdicts.explanations["b"].code == "parent"


def test_a_relay_that_is_silent_muffles_what_it_carries() -> None:
    carriers = {f"d{at}": ("relay",) for at in range(20)}
    things = [
        Thing("relay", class_="relay", site="south"),
        *(Thing(one, site="north") for one in carriers),
        *site_of(30),
    ]
    city = City(things, carriers=carriers)
    city.cut(["relay", *carriers], START + 100)

    city.run(1800)

    assert city.told() == [("RelaySilent", "relay")]
    assert len(city.judge.verdicts.causes["RelaySilent:relay"].muffled) == 20


def test_the_only_relay_of_a_site_with_others_is_the_site() -> None:
    carriers = {f"d{at}": ("relay",) for at in range(20)}
    things = [Thing("relay", class_="relay"), *(Thing(one) for one in carriers)]
    city = City(things, carriers=carriers)
    city.cut(["relay", *carriers], START + 100)

    city.run(1800)

    assert city.told() == [("SiteUnreachable", "north")]
    assert city.judge.verdicts.explanations["d3"].code == "site"


def test_a_child_that_stays_away_when_its_parent_is_back_has_ten_minutes() -> None:
    city = City([Thing("esx"), Thing("vm1"), Thing("vm2"), *site_of(20)], guests={"vm1": "esx", "vm2": "esx"})
    city.cut(["esx", "vm1"], START + 100, START + 1000)
    city.cut(["vm2"], START + 100)

    city.run(3600)

    assert city.told() == [("HostSilent", "esx"), ("HostSilent", "vm2")]
    assert city.raised[1].at >= START + 1600


def test_four_hundred_computers_that_people_switch_off_are_no_alert() -> None:
    city = City([*site_of(400, class_="workstation"), Thing("srv"), *site_of(10, "south")])
    for one in city.things.values():
        if one.class_ == "workstation":
            one.down.append((START + 300 + city.random.uniform(-600, 600), inf))
    while city.now < START + 3600:
        for one in city.things.values():
            one.expected = one.class_ != "workstation" or city.now < START + 300
        city.run(60)

    assert [one for one in city.told() if one[0] != "ManyComputersMissing"] == []
    assert city.told() == []


def test_a_server_that_says_goodbye_is_one_alert_and_a_computer_none() -> None:
    city = City([Thing("srv"), Thing("pc", class_="laptop"), *site_of(10)])
    city.things["srv"].goodbye = city.things["pc"].goodbye = START + 100

    city.run(3600)

    assert city.told() == [("HostOff", "srv")]
    assert city.raised[0].alert.severity is Severity.CRITICAL


def test_a_restart_is_no_alert() -> None:
    city = City([Thing("srv"), *site_of(10)])
    city.things["srv"].goodbye = START + 30
    city.run(90)
    city.things["srv"].goodbye = inf

    city.run(1800)

    assert city.told() == []


def test_a_third_of_the_computers_of_a_site_is_a_warning() -> None:
    city = City([*site_of(100, class_="laptop"), Thing("srv")])
    city.cut([f"adm-north-{at}" for at in range(40)], START + 100)

    city.run(3600)

    assert city.told() == [("ManyComputersMissing", "north")]
    assert city.raised[0].alert.severity is Severity.WARNING


def test_computers_that_are_expected_from_eight_may_come_half_past() -> None:
    city = City(site_of(100, class_="laptop"))
    for one in city.things.values():
        one.down, one.expected = [(0.0, START + 7200 + 1500 * city.random.random())], False
    for one in city.things.values():
        one.heard = START - 50_000
    city.run(7200)
    for one in city.things.values():
        one.expected = True

    city.run(7200)

    assert city.told() == []


def test_a_printer_is_a_warning() -> None:
    city = City([Thing("p", class_="printer"), *site_of(10)])
    city.cut(["p"], START + 100)

    city.run(900)

    assert [(one.alert.rule, one.alert.severity) for one in city.raised] == [("HostSilent", Severity.WARNING)]


def test_a_collector_that_was_down_for_an_hour_accuses_nobody() -> None:
    city = City([*site_of(500), *site_of(20, "south")])
    city.deaf = [(START + 100, START + 3700)]
    city.healthy_since = START + 3700

    city.run(7200)

    assert city.told() == []


def restarted(city: City) -> None:
    """A new judge is told what fires, and hears from now on."""
    causes = [of_alert(cause.alert()) for cause in city.judge.verdicts.causes.values()]
    city.judge = Judge()
    city.judge.resume([cause for cause in causes if cause is not None])
    city.healthy_since = city.now


@pytest.mark.parametrize("every", [10.0, 60.0, 300.0])
@pytest.mark.parametrize("back", [False, True], ids=["that is still cut off", "that is back meanwhile"])
def test_what_fired_before_a_restart_is_not_told_again_and_ends(every: float, back: bool) -> None:
    city = City([*site_of(50, every=every), *site_of(20, "south"), Thing("srv", every, site="south")])
    for one in city.things:
        if "south" not in one:
            city.things[one].down.append((START + 100, START + (1500 if back else 6000)))
    city.run(1420)
    assert sorted(city.told()) == [("HostSilent", "srv"), ("SiteUnreachable", "north")]

    restarted(city)
    city.run(3000)
    assert len(city.cleared) == (2 if back else 0)
    city.run(4000)

    assert len(city.raised) == 2
    assert sorted(one.alert.rule for one in city.cleared) == ["HostSilent", "SiteUnreachable"]


@pytest.mark.parametrize("every", [60.0, 300.0])
def test_a_zone_that_fired_before_a_restart_is_not_told_again(every: float) -> None:
    city = City([one for at in range(8) for one in site_of(5, f"s{at}", every=every)])
    city.cut(city.things, START + 100, START + 6000)
    city.run(1500)
    assert city.told() == [("ZoneUnreachable", "adm")]

    restarted(city)
    city.run(3000)
    assert city.cleared == []
    city.run(4000)

    assert (len(city.raised), len(city.cleared)) == (1, 1)


@pytest.mark.parametrize("period", [10, 20, 30, 60, 90, 120, 150, 180, 240, 300, 330, 360, 400, 450, 500, 550, 600])
def test_a_host_that_comes_and_goes_is_at_most_two_alerts_an_hour(period: int) -> None:
    for share in (0.5, 0.8):
        city = City([Thing("srv", every=10.0), *site_of(3)], look=10.0)
        begin = START
        while begin < START + 2.5 * 3600:
            city.things["srv"].down.append((begin, begin + period * share))
            begin += period

        city.run(3.5 * 3600)

        times = [one.at for one in city.raised]
        assert all(later - one > 3600 - 20 for one, later in zip(times, times[2:], strict=False)), times
        assert city.judge.verdicts.causes == {}


def test_a_host_that_comes_and_goes_and_then_stays_away_is_told_of() -> None:
    city = City([Thing("srv", every=10.0), *site_of(5)])
    city.cut(["srv"], START, START + 300)
    city.cut(["srv"], START + 600)

    city.run(2 * 3600)

    assert city.told() == [("HostSilent", "srv"), ("HostFlapping", "srv"), ("HostSilent", "srv")]
    assert city.raised[2].at - city.raised[0].at >= 3600


def test_a_child_waits_for_the_word_of_its_parent_and_no_longer_than_three_intervals() -> None:
    """A parent of which nothing is heard, and which is not silent either, for whatever reason."""
    seen = {
        "sw": Observation("sw", "sw-1", State.UP, 0.0, 0.0, 100.0, "switch", "adm", "north"),
        "a": Observation("a", "srv-a", State.SILENT, 0.0, 0.0, 60.0, "server", "adm", "north"),
        "b": Observation("b", "srv-b", State.UP, 900.0, 900.0, 60.0, "server", "adm", "north"),
        "c": Observation("c", "srv-c", State.UP, 900.0, 900.0, 60.0, "server", "adm", "north"),
    }
    judge, graph = Judge(), build({"a": ("sw",)})

    assert judge.step(seen, graph, 160.0, -9000.0).causes == {}
    assert judge.verdicts.explanations["a"].code == "waiting"
    assert judge.verdicts.explanations["a"].words.en == "Waits until sw-1 was checked"
    assert judge.step(seen, graph, 75.0 + 300.0, -9000.0).causes == {}

    causes = judge.step(seen, graph, 75.0 + 301.0, -9000.0).causes

    assert [one.alert().summary.en for one in causes.values()] == [
        "srv-a fell silent: nothing is known of sw-1, which it hangs behind"
    ]


def test_a_child_is_judged_as_soon_as_its_parent_was_heard_after_it_failed() -> None:
    silent = Observation("a", "a", State.SILENT, 0.0, 0.0, 60.0, "server", "adm", "north")
    parent = Observation("sw", "sw", State.UP, 70.0, 70.0, 60.0, "switch", "adm", "north")
    others = {one: Observation(one, one, State.UP, 150.0, 150.0, 60.0, "server", "adm", "north") for one in "bcd"}
    judge, graph = Judge(), build({"a": ("sw",)})

    assert judge.step({"a": silent, "sw": parent} | others, graph, 151.0, -9000.0).causes == {}

    heard = parent._replace(since=80.0, checked=80.0)
    assert list(judge.step({"a": silent, "sw": heard} | others, graph, 152.0, -9000.0).causes) == ["HostSilent:a"]


def test_nothing_is_silent_before_we_could_hear_for_as_long() -> None:
    silent = Observation("a", "a", State.SILENT, 0.0, 0.0, 60.0, "server", "adm", "north")

    assert Judge().step({"a": silent}, build({}), 5150.0, 5000.0).causes == {}
    assert list(Judge().step({"a": silent}, build({}), 5151.0, 5000.0).causes) == ["HostSilent:a"]
