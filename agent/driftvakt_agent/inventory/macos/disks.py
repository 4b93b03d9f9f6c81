"""What data is kept on: NVMe, SATA, ATAPI, USB sticks and cards, with the verdict of their own health.

Example, of SPNVMeDataType, below its controller:
    {"_name": "APPLE SSD AP0512R", "bsd_name": "disk0", "device_model": "APPLE SSD AP0512R",
     "device_revision": "387.120", "device_serial": "0ba0…", "size_in_bytes": 500277790720,
     "smart_status": "Verified"}

Source: system_profiler(8).
"""

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, every, items, size, text, whole

BUSES = (
    ("SPNVMeDataType", "nvme"), ("SPSerialATADataType", "sata"), ("SPParallelATADataType", "ata"),
    ("SPUSBDataType", "usb"), ("SPCardReaderDataType", "card"),
)  # fmt: skip
_HEALTH = {"verified": "passed", "failing": "failing"}
_DISCS = ("cd", "dvd", "superdrive", "optiarc", "-rw", "blu-ray")


def take(host: Host) -> Found:
    return {"storage": [row for kind, bus in BUSES for row in parse(items(host, kind), bus)]}


def parse(found: list[Item], bus: str) -> list[Row]:
    """Return the disks of one kind of bus. A USB device is one if it has a disk's name."""
    rows: list[Row] = []
    for one in every(found):
        name, model = text(one, "bsd_name"), text(one, "device_model")
        if not name and not (model and bus != "usb"):
            continue
        bytes_ = whole(one, "size_in_bytes")
        rows.append(
            {
                "name": name or text(one, "_name"),
                "model": model or text(one, "_name"),
                "vendor": text(one, "f_manufacturer", "manufacturer"),
                "serial": text(one, "device_serial", "d_serial_num", "serial_num", "spcardreader_serialnumber"),
                "firmware": text(one, "device_revision", "c_bcd_device", "bcd_device"),
                "size_bytes": size(text(one, "size"), 1000) if bytes_ is None else bytes_,
                "type": _kind(one, bus, model),
                "bus": bus,
                "health": _HEALTH.get(text(one, "smart_status").lower(), ""),
            }
        )
    return rows


def _kind(one: Item, bus: str, model: str) -> str:
    if "size" not in one and any(word in model.lower() for word in _DISCS):
        return "optical"
    if bus in ("usb", "card") or text(one, "removable_media").lower() == "yes":
        return "removable"
    if bus == "nvme":
        return "nvme"
    medium = text(one, "spsata_medium_type").lower()
    return {"solid state": "ssd", "rotational": "hdd"}.get(medium, "")
