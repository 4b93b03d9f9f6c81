r"""Virtual machines of Hyper-V, which tells of them to its administrators alone.

Example:
    Msvm_ComputerSystem          Name=6A257FA0-FA76-4BF4-A3FB-67AEE79316BD  ElementName=vm-0450-glpi
    Msvm_MemorySettingData       InstanceID=Microsoft:6A257FA0-…\4764334d-…  VirtualQuantity=2048   (MiB)
    Msvm_ProcessorSettingData    InstanceID=Microsoft:6A257FA0-…\b637f346-…\0  VirtualQuantity=2

Settings of no machine are what a new one would get, and have Definition where others have a machine's UUID.

Source: learn.microsoft.com, "Hyper-V WMI provider (V2)".
"""

import re
from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import cim
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.sample import NoData

_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MIB = 1 << 20
_CLASSES = ("Msvm_ComputerSystem", "Msvm_MemorySettingData", "Msvm_ProcessorSettingData",
            "Msvm_SyntheticEthernetPortSettingData")  # fmt: skip


def take(host: Host) -> Found:
    machines, memory, processors, cards = (cim.objects(host, name) for name in _CLASSES)
    rows = parse(machines, memory, processors, cards)
    if not rows:
        raise NoData("Hyper-V tells of no virtual machine")
    return {"virtual_machines": rows}


def parse(
    machines: Iterable[Instance], memory: Iterable[Instance], processors: Iterable[Instance], cards: Iterable[Instance]
) -> list[Row]:
    sizes, cpus = _by_machine(memory), _by_machine(processors)
    macs = {_machine(one): cim.text(one, "Address").lower() for one in cards}
    rows: list[Row] = []
    for one in machines:
        uuid = cim.text(one, "Name").lower()
        # The host itself is in the list, by its own name.
        if not _UUID.fullmatch(uuid):
            continue
        size, mac = sizes.get(uuid), macs.get(uuid, "")
        rows.append({
            "name": cim.text(one, "ElementName"), "kind": "hyper-v", "uuid": uuid, "image": "",
            "memory_bytes": None if size is None else size * _MIB, "cpus": cpus.get(uuid),
            "mac": ":".join(mac[at : at + 2] for at in range(0, 12, 2)) if len(mac) == 12 else "",
        })  # fmt: skip
    return rows


def _by_machine(settings: Iterable[Instance]) -> dict[str, int | None]:
    return {_machine(one): cim.whole(one, "VirtualQuantity") for one in settings}


def _machine(one: Instance) -> str:
    return cim.text(one, "InstanceID").lower().removeprefix("microsoft:").partition("\\")[0]
