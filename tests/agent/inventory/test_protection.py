"""Antivirus, firewalls, and programs that let others in."""

import os
from pathlib import Path

import pytest
from probing import machine

from driftvakt_agent.inventory import protection
from driftvakt_agent.sample import NoData

NOVEMBER_26 = 1795687200.0


@pytest.mark.parametrize(
    ("head", "fresh"),
    [("ClamAV-VDB:25 Nov 2026 08-31 +0000:27480:2069041:90:x", True),
     ("ClamAV-VDB:01 Sep 2026 08-31 +0000:27400:2069041:90:x", False), ("nothing", None), ("", None)],
)  # fmt: skip
def test_clamav_is_at_work_and_its_patterns_are_of_these_days(tmp_path: Path, head: str, fresh: bool | None) -> None:
    unit = "[Unit]\nDescription=Clam\n[Service]\nExecStart=/usr/sbin/clamd\n[Install]\nWantedBy=multi-user.target\n"
    home = machine(tmp_path, {"usr/sbin/clamd": "", "usr/lib/systemd/system/clamav-daemon.service": unit,
                              "var/lib/clamav/daily.cvd": head})  # fmt: skip
    home.now = lambda: NOVEMBER_26

    (row,) = protection.take(home)["antivirus"]
    assert (row["name"], row["enabled"], row["up_to_date"]) == ("ClamAV", False, fresh)

    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    os.symlink("/usr/lib/systemd/system/clamav-daemon.service", wants / "clamav-daemon.service")
    (row,) = protection.take(machine(tmp_path))["antivirus"]
    assert row["enabled"] is True


def test_firewalls(tmp_path: Path) -> None:
    home = machine(tmp_path, {"etc/ufw/ufw.conf": "# ufw\nENABLED=no\nLOGLEVEL=low\n", "etc/nftables.conf": "",
                              "etc/sysconfig/nftables.conf": ""})  # fmt: skip

    assert protection.take(home)["firewalls"] == [
        {"profile": "", "name": "ufw", "enabled": False}, {"profile": "", "name": "nftables", "enabled": False},
    ]  # fmt: skip


def test_programs_that_take_the_machine_over_from_afar(tmp_path: Path) -> None:
    home = machine(tmp_path, {
        "opt/teamviewer/tv_bin/x": "", "etc/teamviewer/global.conf": "[int32] ClientID = 123456789\n[strng] Pw = x\n",
        "etc/anydesk/system.conf": "ad.anynet.pwd_hash=no\nad.anynet.id=987654321\n", "etc/xrdp/xrdp.ini": "",
        "opt/sophos-spl/base/VERSION.ini": "PRODUCT_NAME = Sophos\nPRODUCT_VERSION = 1.2.3.4\n",
    })  # fmt: skip

    found = protection.take(home)

    assert [(row["kind"], row["id"]) for row in found["remote_access"]] == [
        ("teamviewer", "123456789"), ("anydesk", "987654321"), ("xrdp", ""),
    ]  # fmt: skip
    assert found["antivirus"][0]["version"] == "1.2.3.4"


def test_a_machine_without_any_of_it(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        protection.take(machine(tmp_path))
