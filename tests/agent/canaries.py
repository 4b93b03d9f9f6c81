"""A host of the schools' network on which names are planted wherever a machine keeps names of persons."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from driftvakt_agent import dbus


class Planter:
    """Makes names, and remembers them. Each is a word that stands nowhere else."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.names: list[str] = []

    def name(self) -> str:
        name = "kvx" + "".join(self._random.choices("bcdfghjklmnpqrstvwz", k=9))
        self.names.append(name)
        return name

    def many(self, count: int) -> list[str]:
        return [self.name() for _ in range(count)]


def login(name: str, pid: int) -> bytes:
    """Return a record of utmp: a login of `name`, whose process is `pid`, from a host that is called the same."""
    return struct.pack("=hxxi32s4s32s256s52x", 7, pid, b"tty1", b"1", name.encode(), name.encode())


def plant(root: Path, planter: Planter, scripts: Path) -> dict[str, dict[str, object]]:
    """Plant 1,000 names below `root`, a copy of a machine's files. Return the settings of the probes."""
    accounts = planter.many(150)
    lines = ["root:x:0:0:root:/root:/bin/sh", "nobody:x:65534:65534:nobody:/:/bin/false"]
    for number, account in enumerate(accounts):
        full = f"{planter.name().title()} {planter.name().title()}" if number < 100 else ""
        lines.append(f"{account}:x:{1000 + number}:100:{full},,,:/home/{account}:/bin/bash")
    write(root / "etc/passwd", "\n".join(lines) + "\n")
    homes = planter.many(100)
    for home in homes[:60]:
        (root / "home" / home).mkdir(parents=True)
    for home in homes[60:]:
        (root / "home/SKOLA" / home).mkdir(parents=True)
    _sessions(root, planter)
    _mounts(root, planter, [*accounts, *homes])
    for number, name in enumerate(planter.many(100)):
        pid = 5000 + number
        write(
            root / f"proc/{pid}/stat", f"{pid} ({name}) S 1 {pid} {pid} 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 1 1 1\n"
        )
        write(root / f"proc/{pid}/comm", name + "\n")
        write(root / f"proc/{pid}/cmdline", f"/usr/bin/{planter.name()}\0--password\0{planter.name()}\0")
    write(root / "sys/class/net/eth0/ifalias", planter.name())
    for account in accounts[:5]:
        write(root / f"sys/class/net/wg-{account}/operstate", "up\n")
        write(root / f"sys/class/net/wg-{account}/flags", "0x1003\n")
    for name in planter.many(10):
        supply = root / f"sys/class/power_supply/hid-{len(name)}{planter.names.index(name)}-battery"
        write(supply / "scope", "Device\n")
        write(supply / "type", "Battery\n")
        write(supply / "model_name", f"{name}s mus\n")
        write(supply / "serial_number", name)
    return {"scripts": {"checks": _checks(scripts, planter)}, "textfile": _textfiles(root, planter, accounts)}


def failed_units(planter: Planter, accounts: Sequence[str]) -> list[dbus.Value]:
    """Return units as systemd lists them, all failed: of homes, users, sticks, and of what runs for a user."""
    names = [f"user@{1000 + number}.service" for number in range(5)]
    names += [f"user-runtime-dir@{1000 + number}.service" for number in range(5)]
    for name in planter.many(8):
        names += [f"home-{name}.mount", f"var-home-{name}-Dokument.mount", f"home-{name}-dir.path"]
        names += [f"syncthing@{name}.service", f"media-{name}-STICKA.mount", f"systemd-fsck@dev-{name}.service"]
        names += [f"export-home-{name}\\x2dbo.mount"]
    names += [f"{account}-backup.timer" for account in accounts[:5]]
    return [[name, "", "loaded", "failed", "failed", "", f"/u/{at}", 0, "", "/"] for at, name in enumerate(names)]


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _sessions(root: Path, planter: Planter) -> None:
    logins = planter.many(40)
    write(root / "run/utmp", b"".join(login(name, 1) for name in logins))
    for number, name in enumerate(planter.many(40)):
        write(root / f"run/systemd/users/{2000 + number}", f"NAME={name}\nSTATE=active\n")
        write(root / f"run/systemd/sessions/{number}", f"UID={2000 + number}\nUSER={name}\nCLASS=user\nSTATE=active\n")


def _mounts(root: Path, planter: Planter, known: Sequence[str]) -> None:
    lines = [(root / "proc/1/mounts").read_text().rstrip(), "/dev/vdb /home ext4 rw 0 0"]
    for number, name in enumerate(planter.many(100)):
        lines.append(
            (
                f"/dev/mapper/{known[number]} /srv/d{number} ext4 rw 0 0",
                f"/dev/vdc{number} /home/{name} ext4 rw 0 0",
                f"/dev/vdd{number} /home/SKOLA/{name}/Bilder\\040{planter.name()} btrfs rw 0 0",
                f"/dev/vde{number} /media/{name}/{planter.name()} vfat rw 0 0",
                f"/dev/vdf{number} /run/media/{name}/STICKA vfat ro 0 0",
                f"tmpfs /run/user/{1000 + number} tmpfs rw 0 0",
                f"//files/{name}$ /mnt/h{number} cifs rw 0 0",
                f"{name}@files:/ /mnt/s{number} fuse.sshfs rw 0 0",
                f"files:/elever/{name} /mnt/n{number} nfs4 rw 0 0",
                f"rpool/USERDATA/{name}_x1 /srv/z{number} zfs rw 0 0",
            )[number % 10]
        )
    write(root / "proc/1/mounts", "\n".join(lines) + "\n")


def _checks(folder: Path, planter: Planter) -> list[dict[str, object]]:
    checks: list[dict[str, object]] = []
    for number in range(5):
        names = planter.many(4)
        script = folder / f"check{number}"
        said = f"{names[0]} logged in|{names[1]}=1;2 {names[2]}=5MB"
        write(script, f"#!/bin/sh\necho '{said}'\necho {names[3]}\nexit 1\n")
        script.chmod(0o755)
        checks.append({"name": f"check {number}", "command": [str(script), planter.name()]})
    return checks


def _textfiles(root: Path, planter: Planter, accounts: Sequence[str]) -> dict[str, object]:
    def lines() -> Iterator[str]:
        yield "# HELP allowed_seconds Of " + planter.name()
        yield "# TYPE allowed_seconds gauge"
        yield 'allowed_seconds{job="db"} 7'
        for number, account in enumerate(accounts[:10]):
            yield f'allowed_seconds{{job="{account}",n="{number}"}} 1'
            yield f'allowed_seconds{{job="/home/{planter.name()}",n="{number}"}} 1'
            yield f'allowed_seconds{{user="{planter.name()}"}} 1'
            yield f'allowed_seconds{{{account}="1"}} 1'
        for name in planter.many(40):
            yield f'{name}_bytes{{file="{planter.name()}",{planter.name()}="1"}} 4'

    folder = root / "var/lib/driftvakt-agent/textfile"
    write(folder / f"{planter.name()}.prom", "\n".join(lines()) + "\n")
    return {"allow": ["allowed_seconds"]}
