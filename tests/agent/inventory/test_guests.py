"""Virtual machines and containers, as their hosts have them in files and behind sockets."""

import json
import socket
import threading
from pathlib import Path

import pytest
from probing import CORPORA, machine

from driftvakt_agent.inventory import guests
from driftvakt_agent.sample import NoData

FOLDER = CORPORA / "inventory"
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")

DOMAIN = """\
<domain type='kvm'>
  <name>web1</name><uuid>5E3884EB-0CAA-194B-CD17-3D9CA1B20C3B</uuid>
  <memory unit='GiB'>4</memory><vcpu placement='static'>2</vcpu>
  <devices><interface type='bridge'><mac address='52:54:00:AA:BB:CC'/></interface></devices>
</domain>"""
PROXMOX = """\
#Öppettider: dygnet runt
cores: 2
memory: 4096
name: web2
net0: virtio=BC:24:11:AA:BB:CC,bridge=vmbr0,firewall=1
ostype: l26
smbios1: uuid=0a7b1f1e-0000-4000-8000-000000000001
sockets: 2

[before-upgrade]
memory: 1024
name: old
"""


def test_guests_of_every_kind(tmp_path: Path) -> None:
    home = machine(tmp_path, {
        "etc/libvirt/qemu/web1.xml": DOMAIN,
        "etc/libvirt/qemu/broken.xml": "<domain>",
        "etc/libvirt/qemu/bomb.xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]><domain><name>&a;</name></domain>',
        "etc/pve/qemu-server/101.conf": PROXMOX,
        "etc/pve/lxc/102.conf": "hostname: dns\nmemory: 512\nnet0: name=eth0,hwaddr=BC:24:11:00:00:01,type=veth\n",
        "var/lib/lxc/build/config": "# made by hand\nlxc.uts.name = bygg\nlxc.net.0.hwaddr = 00:16:3E:00:00:02\n",
        "var/lib/lxc/empty/readme": "",
        "var/lib/machines/deb12.raw": "",
    })  # fmt: skip

    rows = guests.take(home)["virtual_machines"]

    assert rows == [
        {"name": "web1", "kind": "libvirt", "uuid": "5e3884eb-0caa-194b-cd17-3d9ca1b20c3b", "memory_bytes": 4 << 30,
         "cpus": 2, "mac": "52:54:00:aa:bb:cc"},
        {"name": "web2", "kind": "proxmox", "uuid": "0a7b1f1e-0000-4000-8000-000000000001", "image": "l26",
         "memory_bytes": 4 << 30, "cpus": 4, "mac": "bc:24:11:aa:bb:cc"},
        {"name": "dns", "kind": "lxc", "uuid": "", "image": "", "memory_bytes": 512 << 20, "cpus": 1,
         "mac": "bc:24:11:00:00:01"},
        {"name": "bygg", "kind": "lxc", "mac": "00:16:3e:00:00:02"},
        {"name": "deb12", "kind": "nspawn"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "names"),
    [(json.dumps([{"Id": "8d", "Names": ["/grafana"], "Image": "grafana/grafana:11.2.0"},
                  {"Id": "9e", "Names": ["/k8s_POD_x"], "Image": "pause"}, {"Names": []}, {"Names": [7]}, 3]),
      ["grafana"]),
     ("{}", []), ("[", []), ("[" * 100_000, []), ("", [])],
)  # fmt: skip
def test_containers_behind_a_socket(tmp_path: Path, body: str, names: list[str]) -> None:
    home = machine(tmp_path, {"run/none": ""})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "run/docker.sock"))
        server.listen()
        asked = []

        def answer() -> None:
            one, _ = server.accept()
            with one:
                asked.append(one.recv(4096))
                one.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body.encode())

        thread = threading.Thread(target=answer)
        thread.start()
        rows = list(guests.scan(home))
        thread.join()

    assert [row["name"] for row in rows] == names
    assert asked[0].startswith(b"GET /containers/json?all=1 HTTP/1.0\r\n")


def test_a_machine_that_is_home_to_none(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        guests.take(machine(tmp_path))


@recorded
def test_recordings_of_libvirt() -> None:
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))["virsh"]
    seen = 0
    for name, facts in expected.items():
        if "vm" not in facts:
            continue
        row = guests.domain((FOLDER / "virsh" / name).read_text("utf-8"))
        assert row is not None
        wanted = facts["vm"]
        memory = row["memory_bytes"]
        assert isinstance(memory, int)
        # Their unit is a thousand KiB.
        assert memory // 1024 // 1000 == int(wanted["memory"]), name
        assert (row["uuid"], str(row["cpus"])) == (wanted["uuid"], wanted["vcpu"]), name
        assert row["kind"] == {"kvm": "libvirt"}.get(wanted["vmtype"], wanted["vmtype"]), name
        seen += 1
    assert seen == 4
