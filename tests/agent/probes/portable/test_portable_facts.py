"""What the registry of Windows and the property lists of macOS tell."""

import plistlib
import sys
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from probing import machine, shown

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable import os as portable_os
from driftvakt_agent.probes.portable import reboot, registry, uname, updates
from driftvakt_agent.sample import NoData, ProbeError

RENAMES = "PendingFileRenameOperations"
elsewhere = pytest.mark.skipif(sys.platform == "win32", reason="Windows has a registry")


@pytest.mark.parametrize(
    ("keys", "renames", "expected"),
    [
        pytest.param((), None, False, id="nothing"),
        pytest.param(("RebootPending",), None, True, id="component based servicing"),
        pytest.param(("RebootRequired",), None, True, id="Windows Update"),
        pytest.param((), [r"\??\C:\Temp\x", ""], True, id="files to rename"),
        pytest.param((), ["", ""], False, id="an empty list of files"),
    ],
)
def test_windows_waits_for_a_restart(keys: tuple[str, ...], renames: list[str] | None, expected: bool) -> None:
    def value(_: str, name: str) -> registry.Value:
        return renames if name == RENAMES else None

    assert reboot.waits(lambda key: key.endswith(keys) if keys else False, value) is expected


@elsewhere
def test_there_is_no_registry_elsewhere() -> None:
    assert registry.value("SOFTWARE", "x") is None
    assert not registry.exists("SOFTWARE")
    with pytest.raises(NoData):
        list(reboot.collect(Host()))


def test_windows_11_calls_itself_10() -> None:
    values: dict[str, registry.Value] = {
        "ProductName": "Windows 10 Pro",
        "DisplayVersion": "23H2",
        "EditionID": "Professional",
        "CurrentBuildNumber": "22631",
        "CurrentMajorVersionNumber": 10,
        "CurrentMinorVersionNumber": 0,
        "UBR": 3447,
    }

    assert portable_os.windows(values.get) == {
        "ID": "windows",
        "NAME": "Windows 11 Pro",
        "PRETTY_NAME": "Windows 11 Pro 23H2",
        "VERSION": "23H2",
        "VERSION_ID": "10.0.22631",
        "BUILD_ID": "22631.3447",
        "VARIANT_ID": "professional",
    }


def test_an_older_windows() -> None:
    values: dict[str, registry.Value] = {
        "ProductName": "Windows Server 2012 R2 Standard",
        "CurrentVersion": "6.3",
        "CurrentBuildNumber": "9600",
    }

    facts = portable_os.windows(values.get)

    assert (facts["VERSION_ID"], facts["PRETTY_NAME"]) == ("6.3.9600", "Windows Server 2012 R2 Standard")


def test_a_windows_that_tells_nothing() -> None:
    assert portable_os.windows(lambda _: None)["ID"] == "windows"


@elsewhere
def test_a_mac(tmp_path: Path) -> None:
    plist = plistlib.dumps({"ProductName": "macOS", "ProductVersion": "14.5", "ProductBuildVersion": "23F79"})
    host = machine(tmp_path, {"System/Library/CoreServices/SystemVersion.plist": plist})

    info, version = portable_os.collect(host)

    assert dict(info.labels)["pretty_name"] == "macOS 14.5"
    assert dict(info.labels)["build_id"] == "23F79"
    assert version.value == 14.5


@elsewhere
def test_updates_of_a_mac(tmp_path: Path) -> None:
    plist = plistlib.dumps({"LastRecommendedUpdatesAvailable": 2, "LastSuccessfulDate": datetime(2026, 11, 22, 3, 12)})  # noqa: DTZ001
    host = machine(tmp_path, {"Library/Preferences/com.apple.SoftwareUpdate.plist": plist})

    assert shown(updates.collect(host)) == {
        'driftvakt_updates_pending{manager="softwareupdate",security="unknown"}': 2,
        "driftvakt_updates_checked_timestamp_seconds": 1795317120,
    }


@pytest.mark.parametrize("plist", [b"", b"bplist00", b"<plist>", b"<?xml version='1.0'?><plist><dict/></plist"])
def test_property_lists_that_are_none(plist: bytes) -> None:
    with pytest.raises(ProbeError, match="no property list"):
        list(updates.macos(plist))
    with pytest.raises(ProbeError, match="no property list"):
        portable_os.macos(plist)


@given(st.binary(max_size=60), st.sampled_from([b"", b"bplist00", b"<plist>", plistlib.dumps({"a": [1]})[:-20]]))
def test_no_bytes_get_it_off_its_feet(noise: bytes, start: bytes) -> None:
    try:
        portable_os.macos(start + noise)
    except ProbeError:
        return


def test_a_property_list_of_something_else() -> None:
    assert list(updates.macos(plistlib.dumps(["a"]))) == []
    assert portable_os.macos(plistlib.dumps(["a"]))["NAME"] == ""


@elsewhere
def test_neither_windows_nor_a_mac(tmp_path: Path) -> None:
    for probe in (portable_os, updates):
        with pytest.raises(NoData):
            list(probe.collect(machine(tmp_path)))


@pytest.mark.parametrize(
    ("output", "expected"),
    [("7 3 1795317120\n", {"yes": 3, "no": 4, "checked": 1795317120}), ("0 0 0", {"yes": 0, "no": 0})],
)
def test_windows_update(output: str, expected: dict[str, float]) -> None:
    series = shown(updates.windows(output))

    assert series['driftvakt_updates_pending{manager="windows",security="yes"}'] == expected["yes"]
    assert series['driftvakt_updates_pending{manager="windows",security="no"}'] == expected["no"]
    assert series.get("driftvakt_updates_checked_timestamp_seconds") == expected.get("checked")


@pytest.mark.parametrize("output", ["", "Search : Exception from HRESULT: 0x80240438", "1 2", "a b c"])
def test_windows_update_does_not_answer(output: str) -> None:
    with pytest.raises(ProbeError, match="Windows Update"):
        list(updates.windows(output))


def test_uname() -> None:
    (sample,) = uname.collect(Host())

    assert [name for name, _ in sample.labels] == ["domainname", "machine", "nodename", "release", "sysname", "version"]
    assert all(text for _, text in sample.labels)
