"""The keys below one key of the registry, with their values. Elsewhere than on Windows there are none."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping

Value = str | int | bytes | list[str] | None
Values = Mapping[str, Value]
Keys = Iterable[tuple[str, Values]]
"""Name and values of keys."""
Children = Callable[[str], Keys]
"""Gives name and values of each key below one of the machine."""
MACHINE, USERS = "HKEY_LOCAL_MACHINE", "HKEY_USERS"
_MAX_KEYS = 20_000
_MAX_VALUES = 500

if sys.platform == "win32":

    def children(root: str, path: str, *, old: bool = False) -> Iterator[tuple[str, Values]]:
        """Give name and values of each key below. old: in the registry of 32-bit programs. Nothing where it is not."""
        import winreg

        view = winreg.KEY_WOW64_32KEY if old else winreg.KEY_WOW64_64KEY
        try:
            parent = winreg.OpenKey(getattr(winreg, root), path, 0, winreg.KEY_READ | view)
        except OSError:
            return
        with parent:
            for place in range(_MAX_KEYS):
                try:
                    name = winreg.EnumKey(parent, place)
                except OSError:
                    return
                try:
                    with winreg.OpenKey(parent, name, 0, winreg.KEY_READ | view) as child:
                        yield name, _values(child)
                except OSError:
                    # It went away meanwhile, or is closed to us.
                    continue

    def _values(key: "winreg.HKEYType") -> Values:  # type: ignore[name-defined]  # noqa: F821
        import winreg

        found: dict[str, Value] = {}
        for place in range(_MAX_VALUES):
            try:
                name, value, _ = winreg.EnumValue(key, place)
            except OSError:
                break
            found[name] = value
        return found

else:

    def children(root: str, path: str, *, old: bool = False) -> Iterator[tuple[str, Values]]:  # noqa: ARG001
        """Give nothing."""
        return iter(())


def machine(path: str) -> Iterator[tuple[str, Values]]:
    """Give name and values of each key below one of the machine."""
    return children(MACHINE, path)


def values(path: str, children: Children) -> Values:
    """Return the values of one key, empty where there is none. Names of keys are alike in upper and lower case."""
    parent, _, name = path.rpartition("\\")
    return next((found for key, found in children(parent) if key.lower() == name.lower()), {})


def text(value: Value) -> str:
    """Return what stands in a value, on one line; a list's first; empty where it is no text."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return " ".join(value.replace("\0", " ").split()) if isinstance(value, str) else ""
