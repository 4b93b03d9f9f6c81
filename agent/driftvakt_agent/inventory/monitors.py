"""Screens that are connected.

Example:
    $ xxd -l 16 /sys/class/drm/card0-HDMI-A-1/edid
    00000000: 00ff ffff ffff ff00 26cd 2262 2ed3 7304

Source: include/drm/drm_connector.h of the kernel; the bytes: see `edid`.
"""

import os

from driftvakt_agent.host import Host, read_bytes
from driftvakt_agent.inventory import Found, Row, edid
from driftvakt_agent.sample import NoData


def take(host: Host) -> Found:
    folder = f"{host.sys}/class/drm"
    try:
        names = sorted(name for name in os.listdir(folder) if "-" in name)
    except OSError as e:
        raise NoData("no graphics here") from e
    rows: list[Row] = []
    for name in names:
        try:
            told = edid.parse(read_bytes(f"{folder}/{name}/edid"))
        except OSError:
            continue
        if told is not None:
            rows.append({"connector": name, **told})
    return {"monitors": rows}
