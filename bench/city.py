"""A city's machines as their inventories tell of them: made from images, of several patch levels, each with its drift.

A tenth are servers, the rest are PCs. Two of one image differ in up to twenty packages, and each has serial numbers,
addresses and a name of its own, so that what a host costs in the store is what it costs in a city.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence

from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest

PACKAGES = 800
_SERVER_IMAGES, _PC_IMAGES, _LEVELS = 12, 40, 6
_SERVERS = 0.075
_COMMON = 500
"""Packages that all images of one system have; the rest is what an image is made for."""
_ROLES = 1500
_EXTRAS = 4000
_BUMPED = 0.05
"""The part of all packages that a patch level brings anew."""
KNOWN = ("openssl", "bash", "curl", "firefox", "libc6", "linux-image", "openssh-client", "sudo", "systemd", "zlib1g")
_SERVED = ("postgresql-15", "mariadb-server", "redis-server", "samba", "bind9", "slapd")
"""What servers are for: by these packages their applications are recognised."""
_OPENSSL = ("3.0.9-1", "3.0.11-1~deb12u2", "3.0.13-1~deb12u1", "3.0.14-1~deb12u1", "3.0.14-1~deb12u2", "3.0.15-1")
_SHARES = (0.1, 0.15, 0.15, 0.2, 0.25, 0.15)
"""Of the hosts so many are at each patch level."""
_MODELS = (
    ("Dell Inc.", "OptiPlex 7010"), ("HP", "EliteBook 840 G9"), ("LENOVO", "ThinkPad L14 Gen 3"),
    ("LENOVO", "ThinkCentre M70q"), ("HP", "ProDesk 400 G9"), ("Dell Inc.", "Latitude 5440"),
)  # fmt: skip
_NAMES = """ssh cron dbus systemd-journald systemd-udevd systemd-logind NetworkManager cups avahi-daemon polkit udisks2
    upower wpa_supplicant accounts-daemon gdm fwupd packagekit rtkit-daemon unattended-upgrades chrony smartd colord
    driftvakt-agent bluetooth ModemManager"""
_UNITS = tuple(f"{name}.service" for name in _NAMES.split())


class City:
    """count hosts. Each call gives the same for the same seed."""

    def __init__(self, count: int, seed: int = 1) -> None:
        self.count = count
        self._seed = seed
        self._images: dict[tuple[bool, int, int], dict[str, str]] = {}
        self._alike: dict[tuple[str, int], tuple[str, bytes]] = {}

    @staticmethod
    def origin(number: int) -> str:
        """Return what a host is called by."""
        return f"a-{number:020x}"

    def sections(self, number: int, day: int = 0) -> Iterator[tuple[str, str, bytes]]:
        """Give the inventory of a host: name, digest, body. day: patch days since the first inventory."""
        dice = random.Random(self._seed * 1_000_003 + number)
        server = dice.random() < _SERVERS
        image = dice.randrange(_SERVER_IMAGES if server else _PC_IMAGES)
        level = dice.choices(range(_LEVELS), _SHARES)[0]
        yield self.packages(number, dice, (server, image, level), day)
        for name, columns, rows in _own(number, dice, server=server, image=image, level=level):
            yield _part(name, columns, rows)
        yield self._shared("firmware", image * 3 + dice.randrange(3))
        yield self._shared("processors", image)
        yield self._shared("services", image * 8 + dice.randrange(8))

    def rows(self, first: int, last: int, at: float, day: int = 0) -> list[SectionRow]:
        """Return the sections of some hosts as the intake hands them to the store."""
        return [
            SectionRow(self.origin(number), name, mark, body, at)
            for number in range(first, last) for name, mark, body in self.sections(number, day)
        ]  # fmt: skip

    def packages(
        self, number: int, dice: random.Random, kind: tuple[bool, int, int], day: int
    ) -> tuple[str, str, bytes]:
        """Return the list of software of a host."""
        versions = dict(self._image(*kind))
        drift = dice.randrange(21)
        names = list(versions)
        for name in dice.sample(names, drift // 3):
            versions[name] = f"{versions[name]}~old{dice.randrange(2)}"
        for name in dice.sample(names, drift // 6):
            versions.pop(name)
        for _ in range(drift - drift // 3 - drift // 6):
            # What people install: few things are on many machines, and most on few.
            extra = int(_EXTRAS * dice.random() ** 3)
            versions[f"extra-{extra}"] = f"1.{dice.randrange(4)}"
        for past in range(day):
            for name in patched(past):
                if name in versions:
                    versions[name] = f"{versions[name].partition('+patch')[0]}+patch{past + 1}"
        rows = [["dpkg", name, "amd64", version, "Debian", 4096 + len(name)] for name, version in versions.items()]
        return _part("packages", ("source", "name", "architecture", "version", "publisher", "size_bytes"), rows)

    def _image(self, server: bool, image: int, level: int) -> Mapping[str, str]:  # noqa: FBT001  a key
        found = self._images.get((server, image, level))
        if found is None:
            dice = random.Random(f"{self._seed} {server} {image}")
            names = [*KNOWN, *(f"lib-{one}" for one in range(_COMMON - len(KNOWN)))]
            names += [_SERVED[image % len(_SERVED)]] if server else ["libreoffice-core", "thunderbird"]
            names += [f"role-{one}" for one in sorted(dice.sample(range(_ROLES), PACKAGES - len(names)))]
            found = {name: _version(name, level) for name in names} | {"openssl": _OPENSSL[level]}
            self._images[server, image, level] = found
        return found

    def _shared(self, name: str, kind: int) -> tuple[str, str, bytes]:
        found = self._alike.get((name, kind))
        if found is None:
            columns, rows = _SHARED[name](kind)
            _, mark, body = _part(name, columns, rows)
            found = self._alike[name, kind] = (mark, body)
        return name, *found


def patched(day: int) -> list[str]:
    """Return the five packages of a patch day: on all machines."""
    return [KNOWN[day % len(KNOWN)], *(f"lib-{(day * 4 + one) % (_COMMON - len(KNOWN))}" for one in range(4))]


def _version(name: str, level: int) -> str:
    bumps = sum(random.Random(f"{name} {one}").random() < _BUMPED for one in range(level + 1))
    return f"{1 + len(name) % 4}.{sum(name.encode()) % 20}.{bumps}-1"


Table = tuple[Sequence[str], list[list[object]]]


def _firmware(kind: int) -> Table:
    return ("vendor", "version", "date", "revision"), [
        ["Dell Inc.", f"1.{kind % 30}.0", "2026-02-11", f"1.{kind % 30}"]
    ]


def _processors(kind: int) -> Table:
    columns = ("socket", "manufacturer", "model", "max_speed_mhz", "cores", "threads", "signature")
    return columns, [["CPU 0", "Intel", f"Intel(R) Core(TM) i5-{12400 + kind}", 4600, 6, 12, f"{kind:016x}"]]


def _services(kind: int) -> Table:
    rows: list[list[object]] = [
        [name, f"What {name} does", "disabled" if (kind + place) % 7 == 0 else "enabled", "root", f"/usr/sbin/{name}"]
        for place, name in enumerate(_UNITS)
    ]
    return ("name", "title", "start", "run_as", "program"), rows


_SHARED = {"firmware": _firmware, "processors": _processors, "services": _services}


def _own(
    number: int, dice: random.Random, *, server: bool, image: int, level: int
) -> Iterator[tuple[str, Sequence[str], list[list[object]]]]:
    """Give the sections that no two hosts have in common."""
    maker, model = ("Dell Inc.", f"PowerEdge R{640 + image}") if server else _MODELS[image % len(_MODELS)]
    serial, mac = f"{dice.getrandbits(36):09X}", dice.getrandbits(40)
    cards = [f"02:{':'.join(f'{(mac + one) >> shift & 255:02x}' for shift in (32, 24, 16, 8, 0))}" for one in range(2)]
    uuid = f"{dice.getrandbits(128):032x}"
    uuid = f"{uuid[:8]}-{uuid[8:12]}-4{uuid[13:16]}-a{uuid[17:20]}-{uuid[20:]}"
    yield (
        "system", ("manufacturer", "product", "version", "serial", "uuid", "sku", "family"),
        [[maker, model, "1.0", serial, uuid, f"{model[:4]}#{image}", model.split()[0]]],
    )  # fmt: skip
    yield (
        "baseboard", ("product", "manufacturer", "version", "serial", "asset_tag"),
        [[f"0{image:03}X", maker, "A01", f"/{serial}/{dice.getrandbits(40):010X}/", ""]],
    )  # fmt: skip
    yield (
        "chassis",
        ("type", "manufacturer", "serial"),
        [["Rack Mount Chassis" if server else "Desktop", maker, serial]],
    )
    yield (
        "memory", ("slot", "bank", "size_bytes", "type", "form", "speed_mts", "manufacturer", "serial", "part"),
        [[f"DIMM{one}", f"BANK {one}", 8 << 30, "DDR4", "DIMM", 3200, "Samsung", f"{dice.getrandbits(32):08X}",
          "M378A1K43EB2-CWE"] for one in range(8 if server else 2)],
    )  # fmt: skip
    yield (
        "operating_system",
        ("name", "title", "version", "codename", "kernel", "architecture", "hostname", "machine_id", "virtual", "boot",
         "secure_boot", "timezone", "language"),
        [["debian", "Debian GNU/Linux 12 (bookworm)", "12", "bookworm", f"6.1.0-{30 + level}-amd64", "x86_64",
          f"{'srv' if server else 'pc'}-{number:06}", f"{dice.getrandbits(128):032x}", "", "uefi", True,
          "Europe/Stockholm", "sv_SE.UTF-8"]],
    )  # fmt: skip
    yield (
        "storage",
        ("name", "model", "vendor", "serial", "firmware", "size_bytes", "type", "bus", "wwn", "rotation_rpm", "health"),
        [[f"nvme{one}n1", "SAMSUNG MZVL2512HCJQ", "Samsung", f"S64K{dice.getrandbits(40):010X}", "GXA7801Q",
          512110190592, "nvme", "nvme", f"eui.{dice.getrandbits(64):016x}", 0, "passed"]
         for one in range(4 if server else 1)],
    )  # fmt: skip
    yield (
        "volumes", ("name", "parent", "type", "size_bytes", "filesystem", "mountpoint", "uuid", "encrypted"),
        [[f"nvme0n1p{one}", "nvme0n1", "partition", 1 << 30, "ext4", place, f"{dice.getrandbits(128):032x}", False]
         for one, place in enumerate(("/boot", "/", "/home"), 1)],
    )  # fmt: skip
    wired: list[list[object]] = [
        [f"enp{one}s0", card, "ethernet" if one == 0 else "wifi", "e1000e", 1500, f"0000:0{one}:00.0"]
        for one, card in enumerate(cards)
    ]
    yield (
        "network_interfaces", ("name", "mac", "type", "driver", "mtu_bytes", "bus_address"),
        [["lo", "", "loopback", "", 65536, ""],
         *wired],
    )  # fmt: skip
    yield (
        "addresses", ("interface", "address", "prefix", "scope"),
        [["enp0s0", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 16, "global"],
         ["enp0s0", f"fe80::{mac >> 16 & 0xffff:x}:{mac & 0xffff:x}", 64, "link"]],
    )  # fmt: skip
    if not server:
        yield (
            "monitors", ("connector", "maker_id", "product_id", "name", "serial", "made", "width_mm", "height_mm"),
            [["card0-DP-1", "DEL", f"{41000 + image:04x}", "DELL P2419H", f"{dice.getrandbits(32):08X}", "2024-W07",
              527, 296]],
        )  # fmt: skip


def _part(name: str, columns: Sequence[str], rows: list[list[object]]) -> tuple[str, str, bytes]:
    body = json.dumps({"columns": columns, "rows": rows}, ensure_ascii=False, separators=(",", ":")).encode()
    return name, digest(body), body
