"""Interfaces and addresses of Windows: ipconfig /all.

Example:
    > ipconfig /all
    Windows IP Configuration
       Host Name . . . . . . . . . . . . : WIN-SERVER8
    Ethernet adapter Local Area Connection:
       Description . . . . . . . . . . . : Intel(R) PRO/1000 MT Network Connection
       Physical Address. . . . . . . . . : 00-0C-29-76-C8-D0
       Link-local IPv6 Address . . . . . : fe80::9595:e8d9:b190:ecac%11(Preferred)
       IPv4 Address. . . . . . . . . . . : 192.168.23.154(Preferred)
       Subnet Mask . . . . . . . . . . . : 255.255.255.0
       DNS Servers . . . . . . . . . . . : 192.168.23.151
                                           192.168.23.152
"""

from dataclasses import dataclass, field

_MARK = " adapter "


@dataclass(slots=True)
class Adapter:
    """title: as in its first line, with its kind. told: every value, by its name; a name may have several."""

    title: str
    told: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.title.partition(_MARK)[2]

    @property
    def kind(self) -> str:
        """Ethernet, Wireless LAN, Tunnel, Unknown and others."""
        return self.title.partition(_MARK)[0]

    def first(self, name: str) -> str:
        """Return the first value, empty where there is none."""
        return next((one for one in self.told.get(name, ()) if one), "")


def parse(text: str) -> tuple[dict[str, list[str]], list[Adapter]]:
    """Return what is of the machine as a whole, and its adapters."""
    common: dict[str, list[str]] = {}
    adapters: list[Adapter] = []
    told, name = common, ""
    for line in text.split("\n"):
        if line[:1].strip():
            name = ""
            if _MARK in line and line.rstrip().endswith(":"):
                adapters.append(Adapter(line.strip().rstrip(":")))
                told = adapters[-1].told
            continue
        found, value = _pair(line)
        if found:
            name = found
            told.setdefault(name, []).append(value)
        elif line.strip() and name:
            told[name].append(line.strip())
    return common, adapters


def address(value: str) -> tuple[str, str, str]:
    """Return an address, its zone and its state: `fe80::1%11(Preferred)`."""
    bare, _, state = value.partition("(")
    found, _, zone = bare.strip().partition("%")
    return found, zone, state.rstrip(")")


def _pair(line: str) -> tuple[str, str]:
    """Return a name without its dots, and what stands behind the colon. A list goes on far to the right."""
    if len(line) - len(line.lstrip()) > 8:
        return "", ""
    name, colon, value = line.partition(" :")
    if not colon and line.rstrip().endswith(":"):
        return line.strip().rstrip(":"), ""
    return (name.strip().rstrip(". ").strip(), value.strip()) if colon else ("", "")
