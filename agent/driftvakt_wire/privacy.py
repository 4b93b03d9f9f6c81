"""What is a person's and may not be told: the rules of the privacy profile `edu`.

The agent masks with `Mask`, the relay and the collector refuse with `offence`, and both ask `personal`; so nothing
that was masked is ever refused. A mask keeps what leads to a name and puts `*` for all that follows:
    /home/anna/Documents    ->  /home/*           anna@files:/data    ->  *
    user@1000.service       ->  user@*            home-anna.mount     ->  home-*
Patterns know no names. What is only a name, as in `/dev/mapper/anna`, the agent finds by the accounts of its machine.
"""

from collections.abc import Collection, Iterable, Sequence
from json import JSONDecoder

from driftvakt_wire.personal import ESCAPED, MASK, SIGNS, find, unescape

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, Labels]

PERSON_LABELS = frozenset(
    (
        *("account", "alias", "args", "argv", "cmdline", "comm", "command"),
        *("email", "essid", "exe", "groupname", "ifalias", "logged_in_user", "login"),
        *("logname", "owner", "person", "process", "pupil", "session", "session_id"),
        *("ssid", "student", "uid", "user", "user_id", "user_name", "userid", "username"),
    )
)
"""Labels and members whose text is a person's, or what a person typed, ran or named."""
PERSON_SECTIONS = frozenset(
    ("accounts", "commands", "local_groups", "local_users", "logins", "processes", "sessions", "users")
)
PERSON_EVENTS = ("account.", "command.", "login.", "logout.", "process.", "session.", "user.")
MAX_TEXTS = 20_000
MAX_CHARACTERS = 1 << 20
MAX_MARKS = 100_000
"""What is looked into: different texts of a record, their characters, and among these slashes and the like, each of
which takes half a microsecond. A set of 5000 series has fewer."""

_OWN_WORDS = frozenset(("check", "chip", "cpu", "fstype", "mode", "probe", "sensor", "state", "thread_state", "type"))
"""Labels whose texts are the kernel's, ours or the operator's: an account called `idle` is no reason to lose `mode`."""
_KEPT = ("node_systemd_unit_state", "driftvakt_check_state", "driftvakt_check_duration_seconds")
_COMMON = frozenset(
    (
        *("admin", "administrator", "debian", "elev", "elever", "gast", "guest"),
        *("kiosk", "lab", "larare", "local", "lokal", "root", "skola"),
        *("student", "test", "ubuntu", "user", "users"),
    )
)
"""Names of accounts that many share: no person's."""


_APPLES = ("macbook", "imac", "mac-mini", "mac-studio", "mac-pro", "iphone", "ipad")
"""What Apple puts behind its owner's name, and so calls the machine."""


class Mask:
    """Takes persons out of texts and series. names: accounts and full names that this machine knows."""

    __slots__ = ("_names",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        # By its first word, so that a text costs its own length however many the accounts are.
        by_word: dict[str, tuple[str, ...]] = {}
        for one in names:
            name = one.strip().lower()
            while name and not name[0].isalnum():
                name = name[1:]
            if len(name) < 2 or name in _COMMON or (name.isdigit() and len(name) < 4):
                continue
            word = name[: _end_of_word(name, 0)]
            by_word[word] = tuple(sorted({*by_word.get(word, ()), name}, key=len, reverse=True))
        self._names = by_word

    def text(self, text: str) -> str:
        """Return the text without what is a person's; the same text where there was nothing."""
        return self._masked(text, names=True)

    def key(self, name: str, labels: Labels) -> Key | None:
        """Return what a series may be called, None for one that may not be told.

        A number of one person's thing is left out; two of them would else get one name. What only says that a thing is
        there, an `_info` or a unit that failed, stays with the mask in its label.
        """
        changed = False
        kept: list[tuple[str, str]] = []
        peripheral = name == "node_power_supply_info" and ("scope", "Device") in labels
        for label, text in labels:
            if label.lower() in PERSON_LABELS or (peripheral and label in ("model_name", "serial_number")):
                # A mouse is called as its owner called it.
                masked = ""
            elif label == "device" and name.startswith("node_filesystem_") and _is_share(text):
                # Shares are named after who they are for. The number stays: the place is told by its mount point.
                kept.append((label, MASK))
                continue
            elif label == "nodename" and self.names_person(text):
                masked = MASK
            else:
                masked = self._masked(text, names=label not in _OWN_WORDS)
            changed = changed or masked != text
            kept.append((label, masked))
        if changed and not (name.endswith("_info") or name in _KEPT):
            return None
        return name, tuple(kept)

    def _masked(self, text: str, *, names: bool) -> str:
        plain = unescape(text)
        if plain is None:
            return MASK
        masked = self._without_names(plain) if names and self._names else plain
        keep, _ = find(masked)
        if keep >= 0:
            masked = masked[:keep] + MASK
        return text if masked == plain else masked

    def _without_names(self, text: str) -> str:
        low, pieces, done, at = text.lower(), [], 0, 0
        while at < len(low):
            end = _end_of_word(low, at)
            for name in self._names.get(low[at:end], ()):
                stop = at + len(name)
                if low.startswith(name, at) and not low[stop : stop + 1].isalnum():
                    pieces.append(text[done:at])
                    done = end = stop
                    break
            at = max(end, at + 1)
        return MASK.join([*pieces, text[done:]])

    def names_person(self, host: str) -> bool:
        """Say if a host is called after a person: "annas-laptop", and what macOS makes of its owner's name."""
        low = host.lower()
        if any(word in low for word in _APPLES):
            return True
        words = "".join(one if one.isalnum() else " " for one in low).split()
        return any(word[:size] in self._names for word in words for size in range(3, len(word) + 1))


def offence(record: bytes, kind: str) -> str:
    """Return why a record may not pass under `edu`, empty when it may. The reason never quotes the record.

    A report holds numbers: only one with a slash or a backslash, which no number or digest has, is looked into.
    """
    if kind == "report" and b"/" not in record and b"\\" not in record:
        return ""
    try:
        # An object becomes a tuple of its members, so that one that stands there twice is seen twice.
        told = _DECODER.decode(str(record, "utf-8"))
    except (ValueError, RecursionError):
        return "privacy profile edu: a record that can't be read"
    texts: set[str] = set()
    why = _walk(told, kind, texts) or _first(texts)
    return f"privacy profile edu: {why}" if why else ""


def _is_share(device: str) -> bool:
    """Say if this is a file system of another machine: //server/share, server:/path, but not C:\\."""
    return device.startswith(("//", "\\\\")) or device.find(":") > 1


def _end_of_word(text: str, at: int) -> int:
    while at < len(text) and text[at].isalnum():
        at += 1
    return at


def _walk(told: object, kind: str, texts: set[str]) -> str:
    """Gather all texts of a record, and say why its members may not pass."""
    waiting = [told]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            texts.add(one)
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, tuple):
            for name, value in one:
                texts.add(name)
                why = _member(kind, name, value)
                if why:
                    return why
                if not (name == "series" and _gather(value, texts)):
                    waiting.append(value)
    return ""


def _member(kind: str, name: str, value: object) -> str:
    """Return why a member of an object may not pass: what its name means, not what its text looks like."""
    if name == "series":
        return "a label that tells of a person" if isinstance(value, list) and _names_person(value) else ""
    if name.lower() in PERSON_LABELS and value not in ("", MASK, None):
        return "a member that tells of a person"
    if name == "name" and isinstance(value, str):
        of_persons = (
            value in PERSON_SECTIONS if kind == "section" else kind == "event" and value.startswith(PERSON_EVENTS)
        )
        return "a section or an event of what persons do" if of_persons else ""
    return ""


def _gather(rows: object, texts: set[str]) -> bool:
    """Gather the texts of a series set, as [["node_load1"], ["node_cpu_seconds_total", "cpu", "0"]]; False for none."""
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return False
    try:
        # At once: a loop over the rows takes four times as long.
        found = set().union(*rows)
    except TypeError:
        return False
    if any(isinstance(one, tuple) for one in found):
        return False
    texts.update(one for one in found if isinstance(one, str))
    return True


def _names_person(rows: Sequence[object]) -> bool:
    lists = [row for row in rows if isinstance(row, list)]
    try:
        labels: Iterable[object] = set().union(*[row[1::2] for row in lists])
    except TypeError:
        labels = (label for row in lists for label in row[1::2])
    if not any(isinstance(label, str) and label.lower() in PERSON_LABELS for label in labels):
        return False
    return any(
        isinstance(label, str) and label.lower() in PERSON_LABELS and text not in ("", MASK)
        for row in lists
        for label, text in zip(row[1::2], row[2::2], strict=False)
    )


def _first(texts: Collection[str]) -> str:
    """Return the rule that the first of these texts breaks. What most of them can't break is asked of all at once."""
    whole = "\n".join(texts)
    marks = sum(map(whole.count, "\\%@~=-/"))
    if len(texts) > MAX_TEXTS or len(whole) > MAX_CHARACTERS or marks > MAX_MARKS:
        return "more texts than can be looked at"
    every = unescape(whole)
    if every is None:
        return ESCAPED
    low = every.lower()
    signs = [one for one in SIGNS if one in low]
    for text in texts if signs else ():
        plain = unescape(text)
        if plain is None:
            return ESCAPED
        low = plain.lower()
        for sign in signs:
            if sign in low:
                rule = find(plain)[1]
                if rule:
                    return rule
                break
    return ""


_DECODER = JSONDecoder(object_pairs_hook=tuple)
