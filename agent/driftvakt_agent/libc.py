"""The C library, opened once: each `ctypes.CDLL` is a new class, made anew at every call."""

TYPE_CHECKING = False
"""What type checkers take for typing.TYPE_CHECKING, without 0.3 MB of typing."""
if TYPE_CHECKING:
    import ctypes

_opened: "list[ctypes.CDLL]" = []


def libc() -> "ctypes.CDLL":
    """Return the C library of this process. Raises OSError where it can't be opened."""
    if not _opened:
        # Imported here: an agent that never asks does not carry it.
        import ctypes

        _opened.append(ctypes.CDLL(None, use_errno=True))
    return _opened[0]


def give_back() -> None:
    """Give the kernel back what start-up left free in the heap: malloc_trim(3) of glibc; elsewhere nothing."""
    if not _opened:
        return
    trim = getattr(_opened[0], "malloc_trim", None)
    if trim is not None:
        trim(0)
