"""Writing so that it is still there after a power cut, and what is said where it can't be done."""

import os

FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""Not through a link: what stands there may be somebody else's."""
_ADVICE = {"ENOSPC": "free some space", "EDQUOT": "raise the quota", "EROFS": "mount it writable"}
_OTHERWISE = "give the agent a folder of its own in 'spool'"


class DiskError(Exception):
    """The spool can't be used now. The text says what was being done to what, why it failed, and what to do."""


def failed(what: str, path: str, error: OSError) -> DiskError:
    """Return the error that says so. what: a verb."""
    # Imported here: an agent whose disk is well needs no names of errors.
    from errno import errorcode

    advice = _ADVICE.get(errorcode.get(error.errno or 0, ""), _OTHERWISE)
    return DiskError(f"cannot {what} {path}: {error.strerror or error}; {advice}")


def write_all(fd: int, data: bytes) -> None:
    """Write all of it. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync(fd: int) -> None:
    """Return when what was written stands on disk; a file that is new needs os.fsync. Raises OSError."""
    getattr(os, "fdatasync", os.fsync)(fd)


def sync_folder(folder: str) -> None:
    """Return when the names in a folder stand on disk. Raises OSError."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY | FLAGS)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace(path: str, data: bytes, mode: int = 0o600) -> None:
    """Put a whole file in the place of another in one step. Raises OSError, and then the old one still stands."""
    part = path + ".part"
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | FLAGS, 0o600)
        try:
            write_all(fd, data)
            if mode != 0o600:
                # Whatever the umask of whoever calls.
                os.fchmod(fd, mode)
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(part, path)
    except OSError:
        remove(part)
        raise
    sync_folder(os.path.dirname(path))


def overwrite(path: str, data: bytes) -> None:
    """Let a file hold this and nothing else, in the blocks that it has: that goes on a full disk. Raises OSError.

    Killed in between, it holds this and then what is left of the old, or a torn part of this.
    """
    fd = os.open(path, os.O_WRONLY | FLAGS)
    try:
        write_all(fd, data)
        sync(fd)
        os.ftruncate(fd, len(data))
    finally:
        os.close(fd)


def remove(path: str) -> bool:
    """Remove a file; say if it is gone."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def read(path: str) -> bytes:
    """Return a whole file. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | FLAGS)
    try:
        parts = []
        while part := os.read(fd, 1 << 18):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(fd)
