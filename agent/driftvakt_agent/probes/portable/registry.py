"""The registry of Windows, for what no call tells. Elsewhere every answer is None."""

import sys

Value = str | int | list[str] | None

if sys.platform == "win32":

    def value(key: str, name: str) -> Value:
        """Return a value below HKEY_LOCAL_MACHINE, None where there is none or it may not be read."""
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as opened:
                found = winreg.QueryValueEx(opened, name)[0]
        except OSError:
            return None
        return found if isinstance(found, str | int | list) else None

    def exists(key: str) -> bool:
        """Say if there is such a key below HKEY_LOCAL_MACHINE."""
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY):
                return True
        except OSError:
            return False

else:

    def value(key: str, name: str) -> Value:  # noqa: ARG001
        return None

    def exists(key: str) -> bool:  # noqa: ARG001
        return False
