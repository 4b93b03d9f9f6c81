"""How many packages wait to be upgraded, and of when the package lists are that say so.

Example:
    $ LC_ALL=C apt-get -s -q -o Debug::NoLocking=true dist-upgrade
    Inst libssl3 [3.0.11-1] (3.0.13-1~deb12u1 Debian-Security:12/stable-security [amd64])

Nothing is fetched and nothing locked: the lists are as the machine's own timers left them. driftvakt_updates_pending is
the same on every platform; apt_*, yum_* and pacman_* are as the textfile scripts of prometheus-community have them.
"""

import os
from collections.abc import Callable, Iterator, Sequence

from driftvakt_agent import upgrades
from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import NoData, ProbeError, Sample
from driftvakt_agent.upgrades import NO, UNKNOWN, YES, Upgrade

Run = Callable[[Sequence[str]], tuple[int, str]]
"""Runs a command, and returns its exit code and what it printed."""

PENDING = "pending updates"
"""Where the rows of the section `updates` are kept in the memory of a host."""
_SECONDS = 50.0
_LISTS = "/var/lib/apt/lists"
_APT = ("apt-get", "-s", "-q", "-o", "Debug::NoLocking=true", "-o", "APT::Get::Show-User-Simulation-Note=false",
        "dist-upgrade")  # fmt: skip
_HEAD = 2048
"""Bytes of a Release file that are read; what it says of itself stands at its beginning, behind it are checksums."""


class Manager:
    """A package manager: its name, the program that tells it is there, how it is asked, and where its lists are."""

    __slots__ = ("ask", "lists", "name", "program")

    def __init__(
        self, name: str, program: str, ask: Callable[[Host, Run], Iterator[Sample]], lists: tuple[str, ...]
    ) -> None:
        self.name = name
        self.program = program
        self.ask = ask
        self.lists = lists


def collect(host: Host, run: Run | None = None) -> Iterator[Sample]:
    for manager in _MANAGERS:
        if os.path.exists(host.root + manager.program):
            yield from manager.ask(host, run or _run)
            stamps = [_newest(host.root + path) for path in manager.lists]
            if max(stamps) > 0:
                yield Sample("driftvakt_updates_checked_timestamp_seconds", max(stamps))
            return
    raise NoData("no package manager that we know: apt, dnf, yum, zypper, apk or pacman")


def counts(host: Host, manager: str, pending: Sequence[Upgrade], kinds: Sequence[str]) -> Iterator[Sample]:
    """Yield how many upgrades are pending of each kind that the manager can tell, also where there are none.

    Which ones they are is kept for the inventory.
    """
    host.memory[PENDING] = [
        {"source": manager, "name": one.name, "architecture": one.arch, "state": "pending", "security": one.security,
         "origin": one.origin}
        for one in pending
    ]  # fmt: skip
    for kind in kinds:
        number = sum(upgrade.security == kind for upgrade in pending)
        yield Sample("driftvakt_updates_pending", number, (("manager", manager), ("security", kind)))


def _apt(host: Host, run: Run) -> Iterator[Sample]:
    text = _output(run, _APT, (0,))
    pending = list(upgrades.apt(text, _releases(host.root + _LISTS)))
    yield from counts(host, "apt", pending, (YES, NO))
    yield from _by_origin("apt_upgrades_pending", [(one.arch, one.origin) for one in pending])
    holds = upgrades.dpkg_holds(read_text(host.root + "/var/lib/dpkg/status"))
    kept = upgrades.apt_section(text, "have been kept back")
    # apt-get does not say what the origin of a version is that it keeps back.
    yield from _by_origin("apt_upgrades_held", [(holds[name], "") for name in kept if name in holds])
    unneeded = upgrades.apt_section(text, "no longer required")
    yield Sample("apt_autoremove_pending", len(unneeded))
    cached = _newest(host.root + _LISTS)
    if cached > 0:
        yield Sample("apt_package_cache_timestamp_seconds", cached)


def _by_origin(name: str, pending: Sequence[tuple[str, str]]) -> Iterator[Sample]:
    """Yield a count for each (architecture, origin), and a zero without either where nothing is pending."""
    for arch, origin in sorted(set(pending)) or [("", "")]:
        yield Sample(name, pending.count((arch, origin)), (("arch", arch), ("origin", origin)))


def _dnf(program: str, cache: str, host: Host, run: Run) -> Iterator[Sample]:
    # An unprivileged user has a cache of its own, which is empty: -C with the machine's cache reads what is there.
    command = (program, "-q", "-C", f"--setopt=cachedir={host.root}{cache}", "check-update")
    text = _output(run, command, (0, 100))
    secure = {f"{one.name}.{one.arch}" for one in upgrades.dnf(_output(run, (*command, "--security"), (0, 100)))}
    pending = list(upgrades.dnf(text, secure))
    yield from counts(host, program, pending, (YES, NO))
    for origin in sorted({one.origin for one in pending}) or [""]:
        number = sum(one.origin == origin for one in pending)
        yield Sample("yum_upgrades_pending", number, (("origin", origin),))


def _dnf4(host: Host, run: Run) -> Iterator[Sample]:
    return _dnf("dnf", "/var/cache/dnf", host, run)


def _yum(host: Host, run: Run) -> Iterator[Sample]:
    return _dnf("yum", "/var/cache/yum/$basearch/$releasever", host, run)


def _zypper(host: Host, run: Run) -> Iterator[Sample]:
    text = _output(run, ("zypper", "--non-interactive", "--no-refresh", "--quiet", "list-updates"), (0,))
    return counts(host, "zypper", list(upgrades.zypper(text)), (UNKNOWN,))


def _apk(host: Host, run: Run) -> Iterator[Sample]:
    return counts(host, "apk", list(upgrades.apk(_output(run, ("apk", "version", "-l", "<"), (0,)))), (UNKNOWN,))


def _pacman(host: Host, run: Run) -> Iterator[Sample]:
    # It ends with 1 where nothing is pending.
    pending = list(upgrades.pacman(_output(run, ("pacman", "-Qu"), (0, 1))))
    yield from counts(host, "pacman", pending, (UNKNOWN,))
    yield Sample("pacman_updates_pending", len(pending))


_MANAGERS = (
    Manager("apt", "/usr/bin/apt-get", _apt, (_LISTS, "/var/lib/apt/periodic/update-success-stamp")),
    Manager("dnf", "/usr/bin/dnf", _dnf4, ("/var/cache/dnf", "/var/cache/libdnf5")),
    Manager("yum", "/usr/bin/yum", _yum, ("/var/cache/yum",)),
    Manager("zypper", "/usr/bin/zypper", _zypper, ("/var/cache/zypp/raw", "/var/cache/zypp/solv")),
    Manager("apk", "/sbin/apk", _apk, ("/var/cache/apk",)),
    Manager("pacman", "/usr/bin/pacman", _pacman, ("/var/lib/pacman/sync",)),
)


def _releases(directory: str) -> dict[str, str]:
    """Return, for each repository in the lists, what apt-get prints of it to what apt_info.py calls it."""
    names = {}
    try:
        files = [file for file in os.listdir(directory) if file.endswith("Release")]
    except OSError:
        return {}
    for file in files:
        try:
            with open(f"{directory}/{file}", "rb") as release:
                printed, named = upgrades.apt_release(release.read(_HEAD).decode("utf-8", "replace"))
        except OSError:
            continue
        names[printed] = named
    return names


def _newest(path: str) -> float:
    """Return when the path or what is right below it was last written, 0 where it is not there."""
    try:
        paths = [path, *(f"{path}/{name}" for name in os.listdir(path))] if os.path.isdir(path) else [path]
        return max(os.stat(one).st_mtime for one in paths)
    except OSError:
        return 0.0


def _output(run: Run, command: Sequence[str], fine: Sequence[int]) -> str:
    code, text = run(command)
    if code not in fine:
        last = text.strip().rpartition("\n")[2]
        raise ProbeError(f"cannot ask for pending updates: {' '.join(command)!r} ended with {code}: {last}"[:500])
    return text


def _run(command: Sequence[str]) -> tuple[int, str]:
    import subprocess

    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "LANG": "C", "HOME": "/nonexistent"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
            timeout=_SECONDS, check=False, cwd="/", encoding="utf-8", errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as e:
        raise ProbeError(f"cannot ask for pending updates: {e}") from e
    return done.returncode, done.stdout
