"""Until when a Windows gets security updates: by its build, and by which edition it is of.

Source: learn.microsoft.com/lifecycle, the pages of each product. Paid years are those of the Extended Security Updates.
"""

from typing import NamedTuple


class Line(NamedTuple):
    """The last days of a build, as `lifecycle` reads them; empty where there was no such edition.

    home: Home and Pro. work: Enterprise and Education. long: LTSC. server: all of Windows Server.
    """

    home: str = ""
    work: str = ""
    long: str = ""
    server: str = ""


SELLER = "Extended Security Updates"
_BUILDS = {
    "6.0.6002": Line("2017-04-11", "2017-04-11"),
    "6.0.6003": Line(server="2020-01-14, 2023-01-10"),
    "6.1.7601": Line("2020-01-14, 2023-01-10", "2020-01-14, 2023-01-10", server="2020-01-14, 2023-01-10"),
    "6.2.9200": Line("2016-01-12", "2016-01-12", server="2023-10-10, 2026-10-13"),
    "6.3.9600": Line("2023-01-10", "2023-01-10", server="2023-10-10, 2026-10-13"),
    "10.0.10240": Line("2017-05-09", "2017-05-09", "2025-10-14"),
    "10.0.10586": Line("2017-10-10", "2018-04-10"),
    "10.0.14393": Line("2018-04-10", "2019-04-09", "2026-10-13", "2027-01-12"),
    "10.0.15063": Line("2018-10-09", "2019-10-08"),
    "10.0.16299": Line("2019-04-09", "2020-10-13"),
    "10.0.17134": Line("2019-11-12", "2021-05-11"),
    "10.0.17763": Line("2020-11-10", "2021-05-11", "2029-01-09", "2029-01-09"),
    "10.0.18362": Line("2020-12-08", "2020-12-08"),
    "10.0.18363": Line("2021-05-11", "2022-05-10"),
    "10.0.19041": Line("2021-12-14", "2021-12-14"),
    "10.0.19042": Line("2022-05-10", "2023-05-09"),
    "10.0.19043": Line("2022-12-13", "2022-12-13"),
    "10.0.19044": Line("2023-06-13", "2024-06-11", "2027-01-12"),
    "10.0.19045": Line("2025-10-14, 2028-10-10", "2025-10-14, 2028-10-10"),
    "10.0.20348": Line(server="2031-10-14"),
    "10.0.22000": Line("2023-10-10", "2024-10-08"),
    "10.0.22621": Line("2024-10-08", "2025-10-14"),
    "10.0.22631": Line("2025-11-11", "2026-11-10"),
    "10.0.26100": Line("2026-10-13", "2027-10-12", "2029-10-09", "2034-11-14"),
    "10.0.26200": Line("2027-10-12", "2028-10-10"),
}


def ends(version: str, edition: str) -> str:
    """Return the last days of a Windows, empty where the table does not know it.

    version: as 10.0.19045. edition: EditionID of the registry, as Professional, EnterpriseS or ServerStandard.
    """
    line = _BUILDS.get(version, Line())
    kind = edition.lower()
    if "server" in kind and not kind.startswith("serverrdsh"):
        return line.server
    if kind.endswith(("enterprises", "enterprisesn", "enterpriseseval")):
        # Of IoT editions those with LTSC live longer, and no table of ours says how long.
        return "" if kind.startswith("iot") else line.long
    return line.work if kind.startswith(("enterprise", "education", "serverrdsh", "iotenterprise")) else line.home
