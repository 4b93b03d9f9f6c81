"""What the kernel of macOS says of itself and of the processor, by sysctlbyname(3)."""

import sys

MAX = 4096


def text(name: str) -> str:
    """Return a value that is a text, empty where there is none."""
    return raw(name).partition(b"\0")[0].decode("utf-8", "replace").strip()


def whole(name: str) -> int | None:
    """Return a value that is a number, None where there is none."""
    found = raw(name)
    return int.from_bytes(found, sys.byteorder) if len(found) in (4, 8) else None


if sys.platform == "darwin":

    def raw(name: str) -> bytes:
        """Return a value as the kernel gives it, nothing where there is none."""
        import ctypes

        try:
            call = ctypes.CDLL("/usr/lib/libSystem.dylib").sysctlbyname
        except (OSError, AttributeError):
            return b""
        size = ctypes.c_size_t(MAX)
        buffer = ctypes.create_string_buffer(MAX)
        if call(name.encode(), buffer, ctypes.byref(size), None, ctypes.c_size_t(0)):
            return b""
        return buffer.raw[: size.value]

else:

    def raw(name: str) -> bytes:  # noqa: ARG001
        return b""
