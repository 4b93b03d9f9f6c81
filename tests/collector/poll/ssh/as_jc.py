"""Our rows in the form that jc gives to the same outputs: its names, its order, its words for what is missing."""

from typing import Any

from driftvakt_collector.poll.ssh.parsers import (
    accounts,
    df,
    free,
    ifconfig,
    lsblk,
    mount,
    netstat,
    netstat_i,
    os_release,
    rpm,
    ss,
    systemctl,
    uname,
    uptime,
)  # fmt: skip
from driftvakt_collector.poll.ssh.parsers.interface import Interface
from driftvakt_collector.poll.ssh.parsers.number import size as size_of

Row = dict[str, Any]


def of_df(text: str) -> list[Row]:
    unit = next((one for one in ("1K-blocks", "1024-blocks", "512-blocks") if one in text), "")
    blocks = {"1K-blocks": 1024, "1024-blocks": 1024, "512-blocks": 512}.get(unit, 1)
    size = unit.lower().replace("-", "_") or "size"
    percent = "capacity_percent" if "Capacity" in text else "use_percent"
    return [
        {"filesystem": one.device, size: _in(one.size, blocks), "used": _in(one.used, blocks),
         "available": _in(one.available, blocks), "mounted_on": one.mountpoint, percent: one.percent,
         "type": one.type, "iused": one.files_used, "ifree": one.files_free, "iused_percent": one.files_percent}
        for one in df.parse(text)
    ]  # fmt: skip


def _in(number: int | None, unit: int) -> int | None:
    return None if number is None else number // unit


def of_free(text: str) -> list[Row]:
    return [
        {"type": name} | {column.replace("/", "_"): number // 1024 for column, number in told.items()}
        for name, told in free.parse(text).items()
    ]


def of_uptime(text: str) -> list[Row]:
    found = uptime.parse(text)
    assert found is not None
    assert found.loads is not None
    one, five, fifteen = found.loads
    return [
        {"uptime_total_seconds": found.seconds, "users": found.users, "load_1m": one, "load_5m": five,
         "load_15m": fifteen, "uptime_days": found.seconds // 86400, "uptime_hours": found.seconds % 86400 // 3600,
         "uptime_minutes": found.seconds % 3600 // 60}
    ]  # fmt: skip


def of_lsblk(text: str) -> list[Row]:
    flags, numbers = ("RM", "RO", "ROTA", "DISC-ZERO", "RAND"), (
        "RA", "ALIGNMENT", "MIN-IO", "OPT-IO", "PHY-SEC", "LOG-SEC", "RQ-SIZE", "DISC-ALN")  # fmt: skip
    rows = []
    for told in lsblk.parse_tree(text):
        row: Row = {}
        for column, value in told.items():
            name = column.lower().replace(":", "_").replace("-", "_")
            row[name] = value == "1" if column in flags else int(value) if column in numbers else value or None
            if column in ("SIZE", "DISC-GRAN", "DISC-MAX", "WSAME") and value:
                row[name + "_bytes"] = size_of(value)
        rows.append(row)
    return rows


def of_mount(text: str) -> list[Row]:
    # jc leaves the type of a BSD among the options, where it stands.
    is_bsd = " type " not in text and " on /" in text
    return [
        {"filesystem": one.device, "mount_point": one.mountpoint}
        | ({"options": [one.type, *one.options]} if is_bsd else {"type": one.type, "options": list(one.options)})
        for one in mount.parse(text)
    ]


def of_passwd(text: str) -> list[Row]:
    return [
        {"username": one.name, "password": one.password, "uid": one.uid, "gid": one.gid, "comment": one.comment,
         "home": one.home, "shell": one.shell}
        for one in accounts.parse_accounts(text)
    ]  # fmt: skip


def of_group(text: str) -> list[Row]:
    return [
        {"group_name": one.name, "password": one.password, "gid": one.gid, "members": list(one.members)}
        for one in accounts.parse_groups(text)
    ]


def of_uname(text: str) -> list[Row]:
    one = uname.parse(text)
    assert one is not None
    return [
        {"kernel_name": one.kernel, "node_name": one.node, "kernel_release": one.release,
         "kernel_version": one.version, "machine": one.machine, "processor": one.processor or "unknown",
         "hardware_platform": one.platform or "unknown", "operating_system": one.system}
    ]  # fmt: skip


def of_rpm(text: str) -> list[Row]:
    numbers = ("epoch", "size")
    return [
        {(key := name.lower().replace(" ", "_")): int(value) if key in numbers else value
         for name, value in told.items()}
        for told in rpm.fields(text)
    ]  # fmt: skip


def of_sockets(text: str) -> list[Row]:
    is_windows = "Proto  Local" in text
    rows = []
    for one in netstat.parse(text):
        transport = one.protocol.rstrip("46")
        row: Row = {
            "proto": one.protocol.upper() if is_windows else one.protocol, "recv_q": one.received, "send_q": one.sent,
            "local_address": one.address, "foreign_address": one.peer, "local_port": one.port,
            "foreign_port": one.peer_port, "state": one.state or ("" if is_windows else None), "kind": "network",
            "transport_protocol": transport if transport in ("tcp", "udp") else None, "pid": one.pid,
            "network_protocol": "ipv6" if one.protocol.endswith("6") else "ipv4", "program_name": one.program,
        }  # fmt: skip
        rows.append(row | _port_numbers(one.port, one.peer_port, "foreign"))
    return rows


def _port_numbers(port: str, other: str, name: str) -> Row:
    told = {"local_port_num": port, f"{name}_port_num": other}
    return {key: int(value) for key, value in told.items() if value.isdecimal()}


def of_ss(text: str) -> list[Row]:
    return [
        {"netid": one.protocol, "state": one.state, "recv_q": one.received, "send_q": one.sent,
         "local_address": one.address, "local_port": one.port, "peer_address": one.peer, "peer_port": one.peer_port}
        | _port_numbers(one.port, one.peer_port, "peer")
        for one in ss.parse(text)
    ]  # fmt: skip


def of_netstat_i(text: str) -> list[Row]:
    return [
        {"iface": one.name, "mtu": one.mtu, "network": one.network, "address": one.address or None, "flg": one.flags,
         "kind": "interface"} | {name.lower().replace("-", "_"): number for name, number in one.counters.items()}
        for one in netstat_i.parse(text)
    ]  # fmt: skip


def without_stars(told: list[Row]) -> list[Row]:
    return [one | {"iface": one["iface"].rstrip("*")} for one in told]


def of_ifconfig(text: str) -> list[Row]:
    return [_of_interface(one) for one in ifconfig.parse(text)]


def _of_interface(one: Interface) -> Row:
    def counter(name: str) -> int | None:
        return one.counters.get(name)

    four = [address for address in one.addresses if ":" not in address.address]
    six = [address for address in one.addresses if ":" in address.address]
    row: Row = {
        "name": one.name, "state": list(one.flags) or None, "mtu": one.mtu, "mac_addr": one.mac or None,
        "type": {"ethernet": "Ethernet", "loopback": "Local Loopback", "": None}.get(one.type, one.type),
        "metric": one.metric, "status": one.status, "ipv4_addr": four[-1].address if four else None,
        "ipv4_mask": _mask(four[-1].prefix) if four else None,
        "ipv4_bcast": (four[-1].broadcast or None) if four else None,
        "ipv6_addr": six[-1].address if six else None, "ipv6_mask": six[-1].prefix if six else None,
        "ipv6_type": (six[-1].scope or None) if six else None, "ipv6_scope_id": (six[-1].zone or None) if six else None,
        "ipv4": [{"address": a.address, "mask": _mask(a.prefix), "broadcast": a.broadcast or None} for a in four],
        "ipv6": [{"address": a.address, "mask": a.prefix} for a in six],
    }  # fmt: skip
    for way in ("rx", "tx"):
        for what in ("packets", "errors", "dropped", "overruns", "frame", "carrier", "collisions", "bytes"):
            row[f"{way}_{what}"] = counter(f"{way.upper()} {what}")
    return row


def _mask(prefix: int | None) -> str | None:
    if prefix is None:
        return None
    bits = ((1 << prefix) - 1) << (32 - prefix)
    return ".".join(str(bits >> shift & 255) for shift in (24, 16, 8, 0))


def expected_ifconfig(told: list[Row]) -> list[Row]:
    rows = []
    for one in told:
        row = dict(one)
        if row["state"] and " " in row["state"][0]:
            # jc does not part the flags of the old form.
            row["state"] = row["state"][0].split()
            row["ipv6_type"] = (row["ipv6_scope"] or "").lower() or None
        row["ipv6"] = [{"address": a["address"], "mask": a["mask"]} for a in row.get("ipv6", [])]
        row.setdefault("ipv4", [])
        rows.append(row)
    return rows


def of_units(text: str) -> list[Row]:
    return [
        {"unit": one.name, "load": one.load, "active": one.active, "sub": one.sub, "description": one.description}
        for one in systemctl.parse_units(text.partition("\n")[2])
    ]


def of_unit_files(text: str) -> list[Row]:
    return [{"unit_file": name, "state": state} for name, state in systemctl.parse_unit_files(text).items()]


def of_os_release(text: str) -> list[Row]:
    return [dict(os_release.parse(text))]
