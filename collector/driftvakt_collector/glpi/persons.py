"""Whose names a GLPI inventory tells, so that under the privacy profile `edu` they are masked in all the rest of it.

Who has an account and who was logged in stands in it; of Windows:
    "local_users": [{"id": "S-1-5-21-1-2-3-1001", "name": "anna"}]
of others:
    "local_users": [{"id": "1001", "login": "anna", "name": "Anna Ek", "home": "/home/anna"}],
    "users": [{"login": "anna", "domain": "SKOLA"}], "hardware": {"lastloggeduser": "anna", "winowner": "Anna Ek"}
"""

from collections.abc import Iterator, Mapping

from driftvakt_collector.glpi.kinds import text

_LISTS = ("local_users", "users")
_MAX_NAMES = 20_000
_FIRST_PERSON, _FIRST_ON_MACOS = 1000, 500
_NO_PERSON = range(61184, 65536)
"""Numbers of accounts below, and these, are of programs, or of Windows itself; as the agent has it."""

Told = Mapping[str, object]


def tells_accounts(content: Told) -> bool:
    """Say if it has a list of accounts at all; an inventory of what changed alone has none."""
    return any(str(key).lower() in _LISTS for key in content)


def names(content: Told) -> list[str]:
    """Return the accounts and full names of persons, each once."""
    return list(dict.fromkeys(name for _, name in zip(range(_MAX_NAMES), _names(content), strict=False)))


def _names(content: Told) -> Iterator[str]:
    told = {str(key).lower(): value for key, value in content.items()}
    for user in _rows(told.get("users")):
        yield from _spellings(text(user.get("login")) or "")
    for user in _rows(told.get("local_users")):
        if _is_person(user):
            home = (text(user.get("home")) or "").replace("\\", "/").rstrip("/")
            login, name = text(user.get("login")), text(user.get("name")) or ""
            # Of Windows the agent tells no `login`: the account stands in `name`.
            for one in (name if login is None else login, home.rpartition("/")[2]):
                yield from _spellings(one)
            # Behind the first comma of this field of Unix stand rooms and telephones.
            yield from _full(name.partition(",")[0].strip())
    for hardware in _rows(told.get("hardware")):
        for name in (text(hardware.get("lastloggeduser")) or "").split("/"):
            yield from _spellings(name)
        owner = text(hardware.get("winowner")) or ""
        # What Windows calls an owner that nobody named, in English and Swedish.
        yield from _full("" if owner.lower().startswith("windows") else owner)


def _is_person(user: Told) -> bool:
    """Say if this is an account of a person, by its number: that of Unix, or the last of a SID of Windows."""
    number = (text(user.get("id")) or "").rpartition("-")[2]
    if not (number.isascii() and number.isdecimal() and len(number) < 12):
        return True
    home = text(user.get("home")) or ""
    first = _FIRST_ON_MACOS if home.startswith("/Users/") else _FIRST_PERSON
    return int(number) >= first and int(number) not in _NO_PERSON


def _spellings(name: str) -> Iterator[str]:
    r"""Give a name as it stands, and without its domain: SKOLA\anna, anna@skola.se."""
    yield name
    yield name.rpartition("\\")[2].partition("@")[0]


def _full(name: str) -> Iterator[str]:
    """Give a full name, also as an owner's: "Anna Eks skrivare". One word may be any word."""
    if " " in name:
        yield from (name, f"{name}s")


def _rows(value: object) -> Iterator[Told]:
    for row in value if isinstance(value, list) else [value]:
        if isinstance(row, dict):
            yield {str(key).lower(): one for key, one in row.items()}
