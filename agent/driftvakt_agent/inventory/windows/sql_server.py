r"""Which edition of SQL Server is installed: the list of programs says the year, the price hangs on the edition.

Example:
    HKLM\SOFTWARE\Microsoft\Microsoft SQL Server\Instance Names\SQL
        SQLEXPRESS   MSSQL11.SQLEXPRESS
    HKLM\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL11.SQLEXPRESS\Setup
        Version      11.0.2100.60
        Edition      Express Edition

Source: learn.microsoft.com, "Determine version information of SQL Server components".
"""

import re

from driftvakt_agent.inventory import Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.keys import Children, text

_ROOT = r"SOFTWARE\Microsoft\Microsoft SQL Server"
_ENGINE = re.compile(r"(SQL Server.*?)( Database Engine Services)|(Microsoft SQL Server 200\d)()")
_MAX_INSTANCES = 50


def editions(children: Children) -> dict[str, str]:
    """Return the editions of the instances, by their versions."""
    found: dict[str, str] = {}
    instances = keys.values(rf"{_ROOT}\Instance Names\SQL", children)
    for place in list(instances.values())[:_MAX_INSTANCES]:
        if isinstance(place, str) and "\\" not in place:
            setup = keys.values(rf"{_ROOT}\{place}\Setup", children)
            found[text(setup.get("Version"))] = text(setup.get("Edition"))
    return {version: edition for version, edition in found.items() if version and edition}


def name_editions(rows: list[Row], found: dict[str, str]) -> None:
    """Put the edition into the name of each engine whose version an instance has."""
    for row in rows:
        edition = found.get(str(row["version"]), "")
        name = _ENGINE.fullmatch(str(row["name"]))
        if name is not None and edition:
            row["name"] = f"{name.group(1) or name.group(3)} {edition}{name.group(2) or ''}"
