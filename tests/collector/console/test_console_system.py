from datetime import date
from math import inf, nan

import pytest

from driftvakt_collector.console import system
from driftvakt_collector.console.readings import Reading, Readings
from driftvakt_collector.fleet.lifecycle import Support

NAME = "Ubuntu 22.04 LTS"
UBUNTU = Support(date(2027, 4, 1), date(2032, 4, 9), "Ubuntu Pro")
DEBIAN = Support(date(2024, 6, 30))


def host(system: str, version: str, told: float | None = None) -> Readings:
    info = Reading("node_os_info", {"id": system, "version_id": version}, 1.0)
    ends = [] if told is None else [Reading("node_os_support_end_timestamp_seconds", {}, told)]
    return Readings([info, *ends], {})


@pytest.mark.parametrize(("readings", "expected"), [
    pytest.param(host("debian", "10"), DEBIAN, id="from the table"),
    pytest.param(host("fedora", "99", 1796688000.0), Support(date(2026, 12, 8)), id="as the host says"),
    pytest.param(host("ubuntu", "22.04", 1796688000.0), Support(date(2026, 12, 8), date(2032, 4, 9), "Ubuntu Pro"),
                 id="the host knows better"),
    pytest.param(host("debian", "10", nan), DEBIAN, id="no number"),
    pytest.param(host("debian", "10", inf), DEBIAN, id="at no time"),
    pytest.param(host("debian", "10", 1e300), DEBIAN, id="beyond all calendars"),
    pytest.param(host("plan9", "4"), None, id="nobody knows"),
    pytest.param(Readings([], {}), None, id="nothing told"),
])  # fmt: skip
def test_the_host_is_asked_first_then_the_table(readings: Readings, expected: Support | None) -> None:
    assert system.supported(readings) == expected


SOON = f"{NAME} gets security updates until 2027-04-01: plan what follows it"
ONLY = f"{NAME} gets security updates only with Ubuntu Pro since 2027-04-01"


@pytest.mark.parametrize(("found", "today", "expected"), [
    pytest.param(UBUNTU, date(2026, 10, 2), None, id="half a year and a day before"),
    pytest.param(UBUNTU, date(2026, 10, 3), ("warn", SOON), id="half a year before"),
    pytest.param(UBUNTU, date(2027, 4, 1), ("warn", SOON), id="the last day"),
    pytest.param(UBUNTU, date(2027, 4, 2), ("warn", ONLY), id="can be bought"),
    pytest.param(UBUNTU, date(2032, 4, 10), ("bad", f"{NAME} gets no security updates since 2032-04-09"), id="ended"),
    pytest.param(DEBIAN, date(2024, 7, 1), ("bad", f"{NAME} gets no security updates since 2024-06-30"), id="unsold"),
    pytest.param(None, date(2024, 7, 1), None, id="nothing known"),
])  # fmt: skip
def test_the_end_of_support_is_said_in_time(
    found: Support | None, today: date, expected: tuple[str, str] | None
) -> None:
    assert system.remark(found, NAME, today) == expected


def test_the_line_in_the_description() -> None:
    assert system.fact(UBUNTU) == "until 2027-04-01, with Ubuntu Pro until 2032-04-09"
    assert system.fact(DEBIAN) == "until 2024-06-30"
    assert system.fact(None) == ""
