from datetime import date
from pathlib import Path

import pytest

from driftvakt_collector.fleet.lifecycle import Support, support

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
