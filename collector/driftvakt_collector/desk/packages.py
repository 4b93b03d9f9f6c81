"""Packages that came, went and were upgraded, with what matters most first. Pure.

A kernel of Debian has its version in its name, so one that is upgraded is a package that came beside one that went:
    linux-image-6.1.0-25-amd64 went, linux-image-6.1.0-26-amd64 came    →    linux-image 6.1.0-25 → 6.1.0-26
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from driftvakt_collector.store.history import ChangeRow
from driftvakt_collector.store.section import ADDED, CHANGED

_ARCHITECTURES = frozenset(
    "amd64 x86_64 i386 i686 arm64 aarch64 armhf armv7hl all any noarch x86 x64 ppc64le riscv64 s390x".split()  # noqa: SIM905
)
_WEIGHTY = (
    re.compile(r"^(linux-image|linux-signed-image|kernel|pve-kernel)\b"),
    re.compile(r"^(glibc|libc6|musl|systemd|udev|grub|dracut|initramfs)"),
    re.compile(r"(firmware|microcode|dkms|driver|zfs|lvm2|mdadm|multipath|open-iscsi|nfs)"),
    re.compile(r"^(openssl|libssl|openssh|gnutls|krb5|sssd|samba)"),
    re.compile(r"(postgres|mysql|mariadb|sql|docker|containerd|podman|nginx|apache|httpd|php|java|jre|jdk|python3?$)"),
)
_VERSION = re.compile(r"^\d")


@dataclass(frozen=True)
class Step:
    """A package: what it was, and what it is. old or new is empty where it came or went."""

    name: str
    old: str
    new: str
    at: float


def steps(rows: Sequence[ChangeRow]) -> list[Step]:
    """Return what became of packages, the weightiest first. rows: those of one host's section `packages`."""
    found: list[Step] = []
    came: dict[str, list[Step]] = {}
    went: dict[str, list[Step]] = {}
    for row in rows:
        name = name_of(row.key)
        if row.kind == CHANGED:
            if row.column == "version":
                found.append(Step(name, row.old, row.new, row.at))
            continue
        step = Step(name, "", _first(row.new), row.at) if row.kind == ADDED else Step(name, _first(row.old), "", row.at)
        (came if row.kind == ADDED else went).setdefault(_stem(name), []).append(step)
    for stem, new in came.items():
        old = went.pop(stem, [])
        found += [_upgraded(one, other) for one, other in zip(old, new, strict=False)]
        found += new[len(old) :] + old[len(new) :]
    found += [step for old in went.values() for step in old]
    return sorted(found, key=lambda step: (_weight(step.name), step.name))


def name_of(key: str) -> str:
    """Return the name in a key of the section, which is source, name and architecture."""
    words = key.split()
    if len(words) > 1:
        words = words[1:]
    if len(words) > 1 and words[-1] in _ARCHITECTURES:
        words = words[:-1]
    return " ".join(words)


def _upgraded(old: Step, new: Step) -> Step:
    """Return two packages of one kind as one that was upgraded; by what is told in their names, where that differs."""
    was, now = _told(old.name), _told(new.name)
    step = Step(new.name, old.old, new.new, max(old.at, new.at))
    return step if was == now else replace(step, name=_plain(new.name), old=was, new=now)


def _stem(name: str) -> str:
    return "-".join(part for part in name.split("-") if not _VERSION.match(part))


def _plain(name: str) -> str:
    parts = _stem(name).split("-")
    return "-".join(parts[:-1] if len(parts) > 1 and parts[-1] in _ARCHITECTURES else parts)


def _told(name: str) -> str:
    return "-".join(part for part in name.split("-") if _VERSION.match(part))


def _first(summary: str) -> str:
    """Return the version: the first of what is said of a row."""
    return summary.partition(", ")[0]


def _weight(name: str) -> int:
    low = name.casefold()
    return next((place for place, one in enumerate(_WEIGHTY) if one.search(low)), len(_WEIGHTY))
