"""A package as every package manager has it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """source: dpkg, rpm, pkg. size: bytes on disk."""

    source: str
    name: str
    version: str
    architecture: str = ""
    publisher: str = ""
    size: int | None = None
