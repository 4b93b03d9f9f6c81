"""Registries as Windows machines export them, answered as `keys` does on the machine."""

import re
from collections.abc import Iterator
from pathlib import Path

from driftvakt_agent.inventory.windows.keys import Value, Values

_ROOT = "hkey_local_machine\\"
_VALUE = re.compile(r'^(@|"(?:[^"\\]|\\.)*")=(.*)$', re.M)


class Registry:
    """Files of `reg export`, as one registry. keys: those without a file, by path, for what a test adds."""

    def __init__(self, *files: Path, keys: dict[str, dict[str, Value]] | None = None) -> None:
        self._names: dict[str, dict[str, str]] = {}
        self._values: dict[str, Values] = {}
        for file in files:
            text = file.read_bytes().decode("utf-16").replace("\r", "").replace("\\\n  ", "")
            for block in re.split(r"\n(?=\[)", text):
                path, _, rest = block.partition("]\n")
                if path.startswith("["):
                    # A path may hold a bracket; no export here has one.
                    self._add(path[1:].rstrip("]\n"), dict(_values(rest)))
        for path, values in (keys or {}).items():
            self._add(f"HKEY_LOCAL_MACHINE\\{path}", values)

    def children(self, path: str) -> Iterator[tuple[str, Values]]:
        """Give what `keys.machine` would."""
        above = path.lower().rstrip("\\")
        for name in list(self._names.get(above, {}).values()):
            yield name, self._values.get(f"{above}\\{name.lower()}", {})

    def _add(self, path: str, values: Values) -> None:
        known = path.lower().startswith(_ROOT)
        full = path[len(_ROOT) :] if known else path
        self._values[full.lower()] = values
        while "\\" in full:
            above, _, name = full.rpartition("\\")
            self._names.setdefault(above.lower(), {}).setdefault(name.lower(), name)
            full = above


def _values(text: str) -> Iterator[tuple[str, Value]]:
    for found in _VALUE.finditer(text):
        name = "" if found.group(1) == "@" else re.sub(r"\\(.)", r"\1", found.group(1)[1:-1])
        yield name, _value(found.group(2).strip())


def _value(text: str) -> Value:
    """Return what winreg makes of a value."""
    if text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text.startswith("dword:"):
        return int(text[6:], 16)
    kind, _, digits = text.partition(":")
    raw = bytes.fromhex(digits.replace(",", ""))
    if kind == "hex(b)":
        return int.from_bytes(raw, "little")
    if kind in ("hex(2)", "hex(1)"):
        return raw.decode("utf-16-le").rstrip("\0")
    if kind == "hex(7)":
        return [part for part in raw.decode("utf-16-le").split("\0") if part]
    return raw
