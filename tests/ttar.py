"""Unpacks `ttar` archives: node_exporter keeps its /sys tree as one text file, since git on Windows can't hold it.

Example:
    Path: sys/class/net/eth0/mtu
    Lines: 1
    1500
    Mode: 644
    # ttar - - - -
    Path: sys/bus/cpu/devices/cpu0
    SymlinkTo: ../../../devices/system/cpu/cpu0
"""

from pathlib import Path


def unpack(archive: Path, target: Path) -> None:
    """Write the files, directories and links of the archive below `target`."""
    lines = iter(archive.read_bytes().split(b"\n"))
    links: list[tuple[Path, str]] = []
    path = target
    for line in lines:
        keyword, _, rest = line.decode().partition(": ")
        if keyword == "Directory":
            path = target / rest
            path.mkdir(parents=True, exist_ok=True)
        elif keyword == "Path":
            path = target / rest
        elif keyword == "SymlinkTo":
            links.append((path, rest))
        elif keyword == "Lines":
            path.write_bytes(content([next(lines) for _ in range(int(rest))]))
    for link, to in links:
        link.symlink_to(to)


def content(lines: list[bytes]) -> bytes:
    """Return what the lines stand for: `NULLBYTE` is a zero byte, a last `EOF` means that no newline ends the file."""
    text = b"".join(line + b"\n" for line in lines)
    if text.endswith(b"EOF\n") and not text.endswith(b"\\EOF\n"):
        text = text.removesuffix(b"EOF\n")
    parts = [part.replace(b"NULLBYTE", b"\0") for part in text.split(b"\\NULLBYTE")]
    return b"NULLBYTE".join(parts).replace(b"\\EOF", b"EOF")
