"""What a disk says of itself, by smartctl: as JSON since its release 7.0, before that as lines for a reader.

Example:
    $ smartctl --json=c -i -H /dev/sda
    {"device":{"name":"/dev/sda","type":"sat","protocol":"ATA"},"model_name":"MTFDDAK480TDC",…
     "serial_number":"202028413FA9","user_capacity":{"bytes":480103981056},"smart_status":{"passed":true},…}
    $ smartctl -i /dev/sda
    Device Model:     MTFDDAK480TDC
    Serial Number:    202028413FA9
    User Capacity:    480,103,981,056 bytes [480 GB]

Only root may ask a disk, so what comes from here was left by the root timer (`capture`).

Source: smartctl(8), smartctl.8.in and scsiprint.cpp of smartmontools 5.38 to 7.4.
"""

import re
from collections.abc import Mapping

from driftvakt_agent.inventory import Row

_MAX_BYTES = 1 << 60
"""A drive without a medium tells a size out of thin air."""
_MAX_RPM = 100_000
_FORMS = re.compile(r"\d+(?:\.\d+)? inches|M\.2|mSATA|U\.2")
_OLD_DEVICE = re.compile(r"(.*?)\s+Version:\s*(\S*)")
_DEVICE_TYPES = {"CD/DVD": "optical", "disk": "disk", "enclosure": "enclosure", "tape": "tape"}


def parse(told: Mapping[str, object]) -> Row:
    """Return columns of the section `storage` from the JSON of smartctl; those that it does not tell are left out."""
    protocol, kind = _text(told, "device", "protocol"), _text(told, "device", "type")
    transport = _text(told, "scsi_transport_protocol", "name")
    rotation = _whole(told, "rotation_rate")
    nvme = protocol == "NVMe" or kind == "nvme"
    row: Row = {
        "model": _text(told, "scsi_product") or _text(told, "product") or _text(told, "model_name"),
        "vendor": _text(told, "scsi_vendor") or _text(told, "vendor"),
        "serial": _text(told, "serial_number"),
        "firmware": _text(told, "firmware_version") or _text(told, "scsi_revision") or _text(told, "revision"),
        "size_bytes": _size(_whole(told, "user_capacity", "bytes") or _whole(told, "nvme_total_capacity")),
        "type": _type(_text(told, "device_type", "name") or _text(told, "device_type"), rotation, nvme=nvme),
        "bus": "nvme" if nvme else _bus(protocol, transport),
        "wwn": _wwn(told) or _plain_wwn(_text(told, "logical_unit_id")),
        "rotation_rpm": rotation,
        "form_factor": _form(_text(told, "form_factor", "name")),
        "health": _health(told),
    }
    return _told(row)


def parse_lines(text: str) -> Row:
    """Return the same from the lines that smartctl prints for a reader."""
    said: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and value.strip():
            said.setdefault(name.strip().lower(), value.strip())
    old = _OLD_DEVICE.fullmatch(said.get("device", ""))
    vendor, _, product = old.group(1).partition(" ") if old else ("", "", "")
    kind = _DEVICE_TYPES.get(said.get("device type", ""), "")
    rotation = said.get("rotation rate", "")
    turns = 0 if rotation == "Solid State Device" else _number(rotation)
    nvme = "nvme version" in said
    verdict = said.get("smart overall-health self-assessment test result") or said.get("smart health status", "")
    row: Row = {
        "model": said.get("device model") or said.get("product") or said.get("model number") or product.strip(),
        "vendor": said.get("vendor") or vendor,
        "serial": said.get("serial number", ""),
        "firmware": said.get("firmware version") or said.get("revision") or (old.group(2) if old else ""),
        "size_bytes": _size(_number(said.get("user capacity", "") or said.get("total nvm capacity", ""))),
        "type": _type(kind, turns, nvme=nvme),
        "bus": "nvme" if nvme else _bus("ATA" if "ata version is" in said else "", said.get("transport protocol", "")),
        "wwn": _plain_wwn(said.get("lu wwn device id", "") or said.get("logical unit id", "")),
        "rotation_rpm": turns if turns is None or turns <= _MAX_RPM else None,
        "form_factor": _form(said.get("form factor", "")),
        "health": {"PASSED": "passed", "OK": "passed"}.get(verdict, "failing" if verdict else ""),
    }
    return _told(row)


def _health(told: Mapping[str, object]) -> str:
    passed = _at(told, "smart_status", "passed")
    return "" if not isinstance(passed, bool) else "passed" if passed else "failing"


def _type(kind: str, turns: int | None, *, nvme: bool) -> str:
    if kind in ("optical", "enclosure", "tape", "CD/DVD"):
        return _DEVICE_TYPES.get(kind, kind)
    if nvme:
        return "nvme"
    return "" if turns is None else "hdd" if turns else "ssd"


def _bus(protocol: str, transport: str) -> str:
    if protocol in ("ATA", "SATA"):
        return "sata"
    word = transport.split("(")[0].strip().lower()
    return {"sas": "sas", "fibre channel": "fc", "iscsi": "iscsi", "usb": "usb"}.get(word.split(",")[0], "")


def _form(text: str) -> str:
    found = _FORMS.search(text)
    return found.group() if found else ""


def _wwn(told: Mapping[str, object]) -> str:
    """Return the number of a disk of ATA, which comes in three parts: of 4, 24 and 36 bits."""
    naa, oui, own = (_whole(told, "wwn", part) for part in ("naa", "oui", "id"))
    if naa is None or oui is None or own is None or naa > 0xF or oui > 0xFFFFFF or own > 0xFFFFFFFFF:
        return ""
    return f"{naa:x}{oui:06x}{own:09x}"


def _plain_wwn(text: str) -> str:
    digits = "".join(text.lower().removeprefix("0x").split())
    return digits if digits and all(one in "0123456789abcdef" for one in digits) else ""


def _number(text: str) -> int | None:
    """Return the number at the beginning, whatever stands between its thousands."""
    digits = re.match(r"\d[\d.,'\s\u00a0\u202f]*", text)
    plain = re.sub(r"\D", "", digits.group())[:30] if digits else ""
    return int(plain) if plain else None


def _size(size: int | None) -> int | None:
    return size if size is not None and 0 < size < _MAX_BYTES else None


def _told(row: Row) -> Row:
    return {name: cell for name, cell in row.items() if cell not in ("", None)}


def _text(told: Mapping[str, object], *path: str) -> str:
    value = _at(told, *path)
    return value.strip() if isinstance(value, str) else ""


def _whole(told: Mapping[str, object], *path: str) -> int | None:
    value = _at(told, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _at(told: object, *path: str) -> object:
    for name in path:
        told = told.get(name) if isinstance(told, Mapping) else None
    return told
