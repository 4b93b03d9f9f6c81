"""What disks say of themselves, by smartctl as JSON and as lines, and as series."""

import json
import re

import pytest
from probing import CORPORA

from driftvakt_agent.inventory import smart, storage
from driftvakt_agent.inventory.smart_series import Page, render

FOLDER = CORPORA / "inventory"
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")

ATA = {
    "smartctl": {"exit_status": 0},
    "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
    "model_name": "ST2000NM0008-2F3100",
    "serial_number": "ZDH0TESTÅ",
    "wwn": {"naa": 5, "oui": 3152, "id": 2899571823},
    "firmware_version": "SN02",
    "user_capacity": {"blocks": 3907029168, "bytes": 2000398934016},
    "rotation_rate": 7200,
    "form_factor": {"ata_value": 2, "name": "3.5 inches"},
    "smart_status": {"passed": False},
    "temperature": {"current": 31},
    "power_on_time": {"hours": 100},
    "ata_smart_attributes": {"table": [
        {"id": 5, "name": "Reallocated_Sector_Ct", "value": 100, "worst": 99, "thresh": 10,
         "flags": {"string": "PO--CK "}, "raw": {"value": 8, "string": "8"}},
        {"id": "no number", "name": "x"}, None,
    ]},
}  # fmt: skip
NVME = {
    "device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
    "model_name": "SAMSUNG MZVLB512HAJQ-00000", "serial_number": "S3W8NX0K000001", "firmware_version": "EXA7301Q",
    "nvme_total_capacity": 512110190592, "smart_status": {"passed": True},
    "nvme_smart_health_information_log": {"percentage_used": 3, "available_spare": 100, "media_errors": 0},
}  # fmt: skip
SCSI = {
    "device": {"name": "/dev/bus/0", "type": "megaraid,4", "protocol": "SCSI"},
    "scsi_vendor": "SEAGATE", "scsi_product": "ST600MM0006", "scsi_revision": "LS0A", "serial_number": "S0M0TEST",
    "logical_unit_id": "0x5000c500755fffff", "scsi_transport_protocol": {"name": "SAS (SPL-4)", "value": 6},
    "user_capacity": {"bytes": 600127266816}, "rotation_rate": 10500, "smart_status": {"passed": True},
}  # fmt: skip


def test_a_disk_of_ata() -> None:
    assert smart.parse(ATA) == {
        "model": "ST2000NM0008-2F3100", "serial": "ZDH0TESTÅ", "firmware": "SN02", "size_bytes": 2000398934016,
        "type": "hdd", "bus": "sata", "wwn": "5000c500acd3f46f", "rotation_rpm": 7200, "form_factor": "3.5 inches",
        "health": "failing",
    }  # fmt: skip


def test_a_disk_of_nvme_and_one_behind_a_controller() -> None:
    assert smart.parse(NVME) == {
        "model": "SAMSUNG MZVLB512HAJQ-00000", "serial": "S3W8NX0K000001", "firmware": "EXA7301Q",
        "size_bytes": 512110190592, "type": "nvme", "bus": "nvme", "health": "passed",
    }  # fmt: skip
    assert smart.parse(SCSI) == {
        "model": "ST600MM0006", "vendor": "SEAGATE", "serial": "S0M0TEST", "firmware": "LS0A", "bus": "sas",
        "size_bytes": 600127266816, "type": "hdd", "wwn": "5000c500755fffff", "rotation_rpm": 10500,
        "health": "passed",
    }  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [{}, {"device": []}, {"wwn": {"naa": 99, "oui": -1, "id": 1}}, {"smart_status": "yes"}, {"rotation_rate": True},
     {"user_capacity": {"bytes": 1 << 62}}, {"serial_number": 7}, {"form_factor": {"name": "x" * 1000}}],
)  # fmt: skip
def test_what_is_none_of_it_says_nothing(told: dict[str, object]) -> None:
    assert smart.parse(told) == {}
    assert render([Page("sda", told)]) == b""


def test_a_disk_is_what_the_kernel_and_the_disk_itself_say() -> None:
    kernel: list[dict[str, object]] = [
        {"name": "sda", "model": "ST2000NM0008-2F3", "vendor": "", "size_bytes": 2000398934016},
        {"name": "nvme0n1", "model": "SAMSUNG MZVLB512HAJQ-00000"}, {"name": "vda", "model": ""},
    ]  # fmt: skip
    told = [{"name": "sda", **smart.parse(ATA)}, {"name": "nvme0", **smart.parse(NVME)},
            {"name": "bus/0 megaraid,4", **smart.parse(SCSI)}]  # fmt: skip

    rows = {row["name"]: row for row in storage.with_smart(kernel, told)}

    assert list(rows) == ["sda", "nvme0n1", "vda", "bus/0 megaraid,4"]
    assert (rows["sda"]["model"], rows["sda"]["health"]) == ("ST2000NM0008-2F3100", "failing")
    assert rows["nvme0n1"]["health"] == "passed"
    assert rows["vda"] == kernel[2]


def test_series_have_the_names_of_smartctl_exporter() -> None:
    page = render([Page('s"da', ATA), Page("nvme0", NVME)]).decode()

    assert 'smartctl_device_smart_status{device="s\\"da"} 0' in page
    assert 'smartctl_device_smart_status{device="nvme0"} 1' in page
    assert 'smartctl_device_power_on_seconds{device="s\\"da"} 360000' in page
    assert 'smartctl_device_percentage_used{device="nvme0"} 3' in page
    labels = 'attribute_name="Reallocated_Sector_Ct",attribute_id="5",attribute_flags_short="PO--CK"'
    assert f'smartctl_device_attribute{{device="s\\"da",{labels},attribute_value_type="raw"}} 8' in page
    assert page.count("# TYPE smartctl_device_smart_status gauge") == 1
    names = re.findall(r"^(\w+)\{", page, re.M)
    assert names == sorted(names), "each family stands in one piece"


KEYS = {"MODEL": "model", "SERIALNUMBER": "serial", "FIRMWARE": "firmware", "WWN": "wwn", "INTERFACE": "bus",
        "DESCRIPTION": "bus", "TYPE": "type", "DISKSIZE": "size_bytes", "MANUFACTURER": "vendor"}  # fmt: skip


@recorded
def test_recordings() -> None:
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))["smartctl"]
    hits, misses = 0, []
    for name, facts in expected.items():
        text = (FOLDER / "smartctl" / name).read_text("utf-8")
        row = smart.parse_lines(text)
        for key, wanted in facts["disk"].items():
            if wanted is None or not said(key, str(wanted), text):
                continue
            if same(key, wanted, row):
                hits += 1
            else:
                misses.append(f"{name}: {key} is {row.get(KEYS[key])!r}, expected {wanted!r}")
    print(f"\nsmartctl: {hits} of {hits + len(misses)} fields; misses: {misses}")
    assert hits >= 0.98 * (hits + len(misses))
    assert hits >= 25


def said(key: str, wanted: str, text: str) -> bool:
    """Say if the recording tells it: some of what is expected is no fact, but the other program's guess."""
    if key == "DESCRIPTION" and wanted == "SATA":
        return "SATA Version" in text
    if key == "MANUFACTURER":
        # Whose a model is by its letters, and how a maker is called by now, is the collector's work.
        return any(line.startswith("Vendor:") and wanted in line for line in text.splitlines())
    if key == "TYPE" and wanted == "disk":
        return False
    if key == "MODEL" and wanted == "DVD":
        # Of "DVD A  DS8A5LH" the first word.
        return False
    # A size of 7757 petabytes is that of no medium.
    return not (key == "DISKSIZE" and int(wanted) > 10**12)


def same(key: str, wanted: str | int, row: dict[str, object]) -> bool:
    found = row.get(KEYS[key])
    if key == "DISKSIZE":
        assert isinstance(found, int)
        return found // 1_000_000 == int(wanted)
    if key == "TYPE":
        return found == {"CD": "optical"}.get(str(wanted), wanted)
    return str(found).lower() == str(wanted).lower()
