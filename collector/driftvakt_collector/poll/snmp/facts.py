"""From what a device told to sections of an inventory, like those that an agent sends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import islice

from driftvakt_collector.naming.maker import maker
from driftvakt_collector.poll.snmp.driver import Value
from driftvakt_collector.poll.snmp.guests import guests
from driftvakt_collector.poll.snmp.modules.entity import CLASSES
from driftvakt_collector.poll.snmp.modules.host_resources import DEVICE_TYPES
from driftvakt_collector.poll.snmp.modules.if_mib import TYPES
from driftvakt_collector.poll.snmp.modules.printer import SUPPLY_TYPES, SUPPLY_UNITS
from driftvakt_collector.poll.snmp.nameplate import model_of, plate_of
from driftvakt_collector.poll.snmp.text import mac_of, text_of
from driftvakt_collector.poll.snmp.visit import Rows, Visit
from driftvakt_collector.store.section import Body, Cell
from driftvakt_wire.sections import SECTIONS

_KINDS = {"ethernetCsmacd": "ethernet", "gigabitEthernet": "ethernet", "fastEther": "ethernet", "ieee80211": "wifi",
          "softwareLoopback": "loopback", "l2vlan": "vlan", "l3ipvlan": "vlan", "tunnel": "tunnel", "bridge": "bridge",
          "ieee8023adLag": "bond", "propVirtual": "virtual"}  # fmt: skip
_MOST_ROWS = 5000
_MAC_ADDRESS = 4
"""LldpChassisIdSubtype, and 3 of LldpPortIdSubtype: the octets are a MAC (IEEE 802.1AB)."""
_MAC_PORT = 3


def sections(visit: Visit, *, persons: bool = True) -> dict[str, Body]:
    """Return what a visit with facts tells. persons: whether a person's name may be told."""
    rows = visit.rows
    made = {
        "system": _system(visit, persons=persons),
        "operating_system": _operating_system(visit),
        "network_interfaces": _interfaces(rows),
        "parts": _parts(rows),
        "supplies": _supplies(rows),
        "trays": _trays(rows),
        "neighbours": _neighbours(rows),
        "vlans": _vlans(rows),
        "addresses": _addresses(rows),
        "virtual_machines": guests(rows),
    }
    return {name: body(name, found) for name, told in made.items() if (found := list(islice(told, _MOST_ROWS)))}


def body(name: str, told: Iterable[Mapping[str, Cell]]) -> Body:
    """Return rows as a section: those with the same key once, in the order of keys, and no column that is empty."""
    section = SECTIONS[name]
    keyed: dict[tuple[str, ...], Mapping[str, Cell]] = {}
    for row in told:
        keyed.setdefault(tuple(str(row.get(key) or "") for key in section.keys), row)
    ordered = [row for _, row in sorted(keyed.items(), key=lambda one: one[0])]
    columns = [
        column.name for column in section.columns if any(row.get(column.name) not in (None, "") for row in ordered)
    ]
    return Body(columns, [[row.get(column) for column in columns] for row in ordered])


def model(visit: Visit) -> tuple[str, str]:
    """Return what a person calls the model, and the maker's number of it where there is one."""
    plate = plate_of(visit.identity.object_id)
    device = visit.identity.device
    chassis = _chassis(visit.rows)
    number, descr = _told(chassis, "entPhysicalModelName"), _told(chassis, "entPhysicalDescr")
    ups = visit.rows.get("ups", {}).get("", {})
    named = " ".join(part for part in (_told(ups, "upsIdentManufacturer"), _told(ups, "upsIdentModel")) if part)
    printer = _printer(visit.rows, serial(visit)) if device.class_ == "printer" else ""
    found = (
        model_of(_first(visit.plate, plate.model)) or printer or device.model or number
        or (named if _told(ups, "upsIdentModel") else "") or descr
    )  # fmt: skip
    return found, number if number != found else ""


def serial(visit: Visit) -> str:
    """Return the serial number, empty where nobody says."""
    general = visit.rows.get("prtGeneralTable", {})
    printer = next((text for row in general.values() if (text := _told(row, "prtGeneralSerialNumber"))), "")
    plate = _first(visit.plate, plate_of(visit.identity.object_id).serial)
    return printer or plate or _told(_chassis(visit.rows), "entPhysicalSerialNum")


def version(visit: Visit) -> str:
    """Return the release of what runs on it."""
    chassis = _chassis(visit.rows)
    ups = visit.rows.get("ups", {}).get("", {})
    return (
        _first(visit.plate, plate_of(visit.identity.object_id).version).removeprefix("DSM ")
        or visit.identity.device.version
        or _told(chassis, "entPhysicalSoftwareRev")
        or _told(ups, "upsIdentUPSSoftwareVersion")
        or _told(ups, "upsIdentAgentSoftwareVersion")
    )


def _system(visit: Visit, *, persons: bool) -> Iterator[dict[str, Cell]]:
    name, number = model(visit)
    identity = visit.identity
    made_by = identity.device.vendor or maker(_told(_chassis(visit.rows), "entPhysicalMfgName"))
    yield {
        "manufacturer": made_by,
        "product": name,
        "serial": serial(visit),
        "sku": number,
        "kind": identity.device.class_,
        "location": identity.location,
        "contact": identity.contact if persons else None,
    }


def _operating_system(visit: Visit) -> Iterator[dict[str, Cell]]:
    identity = visit.identity
    yield {
        "name": identity.device.os,
        "title": identity.descr.partition("\n")[0],
        "version": version(visit),
        "hostname": identity.name,
    }


def _interfaces(rows: Rows) -> Iterator[dict[str, Cell]]:
    names = rows.get("ifXTable", {})
    for index, row in rows.get("ifTable", {}).items():
        kind = TYPES.get(_number(row, "ifType"), "")
        yield {
            "name": _told(names.get(index, {}), "ifName") or _told(row, "ifDescr") or index,
            "mac": mac_of(row.get("ifPhysAddress")),
            "type": _KINDS.get(kind, kind),
            "mtu_bytes": _whole(row, "ifMtu"),
        }


def _parts(rows: Rows) -> Iterator[dict[str, Cell]]:
    for index, row in rows.get("entPhysicalTable", {}).items():
        kind = CLASSES.get(_number(row, "entPhysicalClass"), "")
        if kind in ("sensor", "port", "container", "backplane", "") or not (
            _told(row, "entPhysicalSerialNum") or _told(row, "entPhysicalModelName") or kind == "chassis"
        ):
            continue
        yield {
            "name": _told(row, "entPhysicalName") or _told(row, "entPhysicalDescr") or index,
            "kind": kind,
            "description": _told(row, "entPhysicalDescr"),
            "model": _told(row, "entPhysicalModelName"),
            "serial": _told(row, "entPhysicalSerialNum"),
            "manufacturer": _told(row, "entPhysicalMfgName"),
            "hardware": _told(row, "entPhysicalHardwareRev"),
            "software": _told(row, "entPhysicalSoftwareRev"),
        }


def _supplies(rows: Rows) -> Iterator[dict[str, Cell]]:
    colors = rows.get("prtMarkerColorantTable", {})
    for index, row in rows.get("prtMarkerSuppliesTable", {}).items():
        color = f"{index.partition('.')[0]}.{_number(row, 'prtMarkerSuppliesColorantIndex')}"
        capacity = _whole(row, "prtMarkerSuppliesMaxCapacity")
        yield {
            "name": _told(row, "prtMarkerSuppliesDescription") or index,
            "slot": index,
            "type": SUPPLY_TYPES.get(_number(row, "prtMarkerSuppliesType"), ""),
            "color": _told(colors.get(color, {}), "prtMarkerColorantValue"),
            "capacity": capacity if capacity is not None and capacity > 0 else None,
            "unit": SUPPLY_UNITS.get(_number(row, "prtMarkerSuppliesSupplyUnit"), ""),
            "receptacle": _number(row, "prtMarkerSuppliesClass") == 4,
        }


def _trays(rows: Rows) -> Iterator[dict[str, Cell]]:
    for index, row in rows.get("prtInputTable", {}).items():
        capacity = _whole(row, "prtInputMaxCapacity")
        yield {
            "name": _told(row, "prtInputName") or _told(row, "prtInputDescription") or index,
            "slot": index,
            "capacity": capacity if capacity is not None and capacity > 0 else None,
        }


def _neighbours(rows: Rows) -> Iterator[dict[str, Cell]]:
    ports, names = rows.get("lldpLocPortTable", {}), rows.get("ifXTable", {})
    for index, row in rows.get("lldpRemTable", {}).items():
        port = index.split(".")[1] if index.count(".") else index
        chassis, their = row.get("lldpRemChassisId"), row.get("lldpRemPortId")
        is_mac = _number(row, "lldpRemChassisIdSubtype") == _MAC_ADDRESS
        port_is_mac = _number(row, "lldpRemPortIdSubtype") == _MAC_PORT
        local = ports.get(port, {})
        local_is_mac = _number(local, "lldpLocPortIdSubtype") == _MAC_PORT
        yield {
            "port": ("" if local_is_mac else _told(local, "lldpLocPortId")) or _told(local, "lldpLocPortDesc")
            or _told(names.get(port, {}), "ifName") or port,
            "chassis": (mac_of(chassis) if is_mac else "") or text_of(chassis),
            "their_port": (mac_of(their) if port_is_mac else "") or text_of(their),
            "name": _told(row, "lldpRemSysName"),
            "description": _told(row, "lldpRemSysDesc") or _told(row, "lldpRemPortDesc"),
            "protocol": "lldp",
        }  # fmt: skip
    for index, row in rows.get("cdpCacheTable", {}).items():
        port = index.partition(".")[0]
        address = row.get("cdpCacheAddress")
        yield {
            "port": _told(names.get(port, {}), "ifName")
            or _told(rows.get("ifTable", {}).get(port, {}), "ifDescr")
            or port,
            "chassis": _told(row, "cdpCacheDeviceId"),
            "their_port": _told(row, "cdpCacheDevicePort"),
            "name": _told(row, "cdpCacheDeviceId"),
            "description": _told(row, "cdpCachePlatform"),
            "address": ".".join(map(str, address)) if isinstance(address, bytes) and len(address) == 4 else "",
            "protocol": "cdp",
        }


def _vlans(rows: Rows) -> Iterator[dict[str, Cell]]:
    for index, row in rows.get("dot1qVlanStaticTable", {}).items():
        if index.isdecimal():
            yield {"number": int(index), "name": _told(row, "dot1qVlanStaticName")}


def _addresses(rows: Rows) -> Iterator[dict[str, Cell]]:
    """By RFC 1213 what is of version 4, by RFC 4293 what is of version 6: nearly all devices keep to that."""
    for address, row in rows.get("ipAddrTable", {}).items():
        mask = str(row.get("ipAdEntNetMask", ""))
        found = _address(address.split("."))
        if found is not None:
            bits = sum(int(part).bit_count() for part in mask.split(".") if part.isdecimal())
            yield _addressed(rows, found, row.get("ipAdEntIfIndex"), bits or None)
    for index, row in rows.get("ipAddressTable", {}).items():
        kind, size, *numbers = index.split(".")
        found = _address(numbers[:16]) if kind == "2" and size == "16" else None
        if found is not None:
            # A RowPointer, whose last number is the length of the prefix (RFC 4293, ipAddressPrefix).
            told = str(row.get("ipAddressPrefix", "")).rpartition(".")[2]
            length = int(told) if told.isdecimal() and 0 < int(told) <= 128 else None
            yield _addressed(rows, found, row.get("ipAddressIfIndex"), length)


def _address(numbers: Sequence[str]) -> IPv4Address | IPv6Address | None:
    """Return an address of its octets in decimal, None for what is none, or is no other machine's business."""
    if len(numbers) not in (4, 16) or not all(one.isdecimal() and int(one) < 256 for one in numbers):
        return None
    found = ip_address(bytes(map(int, numbers)))
    return None if found.is_loopback or found.is_unspecified or found.is_multicast else found


def _addressed(
    rows: Rows, address: IPv4Address | IPv6Address, index: Value | None, length: int | None
) -> dict[str, Cell]:
    at = str(index)
    name = _told(rows.get("ifXTable", {}).get(at, {}), "ifName") or _told(
        rows.get("ifTable", {}).get(at, {}), "ifDescr"
    )
    scope = "link" if address.is_link_local else "global"
    return {"interface": name or at, "address": str(address), "prefix": length, "scope": scope}


def _chassis(rows: Rows) -> Mapping[str, Value]:
    """Return the part that is the device itself: the first chassis that says more than that it is one."""
    found = [row for row in rows.get("entPhysicalTable", {}).values() if _number(row, "entPhysicalClass") == 3]
    for column in ("entPhysicalSerialNum", "entPhysicalModelName", "entPhysicalDescr"):
        for row in found:
            if _told(row, column):
                return row
    return next(iter(rows.get("entPhysicalTable", {}).values()), {})


def _printer(rows: Rows, number: str) -> str:
    """Return what a printer is called in the table of devices. Some write their serial number and release behind it."""
    for row in rows.get("hrDeviceTable", {}).values():
        kind = str(row.get("hrDeviceType", "")).rpartition(".")[2]
        if DEVICE_TYPES.get(kind) == "printer":
            words = _told(row, "hrDeviceDescr").split(" ")
            end = next((at for at, word in enumerate(words) if len(word) > 4 and number.startswith(word)), len(words))
            return " ".join(words[:end])
    return ""


def _first(told: Mapping[str, Value], oids: Sequence[str]) -> str:
    return next((text for oid in oids if oid in told and (text := text_of(told[oid]))), "")


def _told(row: Mapping[str, Value], column: str) -> str:
    return text_of(row[column]) if column in row else ""


def _number(row: Mapping[str, Value], column: str) -> int:
    value = row.get(column)
    return value if isinstance(value, int) else -1


def _whole(row: Mapping[str, Value], column: str) -> int | None:
    value = row.get(column)
    return value if isinstance(value, int) and abs(value) < 1 << 53 else None
