"""The agent's folder: its configuration, key and what belongs to them, changed so that a kill never leaves half of it.

agent.toml is written last and names the others, so it alone says which enrolment holds. Until then everything new has
another name than what the old agent.toml uses.
"""

import json
import os
import secrets
from collections.abc import Mapping

from driftvakt_agent import machine
from driftvakt_agent.config import ConfigError
from driftvakt_wire.enrolment import other_machine

CONFIG = "agent.toml"
_PENDING = "enrol.pending"
_OURS = ("collector", "origin", "gen", "key_file", "ca_file", "privacy")
"""Settings that an enrolment decides; the others are left as they stand."""


class Place:
    """folder: where agent.toml is. told: what it says now, nothing where there is none."""

    def __init__(self, folder: str) -> None:
        """Open the folder, or make it. Raises ConfigError."""
        self.folder = os.path.abspath(folder)
        self.config = os.path.join(self.folder, CONFIG)
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
        except OSError as e:
            raise ConfigError(f"cannot make the folder {self.folder}: {e.strerror}; name another with --dir") from e
        self.told = self._read_config()

    def text(self, name: str, default: str = "") -> str:
        """Return a setting that is a text."""
        value = self.told.get(name)
        return value if isinstance(value, str) else default

    def urls(self) -> list[str]:
        """Return where the configuration says that the collector is."""
        value = self.told.get("collector")
        many = value if isinstance(value, list) else [value]
        return [one for one in many if isinstance(one, str) and one]

    def path(self, name: str) -> str:
        """Return the path of a file that a setting names."""
        return os.path.join(self.folder, name)

    def key(self) -> bytes:
        """Return the key that agent.toml names, nothing where there is none that can be read."""
        try:
            with open(self.path(self.text("key_file")), encoding="ascii") as file:
                return bytes.fromhex(file.read().strip())
        except (OSError, ValueError):
            return b""

    def gen(self) -> int:
        """Return the generation of that key."""
        value = self.told.get("gen", 1)
        return value if type(value) is int else 1

    def nonce(self, asks: str, facts: Mapping[str, object]) -> str:
        """Return the nonce for a request, the same as last time where the answer to that one never came.

        asks: the token, or the origin that renews its key. A copy of this disk in another machine makes its own.
        """
        path = self.path(_PENDING)
        try:
            with open(path, encoding="utf-8") as file:
                known = json.load(file)
            if known["asks"] == asks and len(known["nonce"]) == 32 and not other_machine(known["facts"], facts):
                return str(known["nonce"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        made = secrets.token_hex(16)
        self.write(_PENDING, json.dumps({"asks": asks, "nonce": made, "facts": facts}).encode())
        return made

    def pending(self) -> str:
        """Return what an answer is missing for: a token's id or the own origin, empty when none is."""
        try:
            with open(self.path(_PENDING), encoding="utf-8") as file:
                return str(json.load(file)["asks"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def forget_pending(self) -> None:
        """The answer will never come, or was used."""
        self.remove(_PENDING)

    def enrolled(
        self, settings: Mapping[str, object], key: bytes, authority: bytes, zone: str, facts: Mapping[str, object]
    ) -> None:
        """Become the agent of these settings. authority: the CA's certificate, empty where the system's serve."""
        old_key, old_authority = self.text("key_file"), self.text("ca_file")
        new_key = _other("agent.key", f"agent-{secrets.token_hex(3)}.key", old_key)
        self.write(new_key, key.hex().encode() + b"\n")
        told = {**settings, "key_file": new_key}
        if authority:
            told["ca_file"] = old_authority
            if not old_authority or self._bytes(old_authority) != authority:
                told["ca_file"] = _other("ca.pem", f"ca-{secrets.token_hex(3)}.pem", old_authority)
                self.write(str(told["ca_file"]), authority, 0o644)
        origin = str(settings["origin"])
        self.write(machine.NAME, machine.written(machine.read(self.folder), origin, zone, facts))
        self.configure(told)
        self.forget_pending()
        self._tidy({old_key, old_authority}, {new_key, told.get("ca_file")})
        self.write(machine.NAME, machine.written({}, origin, zone, facts))

    def _tidy(self, old: set[str], new: set[object]) -> None:
        """Remove keys and authorities of before, and of an enrolment that was killed."""
        for name in os.listdir(self.folder):
            made = name.startswith(("agent-", "ca-")) and name.endswith((".key", ".pem"))
            if (made or name in old) and name not in new:
                self.remove(name)

    def configure(self, settings: Mapping[str, object], drop: tuple[str, ...] = _OURS) -> None:
        """Write agent.toml anew with these settings on top; all but `drop` of what stands there stays."""
        lines = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items())
        rest = _without(self._lines(), {*drop, *settings})
        text = lines + rest
        import tomllib

        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as e:
            raise ConfigError(f"cannot change {self.config}, whose form is unusual: move it away and try again") from e
        self.write(CONFIG, text.encode(), 0o644)
        self.told = self._read_config()

    def write(self, name: str, content: bytes, mode: int = 0o600) -> None:
        """Write a file in one step: it is there whole, and on the disk, or not at all. Raises ConfigError."""
        part = self.path(f".{name}.part")
        try:
            if os.path.lexists(part):
                os.unlink(part)
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with open(fd, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(fd)
            os.replace(part, self.path(name))
            self._sync()
        except OSError as e:
            raise ConfigError(
                f"cannot write {self.path(name)}: {e.strerror}; run this as the agent's user, or root"
            ) from e

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        try:
            os.unlink(self.path(name))
        except FileNotFoundError:
            return
        except OSError as e:
            raise ConfigError(f"cannot remove {self.path(name)}: {e.strerror}") from e
        self._sync()

    def _sync(self) -> None:
        if os.name == "posix":
            fd = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)

    def _bytes(self, name: str) -> bytes:
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except OSError:
            return b""

    def _lines(self) -> str:
        return self._bytes(CONFIG).decode("utf-8", "replace")

    def _read_config(self) -> dict[str, object]:
        import tomllib

        try:
            return tomllib.loads(self._lines())
        except tomllib.TOMLDecodeError as e:
            raise ConfigError(f"cannot read {self.config}: {e}") from e


def _other(name: str, else_: str, taken: str) -> str:
    """Return a file's usual name, or another where the old configuration uses that."""
    return else_ if name == taken else name


def _without(text: str, names: set[str]) -> str:
    """Return TOML without these settings of its top level."""
    kept = []
    top = True
    for line in text.splitlines(keepends=True):
        top = top and not line.lstrip().startswith("[")
        if not (top and line.partition("=")[0].strip() in names):
            kept.append(line)
    return "".join(kept)
