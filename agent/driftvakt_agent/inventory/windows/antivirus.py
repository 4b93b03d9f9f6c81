"""Programs that look for malware, as the Security Center of Windows knows them; on a server, which has none, Defender.

Example:
    root/SecurityCenter2, AntiVirusProduct
        displayName     ESET Security
        productState    266240                 0x041000: 10 at work, 00 its patterns are new

Which bits mean what is documented nowhere; every product that asks reads them alike.

Source: learn.microsoft.com, MSFT_MpComputerStatus, for Defender.
"""

from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import cim
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.sample import NoData

_DEFENDER = ("Windows Defender", "Microsoft Defender")


def take(host: Host) -> Found:
    rows = parse(cim.objects(host, "AntiVirusProduct"), cim.objects(host, "MSFT_MpComputerStatus"))
    if not rows:
        raise NoData("Windows tells of no program against malware")
    return {"antivirus": rows}


def parse(products: Iterable[Instance], defender: Iterable[Instance]) -> list[Row]:
    own = cim.first(defender)
    found: dict[str, Row] = {}
    for one in products:
        name, state = cim.text(one, "displayName"), cim.whole(one, "productState")
        if not name:
            continue
        ours = name.startswith(_DEFENDER)
        row: Row = {
            "name": name, "maker": "Microsoft" if ours else "", "version": cim.text(own, "AMProductVersion") if ours
            else "", "enabled": at_work(state), "up_to_date": None if state is None else not state & 0xF0,
            "expires": "",
        }  # fmt: skip
        before = found.setdefault(name, row)
        # One that was installed anew can stand there twice; it is at work if one of them is.
        before["enabled"] = before["enabled"] or row["enabled"]
    if not any(name.startswith(_DEFENDER) for name in found) and own:
        age = cim.whole(own, "AntivirusSignatureAge")
        found["Microsoft Defender Antivirus"] = {
            "name": "Microsoft Defender Antivirus", "maker": "Microsoft", "version": cim.text(own, "AMProductVersion"),
            "enabled": cim.flag(own, "AntivirusEnabled"), "up_to_date": None if age is None else age <= 1,
            "expires": "",
        }  # fmt: skip
    return list(found.values())


def at_work(state: int | None) -> bool | None:
    """Say if a product that the Security Center lists is at work."""
    return None if state is None else state & 0xF000 == 0x1000
