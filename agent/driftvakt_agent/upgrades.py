"""Packages that a newer version waits for, as the package managers print them. Parsing only: nothing is run here."""

from collections.abc import Iterable, Iterator, Mapping

YES, NO, UNKNOWN = "yes", "no", "unknown"
"""Whether an upgrade closes a security hole; unknown where the package manager does not say."""


class Upgrade:
    """A package that would be upgraded: name, architecture and origin (repository, suite) as its manager calls them."""

    __slots__ = ("arch", "name", "origin", "security")

    def __init__(self, name: str, arch: str = "", origin: str = "", security: str = UNKNOWN) -> None:
        self.name = name
        self.arch = arch
        self.origin = origin
        self.security = security


def apt(text: str, releases: Mapping[str, str]) -> Iterator[Upgrade]:
    """Read `apt-get -s dist-upgrade`. releases: what apt prints of an origin to Origin:Codename/Suite of its Release.

    Example:
        Inst libssl3 [3.0.11-1] (3.0.13-1~deb12u1 Debian-Security:12/stable-security [amd64])
        Inst linux-image-6.1.0-21-amd64 (6.1.90-1 Debian:12.5/stable [amd64])

    The second is new, not upgraded; it comes with one that is, and is not counted twice.
    """
    for line in text.splitlines():
        words = line.split()
        if len(words) < 4 or words[0] != "Inst" or not words[2].startswith("["):
            continue
        inside = line.partition(" (")[2].partition(")")[0]
        origins, _, arch = inside.partition(" ")[2].rpartition(" [")
        named = sorted({releases.get(one.strip(), one.strip()) for one in origins.split(",")})
        security = YES if "security" in origins.lower() else NO
        yield Upgrade(words[1], arch.rstrip("]"), ",".join(named), security)


def apt_section(text: str, title: str) -> list[str]:
    """Return the packages under a title of apt-get's output, as "have been kept back" or "no longer required"."""
    packages: list[str] = []
    inside = False
    for line in text.splitlines():
        if inside and line.startswith("  "):
            packages.extend(line.split())
        else:
            inside = title in line and line.endswith(":")
    return packages


def apt_release(text: str) -> tuple[str, str]:
    """Read the head of a Release file: what apt-get prints of it, and Origin:Codename/Suite as apt_info.py has it.

    Example:
        Origin: Debian
        Label: Debian-Security
        Suite: stable-security
        Version: 12
        Codename: bookworm-security
    """
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith(" "):
            fields.setdefault(name, value.strip())
    label, version, suite = fields.get("Label", ""), fields.get("Version", ""), fields.get("Suite", "")
    printed = "/".join(part for part in (version, suite) if part)
    return f"{label}:{printed}", f"{fields.get('Origin', '')}:{fields.get('Codename', '')}/{suite}"


def dpkg_holds(status: str) -> dict[str, str]:
    """Return the packages on hold in dpkg's status file, and the architecture of each."""
    holds = {}
    for paragraph in status.split("\n\n"):
        if "\nStatus: hold ok installed" in "\n" + paragraph:
            fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line[:40])
            holds[fields.get("Package", "")] = fields.get("Architecture", "")
    return holds


def dnf(text: str, security: Iterable[str] = ()) -> Iterator[Upgrade]:
    """Read `dnf check-update`, or yum's. security: name.arch of those that also stand in `check-update --security`.

    Example:
        openssl-libs.x86_64          1:3.0.7-27.el9          baseos

        Obsoleting Packages
        iptables-nft.x86_64          1.8.10-4.el9            baseos
    """
    secure = frozenset(security)
    for line in text.splitlines():
        if line.startswith("Obsoleting"):
            return
        words = line.split()
        if len(words) == 3 and "." in words[0] and not line.startswith(" "):
            name, _, arch = words[0].rpartition(".")
            yield Upgrade(name, arch, words[2], YES if words[0] in secure else NO)


def zypper(text: str) -> Iterator[Upgrade]:
    """Read `zypper list-updates`.

    Example:
        S | Repository | Name    | Current Version | Available Version | Arch
        --+------------+---------+-----------------+-------------------+-------
        v | repo-sle   | openssl | 3.0.8-1.1       | 3.0.8-1.2         | x86_64
    """
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and cells[0] == "v":
            yield Upgrade(cells[2], cells[5], cells[1])


def apk(text: str) -> Iterator[Upgrade]:
    """Read `apk version -l '<'`.

    Example:
        Installed:                                Available:
        busybox-1.36.1-r5                       < 1.36.1-r6
    """
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 3 and words[1] == "<":
            yield Upgrade(words[0].rsplit("-", 2)[0])


def pacman(text: str) -> Iterator[Upgrade]:
    """Read `pacman -Qu`. One that the operator set to be ignored is not pending.

    Example:
        openssl 3.2.1-1 -> 3.3.0-1
        linux 6.8.1-1 -> 6.8.2-1 [ignored]
    """
    for line in text.splitlines():
        words = line.split()
        if len(words) == 4 and words[2] == "->":
            yield Upgrade(words[0])
