"""What the numbers of SMBIOS mean, in the words of dmidecode, which people search for.

Source: DSP0134, System Management BIOS Reference Specification 3.7, by the section that each table names.
"""

UNKNOWN = ("", "Other", "Unknown", "None", "<OUT OF SPEC>")
"""What says nothing: sent as an empty text."""


def name(table: tuple[str, ...], number: int) -> str:
    """Return the name of a number that a table counts from 1; empty where it has none or the name says nothing."""
    found = table[number - 1] if 1 <= number <= len(table) else ""
    return "" if found in UNKNOWN else found


# 7.4.1, byte 05h without its highest bit.
CHASSIS = (
    "Other", "Unknown", "Desktop", "Low Profile Desktop", "Pizza Box", "Mini Tower", "Tower", "Portable", "Laptop",
    "Notebook", "Hand Held", "Docking Station", "All In One", "Sub Notebook", "Space-saving", "Lunch Box",
    "Main Server Chassis", "Expansion Chassis", "Sub Chassis", "Bus Expansion Chassis", "Peripheral Chassis",
    "RAID Chassis", "Rack Mount Chassis", "Sealed-case PC", "Multi-system", "CompactPCI", "AdvancedTCA", "Blade",
    "Blade Enclosing", "Tablet", "Convertible", "Detachable", "IoT Gateway", "Embedded PC", "Mini PC", "Stick PC",
)  # fmt: skip

# 7.18.1
FORM_FACTORS = (
    "Other", "Unknown", "SIMM", "SIP", "Chip", "DIP", "ZIP", "Proprietary Card", "DIMM", "TSOP", "Row Of Chips", "RIMM",
    "SODIMM", "SRIMM", "FB-DIMM", "Die", "CAMM",
)  # fmt: skip

# 7.18.2
MEMORY_TYPES = (
    "Other", "Unknown", "DRAM", "EDRAM", "VRAM", "SRAM", "RAM", "ROM", "Flash", "EEPROM", "FEPROM", "EPROM", "CDRAM",
    "3DRAM", "SDRAM", "SGRAM", "RDRAM", "DDR", "DDR2", "DDR2 FB-DIMM", "", "", "", "DDR3", "FBD2", "DDR4", "LPDDR",
    "LPDDR2", "LPDDR3", "LPDDR4", "Logical non-volatile device", "HBM", "HBM2", "DDR5", "LPDDR5", "HBM3",
)  # fmt: skip

# 7.17.3
ERROR_CORRECTION = ("Other", "Unknown", "None", "Parity", "Single-bit ECC", "Multi-bit ECC", "CRC")

# 7.10.3
SLOT_USES = ("Other", "Unknown", "Available", "In Use", "Unavailable")

# 7.10.1, from 01h.
SLOT_TYPES = (
    "Other", "Unknown", "ISA", "MCA", "EISA", "PCI", "PC Card (PCMCIA)", "VLB", "Proprietary", "Processor Card",
    "Proprietary Memory Card", "I/O Riser Card", "NuBus", "PCI-66", "AGP", "AGP 2x", "AGP 4x", "PCI-X", "AGP 8x",
    "M.2 Socket 1-DP", "M.2 Socket 1-SD", "M.2 Socket 2", "M.2 Socket 3", "MXM Type I", "MXM Type II", "MXM Type III",
    "MXM Type III-HE", "MXM Type IV", "MXM 3.0 Type A", "MXM 3.0 Type B", "PCI Express 2 SFF-8639 (U.2)",
    "PCI Express 3 SFF-8639 (U.2)", "PCI Express Mini 52-pin with bottom-side keep-outs",
    "PCI Express Mini 52-pin without bottom-side keep-outs", "PCI Express Mini 76-pin",
    "PCI Express 4 SFF-8639 (U.2)", "PCI Express 5 SFF-8639 (U.2)", "OCP NIC 3.0 Small Form Factor (SFF)",
    "OCP NIC 3.0 Large Form Factor (LFF)", "OCP NIC Prior to 3.0",
)  # fmt: skip
# 7.10.1, from A0h.
SLOT_TYPES_A0 = (
    "PC-98/C20", "PC-98/C24", "PC-98/E", "PC-98/Local Bus", "PC-98/Card", "PCI Express", "PCI Express x1",
    "PCI Express x2", "PCI Express x4", "PCI Express x8", "PCI Express x16", "PCI Express 2", "PCI Express 2 x1",
    "PCI Express 2 x2", "PCI Express 2 x4", "PCI Express 2 x8", "PCI Express 2 x16", "PCI Express 3",
    "PCI Express 3 x1", "PCI Express 3 x2", "PCI Express 3 x4", "PCI Express 3 x8", "PCI Express 3 x16", "",
    "PCI Express 4", "PCI Express 4 x1", "PCI Express 4 x2", "PCI Express 4 x4", "PCI Express 4 x8",
    "PCI Express 4 x16", "PCI Express 5", "PCI Express 5 x1", "PCI Express 5 x2", "PCI Express 5 x4",
    "PCI Express 5 x8", "PCI Express 5 x16", "PCI Express 6+", "Enterprise and Datacenter 1U E1",
    "Enterprise and Datacenter 3\" E3",
)  # fmt: skip

# 7.10.2; 01h and 02h say nothing.
SLOT_WIDTHS = (
    "Other", "Unknown", "8-bit", "16-bit", "32-bit", "64-bit", "128-bit", "x1", "x2", "x4", "x8", "x12", "x16", "x32",
)  # fmt: skip

# 7.23
CHEMISTRIES = (
    "Other", "Unknown", "Lead Acid", "Nickel Cadmium", "Nickel Metal Hydride", "Lithium Ion", "Zinc Air",
    "Lithium Polymer",
)  # fmt: skip


def slot_type(number: int) -> str:
    """Return what kind of slot a number of 7.10.1 is."""
    if number >= 0xA0:
        return name(SLOT_TYPES_A0, number - 0xA0 + 1)
    return name(SLOT_TYPES, number)
