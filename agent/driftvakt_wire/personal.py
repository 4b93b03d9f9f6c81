"""Where a text begins to tell of a person: homes, users and sessions, in every spelling that we know of.

Each rule goes over the text once, whatever the text is: no regular expression, nothing that is tried again.
"""

A_PATH = "a path below a folder of homes"
AN_AT = "a text of the form name@place"
A_TILDE = "a home written with a tilde"
A_UNIT = "a unit of a home, a user or a session"
A_NAMED_USER = "a text that says who the user is"
ESCAPED = "a text that is escaped again and again"

MASK = "*"
"""Stands for all that follows, and so only at the end: `/home/*`."""

SIGNS = ("home", "users/", "users\\", "users$", "media", "user-", "user/", "user\\", "session-", "@", "~", "=",
         "settings", "for user ", "mail/", "mail\\", "crontabs", "profiles", "userdata")  # fmt: skip
"""One of these stands in every text that a rule finds something in."""

_FOLDERS = frozenset(("crontabs", "profiles", "userdata", "users"))
_SAID = ("for user ", "login=", "logname=", "owner=", "uid=", "user=", "username=")
_UNITS = (".automount", ".mount", ".path", ".scope", ".service", ".slice", ".socket", ".swap", ".target", ".timer")
_SLASHES = {0x2044: "/", 0x2215: "/", 0x29F5: "\\", 0xFE68: "\\", 0xFF0F: "/", 0xFF3C: "\\"}
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_OCTAL = frozenset("01234567")
_ROUNDS = 4


def find(text: str) -> tuple[int, str]:
    """Return how much of a text may stay, and the rule that says so; -1 where all of it may.

    The text is one that `unescape` gave.
    """
    low = text.lower()
    found = [hit for hit in (_path(low), _unit(low), _at(low), _tilde(low), _said(low)) if hit[0] >= 0]
    return min(found, default=(-1, ""))


def _path(low: str) -> tuple[int, str]:
    slashed = low.replace("\\", "/")
    if "/" not in slashed:
        return -1, ""
    parts = slashed.split("/")
    keep, below, at, before = -1, 0, 0, ""
    for number, part in enumerate(parts):
        # below: how many parts must follow until something is a person's; ".." leads out again.
        if part == "..":
            below = 0
        elif below and part not in ("", "."):
            below -= 1
            if not below and not (part == MASK and number == len(parts) - 1):
                return keep, A_PATH
        deep = 0 if below else _folder(part, before, first=number == 0)
        at += len(part) + 1
        if deep:
            keep, below = at, deep
        if part not in ("", "."):
            before = part
    return -1, ""


def _folder(part: str, before: str, *, first: bool) -> int:
    """Return how many folders below this one a person's begin, 0 where none do."""
    if first:
        return int(part.endswith("home") and not part[-5:-4].isalnum())
    # Any folder with "home" in its name is one of homes: /nethome/anna, /home-staff/anna, //srv/home$/anna.
    if "home" in part or part.rstrip("$") in _FOLDERS or part.endswith("documents and settings"):
        return 1
    if part == "media":
        # /media/NAME/LABEL is a person's stick, /media/backup the operator's disk.
        return 1 if before.endswith("run") else 2
    return int((part == "user" and before.endswith("run")) or (part == "mail" and before in ("var", "spool")))


def _unit(low: str) -> tuple[int, str]:
    at = low.find("-")
    if at < 0 or not ("home-" in low or "media-" in low or "user-" in low or "session-" in low):
        return -1, ""
    mounted = low.endswith((".mount", ".automount"))
    while at >= 0:
        rest = at + 1
        if low.endswith("home", 0, at):
            while low.startswith("-", rest):
                rest += 1
            hit = rest < len(low) and not _is_masked(low, rest)
        elif low.endswith("user", 0, at):
            hit = low[rest : rest + 1].isdigit()
        elif low.endswith("session", 0, at):
            hit = low[rest : rest + 1].isdigit() or (low.startswith("c", rest) and low[rest + 1 : rest + 2].isdigit())
        else:
            hit = mounted and low.endswith("media", 0, at) and "-" in low[rest:]
        if hit:
            return at + 1, A_UNIT
        at = low.find("-", rest)
    return -1, ""


def _at(low: str) -> tuple[int, str]:
    at = low.find("@")
    while at >= 0:
        after = low[at + 1 : at + 2]
        if at and _is_of_name(low[at - 1]) and after and not after.isspace() and not _is_masked(low, at + 1):
            if low.endswith(_UNITS):
                return at + 1, AN_AT
            start = at
            while start and _is_of_name(low[start - 1]):
                start -= 1
            return start, AN_AT
        at = low.find("@", at + 1)
    return -1, ""


def _tilde(low: str) -> tuple[int, str]:
    at = low.find("~")
    while at >= 0:
        # Behind a letter or digit it is part of a version: 1.2~rc1.
        if low[at + 1 : at + 2].isalpha() and not (at and (_is_of_name(low[at - 1]) or low[at - 1] == "~")):
            return at + 1, A_TILDE
        at = low.find("~", at + 1)
    return -1, ""


def _said(low: str) -> tuple[int, str]:
    if "=" not in low and "for user " not in low:
        return -1, ""
    found = [at for at in (_behind(low, word) for word in _SAID) if at >= 0]
    return (min(found), A_NAMED_USER) if found else (-1, "")


def _behind(low: str, word: str) -> int:
    """Return where something stands right behind a word, -1 where nothing does."""
    at = low.find(word)
    while at >= 0:
        rest = at + len(word)
        alone = not (at and low[at - 1].isalnum())
        if alone and rest < len(low) and not low[rest].isspace() and not _is_masked(low, rest):
            return rest
        at = low.find(word, rest)
    return -1


def _is_masked(low: str, at: int) -> bool:
    return at == len(low) - 1 and low[at] == MASK


def _is_of_name(one: str) -> bool:
    return one.isalnum() or one in "._-+"


def unescape(text: str) -> str | None:
    """Return a text without its escapes, as long as in lower case; None for one that is escaped again and again.

    Escapes: of JSON and systemd (\\u002f, \\x2f), of the kernel's mounts (\\057), of URLs (%2f); and slashes of other
    scripts.
    """
    for _ in range(_ROUNDS):
        plain = text
        if not plain.isascii():
            plain = plain.translate(_SLASHES)
            low = plain.lower()
            plain = plain if len(low) == len(plain) else low
        if "\\" in plain:
            plain = _decode(plain, "\\")
        if "%" in plain:
            plain = _decode(plain, "%")
        if plain == text:
            return text
        text = plain
    return None


def _decode(text: str, sign: str) -> str:
    head, *parts = text.split(sign)
    plain = [head]
    for part in parts:
        digits, base = _escape(part) if sign == "\\" else (part[:2], 16)
        code = int(digits, base) if len(digits) > 1 and _HEXADECIMAL.issuperset(digits) else 0
        if " " <= chr(code) <= "\ud7ff" and (code < 0x7F or sign == "\\"):
            skip = len(digits) + (1 if sign == "\\" and base == 16 else 0)
            plain += (chr(code), part[skip:])
        else:
            plain += (sign, part)
    return "".join(plain)


def _escape(part: str) -> tuple[str, int]:
    """Return the digits of what follows a backslash, and their base; no digits where it is no escape."""
    if part[:1] in ("x", "u"):
        size = 2 if part[0] == "x" else 4
        return (part[1 : 1 + size] if len(part) > size else ""), 16
    return (part[:3] if len(part) > 2 and _OCTAL.issuperset(part[:3]) else ""), 8
