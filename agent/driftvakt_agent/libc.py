"""Calls into the C library, straight through `_ctypes`: the package around it would hold 0.16 MB for two calls."""

_RTLD_NOW = 2


def call(name: str, *arguments: int | bytes) -> int | None:
    """Call a function of the C library that returns an int; None where this system has no such function, or no libc.

    A bytes object is passed as the pointer to what it holds; one that the function writes to must be nobody else's.
    """
    try:
        # Imported here: an agent that never asks does not carry it.
        from _ctypes import call_cdeclfunction, dlopen, dlsym

        # None is this program itself, with the C library in it.
        function = dlsym(dlopen(None, _RTLD_NOW), name)  # type: ignore[arg-type]
    except (ImportError, OSError):
        return None
    result = call_cdeclfunction(function, arguments)
    return result if isinstance(result, int) else None


def give_back() -> None:
    """Give the kernel back what start-up left free in the heap: malloc_trim(3) of glibc; elsewhere nothing."""
    call("malloc_trim", 0)
