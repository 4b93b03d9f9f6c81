"""Virtual machines and containers that this machine is home to, by the files and sockets of what runs them.

Example:
    $ cat /etc/libvirt/qemu/web1.xml
    <domain type='kvm'><name>web1</name><uuid>5e3884eb-…</uuid><memory unit='KiB'>4194304</memory><vcpu>4</vcpu>…
    $ cat /etc/pve/qemu-server/101.conf
    name: web1
    memory: 4096
    $ curl --unix-socket /run/docker.sock http://d/containers/json?all=1
    [{"Id":"8dfa…","Names":["/grafana"],"Image":"grafana/grafana:11.2.0","State":"running",…}]

Nearly all of it only root may read, so the root timer reads it (`capture`). Pods of Kubernetes are left out: they come
and go by themselves, and the cluster knows them.

Source: formatdomain of libvirt.org; qm.conf(5) and pct.conf(5) of Proxmox VE; lxc.container.conf(5); the Docker Engine
API, "List containers".
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row, captured
from driftvakt_agent.sample import NoData

_SOCKETS = (("docker", "/run/docker.sock"), ("podman", "/run/podman/podman.sock"))
_UNITS = {"b": 1, "bytes": 1, "KB": 1000, "k": 1024, "KiB": 1024, "MB": 1000**2, "M": 1024**2, "MiB": 1024**2,
          "GB": 1000**3, "G": 1024**3, "GiB": 1024**3, "TB": 1000**4, "T": 1024**4, "TiB": 1024**4}  # fmt: skip
_MIB = 1 << 20
_MAX_GUESTS, _MAX_FILE, _MAX_ANSWER = 2000, 1 << 20, 8 << 20
_SECONDS = 5
_POD = "k8s_"


def take(host: Host) -> Found:
    found = {(row.get("kind"), row.get("name")): row for row in captured.rows(host, "virtual_machines")}
    for row in scan(host):
        found.setdefault((row.get("kind"), row.get("name")), row)
    rows = list(found.values())[:_MAX_GUESTS]
    if not rows:
        raise NoData("no virtual machines or containers here, or root keeps them")
    return {"virtual_machines": rows}


def scan(host: Host) -> Iterator[Row]:
    """Give what can be read with the rights of whoever asks."""
    yield from _machines(host)
    for name in _listed(f"{host.root}/var/lib/lxc"):
        text = _text(f"{host.root}/var/lib/lxc/{name}/config")
        if text:
            yield container_of_lxc(text, name)
    for name in _listed(f"{host.root}/var/lib/machines"):
        if not name.startswith("."):
            yield {"name": name.removesuffix(".raw"), "kind": "nspawn"}
    for kind, path in _SOCKETS:
        if os.path.exists(host.root + path):
            yield from containers(_asked(host.root + path), kind)


def _machines(host: Host) -> Iterator[Row]:
    for kind, folder in (("libvirt", "/etc/libvirt/qemu"), ("lxc", "/etc/libvirt/lxc")):
        for path in _files(host.root + folder, ".xml"):
            row = domain(_text(path), kind)
            if row is not None:
                yield row
    for path in _files(f"{host.root}/etc/pve/qemu-server", ".conf"):
        yield proxmox(_text(path), "proxmox", os.path.basename(path).removesuffix(".conf"))
    for path in _files(f"{host.root}/etc/pve/lxc", ".conf"):
        yield proxmox(_text(path), "lxc", os.path.basename(path).removesuffix(".conf"))


def domain(text: str, kind: str = "libvirt") -> Row | None:
    """Return the guest of a domain of libvirt; None for a text that is none."""
    if len(text) > _MAX_FILE or "<!ENTITY" in text:
        return None
    # Imported here: only a machine with guests pays for it.
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(text)  # noqa: S314  entities, which could grow without end, are refused above
    except ElementTree.ParseError:
        return None
    root = root if root.tag == "domain" else root.find("domain") or root
    name = root.findtext("name", "").strip()
    if not name:
        return None
    memory = root.find("memory")
    card = root.find("devices/interface/mac")
    return {
        "name": name,
        "kind": "lxc" if root.get("type") == "lxc" else kind,
        "uuid": root.findtext("uuid", "").strip().lower(),
        "memory_bytes": None if memory is None else _bytes(memory.text or "", memory.get("unit", "KiB")),
        "cpus": _whole(root.findtext("vcpu", "")),
        "mac": "" if card is None else card.get("address", "").lower(),
    }


def proxmox(text: str, kind: str, number: str) -> Row:
    """Return the guest of a file of Proxmox VE. What stands behind a line in brackets is of its snapshots."""
    told: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("["):
            break
        name, colon, value = line.partition(": ")
        if colon and not line.startswith("#"):
            told.setdefault(name, value.strip())
    cores, sockets = _whole(told.get("cores", "1")) or 1, _whole(told.get("sockets", "1")) or 1
    cards = (part.rpartition("=")[2] for part in told.get("net0", "").split(",") if part.count(":") == 5)
    smbios = dict(part.partition("=")[::2] for part in told.get("smbios1", "").split(","))
    memory = _whole(told.get("memory", ""))
    return {
        "name": told.get("name") or told.get("hostname") or number,
        "kind": kind,
        "uuid": smbios.get("uuid", "").lower(),
        "image": told.get("ostype", ""),
        "memory_bytes": None if memory is None else memory * _MIB,
        "cpus": cores * sockets,
        "mac": next(cards, "").lower(),
    }


def container_of_lxc(text: str, name: str) -> Row:
    """Return the container of an LXC configuration."""
    told: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith("#"):
            told.setdefault(key.strip(), value.strip())
    return {
        "name": told.get("lxc.uts.name") or told.get("lxc.utsname") or name,
        "kind": "lxc",
        "mac": (told.get("lxc.net.0.hwaddr") or told.get("lxc.network.hwaddr", "")).lower(),
    }


def containers(told: object, kind: str) -> Iterator[Row]:
    """Give the containers of an answer of the Docker Engine API, which Podman speaks too.

    Without their identification: it is another each time that one is made anew, which nobody calls a change.
    """
    for one in told if isinstance(told, list) else ():
        if not isinstance(one, Mapping):
            continue
        names, image = one.get("Names"), one.get("Image")
        name = names[0] if isinstance(names, list) and names else ""
        if isinstance(name, str) and name.strip("/") and not name.strip("/").startswith(_POD):
            yield {"name": name.strip("/"), "kind": kind, "image": image if isinstance(image, str) else ""}


def _asked(path: str) -> object:
    """Return what stands behind a socket, None where it does not answer."""
    request = b"GET /containers/json?all=1 HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
            one.settimeout(_SECONDS)
            one.connect(path)
            one.sendall(request)
            while len(answer) < _MAX_ANSWER and (block := one.recv(1 << 16)):
                answer += block
        return json.loads(answer.partition(b"\r\n\r\n")[2])
    except (OSError, ValueError, RecursionError):
        return None


def _bytes(text: str, unit: str) -> int | None:
    number = _whole(text)
    return None if number is None or unit not in _UNITS else number * _UNITS[unit]


def _whole(text: str) -> int | None:
    plain = text.strip()
    return int(plain) if plain.isdecimal() and len(plain) < 16 else None


def _files(folder: str, suffix: str) -> list[str]:
    return [f"{folder}/{name}" for name in _listed(folder) if name.endswith(suffix)]


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:_MAX_GUESTS]
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        return read_text(path)[: _MAX_FILE + 1]
    except OSError:
        return ""
