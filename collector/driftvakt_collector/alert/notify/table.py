"""A table of settings, read with its types; what is wrong is gathered, each with what to write instead."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit


class Table:
    """The values of a TOML table. where: how it is called, as [notify.email]. wrong: mistakes of all tables."""

    def __init__(self, told: object, where: str, wrong: list[str]) -> None:
        self.where = where
        self.wrong = wrong
        self._used: set[str] = set()
        self._told: Mapping[str, object] = {}
        if isinstance(told, dict):
            self._told = told
        else:
            wrong.append(f"{where} must be a table")

    def __contains__(self, key: str) -> bool:
        return key in self._told

    def has(self, key: str) -> object:
        """Return a value as it is, None where there is none."""
        self._used.add(key)
        return self._told.get(key)

    def unread(self) -> list[str]:
        """Return the keys that nobody has read yet."""
        return [key for key in self._told if key not in self._used]

    def mistake(self, key: str, must: str) -> None:
        """Note a mistake; what the value is stands there only if it is no secret."""
        got = f", got {self._told[key]!r:.80}" if key in self._told else ", and is missing"
        self.wrong.append(f"{self.where}: '{key}' must be {must}{got}")

    def text(self, key: str, usual: str | None = "", *, most: int = 255, among: Sequence[str] = ()) -> str:
        """Return a text of one line. usual: None where it is needed."""
        value = self.has(key)
        must = f"one of {', '.join(among)}" if among else "a text of one line"
        if value is None and usual is not None:
            return usual
        good = isinstance(value, str) and 0 < len(value) <= most and value.isprintable()
        if isinstance(value, str) and good and (not among or value in among):
            return value
        self.mistake(key, must)
        return usual or ""

    def number(self, key: str, usual: float, low: float, high: float) -> float:
        """Return a number within bounds."""
        value = self.has(key)
        if value is None:
            return usual
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.mistake(key, f"a number from {low:g} to {high:g}")
            return usual
        return float(value)

    def whole(self, key: str, usual: int, low: int, high: int) -> int:
        """Return a whole number within bounds."""
        value = self.has(key)
        if value is None:
            return usual
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.mistake(key, f"a whole number from {low} to {high}")
            return usual
        return value

    def flag(self, key: str, *, usual: bool) -> bool:
        """Return true or false."""
        value = self.has(key)
        if value is None or isinstance(value, bool):
            return usual if value is None else value
        self.mistake(key, "true or false")
        return usual

    def path(self, key: str, *, needed: bool = False, exists: bool = True) -> Path | None:
        """Return a path. exists: it must be a file that can be read, now."""
        value = self.has(key)
        if value is None and not needed:
            return None
        if not isinstance(value, str) or not value:
            self.mistake(key, "the path of a file")
            return None
        path = Path(value).expanduser().absolute()
        if exists:
            try:
                path.open("rb").close()
            except OSError as e:
                self.wrong.append(f"{self.where}: cannot read '{key}', {path}: {e.strerror or e}")
        return path

    def secret(self, key: str = "secret_file", *, needed: bool = True) -> Path | None:
        """Return the path of a secret's file. A secret itself is never taken from a configuration."""
        for bare in ("password", "secret", "token"):
            if bare in self._told and bare not in self._used:
                self._used.add(bare)
                self.wrong.append(
                    f"{self.where}: '{bare}' does not stand here: write it into a file, and '{key}' = its path"
                )
        return self.path(key, needed=needed)

    def url(self, key: str, usual: str | None = "", *, schemes: Sequence[str] = ("https", "http")) -> str:
        """Return a URL without a password in it."""
        value = self.text(key, usual, most=2000)
        try:
            parts = urlsplit(value)
            good = not value or (parts.scheme in schemes and bool(parts.hostname) and parts.username is None)
        except ValueError:
            good = False
        if not good:
            self.mistake(key, f"a URL of {' or '.join(schemes)} without a password in it")
            return ""
        return value

    def texts(self, key: str, usual: Sequence[str] = ()) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.has(key)
        if value is None:
            return tuple(usual)
        if isinstance(value, list) and all(isinstance(one, str) and one and one.isprintable() for one in value):
            return tuple(value)
        self.mistake(key, 'a list of texts: ["…", "…"]')
        return tuple(usual)

    def statuses(self, key: str, usual: Sequence[int]) -> tuple[int, ...]:
        """Return a list of statuses of HTTP."""
        value = self.has(key)
        if value is None:
            return tuple(usual)
        if isinstance(value, list) and value and all(type(one) is int and 100 <= one <= 599 for one in value):
            return tuple(value)
        self.mistake(key, "a list of statuses: [200, 202]")
        return tuple(usual)

    def networks(self, key: str) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return a list of networks."""
        found = []
        for one in self.texts(key):
            try:
                found.append(ip_network(one))
            except ValueError:
                self.wrong.append(f"{self.where}: '{key}' holds {one!r}, which is no network such as 10.20.0.0/16")
        return tuple(found)

    def end(self, known: Sequence[str] = ()) -> None:
        """Refuse what nobody has read."""
        known = sorted(self._used | set(known))
        self.wrong += [f"{self.where}: '{key}' is not a setting; known are {', '.join(known)}" for key in self.unread()]
