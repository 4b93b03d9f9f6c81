from pathlib import Path

import pytest
from probing import FIXTURES, machine, shown

from driftvakt_agent import dbus
from driftvakt_agent.probes import systemd
from driftvakt_agent.probes.systemd import Manager, Unit
from driftvakt_agent.sample import NoData, ProbeError

LIST_UNITS = (FIXTURES / "nspawn_debian_12" / "list-units.bin").read_bytes()


def answer(_: str, path: str, interface: str, member: str, *texts: str) -> list[dbus.Value]:
    """Answer as the recorded systemd did."""
    if member == "ListUnits":
        return dbus.parse(LIST_UNITS)[2]
    properties: dict[str, dbus.Value] = {"Version": "252.39-1~deb12u2", "SystemState": "degraded", "Type": "simple"}
    return [properties[texts[1]]]


def test_a_machine_with_a_failed_unit() -> None:
    assert shown(Manager(answer).samples()) == {
        'node_systemd_version{version="252.39-1~deb12u2"}': 252.39,
        "node_systemd_system_running": 0,
        'node_systemd_units{state="activating"}': 0,
        'node_systemd_units{state="active"}': 64,
        'node_systemd_units{state="deactivating"}': 0,
        'node_systemd_units{state="failed"}': 1,
        'node_systemd_units{state="inactive"}': 90,
        'node_systemd_unit_state{name="boom.service",state="failed",type="simple"}': 1,
    }


def test_failed_units_are_named_within_bounds() -> None:
    units = [Unit(f"a{number:03}.service", "failed", "/") for number in range(60)]

    assert len(systemd.failed(units)) == systemd.MAX_FAILED


def test_no_failed_unit_tells_a_users_name() -> None:
    units = [Unit(name, "failed", "/") for name in ("home-anna.mount", "session-3.scope", "srv.mount", "b.service")]
    units.append(Unit("c.service", "active", "/"))

    assert [unit.name for unit in systemd.failed(units)] == ["b.service", "srv.mount"]


@pytest.mark.parametrize(
    ("version", "expected"),
    [("252.39-1~deb12u2", 252.39), ("219", 219), ("v255-rc1", 255), ("257.", 257), ("", 0), ("devel", 0)],
)
def test_version_number(version: str, expected: float) -> None:
    assert systemd.version_number(version) == expected


def test_another_init(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="does not run here"):
        list(systemd.collect(machine(tmp_path)))


def test_a_bus_that_is_gone(tmp_path: Path) -> None:
    host = machine(tmp_path, {"run/systemd/system/x": "", "run/dbus/system_bus_socket": "a file"})

    with pytest.raises(ProbeError, match="cannot ask systemd"):
        list(systemd.collect(host))
