r"""What stands between the machine and the network: the firewall of Windows by its profiles, and those of others.

Example:
    HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile
        EnableFirewall  1
    HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile
        EnableFirewall  0                      what the domain says, and it has the last word

Source: learn.microsoft.com, [MS-GPFAS] 2.2.2.
"""

from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import cim, keys
from driftvakt_agent.inventory.windows.antivirus import at_work
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.inventory.windows.keys import Children
from driftvakt_agent.sample import NoData

_OWN = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
_POLICY = r"SOFTWARE\Policies\Microsoft\WindowsFirewall"
_PROFILES = (("domain", "DomainProfile"), ("private", "StandardProfile"), ("public", "PublicProfile"))
_NAME = "Windows Firewall"


def take(host: Host) -> Found:
    rows = parse(keys.machine, cim.objects(host, "FirewallProduct"))
    if not rows:
        raise NoData("Windows tells of no firewall")
    return {"firewalls": rows}


def parse(children: Children, products: Iterable[Instance]) -> list[Row]:
    own, policy = dict(children(_OWN)), dict(children(_POLICY))
    if "PrivateProfile" in policy:
        # As newer templates call it.
        policy.setdefault("StandardProfile", policy["PrivateProfile"])
    rows: list[Row] = []
    for profile, key in _PROFILES:
        told = [folder.get(key, {}).get("EnableFirewall") for folder in (policy, own)]
        enabled = next((value for value in told if isinstance(value, int)), None)
        if key in own or enabled is not None:
            rows.append({"profile": profile, "name": _NAME, "enabled": None if enabled is None else enabled != 0})
    names = {cim.text(one, "displayName"): at_work(cim.whole(one, "productState")) for one in products}
    rows += [{"profile": "", "name": name, "enabled": enabled} for name, enabled in names.items() if name]
    return rows
