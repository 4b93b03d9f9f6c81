"""Which of our columns is which of GLPI's properties: one table for both ways."""

from typing import NamedTuple

from driftvakt_collector.glpi import kinds
from driftvakt_collector.glpi.kinds import TEXT, Kind


class Field(NamedTuple):
    """column: ours. place: GLPI's property; of a section with one row, its category and a full stop before it."""

    column: str
    place: str
    kind: Kind = TEXT


class Table(NamedTuple):
    """One section that is one list of GLPI. needs: properties without which GLPI takes no row."""

    section: str
    category: str
    fields: tuple[Field, ...]
    needs: tuple[str, ...] = ()


ONE_ROW: dict[str, tuple[Field, ...]] = {
    "system": (
        Field("manufacturer", "bios.smanufacturer"),
        Field("product", "bios.smodel"),
        Field("serial", "bios.ssn"),
        Field("uuid", "hardware.uuid", kinds.LOWER),
        Field("sku", "bios.skunumber"),
    ),
    "firmware": (
        Field("vendor", "bios.bmanufacturer"),
        Field("version", "bios.bversion"),
        Field("date", "bios.bdate", kinds.DAY),
    ),
    "baseboard": (
        Field("product", "bios.mmodel"),
        Field("manufacturer", "bios.mmanufacturer"),
        Field("serial", "bios.msn"),
    ),
    "chassis": (
        Field("type", "hardware.chassis_type"),
        Field("serial", "bios.enclosureserial"),
        Field("asset_tag", "bios.assettag"),
    ),
    "operating_system": (
        Field("name", "operatingsystem.name", kinds.LOWER),
        Field("title", "operatingsystem.full_name"),
        Field("version", "operatingsystem.version", kinds.RELEASE),
        Field("kernel", "operatingsystem.kernel_version"),
        Field("architecture", "operatingsystem.arch"),
        Field("hostname", "hardware.name"),
        Field("virtual", "hardware.vmsystem", kinds.VIRTUAL),
        Field("secure_boot", "bios.secure_boot", kinds.SECURE_BOOT),
    ),
}
"""Sections whose first row is told by single properties. Of several mainboards and chassis GLPI knows one."""

MANY: tuple[Table, ...] = (
    Table("processors", "cpus", (
        Field("manufacturer", "manufacturer"),
        Field("model", "name"),
        Field("speed_mhz", "speed", kinds.WHOLE),
        Field("cores", "core", kinds.WHOLE),
        Field("threads", "thread", kinds.WHOLE),
        Field("serial", "serial"),
        Field("signature", "id", kinds.SIGNATURE),
    )),
    Table("memory", "memories", (
        Field("slot", "caption"),
        Field("bank", "numslots", kinds.TEXT_AS_WHOLE),
        Field("size_bytes", "capacity", kinds.MIB),
        Field("type", "type"),
        Field("form", "description"),
        Field("speed_mts", "speed", kinds.SPEED),
        Field("manufacturer", "manufacturer"),
        Field("serial", "serialnumber"),
        Field("part", "model"),
        Field("correction", "memorycorrection"),
    )),
    Table("slots", "slots", (
        Field("name", "name"),
        Field("type", "description"),
        Field("use", "status", kinds.USED),
    ), ("name",)),
    Table("batteries", "batteries", (
        Field("name", "name"),
        Field("manufacturer", "manufacturer"),
        Field("serial", "serial"),
        Field("chemistry", "chemistry"),
        Field("capacity_mwh", "capacity", kinds.WHOLE),
        Field("voltage_mv", "voltage", kinds.WHOLE),
        Field("date", "date", kinds.DAY),
    )),
    Table("power_supplies", "powersupplies", (
        Field("name", "name"),
        Field("location", "location"),
        Field("manufacturer", "manufacturer"),
        Field("serial", "serialnumber"),
        Field("part", "partnum"),
        Field("max_watts", "power_max", kinds.WHOLE),
        Field("hot_swap", "hotreplaceable", kinds.FLAG),
        Field("present", "plugged", kinds.FLAG),
    )),
    Table("storage", "storages", (
        Field("name", "name"),
        Field("model", "model"),
        Field("vendor", "manufacturer"),
        Field("serial", "serial"),
        Field("firmware", "firmware"),
        Field("size_bytes", "disksize", kinds.MB),
        Field("type", "type", kinds.LOWER),
        Field("bus", "interface", kinds.UPPER_OUT),
        Field("wwn", "wwn"),
    )),
    Table("volumes", "drives", (
        Field("name", "volumn"),
        Field("size_bytes", "total", kinds.MIB),
        Field("filesystem", "filesystem", kinds.LOWER),
        Field("mountpoint", "type"),
        Field("uuid", "serial"),
        Field("label", "label"),
        Field("encrypted", "encrypt_status", kinds.ENCRYPTED),
    )),
    Table("pci_devices", "controllers", (
        Field("address", "pcislot", kinds.PCI),
        Field("vendor_id", "vendorid", kinds.LOWER),
        Field("device_id", "productid", kinds.LOWER),
        Field("subsystem_id", "pcisubsystemid", kinds.LOWER),
        Field("class_id", "pciclass", kinds.PCI_CLASS),
        Field("revision", "rev", kinds.LOWER),
        Field("driver", "driver"),
    )),
    Table("usb_devices", "usbdevices", (
        Field("vendor_id", "vendorid", kinds.LOWER),
        Field("product_id", "productid", kinds.LOWER),
        Field("vendor", "manufacturer"),
        Field("product", "caption"),
        Field("serial", "serial"),
        Field("class_id", "class", kinds.USB_CLASS),
    )),
    Table("monitors", "monitors", (
        Field("connector", "port"),
        Field("maker_id", "manufacturer"),
        Field("name", "caption"),
        Field("serial", "serial"),
    )),
    Table("graphics", "videos", (
        Field("name", "name"),
        Field("address", "pcislot", kinds.PCI),
        Field("chipset", "chipset"),
        Field("memory_bytes", "memory", kinds.MIB),
    )),
    Table("printers", "printers", (
        Field("name", "name"),
        Field("driver", "driver"),
        Field("port", "port"),
        Field("serial", "serial"),
        Field("network", "network", kinds.FLAG),
        Field("shared", "shared", kinds.FLAG),
    ), ("name",)),
    Table("antivirus", "antivirus", (
        Field("name", "name"),
        Field("maker", "company"),
        Field("version", "version"),
        Field("enabled", "enabled", kinds.FLAG),
        Field("up_to_date", "uptodate", kinds.FLAG),
        Field("expires", "expiration", kinds.DAY),
    )),
    Table("firewalls", "firewalls", (
        Field("profile", "profile"),
        Field("name", "description"),
        Field("enabled", "status", kinds.ON),
    ), ("status",)),
    Table("remote_access", "remote_mgmt", (
        Field("kind", "type", kinds.LOWER),
        Field("id", "id"),
        Field("version", "version"),
    ), ("id", "type")),
    Table("licences", "licenseinfos", (
        Field("name", "name"),
        Field("product_id", "productid"),
        Field("full_name", "fullname"),
        Field("components", "components"),
        Field("trial", "trial", kinds.FLAG),
        Field("activated", "activation_date", kinds.MOMENT),
    )),
    Table("virtual_machines", "virtualmachines", (
        Field("name", "name"),
        Field("kind", "vmtype", kinds.LOWER),
        Field("uuid", "uuid"),
        Field("image", "image"),
        Field("memory_bytes", "memory", kinds.MIB),
        Field("cpus", "vcpu", kinds.WHOLE),
        Field("mac", "mac", kinds.LOWER),
    ), ("name",)),
    Table("packages", "softwares", (
        Field("source", "from", kinds.SOURCE),
        Field("name", "name"),
        Field("architecture", "arch"),
        Field("version", "version"),
        Field("publisher", "publisher"),
        Field("size_bytes", "filesize", kinds.WHOLE),
        Field("installed", "install_date", kinds.DAY),
    ), ("name",)),
    Table("local_users", "local_users", (
        Field("name", "login"),
        Field("uid", "id", kinds.WHOLE_AS_TEXT),
        Field("full_name", "name"),
        Field("home", "home"),
        Field("shell", "shell"),
    ), ("id",)),
    Table("local_groups", "local_groups", (
        Field("name", "name"),
        Field("gid", "id", kinds.WHOLE_AS_TEXT),
    ), ("id", "name")),
)  # fmt: skip
"""Sections that are a list there too. `networks`, which is two of ours in one, is in `networks`."""

ARRAYS = frozenset(("networks", *(table.category for table in MANY)))
