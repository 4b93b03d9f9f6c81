"""Who has an account on this machine, so that under the privacy profile `edu` no name of theirs leaves it.

Loaded under `edu` alone. Names come from the account file, from logind and utmp (those of a directory service stand in
no file), and from the folders of homes. They are read again when one of these changed, and kept in memory only.
"""

import os
import struct
import sys
from collections.abc import Iterator, Sequence

from driftvakt_agent.host import Host
from driftvakt_agent.probes.filesystem import REMOTE
from driftvakt_wire.privacy import PERSON_LABELS, Key, Labels, Mask

MAX_NAMES = 20_000
MAX_FILE = 4 << 20
"""Names and bytes of the account file that are read; a terminal server of a whole school has fewer."""

MAX_GROUPS = 100
"""Folders below the homes that hold homes themselves, such as one for each domain."""

_MACS = "/Users"
_HOMES = ("/home", "/var/home", "/export/home", _MACS)
_LOGGED_IN = "/run/systemd/users"
_FIRST_PERSON = 1000
_NO_PERSON = range(61184, 65536)
"""Ids below, and these, are of programs: systemd's DynamicUser, and `nobody`, which is 65534."""
_NO_OWNERS = frozenset(("default", "default user", "all users", "lost+found", "public", "shared"))
_UTMP = struct.Struct("=h42x32s308x")
_USER_PROCESS = 7


class Persons:
    """What masks under `edu`: the rules of `privacy`, with the names that are known here and now."""

    __slots__ = ("_groups", "_known", "_proc", "_root", "_stamps", "mask")

    def __init__(self, host: Host) -> None:
        self._root = host.root
        self._proc = host.proc
        self._groups: list[str] = []
        self._stamps: list[int] = []
        self._known = hash(frozenset())
        self.mask = Mask()
        self.settle()

    def settle(self) -> bool:
        """Read the names again if somebody came or went; say if the mask is another one now."""
        homes = self._homes()
        stamps = [_stamp(self._root + path) for path in ("/etc/passwd", "/run/utmp", _LOGGED_IN)]
        stamps += [_stamp(path) for path in (*homes, *self._groups)]
        if stamps == self._stamps:
            return False
        self._stamps, self._groups = stamps, []
        names = frozenset(_most(self._read(homes)))
        # Those of the groups are known only now; where none changed meanwhile, the next look finds all as it is.
        self._stamps = stamps[: 3 + len(homes)] + [_stamp(path) for path in self._groups]
        # The mask holds them; a second set of them would only be there to be compared.
        if hash(names) == self._known:
            return False
        self._known, self.mask = hash(names), Mask(names)
        return True

    def key(self, key: Key) -> Key | None:
        """Return what a series may be called, None for one that may not leave."""
        return self.mask.key(*key)

    def bears(self, labels: Labels) -> bool:
        """Say if labels that somebody else made up may leave as they are."""
        # Their names too: a label may be called after a pupil.
        return all(self.text(text) == text for pair in labels for text in pair) and not any(
            label.lower() in PERSON_LABELS for label, _ in labels
        )

    def text(self, text: str) -> str:
        """Return what of a text may leave."""
        return self.mask.text(text)

    def _homes(self) -> list[str]:
        """Return the folders of homes on own disks: a file server that is gone would hold us for ever."""
        remote = {point for point, kind in self._mounts() if kind == "autofs" or kind.startswith(REMOTE)}
        return [path for path in (*(self._root + path for path in _HOMES), *_windows()) if path not in remote]

    def _mounts(self) -> list[tuple[str, str]]:
        lines = (line.split(" ") for line in _text(self._proc + "/self/mounts").splitlines())
        return [(fields[1], fields[2]) for fields in lines if len(fields) > 2]

    def _read(self, homes: Sequence[str]) -> Iterator[str]:
        root = self._root
        yield from _accounts(_text(root + "/etc/passwd"))
        for name in _listed(root + _LOGGED_IN):
            for line in _text(f"{root}{_LOGGED_IN}/{name}").splitlines():
                if line.startswith("NAME="):
                    yield from _spellings(line[5:])
        yield from _logged_in(root + "/run/utmp")
        mounted = {point for point, _ in self._mounts()}
        for folder in homes:
            for name, path in _owners(folder):
                yield from _spellings(name)
                yield from _full(name, folder)
                # A folder that no person owns holds homes itself: /home/SKOLA/anna.
                if (
                    not folder.endswith(_MACS)
                    and path not in mounted
                    and len(self._groups) < MAX_GROUPS
                    and _is_shared(path)
                ):
                    self._groups.append(path)
                    for one, _ in _owners(path):
                        yield from _spellings(one)


def _accounts(text: str) -> Iterator[str]:
    """Yield the name of each person's account, and the full name beside it: anna:x:1000:1000:Anna Ek,,,:/home/anna:."""
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) < 5 or not fields[2].isdecimal():
            continue
        number = int(fields[2])
        if number >= _FIRST_PERSON and number not in _NO_PERSON:
            yield from _spellings(fields[0])
            full = fields[4].partition(",")[0].strip()
            if " " in full:
                yield full


if sys.platform == "darwin":
    import pwd

    def _full(name: str, folder: str) -> Iterator[str]:
        """Yield the full name of who has a home in /Users: on macOS persons stand in no file that may be read."""
        try:
            full = pwd.getpwnam(name).pw_gecos.strip() if folder == _MACS else ""
        except (KeyError, ValueError):
            return
        if " " in full:
            yield full
else:

    def _full(_name: str, _folder: str) -> Iterator[str]:
        """Yield nothing: what people are called stands in /etc/passwd."""
        yield from ()


def _spellings(name: str) -> Iterator[str]:
    r"""Yield a name as it stands, and without the domain that a directory service adds: SKOLA\anna, anna@skola.se."""
    yield name
    bare = name.rpartition("\\")[2].partition("@")[0]
    if bare != name:
        yield bare


def _logged_in(path: str) -> Iterator[str]:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE)
    except OSError:
        return
    for at in range(0, len(data) - _UTMP.size + 1, _UTMP.size):
        kind, name = _UTMP.unpack_from(data, at)
        if kind == _USER_PROCESS:
            yield from _spellings(name.partition(b"\0")[0].decode("utf-8", "replace"))


def _owners(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the name and path of each home in a folder."""
    for name in _listed(folder):
        if name.lower() not in _NO_OWNERS:
            yield name, f"{folder}/{name}"


def _is_shared(path: str) -> bool:
    try:
        return os.name == "posix" and os.stat(path).st_uid < _FIRST_PERSON
    except OSError:
        return False


def _windows() -> tuple[str, ...]:
    return (os.environ.get("SYSTEMDRIVE", "C:") + "\\Users",) if os.name == "nt" else ()


def _most(names: Iterator[str]) -> Iterator[str]:
    for _, name in zip(range(MAX_NAMES), names, strict=False):
        yield name


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:MAX_NAMES]
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_FILE).decode("utf-8", "replace")
    except OSError:
        return ""


def _stamp(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
