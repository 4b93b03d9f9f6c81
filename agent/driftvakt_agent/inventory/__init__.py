"""What the machine is and what is on it: the readers, one file a subject. Nothing of this is in the running agent.

A reader is a module here with `take(host)`, which gives rows by section; what it captures and what it makes of that are
apart, so that a recording of another machine can be read too. To add one: the module, one line below, and its columns
in driftvakt_wire/sections.py.
"""

Row = dict[str, object]
Found = dict[str, list[Row]]
"""Rows by section."""

READERS: tuple[str, ...] = (
    "firmware",
    "system",
    "storage",
    "network",
    "pci",
    "usb",
    "monitors",
    "graphics",
    "printers",
    "dpkg",
    "rpm",
    "apk",
    "pacman",
    "snap",
    "updates",
    "services",
    "certificates",
    "guests",
    "protection",
    "sockets",
    "accounts",
)
"""Those of Linux, by module."""
