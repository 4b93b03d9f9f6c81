"""From what commands wrote to sections of an inventory, like those that an agent sends."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from driftvakt_collector.poll.snmp.facts import body
from driftvakt_collector.poll.ssh import facts_lists, facts_network, facts_storage
from driftvakt_collector.poll.ssh.commands import Platform
from driftvakt_collector.poll.ssh.health import Told
from driftvakt_collector.poll.ssh.parsers import bsd, cim, cpuinfo, os_release, show_version, sysfs, systeminfo, uname
from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.poll.ssh.text import line
from driftvakt_collector.store.section import Body, Cell
from driftvakt_wire.personal import MASK
from driftvakt_wire.privacy import Mask
from driftvakt_wire.sections import MAX_BODY, MAX_ROWS

Row = Mapping[str, Cell]

_encode = msgspec.json.Encoder().encode
_US_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
_UNSAID = frozenset(("to be filled by o.e.m.", "none", "not specified", "default string", "system product name",
                     "system manufacturer", "system serial number", "system version", "0",
                     "not applicable"))  # fmt: skip
_MAKERS = {"GenuineIntel": "Intel", "AuthenticAMD": "AMD", "HygonGenuine": "Hygon", "CentaurHauls": "Centaur"}
_NAMES = ("model name", "cpu model", "Processor", "cpu", "uarch")
"""Where a processor's name stands, by architecture."""
_SOLD = re.compile(r"(\d{1,2}(?:\.\d{1,3})?) ?GHz$")
_MAX_TEXT = 1000


def sections(kind: Platform, told: Told, *, persons: bool = True) -> dict[str, Body]:
    """Return what a visit with facts tells. persons: whether what may be a person's may be told; else it is masked."""
    made: dict[str, Iterable[Row]] = {
        "operating_system": _operating_system(kind, told),
        "system": _system(kind, told),
        "firmware": _firmware(kind, told),
        "baseboard": _baseboard(told),
        "processors": _processors(kind, told),
        "parts": facts_lists.parts(told),
        "storage": facts_storage.disks(told),
        "volumes": facts_storage.volumes(told),
        "network_interfaces": facts_network.interfaces(told),
        "addresses": facts_network.addresses(told),
        "listening_sockets": facts_network.listening(told),
        "packages": facts_lists.packages(told),
        "updates": facts_lists.updates(told),
        "services": facts_lists.services(told),
    }
    if persons:
        made |= {"local_users": facts_lists.users(told), "local_groups": facts_lists.groups(told)}
    mask = None if persons else Mask()
    found = {name: [_clean(row, mask) for row in islice(rows, MAX_ROWS)] for name, rows in made.items()}
    return {name: _fitting(body(name, rows)) for name, rows in found.items() if any(any(row.values()) for row in rows)}


def _fitting(made: Body) -> Body:
    """Return a section that is no larger than one may be; of one that is, the last rows are left out."""
    while len(_encode(made)) > MAX_BODY:
        made = Body(made.columns, made.rows[: len(made.rows) * 3 // 4])
    return made


def _clean(row: Row, mask: Mask | None) -> Row:
    """Return a row with texts in one line, of bounded length, without persons where there is a mask."""
    clean: dict[str, Cell] = {}
    for column, cell in row.items():
        if isinstance(cell, str):
            cell = line(cell, _MAX_TEXT)
            if mask is not None:
                cell = MASK if column == "hostname" and mask.names_person(cell) else mask.text(cell)
        elif isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= 1 << 53:
            cell = None
        clean[column] = cell
    return clean


def _operating_system(kind: Platform, told: Told) -> Iterator[Row]:
    if kind is Platform.WINDOWS:
        yield _windows(told)
        return
    if kind is Platform.IOS:
        device = show_version.parse(told.get("show_version", ""))
        yield {"name": "ios", "title": device.title, "version": device.version, "hostname": device.name}
        return
    kernel = uname.parse(told.get("uname", ""))
    release = os_release.parse(told.get("os_release", ""))
    vers = os_release.parse_sw_vers(told.get("sw_vers", ""))
    version = release.get("VERSION_ID") or vers.get("ProductVersion") or told.get("oslevel", "").strip()
    if not version and kernel is not None and kind is not Platform.LINUX:
        version = kernel.release
    names = {Platform.MACOS: "macos", Platform.AIX: "aix", Platform.FREEBSD: "freebsd"}
    yield {
        "name": release.get("ID", names.get(kind, "linux")),
        "title": release.get("PRETTY_NAME") or " ".join(filter(None, (vers.get("ProductName"), version)))
        or (kernel.kernel if kernel else ""),
        "version": version,
        "codename": release.get("VERSION_CODENAME", ""),
        "kernel": kernel.release if kernel else "",
        "architecture": kernel.machine if kernel and kind is not Platform.AIX else "",
        "hostname": kernel.node if kernel else "",
    }  # fmt: skip


def _windows(told: Told) -> Row:
    row = next(iter(cim.parse(told.get("cim", ""))), {})
    info = systeminfo.parse(told.get("systeminfo", "")).told
    kind = info.get("System Type", "").partition("-")[0]
    return {
        "name": "windows",
        "title": cim.text(row, "Caption") or info.get("OS Name", ""),
        "version": cim.text(row, "Version") or info.get("OS Version", "").partition(" ")[0],
        "architecture": {"x64": "x86_64", "X86": "i386", "ARM64": "arm64"}.get(kind, kind),
        "hostname": cim.text(row, "CSName") or info.get("Host Name", ""),
    }


def _system(kind: Platform, told: Told) -> Iterator[Row]:
    dmi = _dmi(told)
    if kind is Platform.WINDOWS:
        info = systeminfo.parse(told.get("systeminfo", "")).told
        yield {"manufacturer": _said(info.get("System Manufacturer")), "product": _said(info.get("System Model"))}
    elif kind is Platform.IOS:
        device = show_version.parse(told.get("show_version", ""))
        yield {"manufacturer": "Cisco", "product": device.model, "serial": device.serial}
    elif kind is Platform.MACOS:
        yield {"manufacturer": "Apple", "product": bsd.parse_sysctl(told.get("sysctl", "")).get("hw.model", "")}
    elif dmi:
        yield {
            "manufacturer": dmi.get("sys_vendor"), "product": dmi.get("product_name"),
            "version": dmi.get("product_version"), "serial": dmi.get("product_serial"),
            "uuid": dmi.get("product_uuid", "").lower(), "sku": dmi.get("product_sku"),
            "family": dmi.get("product_family"),
        }  # fmt: skip


def _firmware(kind: Platform, told: Told) -> Iterator[Row]:
    dmi = _dmi(told)
    if kind is Platform.WINDOWS:
        version, _, _ = systeminfo.parse(told.get("systeminfo", "")).told.get("BIOS Version", "").rpartition(", ")
        yield {"version": version}
    elif dmi:
        date = _US_DATE.fullmatch(dmi.get("bios_date", ""))
        yield {
            "vendor": dmi.get("bios_vendor"), "version": dmi.get("bios_version"),
            "date": f"{date[3]}-{date[1]}-{date[2]}" if date else "", "revision": dmi.get("bios_release"),
        }  # fmt: skip


def _baseboard(told: Told) -> Iterator[Row]:
    dmi = _dmi(told)
    if dmi.get("board_name"):
        yield {
            "product": dmi["board_name"], "manufacturer": dmi.get("board_vendor"), "version": dmi.get("board_version"),
            "serial": dmi.get("board_serial"),
        }  # fmt: skip


def _dmi(told: Told) -> dict[str, str]:
    found = sysfs.parse(told.get("dmi", "")).get("id", {})
    return {name: value for name, value in found.items() if _said(value)}


def _said(value: str | None) -> str:
    """Return what firmware says, empty where it has only what stood there before anybody filled it in."""
    return "" if value is None or value.strip().lower() in _UNSAID else value.strip()


def _processors(kind: Platform, told: Told) -> Iterator[Row]:
    if kind is Platform.WINDOWS:
        for number, text in enumerate(systeminfo.parse(told.get("systeminfo", "")).processors):
            maker = next((name for vendor, name in _MAKERS.items() if vendor in text), "")
            yield {"socket": f"CPU {number}", "model": text.partition(" ~")[0], "manufacturer": maker}
        return
    control = bsd.parse_sysctl(told.get("sysctl", ""))
    model = control.get("machdep.cpu.brand_string") or (control.get("hw.model", "") if kind is Platform.FREEBSD else "")
    if model:
        yield {"socket": "CPU 0", "model": model, "threads": whole(control.get("hw.ncpu", ""))}
    yield from _linux_processors(cpuinfo.parse(told.get("cpuinfo", "")))


def _linux_processors(threads: list[dict[str, str]]) -> Iterator[Row]:
    """Give a row a processor, by its socket where that is told, else one for all that are alike."""
    alike: dict[tuple[str, str], list[dict[str, str]]] = {}
    for one in threads:
        name = next((one[key] for key in _NAMES if one.get(key, "").strip(" 0123456789")), "")
        alike.setdefault((one.get("physical id", ""), name), []).append(one)
    for number, ((_, name), found) in enumerate(alike.items()):
        told, sold = found[0], _SOLD.search(name)
        yield {
            "socket": f"CPU {number}",
            "manufacturer": _MAKERS.get(told.get("vendor_id", ""), told.get("vendor_id", "")),
            "model": name,
            "speed_mhz": round(float(sold[1]) * 1000) if sold else None,
            "cores": whole(told.get("cpu cores", "")),
            "threads": len(found),
        }
