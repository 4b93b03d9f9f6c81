r"""Licences of Windows and Office, by the numbers of the products. Keys are not read, nor the five letters of one.

Example:
    HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion
        ProductName        Windows 10 Pro
        ProductId          00330-80000-00000-AA123
    HKLM\SOFTWARE\Microsoft\Office\16.0\Registration\{90160000-0011-0000-1000-0000000FF1CE}
        ProductName        Microsoft Office Professional Plus 2016
        ProductID          00339-10000-00000-AA987
    HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration
        ProductReleaseIds  O365ProPlusRetail,VisioProRetail
    SoftwareLicensingProduct
        Name               Office 16, Office16ProPlusVL_KMS_Client edition
        Description        Office 16, VOLUME_KMSCLIENT channel
        ID                 d450596f-894d-49e0-966a-fd39ed4c4c64
        LicenseStatus      1                           (0 not licensed)

Source: learn.microsoft.com, SoftwareLicensingProduct.
"""

from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import cim, keys
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.inventory.windows.keys import Children, text
from driftvakt_agent.sample import NoData

_WINDOWS = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_OFFICE = r"SOFTWARE\Microsoft\Office"
_TRIALS = ("TRIAL", "TIMEBASED_EVAL")


def take(host: Host) -> Found:
    rows = parse(keys.machine, cim.objects(host, "SoftwareLicensingProduct"))
    old = {row["product_id"]: row for row in office(lambda path: keys.children(keys.MACHINE, path, old=True))}
    known = {row["product_id"] for row in rows}
    rows += [row for number, row in old.items() if number not in known]
    if not rows:
        raise NoData("no program here tells of a licence")
    return {"licences": rows}


def parse(children: Children, products: Iterable[Instance]) -> list[Row]:
    rows: list[Row] = []
    licensed = [one for one in products if cim.whole(one, "LicenseStatus")]
    own = keys.values(_WINDOWS, children)
    trial = any(_trial(one) for one in licensed if _of_windows(one))
    if text(own.get("ProductId")):
        name = text(own.get("ProductName"))
        rows.append(_row("Windows", text(own.get("ProductId")), name, trial=trial))
    rows += office(children)
    rows += [
        _row(cim.text(one, "Name"), cim.text(one, "ID").lower(), cim.text(one, "Description"), trial=_trial(one))
        for one in licensed if not _of_windows(one) and cim.text(one, "ID")
    ]  # fmt: skip
    return rows


def office(children: Children) -> list[Row]:
    """Return the licences of Office that one of both registries has."""
    rows: list[Row] = []
    for release, _ in children(_OFFICE):
        for _, values in children(rf"{_OFFICE}\{release}\Registration"):
            number, name = text(values.get("ProductID")), text(values.get("ProductName"))
            if number and name:
                trial = "trial" in text(values.get("ProductNameBrand")).lower()
                rows.append(_row("Microsoft Office", number, name, trial=trial))
    streamed = text(keys.values(rf"{_OFFICE}\ClickToRun\Configuration", children).get("ProductReleaseIds"))
    rows += [_row("Microsoft Office", one.strip(), "", trial=False) for one in streamed.split(",") if one.strip()]
    return rows


def _row(name: str, number: str, full_name: str, *, trial: bool) -> Row:
    return {
        "name": name, "product_id": number, "full_name": full_name, "components": "", "trial": trial, "activated": "",
    }  # fmt: skip


def _of_windows(one: Instance) -> bool:
    return "operating system" in cim.text(one, "Description").lower()


def _trial(one: Instance) -> bool:
    return any(word in cim.text(one, "Description").upper() for word in _TRIALS)
