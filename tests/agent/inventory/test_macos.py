"""The readers of macOS on what no recording has: chips of Apple's, and answers that no Mac gives."""

import plistlib
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mac_rows import every, rows_fit

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import READERS, macos, take
from driftvakt_agent.inventory.macos import (
    accounts,
    displays,
    hardware,
    memory,
    network,
    printers,
    profiler,
    protection,
    services,
    software,
    system,
    updates,
    volumes,
)
from driftvakt_wire.privacy import Mask
from driftvakt_wire.sections import SECTIONS

M1 = {"machine_name": "Mac mini", "machine_model": "Macmini9,1", "model_number": "MGNR3KS/A", "chip_type": "Apple M1",
      "number_processors": "proc 8:4:4", "boot_rom_version": "10151.121.1", "serial_number": "C07TEST",
      "platform_UUID": "402127FE-F62F-5F2F-B899-BC9F25C44006"}  # fmt: skip


def test_a_mac_with_a_chip_of_apples() -> None:
    found = hardware.parse(M1, {"machdep.cpu.brand_string": "Apple M1", "hw.physicalcpu": 8, "hw.logicalcpu": 8})

    (is_system,), (row,) = found["system"], found["processors"]
    assert (is_system["manufacturer"], is_system["family"], is_system["sku"]) == ("Apple", "Macmini", "MGNR3KS/A")
    assert is_system["uuid"] == "402127fe-f62f-5f2f-b899-bc9f25c44006"
    assert (row["manufacturer"], row["model"], row["cores"], row["threads"]) == ("Apple", "Apple M1", 8, 8)
    assert hardware.parse(M1, {})["processors"][0]["cores"] == 8
    on_chip: list[profiler.Item] = [{"SPMemoryDataType": "8 GB", "dimm_manufacturer": "Hynix", "dimm_type": "LPDDR4"}]
    (module,) = memory.parse(on_chip)
    assert (module["size_bytes"], module["type"], module["slot"]) == (8 << 30, "LPDDR4", "")


def test_the_kernel_counts_cores_of_all_sockets() -> None:
    two = {
        "cpu_type": "6-Core Intel Xeon",
        "current_processor_speed": "3,33 GHz",
        "packages": 2,
        "number_processors": 12,
    }
    rows = hardware.parse(two, {"hw.physicalcpu": 12, "hw.logicalcpu": 24, "hw.packages": 2})["processors"]
    assert [(row["socket"], row["cores"], row["threads"], row["max_speed_mhz"]) for row in rows] == [
        ("CPU 0", 6, 12, 3330), ("CPU 1", 6, 12, 3330),
    ]  # fmt: skip


def test_part_numbers_are_spelled() -> None:
    (row,) = memory.parse([{
        "_name": "BANK 0/DIMM0", "dimm_size": "512 MB", "dimm_speed": "667 MHz",
        "dimm_part_number": "0x48594D503536345336344350362D59352020", "dimm_serial_number": "0x00003026",
    }])  # fmt: skip
    assert (row["part"], row["serial"], row["speed_mts"], row["bank"]) == (
        "HYMP564S64CP6-Y5",
        "00003026",
        667,
        "BANK 0",
    )


@pytest.mark.parametrize(
    ("told", "step", "wanted"),
    [
        ("160,04 GB (160 041 885 696 bytes)", 1000, 160_041_885_696),
        ("160.04\u00a0Go (160\u202f041\u202f885\u202f696 octets)", 1000, 160_041_885_696),
        ("41,94 GB", 1000, 41_940_000_000), ("2 GB", 1024, 2 << 30),
        ("64 MB of Shared System Memory", 1024, 64 << 20), ("Empty", 1024, None), ("", 1000, None),
        ("(" + "9" * 400 + " bytes)", 1000, None), ("9" * 400 + " GB", 1000, None),
    ],
)  # fmt: skip
def test_sizes(told: str, step: int, wanted: int | None) -> None:
    assert profiler.size(told, step) == wanted


def test_monitors() -> None:
    found = displays.parse([{"_name": "Apple M1", "sppci_model": "Apple M1", "spdisplays_ndrvs": [
        {"_name": "DELL Ö2720", "_spdisplays_display-vendor-id": "10ac", "_spdisplays_display-product-id": "41eb",
         "spdisplays_display-serial-number": "86TEST3", "_spdisplays_display-week": "7",
         "_spdisplays_display-year": "2020"},
        {"_name": "spdisplays_display_connector", "spdisplays_status": "spdisplays_not_connected"},
        {"_name": "Color LCD", "_spdisplays_display-vendor-id": "610", "_spdisplays_display-product-id": "a050",
         "_spdisplays_display-serial-number": "0"},
    ]}])  # fmt: skip
    told = [(row["connector"], row["maker_id"], row["product_id"], row["serial"], row["made"])
            for row in found["monitors"]]  # fmt: skip
    assert told == [("0-0", "DEL", "41eb", "86TEST3", "2020-W07"), ("0-1", "APP", "a050", "", "")]


def test_the_systems_own_words() -> None:
    row = system.parse({"ProductName": "macOS", "ProductVersion": "14.5", "ProductBuildVersion": "23F79"})
    assert (row["name"], row["title"], row["version"], row["codename"]) == (
        "macos", "macOS 14.5 (23F79)", "14.5", "Sonoma",
    )  # fmt: skip
    assert system.parse({"ProductVersion": "10.15.7"})["codename"] == "Catalina"
    assert system.parse({})["version"] == ""


def test_firewall_filevault_and_xprotect() -> None:
    assert protection.firewall({"globalstate": 2}, "") is True
    assert protection.firewall({}, "Firewall is disabled. (State = 0)") is False
    assert protection.firewall({}, "") is None
    found = protection.parse({"CFBundleShortVersionString": "2194"}, firewall_on=True)
    assert [row["enabled"] for row in found["firewalls"]] == [True]
    assert [(row["name"], row["version"]) for row in found["antivirus"]] == [("XProtect", "2194")]
    assert protection.parse({}, firewall_on=None) == {"firewalls": [], "antivirus": []}
    assert [volumes.filevault(f"FileVault is {one}.\n") for one in ("On", "Off", "?")] == [True, False, None]


def test_services_and_accounts(tmp_path: Path) -> None:
    folder = tmp_path / "Library/LaunchDaemons"
    folder.mkdir(parents=True)
    (folder / "a.plist").write_bytes(plistlib.dumps({
        "Label": "se.stad.ärende", "ProgramArguments": ["/opt/ärende/d", "-x"], "KeepAlive": True, "UserName": "_ä",
    }))  # fmt: skip
    (folder / "b.plist").write_bytes(b"<plist>no")
    (folder / "c.txt").write_text("no")
    assert services.take(Host(root=str(tmp_path))) == {"services": [
        {"name": "se.stad.ärende", "start": "enabled", "run_as": "_ä", "program": "/opt/ärende/d"},
    ]}  # fmt: skip

    one = namedtuple("one", "pw_name pw_uid pw_gid pw_gecos pw_dir pw_shell")
    rows = accounts.users([
        one("nobody", (1 << 32) - 2, (1 << 32) - 2, "", "/var/empty", "/usr/bin/false"),
        one("åsa", 501, 20, "Åsa", "/Users/åsa", "/bin/zsh"), one("domain", 1_704_216, 20, "", "/", "/bin/zsh"),
    ])  # fmt: skip
    assert [(row["name"], row["uid"], row["may_log_in"]) for row in rows] == [("nobody", -2, False), ("åsa", 501, True)]


def test_updates_are_told_once_each() -> None:
    rows = updates.installed([
        {"_name": "XProtect", "install_date": datetime(2024, 5, 2, tzinfo=UTC), "install_version": "2194",
         "package_source": "package_source_apple"},
        {"_name": "XProtect", "install_date": datetime(2024, 4, 2, tzinfo=UTC), "install_version": "2192",
         "package_source": "package_source_apple"},
        {"_name": "Zoom", "package_source": "package_source_other"},
    ])  # fmt: skip
    assert [(row["name"], row["title"], row["installed"]) for row in rows] == [("XProtect", "2194", "2024-05-02")]
    waiting = updates.pending(
        {"RecommendedUpdates": [{"Display Name": "macOS 14.6", "Display Version": "14.6"}, "x", {}]}
    )
    assert [(row["name"], row["state"]) for row in waiting] == [("macOS 14.6", "pending")]
    assert updates.pending({"RecommendedUpdates": "x"}) == []


def test_interfaces() -> None:
    address = namedtuple("address", "family address netmask")
    kinds = network.services([{"interface": "en0", "hardware": "AirPort"}, {"interface": "en5", "type": "Ethernet"}])
    found = network.parse({
        "en0": [address(18, "D4-9A-20-F3-DB-00", None), address(2, "10.0.1.110", "255.255.255.0"),
                address(30, "fe80::1%en0", "ffff:ffff:ffff:ffff::")],
        "utun3": [address(30, "2001:db8::7", "ffff:ffff:ffff:ffff::")], "en5": [], "lo0": [address(2, "x", "y")],
    }, {}, 18, kinds)  # fmt: skip
    assert {row["name"]: row["type"] for row in found["network_interfaces"]} == {
        "en0": "wifi", "utun3": "tunnel", "en5": "ethernet", "lo0": "loopback",
    }  # fmt: skip
    assert [(row["address"], row["prefix"]) for row in found["addresses"]] == [("10.0.1.110", 24), ("2001:db8::7", 64)]


@pytest.mark.parametrize(
    "raw",
    [
        b"<plist", b"bplist00\xff" * 9, b"\xff" * 400, b"<?xml version='1.0'?><plist><array><string>",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><plist><string>&b;</string></plist>",
        b"<plist><array>" + b"<array>" * 50_000,
    ],
)  # fmt: skip
def test_what_is_no_answer_says_so(raw: bytes) -> None:
    with pytest.raises(profiler.ProfilerError, match="cannot read what system_profiler said"):
        profiler.parse(raw)


HOSTILE: list[object] = [
    None, 7, -1, 2.5, True, b"\0", [], {}, [[]], {"_items": 3}, "\0\u202e" * 200, "0x", "proc", "0x" + "f" * 900,
    [None, {}],
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_values_of_another_kind_break_nothing(value: object) -> None:
    keys = set(M1) | {
        "_name", "_items", "dimm_size", "dimm_speed", "dimm_part_number", "bsd_name", "device_model", "size",
        "size_in_bytes", "volumes", "spdisplays_ndrvs", "_spdisplays_display-year", "a_product_id", "g_location_id",
        "uri", "signed_by", "lastModified", "install_date", "package_source", "sppower_battery_model_info",
        "sppci_vendor-id", "interface",
    }  # fmt: skip
    for key in keys:
        one = {**M1, "_name": "x", "dimm_size": "2 GB", "bsd_name": "disk1", "uri": "usb://x", key: value}
        told = every({name: [one] for name in profiler.TYPES})
        for name, rows in told.items():
            assert rows_fit(name, rows)
            take.body(SECTIONS[name], rows)


def test_depth_and_number_are_bounded() -> None:
    deep: dict[str, object] = {"_name": "last"}
    for _ in range(900):
        deep = {"_name": "x", "_items": [deep]}
    assert len(list(profiler.every([deep]))) < 20
    assert len(list(profiler.every([{"_items": [{}] * 50_000}]))) <= 20_000


def test_each_reader_is_there_and_a_mac_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert take._of_this_system() == READERS
    assert set(take._loaded(macos.READERS)) == set(macos.READERS)
    monkeypatch.setattr("driftvakt_agent.inventory.take.sys.platform", "darwin")
    assert take._of_this_system() == macos.READERS


def test_what_system_profiler_does_not_say_is_no_empty_inventory() -> None:
    """A reader that got no answer fails, so that what was known before stays; and it is asked once."""
    host = Host()
    host.memory["profiler"] = profiler.ProfilerError("it did not say in 180 s what this machine is")
    taken = take.take(host, take._loaded(["macos.memory", "macos.usb"]))
    assert taken.bodies == {}
    assert set(taken.failed) == {"macos.memory", "macos.usb"}


@pytest.mark.parametrize(
    ("uri", "port"),
    [
        ("ipp://anna:hemlig@10.0.0.9/ipp/print", "ipp://10.0.0.9/ipp/print"),
        ("smb:anna:hemlig@srv/q", "smb:srv/q"),
        ("lpd://10.0.0.9/q?user=anna&password=hemlig", "lpd://10.0.0.9/q"),
        ("socket://10.0.0.9:9100/?bidi", "socket://10.0.0.9:9100/"),
    ],
)
def test_no_password_of_a_printer_leaves_the_mac(uri: str, port: str) -> None:
    (row,) = printers.parse([{"_name": "q", "uri": uri}])
    assert row["port"] == port


def test_nobody_is_named_by_what_people_call_their_things() -> None:
    (queue,) = printers.parse([{"_name": "Anna Eks HP", "ppd": "HP LaserJet", "uri": "dnssd://HP%20%40%20Anna%20Ek/"}])
    (stick,) = volumes.parse([{"_name": "Anna Ek", "bsd_name": "disk4s1", "mount_point": "/Volumes/Anna Ek"}], [],
                             encrypted=None)  # fmt: skip
    told = {**printers.of_nobody(queue), **volumes.of_nobody(stick)}
    assert not any("Anna" in str(cell) for cell in told.values())
    assert (told["driver"], told["port"], told["mountpoint"]) == ("HP LaserJet", "dnssd", "/Volumes/*")
    for signed in ("Apple Development: Anna Ek (ABCDE12345)", "Mac Developer: Anna Ek (ABCDE12345)"):
        assert software.publisher({"signed_by": [signed]}) == ""
    assert Mask(()).names_person("Anna-Eks-Mac-mini.local")
