"""The declared table of series keeps the rules of names, and holds every series that a probe makes here."""

import re
import sys
from collections import Counter

import pytest
from probing import VM, linux_probes, machine

from driftvakt_agent.host import Host
from driftvakt_agent.sample import NoData, ProbeError
from driftvakt_wire import names
from driftvakt_wire.names import COUNTER, FAMILIES, GAUGE, INFO, PREFIXES, UNTYPED, Family, family

TABLES = (
    names.kernel,
    names.storage,
    names.network,
    names.hardware,
    names.system,
    names.own,
    names.relay,
    names.device,
    names.job,
)
DECLARED = [one for table in TABLES for one in table.FAMILIES]
IDS = [one.name for one in DECLARED]

SERIES_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
UNITS = {
    *("seconds", "bytes", "bits", "ratio", "hertz", "celsius", "volts", "amperes", "watts", "joules"),
    *("ampere_hours", "watt_hours", "rpm"),
}

# node_exporter's own names where the kernel's field stands for the unit: `node_hwmon_curr_amps`, `…_freq_freq_mhz`.
NAMED_BY_THE_KERNEL = ("node_hwmon_", "node_power_supply_", "node_thermal_zone_")
# node_exporter's own names of series that are always 1.
ALWAYS_ONE = {"node_hwmon_chip_names", "node_hwmon_sensor_label"}

UNIX = pytest.mark.skipif(sys.platform != "linux", reason="the probes of Linux")


@pytest.mark.parametrize("one", [*DECLARED, *PREFIXES], ids=[*IDS, *(one.name for one in PREFIXES)])
def test_a_declaration_keeps_the_rules(one: Family) -> None:
    assert SERIES_NAME.fullmatch(one.name)
    assert all(LABEL_NAME.fullmatch(label) for label in one.labels)
    assert len(set(one.labels)) == len(one.labels)
    assert one.type in (COUNTER, GAUGE, INFO, UNTYPED)
    assert one.help.endswith(".")
    assert one.help[:-1].strip() == one.help[:-1]


@pytest.mark.parametrize("one", DECLARED, ids=IDS)
def test_the_name_says_what_it_is(one: Family) -> None:
    assert one.name.endswith("_total") == (one.type == COUNTER)
    assert (one.name.endswith("_info") or one.name in ALWAYS_ONE) == (one.type == INFO)


@pytest.mark.parametrize("one", DECLARED, ids=IDS)
def test_the_name_says_the_unit(one: Family) -> None:
    if one.unit and not one.name.startswith(NAMED_BY_THE_KERNEL):
        assert one.unit in UNITS
        assert one.name.removesuffix("_total").endswith("_" + one.unit)


def test_nothing_is_declared_twice() -> None:
    assert [name for name, count in Counter(IDS).items() if count > 1] == []


def test_a_field_of_a_kernel_to_come_is_made_from_its_prefix() -> None:
    assert family("node_vmstat_pgfault") == Family(
        "node_vmstat_pgfault", UNTYPED, "", (), "/proc/vmstat information field pgfault."
    )
    assert family("node_nothing") is None
    assert set(FAMILIES) == set(IDS)


@UNIX
@pytest.mark.parametrize("profile", ["server", "workstation"])
@pytest.mark.parametrize("where", ["this machine", "captured"])
def test_what_the_probes_tell_is_declared(profile: str, where: str) -> None:
    host = Host(profile=profile) if where == "this machine" else machine(VM, profile=profile)
    undeclared = []

    for name, module in linux_probes(profile):
        try:
            for sample in module.collect(host):
                declared = family(sample.name)
                labels = sorted(label for label, _ in sample.labels)
                if declared is None or sorted(declared.labels) != labels:
                    undeclared.append((name, sample.name, labels))
                assert not (declared and declared.type == INFO and sample.value != 1)
        except (NoData, ProbeError):
            continue

    assert undeclared == []
