"""An Alertmanager that our alerts are sent to, and how the configuration names it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driftvakt_collector.config import ConfigError, read_secret

_KNOWN = ("url", "token_file", "login", "password_file")


@dataclass(frozen=True)
class Target:
    """url: as http://am.example:9093, without /api. token: a bearer token; or login and password."""

    url: str
    token: str = field(default="", repr=False)
    login: str = ""
    password: str = field(default="", repr=False)

    def authorization(self) -> dict[str, str]:
        """Return the header by which we say who we are."""
        if self.login:
            shown = base64.b64encode(f"{self.login}:{self.password}".encode()).decode()
            return {"authorization": f"Basic {shown}"}
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


def targets(told: object, wrong: list[str]) -> tuple[Target, ...]:
    """Read `[alertmanagers.NAME]` tables of the collector's TOML; what is wrong with them goes to `wrong`.

    Example:
        [alertmanagers.am1]
        url = "https://am1.example:9093"
        token_file = "/etc/driftvakt/am1.token"   # or login and password_file, or neither
    """
    if not isinstance(told, dict):
        wrong.append("'alertmanagers' must be tables: [alertmanagers.am1]")
        return ()
    return tuple(found for name, table in told.items() if (found := _target(name, table, wrong)) is not None)


def _target(name: str, told: object, wrong: list[str]) -> Target | None:
    here, before = f"[alertmanagers.{name}]", len(wrong)
    if not isinstance(told, dict):
        wrong.append(f"{here} must be a table")
        return None
    odd = sorted(set(told) - {*_KNOWN})
    wrong += [f"{here}: '{key}' is not a setting; known are {', '.join(_KNOWN)}" for key in odd]
    url, login = told.get("url"), told.get("login", "")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        wrong.append(f"{here}: 'url' must begin with http:// or https://, got {url!r}")
    elif "@" in url:
        wrong.append(f"{here}: 'url' must hold no password; write 'login' and 'password_file'")
    elif url.rstrip("/").endswith(("/api/v2", "/api/v2/alerts")):
        wrong.append(f"{here}: 'url' goes without /api/v2, got {url!r}")
    if not isinstance(login, str) or ":" in login:
        wrong.append(f"{here}: 'login' must be a name without ':', got {login!r}")
    if bool(login) != ("password_file" in told):
        wrong.append(f"{here}: 'login' and 'password_file' go together")
    if login and "token_file" in told:
        wrong.append(f"{here}: 'token_file' or 'login', not both")
    token, password = (_secret(told, key, here, wrong) for key in ("token_file", "password_file"))
    return None if len(wrong) > before else Target(str(url), token, str(login), password)


def _secret(told: Mapping[str, object], key: str, here: str, wrong: list[str]) -> str:
    if key not in told:
        return ""
    path = told[key]
    if not isinstance(path, str) or not path:
        wrong.append(f"{here}: '{key}' must be a path, got {path!r}")
        return ""
    try:
        found = read_secret(Path(path).expanduser())
    except ConfigError as e:
        wrong.append(f"{here}: {e}")
        return ""
    if not found or not found.isprintable():
        wrong.append(f"{here}: {path} must hold one line")
    return found
