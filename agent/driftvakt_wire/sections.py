"""The declared inventory sections: what a row of each says, and by which columns a row is known again.

A section travels as one body of JSON under its digest (see `records.Section`):
    {"columns":["name","version","architecture"],"rows":[["adduser","3.134","all"],["bash","5.2.15-2+b7","amd64"]]}

Only facts are columns here: what a thing is, not how it is. How full a disk is, or how warm, is a series. So a section
changes when something about the machine changes, and each change of it is worth a line in its history.

A column is only ever added. A reader ignores columns that it does not know.
"""

TEXT, WHOLE, FLAG = "text", "whole", "flag"
MAX_ROWS = 20_000
MAX_TEXT = 1024
"""The longest text of a cell, in characters."""
MAX_BODY = 1 << 20
"""The largest body, in bytes."""


class Column:
    """name: with its unit, as `size_bytes`. text: a sentence. kind: TEXT, WHOLE (number) or FLAG. key: part of what a

    row is known again by. A cell is None where the machine does not say.
    """

    __slots__ = ("key", "kind", "name", "text")

    def __init__(self, name: str, text: str, kind: str = TEXT, *, key: bool = False) -> None:
        self.name = name
        self.text = text
        self.kind = kind
        self.key = key


class Section:
    """title: for a reader. text: a sentence. A section without key columns has one row."""

    __slots__ = ("columns", "name", "text", "title")

    def __init__(self, name: str, title: str, text: str, *columns: Column) -> None:
        self.name = name
        self.title = title
        self.text = text
        self.columns = columns

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the key columns."""
        return tuple(column.name for column in self.columns if column.key)


def _key(name: str, text: str, kind: str = TEXT) -> Column:
    return Column(name, text, kind, key=True)


_MAKER = Column("manufacturer", "Who made it, in the firmware's own words.")
_SERIAL = Column("serial", "Serial number.")
_ASSET_TAG = Column("asset_tag", "What the owner had written into the firmware.")

_SECTIONS = (
    Section(
        "system", "System", "The machine as a whole, as its firmware knows it.",
        _MAKER,
        Column("product", "Model."),
        Column("version", "Version of the model; some makers put the model's name here."),
        _SERIAL,
        Column("uuid", "The machine's UUID in lower case."),
        Column("sku", "Stock keeping unit, often with the configuration."),
        Column("family", "Family of models."),
        Column("kind", "Of a device without an agent: what it is, as its own words and numbers are read."),
        Column("location", "Where it stands, as somebody wrote into it."),
        Column("contact", "Who is to be asked about it, as somebody wrote into it."),
    ),
    Section(
        "firmware", "Firmware", "BIOS or UEFI.",
        Column("vendor", "Who made it."),
        Column("version", "Release, as text."),
        Column("date", "Date of the release, YYYY-MM-DD."),
        Column("revision", "Release as two numbers."),
        Column("controller_revision", "Release of the embedded controller."),
    ),
    Section(
        "baseboard", "Mainboards", "The circuit boards that the firmware tells of, the first is the mainboard.",
        _key("product", "Model."),
        _MAKER,
        Column("version", "Version."),
        _key("serial", "Serial number."),
        _ASSET_TAG,
    ),
    Section(
        "chassis", "Chassis", "What the machine is built into.",
        _key("type", "Kind, as Rack Mount Chassis or Notebook."),
        _MAKER,
        Column("version", "Version."),
        _key("serial", "Serial number."),
        _ASSET_TAG,
    ),
    Section(
        "processors", "Processors", "A row a socket that holds a processor.",
        _key("socket", "What the socket is called."),
        _MAKER,
        Column("model", "What the processor calls itself."),
        Column("speed_mhz", "Speed that it was set to at the start, MHz.", WHOLE),
        Column("max_speed_mhz", "Highest speed that the socket can do, MHz.", WHOLE),
        Column("cores", "Cores.", WHOLE),
        Column("threads", "Threads.", WHOLE),
        _SERIAL,
        Column("part", "Part number."),
        Column("signature", "Eight bytes of the processor's identification, hexadecimal."),
    ),
    Section(
        "memory", "Memory modules", "A row a socket for memory, also an empty one.",
        _key("slot", "What the socket is called."),
        _key("bank", "The bank that it belongs to."),
        Column("size_bytes", "Size, 0 where the socket is empty.", WHOLE),
        Column("type", "Kind, as DDR4."),
        Column("form", "Form, as DIMM."),
        Column("speed_mts", "Highest speed, millions of transfers a second.", WHOLE),
        _MAKER,
        _SERIAL,
        Column("part", "Part number."),
        Column("correction", "How errors are corrected."),
    ),
    Section(
        "slots", "Slots", "Places for cards.",
        _key("name", "What it is called."),
        Column("type", "Kind."),
        Column("width", "Lanes or bits."),
        Column("use", "Available or In Use."),
        Column("address", "Bus address of what is in it."),
    ),
    Section(
        "batteries", "Batteries", "Batteries that the firmware or the system tells of.",
        _key("name", "What it is called."),
        _MAKER,
        _key("serial", "Serial number."),
        Column("chemistry", "Kind, as Lithium Ion."),
        Column("capacity_mwh", "Capacity as designed, milliwatt hours.", WHOLE),
        Column("voltage_mv", "Voltage as designed, millivolts.", WHOLE),
        Column("date", "When it was made, YYYY-MM-DD."),
        Column("location", "Where it sits."),
    ),
    Section(
        "power_supplies", "Power supplies", "Power supplies that the firmware tells of.",
        _key("name", "What it is called."),
        _key("location", "Where it sits."),
        _MAKER,
        _SERIAL,
        _ASSET_TAG,
        Column("part", "Part number."),
        Column("revision", "Revision."),
        Column("max_watts", "Power at most, watts.", WHOLE),
        Column("hot_swap", "Whether it can be changed while the machine runs.", FLAG),
        Column("present", "Whether one is there.", FLAG),
    ),
    Section(
        "operating_system", "Operating system", "What the machine runs.",
        Column("name", "As debian."),
        Column("title", "As a person reads it."),
        Column("version", "Release."),
        Column("codename", "Codename of the release."),
        Column("kernel", "Release of the kernel."),
        Column("architecture", "As x86_64."),
        Column("hostname", "Name of the machine."),
        Column("machine_id", "The system's own identification, hashed as in an enrolment."),
        Column("virtual", "What it runs on where that is no machine of its own, as kvm or lxc."),
        Column("boot", "uefi or bios."),
        Column("secure_boot", "Whether the firmware starts signed code only.", FLAG),
        Column("tpm", "Release of the trusted platform module, empty where there is none."),
        Column("timezone", "Time zone."),
        Column("language", "Language of the system."),
    ),
    Section(
        "storage", "Disks", "Whole disks.",
        _key("name", "As the kernel calls it."),
        Column("model", "Model."),
        Column("vendor", "Who made it."),
        _key("serial", "Serial number."),
        Column("firmware", "Release of its firmware."),
        Column("size_bytes", "Size.", WHOLE),
        Column("type", "ssd, hdd, nvme, removable, optical or virtual."),
        Column("bus", "As sata, sas, usb or virtio."),
        Column("wwn", "World wide name."),
        Column("rotation_rpm", "Turns a minute, 0 where nothing turns.", WHOLE),
        Column("form_factor", "As 2.5 inches or M.2."),
        Column("health", "What the disk says of itself (SMART): passed or failing; empty where it does not say."),
    ),
    Section(
        "volumes", "Volumes", "Partitions, volumes and arrays, and what is on them.",
        _key("name", "As the kernel calls it."),
        Column("parent", "What it is part of."),
        Column("type", "partition, lvm, crypt, raid or another."),
        Column("size_bytes", "Size.", WHOLE),
        Column("filesystem", "File system."),
        Column("mountpoint", "Where it is mounted."),
        Column("uuid", "UUID of the file system."),
        Column("label", "Label of the file system."),
        Column("encrypted", "Whether it lies on an encrypted volume.", FLAG),
    ),
    Section(
        "network_interfaces", "Network interfaces", "Cards, bridges, bonds and tunnels.",
        _key("name", "As the kernel calls it."),
        Column("mac", "Hardware address in lower case."),
        Column("permanent_mac", "The address that the card was made with, where it is another."),
        Column("type", "ethernet, wifi, bridge, bond, vlan, tunnel, virtual or loopback."),
        Column("driver", "Driver."),
        Column("mtu_bytes", "Largest packet.", WHOLE),
        Column("parent", "What it belongs to or stands on."),
        Column("bus_address", "Where the card sits, as 0000:00:03.0."),
    ),
    Section(
        "addresses", "Addresses", "Network addresses that last; those that come and go by themselves are left out.",
        _key("interface", "Name of the interface."),
        _key("address", "Address."),
        Column("prefix", "Length of the network's prefix in bits.", WHOLE),
        Column("scope", "global, link or host."),
    ),
    Section(
        "pci_devices", "PCI devices", "Cards and what is built in. Names are looked up by the collector.",
        _key("address", "Domain, bus, device and function, as 0000:00:03.0."),
        Column("vendor_id", "Four hexadecimal digits."),
        Column("device_id", "Four hexadecimal digits."),
        Column("subsystem_id", "Vendor and device of the card, as 1028:0252."),
        Column("class_id", "Six hexadecimal digits."),
        Column("revision", "Two hexadecimal digits."),
        Column("driver", "Driver."),
    ),
    Section(
        "usb_devices", "USB devices", "What is plugged in, without hubs of the machine itself.",
        _key("port", "As 1-4.2: the bus, and the ports on the way."),
        Column("vendor_id", "Four hexadecimal digits."),
        Column("product_id", "Four hexadecimal digits."),
        Column("vendor", "In the device's own words."),
        Column("product", "In the device's own words."),
        Column("serial", "Serial number."),
        Column("class_id", "Two hexadecimal digits."),
    ),
    Section(
        "monitors", "Monitors", "Screens by what they say of themselves (EDID).",
        _key("connector", "Where it is connected, as card0-HDMI-A-1."),
        Column("maker_id", "Three letters of the maker."),
        Column("product_id", "Four hexadecimal digits."),
        Column("name", "Model."),
        _key("serial", "Serial number."),
        Column("made", "Week and year, as 2007-W47, or the year."),
        Column("width_mm", "Width of the picture.", WHOLE),
        Column("height_mm", "Height of the picture.", WHOLE),
    ),
    Section(
        "graphics", "Graphics", "What draws on the screens.",
        _key("name", "What it calls itself."),
        _key("address", "Where the card sits, as 0000:01:00.0."),
        Column("chipset", "Chip."),
        Column("memory_bytes", "Memory of its own.", WHOLE),
    ),
    Section(
        "printers", "Printers", "Printers that the machine has set up.",
        _key("name", "What it is called there."),
        Column("driver", "Driver."),
        Column("port", "Where it is reached."),
        _SERIAL,
        Column("network", "Whether it is reached over the network.", FLAG),
        Column("shared", "Whether others may print on it by way of this machine.", FLAG),
    ),
    Section(
        "packages", "Software", "Installed packages of every kind.",
        _key("source", "dpkg, rpm, apk, pacman, snap, flatpak, registry or another."),
        _key("name", "Name."),
        _key("architecture", "As amd64."),
        Column("version", "Version."),
        Column("publisher", "Who made or maintains it."),
        Column("size_bytes", "What it takes on disk.", WHOLE),
        Column("installed", "When it was installed, YYYY-MM-DD, where that is known."),
    ),
    Section(
        "updates", "Updates", "Patches that the system lists apart from software, and newer versions that wait.",
        _key("source", "As apt, dnf or windows."),
        _key("name", "Package or number of the patch, as openssl or KB5031356."),
        _key("architecture", "As amd64."),
        Column("state", "installed or pending."),
        Column("security", "yes or no, as the source says; unknown where it does not."),
        Column("title", "What it is for, in the source's own words."),
        Column("origin", "Where it comes from."),
        Column("installed", "When it was installed, YYYY-MM-DD, where that is known."),
    ),
    Section(
        "certificates", "Certificates", "Certificates that something on the machine shows to others, never their keys.",
        _key("path", "File or store that it lies in."),
        _key("fingerprint", "SHA-256 of the certificate in DER, hexadecimal."),
        Column("subject", "Whose it is, as RFC 4514 writes a name."),
        Column("names", "Other names that it is for, comma between."),
        Column("issuer", "Who signed it."),
        Column("serial", "Serial number, hexadecimal."),
        Column("not_before", "First day, YYYY-MM-DD in UTC."),
        Column("not_after", "Last day, YYYY-MM-DD in UTC."),
        Column("key_type", "As rsa2048 or ec256."),
        Column("authority", "Whether it may sign others.", FLAG),
    ),
    Section(
        "services", "Services", "Programs that the system starts, or can be asked to start.",
        _key("name", "Name."),
        Column("title", "What it is for, in its own words."),
        Column("start", "enabled (by itself), disabled, static (when another needs it) or masked."),
        Column("run_as", "Account that it runs under."),
        Column("program", "What is run, without its arguments."),
    ),
    Section(
        "antivirus", "Antivirus", "Programs that look for malware.",
        _key("name", "Name."),
        Column("maker", "Who made it."),
        Column("version", "Version."),
        Column("enabled", "Whether it is at work.", FLAG),
        Column("up_to_date", "Whether its patterns are of today.", FLAG),
        Column("expires", "Until when it is paid for, YYYY-MM-DD."),
    ),
    Section(
        "firewalls", "Firewalls", "What stands between the machine and the network.",
        _key("profile", "The network that it is for, empty for all."),
        _key("name", "Name."),
        Column("enabled", "Whether it is at work.", FLAG),
    ),
    Section(
        "remote_access", "Remote access", "Programs by which somebody can take the machine over from afar.",
        _key("kind", "Program, as teamviewer."),
        _key("id", "What the machine is called there."),
        Column("version", "Version."),
    ),
    Section(
        "licences", "Licences", "Licences that a program on the machine tells of; never their keys.",
        _key("name", "What it is for."),
        _key("product_id", "The maker's number of the product."),
        Column("full_name", "The product as its maker calls it."),
        Column("components", "Parts of it that are covered."),
        Column("trial", "Whether it is a trial.", FLAG),
        Column("activated", "Since when it is in use, YYYY-MM-DD."),
    ),
    Section(
        "parts", "Parts", "What a device is built of: chassis, modules, power supplies, fans.",
        _key("name", "What it is called."),
        _key("kind", "chassis, module, powerSupply, fan, stack and others."),
        Column("description", "In the maker's words."),
        Column("model", "Model."),
        _SERIAL,
        Column("manufacturer", "Who made it."),
        Column("hardware", "Revision of the hardware."),
        Column("software", "Release of what runs on it."),
    ),
    Section(
        "supplies", "Supplies", "What a printer uses up, and what it fills. How much is left is a series.",
        _key("name", "What it is called."),
        _key("slot", "Its number in the printer."),
        Column("type", "toner, ink, opc, fuser, wasteToner and others."),
        Column("color", "Colour, where it has one."),
        Column("capacity", "The most that it holds, in its unit.", WHOLE),
        Column("unit", "Unit of the capacity, as percent or sheets."),
        Column("receptacle", "Whether it is filled and not used up.", FLAG),
    ),
    Section(
        "trays", "Trays", "Where a printer takes its paper from.",
        _key("name", "What it is called."),
        _key("slot", "Its number in the printer."),
        Column("capacity", "Sheets that it holds.", WHOLE),
    ),
    Section(
        "neighbours", "Neighbours", "Who is at the other end of a cable, as both ends tell each other (LLDP, CDP).",
        _key("port", "Port of this device."),
        _key("chassis", "What the neighbour calls itself by: a MAC in lower case, or a name."),
        _key("their_port", "Port of the neighbour."),
        Column("name", "The neighbour's name."),
        Column("description", "What it says that it is."),
        Column("address", "Its network address."),
        Column("protocol", "lldp or cdp."),
    ),
    Section(
        "vlans", "VLANs", "Virtual networks that a device knows.",
        _key("number", "Number, 1 to 4094.", WHOLE),
        Column("name", "Name."),
    ),
    Section(
        "virtual_machines", "Virtual machines", "Virtual machines and containers that the machine is home to.",
        _key("name", "Name."),
        _key("kind", "What runs it, as libvirt, docker or virtualbox."),
        Column("uuid", "UUID or identification there."),
        Column("image", "What it was made from."),
        Column("memory_bytes", "Memory that it may use.", WHOLE),
        Column("cpus", "Processors that it may use.", WHOLE),
        Column("mac", "Hardware address in lower case."),
    ),
    Section(
        "listening_sockets", "Listening ports", "Ports that something on the machine listens on.",
        _key("protocol", "tcp or udp."),
        _key("address", "Address that it listens on, 0.0.0.0 or :: for all."),
        _key("port", "Port.", WHOLE),
    ),
    Section(
        "local_users", "Local accounts", "Accounts in the machine's own file.",
        _key("name", "Login name."),
        Column("uid", "Number.", WHOLE),
        Column("gid", "Number of its group.", WHOLE),
        Column("full_name", "Whose it is."),
        Column("home", "Home folder."),
        Column("shell", "What a login starts."),
        Column("may_log_in", "Whether that is a shell.", FLAG),
    ),
    Section(
        "local_groups", "Local groups", "Groups in the machine's own file.",
        _key("name", "Name."),
        Column("gid", "Number.", WHOLE),
        Column("members", "Who is in it by that file."),
    ),
)  # fmt: skip

SECTIONS = {section.name: section for section in _SECTIONS}
"""By their names."""
