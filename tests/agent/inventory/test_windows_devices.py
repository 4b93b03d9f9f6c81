"""What is plugged into a Windows machine and set up on it, by the registry."""

from collections.abc import Callable, Iterator

import pytest
from registry_text import Registry

from driftvakt_agent.inventory import Row
from driftvakt_agent.inventory.windows import (
    apps,
    disks,
    firewalls,
    graphics,
    licences,
    monitors,
    network,
    parts,
    pci,
    printers,
    remote_access,
    services,
    software,
    sql_server,
    system,
    updates,
    usb,
)  # fmt: skip
from driftvakt_agent.inventory.windows.disks import Disk
from driftvakt_agent.inventory.windows.keys import Value, Values

ENUM = r"SYSTEM\CurrentControlSet\Enum"
PRINT = r"SYSTEM\CurrentControlSet\Control\Print"
CARD = r"PCI\VEN_10DE&DEV_1402&SUBSYS_36C31458&REV_A1\4&1286464&0&0008"
OLD_CARD = r"PCI\VEN_8086&DEV_0412&SUBSYS_00000000&REV_06\3&11583659&0&10"
MACHINE: dict[str, dict[str, Value]] = {
    rf"{ENUM}\{CARD}": {
        "LocationInformation": "@System32\\drivers\\pci.sys,#65536;PCI-Bus %1, Gerät %2, Funktion %3;(1,0,0)",
        "CompatibleIDs": ["PCI\\VEN_10DE&DEV_1402&REV_A1", "PCI\\VEN_10DE&CC_030000", "PCI\\CC_0300"],
        "Service": "nvlddmkm", "Driver": rf"{graphics.CLASS}\0000",
    },
    rf"{ENUM}\{OLD_CARD}": {"LocationInformation": "(258,31,7)", "Driver": rf"{graphics.CLASS}\0001"},
    rf"{graphics.PATH}\0000": {
        "DriverDesc": "@oem35.inf,%nvidia%;NVIDIA GeForce GTX 950", "MatchingDeviceId": r"pci\ven_10de&dev_1402",
        "HardwareInformation.ChipType": "GeForce".encode("utf-16-le") + b"\0\0",
        "HardwareInformation.qwMemorySize": 6 << 30, "HardwareInformation.MemorySize": 0xFFFFFFFF,
    },
    rf"{graphics.PATH}\0001": {"DriverDesc": "Intel(R) HD Graphics", "MatchingDeviceId": r"pci\ven_8086&dev_0412"},
    rf"{graphics.PATH}\0002": {"DriverDesc": "Remote", "MatchingDeviceId": "RdpIdd_IndirectDisplay"},
    rf"{ENUM}\USB\ROOT_HUB30\4&1&0&0": {"Mfg": "(Standard)"},
    rf"{ENUM}\USB\VID_0000&PID_0002\5&1&0&4": {},
    rf"{ENUM}\USB\VID_046D&PID_C30A&MI_00\7&2bcd78ff&0&0000": {},
    rf"{ENUM}\USB\VID_03F0&PID_6004\MY26K1K34C2L": {
        "Mfg": "@usbprint.inf,%generic.mfg%;Microsoft", "DeviceDesc": "@usbprint.inf,%d%;USB Printing Support",
        "CompatibleIDs": ["USB\\Class_07&SubClass_01&Prot_02", "USB\\Class_07"], "ParentIdPrefix": "7&17e8a3c3&0",
        "ContainerID": "{F175266E-E5B1-50C6-B78C-5C9F79551A9E}",
    },
    rf"{ENUM}\USB\VID_8087&PID_0AAA\5&3b2b8c4&0&14": {
        "Mfg": "@oem12.inf,%mfg%;Intel Corporation", "DeviceDesc": "@oem12.inf,%d%;Intel(R) Wireless Bluetooth(R)",
        "CompatibleIDs": ["USB\\DevClass_E0&SubClass_01&Prot_01"],
    },
    rf"{ENUM}\USBPRINT\hpdeskjet_5550\8&99&0&USB001": {"ContainerID": "{f175266e-e5b1-50c6-b78c-5c9f79551a9e}"},
    rf"{ENUM}\USBPRINT\hpdeskjet_5550\8&99&0&USB001\Device Parameters": {"PortName": "USB001"},
    rf"{ENUM}\USBPRINT\hpdeskjet_5550\7&17e8a3c3&0&USB002": {},
    rf"{ENUM}\USBPRINT\hpdeskjet_5550\7&17e8a3c3&0&USB002\Device Parameters": {"PortName": "USB002"},
    rf"{PRINT}\Printers\Färg på trean": {
        "Name": "Färg på trean", "Port": "IP_10.1.2.3", "Printer Driver": "HP Universal", "Attributes": 0x48,
    },
    rf"{PRINT}\Printers\Deskjet": {"Port": "USB001", "Printer Driver": "HP Deskjet"},
    rf"{PRINT}\Printers\Old": {"Port": "USB002"},
    rf"{PRINT}\Monitors\Standard TCP/IP Port\Ports\IP_10.1.2.3": {"HostName": "print3.city.example"},
    rf"{network.CONNECTIONS}\{{1}}\Connection": {"Name": "Trådlöst", "PnpInstanceID": CARD, "MediaSubType": 2},
    rf"{network.CONNECTIONS}\{{2}}\Connection": {"Name": "VPN", "PnpInstanceID": r"ROOT\NET\0000", "MediaSubType": 1},
    rf"{ENUM}\ACPI\MSFT0101\1": {},
}  # fmt: skip
children = Registry(keys=MACHINE).children


def test_cards_and_where_they_sit() -> None:
    rows = {row["vendor_id"]: row for row in pci.parse(children, None)}

    assert rows["10de"] == {
        "address": "0000:01:00.0", "vendor_id": "10de", "device_id": "1402", "subsystem_id": "1458:36c3",
        "class_id": "030000", "revision": "a1", "driver": "nvlddmkm",
    }  # fmt: skip
    # Bus 258 is bus 2 of the second segment.
    assert (rows["8086"]["address"], rows["8086"]["subsystem_id"]) == ("0001:02:1f.7", "")


def test_what_is_gone_is_not_here() -> None:
    assert [row["vendor_id"] for row in pci.parse(children, {CARD.upper()})] == ["10de"]
    assert usb.parse(children, frozenset()) == []


def test_graphics_that_are_there_with_more_memory_than_four_bytes_tell() -> None:
    assert graphics.parse(children, "PCI", {CARD.upper()}) == [
        {"name": "NVIDIA GeForce GTX 950", "address": "0000:01:00.0", "chipset": "GeForce", "memory_bytes": 6 << 30}
    ]
    assert [row["name"] for row in graphics.adapters(children(graphics.PATH), {})] == [
        "NVIDIA GeForce GTX 950", "Intel(R) HD Graphics",
    ]  # fmt: skip


def test_usb_without_hubs_parts_and_words_of_windows_own() -> None:
    rows = usb.parse(children, None)

    assert [(row["port"], row["serial"], row["vendor"], row["product"], row["class_id"]) for row in rows] == [
        ("VID_03F0&PID_6004\\MY26K1K34C2L", "MY26K1K34C2L", "", "", "07"),
        ("VID_8087&PID_0AAA\\5&3B2B8C4&0&14", "", "Intel Corporation", "Intel(R) Wireless Bluetooth(R)", "e0"),
    ]


def test_printers_and_where_they_are() -> None:
    rows = printers.parse(children)

    assert [(row["name"], row["port"], row["serial"], row["network"], row["shared"]) for row in rows] == [
        ("Färg på trean", "print3.city.example", "", True, True),
        ("Deskjet", "USB001", "MY26K1K34C2L", False, False),
        ("Old", "USB002", "MY26K1K34C2L", False, False),
    ]


def test_a_screen_by_its_edid() -> None:
    edid = bytearray(b"\0" + b"\xff" * 6 + b"\0" + bytes(120))
    edid[8:16] = bytes.fromhex("10aca34001020304")
    edid[54:72] = b"\0\0\0\xfc\0DELL U2410\n  "
    path = rf"{ENUM}\DISPLAY\DEL40A3\5&2b6d32b&0&UID4352"
    keys: dict[str, dict[str, Value]] = {
        path: {}, rf"{path}\Device Parameters": {"EDID": bytes(edid)},
        rf"{ENUM}\DISPLAY\Default_Monitor\1&8713bca&0&UID0\Device Parameters": {"BAD_EDID": b"x"},
    }  # fmt: skip

    (row,) = monitors.parse(Registry(keys=keys).children, None)

    assert (row["connector"], row["maker_id"], row["name"]) == ("5&2b6d32b&0&UID4352", "DEL", "DELL U2410")


def test_a_card_is_what_the_registry_says_whatever_it_is_called() -> None:
    found = network.connections(children)

    assert found["Trådlöst"] == {"driver": "nvlddmkm", "bus_address": "0000:01:00.0", "type": "wifi"}
    assert "type" not in found["VPN"]


def test_the_module_of_trust_by_its_device() -> None:
    assert system.listed_tpm(children, None) == "2.0"
    assert system.listed_tpm(children, frozenset()) == ""


def test_the_firewall_as_the_domain_will_have_it() -> None:
    own = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
    policy = r"SOFTWARE\Policies\Microsoft\WindowsFirewall"
    keys: dict[str, dict[str, Value]] = {
        rf"{own}\DomainProfile": {"EnableFirewall": 1}, rf"{own}\StandardProfile": {"EnableFirewall": 1},
        rf"{own}\PublicProfile": {"EnableFirewall": 0}, rf"{policy}\DomainProfile": {"EnableFirewall": 0},
        rf"{policy}\PrivateProfile": {"EnableFirewall": 1},
    }  # fmt: skip

    rows = firewalls.parse(Registry(keys=keys).children, [{"displayName": "ESET", "productState": 266256}])

    assert [(row["profile"], row["name"], row["enabled"]) for row in rows] == [
        ("domain", "Windows Firewall", False), ("private", "Windows Firewall", True),
        ("public", "Windows Firewall", False), ("", "ESET", True),
    ]  # fmt: skip


def test_patches_of_both_sources_each_once() -> None:
    rows = updates.parse(
        [{"HotFixID": "KB5031356", "Description": "Security Update", "InstalledOn": "10/11/2023"},
         {"HotFixID": "KB1234567", "Description": "Update"}, {"HotFixID": "File 1"}],
        [("Package_for_KB1234567~31bf3856ad364e35~amd64~~10.0.1.0",
          {"CurrentState": 0x70, "InstallTimeHigh": 31062128, "InstallTimeLow": 2466517568}),
         ("Package_1_for_KB7777777~31bf3856ad364e35~amd64~~6.1.1.0", {"CurrentState": 0x70}),
         ("Package_for_KB8888888~31bf3856ad364e35~amd64~~6.1.1.0", {"CurrentState": 0x40}),
         ("Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~10.0.1.0", {"CurrentState": 0x70})],
    )  # fmt: skip

    assert [(row["name"], row["security"], row["installed"]) for row in rows] == [
        ("KB5031356", "yes", "2023-10-11"), ("KB1234567", "unknown", "2023-10-06"), ("KB7777777", "unknown", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), [
    pytest.param("1/15/2011", "2011-01-15", id="month first"),
    pytest.param("2023-10-11T00:00:00", "2023-10-11", id="as JSON"),
    pytest.param("01cbb44f1a6c0000", "2011-01-15", id="a FILETIME"),
    pytest.param("15/1/2011", "", id="no such month"), pytest.param("", "", id="nothing"),
    pytest.param("ffffffffffffffff", "", id="beyond all time"),
])  # fmt: skip
def test_a_day_of_installation(told: str, expected: str) -> None:
    assert updates.day(told) == expected


MANIFEST = """<Package><Properties><DisplayName>Проводник &amp; Co</DisplayName>
<PublisherDisplayName>Корпорация Майкрософт</PublisherDisplayName></Properties></Package>"""


def test_apps_of_the_machine_and_of_its_users() -> None:
    store = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore"
    explorer = "Microsoft.Windows.FileExplorer_10.0.19041.423_neutral_neutral_cw5n1h2txyewy"
    path = r"C:\Windows\SystemApps\Microsoft.Windows.FileExplorer_cw5n1h2txyewy\AppxManifest.xml"
    user = rf"{store}\S-1-5-21-1-2-3-1001"
    keys: dict[str, dict[str, Value]] = {
        rf"{store}\InboxApplications\{explorer}": {"Path": path},
        rf"{store}\Applications\Microsoft.WindowsCalculator_11.2307.4.0_x64__8wekyb3d8bbwe": {},
        rf"{user}\Microsoft.WindowsCalculator_11.2311.0.0_x64__8wekyb3d8bbwe": {},
        rf"{user}\Microsoft.WindowsCalculator_11.2311.0.0_neutral_split.language-sv_8wekyb3d8bbwe": {},
        rf"{store}\Deleted\Microsoft.Gone_1.0.0.0_x64__8wekyb3d8bbwe": {}, rf"{user}\no app": {},
    }  # fmt: skip
    files = {path: MANIFEST, r"C:\PF\WindowsApps\Microsoft.WindowsCalculator_11.2311.0.0_x64__8wekyb3d8bbwe"
             r"\AppxManifest.xml": "<DisplayName>ms-resource:AppName</DisplayName>"}  # fmt: skip

    rows = apps.parse(Registry(keys=keys).children, lambda at: files.get(at, ""), {"PROGRAMFILES": r"C:\PF"})

    assert {(row["name"], row["version"], row["architecture"], row["publisher"]) for row in rows} == {
        ("Проводник & Co", "10.0.19041.423", "neutral", "Корпорация Майкрософт"),
        ("Microsoft.WindowsCalculator", "11.2311.0.0", "amd64", ""),
    }


def test_licences_by_the_numbers_of_products_and_never_a_key() -> None:
    office = r"SOFTWARE\Microsoft\Office"
    keys: dict[str, dict[str, Value]] = {
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion": {
            "ProductName": "Windows 10 Pro", "ProductId": "00330-80000-00000-AA123", "DigitalProductId": b"secret"},
        rf"{office}\16.0\Registration\{{9}}": {
            "ProductName": "Office Plus", "ProductID": "00339-1", "DigitalProductID": b"secret"},
        rf"{office}\ClickToRun\Configuration": {"ProductReleaseIds": "O365ProPlusRetail,VisioProRetail"},
    }  # fmt: skip
    products = [
        {"Name": "Windows(R), Professional", "Description": "Windows(R) Operating System, TIMEBASED_EVAL channel",
         "ID": "a", "LicenseStatus": 1, "PartialProductKey": "3V66T"},
        {"Name": "Office 16", "Description": "Office 16, VOLUME_KMSCLIENT channel", "ID": "D450", "LicenseStatus": 1},
        {"Name": "Not", "Description": "licensed", "ID": "x", "LicenseStatus": 0},
    ]  # fmt: skip

    rows = licences.parse(Registry(keys=keys).children, products)

    assert [(row["name"], row["product_id"], row["trial"]) for row in rows] == [
        ("Windows", "00330-80000-00000-AA123", True), ("Microsoft Office", "00339-1", False),
        ("Microsoft Office", "O365ProPlusRetail", False), ("Microsoft Office", "VisioProRetail", False),
        ("Office 16", "d450", False),
    ]  # fmt: skip
    assert "3V66T" not in str(rows)
    assert "secret" not in str(rows)


def test_access_from_afar() -> None:
    keys: dict[str, dict[str, Value]] = {r"SOFTWARE\TeamViewer": {"ClientID": 1234567890, "Version": "15.47.3"}}

    assert remote_access.teamviewer(Registry(keys=keys).children) == [
        {"kind": "teamviewer", "id": "1234567890", "version": "15.47.3"}
    ]
    assert remote_access.anydesk("ad.security.x=1\nad.anynet.id=987654321\n")[0]["id"] == "987654321"
    assert remote_access.anydesk("ad.anynet.pwd_hash=1") == remote_access.teamviewer(children) == []


def test_an_edition_is_put_into_the_name_of_its_engine_alone() -> None:
    root = r"SOFTWARE\Microsoft\Microsoft SQL Server"
    keys: dict[str, dict[str, Value]] = {
        rf"{root}\Instance Names\SQL": {"A": "MSSQL16.A", "B": r"..\evil", "C": 7},
        rf"{root}\MSSQL16.A\Setup": {"Version": "16.0.1000.6", "Edition": "Developer Edition"},
    }
    rows: list[Row] = [
        {"name": "SQL Server 2022 Database Engine Services", "version": "16.0.1000.6"},
        {"name": "SQL Server 2022 Client Tools", "version": "16.0.1000.6"},
        {"name": "SQL Server 2019 Database Engine Services", "version": "15.0.1"},
    ]

    sql_server.name_editions(rows, sql_server.editions(Registry(keys=keys).children))

    assert [row["name"] for row in rows] == [
        "SQL Server 2022 Developer Edition Database Engine Services", "SQL Server 2022 Client Tools",
        "SQL Server 2019 Database Engine Services",
    ]  # fmt: skip


def descriptor(bus: int, *, removable: bool = False, vendor: str = "", serial: str = "S3Z9NB0K") -> bytes:
    texts = [text.encode() + b"\0" for text in (vendor, "Samsung SSD 860", "RVT0", serial)]
    offsets, at = [], 36
    for one in texts:
        offsets.append(at)
        at += len(one)
    head = bytes(8) + bytes((0, 0, removable, 0)) + b"".join(place.to_bytes(4, "little") for place in offsets)
    return head + bus.to_bytes(4, "little") + bytes(4) + b"".join(texts)


def test_disks_by_what_they_answer_and_how_they_feel() -> None:
    swapped = "533931394E584130304A3233383639" + "20" * 5

    rows = disks.parse(
        [Disk("PhysicalDrive0", descriptor(11), 500107862016, seeks=False),
         Disk("PhysicalDrive1", descriptor(7, removable=True), None, seeks=None),
         Disk("PhysicalDrive2", descriptor(10, vendor="VMware"), 1 << 30, seeks=True),
         Disk("PhysicalDrive3", descriptor(3, serial=swapped), 1 << 40, seeks=True),
         Disk("CdRom0", descriptor(11, removable=True), 0, seeks=None), Disk("PhysicalDrive9", b"", None, seeks=None)],
        [{"DeviceId": "0", "HealthStatus": 0, "SpindleSpeed": 0, "MediaType": 4, "UniqueId": "5002538E40B6F0AA",
          "UniqueIdFormat": 3, "AdapterSerialNumber": "TRUE1", "FirmwareVersion": "RVT04B6Q"},
         {"DeviceId": "3", "HealthStatus": 1, "SpindleSpeed": 7200, "MediaType": 3},
         {"DeviceId": "4", "Model": "NVMe X", "BusType": 17, "Size": 1 << 39, "SerialNumber": "N1"},
         {"DeviceId": "{x}"}],
    )  # fmt: skip

    by_name = {row["name"]: row for row in rows}
    assert {name: row["type"] for name, row in by_name.items()} == {
        "PhysicalDrive0": "ssd", "PhysicalDrive1": "removable", "PhysicalDrive2": "virtual", "PhysicalDrive3": "hdd",
        "CdRom0": "optical", "PhysicalDrive4": "nvme",
    }  # fmt: skip
    first, failing = by_name["PhysicalDrive0"], by_name["PhysicalDrive3"]
    assert (first["serial"], first["firmware"], first["health"], first["rotation_rpm"], first["wwn"]) == (
        "TRUE1", "RVT04B6Q", "passed", 0, "0x5002538e40b6f0aa",
    )  # fmt: skip
    assert (failing["serial"], failing["health"], failing["rotation_rpm"]) == ("9S91XN0AJ03268 9", "failing", 7200)
    assert by_name["PhysicalDrive4"]["health"] == ""


def noise(path: str) -> Iterator[tuple[str, Values]]:
    """Give keys whose values are of every kind but the expected one."""
    names = ("Name", "Port", "Attributes", "Driver", "CompatibleIDs", "LocationInformation", "Mfg", "EnableFirewall",
             "ContainerID", "ParentIdPrefix", "PortName", "EDID", "DriverDesc", "HardwareInformation.MemorySize",
             "ClientID", "CurrentState", "InstallTimeHigh", "InstallTimeLow", "ProductReleaseIds", "Path", "Version",
             "DisplayName", "InstallDate", "EstimatedSize", "ProcessorNameString", "MediaSubType",
             "PnpInstanceID")  # fmt: skip
    odd: tuple[Value, ...] = (None, b"\xff\xfe\0", -(1 << 70), ["", "\0"], "\0\ud800;(9999999999,1,1)", [], b"")
    keys = ("VID_03F0&PID_6004", "VEN_10DE&DEV_1402", "Device Parameters", "Connection", "\ud800", "0000",
            "Package_for_KB1234567~x", "S-1-5-21-1", "a.b.c_1.2.3.99999999999999999999_x64__8wekyb3d8bbwe")  # fmt: skip
    if path.count("\\") < 9:
        for value in odd:
            yield from ((key, dict.fromkeys(names, value)) for key in keys)


@pytest.mark.parametrize("read", [
    pytest.param(lambda: pci.parse(noise, None), id="PCI"), pytest.param(lambda: usb.parse(noise, None), id="USB"),
    pytest.param(lambda: monitors.parse(noise, None), id="screens"),
    pytest.param(lambda: graphics.adapters(noise("x"), {}), id="graphics"),
    pytest.param(lambda: printers.parse(noise), id="printers"),
    pytest.param(lambda: firewalls.parse(noise, ()), id="firewalls"),
    pytest.param(lambda: updates.parse((), noise("x")), id="patches"),
    pytest.param(lambda: licences.parse(noise, ()), id="licences"),
    pytest.param(lambda: apps.parse(noise, lambda _: "<DisplayName>\ud800</DisplayName>", {}), id="apps"),
    pytest.param(lambda: remote_access.teamviewer(noise), id="access from afar"),
    pytest.param(lambda: sql_server.editions(noise), id="SQL Server"),
    pytest.param(lambda: software.parse(noise("x"), ""), id="programs"),
    pytest.param(lambda: services.parse(noise("x")), id="services"),
    pytest.param(lambda: parts.processors(noise("x"), ()), id="processors"),
    pytest.param(lambda: network.connections(noise), id="network"),
])  # fmt: skip
def test_a_registry_full_of_nonsense_stops_nobody(read: Callable[[], object]) -> None:
    read()


@pytest.mark.parametrize("raw", [b"", bytes(35), bytes(36), b"\xff" * 40, descriptor(11)[:44]])
def test_a_disk_that_answers_nonsense(raw: bytes) -> None:
    disks.parse([Disk("PhysicalDrive0", raw, -1, seeks=None)], [{"DeviceId": "0", "UniqueId": ["x"], "Size": "x"}])
