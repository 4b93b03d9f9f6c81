"""Until when an operating system gets security updates.

Sources: the makers' own pages, gathered by endoflife.date (Debian wiki "DebianReleases" and "LTS", Ubuntu "Releases",
Red Hat "Life Cycle and Update Policies", AlmaLinux and Rocky release notes, Oracle "Linux Support Policies",
SUSE "Product Support Lifecycle", alpinelinux.org/releases, Fedora "End of Life Releases"). Apple names no days: of
macOS the days of the last update are those that were.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from driftvakt_collector.fleet import lifecycle_windows

CHECKED = date(2026, 11, 26)
"""When the table was last compared with its sources; it is a part of the release, nothing is fetched."""


@dataclass(frozen=True)
class Support:
    """until: the last day of security updates that everybody gets. bought, seller: the same where they are paid for."""

    until: date
    bought: date | None = None
    seller: str = ""


def support(system: str, version: str, edition: str = "") -> Support | None:
    """Return it by ID and VERSION_ID of os-release(5), None for a system or version that the table does not know.

    edition: VARIANT_ID, by which one Windows lives longer than another.
    """
    if system == "windows":
        days = lifecycle_windows.ends(version, edition)
        return _read(days, lifecycle_windows.SELLER) if days else None
    parts = 2 if system == "macos" and version.startswith("10.") else _parts(system)
    return _SUPPORT.get((system, version)) or _SUPPORT.get((system, ".".join(version.split(".")[:parts])))


def _parts(system: str) -> int:
    """Return how many numbers of a version name what is supported: all of RHEL 9.4 lives as long as 9."""
    return 2 if system in {"alpine", "ubuntu", "sles", "sled"} else 1


def _table(system: str, ends: Mapping[str, str], seller: str = "") -> dict[tuple[str, str], Support]:
    return {(system, version): _read(days, seller) for version, days in ends.items()}


def _read(days: str, seller: str) -> Support:
    """Read "last day" or "last day, last day that can be bought"."""
    until, _, bought = days.partition(", ")
    last = date.fromisoformat(bought) if bought else None
    return Support(date.fromisoformat(until), last, seller if last else "")


# Debian: the end of LTS, which comes from the ordinary security archive of the distribution.
_DEBIAN = {"7": "2018-05-31", "8": "2020-06-30", "9": "2022-06-30", "10": "2024-06-30", "11": "2026-08-31",
           "12": "2028-06-30", "13": "2030-06-30"}  # fmt: skip
_UBUNTU = {
    "12.04": "2017-04-28", "14.04": "2019-04-02, 2024-04-02", "16.04": "2021-04-02, 2026-04-02",
    "18.04": "2023-05-31, 2028-04-01", "20.04": "2025-05-31, 2030-04-02", "22.04": "2027-04-01, 2032-04-09",
    "22.10": "2023-07-20", "23.04": "2024-01-20", "23.10": "2024-07-12", "24.04": "2029-05-31, 2036-05-31",
    "24.10": "2025-07-10", "25.04": "2026-01-17", "25.10": "2026-07-01", "26.04": "2031-04-30, 2036-04-30",
}  # fmt: skip
_RHEL = {"5": "2017-03-31, 2020-11-30", "6": "2020-11-30, 2024-06-30", "7": "2024-06-30, 2028-06-30",
         "8": "2029-05-31, 2032-05-31", "9": "2032-05-31, 2035-05-31"}  # fmt: skip
# CentOS Linux and CentOS Stream share an ID: of two dates the later one.
_CENTOS = {"5": "2017-03-31", "6": "2020-11-30", "7": "2024-06-30", "8": "2024-05-31", "9": "2027-05-31"}
_ORACLE = {"6": "2021-03-01, 2024-12-01", "7": "2024-12-01, 2026-06-01", "8": "2029-07-01, 2031-07-01",
           "9": "2032-06-30, 2034-06-30"}  # fmt: skip
_SLES = {
    "12.3": "2019-06-30, 2022-06-30", "12.4": "2020-06-30, 2023-06-30", "12.5": "2024-10-31, 2027-10-31",
    "15": "2019-12-31, 2022-12-31", "15.1": "2021-01-31, 2024-01-31", "15.2": "2021-12-31, 2024-12-31",
    "15.3": "2022-12-31, 2025-12-31", "15.4": "2023-12-31, 2026-12-31", "15.5": "2024-12-31, 2027-12-31",
}  # fmt: skip
_ALPINE = {
    "3.13": "2022-11-01", "3.14": "2023-05-01", "3.15": "2023-11-01", "3.16": "2024-05-23", "3.17": "2024-11-22",
    "3.18": "2025-05-09", "3.19": "2025-11-01", "3.20": "2026-04-01", "3.21": "2026-11-01", "3.22": "2027-05-01",
    "3.23": "2027-11-01",
}  # fmt: skip
_FEDORA = {
    "36": "2023-05-16", "37": "2023-12-05", "38": "2024-05-21", "39": "2024-11-26", "40": "2025-05-13",
    "41": "2025-12-15", "42": "2026-05-13", "43": "2026-12-09",
}  # fmt: skip
_MACOS = {"10.13": "2020-11-12", "10.14": "2021-07-21", "10.15": "2022-07-20", "11": "2023-09-11", "12": "2024-07-29"}

_SUPPORT = {
    **_table("debian", _DEBIAN),
    **_table("ubuntu", _UBUNTU, "Ubuntu Pro"),
    **_table("rhel", _RHEL, "Red Hat ELS"),
    **_table("centos", _CENTOS),
    **_table("almalinux", {"8": "2029-03-01", "9": "2032-05-31", "10": "2035-05-31"}),
    **_table("rocky", {"8": "2029-05-31", "9": "2032-05-31"}),
    **_table("ol", _ORACLE, "Oracle Extended Support"),
    **_table("sles", _SLES, "SUSE LTSS"),
    **_table("alpine", _ALPINE),
    **_table("fedora", _FEDORA),
    **_table("amzn", {"2": "2026-06-30"}),
    **_table("macos", _MACOS),
}
