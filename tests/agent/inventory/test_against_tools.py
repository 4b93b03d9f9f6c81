"""This machine's inventory against what its own tools list: nothing they list is missing or different in ours."""

import json
import shutil
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import take

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform != "linux", reason="looks at a Linux")]


@cache
def ours() -> dict[str, list[dict[str, Any]]]:
    taken = take.take(Host())
    assert taken.failed == {}
    bodies = {name: json.loads(text) for name, text in taken.bodies.items()}
    return {name: [dict(zip(one["columns"], row, strict=True)) for row in one["rows"]] for name, one in bodies.items()}


def told(*command: str) -> str:
    """Return what a tool prints; the test is skipped where it is not installed."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_packages_of_dpkg_query() -> None:
    lines = told(
        "dpkg-query", "-W", "-f", "${db:Status-Status}\t${Package}\t${Architecture}\t${Version}\n"
    ).splitlines()
    theirs = {tuple(line.split("\t")[1:]) for line in lines if line.startswith("installed\t")}
    found = {
        (row["name"], row["architecture"], row["version"]) for row in ours()["packages"] if row["source"] == "dpkg"
    }
    assert len(theirs) > 50
    assert theirs == found


def test_services_of_systemctl() -> None:
    lines = told("systemctl", "--root=/", "list-unit-files", "--type=service", "--no-legend", "--no-pager").splitlines()
    found = {row["name"]: row["start"] for row in ours()["services"]}
    theirs = {line.split()[0].removesuffix(".service"): line.split()[1] for line in lines}
    # An alias stands here under the name of what it points to; an indirect unit is enabled by way of another; bad is
    # what the alias of a package that is gone is called.
    for name, state in theirs.items():
        if state in ("enabled", "disabled", "static", "masked"):
            assert found.get(name) == state, name
    assert {name for name, state in theirs.items() if state not in ("alias", "bad", "linked")} == set(found)


def test_disks_and_volumes_of_lsblk() -> None:
    columns = "NAME,TYPE,SIZE,MODEL,SERIAL,FSTYPE,UUID,MOUNTPOINT"
    tree = json.loads(told("lsblk", "-J", "-b", "-o", columns))["blockdevices"]
    disks = {row["name"]: row for row in ours().get("storage", [])}
    volumes = {row["name"]: row for row in ours().get("volumes", [])}

    def look(nodes: list[dict[str, Any]]) -> None:
        for node in nodes:
            look(node.get("children", []))
            if node["type"] in ("loop", "rom") or not node["size"]:
                continue
            found = disks.get(node["name"]) if node["type"] == "disk" else volumes.get(node["name"])
            assert found is not None, node
            assert found["size_bytes"] == node["size"], node
            for column, key in (("model", "model"), ("serial", "serial"), ("filesystem", "fstype"), ("uuid", "uuid"),
                                ("mountpoint", "mountpoint")):  # fmt: skip
                if node[key] and column in found:
                    assert found[column] == node[key], node

    look(tree)
    assert tree


def test_interfaces_and_addresses_of_ip() -> None:
    links = json.loads(told("ip", "-json", "address"))
    interfaces = {row["name"]: row for row in ours()["network_interfaces"]}
    addresses = {(row["interface"], row["address"], row["prefix"]) for row in ours()["addresses"]}
    for link in links:
        found = interfaces[link["ifname"]]
        assert found["mtu_bytes"] == link["mtu"], link
        if link["link_type"] == "ether":
            assert found["mac"] == link["address"], link
        for one in link["addr_info"]:
            # What a lease or a router gave for a while comes and goes, and is left out on purpose.
            if not (one.get("temporary") or (one["family"] == "inet6" and one.get("dynamic"))):
                assert (link["ifname"], one["local"], one["prefixlen"]) in addresses, one


def test_numbers_of_dmidecode() -> None:
    for keyword, section, column in (("system-manufacturer", "system", "manufacturer"),
                                     ("system-product-name", "system", "product"),
                                     ("system-serial-number", "system", "serial"), ("system-uuid", "system", "uuid"),
                                     ("bios-version", "firmware", "version")):  # fmt: skip
        try:
            theirs = told("dmidecode", "-s", keyword).strip()
        except subprocess.CalledProcessError:
            pytest.skip("the firmware tells dmidecode nothing")
        if theirs and not theirs.startswith("#"):
            assert str(ours()[section][0][column]).lower() == theirs.lower()
