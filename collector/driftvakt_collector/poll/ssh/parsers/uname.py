"""Which kernel runs on what: uname.

Example:
    $ uname -a
    Linux localhost.localdomain 3.10.0-1062.1.2.el7.x86_64 #1 SMP Mon Sep 30 14:19:46 UTC 2019 x86_64 x86_64 x86_64 GNU/Linux
    $ uname -a    (FreeBSD)
    FreeBSD freebsd 12.1-RELEASE FreeBSD 12.1-RELEASE r354233 GENERIC  amd64
    $ uname -a    (AIX: the release stands before the version)
    AIX aix71 1 7 00F84C0C4C00
"""  # noqa: E501

from dataclasses import dataclass

from driftvakt_collector.poll.ssh.text import last_line


@dataclass(frozen=True, slots=True)
class Uname:
    """processor, platform: empty where uname does not know them; on Debian it does not even say so."""

    kernel: str
    node: str
    release: str
    version: str
    machine: str
    processor: str = ""
    platform: str = ""
    system: str = ""


def parse(text: str) -> Uname | None:
    """Return what uname -a says, None where it says nothing."""
    words = last_line(text).split()
    if len(words) < 5:
        return None
    kernel, node, release = words[:3]
    if kernel == "AIX":
        return Uname(kernel, node, f"{words[3]}.{release}", words[3], words[4])
    if kernel != "Linux":
        return Uname(kernel, node, release, " ".join(words[3:-1]), words[-1])
    system = words[-1]
    # Three times the same or alike: the machine, its processor, its platform. Debian's uname leaves out what it lacks.
    tail = 3 if words[-4:-3] and _is_machine(words[-4], words[-3]) and _is_machine(words[-4], words[-2]) else 1
    machine, *others = words[-1 - tail : -1]
    processor, platform = others or ("", "")
    return Uname(
        kernel, node, release, " ".join(words[3 : -1 - tail]), machine, _known(processor), _known(platform), system
    )


def _is_machine(machine: str, other: str) -> bool:
    return other in (machine, "unknown") or (machine[:1] == "i" and other in ("i386", "athlon"))


def _known(word: str) -> str:
    return "" if word == "unknown" else word
