r"""What Windows has ever found plugged in: a key a device, below it a key each time it was plugged in elsewhere.

Example:
    HKLM\SYSTEM\CurrentControlSet\Enum\USB\VID_03F0&PID_6004\MY26K1K34C2L
        DeviceDesc           @usbprint.inf,%usbprint.devicedesc%;USB Printing Support
        Mfg                  @usbprint.inf,%generic.mfg%;Microsoft
        Service              usbprint
        CompatibleIDs        USB\Class_07&SubClass_01&Prot_02, USB\Class_07&SubClass_01, USB\Class_07
        ContainerID          {f175266e-e5b1-50c6-b78c-5c9f79551a9e}

The keys stay when the device is gone; which are there now, only a call tells.

Source: learn.microsoft.com, "HKLM\SYSTEM\CurrentControlSet\Enum Registry Tree" CM_Get_Device_ID_ListW and
DEVPKEY_Device_BusReportedDeviceDesc.
"""

import re
import sys
from collections.abc import Collection, Iterator

from driftvakt_agent.inventory.windows.keys import Children, Value, Values, text

TREE = r"SYSTEM\CurrentControlSet\Enum"
_PLACE = re.compile(r"\((\d{1,10}),(\d{1,10}),(\d{1,10})\)$")
_MAX_BUFFER = 1 << 20

Present = Collection[str] | None
"""The devices that are there now, by their path in upper case; None where Windows does not say."""


class Device:
    """path: as USB, a backslash, the name, a backslash, the instance."""

    __slots__ = ("instance", "name", "path", "values")

    def __init__(self, name: str, instance: str, path: str, values: Values) -> None:
        self.name = name
        self.instance = instance
        self.path = path
        self.values = values


def devices(bus: str, children: Children, present: Present) -> Iterator[Device]:
    """Give the devices of a bus that are there now; all that ever were where Windows does not say."""
    for name, _ in children(rf"{TREE}\{bus}"):
        for instance, values in children(rf"{TREE}\{bus}\{name}"):
            path = rf"{bus}\{name}\{instance}"
            if present is None or path.upper() in present:
                yield Device(name, instance, path, values)


def below(device: Device, children: Children, key: str) -> Values:
    """Return the values of a key below a device."""
    return next((found for name, found in children(rf"{TREE}\{device.path}") if name == key), {})


def words(value: Value) -> str:
    """Return what a driver's file calls something: behind the name that it has in the file."""
    told = text(value)
    return told.rpartition(";")[2].strip() if told.startswith("@") else told


def makers_words(value: Value) -> str:
    """Return what a maker's own driver calls something; empty for Windows' own, which has one word for all of a kind.

    A driver that came from outside lies in oem and a number.
    """
    return words(value) if text(value).lower().startswith("@oem") else ""


def all_of(value: Value) -> list[str]:
    """Return the texts of a list."""
    return list(value) if isinstance(value, list) else [value] if isinstance(value, str) else []


def pci_address(values: Values) -> str:
    """Return where a device sits on PCI, as 0000:00:03.0; empty where it does not say.

    Windows says "PCI bus 1, device 0, function 0" in its own language, and behind it (1,0,0). Segments are counted
    with the bus: 256 of them each.
    """
    found = _PLACE.search(text(values.get("LocationInformation")))
    if found is None:
        return ""
    bus, device, function = map(int, found.groups())
    if bus > 0xFFFFFF or device > 0x1F or function > 7:
        return ""
    return f"{bus >> 8:04x}:{bus & 0xFF:02x}:{device:02x}.{function}"


if sys.platform == "win32":

    def present(bus: str) -> Present:
        """Return the devices of a bus that are there now, None where Windows does not say."""
        found = _listed(bus)
        # A machine without any device at all is one that does not say.
        return found if found or _listed("") else None

    def _listed(bus: str) -> frozenset[str]:
        """Return the devices of a bus, of all where none is named; none where the call is refused."""
        import ctypes

        name = ctypes.c_wchar_p(bus or None)
        what = 0x100 | (1 if bus else 0)
        size = ctypes.c_uint32()
        try:
            manager = ctypes.windll.cfgmgr32
            if manager.CM_Get_Device_ID_List_SizeW(ctypes.byref(size), name, what):
                return frozenset()
            # One may come between the two calls.
            buffer = ctypes.create_unicode_buffer(min(size.value + 4096, _MAX_BUFFER))
            if manager.CM_Get_Device_ID_ListW(name, buffer, len(buffer), what):
                return frozenset()
        except (OSError, AttributeError):
            return frozenset()
        listed = ctypes.wstring_at(buffer, len(buffer))
        return frozenset(path.upper() for path in listed.split("\0") if path)

    def own_name(device: Device) -> str:
        """Return what a device called itself when it was plugged in, empty where Windows does not say."""
        import ctypes
        from uuid import UUID

        reported = UUID("540b947e-8b40-45bc-a8a2-6a0b894cbda2").bytes_le + (4).to_bytes(4, "little")
        node, kind, size = ctypes.c_uint32(), ctypes.c_uint32(), ctypes.c_uint32(1024)
        buffer = ctypes.create_unicode_buffer(size.value // 2)
        try:
            manager = ctypes.windll.cfgmgr32
            if manager.CM_Locate_DevNodeW(ctypes.byref(node), ctypes.c_wchar_p(device.path), 0):
                return ""
            status = manager.CM_Get_DevNode_PropertyW(
                node, ctypes.c_char_p(reported), ctypes.byref(kind), buffer, ctypes.byref(size), 0
            )
        except (OSError, AttributeError):
            return ""
        return "" if status else text(buffer.value)

else:

    def own_name(device: Device) -> str:  # noqa: ARG001
        return ""

    def present(bus: str) -> Present:  # noqa: ARG001
        return None
