import shutil
from pathlib import Path

import pytest
from probing import VM, machine, shown

from driftvakt_agent.probes import network

HEADING = "Inter-|   Receive  |  Transmit\n face |bytes packets |bytes packets\n"
NUMBERS = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"


def interface(name: str, **files: str) -> dict[str, str]:
    return {f"sys/class/net/{name}/{file}": text for file, text in files.items()}


def test_a_server_tells_all_of_all() -> None:
    series = shown(network.collect(machine(VM)))

    assert len([key for key in series if 'device="eth0"' in key]) == 16 + 19
    assert series['node_network_flags{device="eth0"}'] == 0x1003
    assert series['node_network_mtu_bytes{device="eth0"}'] == 1400
    assert series['node_network_up{device="eth0"}'] == 1
    assert series['node_network_up{device="lo"}'] == 0
    assert (
        'node_network_info{address="02:fc:00:00:00:01",adminstate="up",broadcast="ff:ff:ff:ff:ff:ff",device="eth0",'
        'duplex="unknown",ifalias="",operstate="up"}'
    ) in series
    assert 'node_network_carrier{device="ifb0"}' not in series
    assert 'node_network_speed_bytes{device="eth0"}' not in series, "-1 says that the speed is not known"


def test_a_workstation_tells_less_of_its_cards() -> None:
    series = shown(network.collect(machine(VM, profile="workstation")))

    assert [key.partition("{")[0] for key in series] == [
        "node_network_receive_bytes_total",
        "node_network_receive_errs_total",
        "node_network_receive_drop_total",
        "node_network_transmit_bytes_total",
        "node_network_transmit_errs_total",
        "node_network_transmit_drop_total",
        "node_network_up",
        "node_network_info",
    ]
    assert all('device="eth0"' in key for key in series)


@pytest.mark.parametrize(
    ("name", "files", "told"),
    [
        pytest.param("eth0", {"device/vendor": "", "operstate": "down\n"}, True, id="a card without a cable"),
        pytest.param("wg0", {"operstate": "up\n"}, True, id="a tunnel that is up"),
        pytest.param("wg0", {"operstate": "down\n"}, False, id="a tunnel that is down"),
        pytest.param("docker0", {"operstate": "up\n"}, False, id="a bridge of containers"),
        pytest.param("veth12ab", {"operstate": "up\n"}, False, id="a container's end"),
        pytest.param("lo", {"operstate": "unknown\n"}, False, id="loopback"),
    ],
)
def test_what_a_workstation_tells_of(tmp_path: Path, name: str, files: dict[str, str], *, told: bool) -> None:
    host = machine(tmp_path, {"proc/net/dev": f"{HEADING}{name}: {NUMBERS}\n"}, profile="workstation")
    machine(tmp_path, interface(name, **files))

    assert bool(shown(network.collect(host))) == told


def test_columns_under_their_names() -> None:
    series = shown(network.parse(f"{HEADING}  eth0:{NUMBERS}\n"))

    assert series == {
        'node_network_receive_bytes_total{device="eth0"}': 1,
        'node_network_receive_packets_total{device="eth0"}': 2,
        'node_network_receive_errs_total{device="eth0"}': 3,
        'node_network_receive_drop_total{device="eth0"}': 4,
        'node_network_receive_fifo_total{device="eth0"}': 5,
        'node_network_receive_frame_total{device="eth0"}': 6,
        'node_network_receive_compressed_total{device="eth0"}': 7,
        'node_network_receive_multicast_total{device="eth0"}': 8,
        'node_network_transmit_bytes_total{device="eth0"}': 9,
        'node_network_transmit_packets_total{device="eth0"}': 10,
        'node_network_transmit_errs_total{device="eth0"}': 11,
        'node_network_transmit_drop_total{device="eth0"}': 12,
        'node_network_transmit_fifo_total{device="eth0"}': 13,
        'node_network_transmit_colls_total{device="eth0"}': 14,
        'node_network_transmit_carrier_total{device="eth0"}': 15,
        'node_network_transmit_compressed_total{device="eth0"}': 16,
    }


@pytest.mark.parametrize("name", ["eth0:1", "wlp2s0", "äpple", "a.100@b"])
def test_names(name: str) -> None:
    assert f'node_network_receive_bytes_total{{device="{name}"}}' in shown(
        network.parse(f"{HEADING}{name}: {NUMBERS}\n")
    )


@pytest.mark.parametrize("text", ["", HEADING, f"{HEADING}\n"])
def test_no_interfaces(text: str) -> None:
    assert shown(network.parse(text)) == {}


def test_settings_that_are_missing_are_left_out(tmp_path: Path) -> None:
    host = machine(tmp_path, {"sys/class/net/bonding_masters": "bond0\n"})
    machine(tmp_path, interface("eth1", operstate="up\n", speed="1000\n", ifalias="Växjö länk\n", mtu="many\n"))

    assert shown(network.collect(host)) == {
        'node_network_up{device="eth1"}': 1,
        'node_network_info{address="",adminstate="",broadcast="",device="eth1",duplex="",ifalias="Växjö länk",'
        'operstate="up"}': 1,
        'node_network_speed_bytes{device="eth1"}': 125_000_000,
    }


def test_a_container_without_sys_still_counts(tmp_path: Path) -> None:
    host = machine(tmp_path, {"proc/net/dev": f"{HEADING}eth0: {NUMBERS}\n"})

    assert len(shown(network.collect(host))) == 16


def test_settings_are_read_again_when_the_link_changes_and_after_ten_cycles(tmp_path: Path) -> None:
    files = interface("eth0", ifindex="2\n", flags="0x1003\n", operstate="up\n", carrier_changes="1\n", mtu="1500\n")
    host = machine(tmp_path, {"proc/net/dev": HEADING, **files})
    folder = tmp_path / "sys/class/net/eth0"

    def told() -> float:
        return shown(network.collect(host))['node_network_mtu_bytes{device="eth0"}']

    seen = [told()]
    (folder / "mtu").write_text("9000\n")
    seen += [told() for _ in range(10)]
    (folder / "mtu").write_text("1400\n")
    seen.append(told())
    (folder / "carrier_changes").write_text("3\n")
    seen.append(told())
    (folder / "mtu").write_text("1300\n")
    (folder / "ifindex").write_text("7\n")
    seen.append(told())

    assert seen == [*[1500] * 10, 9000, 9000, 1400, 1300]


@pytest.mark.parametrize("profile", ["server", "workstation"])
def test_a_cable_that_is_pulled_is_told_at_once(tmp_path: Path, profile: str) -> None:
    files = interface("eth0", ifindex="2\n", flags="0x1003\n", operstate="up\n", **{"device/vendor": "x"})
    host = machine(tmp_path, {"proc/net/dev": f"{HEADING}eth0: {NUMBERS}\n", **files}, profile=profile)

    before = shown(network.collect(host))
    (tmp_path / "sys/class/net/eth0/operstate").write_text("down\n")
    after = shown(network.collect(host))

    assert (before['node_network_up{device="eth0"}'], after['node_network_up{device="eth0"}']) == (1, 0)


def test_counters_are_read_in_each_cycle(tmp_path: Path) -> None:
    files = interface("eth0", ifindex="2\n", operstate="up\n", **{"statistics/rx_nohandler": "5\n"})
    host = machine(tmp_path, {"proc/net/dev": HEADING, **files})
    name = 'node_network_receive_nohandler_total{device="eth0"}'

    before = shown(network.collect(host))[name]
    (tmp_path / "sys/class/net/eth0/statistics/rx_nohandler").write_text("6\n")

    assert (before, shown(network.collect(host))[name]) == (5, 6)


def test_an_interface_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    host = machine(tmp_path, {"proc/net/dev": HEADING, **interface("veth1", ifindex="9\n", type="1\n")})
    list(network.collect(host))

    shutil.rmtree(tmp_path / "sys/class/net/veth1")
    list(network.collect(host))

    assert host.memory["network"] == {}
