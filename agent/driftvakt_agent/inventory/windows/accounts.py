"""Accounts and groups of the machine itself, not of a directory service. Left out under the privacy profile `edu`.

Nobody needs a right to ask. A domain controller has no accounts of its own: all of the domain would be listed.

Source: learn.microsoft.com, NetUserEnum (USER_INFO_20), NetLocalGroupEnum, NetLocalGroupGetMembers, LookupAccountNameW.
"""

import sys
from collections.abc import Callable, Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.keys import text
from driftvakt_agent.sample import NoData

User = tuple[str, str, int, int]
"""Name, full name, flags, number."""
Group = tuple[str, int | None, list[str]]
"""Name, number, members."""
_PRODUCT = r"SYSTEM\CurrentControlSet\Control\ProductOptions"
_CONTROLLER = "LanmanNT"
_DISABLED = 0x2
_MEMBERS = 50
_MAX = 5000


def take(host: Host) -> Found:
    if host.persons is not None:
        raise NoData("accounts are of persons")
    if text(keys.values(_PRODUCT, keys.machine).get("ProductType")) == _CONTROLLER:
        raise NoData("the accounts of a domain controller are those of its domain")
    users, groups = capture_users(), capture_groups()
    found = {"local_users": parse_users(users), "local_groups": parse_groups(groups)}
    if not any(found.values()):
        raise NoData("Windows names no account of this machine")
    return {section: rows for section, rows in found.items() if rows}


def parse_users(users: Iterable[User]) -> list[Row]:
    return [
        {"name": name, "uid": number, "full_name": full_name, "home": "", "shell": "",
         "may_log_in": not flags & _DISABLED}
        for name, full_name, flags, number in users
    ]  # fmt: skip


def parse_groups(groups: Iterable[Group]) -> list[Row]:
    rows: list[Row] = []
    for name, number, told in groups:
        members = sorted(filter(None, told))
        more = f" and {len(members) - _MEMBERS} more" if len(members) > _MEMBERS else ""
        rows.append({"name": name, "gid": number, "members": ", ".join(members[:_MEMBERS]) + more})
    return rows


if sys.platform == "win32":
    import ctypes
    from typing import TypeVar

    _Structure = TypeVar("_Structure", bound=ctypes.Structure)
    _Taken = TypeVar("_Taken")

    class _User(ctypes.Structure):
        _fields_ = (
            ("name", ctypes.c_wchar_p), ("full_name", ctypes.c_wchar_p), ("comment", ctypes.c_wchar_p),
            ("flags", ctypes.c_uint32), ("number", ctypes.c_uint32),
        )  # fmt: skip

    class _Group(ctypes.Structure):
        _fields_ = (("name", ctypes.c_wchar_p), ("comment", ctypes.c_wchar_p))

    class _Member(ctypes.Structure):
        _fields_ = (("name", ctypes.c_wchar_p),)

    def capture_users() -> list[User]:
        normal = 0x2
        return _listed(_User, lambda *out: ctypes.windll.netapi32.NetUserEnum(None, 20, normal, *out),
                       lambda one: (one.name or "", one.full_name or "", int(one.flags), int(one.number)))  # fmt: skip

    def capture_groups() -> list[Group]:
        names = _listed(_Group, lambda *out: ctypes.windll.netapi32.NetLocalGroupEnum(None, 1, *out),
                        lambda one: one.name or "")  # fmt: skip
        return [(name, _number(name), _members(name)) for name in names if name]

    def _members(group: str) -> list[str]:
        return _listed(
            _Member,
            lambda *out: ctypes.windll.netapi32.NetLocalGroupGetMembers(None, ctypes.c_wchar_p(group), 3, *out),
            lambda one: one.name or "",
        )

    def _listed(
        kind: "type[_Structure]", ask: Callable[..., int], taken: "Callable[[_Structure], _Taken]"
    ) -> "list[_Taken]":
        """Return what `taken` makes of each structure that a call lists; nothing where the call refuses."""
        library = ctypes.windll.netapi32
        buffer, count, total, more = ctypes.c_void_p(), ctypes.c_uint32(), ctypes.c_uint32(), ctypes.c_size_t()
        try:
            # -1: as many as there are, in one answer.
            status = ask(ctypes.byref(buffer), ctypes.c_uint32(0xFFFFFFFF), ctypes.byref(count), ctypes.byref(total),
                         ctypes.byref(more))  # fmt: skip
            if status or not buffer.value:
                return []
            rows = ctypes.cast(buffer, ctypes.POINTER(kind))
            return [taken(rows[place]) for place in range(min(count.value, _MAX))]
        finally:
            if buffer.value:
                library.NetApiBufferFree(buffer)

    def _number(name: str) -> int | None:
        """Return the last part of a group's SID, which is the same in every language for those of Windows itself."""
        sid, domain = ctypes.create_string_buffer(256), ctypes.create_unicode_buffer(256)
        size, length, use = ctypes.c_uint32(256), ctypes.c_uint32(256), ctypes.c_uint32()
        done = ctypes.windll.advapi32.LookupAccountNameW(
            None, ctypes.c_wchar_p(name), sid, ctypes.byref(size), domain, ctypes.byref(length), ctypes.byref(use)
        )
        parts = sid.raw[1]
        return int.from_bytes(sid.raw[4 + 4 * parts : 8 + 4 * parts], "little") if done and 0 < parts <= 15 else None

else:

    def capture_users() -> list[User]:
        return []

    def capture_groups() -> list[Group]:
        return []
