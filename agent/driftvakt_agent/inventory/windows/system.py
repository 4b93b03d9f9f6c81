"""Which Windows this is, and how it was started.

Example:
    HKLM\\SYSTEM\\CurrentControlSet\\Control                   PEFirmwareType           2     (1 BIOS, 2 UEFI)
    HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State  UEFISecureBootEnabled    1
    HKLM\\SYSTEM\\…\\Control\\TimeZoneInformation               TimeZoneKeyName          W. Europe Standard Time
    HKLM\\SOFTWARE\\Microsoft\\Cryptography                    MachineGuid              3f2b…

Source: learn.microsoft.com, GetFirmwareType, "Secure Boot" and Tbsi_GetDeviceInfo; probes/portable/os.py for the rest.
"""

import os
import socket
import sys
from collections.abc import Callable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.devices import Present, devices, present
from driftvakt_agent.inventory.windows.keys import Children
from driftvakt_agent.probes.portable import os as portable_os
from driftvakt_agent.probes.portable import registry
from driftvakt_agent.sample import NoData
from driftvakt_wire.enrolment import fact

_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_CONTROL = r"SYSTEM\CurrentControlSet\Control"
_GUID = r"SOFTWARE\Microsoft\Cryptography"
_BIOS = r"HARDWARE\DESCRIPTION\System\BIOS"
_HYPERVISORS = (("KVM", "kvm"), ("QEMU", "qemu"), ("VMware", "vmware"), ("VirtualBox", "oracle"), ("Xen", "xen"),
                ("Virtual Machine", "microsoft"), ("Standard PC", "qemu"))  # fmt: skip
_BOOT = {"1": "bios", "2": "uefi"}
_TPM = {1: "1.2", 2: "2.0"}
# Since 2.0 every maker's module has the one name; before, Microsoft's own beside those of makers.
_TPM_DEVICES = {"MSFT0101": "2.0", "PNP0C31": "1.2"}

Ask = Callable[[str, str], registry.Value]


def take(_host: Host) -> Found:
    # Not by `platform`: from Python 3.12 on it asks WMI, which takes a second.
    architecture = os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE", "")
    row = parse(registry.value, socket.gethostname(), architecture)
    row["tpm"] = asked_tpm() or listed_tpm(keys.machine, present("ACPI"))
    if not row["title"]:
        raise NoData("the registry does not say which Windows this is")
    return {"operating_system": [row]}


def parse(value: Ask, hostname: str, architecture: str) -> Row:
    """Return the row. value: gives a value of the registry by key and name, None where there is none."""
    told = portable_os.windows(lambda name: value(_VERSION, name))
    guid, secure = value(_GUID, "MachineGuid"), value(rf"{_CONTROL}\SecureBoot\State", "UEFISecureBootEnabled")
    major = told["VERSION_ID"].rpartition(".")[0]
    return {
        "name": "windows",
        "title": told["PRETTY_NAME"],
        "version": told["VERSION"] or told["VERSION_ID"],
        "codename": "",
        "kernel": f"{major}.{told['BUILD_ID']}" if told["BUILD_ID"] else "",
        "architecture": {"AMD64": "x86_64", "ARM64": "aarch64", "x86": "i686"}.get(architecture, architecture),
        "hostname": hostname,
        "machine_id": fact("", guid) if isinstance(guid, str) and guid else "",
        "virtual": _virtual(value),
        "boot": _BOOT.get(str(value(_CONTROL, "PEFirmwareType")), ""),
        "secure_boot": bool(secure) if isinstance(secure, int) else None,
        "tpm": "",
        "timezone": str(value(rf"{_CONTROL}\TimeZoneInformation", "TimeZoneKeyName") or "").partition("\0")[0],
        "language": str(value(rf"{_CONTROL}\Nls\Language", "InstallLanguage") or ""),
    }


def _virtual(value: Ask) -> str:
    """Return what the machine runs on, in systemd's words; empty where it is a machine of its own."""
    told = " ".join(str(value(_BIOS, name) or "") for name in ("SystemManufacturer", "SystemProductName"))
    return next((word for sign, word in _HYPERVISORS if sign in told), "")


def listed_tpm(children: Children, there: Present) -> str:
    """Return the release of the trusted platform module among the devices of ACPI, empty where there is none."""
    found = [_TPM_DEVICES.get(one.name.upper(), "") for one in devices("ACPI", children, there)]
    return max(found, default="")


if sys.platform == "win32":

    def asked_tpm() -> str:
        """Return the release of the trusted platform module, which anybody may ask; empty where there is none."""
        import ctypes

        # Its own version, that of the module, by what it is reached, its revision.
        told = (ctypes.c_uint32 * 4)()
        try:
            status = ctypes.windll.tbs.Tbsi_GetDeviceInfo(ctypes.sizeof(told), ctypes.byref(told))
        except (OSError, AttributeError):
            return ""
        return "" if status else _TPM.get(told[1], "")

else:

    def asked_tpm() -> str:
        return ""
