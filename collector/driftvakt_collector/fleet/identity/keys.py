"""What a thing may be known by, written one way, without the values that makers and adapters give to everybody.

Sources of the list of junk: SMBIOS tables of real machines, and what GLPI, OCS Inventory, Fleet and Beszel leave out.
"""

import re
import uuid
from itertools import pairwise
from typing import NamedTuple

SERIAL, UUID, CHASSIS, BOARD, DISK, MAC, MACHINE, NAME = (
    "serial", "uuid", "chassis", "board", "disk", "mac", "machine", "name",
)  # fmt: skip
TITLES = {
    SERIAL: "serial number", UUID: "UUID", CHASSIS: "serial number of the chassis", BOARD: "mainboard", DISK: "disk",
    MAC: "network card", MACHINE: "installation", NAME: "name",
}  # fmt: skip
"""What each kind is called for a reader."""
MAX_VALUE = 128
_MIN_SERIAL = 4

_JUNK_WORDS = frozenset({
    "tobefilledbyoem", "defaultstring", "systemserialnumber", "serialnumber", "chassisserialnumber",
    "boardserialnumber", "baseboardserialnumber", "notspecified", "notapplicable", "notavailable", "notprovided",
    "notdefined", "unknown", "unspecified", "undefined", "invalid", "none", "null", "empty", "oemserial",
    "ssnumber", "sernumber", "serialno", "systemserialno", "productserialnumber", "assetserialnumber", "standard",
    "default", "test", "sample", "qemu", "vmware", "virtualbox", "bochs", "todo", "fillbyoem", "oemdefault",
})  # fmt: skip
_JUNK_UUIDS = frozenset({
    "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc", "78563412-3412-7856-90ab-cddeefaabbcc",
    "12345678-1234-1234-1234-123456789abc", "78563412-3412-3412-1234-123456789abc",
    "11111111-2222-3333-4444-555555555555", "01234567-8910-1112-1314-151617181920",
    "4c4c4544-0000-2010-8020-80c04f202020", "4c4c4544-0000-1020-8020-80c04f202020",
    "44454c4c-0000-1020-8020-80c04f202020", "44454c4c-0000-2010-8020-80c04f202020",
})  # fmt: skip
"""Of boards that were never given one; Dell's is that of an empty service tag."""
_JUNK_MACS = frozenset({
    "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:09:0f:fe:00:01", "00:09:0f:aa:00:01", "00:05:9a:3c:7a:00",
    "50:50:54:50:30:30", "33:50:6f:45:30:30", "20:41:53:59:4e:ff", "00:53:45:00:00:00", "00:1c:7b:15:15:15",
})  # fmt: skip
"""Adapters that exist in software and have the same address everywhere: VPN clients, dial-up."""
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class Key(NamedTuple):
    """One value that may tell a thing from others."""

    kind: str
    value: str


def clean(kind: str, text: str, *, virtual: bool = False) -> Key | None:
    """Return the key that a text stands for, None for junk. virtual: of a virtual machine, whose MACs are made up."""
    # PostgreSQL takes no NUL; and a letter may become three in the other case.
    text = text.replace("\0", "").strip()[:MAX_VALUE]
    if kind == UUID:
        return _uuid(text)
    if kind == MAC:
        return _mac(text, virtual=virtual)
    if kind in (NAME, MACHINE):
        return Key(kind, text.casefold()[:MAX_VALUE]) if text else None
    value = "".join(text.upper().split())
    return None if _is_junk(value) else Key(kind, value[:MAX_VALUE])


def _is_junk(value: str) -> bool:
    plain = "".join(sign for sign in value if sign.isalnum()).casefold()
    if len(plain) < _MIN_SERIAL or plain in _JUNK_WORDS:
        return True
    if any(word in plain for word in ("tobefilled", "defaultstring", "serialnumber", "notspecified")):
        return True
    # 0123456789, 12345678, 00000000, XXXXXXXX, ABCDEFGH
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    return steps <= {0} or steps <= {1} or plain in "01234567890123456789" or plain in "1234567890abcdefghijklmnop"


def _uuid(text: str) -> Key | None:
    try:
        one = uuid.UUID(text)
    except ValueError:
        return None
    value = str(one)
    if value in _JUNK_UUIDS or len(set(one.bytes)) <= 2 or len(set(one.hex)) <= 2:
        return None
    # Before SMBIOS 2.6 nobody said in which order the first three fields stand, and tools still differ.
    return Key(UUID, min(value, str(uuid.UUID(bytes=one.bytes_le))))


def _mac(text: str, *, virtual: bool) -> Key | None:
    value = text.lower().replace("-", ":")
    if not _MAC.fullmatch(value) or value in _JUNK_MACS or len(set(value.split(":"))) == 1:
        return None
    first = int(value[:2], 16)
    if first & 1:
        return None
    # Made up by software: of a randomised Wi-Fi, a container, a tunnel. A virtual machine has no other.
    if first & 2 and (not virtual or value.startswith("02:42:")):
        return None
    return Key(MAC, value)
