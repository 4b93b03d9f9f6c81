from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent.probes import hwmon
from driftvakt_agent.sample import NoData


def test_a_chip_is_named_after_its_device(tmp_path: Path) -> None:
    host = machine(
        tmp_path,
        {
            "sys/devices/platform/coretemp.0/hwmon/hwmon1/name": "coretemp\n",
            "sys/devices/platform/coretemp.0/hwmon/hwmon1/temp1_input": "55000\n",
            "sys/devices/platform/coretemp.0/hwmon/hwmon1/temp1_crit": "100000\n",
            "sys/devices/platform/coretemp.0/hwmon/hwmon1/temp1_label": "Physical id 0\n",
            "sys/class/hwmon/README": "no directory",
        },
    )
    chip = tmp_path / "sys/devices/platform/coretemp.0/hwmon/hwmon1"
    (chip / "device").symlink_to("../../../coretemp.0")
    (tmp_path / "sys/class/hwmon/hwmon1").symlink_to(chip)

    series = shown(hwmon.collect(host))

    assert series == {
        'node_hwmon_chip_names{chip="platform_coretemp_0",chip_name="coretemp"}': 1,
        'node_hwmon_sensor_label{chip="platform_coretemp_0",label="Physical id 0",sensor="temp1"}': 1,
        'node_hwmon_temp_crit_celsius{chip="platform_coretemp_0",sensor="temp1"}': 100,
        'node_hwmon_temp_celsius{chip="platform_coretemp_0",sensor="temp1"}': 55,
    }


def test_a_workstation_leaves_out_limits(tmp_path: Path) -> None:
    files = {"sys/class/hwmon/hwmon0/temp1_input": "40500", "sys/class/hwmon/hwmon0/temp1_crit": "90000"}

    series = shown(hwmon.collect(machine(tmp_path, files, profile="workstation")))

    assert series == {'node_hwmon_temp_celsius{chip="hwmon0",sensor="temp1"}': 40.5}


@pytest.mark.parametrize(
    ("device", "name", "shared", "expected"),
    [
        pytest.param("/sys/devices/platform/applesmc.768", "", False, "platform_applesmc_768", id="bus and device"),
        pytest.param("/sys/devices/pci0/nvme/nvme0", "nvme", False, "nvme_nvme0", id="an NVMe disk"),
        pytest.param("/d/asus-nb-wmi", "asus", True, "d_asus_nb_wmi_asus", id="two chips of a device, by driver"),
        pytest.param("/d/asus-nb-wmi", "", True, "d_asus_nb_wmi", id="two chips of a device, nameless"),
        pytest.param("", "nct6779", False, "nct6779", id="no device, by driver"),
        pytest.param("", "", False, "hwmon4", id="neither, by number"),
    ],
)
def test_chip_label(device: str, name: str, shared: bool, expected: str) -> None:
    assert hwmon.chip_label(device, name, "hwmon4", shared=shared) == expected


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("temp1_input", ("temp", 1, "input")),
        ("pwm2", ("pwm", 2, "")),
        ("pwm1_auto_point2_temp", ("pwm", 1, "auto_point2_temp")),
        ("beep_enable", ("beep_enable", 0, "")),
        ("intrusion0_alarm", ("intrusion", 0, "alarm")),
        ("in0_", None),
        ("in0x", None),
        ("temp" + "9" * 30 + "_input", None),
        ("uevent", None),
        ("", None),
    ],
)
def test_split(filename: str, expected: tuple[str, int, str] | None) -> None:
    assert hwmon.split(filename) == expected


@pytest.mark.parametrize(
    ("kind", "element", "value", "plain", "expected"),
    [
        ("temp", "", 55000, False, ("node_hwmon_temp_celsius", 55)),
        ("temp", "type", 4, False, ("node_hwmon_temp_type", 4)),
        ("temp", "fault", 1, False, ("node_hwmon_temp_fault", 1)),
        ("fan", "input", 1200, False, ("node_hwmon_fan_rpm", 1200)),
        ("fan", "beep", 1, False, ("node_hwmon_fan_beep_enabled", 1)),
        ("fan", "pulses", 2, False, ("node_hwmon_fan_pulses", 2)),
        ("in", "input", 1744, False, ("node_hwmon_in_volts", 1.744)),
        ("curr", "max", 500, False, ("node_hwmon_curr_max_amps", 0.5)),
        ("power", "average", 45_000_000, False, ("node_hwmon_power_average_watt", 45)),
        ("power", "accuracy", 500_000, False, ("node_hwmon_power_accuracy", 0.5)),
        ("power", "average_interval", 1000, False, ("node_hwmon_power_average_interval_seconds", 1)),
        ("energy", "input", 2_000_000, False, ("node_hwmon_energy_joule_total", 2)),
        ("humidity", "input", 450_000, False, ("node_hwmon_humidity", 0.45)),
        ("pwm", "", 128, True, ("node_hwmon_pwm", 128)),
        ("pwm", "input", 1, True, ("node_hwmon_pwm_input", 1)),
        ("vrm", "", 90, False, ("node_hwmon_voltage_regulator_version", 90)),
        ("beep_enable", "", 1, True, ("node_hwmon_beep_enabled", 1)),
        ("update_interval", "", 1500, True, ("node_hwmon_update_interval_seconds", 1.5)),
    ],
)
def test_each_kind_has_its_unit(
    kind: str, element: str, value: float, plain: bool, expected: tuple[str, float]
) -> None:
    assert hwmon.measure(kind, element, value, plain=plain) == expected


def test_odd_values_are_passed_over() -> None:
    sensors = {"temp1": {"input": "N/A", "max": "nan", "min": "inf", "crit": ""}, "freq1": {"input": "300000000"}}

    assert list(hwmon.parse("chip", sensors)) == []


def test_a_clock_is_known_by_its_label() -> None:
    series = shown(hwmon.parse("gpu", {"freq2": {"input": "300000000", "label": "mclk"}}))

    assert series['node_hwmon_freq_freq_mhz{chip="gpu",sensor="mclk"}'] == 300


def test_a_virtual_machine_has_none(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="no hwmon"):
        list(hwmon.collect(machine(tmp_path)))
    (tmp_path / "sys/class/hwmon").mkdir(parents=True)
    with pytest.raises(NoData, match="virtual machine"):
        list(hwmon.collect(machine(tmp_path)))
