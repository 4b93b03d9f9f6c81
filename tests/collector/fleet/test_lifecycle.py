from datetime import date
from pathlib import Path

import pytest

from driftvakt_collector.fleet.lifecycle import Support, support
from driftvakt_collector.fleet.lifecycle_windows import SELLER

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "os_release_distros"


@pytest.mark.parametrize(("system", "version", "expected"), [
    pytest.param("debian", "12", Support(date(2028, 6, 30)), id="debian, LTS counts: everybody gets it"),
    pytest.param("ubuntu", "22.04", Support(date(2027, 4, 1), date(2032, 4, 9), "Ubuntu Pro"), id="ubuntu"),
    pytest.param("ubuntu", "22.04.5", Support(date(2027, 4, 1), date(2032, 4, 9), "Ubuntu Pro"), id="a point release"),
    pytest.param("rhel", "9.4", Support(date(2032, 5, 31), date(2035, 5, 31), "Red Hat ELS"), id="a minor release"),
    pytest.param("alpine", "3.20.3", Support(date(2026, 4, 1)), id="alpine"),
    pytest.param("sles", "15.5", Support(date(2024, 12, 31), date(2027, 12, 31), "SUSE LTSS"), id="a service pack"),
    pytest.param("sles", "15.9", None, id="a service pack that the table does not know is not another's"),
    pytest.param("debian", "", None, id="testing has no version"),
    pytest.param("debian", "99", None, id="later than the table"),
    pytest.param("", "", None, id="nothing known"),
    pytest.param("å" * 1000, "." * 1000, None, id="a hostile host"),
])  # fmt: skip
def test_how_long_a_system_is_supported(system: str, version: str, expected: Support | None) -> None:
    assert support(system, version) == expected


@pytest.mark.parametrize(("version", "edition", "expected"), [
    pytest.param("10.0.19045", "Professional", Support(date(2025, 10, 14), date(2028, 10, 10), SELLER), id="10 22H2"),
    pytest.param("10.0.22631", "Core", Support(date(2025, 11, 11)), id="11 23H2, Home"),
    pytest.param("10.0.22631", "education", Support(date(2026, 11, 10)), id="11 23H2, Education, a year longer"),
    pytest.param("10.0.19044", "EnterpriseS", Support(date(2027, 1, 12)), id="LTSC"),
    pytest.param("10.0.19044", "IoTEnterpriseS", None, id="LTSC of IoT, which lives longer by its contract"),
    pytest.param("10.0.17763", "ServerStandard", Support(date(2029, 1, 9)), id="Server 2019, of the build of 10 1809"),
    pytest.param("6.3.9600", "ServerDatacenter", Support(date(2023, 10, 10), date(2026, 10, 13), SELLER), id="2012 R2"),
    pytest.param("10.0.26100", "ServerRdsh", Support(date(2027, 10, 12)), id="many sessions: a Windows for work"),
    pytest.param("10.0.20348", "Professional", None, id="a build that only servers have"),
    pytest.param("10.0.99999", "Professional", None, id="later than the table"),
])  # fmt: skip
def test_a_windows_lives_by_its_build_and_edition(version: str, edition: str, expected: Support | None) -> None:
    assert support("windows", version, edition) == expected


@pytest.mark.parametrize(("version", "until"), [("10.15.7", "2022-07-20"), ("12.7.6", "2024-07-29"), ("26.1", None)])
def test_a_macos_that_gets_no_updates_any_more(version: str, until: str | None) -> None:
    found = support("macos", version)
    assert (found and found.until.isoformat()) == until


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no recordings in {CORPUS}")
def test_real_machines_find_their_system() -> None:
    known = {}
    for path in sorted(CORPUS.glob("*/etc/os-release")):
        facts = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
        found = support(facts.get("ID", "").strip("\"'"), facts.get("VERSION_ID", "").strip("\"'"))
        if found is not None:
            known[path.parts[-3]] = found.until

    assert known == {
        "bttcb1": date(2026, 8, 31),
        "debian8": date(2020, 6, 30),
        "oracle7": date(2024, 12, 1),
        "rocky": date(2029, 5, 31),
        "scientific7": date(2024, 6, 30),
        "ubuntu14": date(2019, 4, 2),
    }
