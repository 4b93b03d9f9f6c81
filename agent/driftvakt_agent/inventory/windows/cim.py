"""What only CIM knows: all of it asked in one go, by one PowerShell, as JSON.

Example, cut short:
    {"Win32_QuickFixEngineering":[{"HotFixID":"KB5031356","Description":"Security Update","InstalledOn":"10/11/2023"}]}

A class or a namespace that this Windows has not, or that the agent may not see, gives nothing. Texts come as UTF-8,
whatever the console speaks. Nothing from outside is ever part of the script.

Source: learn.microsoft.com, Get-CimInstance; the classes by their names.
"""

import base64
import json
import os
import sys
from collections.abc import Iterable, Mapping

from driftvakt_agent.host import Host

Instance = Mapping[str, object]
Answer = Mapping[str, list[Instance]]
"""Instances by the name of their class."""

_CIMV2 = "root/cimv2"
_HYPER_V = "root/virtualization/v2"
CLASSES: tuple[tuple[str, str, str, str], ...] = (
    (_CIMV2, "Win32_ComputerSystem", "", "Manufacturer Model"),
    (_CIMV2, "Win32_ComputerSystemProduct", "", "UUID"),
    (_CIMV2, "Win32_BIOS", "", "Manufacturer SMBIOSBIOSVersion Version ReleaseDate SerialNumber"),
    (_CIMV2, "Win32_Processor", "",
     ("Name Manufacturer ProcessorId MaxClockSpeed NumberOfCores NumberOfEnabledCore NumberOfLogicalProcessors "
      "SerialNumber PartNumber SocketDesignation")),
    (_CIMV2, "Win32_PhysicalMemory", "",
     ("DeviceLocator BankLabel Capacity SMBIOSMemoryType MemoryType FormFactor Speed Manufacturer SerialNumber "
      "PartNumber")),
    (_CIMV2, "Win32_PhysicalMemoryArray", "", "MemoryErrorCorrection"),
    (_CIMV2, "Win32_QuickFixEngineering", "", "HotFixID Description InstalledOn"),
    # All that Windows and Office could be licensed as are hundreds; those with a key are what is installed.
    (_CIMV2, "SoftwareLicensingProduct", "PartialProductKey IS NOT NULL", "ID Name Description LicenseStatus"),
    ("root/wmi", "BatteryStaticData", "", "DeviceName ManufactureName SerialNumber DesignedCapacity ManufactureDate"),
    ("root/SecurityCenter2", "AntiVirusProduct", "", "displayName productState"),
    ("root/SecurityCenter2", "FirewallProduct", "", "displayName productState"),
    ("root/Microsoft/Windows/Defender", "MSFT_MpComputerStatus", "",
     "AMProductVersion AntivirusEnabled AntivirusSignatureAge"),
    ("root/Microsoft/Windows/Storage", "MSFT_PhysicalDisk", "",
     ("DeviceId Model Manufacturer SerialNumber AdapterSerialNumber FirmwareVersion Size MediaType BusType "
      "SpindleSpeed HealthStatus UniqueId UniqueIdFormat")),
    ("root/cimv2/Security/MicrosoftVolumeEncryption", "Win32_EncryptableVolume", "", "DriveLetter ProtectionStatus"),
    (_HYPER_V, "Msvm_ComputerSystem", "", "Name ElementName"),
    (_HYPER_V, "Msvm_MemorySettingData", "", "InstanceID VirtualQuantity"),
    (_HYPER_V, "Msvm_ProcessorSettingData", "", "InstanceID VirtualQuantity"),
    (_HYPER_V, "Msvm_SyntheticEthernetPortSettingData", "", "InstanceID Address"),
)  # fmt: skip
"""Namespace, class, condition and properties."""

_SECONDS = 120.0
_MAX_ANSWER = 1 << 24
_NO_WINDOW = 0x08000000
# Older releases lack some of the properties, and refuse a question that names one. The raw value is asked for: what
# PowerShell shows of a date is in the language of whoever runs it. Where a policy lets PowerShell call no method, the
# answer comes in the code page of the console.
_SCRIPT = """
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$all = @{}
foreach ($one in @(
%s
)) {
    try {
        $space, $name, $where, $wanted = $one
        $known = @((Get-CimClass -Namespace $space -ClassName $name).CimClassProperties | ForEach-Object { $_.Name })
        $asked = @($wanted -split ' ' | Where-Object { $known -contains $_ })
        $how = @{ Namespace = $space; ClassName = $name; Property = $asked; OperationTimeoutSec = 30 }
        if ($where) { $how.Filter = $where }
        $all[$name] = @(Get-CimInstance @how | Select-Object -First 2000 | ForEach-Object {
            $row = @{}
            foreach ($field in $asked) {
                $value = $_.CimInstanceProperties[$field].Value
                if ($value -is [datetime]) { $value = $value.ToString('s') }
                if ($null -ne $value) { $row[$field] = $value }
            }
            $row
        })
    } catch { }
}
$json = ConvertTo-Json -InputObject $all -Compress -Depth 3
try {
    $bytes = [Text.Encoding]::UTF8.GetBytes($json)
    $out = [Console]::OpenStandardOutput()
    $out.Write($bytes, 0, $bytes.Length)
    $out.Flush()
} catch { $json }
"""


class CimError(Exception):
    """Windows gave no answer in time, or one that can't be read. What is known of the machine stays as it was."""


def objects(host: Host, name: str) -> list[Instance]:
    """Return the instances of a class, none where Windows has none. It is asked once. Raises CimError."""
    found = host.memory.get("cim")
    if found is None:
        try:
            found = parse(capture())
        except CimError as e:
            # Each reader that needs it fails alike; none waits for it again.
            found = e
        host.memory["cim"] = found
    if isinstance(found, CimError):
        raise found
    return list(found.get(name, ())) if isinstance(found, Mapping) else []


def parse(output: bytes) -> Answer:
    """Return the instances of an answer, by class. Raises CimError for what is no answer."""
    if not output.strip():
        return {}
    try:
        told = json.loads(_decoded(output[:_MAX_ANSWER]))
    except (LookupError, ValueError, RecursionError) as e:
        raise CimError(f"cannot read what PowerShell said of this machine, {output[:200]!r}: {e}") from e
    if not isinstance(told, dict):
        raise CimError(f"cannot read what PowerShell said of this machine: {output[:200]!r}")
    return {name: _instances(told.get(name)) for _, name, _, _ in CLASSES}


def _decoded(output: bytes) -> str:
    try:
        return output.decode()
    except UnicodeDecodeError:
        # Known to Python on Windows alone.
        return output.decode("oem", "replace")


def _instances(told: object) -> list[Instance]:
    if isinstance(told, dict) and isinstance(told.get("value"), list):
        # PowerShell 5 writes a list so where a module has given lists a property of their own.
        told = told["value"]
    rows = told if isinstance(told, list) else [told]
    return [row for row in rows if isinstance(row, dict)]


def script() -> str:
    """Return what PowerShell runs."""
    return _SCRIPT % ",\n".join(f"    @({', '.join(map(_quoted, one))})" for one in CLASSES)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if sys.platform == "win32":

    def capture() -> bytes:
        """Return what PowerShell prints; nothing where there is none, or it may not be run. Raises CimError."""
        import subprocess

        root = os.environ.get("SYSTEMROOT", r"C:\Windows")
        command = [
            rf"{root}\System32\WindowsPowerShell\v1.0\powershell.exe", "-NoLogo", "-NoProfile", "-NonInteractive",
            "-ExecutionPolicy", "Bypass", "-EncodedCommand", base64.b64encode(script().encode("utf-16-le")).decode(),
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                timeout=_SECONDS, check=False, creationflags=_NO_WINDOW,
            )  # fmt: skip
        except subprocess.TimeoutExpired as e:
            raise CimError(f"PowerShell did not say in {_SECONDS:g} s what CIM knows of this machine") from e
        except OSError:
            # No PowerShell, or a policy that forbids it: for good, and no fault.
            return b""
        if done.returncode not in (0, 1):
            raise CimError(
                f"PowerShell ended with {done.returncode:#x} when it was asked what CIM knows of this machine"
            )
        return done.stdout

else:

    def capture() -> bytes:
        return b""


def text(one: Instance, name: str) -> str:
    """Return a property as text on one line, empty where it has none."""
    value = one.get(name)
    return "" if value is None or isinstance(value, dict | list) else " ".join(str(value).replace("\0", " ").split())


def whole(one: Instance, name: str) -> int | None:
    """Return a property as a number. CIM itself tells those of 64 bits as text in places."""
    value = one.get(name)
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    short = isinstance(value, str) and len(value) <= 20
    return int(value) if short and isinstance(value, str) and value.isascii() and value.isdigit() else None


def flag(one: Instance, name: str) -> bool | None:
    value = one.get(name)
    return value if isinstance(value, bool) else None


def first(instances: Iterable[Instance]) -> Instance:
    """Return the first, or one without properties."""
    return next(iter(instances), {})
