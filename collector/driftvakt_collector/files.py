"""Files that hold secrets: made whole or not at all, and never written over by accident."""

import os
import secrets
from pathlib import Path


def make(path: Path, content: bytes, mode: int = 0o400) -> bool:
    """Make a file unless it is there; return whether it was made. A kill in between leaves nothing of that name."""
    if path.exists():
        return False
    part = _part(path, content, mode)
    try:
        # A link fails where the name exists, so that of two who make it at once, one wins and the other's is dropped.
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink()
    _sync(path.parent)
    return True


def replace(path: Path, content: bytes, mode: int = 0o400) -> None:
    """Put a file in the place of another in one step."""
    part = _part(path, content, mode)
    part.replace(path)
    _sync(path.parent)


def _part(path: Path, content: bytes, mode: int) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return part


def _sync(folder: Path) -> None:
    """Bring the folder's list of names to the disk; where a system can't, it needs no asking."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
