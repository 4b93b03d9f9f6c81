"""The readers of macOS. What a call or a file tells is asked there; what system_profiler alone knows, of it once."""

READERS: tuple[str, ...] = (
    "macos.hardware",
    "macos.memory",
    "macos.system",
    "macos.disks",
    "macos.volumes",
    "macos.network",
    "macos.displays",
    "macos.usb",
    "macos.pci",
    "macos.batteries",
    "macos.printers",
    "macos.software",
    "macos.updates",
    "macos.services",
    "macos.protection",
    "macos.accounts",
)
