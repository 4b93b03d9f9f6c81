"""What protects the machine, and what opens it: antivirus, firewalls, and programs for taking it over from afar.

Each is known by a file of its own, and is at work where its unit is started by itself.

Example:
    $ head -c 60 /var/lib/clamav/daily.cvd
    ClamAV-VDB:25 Nov 2026 08-31 +0000:27480:2069041:90:…
    $ grep ENABLED /etc/ufw/ufw.conf
    ENABLED=yes
    $ grep ClientID /etc/teamviewer/global.conf
    [int32] ClientID = 123456789

Source: clamav-daemon's sigtool(1); ufw.conf of ufw(8); firewalld(1), nft(8); the makers' manuals for the folders.
"""

import os
import re
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.services import enabled_services
from driftvakt_agent.sample import NoData

# Name, maker, what is there where it is installed, the units that are it at work, and where its release stands.
_ANTIVIRUS = (
    ("ClamAV", "Cisco", "/usr/sbin/clamd", ("clamav-daemon", "clamd@scan", "clamd"), ""),
    ("Microsoft Defender for Endpoint", "Microsoft", "/opt/microsoft/mdatp", ("mdatp",), ""),
    ("CrowdStrike Falcon", "CrowdStrike", "/opt/CrowdStrike", ("falcon-sensor",), ""),
    ("SentinelOne", "SentinelOne", "/opt/sentinelone", ("sentinelone",), ""),
    ("Sophos Protection for Linux", "Sophos", "/opt/sophos-spl", ("sophos-spl",), "/opt/sophos-spl/base/VERSION.ini"),
    ("ESET Server Security", "ESET", "/opt/eset/efs", ("efs",), ""),
    ("ESET Endpoint Antivirus", "ESET", "/opt/eset/eea", ("eea",), ""),
    ("Trend Micro Deep Security", "Trend Micro", "/opt/ds_agent", ("ds_agent",), ""),
    ("Bitdefender Endpoint Security", "Bitdefender", "/opt/bitdefender-security-tools", ("bdsec",), ""),
    ("Kaspersky Endpoint Security", "Kaspersky", "/opt/kaspersky/kesl", ("kesl",), ""),
    ("WithSecure Linux Protection", "WithSecure", "/opt/f-secure/linuxsecurity", ("f-secure-linuxsecurity-activate",),
     ""),
    ("Cortex XDR", "Palo Alto Networks", "/opt/traps", ("traps_pmd",), ""),
    ("Wazuh agent", "Wazuh", "/var/ossec", ("wazuh-agent",), ""),
)  # fmt: skip
# Name, what is there where it is installed, and its unit.
_FIREWALLS = (
    ("firewalld", "/etc/firewalld/firewalld.conf", "firewalld"),
    ("nftables", "/etc/nftables.conf", "nftables"),
    ("nftables", "/etc/sysconfig/nftables.conf", "nftables"),
    ("iptables", "/etc/iptables/rules.v4", "netfilter-persistent"),
    ("iptables", "/etc/sysconfig/iptables", "iptables"),
)
# Kind, what is there where it is installed, where the machine's name for it stands, and how it is found there.
_REMOTE = (
    ("teamviewer", "/opt/teamviewer", "/etc/teamviewer/global.conf", r"\bClientID\s*=\s*(\d{5,12})"),
    ("anydesk", "/etc/anydesk", "/etc/anydesk/system.conf", r"^ad\.anynet\.id=(\d{5,12})$"),
    ("rustdesk", "/usr/share/rustdesk", "", ""),
    ("nomachine", "/usr/NX", "", ""),
    ("xrdp", "/etc/xrdp/xrdp.ini", "", ""),
    ("tigervnc", "/usr/bin/Xtigervnc", "", ""),
    ("x11vnc", "/usr/bin/x11vnc", "", ""),
    ("chrome-remote-desktop", "/opt/google/chrome-remote-desktop", "", ""),
    ("dwservice", "/usr/share/dwagent", "", ""),
    ("meshagent", "/usr/local/mesh_services/meshagent", "", ""),
    ("splashtop", "/opt/splashtop-streamer", "", ""),
)
_DATABASE = re.compile(rb"ClamAV-VDB:(\d{1,2} \w{3} \d{4})")
_OLD = 3 * 86400
"""Seconds after which patterns of malware are out of date; new ones come several times a day."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def take(host: Host) -> Found:
    enabled = enabled_services(host)
    found = {
        "antivirus": list(_antivirus(host, enabled)),
        "firewalls": list(_firewalls(host, enabled)),
        "remote_access": list(_remote(host)),
    }
    found = {section: rows for section, rows in found.items() if rows}
    if not found:
        raise NoData("nothing that protects the machine or opens it from afar is known here")
    return found


def _antivirus(host: Host, enabled: set[str]) -> Iterator[Row]:
    for name, maker, place, units, version in _ANTIVIRUS:
        if os.path.exists(host.root + place):
            yield {
                "name": name,
                "maker": maker,
                "version": _match(host, version, r"PRODUCT_VERSION\s*=\s*([\d.]{1,30})") if version else "",
                "enabled": not enabled.isdisjoint(units),
                "up_to_date": _clamav(host) if name == "ClamAV" else None,
            }


def _clamav(host: Host) -> bool | None:
    """Return whether the patterns are of these days; None where there are none to ask."""
    # Imported here: few machines have it.
    from calendar import timegm

    for file in ("daily.cld", "daily.cvd"):
        try:
            fd = os.open(f"{host.root}/var/lib/clamav/{file}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            found = _DATABASE.match(os.read(fd, 64))
        finally:
            os.close(fd)
        if found is not None:
            day, month, year = found.group(1).decode().split()
            if month in _MONTHS:
                made = timegm((int(year), _MONTHS.index(month) + 1, int(day), 0, 0, 0))
                return host.now() - made < _OLD + 86400
    return None


def _firewalls(host: Host, enabled: set[str]) -> Iterator[Row]:
    ufw = _match(host, "/etc/ufw/ufw.conf", r"^ENABLED=(\w+)")
    if ufw:
        yield {"profile": "", "name": "ufw", "enabled": ufw == "yes"}
    seen = set()
    for name, place, unit in _FIREWALLS:
        if name not in seen and os.path.exists(host.root + place):
            seen.add(name)
            yield {"profile": "", "name": name, "enabled": unit in enabled}


def _remote(host: Host) -> Iterator[Row]:
    for kind, place, file, pattern in _REMOTE:
        if os.path.exists(host.root + place):
            yield {"kind": kind, "id": _match(host, file, pattern) if file else "", "version": ""}


def _match(host: Host, path: str, pattern: str) -> str:
    try:
        found = re.search(pattern, read_text(host.root + path)[: 1 << 18], re.MULTILINE)
    except OSError:
        return ""
    return found.group(1) if found else ""
