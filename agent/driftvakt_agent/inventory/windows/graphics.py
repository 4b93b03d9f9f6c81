r"""What draws on the screens.

Example:
    HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}\0000
        DriverDesc                         NVIDIA GeForce GTX 950
        MatchingDeviceId                   pci\ven_10de&dev_1402
        HardwareInformation.ChipType       NVIDIA GeForce GTX 950     (or its letters in UTF-16)
        HardwareInformation.qwMemorySize   2147483648
        HardwareInformation.MemorySize     2147483648                 (or four bytes; at most 4 GiB)
    HKLM\SYSTEM\CurrentControlSet\Enum\PCI\VEN_10DE&DEV_1402…\4&1286464&0&0008
        Driver                             {4d36e968-e325-11ce-bfc1-08002be10318}\0000

Win32_VideoController of CIM has no more than 4 GiB of memory to tell.

Source: learn.microsoft.com, "Setting Hardware Information Display Registry Keys"; see `devices`.
"""

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.devices import Present, devices, pci_address, present, words
from driftvakt_agent.inventory.windows.keys import Children, Keys, Value, Values, text
from driftvakt_agent.sample import NoData

CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"
PATH = rf"SYSTEM\CurrentControlSet\Control\Class\{CLASS}"
_BUSES = ("PCI", "VMBUS", "ROOT", "ACPI")
_SESSIONS = ("rdpidd", "terminput", "tsvdd")
"""What is made anew for each session from afar."""


def take(_host: Host) -> Found:
    there = {bus: present(bus) for bus in _BUSES}
    rows = [row for bus, found in there.items() if found for row in parse(keys.machine, bus, found)]
    if not any(there.values()):
        # No call tells what is there: all that were ever set up.
        rows = adapters(keys.machine(PATH), {})
    if not rows:
        raise NoData("the registry names no graphics")
    return {"graphics": rows}


def parse(children: Children, bus: str, there: Present) -> list[Row]:
    """Return the adapters on a bus that are there now."""
    places: dict[str, str] = {}
    for one in devices(bus, children, there):
        driver, _, number = text(one.values.get("Driver")).partition("\\")
        if driver.lower() == CLASS:
            places[number] = pci_address(one.values)
    return adapters(((name, values) for name, values in children(PATH) if name in places), places)


def adapters(drivers: Keys, places: dict[str, str]) -> list[Row]:
    """Return the adapters of a class of drivers, those alike once. places: address by the name of their key."""
    found: dict[tuple[str, str], Row] = {}
    for key, values in drivers:
        name = words(values.get("DriverDesc"))
        if not name or text(values.get("MatchingDeviceId")).lower().startswith(_SESSIONS):
            continue
        address = places.get(key, "")
        found[name, address] = {
            "name": name, "address": address, "chipset": _letters(values.get("HardwareInformation.ChipType")),
            "memory_bytes": _memory(values),
        }  # fmt: skip
    return list(found.values())


def _memory(values: Values) -> int | None:
    for name in ("HardwareInformation.qwMemorySize", "HardwareInformation.MemorySize"):
        told = values.get(name)
        size = int.from_bytes(told[:8], "little") if isinstance(told, bytes) else told
        if isinstance(size, int) and size > 0:
            return size
    return None


def _letters(value: Value) -> str:
    return text(value.decode("utf-16-le", "replace") if isinstance(value, bytes) else value)
