"""Whole visits to machines of every kind that we have commands for, played on loopback from recordings."""

import asyncio
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import paramiko
import pytest
from answering import RECORDINGS, Act, Server, hangs, says
from played import SHOW_INVENTORY, SHOW_VERSION, aix, linux, macos, recorded, windows

from driftvakt_collector.poll.ssh import facts
from driftvakt_collector.poll.ssh.commands import COMMANDS, DETECTION, Platform
from driftvakt_collector.poll.ssh.parsers import cim, ip_address, lsblk, show_version, sysfs
from driftvakt_collector.poll.ssh.parsers.interface import Address
from driftvakt_collector.poll.ssh.series import Shape, shaped
from driftvakt_collector.poll.ssh.target import Limits, SshError, Trouble
from driftvakt_collector.poll.ssh.visit import Memory, Visit, visit
from driftvakt_wire.names import family
from driftvakt_wire.privacy import offence
from driftvakt_wire.sections import MAX_BODY, SECTIONS

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")

QUICK = Limits(banner=3, exchange=5, auth=5, channel=2, visit=20)


def seen(
    acts: dict[str, Act], *, facts: bool = True, persons: bool = True, hangs_up: bool = False,
    refused: Act | None = None,
) -> Visit:  # fmt: skip
    with Server(acts, hangs_up=hangs_up, refused=refused) as server:
        return asyncio.run(visit(server.target(), Memory(), facts=facts, persons=persons, limits=QUICK))


def number(visit: Visit, name: str, **labels: str) -> float | int | None:
    for (one, told), value in zip(visit.shape.keys, visit.values, strict=True):
        if one == name and labels.items() <= dict(told).items():
            return value
    return None


def rows(visit: Visit, section: str) -> list[dict[str, object]]:
    body = visit.sections[section]
    return [dict(zip(body.columns, row, strict=True)) for row in body.rows]


@pytest.fixture(scope="module")
def of_linux() -> Visit:
    return seen(linux())


def test_health_of_a_linux(of_linux: Visit) -> None:
    assert of_linux.platform is Platform.LINUX
    assert of_linux.uptime == 57780.31
    assert number(of_linux, "node_load15") == 0.03
    assert number(of_linux, "node_memory_MemTotal_bytes") == 3997272 * 1024
    assert number(of_linux, "node_memory_Active_anon_bytes") == 70216 * 1024
    assert number(of_linux, "node_cpu_seconds_total", cpu="1", mode="system") == 40.31
    assert number(of_linux, "node_boot_time_seconds") == 1662154781
    assert number(of_linux, "node_network_receive_bytes_total", device="ens33") == 60600053
    assert number(of_linux, "node_disk_read_bytes_total", device="sda") == 892828 * 512
    assert number(of_linux, "node_disk_read_bytes_total", device="sda1") is None
    root = {"device": "/dev/mapper/centos-root", "fstype": "xfs", "mountpoint": "/"}
    assert number(of_linux, "node_filesystem_size_bytes", **root) == 17811456 * 1024
    assert number(of_linux, "node_filesystem_free_bytes", **root) == (17811456 - 1805580) * 1024
    assert number(of_linux, "node_filesystem_readonly", **root) == 0
    assert number(of_linux, "node_filesystem_size_bytes", mountpoint="/sys/fs/cgroup") is None
    assert number(of_linux, "node_systemd_units", state="failed") == 0
    assert number(of_linux, "node_systemd_units", state="active") == 144


def test_facts_of_a_linux(of_linux: Visit) -> None:
    (system,) = rows(of_linux, "operating_system")
    (package,) = rows(of_linux, "packages")
    (processor, _) = rows(of_linux, "processors")
    volumes = {row["name"]: row for row in rows(of_linux, "volumes")}
    disks = {row["name"]: row for row in rows(of_linux, "storage")}

    assert (system["name"], system["version"], system["kernel"]) == ("centos", "7", "3.10.0-1062.1.2.el7.x86_64")
    assert (package["source"], package["name"], package["version"]) == ("rpm", "make", "1:3.82-24.el7")
    assert (processor["manufacturer"], processor["speed_mhz"], processor["cores"]) == ("Intel", 2400, 1)
    assert (disks["sda"]["size_bytes"], disks["sda"]["model"], disks["sda"]["bus"]) == (
        20 << 30,
        "VMware Virtual S",
        "scsi",
    )
    assert disks["sr0"]["type"] == "optical"
    assert (volumes["centos-root"]["parent"], volumes["centos-root"]["type"]) == ("sda2", "lvm")
    assert volumes["centos-root"]["mountpoint"] == "/"
    assert {"name": "ens33", "mac": "00:0c:29:3b:58:0e", "type": "ethernet", "mtu_bytes": 1500} in rows(
        of_linux, "network_interfaces"
    )
    assert {"interface": "ens33", "address": "192.168.71.137", "prefix": 24, "scope": "global"} in rows(
        of_linux, "addresses"
    )
    assert {"protocol": "tcp", "address": "0.0.0.0", "port": 22} in rows(of_linux, "listening_sockets")
    assert {"protocol": "tcp", "address": "::1", "port": 25} in rows(of_linux, "listening_sockets")
    assert {"name": "sshd", "start": "enabled"} in rows(of_linux, "services")
    assert {"name": "wheel", "gid": 10, "members": "joeuser"} in rows(of_linux, "local_groups")
    assert next(row for row in rows(of_linux, "local_users") if row["name"] == "ftp")["full_name"] == "FTP User"


def test_of_a_linux_that_hides_its_proc_the_commands_tell() -> None:
    hidden = {end: act for end, act in linux().items() if not end.startswith("/proc/")}
    more = {" uptime": recorded("centos-7.7/uptime"), "free -k": recorded("centos-7.7/free")}
    found = seen(hidden | more, facts=False)

    assert found.uptime == 57780
    assert number(found, "node_load5") == 0.01
    assert number(found, "node_memory_MemAvailable_bytes") == 3389588 * 1024
    assert number(found, "node_memory_SwapTotal_bytes") == 2097148 * 1024


def test_a_macos() -> None:
    found = seen(macos())
    (system,) = rows(found, "operating_system")

    assert found.platform is Platform.MACOS
    assert found.uptime == 1799100
    assert (system["name"], system["title"], system["kernel"]) == ("macos", "Mac OS X 10.14.6", "18.7.0")
    assert number(found, "node_load1") == 1.63
    assert number(found, "node_boot_time_seconds") == 1574886342
    assert number(found, "node_memory_MemTotal_bytes") == 16 << 30
    assert number(found, "node_memory_MemAvailable_bytes") == (63420 + 2000) * 4096
    assert number(found, "node_network_receive_packets_total", device="en0") == 23300545
    assert number(found, "node_filesystem_size_bytes", mountpoint="/", fstype="apfs") == 976490576 * 512
    # What an address was made up for a while is left out.
    assert "2600:1700:bab0:d40:4573:9380:5ecb:ef52" not in {row["address"] for row in rows(found, "addresses")}
    assert "2600:1700:bab0:d40::24" in {row["address"] for row in rows(found, "addresses")}
    assert rows(found, "processors")[0]["threads"] == 12


def test_what_a_login_shell_greets_with_is_no_part_of_an_answer(of_linux: Visit) -> None:
    def greeted(act: Act) -> Act:
        def greet(channel: paramiko.Channel) -> None:
            channel.sendall(b"Welcome to srv01, total load: 9.9 9.9 9.9\n\nMind the gap.\n")
            act(channel)

        return greet

    found = seen({end: greeted(act) for end, act in linux().items()})

    assert (found.shape.keys, found.values) == (of_linux.shape.keys, of_linux.values)
    assert found.uptime == of_linux.uptime
    assert found.sections == of_linux.sections


def test_many_machines_are_asked_at_once_by_few_threads() -> None:
    async def all_of(server: Server) -> list[Visit]:
        with ThreadPoolExecutor(3) as threads:
            return await asyncio.gather(*(
                visit(server.target(), Memory(), facts=False, limits=QUICK, threads=threads) for _ in range(9)
            ))  # fmt: skip

    with Server(aix()) as server:
        found = asyncio.run(all_of(server))

    assert {one.platform for one in found} == {Platform.AIX}


def test_a_freebsd() -> None:
    free = "freebsd12"
    found = seen({
        "uname -s": says("FreeBSD\n"), "uname -a": recorded(f"{free}/uname-a"),
        "netstat -an": recorded(f"{free}/netstat-an"), "ifconfig -a": recorded(f"{free}/ifconfig-extra-fields3"),
        "hw.pagesize": says("kern.boottime: { sec = 1574886342, usec = 9 } Wed Nov 27 20:25:42 2019\n"
                            "hw.physmem: 2095898624\nhw.model: AMD EPYC\nhw.ncpu: 2\nhw.pagesize: 4096\n"
                            "vm.stats.vm.v_free_count: 300\nvm.stats.vm.v_inactive_count: 200\n"),
        "%sb'": says("bash\t5.2.15\tFreeBSD:13:amd64\tehaupt@FreeBSD.org\t8134533\n"),
    })  # fmt: skip

    assert number(found, "node_memory_MemAvailable_bytes") == 500 * 4096
    assert rows(found, "operating_system")[0]["version"] == "12.1-RELEASE"
    assert rows(found, "network_interfaces") == [{"name": "cxl3", "mac": "00:07:43:3d:b7:70", "type": "ethernet",
                                                  "mtu_bytes": 1500}]  # fmt: skip
    assert rows(found, "packages")[0]["name"] == "bash"
    assert {(row["protocol"], row["address"], row["port"]) for row in rows(found, "listening_sockets")} == {
        ("tcp", "127.0.0.1", 25), ("tcp", "0.0.0.0", 22), ("tcp", "::", 22), ("udp", "0.0.0.0", 514),
        ("udp", "::", 514),
    }  # fmt: skip


def test_a_list_that_is_too_long_is_cut_to_what_a_section_may_be() -> None:
    line = "ii \t{n:05}\t1.0\tamd64\t1\t" + "a" * 150 + "\n"
    told = {"dpkg": "".join(line.replace("{n:05}", f"{n:05}") for n in range(8000))}
    made = facts.sections(Platform.LINUX, told)["packages"]

    assert 1000 < len(made.rows) < 8000
    assert len(msgspec.json.encode(made)) <= MAX_BODY


def test_an_aix() -> None:
    found = seen(aix())
    (system,) = rows(found, "operating_system")

    assert found.uptime == 12 * 86400 + 3 * 3600 + 5 * 60
    assert (system["name"], system["version"], system["hostname"]) == ("aix", "7100-05-05-1939", "aix71")
    assert number(found, "node_filesystem_avail_bytes", mountpoint="/", fstype="jfs2") == 289721 * 1024


def test_a_windows() -> None:
    found = seen(windows())
    (system,) = rows(found, "system")
    (os_,) = rows(found, "operating_system")

    assert found.platform is Platform.WINDOWS
    assert found.uptime == 86400
    assert (os_["title"], os_["version"], os_["hostname"]) == (
        "Microsoft Windows Server 2022 Standard", "10.0.20348", "SRV01",
    )  # fmt: skip
    assert (system["manufacturer"], system["product"]) == ("VMware, Inc.", "VMware7,1")
    assert number(found, "node_memory_MemTotal_bytes") == 8388084 * 1024
    assert number(found, "node_filesystem_avail_bytes", mountpoint="C:\\", fstype="NTFS") == 20 << 30
    assert number(found, "node_filesystem_avail_bytes", mountpoint="D:\\") is None
    assert {row["name"] for row in rows(found, "updates")} >= {"KB4578968"}
    assert {"protocol": "tcp", "address": "0.0.0.0", "port": 445} in rows(found, "listening_sockets")
    assert {"interface": "Ethernet 2", "address": "10.50.13.132", "prefix": 24, "scope": "global"} in rows(
        found, "addresses"
    )


def test_a_switch_that_hangs_up_behind_each_command() -> None:
    invalid = says("Line has invalid autocommand", None)
    acts = {"show version": says(SHOW_VERSION, None), "show inventory": says(SHOW_INVENTORY, None)}
    found = seen(acts, hangs_up=True, refused=invalid)

    assert found.platform is Platform.IOS
    assert found.uptime == (365 + 52) * 86400 + 2 * 3600 + 11 * 60
    assert rows(found, "system") == [{"manufacturer": "Cisco", "product": "WS-C2960X-48TS-L", "serial": "FOC1932X0K1"}]
    assert rows(found, "operating_system")[0]["version"] == "15.2(2)E6"
    assert [row["kind"] for row in rows(found, "parts")] == ["chassis", "powerSupply"]


@pytest.mark.parametrize(
    "acts",
    [pytest.param(made(), id=made.__name__) for made in (linux, macos, windows, aix)] if RECORDINGS.is_dir() else [],
)
def test_all_that_is_told_is_declared_and_may_pass_where_no_person_may_be_told(acts: dict[str, Act]) -> None:
    found = seen(acts, persons=False)

    assert [name for name, _ in found.shape.keys if family(name) is None] == []
    assert found.shape.families == {}
    for name, body in found.sections.items():
        assert set(body.columns) <= {one.name for one in SECTIONS[name].columns}
        record = json.dumps({"kind": "section", "name": name, "body": {"columns": body.columns, "rows": body.rows}})
        assert offence(record.encode(), "section") == "", name


def test_accounts_are_not_even_asked_for_where_no_person_may_be_told() -> None:
    with Server(linux()) as server:
        asyncio.run(visit(server.target(), Memory(), facts=True, persons=False, limits=QUICK))

    assert not any("passwd" in line or "group" in line for line in server.asked)


def test_a_machine_of_no_kind_that_we_know_is_said_to_be_one() -> None:
    with Server({"uname -s": says("Plan9\n")}) as server, pytest.raises(SshError, match="is no Linux") as e:
        asyncio.run(visit(server.target(), Memory(), facts=True, limits=QUICK))

    assert e.value.trouble is Trouble.UNKNOWN
    assert len(server.asked) == len(DETECTION)


def test_a_command_that_floods_leaves_the_others() -> None:
    found = seen(linux() | {"/proc/net/dev": says(b"x" * (2 << 20))})

    assert [one.trouble for one in found.troubles] == [Trouble.TOO_LARGE]
    assert number(found, "node_load1") == 0.0
    assert number(found, "node_network_receive_bytes_total", device="ens33") is None


def test_a_login_shell_with_a_menu_is_given_up_at_once() -> None:
    def menu(channel: object) -> None:
        channel.sendall(b"Enable password: ")  # type: ignore[attr-defined]
        hangs(channel)  # type: ignore[arg-type]

    with Server({}, refused=menu) as server, pytest.raises(SshError) as e:
        asyncio.run(visit(server.target(), Memory(), facts=False, limits=Limits(visit=3)))

    assert e.value.trouble in (Trouble.PROMPT, Trouble.HUNG)


def test_escapes_of_a_terminal_reach_no_label_and_no_cell() -> None:
    nasty = b'\x1b]0;owned\x07NAME="\x1b[31mEvil\x1b[0m"\nID=evil\nPRETTY_NAME="\x1b]52;c;ZXZpbA==\x07Evil 1\x9b2J"\n'
    found = seen(linux() | {"/etc/os-release": says(nasty)})
    (system,) = rows(found, "operating_system")

    assert system["title"] == "Evil 1\ufffd2J"
    assert all(text.isprintable() for text in _texts(found))


def _texts(visit: Visit) -> Iterable[str]:
    yield from (text for _, labels in visit.shape.keys for pair in labels for text in pair)
    for body in visit.sections.values():
        yield from (cell for row in body.rows for cell in row if isinstance(cell, str))


def test_series_stay_the_same_shape_until_one_comes_or_goes() -> None:
    first, _ = shaped([("node_load1", (), 1.0)])
    same, values = shaped([("node_load1", (), 2.0)], first)
    other, _ = shaped([("node_load1", (), 2.0), ("node_load5", (), 2.0)], first)

    assert same is first
    assert values == [2.0]
    assert other is not first


def test_a_number_that_is_not_told_is_no_series() -> None:
    assert shaped([("node_load1", (), None)]) == (Shape([]), [])


def test_no_machine_has_more_series_than_may_be() -> None:
    shape, values = shaped(("node_load1", (("n", str(n)),), 1.0) for n in range(10_000))

    assert len(shape.keys) == len(values) == 5000


def test_every_command_has_a_name_of_its_own() -> None:
    for kind in Platform:
        names = [one.name for one in COMMANDS[kind]]
        assert len(names) == len(set(names))
        assert {one.instead_of for one in COMMANDS[kind]} <= {"", *names}


def test_details_of_ip_address() -> None:
    bridge, vlan, tunnel = ip_address.parse(
        "2: br0: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state UP group default\n"
        "    link/ether 02:fc:00:00:00:02 brd ff:ff:ff:ff:ff:ff promiscuity 0\n"
        "    bridge forward_delay 1500 hello_time 200\n"
        "3: eth0.20@eth0: <BROADCAST> mtu 1500 qdisc noqueue master br0 state UP\n"
        "    link/ether 02:fc:00:00:00:03 brd ff:ff:ff:ff:ff:ff\n    vlan protocol 802.1Q id 20 <REORDER_HDR>\n"
        "    inet6 2001:db8::5/64 scope global temporary dynamic \n"
        "4: tun0: <POINTOPOINT> mtu 1500 qdisc fq state UNKNOWN\n    link/none \n"
        "    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0\n"
    )

    assert (bridge.type, bridge.mac) == ("bridge", "02:fc:00:00:00:02")
    assert (vlan.name, vlan.type, vlan.parent, vlan.addresses[0].passing) == ("eth0.20", "vlan", "br0", True)
    assert tunnel.addresses == [Address("10.8.0.1", 32, "global")]


def test_details_of_others() -> None:
    (pair,) = lsblk.parse_pairs('NAME="sd\\x20a" TYPE="disk" SIZE="10" MODEL="a \\"b\\""')

    assert pair["NAME"] == "sd a"
    assert sysfs.parse("/sys/class/net/eth0:1/mtu:1500\n/sys/class/dmi/id/bios_version:1/2: x\n") == {
        "eth0:1": {"mtu": "1500"}, "id": {"bios_version": "1/2: x"},
    }  # fmt: skip
    assert cim.parse("{" * 100_000) == []
    assert show_version.parse("").uptime is None
