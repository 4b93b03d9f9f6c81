"""What the machines of the city are made of, as their inventories tell it. The same asset, the same parts."""

from driftvakt_collector.demo import facts
from driftvakt_collector.demo.asset import Asset, Fault, Habit
from driftvakt_collector.demo.dice import dice
from driftvakt_collector.demo.models import Family
from driftvakt_collector.demo.programs import Rows

Table = tuple[tuple[str, ...], Rows]
_SCREENS = (("DEL", "a0f5", "DELL P2423DE"), ("GSM", "5bbf", "LG 27UP850"), ("HPN", "3674", "HP E24 G5"),
            ("SAM", "0f99", "S24R65x"))  # fmt: skip
_DISKS = (("SAMSUNG MZVL2512HCJQ-00B00", "Samsung", "S64K"), ("WDC PC SN740 SDDPNQD-512G", "Western Digital", "2231"),
          ("KXG8AZNV512G KIOXIA", "KIOXIA", "Z2PF"))  # fmt: skip
_PROCESSORS = {
    "server": "Intel(R) Xeon(R) Silver 4310 CPU @ 2.10GHz",
    "workstation": "13th Gen Intel(R) Core(TM) i5-1345U",
}


def tables(asset: Asset) -> dict[str, Table]:
    """Return the sections of its hardware, each as columns and rows."""
    found = {
        "system": _system(asset), "firmware": _firmware(asset), "processors": _processors(asset),
        "memory": _memory(asset), "operating_system": _system_software(asset), "storage": _storage(asset),
        "volumes": _volumes(asset), "network_interfaces": _cards(asset), "addresses": _addresses(asset),
    }  # fmt: skip
    if asset.habit is Habit.OFFICE or (asset.habit is Habit.SCHOOL and asset.number % 2):
        found["monitors"] = _monitors(asset)
    if asset.model.battery:
        found["batteries"] = (
            ("name", "manufacturer", "serial", "chemistry"),
            [["Primary", asset.model.vendor, f"{asset.number % 99999:05}", "Lithium Ion"]],
        )
    return found


def _system(asset: Asset) -> Table:
    model = asset.model
    lenovo = model.vendor == "LENOVO"
    product, version = (f"21AH{asset.number % 7:04}", model.product) if lenovo else (model.product, "")
    return ("manufacturer", "product", "version", "serial", "uuid"), [
        [model.vendor, product, version, facts.serial(asset), facts.uuid(asset)]
    ]


def _firmware(asset: Asset) -> Table:
    return ("vendor", "version", "date"), [[asset.model.vendor, f"1.{asset.number % 24}.0", "2026-03-11"]]


def _processors(asset: Asset) -> Table:
    apple = asset.model.system.family is Family.MACOS
    name = "Apple M1" if apple else _PROCESSORS[asset.class_]
    return ("socket", "manufacturer", "model", "cores", "threads"), [
        ["CPU 0", "Apple" if apple else "Intel", name, asset.model.cpus, asset.model.cpus]
    ]


def _memory(asset: Asset) -> Table:
    count = 2 if asset.model.memory <= 16 << 30 else 4
    rows: Rows = [
        [f"DIMM{one}", f"BANK {one}", asset.model.memory // count, "DDR4", 3200, "Samsung",
         f"{dice('memory', asset.number, one).getrandbits(32):08X}", "M471A1K43EB1-CWE"]
        for one in range(count)
    ]  # fmt: skip
    return ("slot", "bank", "size_bytes", "type", "speed_mts", "manufacturer", "serial", "part"), rows


def _system_software(asset: Asset) -> Table:
    system = asset.model.system
    names = ("name", "title", "version", "codename", "kernel", "architecture", "hostname", "machine_id", "virtual",
             "boot", "secure_boot", "tpm", "timezone", "language")  # fmt: skip
    machine = {Family.LINUX: "x86_64", Family.WINDOWS: "x86_64", Family.MACOS: "arm64"}[system.family]
    version = system.version if system.family is Family.WINDOWS else system.version_id
    return names, [
        [system.id, system.pretty, version, system.codename, system.release, machine, asset.name,
         f"{dice('id', asset.number).getrandbits(128):032x}", "vmware" if asset.model.virtual else "", "uefi",
         asset.class_ == "workstation" and system.family is not Family.MACOS,
         "" if asset.model.virtual or system.family is Family.MACOS else "2.0", "Europe/Stockholm", "sv_SE.UTF-8"]
    ]  # fmt: skip


def _storage(asset: Asset) -> Table:
    rows: Rows = []
    for place, disk in enumerate(asset.model.disks):
        chance = dice("disk", asset.number, place)
        model, vendor, begin = chance.choice(_DISKS)
        if asset.model.virtual:
            model, vendor, begin = "Virtual disk", "VMware", ""
        size = max(volume.size for volume in asset.model.volumes if volume.disk == disk)
        failing = asset.fault is Fault.SLOW_DISK and place == 0
        rows.append([disk, model, vendor, f"{begin}{chance.getrandbits(40):010X}" if begin else "", size,
                     "virtual" if asset.model.virtual else "ssd", "scsi" if asset.model.virtual else "nvme",
                     "" if asset.model.virtual else "failing" if failing else "passed"])  # fmt: skip
    return ("name", "model", "vendor", "serial", "size_bytes", "type", "bus", "health"), rows


def _volumes(asset: Asset) -> Table:
    # A school's laptops are encrypted; some office PCs were forgotten.
    encrypted = None if asset.class_ == "server" else asset.number % 25 != 3
    return ("name", "parent", "type", "size_bytes", "filesystem", "mountpoint", "encrypted"), [
        [one.device, one.disk, "partition", one.size, one.fstype, one.mountpoint, encrypted]
        for one in asset.model.volumes
    ]


def _cards(asset: Asset) -> Table:
    kind = "wifi" if asset.model.nic in ("Wi-Fi", "en0") else "ethernet"
    return ("name", "mac", "type", "mtu_bytes"), [[asset.model.nic, facts.mac(asset), kind, 1500]]


def _addresses(asset: Asset) -> Table:
    number = asset.number
    network = 10 if asset.place.zone == "adm" else 172
    address = f"{network}.{16 + number // 65025 % 16}.{number // 255 % 255}.{1 + number % 254}"
    return ("interface", "address", "prefix", "scope"), [[asset.model.nic, address, 24, "global"]]


def _monitors(asset: Asset) -> Table:
    rows: Rows = []
    for place in range(1 + asset.number % 2):
        chance = dice("screen", asset.number, place)
        maker, product, name = chance.choice(_SCREENS)
        rows.append(
            [f"DISPLAY{place + 1}", maker, product, name, f"{chance.getrandbits(28):07X}", "2024-W11", 527, 296]
        )
    return ("connector", "maker_id", "product_id", "name", "serial", "made", "width_mm", "height_mm"), rows
